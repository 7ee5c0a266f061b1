//! Lists that have grown too large or too small, by the rules of SPFresh (spec: storage-architecture 7.2).
//!
//! A list beyond the split threshold becomes two. Then vectors that lie nearer to another head now than to their own
//! move there: members of the two halves, and of lists near by. A list below the merge threshold is dissolved, if
//! one near by has room, and each of its vectors placed anew. A vector that moves gets a new version, which makes its
//! old entries dead wherever they are.

use std::collections::BTreeMap;

use prost::Message;
use roaring::RoaringBitmap;

use super::improve::{Work, squared_distance};
use super::lists::{HEAD, LIST, ListSize, SIZE, Sizes, encode_center, encode_sizes};
use super::rows::{self, RowChanges, RowState};
use super::{INFO, proto};
use crate::blockstore::{Bytes, Commit};
use crate::error::Result;
use crate::index::posting::CodeListBuilder;
use crate::index::spann::{Halves, HeadQuery, Heads, halve};
use crate::limits::BALANCED_LISTS;
use crate::quantization::{CodeQuery, Encoder, LANES};
use crate::types::Space;

/// Squared distance between an old and a new head below which they count as one (spec: storage-architecture 7.2).
const SAME_HEAD: f32 = 1e-6;

/// Takes one step; `None` when every list is as it should be.
pub(super) async fn balance(work: &Work<'_>) -> Result<Option<Commit<u32, Bytes>>> {
    let sizes = &work.loaded.sizes;
    let too_large = |size: &ListSize| size.entries > work.parameters.split_threshold;
    let large: Vec<u32> = sizes.iter().filter(|(_, size)| too_large(size)).map(|(id, _)| *id).collect();
    let mut balance = Balance::new(work);
    if large.is_empty() {
        let small: Vec<u32> = balance.small().take(BALANCED_LISTS.min(balance.credit())).collect();
        if small.is_empty() {
            return Ok(None);
        }
        for id in small {
            balance.dissolve(id).await?;
        }
    } else {
        for id in large.into_iter().take(BALANCED_LISTS) {
            balance.split(id).await?;
        }
    }
    balance.commit().await.map(Some)
}

/// Lists, heads and versions as they are in the course of a step.
struct Balance<'a> {
    work: &'a Work<'a>,
    heads: Heads,
    sizes: Sizes,
    info: proto::VectorIndexInfo,
    /// The lists that were touched; `None` for those that are gone.
    lists: BTreeMap<u32, Option<CodeListBuilder>>,
    new_heads: RoaringBitmap,
    moved: BTreeMap<u32, RowState>,
}

impl<'a> Balance<'a> {
    fn new(work: &'a Work<'a>) -> Self {
        Self {
            work,
            heads: work.loaded.heads.clone(),
            sizes: work.loaded.sizes.clone(),
            info: work.loaded.info.clone(),
            lists: BTreeMap::new(),
            new_heads: RoaringBitmap::new(),
            moved: BTreeMap::new(),
        }
    }

    fn space(&self) -> Space {
        self.work.loaded.geometry.space
    }

    fn dimension(&self) -> usize {
        self.work.loaded.geometry.dimension()
    }

    fn row(&self, offset_id: u32) -> RowState {
        self.moved.get(&offset_id).copied().unwrap_or_else(|| self.work.loaded.rows.get(offset_id))
    }

    fn entries(&self, id: u32) -> u32 {
        self.sizes.get(&id).map_or(0, |size| size.entries)
    }

    /// How many lists may be dissolved: one for as many changes as make a list small, ever. Were there no such bound,
    /// a list could be split, its parts dissolved, and so on without end.
    fn credit(&self) -> usize {
        let earned = self.info.changes / u64::from(self.work.parameters.merge_threshold.max(1));
        usize::try_from(earned.saturating_sub(self.info.dissolved)).unwrap_or(usize::MAX)
    }

    /// Heads with too few vectors that others have room for.
    fn small(&self) -> impl Iterator<Item = u32> {
        let parameters = self.work.parameters;
        let has_room = |head: usize| {
            let codes = CodeQuery::rough(self.space(), self.heads.center(head).to_vec());
            let query = HeadQuery::new(self.space(), &codes);
            let near = self.heads.nearest(&query, parameters.num_centers_to_merge_to as usize + 1);
            let own = self.entries(self.heads.id(head));
            let others = near.iter().filter(|near| near.head != head);
            others
                .into_iter()
                .any(|near| own + self.entries(self.heads.id(near.head)) < parameters.split_threshold)
        };
        let is_small = |head: &usize| self.entries(self.heads.id(*head)) < parameters.merge_threshold;
        (0..self.heads.len())
            .filter(is_small)
            .filter(move |head| has_room(*head))
            .map(|head| self.heads.id(head))
    }

    /// The vectors of these records, rotated, one after another.
    async fn vectors(&self, ids: &[u32]) -> Result<Vec<f32>> {
        let wanted: Vec<_> = ids.iter().map(|id| self.work.loaded.row(*id)).collect();
        let mut matrix = Vec::with_capacity(ids.len() * self.dimension());
        for wanted in wanted.chunks(LANES) {
            for vector in self.work.embeddings.rows_in_passing(wanted, self.dimension()).await? {
                matrix.extend(self.work.loaded.geometry.rotated(&vector));
            }
            self.work.slices.step().await;
        }
        Ok(matrix)
    }

    /// A list with its live entries, as it is now.
    async fn list(&mut self, id: u32) -> Result<&mut CodeListBuilder> {
        if !matches!(self.lists.get(&id), Some(Some(_))) {
            let live = self.work.live(id).await?;
            self.lists.insert(id, Some(live));
        }
        let new = || CodeListBuilder::new(self.work.loaded.geometry.dimension());
        Ok(self.lists.entry(id).or_default().get_or_insert_with(new))
    }

    /// The records that are live in a list.
    async fn live(&mut self, id: u32) -> Result<Vec<u32>> {
        let entries: Vec<(u32, u16)> = self.list(id).await?.entries().collect();
        let live =
            |(offset_id, version): &(u32, u16)| *version != 0 && self.row(*offset_id).version == *version;
        Ok(entries.into_iter().filter(live).map(|(offset_id, _)| offset_id).collect())
    }

    fn add_head(&mut self, id: u32, center: &[f32]) {
        self.heads.push(id, center);
        self.new_heads.insert(id);
        self.lists.insert(id, Some(CodeListBuilder::new(self.dimension())));
        self.sizes.remove(&id);
    }

    fn remove_head(&mut self, id: u32) {
        self.heads = self.heads.without(&[id]);
        self.new_heads.remove(id);
        self.lists.insert(id, None);
        self.sizes.remove(&id);
    }

    /// Appends a vector to the list of a head.
    async fn append(&mut self, head: usize, offset_id: u32, vector: &[f32]) -> Result<()> {
        let (id, version) = (self.heads.id(head), self.row(offset_id).version);
        let encoder = Encoder::new(self.space(), self.heads.center(head).to_vec());
        let squared = squared_distance(vector, encoder.center());
        self.list(id).await?.push_vector(offset_id, version, &encoder, vector);
        let size = self.sizes.entry(id).or_default();
        *size = size.grown(1, f64::from(squared));
        Ok(())
    }

    async fn split(&mut self, id: u32) -> Result<()> {
        let Some(place) = self.heads.place(id) else { return Ok(()) };
        let ids = self.live(id).await?;
        if ids.len() <= self.work.parameters.split_threshold as usize {
            // Dead entries made it large; they go with this step.
            return Ok(());
        }
        let old = self.heads.center(place).to_vec();
        let matrix = self.vectors(&ids).await?;
        let least = (self.work.parameters.merge_threshold as usize).max(ids.len() / 4);
        let Halves { centers, second } = halve(&matrix, self.dimension(), least);
        self.remove_head(id);
        let mut kept = Some(id);
        let mut places = [0, 0];
        for (place, center) in places.iter_mut().zip(&centers) {
            *place = self.heads.len();
            let same = squared_distance(center, &old) < SAME_HEAD;
            let new = match kept.take_if(|_| same) {
                Some(id) => id,
                None => self.next_head(),
            };
            self.add_head(new, center);
        }
        let rows = ids.iter().zip(second.iter().zip(matrix.chunks_exact(self.dimension())));
        let mut unsettled = Vec::new();
        for (offset_id, (second, vector)) in rows {
            let side = usize::from(*second);
            self.append(places[side], *offset_id, vector).await?;
            if squared_distance(vector, &centers[side]) > squared_distance(vector, &old) {
                unsettled.push((*offset_id, self.heads.id(places[side])));
            }
        }
        unsettled.extend(self.drawn_by(&centers, &old, &places).await?);
        self.reassign(unsettled).await
    }

    fn next_head(&mut self) -> u32 {
        let id = self.info.next_head;
        self.info.next_head += 1;
        id
    }

    /// Vectors of lists near an old head that a new one is nearer to than their own, by their codes, and nearer
    /// than the old one was; with the heads of those lists.
    async fn drawn_by(&self, new: &[Vec<f32>; 2], old: &[f32], places: &[usize]) -> Result<Vec<(u32, u32)>> {
        let old = CodeQuery::rough(self.space(), old.to_vec());
        let new = new.each_ref().map(|center| CodeQuery::rough(self.space(), center.clone()));
        let count = self.work.parameters.reassign_neighbor_count as usize + places.len();
        let near = self.heads.nearest(&HeadQuery::new(self.space(), &old), count);
        let mut drawn = Vec::new();
        for head in near.iter().map(|near| near.head).filter(|head| !places.contains(head)) {
            let id = self.heads.id(head);
            let center = self.heads.center(head).to_vec();
            let own = CodeQuery::rough(self.space(), center.clone());
            let space = self.space();
            let stored;
            let list = match self.lists.get(&id) {
                Some(Some(touched)) => touched,
                _ => {
                    stored = self.work.live(id).await?;
                    &stored
                }
            };
            let estimate = |query: &CodeQuery, block: &[u8]| head_estimates(space, query, &center, block);
            let entries: Vec<(u32, u16)> = list.entries().collect();
            for (entries, block) in entries.chunks(LANES).zip(list.codes().blocks()) {
                let [first, second] = new.each_ref().map(|query| estimate(query, block));
                let (own, old) = (estimate(&own, block), estimate(&old, block));
                for (lane, (offset_id, version)) in entries.iter().enumerate() {
                    let nearest = first[lane].min(second[lane]);
                    let is_drawn = nearest < own[lane] && nearest < old[lane];
                    if is_drawn && self.row(*offset_id).version == *version {
                        drawn.push((*offset_id, id));
                    }
                }
            }
            self.work.slices.step().await;
        }
        Ok(drawn)
    }

    /// Places vectors anew that are in the list of a head, unless that is still one of theirs.
    async fn reassign(&mut self, unsettled: Vec<(u32, u32)>) -> Result<()> {
        let ids: Vec<u32> = unsettled.iter().map(|(offset_id, _)| *offset_id).collect();
        let matrix = self.vectors(&ids).await?;
        for ((offset_id, from), vector) in unsettled.into_iter().zip(matrix.chunks_exact(self.dimension())) {
            self.place(offset_id, Some(from), vector).await?;
            self.work.slices.step().await;
        }
        Ok(())
    }

    async fn place(&mut self, offset_id: u32, from: Option<u32>, vector: &[f32]) -> Result<()> {
        let codes = CodeQuery::rough(self.space(), vector.to_vec());
        let placed = self.heads.placed(&HeadQuery::new(self.space(), &codes), &self.work.placement());
        let stays = placed.iter().any(|near| Some(self.heads.id(near.head)) == from);
        let state = self.row(offset_id);
        // At the last version no other can be told from it: entries elsewhere stay live, which is as right.
        if stays || (state.version == u16::MAX && from.is_some()) {
            return Ok(());
        }
        let is_left = |from| !matches!(self.lists.get(&from), Some(Some(_)));
        if self.work.placement().replicas > 1 || from.is_some_and(is_left) {
            // Lists that this step does not write keep what has died in them.
            self.info.stale += 1;
        }
        self.moved.insert(offset_id, state.changed(state.checksum));
        for near in placed {
            self.append(near.head, offset_id, vector).await?;
        }
        Ok(())
    }

    /// Gives up a small list and places its vectors anew.
    async fn dissolve(&mut self, id: u32) -> Result<()> {
        // Another list of this step may have brought it what it lacked.
        let is_small = self.entries(id) < self.work.parameters.merge_threshold;
        if !is_small || self.heads.len() < 2 || self.heads.place(id).is_none() {
            return Ok(());
        }
        self.info.dissolved += 1;
        let ids = self.live(id).await?;
        let matrix = self.vectors(&ids).await?;
        self.remove_head(id);
        for (offset_id, vector) in ids.into_iter().zip(matrix.chunks_exact(self.dimension())) {
            self.place(offset_id, None, vector).await?;
            self.work.slices.step().await;
        }
        Ok(())
    }

    /// Drops what has died in the lists that were touched.
    fn drop_dead(&mut self) {
        let (moved, rows) = (&self.moved, &self.work.loaded.rows);
        let is_live = |offset_id, version| match moved.get(&offset_id) {
            Some(state) => state.version == version,
            None => rows.is_live(offset_id, version),
        };
        for (id, list) in &mut self.lists {
            let Some(list) = list else { continue };
            list.retain(is_live);
            match self.sizes.get_mut(id) {
                Some(size) if !list.is_empty() => size.entries = list.len() as u32,
                _ => drop(self.sizes.remove(id)),
            }
        }
    }

    async fn commit(mut self) -> Result<Commit<u32, Bytes>> {
        self.drop_dead();
        let reader = self.work.index.reader();
        let mut changes = RowChanges::load(Some(reader), self.moved.keys().copied()).await?;
        self.moved.iter().for_each(|(offset_id, state)| changes.set(*offset_id, *state));
        let mut writer = self.work.writer();
        for (id, list) in &self.lists {
            match self.heads.place(*id) {
                Some(place) if self.new_heads.contains(*id) => {
                    writer.set(HEAD, *id, encode_center(self.heads.center(place))).await?;
                }
                None if list.is_none() => writer.delete(HEAD, *id).await?,
                _ => {}
            }
        }
        writer.set(INFO, 0, Bytes(self.info.encode_to_vec())).await?;
        for (id, list) in &self.lists {
            match list {
                Some(list) if !list.is_empty() => writer.set(LIST, *id, Bytes(list.encode())).await?,
                _ => writer.delete(LIST, *id).await?,
            }
            self.work.slices.step().await;
        }
        for (number, bytes) in changes.into_entries() {
            writer.set(rows::PREFIX, number, bytes).await?;
        }
        writer.set(SIZE, 0, encode_sizes(&self.sizes)).await?;
        writer.commit().await
    }
}

/// How far the vectors of a block of codes around `center` are from another head, estimated, as heads are
/// compared: for cosine by l2, between vectors of length one.
fn head_estimates(space: Space, head: &CodeQuery, center: &[f32], block: &[u8]) -> [f32; LANES] {
    let (mut estimates, mut lowers) = ([0.0; LANES], [0.0; LANES]);
    head.scan_block(&head.around(center), 0.0, f32::INFINITY, block, &mut estimates, &mut lowers);
    if space == Space::Cosine {
        let squared_norm: f32 = head.vector().iter().map(|component| component * component).sum();
        estimates.iter_mut().for_each(|estimate| *estimate = 2.0 * *estimate + squared_norm - 1.0);
    }
    estimates
}

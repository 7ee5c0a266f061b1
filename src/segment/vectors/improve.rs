//! The climb: from codes that are scanned to lists that are probed, in steps between which others work.
//!
//! | step | when | what |
//! |---|---|---|
//! | found | there are no heads, and vectors enough for them | centers of a sample become heads |
//! | place | many vectors wait | they go from the scanned codes into lists |
//! | scrub | lists have many dead entries | see [`super::scrub`] |
//! | balance | lists are too large or too small | see [`super::balance`] |
//!
//! Until a vector is placed it is found by the scan, so nothing ever waits for a step.

use std::collections::BTreeMap;

use prost::Message;

use super::balance;
use super::lists::{HEAD, LIST, ListSize, SIZE, encode_center, encode_sizes, parse};
use super::scrub;
use super::writer::matrix;
use super::{CODE, INFO, Loaded, VectorIndex, corrupt};
use crate::blockstore::{BlockfileOptions, Blockstore, Bytes, Commit, OrderedWriter, Reader};
use crate::distance::Query;
use crate::env::Slices;
use crate::error::Result;
use crate::index::posting::{CodeList, CodeListBuilder};
use crate::index::spann::{Clustering, GraphParameters, HeadQuery, Placement, Sample};
use crate::limits::{
    BLOCK_BYTES, CODES_FROM_RECORDS, HEAD_SAMPLES, LISTS_FROM_RECORDS, PLACED_FRACTION, PLACED_RECORDS,
    SAMPLE_BYTES, WAITING_FRACTION, WAITING_LISTS,
};
use crate::quantization::{CodeQuery, Encoder, is_representable};
use crate::segment::{Readers, Snapshot};
use crate::types::{Space, SpannConfiguration, VectorStructure};

/// Takes one step; `None` when there is none to take.
pub async fn improve(
    blockstore: &Blockstore,
    readers: &Readers,
    snapshot: &Snapshot,
    slices: &Slices<'_>,
) -> Result<Option<Commit<u32, Bytes>>> {
    let (Some(index), Some(dimension)) = (&readers.vectors, snapshot.dimension) else { return Ok(None) };
    let (parameters, from_records) = match &*snapshot.structure {
        VectorStructure::Spann(parameters) => (parameters.clone(), CODES_FROM_RECORDS),
        VectorStructure::Automatic | VectorStructure::Hnsw(_) => {
            (SpannConfiguration::automatic(), LISTS_FROM_RECORDS)
        }
    };
    let records = readers.embeddings.len();
    let loaded = index.loaded(snapshot.space, dimension, slices).await?;
    let work = Work {
        blockstore,
        index,
        loaded: &loaded,
        embeddings: &readers.embeddings,
        parameters: &parameters,
        slices,
    };
    if loaded.heads.is_empty() {
        return if records >= from_records { work.found(records).await.map(Some) } else { Ok(None) };
    }
    if let VectorStructure::Spann(asked) = &*snapshot.structure {
        let (ef_construction, ef_search) = (asked.ef_construction as usize, asked.ef_search as usize);
        loaded.heads.build_graph(GraphParameters { ef_construction, ef_search });
    }
    if loaded.info.waiting
        >= (WAITING_LISTS * u64::from(parameters.split_threshold)).max(records / WAITING_FRACTION)
    {
        let placed = work.place(PLACED_RECORDS.max(records / PLACED_FRACTION)).await?;
        if placed.is_some() {
            return Ok(placed);
        }
    }
    if scrub::is_due(&loaded.info, records) {
        return scrub::scrub(&work).await.map(Some);
    }
    balance::balance(&work).await
}

/// What a step works on.
pub(super) struct Work<'a> {
    pub blockstore: &'a Blockstore,
    pub index: &'a VectorIndex,
    pub loaded: &'a Loaded,
    pub embeddings: &'a Reader<u32, Vec<f32>>,
    pub parameters: &'a SpannConfiguration,
    pub slices: &'a Slices<'a>,
}

impl Work<'_> {
    pub fn writer(&self) -> OrderedWriter<u32, Bytes> {
        self.blockstore.ordered(Some(self.index.reader()), BlockfileOptions::default())
    }

    pub fn placement(&self) -> Placement {
        Placement {
            probe: self.parameters.write_nprobe as usize,
            replicas: self.parameters.nreplica_count as usize,
            epsilon: self.parameters.write_rng_epsilon as f32,
            rng_factor: self.parameters.write_rng_factor as f32,
        }
    }

    /// Makes the centers of a sample the heads.
    async fn found(&self, records: u64) -> Result<Commit<u32, Bytes>> {
        let per_list = u64::from(self.parameters.split_threshold / 2).max(1);
        let lists = (records / per_list).max(1);
        let affordable = SAMPLE_BYTES / (size_of::<f32>() * self.loaded.geometry.dimension());
        let wanted = (lists * HEAD_SAMPLES).min(affordable.max(1) as u64);
        let step = records.div_ceil(wanted).max(1);
        let sample = self.sample(step as usize).await?;
        // A center stands for as many of the sample as its list will hold of the whole.
        let target = (per_list / step).max(1) as usize;
        let mut clustering = Clustering::new(&sample, target);
        while clustering.step() {
            self.slices.step().await;
        }
        let centers = clustering.into_centers();
        let mut info = self.loaded.info.clone();
        let mut writer = self.writer();
        for center in centers.chunks_exact(self.loaded.geometry.dimension()) {
            writer.set(HEAD, info.next_head, encode_center(center)).await?;
            info.next_head += 1;
        }
        writer.set(INFO, 0, Bytes(info.encode_to_vec())).await?;
        writer.commit().await
    }

    /// Every `step`-th vector, rotated; those that codes cannot represent are left out.
    async fn sample(&self, step: usize) -> Result<Sample> {
        let dimension = self.loaded.geometry.dimension();
        let mut sample = Sample::new(dimension, BLOCK_BYTES);
        let mut next = 0;
        for index in 0..self.embeddings.block_count() {
            let rows = self.embeddings.entries_of(index);
            if next < rows {
                let block = self.embeddings.block_in_passing(index).await?;
                for vector in matrix(&block, dimension)?.chunks_exact(dimension).skip(next).step_by(step) {
                    let vector = self.loaded.geometry.rotated(vector);
                    if is_representable(&vector) {
                        sample.push(&vector);
                    }
                    self.slices.step().await;
                }
                next += (rows - next).div_ceil(step) * step;
            }
            next -= rows;
        }
        Ok(sample)
    }

    /// Moves about `count` vectors from the scanned codes into lists; `None` if there are none to move.
    async fn place(&self, count: u64) -> Result<Option<Commit<u32, Bytes>>> {
        let reader = self.index.reader();
        let mut placing = Placing::new(self.loaded, self.placement());
        let mut writer = self.writer();
        let mut placed = 0;
        'blocks: for index in reader.blocks_in(CODE, ..) {
            let block = reader.block(index).await?;
            for row in (0..block.len()).filter(|row| block.prefix(*row).is_ok_and(|prefix| prefix == CODE)) {
                if placed >= count {
                    break 'blocks;
                }
                let list = parse(&self.loaded.geometry, block.value::<Bytes>(row)?)?;
                let left = self.place_list(&list, &mut placing).await?;
                if left.len() == list.len() {
                    continue;
                }
                let key = block.key::<u32>(row)?;
                match left.is_empty() {
                    true => writer.delete(CODE, key).await?,
                    false => writer.set(CODE, key, Bytes(left.encode())).await?,
                }
                placed += (list.len() - left.len()) as u64;
            }
        }
        if placed == 0 {
            return Ok(None);
        }
        let mut info = self.loaded.info.clone();
        info.waiting = info.waiting.saturating_sub(placed);
        writer.set(INFO, 0, Bytes(info.encode_to_vec())).await?;
        let mut sizes = self.loaded.sizes.clone();
        for (id, Addition { list: added, squared_distances }) in placing.lists {
            let old = sizes.get(&id).copied().unwrap_or_default();
            let grown = old.grown(added.len() as u32, squared_distances);
            let list = self.extended(id, added).await?;
            sizes.insert(id, ListSize { entries: list.len() as u32, ..grown });
            writer.set(LIST, id, Bytes(list.encode())).await?;
            self.slices.step().await;
        }
        writer.set(SIZE, 0, encode_sizes(&sizes)).await?;
        writer.commit().await.map(Some)
    }

    /// Finds the lists of each vector of a list of scanned codes. Those that codes cannot represent are left:
    /// nothing is known of where they lie, so every search has to look at them.
    async fn place_list(&self, list: &CodeList<'_>, placing: &mut Placing<'_>) -> Result<CodeListBuilder> {
        let dimension = self.loaded.geometry.dimension();
        let mut left = CodeListBuilder::new(dimension);
        if list.is_empty() {
            return Ok(left);
        }
        let (first, last) = (list.offset_id(0), list.offset_id(list.len() - 1));
        let mut entry = 0;
        for index in self.embeddings.blocks_in("", first..=last) {
            let block = self.embeddings.block_in_passing(index).await?;
            let rows = block.keys_u32()?.iter().zip(matrix(&block, dimension)?.chunks_exact(dimension));
            for (id, vector) in rows {
                if entry < list.len() && list.offset_id(entry) == *id {
                    if !placing.place(*id, list.version(entry), vector) {
                        left.push_from(list, entry);
                    }
                    entry += 1;
                    self.slices.step().await;
                }
            }
        }
        if entry < list.len() {
            return Err(corrupt("it has codes of a vector that is not stored"));
        }
        Ok(left)
    }

    /// The live entries of a stored list.
    pub async fn live(&self, id: u32) -> Result<CodeListBuilder> {
        let mut live = CodeListBuilder::new(self.loaded.geometry.dimension());
        if let Some(Bytes(bytes)) = self.index.reader().get(LIST, id).await? {
            let list = parse(&self.loaded.geometry, &bytes)?;
            for entry in 0..list.len() {
                if self.loaded.is_live(list.offset_id(entry), list.version(entry)) {
                    live.push_from(&list, entry);
                }
            }
        }
        Ok(live)
    }

    /// The live entries of a stored list, and others after them.
    async fn extended(&self, id: u32, added: CodeListBuilder) -> Result<CodeListBuilder> {
        let mut list = self.live(id).await?;
        let bytes = added.encode();
        let added = parse(&self.loaded.geometry, &bytes)?;
        (0..added.len()).for_each(|entry| list.push_from(&added, entry));
        Ok(list)
    }
}

/// Vectors on their way into lists.
struct Placing<'a> {
    loaded: &'a Loaded,
    placement: Placement,
    encoders: Vec<Option<Encoder>>,
    /// What each list gets, by the id of its head.
    lists: BTreeMap<u32, Addition>,
}

/// What a list gets.
struct Addition {
    list: CodeListBuilder,
    /// Their sum, between the vectors and the head.
    squared_distances: f64,
}

impl<'a> Placing<'a> {
    fn new(loaded: &'a Loaded, placement: Placement) -> Self {
        let encoders = loaded.heads.ids().iter().map(|_| None).collect();
        Self { loaded, placement, encoders, lists: BTreeMap::new() }
    }

    /// False if the vector cannot be in a list.
    fn place(&mut self, id: u32, version: u16, vector: &[f32]) -> bool {
        let Loaded { geometry, heads, .. } = self.loaded;
        let codes = CodeQuery::rough(geometry.space, geometry.rotated(vector));
        if !is_representable(codes.vector()) {
            return false;
        }
        let query = HeadQuery::new(geometry.space, &codes);
        for near in heads.placed(&query, &self.placement) {
            let new = || Encoder::new(geometry.space, heads.center(near.head).to_vec());
            let encoder = self.encoders[near.head].get_or_insert_with(new);
            let addition = self.lists.entry(heads.id(near.head)).or_insert_with(|| Addition {
                list: CodeListBuilder::new(geometry.dimension()),
                squared_distances: 0.0,
            });
            addition.list.push_vector(id, version, encoder, codes.vector());
            addition.squared_distances += f64::from(squared_distance(codes.vector(), encoder.center()));
        }
        true
    }
}

/// Of two rotated vectors.
pub(super) fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    Query::new(Space::L2, a).distance(b)
}

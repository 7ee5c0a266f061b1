//! Writing codes: for a whole collection, or for what a compaction changes.

use std::collections::BTreeMap;

use prost::Message;

use super::rows::{self, RowChanges};
use super::{
    CODE, FORMAT, Geometry, INFO, ROTATION_SEED, VectorIndex, VectorReader, corrupt, proto, read_info,
};
use crate::blockstore::{BlockfileOptions, Blockstore, Bytes, Commit, OrderedWriter, Reader, row_checksum};
use crate::env::Slices;
use crate::error::Result;
use crate::index::posting::{CodeList, CodeListBuilder};
use crate::limits::{CENTER_SAMPLE_BLOCKS, CODE_CHUNK_BYTES, CODES_FROM_RECORDS, MAX_CODE_CHUNK};
use crate::quantization::{Encoder, LANES, block_bytes, is_representable};
use crate::segment::Snapshot;
use crate::types::Space;

/// Writes the vector index of a segment in the making: `embeddings` are its vectors, those that the tail of
/// `snapshot` brings included. `None` while an exact scan is as fast.
pub async fn update(
    blockstore: &Blockstore,
    base: Option<&VectorIndex>,
    embeddings: &Reader<u32, Vec<f32>>,
    snapshot: &Snapshot,
    slices: &Slices<'_>,
) -> Result<Option<Commit<u32, Bytes>>> {
    let Some(dimension) = snapshot.dimension else { return Ok(None) };
    match base {
        Some(base) => {
            let info = read_info(base.reader(), dimension).await?;
            let writer = CodeWriter::new(blockstore, snapshot.space, info, Some(base.reader()), slices);
            writer.apply(changes(snapshot)).await.map(Some)
        }
        // One component is no longer than its code.
        None if embeddings.len() < CODES_FROM_RECORDS || dimension == 1 => Ok(None),
        None => {
            let info = first_info(embeddings, snapshot.space, dimension, slices).await?;
            let writer = CodeWriter::new(blockstore, snapshot.space, info, None, slices);
            writer.build(embeddings).await.map(Some)
        }
    }
}

/// The vectors that the tail changes, by offset id; `None` for those that it deletes.
fn changes(snapshot: &Snapshot) -> BTreeMap<u32, Option<&[f32]>> {
    let tail = &snapshot.tail;
    let vectors = tail.records().iter().filter_map(|(id, record)| Some((*id, Some(record.embedding()?))));
    let mut changes = BTreeMap::new();
    changes.extend(vectors.chain(tail.deleted().iter().map(|id| (id, None))));
    changes
}

/// A new index around the mean of some of the vectors.
async fn first_info(
    embeddings: &Reader<u32, Vec<f32>>,
    space: Space,
    dimension: usize,
    slices: &Slices<'_>,
) -> Result<proto::VectorIndexInfo> {
    let geometry = Geometry::new(space, dimension, ROTATION_SEED);
    let mut sum = vec![0.0_f64; dimension];
    let mut count = 0;
    let step = embeddings.block_count().div_ceil(CENTER_SAMPLE_BLOCKS).max(1);
    for index in (0..embeddings.block_count()).step_by(step) {
        let block = embeddings.block_in_passing(index).await?;
        for vector in matrix(&block, dimension)?.chunks_exact(dimension) {
            let vector = geometry.rotated(vector);
            if is_representable(&vector) {
                sum.iter_mut().zip(&vector).for_each(|(sum, component)| *sum += f64::from(*component));
                count += 1;
            }
            slices.step().await;
        }
    }
    let center = sum.into_iter().map(|sum| (sum / f64::from(count.max(1))) as f32).collect();
    Ok(proto::VectorIndexInfo {
        format: FORMAT,
        dimension: dimension as u32,
        rotation_seed: ROTATION_SEED,
        center,
        waiting: 0,
        next_head: 0,
        graph: None,
        changes: 0,
        dissolved: 0,
        stale: 0,
        scrubbing: None,
    })
}

/// The vectors of a block one after another.
pub(super) fn matrix(block: &crate::blockstore::Block, dimension: usize) -> Result<&[f32]> {
    let vectors = block.f32_lists()?;
    if vectors.uniform_dimension() != Some(dimension) {
        return Err(corrupt("the vectors of a block do not have the collection's dimension"));
    }
    Ok(vectors.values)
}

/// Offset ids that share a chunk of codes, of about [`CODE_CHUNK_BYTES`].
fn chunk_ids(dimension: usize) -> u32 {
    let blocks = (CODE_CHUNK_BYTES / block_bytes(dimension)).clamp(1, MAX_CODE_CHUNK / LANES);
    (blocks * LANES) as u32
}

struct CodeWriter<'a> {
    base: Option<&'a VectorReader>,
    writer: OrderedWriter<u32, Bytes>,
    info: proto::VectorIndexInfo,
    geometry: Geometry,
    encoder: Encoder,
    chunk_ids: u32,
    slices: &'a Slices<'a>,
}

impl<'a> CodeWriter<'a> {
    fn new(
        blockstore: &Blockstore,
        space: Space,
        info: proto::VectorIndexInfo,
        base: Option<&'a VectorReader>,
        slices: &'a Slices<'a>,
    ) -> Self {
        let dimension = info.dimension as usize;
        Self {
            base,
            writer: blockstore.ordered(base, BlockfileOptions::default()),
            geometry: Geometry::new(space, dimension, info.rotation_seed),
            encoder: Encoder::new(space, info.center.clone()),
            info,
            chunk_ids: chunk_ids(dimension),
            slices,
        }
    }

    /// Encodes every vector of a collection.
    async fn build(mut self, embeddings: &Reader<u32, Vec<f32>>) -> Result<Commit<u32, Bytes>> {
        let mut rows = RowChanges::default();
        let mut list = CodeListBuilder::new(self.geometry.dimension());
        let mut chunk = None;
        for index in 0..embeddings.block_count() {
            let block = embeddings.block_in_passing(index).await?;
            let vectors = matrix(&block, self.geometry.dimension())?;
            for (id, vector) in block.keys_u32()?.iter().zip(vectors.chunks_exact(self.geometry.dimension()))
            {
                let number = id / self.chunk_ids;
                if let Some(full) = chunk.filter(|chunk| *chunk != number) {
                    self.put_codes(full, &list).await?;
                    list = CodeListBuilder::new(self.geometry.dimension());
                }
                chunk = Some(number);
                self.encode(*id, vector, &mut rows, &mut list);
                self.slices.step().await;
            }
        }
        if let Some(last) = chunk {
            self.put_codes(last, &list).await?;
        }
        self.finish(rows).await
    }

    /// Encodes changed vectors, and drops the codes of those that are replaced or deleted.
    async fn apply(mut self, changes: BTreeMap<u32, Option<&[f32]>>) -> Result<Commit<u32, Bytes>> {
        let mut rows = RowChanges::load(self.base, changes.keys().copied()).await?;
        let mut changes = changes.into_iter().peekable();
        while let Some((first, _)) = changes.peek() {
            let number = first / self.chunk_ids;
            let mut of_chunk = Vec::new();
            while let Some(change) = changes.next_if(|(id, _)| id / self.chunk_ids == number) {
                of_chunk.push(change);
            }
            self.change_chunk(number, &of_chunk, &mut rows).await?;
        }
        self.finish(rows).await
    }

    async fn change_chunk(
        &mut self,
        number: u32,
        changes: &[(u32, Option<&[f32]>)],
        rows: &mut RowChanges,
    ) -> Result<()> {
        let dimension = self.geometry.dimension();
        let Bytes(bytes) = match self.base {
            Some(base) => base.get(CODE, number).await?.unwrap_or_default(),
            None => Bytes::default(),
        };
        let old = match bytes.is_empty() {
            true => None,
            false => Some(
                CodeList::parse(dimension, &bytes)
                    .ok_or_else(|| corrupt("a list of codes has another form"))?,
            ),
        };
        let mut list = CodeListBuilder::new(dimension);
        let mut entry = 0;
        for (id, vector) in changes {
            let mut is_placed = self.info.next_head > 0 && rows.get(*id).version != 0;
            if let Some(old) = &old {
                while entry < old.len() && old.offset_id(entry) < *id {
                    list.push_from(old, entry);
                    entry += 1;
                }
                if entry < old.len() && old.offset_id(entry) == *id {
                    entry += 1;
                    self.info.waiting = self.info.waiting.saturating_sub(1);
                    is_placed = false;
                }
            }
            self.info.stale += u64::from(is_placed);
            match vector {
                Some(vector) => self.encode(*id, vector, rows, &mut list),
                None => {
                    rows.set(*id, rows::RowState::default());
                    self.info.changes += 1;
                }
            }
            self.slices.step().await;
        }
        if let Some(old) = &old {
            (entry..old.len()).for_each(|entry| list.push_from(old, entry));
        }
        self.put_codes(number, &list).await
    }

    fn encode(&mut self, id: u32, vector: &[f32], rows: &mut RowChanges, list: &mut CodeListBuilder) {
        let state = rows.get(id).changed(row_checksum(vector));
        rows.set(id, state);
        list.push_vector(id, state.version, &self.encoder, &self.geometry.rotated(vector));
        self.info.waiting += 1;
        self.info.changes += 1;
    }

    async fn put_codes(&mut self, number: u32, list: &CodeListBuilder) -> Result<()> {
        if list.is_empty() {
            return self.writer.delete(CODE, number).await;
        }
        self.writer.set(CODE, number, Bytes(list.encode())).await
    }

    async fn finish(mut self, rows: RowChanges) -> Result<Commit<u32, Bytes>> {
        self.writer.set(INFO, 0, Bytes(self.info.encode_to_vec())).await?;
        for (number, bytes) in rows.into_entries() {
            self.writer.set(rows::PREFIX, number, bytes).await?;
        }
        self.writer.commit().await
    }
}

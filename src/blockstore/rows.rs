//! Single vectors of a blockfile, read without the rest of their blocks.
//!
//! A search that knows its few best candidates wants some rows of 1.5 kB out of blocks of 128 KiB. Where the
//! storage can read a part of a block, only the row is read. The checksum of its block does not cover
//! it then, so the caller brings one for each row. Where the row should lie follows from the layout of
//! a block of vectors; if the bytes there do not have the checksum, the whole block is read and verified, and
//! it decides.

use std::ops::Deref;
use std::rc::Rc;

use arrow::buffer::Buffer;
use lru::LruCache;
use xxhash_rust::xxh3::xxh3_64;

use super::block::Block;
use super::delta::Delta;
use super::ipc::{ALIGNMENT, align};
use super::key::Key;
use super::reader::Reader;
use super::value::Value;
use crate::error::{Corruption, Result};
use crate::limits::ROW_WINDOW;
use crate::storage::{BlockId, BlockPart};

/// The low half of the XXH3-64 of a vector's components as little-endian `f32`.
pub fn row_checksum(row: &[f32]) -> u32 {
    // Every target is little-endian; so are the blocks.
    xxh3_64(arrow::datatypes::ToByteSlice::to_byte_slice(row)) as u32
}

/// A vector that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRef {
    pub key: u32,
    /// Its [`row_checksum`].
    pub checksum: u32,
}

/// The components of a vector, not copied.
#[derive(Debug, Clone)]
pub struct Row(Buffer);

impl Row {
    /// `None` if the bytes are not whole components at an aligned place.
    fn new(bytes: Buffer) -> Option<Self> {
        let aligned = bytes.as_ptr().align_offset(align_of::<f32>()) == 0;
        (aligned && bytes.len().is_multiple_of(size_of::<f32>())).then_some(Self(bytes))
    }
}

impl Deref for Row {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.0.typed_data()
    }
}

/// Rows that were read apart from their blocks, the least recently used go first.
#[derive(Debug)]
pub(super) struct RowCache {
    rows: LruCache<(BlockId, u32), Row>,
    bytes: usize,
    budget: usize,
}

impl RowCache {
    pub(super) fn new(budget: usize) -> Self {
        Self { rows: LruCache::unbounded(), bytes: 0, budget }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn set_budget(&mut self, budget: usize) {
        self.budget = budget;
        self.shrink();
    }

    fn get(&mut self, block: BlockId, key: u32) -> Option<Row> {
        self.rows.get(&(block, key)).cloned()
    }

    fn insert(&mut self, block: BlockId, key: u32, row: Row) {
        self.bytes += row.0.len();
        if let Some((_, replaced)) = self.rows.push((block, key), row) {
            self.bytes -= replaced.0.len();
        }
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.bytes > self.budget {
            let Some((_, oldest)) = self.rows.pop_lru() else { break };
            self.bytes -= oldest.0.len();
        }
    }
}

/// The rows of a block among which a wanted one must be.
struct Window {
    place: usize,
    part: BlockPart,
}

impl Reader<u32, Vec<f32>> {
    /// The wanted vectors, each of `dimension` components, in the order of `wanted`. Keys that do not exist and
    /// vectors that are not what their checksum says are [`Error::Corrupt`](crate::error::Error::Corrupt).
    pub async fn rows(&self, wanted: &[RowRef], dimension: usize) -> Result<Vec<Row>> {
        self.read_rows(wanted, dimension, true).await
    }

    /// As [`rows`](Self::rows), for work that will not want them again: what it reads does not push others out of the cache.
    pub async fn rows_in_passing(&self, wanted: &[RowRef], dimension: usize) -> Result<Vec<Row>> {
        self.read_rows(wanted, dimension, false).await
    }

    async fn read_rows(&self, wanted: &[RowRef], dimension: usize, keep: bool) -> Result<Vec<Row>> {
        let store = self.store();
        let mut found: Vec<Option<Row>> = vec![None; wanted.len()];
        let mut windows = Vec::new();
        for (place, row) in wanted.iter().enumerate() {
            let Some(block) = self.index().find("", row.key) else { return Err(missing(row)) };
            found[place] = self.cached_row(block, row)?;
            if found[place].is_none() {
                let part = self.part(block, row.key, dimension);
                windows.extend(part.map(|part| Window { place, part }));
            }
        }
        if !windows.is_empty() {
            let parts: Vec<BlockPart> = windows.iter().map(|window| window.part).collect();
            let read = store.storage().read_parts(&parts).await?;
            for (window, bytes) in windows.iter().zip(read) {
                let row = &wanted[window.place];
                let Some(vector) = bytes.and_then(|bytes| pick(&align(bytes), row, dimension)) else {
                    continue;
                };
                if keep {
                    store.rows().borrow_mut().insert(window.part.id, row.key, vector.clone());
                }
                found[window.place] = Some(vector);
            }
        }
        self.complete(wanted, dimension, found).await
    }

    /// A row that is in memory, alone or with its block.
    fn cached_row(&self, block: usize, row: &RowRef) -> Result<Option<Row>> {
        let Some(entry) = self.index().entries().get(block) else { return Ok(None) };
        let store = self.store();
        if let Some(row) = store.rows().borrow_mut().get(entry.id, row.key) {
            return Ok(Some(row));
        }
        let Some(block) = store.cached_block(entry.id) else { return Ok(None) };
        let vector = block.find::<u32>("", row.key)?.and_then(|at| row_of(&block, at));
        Ok(vector.filter(|vector| row_checksum(vector) == row.checksum))
    }

    /// Where the row lies if its block has the layout that this version writes. Keys that were deleted before
    /// it in the block move it forward by as many rows.
    fn part(&self, block: usize, key: u32, dimension: usize) -> Option<BlockPart> {
        let store = self.store();
        let entry = self.index().entries().get(block).filter(|_| store.storage().reads_parts())?;
        let row = key.checked_sub(entry.key)?;
        let deleted = match self.index().entries().get(block + 1) {
            Some(next) => next.key.checked_sub(entry.key)?.saturating_sub(entry.count),
            None => 0,
        };
        let first = row.saturating_sub(deleted);
        let last = row.min(entry.count.checked_sub(1)?);
        let rows = last.checked_sub(first)? + 1;
        if rows > ROW_WINDOW {
            return None;
        }
        let row_bytes = u32::try_from(dimension * size_of::<f32>()).ok()?;
        let values = store.body_start()? + columns_before(entry.count as usize);
        let offset = first.checked_mul(row_bytes)?.checked_add(u32::try_from(values).ok()?)?;
        Some(BlockPart { id: entry.id, offset, length: rows.checked_mul(row_bytes)? })
    }

    /// Reads the blocks of the rows that were not found otherwise.
    async fn complete(
        &self,
        wanted: &[RowRef],
        dimension: usize,
        mut found: Vec<Option<Row>>,
    ) -> Result<Vec<Row>> {
        for (row, found) in wanted.iter().zip(&mut found) {
            if found.is_some() {
                continue;
            }
            let Some(index) = self.index().find("", row.key) else { return Err(missing(row)) };
            let block = self.block(index).await?;
            let at = block.find::<u32>("", row.key)?.ok_or_else(|| missing(row))?;
            let vector = row_of(&block, at).filter(|vector| row_checksum(vector) == row.checksum);
            *found = Some(vector.ok_or_else(|| altered(row))?);
        }
        let checked = wanted.iter().zip(found).map(|(row, found)| {
            let vector = found.ok_or_else(|| missing(row))?;
            if vector.len() == dimension { Ok(vector) } else { Err(altered(row)) }
        });
        checked.collect()
    }
}

/// The row of a window that has the wanted checksum.
fn pick(window: &Buffer, row: &RowRef, dimension: usize) -> Option<Row> {
    let bytes = dimension * size_of::<f32>();
    let starts = (0..window.len()).step_by(bytes.max(1)).filter(|start| start + bytes <= window.len());
    let mut rows = starts.filter_map(|start| Row::new(window.slice_with_length(start, bytes)));
    rows.find(|vector| row_checksum(vector) == row.checksum)
}

/// A row of a verified block.
fn row_of(block: &Rc<Block>, row: usize) -> Option<Row> {
    Row::new(block.f32_row_bytes(row)?)
}

fn missing(row: &RowRef) -> crate::error::Error {
    Corruption::new(format!("vector of record {}", row.key), "it is indexed, but it is not stored").into()
}

fn altered(row: &RowRef) -> crate::error::Error {
    Corruption::new(format!("vector of record {}", row.key), "it is not the one that was indexed").into()
}

/// Bytes of `count` entries of a `u32` or offset buffer in a file.
fn padded(count: usize) -> usize {
    (count * size_of::<u32>()).next_multiple_of(ALIGNMENT)
}

/// Bytes of the keys and offsets that lie before the components of `rows` vectors.
fn columns_before(rows: usize) -> usize {
    padded(rows + 1) + padded(rows) + padded(rows + 1)
}

/// Where the body of a block of vectors starts: measured on one, as it depends on the encoding of messages.
pub(super) fn body_start() -> Result<usize> {
    let mut one = Delta::<u32, Vec<f32>>::default();
    one.push("", 0, &vec![0.0]);
    let id = BlockId([0; 16]);
    let bytes = one.encode(id);
    let block = Block::open(id, bytes.clone(), <u32 as Key>::TYPE, <Vec<f32> as Value>::TYPE)?;
    let components = block.f32_lists()?.values.as_ptr() as usize;
    Ok(components.wrapping_sub(bytes.as_ptr() as usize).wrapping_sub(columns_before(1)))
}

//! What an index knows of every record: the checksum of its vector, and the version of its codes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::VectorReader;
use crate::blockstore::{Bytes, RowRef};
use crate::error::{Corruption, Result};
use crate::limits::ROW_TABLE_CHUNK;

pub(super) const PREFIX: &str = "row";

/// Bytes of a record's entry: its checksum and its version.
const ENTRY: usize = 6;

/// What is known of one record. Version 0 is that of a record without a vector; others come up by one with
/// each change of the vector, and stay at the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RowState {
    pub checksum: u32,
    pub version: u16,
}

impl RowState {
    /// After the vector was replaced by one with this checksum.
    pub fn changed(self, checksum: u32) -> Self {
        Self { checksum, version: self.version.saturating_add(1) }
    }
}

/// Entries of [`ROW_TABLE_CHUNK`] records that follow each other.
#[derive(Debug, Clone, Default)]
struct Chunk(Vec<u8>);

impl Chunk {
    fn check(bytes: Vec<u8>) -> Result<Self> {
        if !bytes.len().is_multiple_of(ENTRY) || bytes.len() / ENTRY > ROW_TABLE_CHUNK as usize {
            return Err(Corruption::new("vector index", "its table of rows has another form").into());
        }
        Ok(Self(bytes))
    }

    fn get(&self, row: usize) -> RowState {
        let Some(entry) = self.0.get(row * ENTRY..(row + 1) * ENTRY) else { return RowState::default() };
        RowState {
            checksum: u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]),
            version: u16::from_le_bytes([entry[4], entry[5]]),
        }
    }

    fn set(&mut self, row: usize, state: RowState) {
        let end = (row + 1) * ENTRY;
        if self.0.len() < end {
            self.0.resize(end, 0);
        }
        let entry = &mut self.0[row * ENTRY..end];
        entry[..4].copy_from_slice(&state.checksum.to_le_bytes());
        entry[4..].copy_from_slice(&state.version.to_le_bytes());
    }
}

fn place(offset_id: u32) -> (u32, usize) {
    (offset_id / ROW_TABLE_CHUNK, (offset_id % ROW_TABLE_CHUNK) as usize)
}

/// The whole table, for searches.
#[derive(Debug, Default)]
pub(super) struct RowTable {
    chunks: Vec<Chunk>,
}

impl RowTable {
    pub async fn load(reader: &VectorReader) -> Result<Self> {
        let mut chunks = Vec::new();
        for (number, Bytes(bytes)) in reader.prefix(PREFIX).await? {
            let number = number as usize;
            // As many chunks as ids that a collection can have.
            if number > (u32::MAX / ROW_TABLE_CHUNK) as usize {
                return Err(Corruption::new("vector index", "a chunk of rows beyond every record").into());
            }
            chunks.resize(number, Chunk::default());
            chunks.push(Chunk::check(bytes)?);
        }
        Ok(Self { chunks })
    }

    pub fn get(&self, offset_id: u32) -> RowState {
        let (chunk, row) = place(offset_id);
        self.chunks.get(chunk as usize).map_or_else(RowState::default, |chunk| chunk.get(row))
    }

    /// Whether what was made at a version of the record's vector still stands for it.
    pub fn is_live(&self, offset_id: u32, version: u16) -> bool {
        version != 0 && self.get(offset_id).version == version
    }

    /// How to read the record's vector.
    pub fn row(&self, offset_id: u32) -> RowRef {
        RowRef { key: offset_id, checksum: self.get(offset_id).checksum }
    }
}

/// The chunks that a writer changes.
#[derive(Debug, Default)]
pub(super) struct RowChanges {
    chunks: BTreeMap<u32, Chunk>,
}

impl RowChanges {
    /// Loads the chunks of these records.
    pub async fn load(reader: Option<&VectorReader>, ids: impl Iterator<Item = u32>) -> Result<Self> {
        let mut chunks = BTreeMap::new();
        for id in ids {
            let number = place(id).0;
            if let Entry::Vacant(entry) = chunks.entry(number) {
                let bytes = match reader {
                    Some(reader) => reader.get(PREFIX, number).await?,
                    None => None,
                };
                entry.insert(Chunk::check(bytes.unwrap_or_default().0)?);
            }
        }
        Ok(Self { chunks })
    }

    pub fn get(&self, offset_id: u32) -> RowState {
        let (chunk, row) = place(offset_id);
        self.chunks.get(&chunk).map_or_else(RowState::default, |chunk| chunk.get(row))
    }

    pub fn set(&mut self, offset_id: u32, state: RowState) {
        let (chunk, row) = place(offset_id);
        self.chunks.entry(chunk).or_default().set(row, state);
    }

    /// The changed chunks, ascending by their numbers.
    pub fn into_entries(self) -> impl Iterator<Item = (u32, Bytes)> {
        self.chunks.into_iter().map(|(number, chunk)| (number, Bytes(chunk.0)))
    }
}

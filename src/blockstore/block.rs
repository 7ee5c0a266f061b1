//! Blocks: one verified run of entries, columns over aligned buffers.

use std::cmp::Ordering;
use std::fmt;

use arrow::buffer::Buffer;

use super::column::VarColumn;
use super::ipc::{self, Check, IpcFile, Place, schema};
use super::key::{Key, KeyColumn, KeyType, check_ascending};
use super::record::DataRecordColumns;
use super::sparse_index::Edge;
use super::value::{Value, ValueColumn, ValueType};
use crate::error::{Corruption, Error, Result};
use crate::storage::BlockId;

/// A block whose checksum and layout have been verified. Entries ascend by (prefix, key).
pub struct Block {
    id: BlockId,
    rows: usize,
    kept_bytes: usize,
    payload: usize,
    prefixes: VarColumn<u8>,
    keys: KeyColumn,
    values: ValueColumn,
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block").field("id", &self.id).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Vectors or other lists of `f32`: all components one after another, and where each row's begin.
/// Row `i` is `values[offsets[i]..offsets[i + 1]]`; offsets ascend from 0 to `values.len()`.
#[derive(Debug, Clone, Copy)]
pub struct F32Lists<'a> {
    /// Components; starts at a multiple of 64 bytes.
    pub values: &'a [f32],
    /// One more than there are rows.
    pub offsets: &'a [i32],
}

impl<'a> F32Lists<'a> {
    /// Components of every row if all have the same number: `values` is then a row-major matrix.
    pub fn uniform_dimension(&self) -> Option<usize> {
        let mut lengths = self.offsets.windows(2).map(|pair| pair[1] - pair[0]);
        let first = lengths.next()?;
        lengths.all(|length| length == first).then_some(first as usize)
    }

    /// The components of a row.
    pub fn row(&self, row: usize) -> Option<&'a [f32]> {
        let start = *self.offsets.get(row)?;
        let end = *self.offsets.get(row + 1)?;
        self.values.get(start as usize..end as usize)
    }
}

impl Block {
    /// Verifies the bytes of block `id`: checksum, then layout, then order.
    pub(crate) fn open(id: BlockId, bytes: Buffer, key: KeyType, value: ValueType) -> Result<Self> {
        let place = Place::Block(id);
        let bytes = ipc::align(bytes);
        let file = IpcFile::open(place, &bytes)?;
        Self::decode(id, &bytes, &file, key, value).map_err(|reason| place.corrupt(reason))
    }

    fn decode(
        id: BlockId,
        bytes: &Buffer,
        file: &IpcFile<'_>,
        key: KeyType,
        value: ValueType,
    ) -> Check<Self> {
        let mut batch = file.batch(&schema::block_fields(key, value))?;
        let rows = batch.rows();
        if rows == 0 {
            return Err("it has no entries");
        }
        let prefixes = batch.utf8(rows)?;
        let keys = KeyColumn::decode(key, &mut batch)?;
        let values = ValueColumn::decode(value, &mut batch)?;
        let (payload, kept_bytes) = (batch.payload(), batch.kept_bytes(bytes.len()));
        batch.finish()?;
        check_ascending(&prefixes, &keys, rows)?;
        Ok(Self { id, rows, kept_bytes, payload, prefixes, keys, values })
    }

    pub fn id(&self) -> BlockId {
        self.id
    }

    /// Entries, at least one.
    #[expect(clippy::len_without_is_empty, reason = "a block is never empty")]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Bytes that it occupies in memory.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// Bytes of its entries: what a writer compares with the block size.
    pub(crate) fn payload(&self) -> usize {
        self.payload
    }

    pub fn prefix(&self, row: usize) -> Result<&str> {
        self.prefixes.text(row).ok_or_else(|| self.wrong_access(row, "prefix"))
    }

    pub fn key<K: Key>(&self, row: usize) -> Result<K::Ref<'_>> {
        K::read(&self.keys, row).ok_or_else(|| self.wrong_access(row, K::TYPE.name()))
    }

    pub fn value<V: Value>(&self, row: usize) -> Result<V::Ref<'_>> {
        V::read(&self.values, row).ok_or_else(|| self.wrong_access(row, V::TYPE.name()))
    }

    /// The value of a row, copied or decoded.
    pub fn owned_value<V: Value>(&self, row: usize) -> Result<V> {
        V::to_owned(self.value::<V>(row)?).map_err(|error| match error {
            Error::Corrupt(Corruption { place, reason }) => {
                Corruption::new(format!("{place} in row {row} of block {}", self.id), reason).into()
            }
            other => other,
        })
    }

    /// All keys of a block with `u32` keys. They ascend within each prefix.
    pub fn keys_u32(&self) -> Result<&[u32]> {
        match &self.keys {
            KeyColumn::U32(keys) => Ok(keys),
            _ => Err(self.wrong_access(0, "u32 column")),
        }
    }

    /// All values of a block with `Vec<f32>` values.
    pub fn f32_lists(&self) -> Result<F32Lists<'_>> {
        match &self.values {
            ValueColumn::F32List(lists) => Ok(F32Lists { values: lists.values(), offsets: lists.offsets() }),
            _ => Err(self.wrong_access(0, "f32_list column")),
        }
    }

    /// The bytes of a row of a block with `Vec<f32>` values, not copied.
    pub(super) fn f32_row_bytes(&self, row: usize) -> Option<Buffer> {
        let ValueColumn::F32List(lists) = &self.values else { return None };
        let (start, end) = (*lists.offsets().get(row)? as usize, *lists.offsets().get(row + 1)? as usize);
        Some(lists.buffer().slice_with_length(start * size_of::<f32>(), (end - start) * size_of::<f32>()))
    }

    /// The columns of a block of data records.
    pub fn data_records(&self) -> Result<&DataRecordColumns> {
        match &self.values {
            ValueColumn::DataRecord(columns) => Ok(columns),
            _ => Err(self.wrong_access(0, "data_record columns")),
        }
    }

    /// The first row that does not lie before `edge`; [`len`](Self::len) if all do.
    pub(crate) fn lower_bound<K: Key>(&self, edge: &Edge<'_, '_, K>) -> Result<usize> {
        // Most blocks hold one prefix: two comparisons here save one for each step of the search.
        let edge_prefix = Some(edge.prefix.as_bytes());
        let one_prefix =
            self.prefixes.get(0) == edge_prefix && self.prefixes.get(self.rows - 1) == edge_prefix;
        let (mut low, mut high) = (0, self.rows);
        while low < high {
            let middle = low + (high - low) / 2;
            let before = self
                .is_before(middle, edge, one_prefix)
                .ok_or_else(|| self.wrong_access(middle, K::TYPE.name()))?;
            if before { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// Compares bytes, which is the order of text, so that a search decodes none.
    fn is_before<K: Key>(&self, row: usize, edge: &Edge<'_, '_, K>, one_prefix: bool) -> Option<bool> {
        let order =
            if one_prefix { Ordering::Equal } else { self.prefixes.get(row)?.cmp(edge.prefix.as_bytes()) };
        Some(match order {
            Ordering::Equal => match edge.key {
                Some(key) => edge.follows(K::compare_row(&self.keys, row, key)?),
                None => edge.after,
            },
            order => order.is_lt(),
        })
    }

    /// The row of an entry.
    pub(crate) fn find<K: Key>(&self, prefix: &str, key: K::Ref<'_>) -> Result<Option<usize>> {
        let row = self.lower_bound::<K>(&Edge::before(prefix, key))?;
        Ok(self.holds::<K>(row, prefix, key).then_some(row))
    }

    /// Whether the entry of a row is the given one.
    pub(crate) fn holds<K: Key>(&self, row: usize, prefix: &str, key: K::Ref<'_>) -> bool {
        self.prefixes.get(row) == Some(prefix.as_bytes())
            && K::compare_row(&self.keys, row, key) == Some(Ordering::Equal)
    }

    fn wrong_access(&self, row: usize, what: &str) -> Error {
        Error::Internal(format!("block {} of {} rows has no {what} in row {row}", self.id, self.rows))
    }
}

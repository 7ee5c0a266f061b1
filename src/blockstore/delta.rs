//! Deltas: the entries of blocks in the making, as columns.

use arrow::buffer::Buffer;

use super::block::Block;
use super::column::{ColumnBuilder, VarBuilder};
use super::ipc::{BatchEncoder, encode_file, schema};
use super::key::{Key, KeyType};
use super::value::{Value, ValueType};
use crate::error::Result;
use crate::storage::BlockId;

/// Ascending entries that become one block or several.
#[derive(Debug)]
pub(crate) struct Delta<K: Key, V: Value> {
    prefixes: VarBuilder<u8>,
    keys: K::Builder,
    values: V::Builder,
    /// Bytes up to and with each entry.
    ends: Vec<usize>,
}

impl<K: Key, V: Value> Default for Delta<K, V> {
    fn default() -> Self {
        Self {
            prefixes: VarBuilder::default(),
            keys: K::Builder::default(),
            values: V::Builder::default(),
            ends: Vec::new(),
        }
    }
}

impl<K: Key, V: Value> Delta<K, V> {
    pub(crate) fn rows(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of the entries, as [`Block::payload`] counts them.
    pub(crate) fn bytes(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    pub(crate) fn push(&mut self, prefix: &str, key: K::Ref<'_>, value: &V) {
        V::push(value, &mut self.values);
        self.finish_row(prefix, key);
    }

    /// Copies an entry of a block.
    pub(crate) fn push_row(&mut self, block: &Block, row: usize) -> Result<()> {
        V::push_ref(block.value::<V>(row)?, &mut self.values);
        self.finish_row(block.prefix(row)?, block.key::<K>(row)?);
        Ok(())
    }

    fn finish_row(&mut self, prefix: &str, key: K::Ref<'_>) {
        self.prefixes.push(prefix.as_bytes());
        K::push(key, &mut self.keys);
        self.ends.push(self.prefixes.bytes() + self.keys.bytes() + self.values.bytes());
    }

    /// Prefix and key of the first entry.
    pub(crate) fn first(&self) -> Option<(&str, K::Ref<'_>)> {
        let prefix = std::str::from_utf8(self.prefixes.get(0)?).ok()?;
        Some((prefix, K::built(&self.keys, 0)?))
    }

    /// Takes as many entries from the front as fit `bytes`, at least one.
    pub(crate) fn take_front(&mut self, bytes: usize) -> Self {
        let row = self.ends.partition_point(|end| *end <= bytes).max(1).min(self.rows());
        let mut ends = self.ends.split_off(row);
        let start = self.bytes();
        ends.iter_mut().for_each(|end| *end -= start);
        let rest = Self {
            prefixes: self.prefixes.split_off(row),
            keys: self.keys.split_off(row),
            values: self.values.split_off(row),
            ends,
        };
        std::mem::replace(self, rest)
    }

    /// The bytes of the block `id` with these entries.
    pub(crate) fn encode(&self, id: BlockId) -> Buffer {
        let mut batch = BatchEncoder::default();
        self.prefixes.encode(&mut batch);
        self.keys.encode(&mut batch);
        self.values.encode(&mut batch);
        if is_compressed(K::TYPE, V::TYPE) {
            batch.compress();
        }
        encode_file(id, &schema::block_fields(K::TYPE, V::TYPE), &[], self.rows(), &batch)
    }
}

/// Vectors and their codes hardly become smaller, and are read by the row, and used, where they lie.
fn is_compressed(key: KeyType, value: ValueType) -> bool {
    match value {
        ValueType::F32List | ValueType::U32List | ValueType::PostingList => false,
        ValueType::Bytes => key == KeyType::String,
        ValueType::String | ValueType::U32 | ValueType::RoaringBitmap | ValueType::DataRecord => true,
    }
}

//! Roots: the sparse index of a blockfile as a file of its own, in the same container as blocks.

use std::rc::Rc;

use arrow::buffer::{Buffer, ScalarBuffer};
use arrow::datatypes::ToByteSlice;

use super::Blockstore;
use super::column::{ColumnBuilder, VarBuilder, VarColumn};
use super::ipc::{self, BatchEncoder, Check, IpcFile, Place, encode_file, schema};
use super::key::{Key, KeyColumn, KeyType, check_ascending};
use super::sparse_index::{IndexEntry, SparseIndex};
use super::value::{Value, ValueType};
use super::version::{self, OldRoot};
use crate::error::{Error, Result};
use crate::limits::MAX_BLOCK_BYTES;
use crate::storage::BlockId;

const KIND_KEY: &str = "chromatid:kind";
const VERSION_KEY: &str = "chromatid:version";
const KEY_TYPE_KEY: &str = "chromatid:key_type";
const VALUE_TYPE_KEY: &str = "chromatid:value_type";
const BLOCK_BYTES_KEY: &str = "chromatid:block_bytes";
const KIND: &str = "blockfile";

/// What the schema metadata of every version of a root says.
#[derive(Debug, Clone)]
pub(crate) struct RootHeader {
    pub id: BlockId,
    pub version: u32,
    pub key_type: KeyType,
    pub value_type: ValueType,
    /// Block size that the last writer aimed for, in bytes.
    pub block_bytes: usize,
}

/// A verified root in the current form, of whatever types.
#[derive(Debug)]
pub(crate) struct Root {
    pub header: RootHeader,
    pub prefixes: VarColumn<u8>,
    pub keys: KeyColumn,
    pub block_ids: Vec<BlockId>,
    /// Entries in each block.
    pub counts: ScalarBuffer<u32>,
}

impl Root {
    /// Verifies the bytes of root `id` and migrates it if it is of an older version.
    pub(crate) async fn open(store: &Blockstore, id: BlockId, bytes: Buffer) -> Result<Self> {
        let place = Place::Root(id);
        let corrupt = |reason: &str| place.corrupt(reason);
        let bytes = ipc::align(bytes);
        let file = IpcFile::open(place, &bytes)?;
        let header = RootHeader::read(id, &file).map_err(corrupt)?;
        if header.version > version::CURRENT {
            return Err(place.newer("version", header.version, version::CURRENT));
        }
        let root = if header.version == version::CURRENT {
            Self::decode(header, &file).map_err(corrupt)?
        } else {
            let migration = store
                .migrations()
                .iter()
                .find(|migration| migration.from == header.version)
                .ok_or_else(|| corrupt("its version was never written"))?;
            (migration.migrate)(OldRoot { store, header, file }).await?
        };
        root.check().map_err(corrupt)?;
        Ok(root)
    }

    fn decode(header: RootHeader, file: &IpcFile<'_>) -> Check<Self> {
        let mut batch = file.batch(&schema::root_fields(header.key_type))?;
        let rows = batch.rows();
        let prefixes = batch.utf8(rows)?;
        let keys = KeyColumn::decode(header.key_type, &mut batch)?;
        let block_ids = batch.block_ids(rows)?;
        let counts = batch.fixed(rows)?;
        batch.finish()?;
        Ok(Self { header, prefixes, keys, block_ids, counts })
    }

    /// What holds for a root of any version once it is in the current form.
    fn check(&self) -> Check<()> {
        if self.counts.len() != self.block_ids.len() || self.counts.contains(&0) {
            return Err("it counts a block without entries");
        }
        check_ascending(&self.prefixes, &self.keys, self.block_ids.len())
    }

    /// The sparse index, if the root is one of these types.
    pub(crate) fn index<K: Key, V: Value>(&self) -> Result<SparseIndex<K>> {
        let RootHeader { id, key_type, value_type, .. } = self.header;
        let corrupt = |reason: String| Place::Root(id).corrupt(reason);
        if (key_type, value_type) != (K::TYPE, V::TYPE) {
            let (found_key, found_value) = (key_type.name(), value_type.name());
            let (key, value) = (K::TYPE.name(), V::TYPE.name());
            return Err(corrupt(format!("it maps {found_key} to {found_value}, not {key} to {value}")));
        }
        let mut entries: Vec<IndexEntry<K>> = Vec::with_capacity(self.block_ids.len());
        for (row, (id, count)) in self.block_ids.iter().zip(self.counts.iter()).enumerate() {
            let missing = || corrupt(format!("row {row} is not there"));
            let prefix = self.prefixes.text(row).ok_or_else(missing)?;
            let key = K::from_ref(K::read(&self.keys, row).ok_or_else(missing)?);
            let prefix = match entries.last() {
                Some(last) if *last.prefix == *prefix => Rc::clone(&last.prefix),
                _ => Rc::from(prefix),
            };
            entries.push(IndexEntry { prefix, key, id: *id, count: *count });
        }
        Ok(SparseIndex::new(entries))
    }
}

impl RootHeader {
    fn read(id: BlockId, file: &IpcFile<'_>) -> Check<Self> {
        if file.metadata(KIND_KEY) != Some(KIND) {
            return Err("it is not the root of a blockfile");
        }
        let number = |key| file.metadata(key).and_then(|number| number.parse::<u32>().ok());
        let name = |key| file.metadata(key);
        Ok(Self {
            id,
            version: number(VERSION_KEY).ok_or("it does not say its version")?,
            key_type: name(KEY_TYPE_KEY).and_then(KeyType::from_name).ok_or("its key type is unknown")?,
            value_type: name(VALUE_TYPE_KEY)
                .and_then(ValueType::from_name)
                .ok_or("its value type is unknown")?,
            block_bytes: number(BLOCK_BYTES_KEY).ok_or("it does not say its block size")? as usize,
        })
    }

    /// As entries of the schema's metadata.
    pub(crate) fn metadata(&self) -> [(&'static str, String); 5] {
        [
            (KIND_KEY, KIND.to_owned()),
            (VERSION_KEY, self.version.to_string()),
            (KEY_TYPE_KEY, self.key_type.name().to_owned()),
            (VALUE_TYPE_KEY, self.value_type.name().to_owned()),
            (BLOCK_BYTES_KEY, self.block_bytes.to_string()),
        ]
    }
}

/// Writes the root of a blockfile in the current form.
pub(crate) fn encode_root<K: Key, V: Value>(
    id: BlockId,
    index: &SparseIndex<K>,
    block_bytes: usize,
) -> Result<Buffer> {
    let mut prefixes = VarBuilder::<u8>::default();
    let mut keys = K::Builder::default();
    let mut block_ids = Vec::with_capacity(index.entries().len() * size_of::<BlockId>());
    let mut counts = Vec::with_capacity(index.entries().len());
    for entry in index.entries() {
        prefixes.push(entry.prefix.as_bytes());
        K::push(entry.key.as_ref(), &mut keys);
        block_ids.extend_from_slice(&entry.id.0);
        counts.push(entry.count);
    }
    let rows = index.entries().len();
    let mut batch = BatchEncoder::default();
    prefixes.encode(&mut batch);
    keys.encode(&mut batch);
    batch.column(rows);
    batch.buffer(&block_ids);
    batch.column(rows);
    batch.buffer(counts.to_byte_slice());

    let header =
        RootHeader { id, version: version::CURRENT, key_type: K::TYPE, value_type: V::TYPE, block_bytes };
    let bytes = encode_file(id, &schema::root_fields(K::TYPE), &header.metadata(), rows, &batch);
    if bytes.len() > MAX_BLOCK_BYTES {
        return Err(Error::ResourceExhausted(format!(
            "a blockfile of {rows} blocks has a root of {} bytes; at most {MAX_BLOCK_BYTES} are allowed",
            bytes.len()
        )));
    }
    Ok(bytes)
}

//! The values in the object stores, checked as they are read.
//!
//! ```text
//! meta/root: generation u64, XXH3-64 over generation and record u64, record
//! meta/log:  first sequence number in use u64, last one u64, its checksum u64, XXH3-64 over 0..24 u64
//! ```

use arrow::buffer::Buffer;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbObjectStore;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{bytes, copy_block, failed};
use crate::error::Corruption;
use crate::limits::MAX_BLOCK_BYTES;
use crate::storage::{BlockId, ChainEnd, Frame, Result, Root};

/// Which frames the log has.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogRecord {
    /// Frames below are dropped.
    pub first: u64,
    pub end: ChainEnd,
}

impl LogRecord {
    pub fn encode(&self) -> Vec<u8> {
        let words = [self.first, self.end.sequence, self.end.checksum];
        let mut record: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        record.extend_from_slice(&xxh3_64(&record).to_le_bytes());
        record
    }

    /// The record as stored; a log that never had one is empty.
    pub fn decode(record: Option<Vec<u8>>) -> Result<Self> {
        let Some(record) = record else { return Ok(Self::default()) };
        let (words, rest) = record.as_chunks::<8>();
        match (words, rest) {
            ([first, sequence, checksum, seal], [])
                if xxh3_64(&record[..24]) == u64::from_le_bytes(*seal) =>
            {
                let end = ChainEnd {
                    sequence: u64::from_le_bytes(*sequence),
                    checksum: u64::from_le_bytes(*checksum),
                };
                Ok(Self { first: u64::from_le_bytes(*first), end })
            }
            _ => Err(Corruption::new("record of the log", "checksum does not match").into()),
        }
    }
}

fn root_checksum(root: &[u8], generation: u64) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(&generation.to_le_bytes());
    hasher.update(root);
    hasher.digest()
}

pub fn encode_root(root: &Root) -> Vec<u8> {
    let checksum = root_checksum(&root.bytes, root.generation);
    [&root.generation.to_le_bytes()[..], &checksum.to_le_bytes(), &root.bytes].concat()
}

pub fn decode_root(record: Option<Vec<u8>>) -> Result<Option<Root>> {
    let Some(record) = record else { return Ok(None) };
    let parts = record.split_first_chunk::<8>().and_then(|(generation, rest)| {
        let (checksum, root) = rest.split_first_chunk::<8>()?;
        let generation = u64::from_le_bytes(*generation);
        (root_checksum(root, generation) == u64::from_le_bytes(*checksum)).then_some((generation, root))
    });
    match parts {
        Some((generation, root)) => Ok(Some(Root { generation, bytes: root.to_vec() })),
        None => Err(Corruption::new("root", "checksum does not match").into()),
    }
}

/// Writes a record of `meta`.
pub fn put(meta: &IdbObjectStore, key: &str, record: &[u8]) -> Result<()> {
    meta.put_with_key(&bytes(record), &key.into()).map(drop).map_err(failed("writing a record"))
}

pub fn optional_block(value: &JsValue) -> Result<Option<Buffer>> {
    if value.is_undefined() {
        return Ok(None);
    }
    let array = value.dyn_ref::<Uint8Array>().filter(|array| array.length() as usize <= MAX_BLOCK_BYTES);
    let array = array.ok_or_else(|| Corruption::new("block", "it is no Uint8Array of a possible length"))?;
    Ok(Some(copy_block(array)))
}

pub fn frame(value: &JsValue) -> Result<Frame> {
    let array = value.dyn_ref::<Uint8Array>();
    let array = array.ok_or_else(|| Corruption::new("log frame", "it is no Uint8Array"))?;
    Ok(Frame::parse(&array.to_vec())?)
}

pub fn block_id(key: &JsValue) -> Result<BlockId> {
    let uuid = key.as_string().and_then(|text| uuid::Uuid::parse_str(&text).ok());
    let id = uuid.map(|uuid| BlockId(uuid.into_bytes()));
    id.ok_or_else(|| Corruption::new("list of blocks", "a key is no block id").into())
}

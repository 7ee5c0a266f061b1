//! Posting lists and their heads, as the index keeps them.

use std::collections::BTreeMap;

use super::{Geometry, VectorReader, corrupt};
use crate::blockstore::Bytes;
use crate::error::Result;
use crate::index::posting::CodeList;
use crate::index::spann::Heads;

pub(super) const HEAD: &str = "head";
pub(super) const LIST: &str = "list";
pub(super) const SIZE: &str = "size";

/// Entries of each list by the id of its head, dead ones included.
pub(super) type Sizes = BTreeMap<u32, u32>;

/// Reads the heads.
pub(super) async fn load_heads(reader: &VectorReader, geometry: &Geometry, center: &[f32]) -> Result<Heads> {
    let mut heads = Heads::new(geometry.space, center.to_vec());
    for (id, Bytes(bytes)) in reader.prefix(HEAD).await? {
        let components = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let center: Vec<f32> = components.collect();
        if bytes.len() != size_of::<f32>() * geometry.dimension() {
            return Err(corrupt("the center of a list does not have the collection's dimension"));
        }
        heads.push(id, &center);
    }
    Ok(heads)
}

pub(super) fn encode_center(center: &[f32]) -> Bytes {
    Bytes(center.iter().flat_map(|component| component.to_le_bytes()).collect())
}

/// Reads how large the lists are.
pub(super) async fn load_sizes(reader: &VectorReader) -> Result<Sizes> {
    let Some(Bytes(bytes)) = reader.get(SIZE, 0).await? else { return Ok(Sizes::new()) };
    let (entries, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(corrupt("its table of sizes has another form"));
    }
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
    Ok(entries.iter().map(|entry| (number(&entry[..4]), number(&entry[4..]))).collect())
}

pub(super) fn encode_sizes(sizes: &Sizes) -> Bytes {
    let pair = |(id, size): (&u32, &u32)| [id.to_le_bytes(), size.to_le_bytes()].concat();
    Bytes(sizes.iter().flat_map(pair).collect())
}

/// Reads a list out of its bytes.
pub(super) fn parse<'a>(geometry: &Geometry, bytes: &'a [u8]) -> Result<CodeList<'a>> {
    CodeList::parse(geometry.dimension(), bytes).ok_or_else(|| corrupt("a list of codes has another form"))
}

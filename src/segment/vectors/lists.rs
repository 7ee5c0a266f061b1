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

/// What is known of a list without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct ListSize {
    /// Dead ones included.
    pub entries: u32,
    /// The mean of the squared distances (l2) between its vectors and its head.
    pub squared_radius: f32,
}

impl ListSize {
    /// With as many more entries, the squared distances of which have this sum.
    pub fn grown(self, entries: u32, sum: f64) -> Self {
        let all = self.entries + entries;
        let sum = f64::from(self.squared_radius) * f64::from(self.entries) + sum;
        Self { entries: all, squared_radius: (sum / f64::from(all.max(1))) as f32 }
    }
}

/// The lists by the ids of their heads; lists without entries are left out.
pub(super) type Sizes = BTreeMap<u32, ListSize>;

/// Bytes of a list in the table of sizes: its id, and what is known of it.
const SIZE_BYTES: usize = 12;

/// Reads the heads into `heads`, which has none.
pub(super) async fn load_heads(reader: &VectorReader, mut heads: Heads) -> Result<Heads> {
    let mut center = Vec::new();
    let visit = |id, bytes: &[u8]| {
        if bytes.len() != size_of::<f32>() * heads.dimension() {
            return Err(corrupt("the center of a list does not have the collection's dimension"));
        }
        center.clear();
        center.extend(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        heads.push(id, &center);
        Ok(())
    };
    reader.visit_range(HEAD, .., visit).await?;
    Ok(heads)
}

pub(super) fn encode_center(center: &[f32]) -> Bytes {
    Bytes(center.iter().flat_map(|component| component.to_le_bytes()).collect())
}

/// Reads how large the lists are.
pub(super) async fn load_sizes(reader: &VectorReader) -> Result<Sizes> {
    let Some(Bytes(bytes)) = reader.get(SIZE, 0).await? else { return Ok(Sizes::new()) };
    let (entries, rest) = bytes.as_chunks::<SIZE_BYTES>();
    if !rest.is_empty() {
        return Err(corrupt("its table of sizes has another form"));
    }
    let read = |entry: &[u8; SIZE_BYTES]| {
        let [id, entries, squared_radius] = *entry.as_chunks().0 else {
            unreachable!("three words make an entry")
        };
        let squared_radius = f32::from_le_bytes(squared_radius);
        (u32::from_le_bytes(id), ListSize { entries: u32::from_le_bytes(entries), squared_radius })
    };
    let mut sizes = Sizes::new();
    sizes.extend(entries.iter().map(read));
    Ok(sizes)
}

pub(super) fn encode_sizes(sizes: &Sizes) -> Bytes {
    let entry = |(id, size): (&u32, &ListSize)| {
        [id.to_le_bytes(), size.entries.to_le_bytes(), size.squared_radius.to_le_bytes()].concat()
    };
    Bytes(sizes.iter().flat_map(entry).collect())
}

/// Reads a list out of its bytes.
pub(super) fn parse<'a>(geometry: &Geometry, bytes: &'a [u8]) -> Result<CodeList<'a>> {
    CodeList::parse(geometry.dimension(), bytes).ok_or_else(|| corrupt("a list of codes has another form"))
}

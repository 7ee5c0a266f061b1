//! Graphs in blockfiles.
//!
//! | prefix | key | value |
//! |---|---|---|
//! | `graph` | 0 | the graph's header ([`Graph::encode_header`]) |
//! | `link` | chunk of slots | the links of [`CHUNK_SLOTS`] slots ([`Graph::encode_chunk`]) |
//! | `node` | chunk of slots | offset ids (4 bytes each), versions (2 bytes each) and four-bit codes of these slots |

use std::cell::RefCell;

use super::{Slot, VectorGraph};
use crate::blockstore::Bytes;
use crate::env::Slices;
use crate::error::{Corruption, Error, Result};
use crate::index::hnsw::{CHUNK_SLOTS, Loader, NotAGraph};
use crate::quantization::NibbleCodes;
use crate::segment::vectors::{VectorReader, corrupt};
use crate::types::Space;

pub(super) const GRAPH: &str = "graph";
pub(super) const LINK: &str = "link";
pub(super) const NODE: &str = "node";

/// Bytes of a slot besides its code: offset id and version.
const SLOT_BYTES: usize = 6;

/// Reads the graph of an index, the codes of which are around `center`. Others get their turn meanwhile.
pub(super) async fn load(
    reader: &VectorReader,
    space: Space,
    center: &[f32],
    slices: &Slices<'_>,
) -> Result<VectorGraph> {
    let Some(Bytes(header)) = reader.get(GRAPH, 0).await? else {
        return Err(corrupt("its graph has no header"));
    };
    let mut loader = Loader::new(&header)?;
    let mut chunks = 0..;
    let link = |number, bytes: &[u8]| {
        if chunks.next() != Some(number) {
            return Err(corrupt("a chunk of its graph is missing"));
        }
        Ok(loader.chunk(bytes)?)
    };
    reader.visit_prefix(LINK, link).await?;
    while loader.check()? {
        slices.step().await;
    }
    let links = loader.finish()?;

    let code_bytes = NibbleCodes::row_bytes(center.len());
    let mut slots = Vec::with_capacity(links.slots());
    let mut codes = Vec::with_capacity(links.slots() * code_bytes);
    let node = |number: u32, bytes: &[u8]| {
        let count = (links.slots() - slots.len()).min(CHUNK_SLOTS);
        if number as usize * CHUNK_SLOTS != slots.len() || bytes.len() != count * (SLOT_BYTES + code_bytes) {
            return Err(corrupt("a chunk of the nodes of its graph has another form"));
        }
        let (ids, rest) = bytes.split_at(4 * count);
        let (versions, rest) = rest.split_at(2 * count);
        let pairs = ids.as_chunks().0.iter().zip(versions.as_chunks().0);
        slots.extend(pairs.map(|(id, version)| Slot {
            offset_id: u32::from_le_bytes(*id),
            version: u16::from_le_bytes(*version),
        }));
        codes.extend_from_slice(rest);
        Ok(())
    };
    reader.visit_prefix(NODE, node).await?;
    let is_node = |slot: usize| links.contains(slot as u32);
    if slots.len() != links.slots()
        || slots.iter().enumerate().any(|(at, slot)| is_node(at) != (slot.version != 0))
    {
        return Err(corrupt("the nodes of its graph are not those that have links"));
    }
    let codes = NibbleCodes::from_bytes(space, center.to_vec(), codes)
        .ok_or_else(|| corrupt("the codes of its graph have another form"))?;
    slices.step().await;
    Ok(VectorGraph { links, codes, slots, scratch: RefCell::default() })
}

impl From<NotAGraph> for Error {
    fn from(NotAGraph(reason): NotAGraph) -> Self {
        Corruption::new("HNSW graph", reason).into()
    }
}

impl VectorGraph {
    /// A chunk of what is stored of the slots besides their links.
    pub(super) fn encode_nodes(&self, chunk: u32) -> Vec<u8> {
        let first = chunk as usize * CHUNK_SLOTS;
        let slots = &self.slots[first..self.slots.len().min(first + CHUNK_SLOTS)];
        let code_bytes = NibbleCodes::row_bytes(self.codes.dimension());
        let mut bytes = Vec::with_capacity(slots.len() * (SLOT_BYTES + code_bytes));
        slots.iter().for_each(|slot| bytes.extend_from_slice(&slot.offset_id.to_le_bytes()));
        slots.iter().for_each(|slot| bytes.extend_from_slice(&slot.version.to_le_bytes()));
        bytes.extend_from_slice(&self.codes.as_bytes()[first * code_bytes..][..slots.len() * code_bytes]);
        bytes
    }
}

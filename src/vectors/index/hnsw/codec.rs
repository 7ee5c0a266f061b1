//! The graph as bytes: a header, and chunks of slots that are written again only if they changed.
//!
//! All integers are little-endian. The header:
//!
//! ```text
//! offset  size  field
//!      0     4  format, 1
//!      4     4  M
//!      8     4  ef_construction
//!     12     4  slots
//!     16     4  nodes
//!     20     4  entry point, 2³² - 1 in an empty graph
//!     24     4  root of the spanning tree, likewise
//! ```
//!
//! Chunk `i` holds slots `i · CHUNK_SLOTS` and up, one after the other:
//!
//! ```text
//! size  field
//!    1  level, 255 for a free slot, which has nothing more
//!    4  parent in the spanning tree, 2³² - 1 for the root
//!       for each level from 0 up:
//!    2    number of links
//!   4 n   the links
//! ```

use super::links::{MAX_LEVEL, NONE};
use super::{Graph, Parameters};

/// Slots of one chunk: some 12 kB at `M` = 16, small beside the block that it is stored in, so that it is
/// the blocks that decide how much a change writes.
pub const CHUNK_SLOTS: usize = 128;

/// The only format there is.
const FORMAT: u32 = 1;

/// The level byte of a free slot.
const FREE: u8 = u8::MAX;

/// Bytes that are not those of a graph: which check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAGraph(pub &'static str);

impl Graph {
    /// What is not in chunks.
    pub fn encode_header(&self) -> Vec<u8> {
        let Parameters { max_neighbors, ef_construction } = self.parameters;
        let fields = [
            FORMAT,
            max_neighbors as u32,
            ef_construction as u32,
            self.slots() as u32,
            self.len() as u32,
            self.entry,
            self.root,
        ];
        fields.iter().flat_map(|field| field.to_le_bytes()).collect()
    }

    /// Chunks of the graph.
    pub fn chunks(&self) -> u32 {
        self.slots().div_ceil(CHUNK_SLOTS) as u32
    }

    /// The chunks that changed since the last call, ascending. The header may have changed with any of them.
    pub fn take_dirty(&mut self) -> Vec<u32> {
        self.links.take_dirty()
    }

    /// The slots of a chunk; none from [`chunks`](Self::chunks) on.
    pub fn encode_chunk(&self, chunk: u32) -> Vec<u8> {
        let first = chunk as usize * CHUNK_SLOTS;
        let mut bytes = Vec::new();
        for slot in first..self.slots().min(first + CHUNK_SLOTS) {
            let node = slot as u32;
            let Some(top) = self.links.level(node) else {
                bytes.push(FREE);
                continue;
            };
            bytes.push(top);
            bytes.extend_from_slice(&self.parents[slot].to_le_bytes());
            for level in 0..=top {
                let links = self.links.neighbors(level, node);
                bytes.extend_from_slice(&(links.len() as u16).to_le_bytes());
                bytes.extend(links.iter().flat_map(|link| link.to_le_bytes()));
            }
        }
        bytes
    }
}

/// Reads a graph: the header, then all chunks in their order. Nothing in the bytes is trusted.
#[derive(Debug)]
pub struct Loader {
    graph: Graph,
    slots: usize,
    nodes: usize,
    /// What [`edge`] gives for all links; zero if they are mutual.
    balance: u64,
    /// Slots that were checked once all were read.
    checked: usize,
    /// Nodes that are known to descend from the root.
    below_root: Vec<bool>,
}

impl Loader {
    /// Starts with the bytes of [`Graph::encode_header`].
    pub fn new(header: &[u8]) -> Result<Self, NotAGraph> {
        let mut input = Input(header);
        let mut field = || input.u32().ok_or_else(|| corrupt("the header is too short"));
        if field()? != FORMAT {
            return Err(corrupt("unknown format"));
        }
        let (max_neighbors, ef_construction) = (field()? as usize, field()? as usize);
        let parameters = Parameters::new(max_neighbors, ef_construction);
        if parameters != (Parameters { max_neighbors, ef_construction }) {
            return Err(corrupt("parameters out of range"));
        }
        let (slots, nodes) = (field()? as usize, field()? as usize);
        let graph = Graph { entry: field()?, root: field()?, ..Graph::new(parameters) };
        if !input.0.is_empty() {
            return Err(corrupt("the header is too long"));
        }
        Ok(Self { graph, slots, nodes, balance: 0, checked: 0, below_root: Vec::new() })
    }

    /// Takes in the next chunk.
    pub fn chunk(&mut self, bytes: &[u8]) -> Result<(), NotAGraph> {
        let first = self.graph.slots();
        let end = self.slots.min(first + CHUNK_SLOTS);
        self.graph.links.grow(end);
        self.graph.parents.resize(end, NONE);
        let mut input = Input(bytes);
        for slot in first..end {
            self.slot(slot as u32, &mut input).ok_or_else(|| corrupt("a chunk ends too early"))??;
        }
        if input.0.is_empty() { Ok(()) } else { Err(corrupt("a chunk is too long")) }
    }

    /// Takes in one slot. `None` if the bytes end before it does.
    fn slot(&mut self, node: u32, input: &mut Input<'_>) -> Option<Result<(), NotAGraph>> {
        let top = input.u8()?;
        if top == FREE {
            return Some(Ok(()));
        }
        if top > MAX_LEVEL {
            return Some(Err(corrupt("a level is too high")));
        }
        self.graph.links.add(node, top);
        let parent = input.u32()?;
        self.graph.parents[node as usize] = parent;
        let mut has_parent = parent == NONE;
        for level in 0..=top {
            let count = input.u16()?;
            if usize::from(count) > self.graph.links.capacity(level) {
                return Some(Err(corrupt("a node has too many links")));
            }
            for _ in 0..count {
                let link = input.u32()?;
                if link as usize >= self.slots || link == node {
                    return Some(Err(corrupt("a link leads nowhere")));
                }
                has_parent |= level == 0 && link == parent;
                self.balance = self.balance.wrapping_add(edge(level, node, link));
                self.graph.links.push(level, node, link);
            }
        }
        Some(if has_parent { Ok(()) } else { Err(corrupt("a node is not linked with its parent")) })
    }

    /// Checks a chunk of slots, once all were read; false when none is left.
    pub fn check(&mut self) -> Result<bool, NotAGraph> {
        if self.checked == 0 {
            self.check_whole()?;
            self.below_root = self.graph.root_alone().ok_or_else(|| corrupt("the parents are not a tree"))?;
        }
        let slots = self.checked..self.slots.min(self.checked + CHUNK_SLOTS);
        self.checked = slots.end;
        for node in slots.map(|slot| slot as u32) {
            if !self.graph.links.lead_to_nodes(node) {
                return Err(corrupt("a link is not mutual"));
            }
            if self.graph.contains(node) && !self.graph.joins_root(node, &mut self.below_root) {
                return Err(corrupt("the parents are not a tree"));
            }
        }
        Ok(self.checked < self.slots)
    }

    /// Checks what is not known of a single slot.
    fn check_whole(&self) -> Result<(), NotAGraph> {
        let graph = &self.graph;
        if graph.slots() != self.slots || graph.len() != self.nodes {
            return Err(corrupt("a chunk is missing or a node too many"));
        }
        let highest = graph.links.highest().and_then(|node| graph.links.level(node));
        if graph.links.level(graph.entry) != highest || (graph.entry == NONE) != graph.is_empty() {
            return Err(corrupt("the entry point is not a node of the highest level"));
        }
        if self.balance != 0 {
            return Err(corrupt("a link is not mutual"));
        }
        Ok(())
    }

    /// The graph, if all that was read fits together. Checks whatever was not yet.
    pub fn finish(mut self) -> Result<Graph, NotAGraph> {
        while self.check()? {}
        self.graph.links.take_dirty();
        Ok(self.graph)
    }
}

/// A number for a link that those of its two directions cancel out, and with all but certainty no others do.
fn edge(level: u8, from: u32, to: u32) -> u64 {
    let (low, high) = (from.min(to), from.max(to));
    // The finalizer of SplitMix64.
    let mut hash = (u64::from(low) << 32 | u64::from(high)).wrapping_add(u64::from(level) << 59);
    hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    if from == low { hash } else { hash.wrapping_neg() }
}

fn corrupt(reason: &'static str) -> NotAGraph {
    NotAGraph(reason)
}

/// Bytes still to be read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }
}

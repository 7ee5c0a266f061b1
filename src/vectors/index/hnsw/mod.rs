//! Approximate nearest neighbours by a hierarchical navigable small world (HNSW) graph.
//!
//! Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical
//! Navigable Small World graphs" (2018): every node has links to near ones; a few nodes also have links on
//! sparser levels above, by which a search comes close before it looks around on level 0.
//!
//! The graph knows nodes as slots `0..slots` that the caller chooses densely, and asks the caller for
//! distances ([`Target`], [`Distances`]): how vectors are stored and coded is not its matter. Smaller is
//! nearer, NaN is farthest, noise is fine.
//!
//! Two things differ from the paper, so that nodes can really be removed:
//!
//! - **Links are mutual.** Who links to a node is who it links to, so a removal finds every link to take
//!   away and every node to repair. A node with a full row that gains a link gives one up, on both sides.
//! - **A spanning tree keeps level 0 connected.** Each node has a parent, one of its links on level 0; links
//!   between parent and child are never given up. So every node can be reached from every other, whatever
//!   is inserted and removed, copies of one vector included.
//!
//! Memory for each slot, with `M` = [`Parameters::max_neighbors`]: `8 M` bytes of links on level 0, 9 bytes of
//! tree and level, and on average `4 (M + 1) / (M - 1)` for the upper levels: 142 bytes at `M` = 16. A
//! [`Scratch`] takes 2 bytes a slot.

mod codec;
mod codes;
mod filter;
mod insert;
mod links;
mod remove;
mod scratch;
mod search;
#[cfg(test)]
mod tests;
mod tree;

pub use codec::{CHUNK_SLOTS, Loader, NotAGraph};
pub use codes::ToCodes;
pub use filter::Allowed;
pub use scratch::Scratch;
pub use search::Outcome;

use crate::limits::{MAX_EF_CONSTRUCTION, MAX_NEIGHBORS};
use links::{Links, NONE};

/// Distances between nodes of the graph.
pub trait Distances {
    /// The distance between two nodes.
    fn between(&self, a: u32, b: u32) -> f32;

    /// The distances from `node` to each of `others`, which replace the content of `out` in their order.
    fn from(&self, node: u32, others: &[u32], out: &mut Vec<f32>) {
        out.clear();
        out.extend(others.iter().map(|&other| self.between(node, other)));
    }
}

/// Distances from one vector, a query or one that is being inserted, to nodes of the graph.
pub trait Target {
    /// The distance to a node.
    fn distance(&self, node: u32) -> f32;

    /// The distances to each of `nodes`, which replace the content of `out` in their order.
    fn distances(&self, nodes: &[u32], out: &mut Vec<f32>) {
        out.clear();
        out.extend(nodes.iter().map(|&node| self.distance(node)));
    }
}

/// What shapes a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    max_neighbors: usize,
    ef_construction: usize,
}

impl Parameters {
    /// `max_neighbors` (`M`) links a node on each upper level and twice as many on level 0;
    /// `ef_construction` candidates are looked at for the links of a new node. Values outside of what is
    /// useful ([`MAX_NEIGHBORS`], [`MAX_EF_CONSTRUCTION`]) are taken as the nearest useful one.
    pub fn new(max_neighbors: usize, ef_construction: usize) -> Self {
        Self {
            max_neighbors: max_neighbors.clamp(2, MAX_NEIGHBORS),
            ef_construction: ef_construction.clamp(1, MAX_EF_CONSTRUCTION),
        }
    }

    /// `M`: links of a node on an upper level, at most.
    pub fn max_neighbors(&self) -> usize {
        self.max_neighbors
    }

    /// Candidates for the links of a new node.
    pub fn ef_construction(&self) -> usize {
        self.ef_construction
    }
}

/// A node and its distance to the target of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    pub node: u32,
    pub distance: f32,
}

/// The graph. See the [module](self) for what it promises.
#[derive(Debug, Clone)]
pub struct Graph {
    parameters: Parameters,
    links: Links,
    /// The nodes' parents in the spanning tree; [`NONE`] for the root and for free slots.
    parents: Vec<u32>,
    /// The root of the spanning tree, [`NONE`] in an empty graph.
    root: u32,
    /// A node of the highest level, where searches start; [`NONE`] in an empty graph.
    entry: u32,
}

impl Graph {
    /// A graph without nodes.
    pub fn new(parameters: Parameters) -> Self {
        Self {
            parameters,
            links: Links::new(parameters.max_neighbors),
            parents: Vec::new(),
            root: NONE,
            entry: NONE,
        }
    }

    /// What shapes the graph.
    pub fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// Nodes.
    pub fn len(&self) -> usize {
        self.links.nodes()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Slots, used or free: one more than the highest that ever held a node.
    pub fn slots(&self) -> usize {
        self.links.slots()
    }

    /// Whether `node` is in the graph.
    pub fn contains(&self, node: u32) -> bool {
        self.links.level(node).is_some()
    }

    /// Bytes that the graph takes in memory.
    pub fn bytes(&self) -> usize {
        self.links.bytes() + self.parents.capacity() * size_of::<u32>()
    }

    /// The level for a new node from a uniformly random number. A level has one in `M` of the nodes of the
    /// one below, which is the paper's `⌊-ln(u) · mL⌋` with `mL = 1 / ln(M)`.
    pub fn level_of(&self, mut random: u64) -> u8 {
        let base = self.parameters.max_neighbors as u64;
        let mut level = 0;
        while level < links::MAX_LEVEL && random.is_multiple_of(base) {
            level += 1;
            random /= base;
        }
        level
    }
}

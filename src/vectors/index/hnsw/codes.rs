//! Graphs whose nodes are four-bit codes, in the order of their slots.

use super::{Distances, Target};
use crate::quantization::{NibbleCodes, NibbleQuery};

impl Distances for NibbleCodes {
    fn between(&self, a: u32, b: u32) -> f32 {
        NibbleCodes::between(self, a, b)
    }
}

/// Estimated distances from one vector to the nodes of a graph.
#[derive(Debug)]
pub struct ToCodes<'a> {
    query: NibbleQuery,
    codes: &'a NibbleCodes,
}

impl<'a> ToCodes<'a> {
    /// From a vector that was rotated as those of the codes.
    pub fn new(codes: &'a NibbleCodes, rotated: &[f32]) -> Self {
        Self { query: codes.query(rotated), codes }
    }
}

impl Target for ToCodes<'_> {
    fn distance(&self, node: u32) -> f32 {
        self.query.distance(self.codes, node)
    }

    fn distances(&self, nodes: &[u32], out: &mut Vec<f32>) {
        self.query.distances(self.codes, nodes, out);
    }
}

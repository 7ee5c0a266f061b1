//! What a search, an insertion or a removal needs for itself, kept to be used again.

use super::search::node_of;
use std::collections::BinaryHeap;

/// Buffers of one operation at a time. They grow to what a graph needs and stay.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    pub(super) visited: Visited,
    /// Nodes to look at next, as inverted keys, so that the nearest is on top.
    pub(super) candidates: BinaryHeap<u64>,
    /// The nearest nodes so far as keys, the farthest on top.
    pub(super) nearest: BinaryHeap<u64>,
    /// Nodes whose distances are asked for together, and the answers.
    pub(super) batch: Vec<u32>,
    pub(super) distances: Vec<f32>,
    /// Keys of what a search found, nearest first.
    pub(super) sorted: Vec<u64>,
    /// Nodes that a filtered search steps over.
    pub(super) bridges: Vec<u32>,
    /// Keys of the nodes that a new one gets links to.
    pub(super) selected: Vec<u64>,
    /// More distances: from a second node, or between the neighbours of a removed one, a matrix.
    pub(super) pairs: Vec<f32>,
}

impl Scratch {
    /// Starts to look around from the node of the key `start`.
    pub(super) fn begin(&mut self, slots: usize, start: u64) {
        self.visited.begin(slots);
        self.visited.insert(node_of(start));
        self.candidates.clear();
        self.nearest.clear();
        self.candidates.push(!start);
    }

    /// The nearest candidate, unless `ef` nodes are known that are all nearer.
    #[inline]
    pub(super) fn next_candidate(&mut self, ef: usize) -> Option<u64> {
        let candidate = !self.candidates.pop()?;
        match self.nearest.peek() {
            Some(&farthest) if self.nearest.len() >= ef && candidate > farthest => None,
            _ => Some(candidate),
        }
    }

    /// Whether a node would be among the `ef` nearest.
    #[inline]
    pub(super) fn is_near(&self, key: u64, ef: usize) -> bool {
        self.nearest.len() < ef || self.nearest.peek().is_some_and(|&farthest| key < farthest)
    }

    /// Takes a node in if it is among the `ef` nearest, and says whether it is.
    #[inline]
    pub(super) fn offer(&mut self, key: u64, ef: usize) -> bool {
        if self.nearest.len() < ef {
            self.nearest.push(key);
            return true;
        }
        match self.nearest.peek_mut() {
            Some(mut farthest) if key < *farthest => {
                *farthest = key;
                true
            }
            _ => false,
        }
    }

    /// Moves the nearest nodes to `sorted`.
    pub(super) fn sort(&mut self) {
        let mut emptied = std::mem::take(&mut self.sorted);
        emptied.clear();
        self.sorted = std::mem::replace(&mut self.nearest, emptied.into()).into_sorted_vec();
    }
}

/// A set of nodes that is emptied by counting up.
#[derive(Debug, Clone, Default)]
pub(super) struct Visited {
    /// For each slot the generation that visited it last.
    stamps: Vec<u16>,
    generation: u16,
}

impl Visited {
    /// Empties the set and makes it ready for nodes below `slots`.
    pub(super) fn begin(&mut self, slots: usize) {
        if self.stamps.len() < slots {
            self.stamps.resize(slots, 0);
        }
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 {
            self.stamps.fill(0);
            self.generation = 1;
        }
    }

    /// Adds a node; whether it was not in the set.
    #[inline(always)]
    pub(super) fn insert(&mut self, node: u32) -> bool {
        let stamp = &mut self.stamps[node as usize];
        std::mem::replace(stamp, self.generation) != self.generation
    }
}

#[cfg(test)]
mod tests {
    use super::Visited;

    #[test]
    fn a_visited_set_is_empty_again_however_often_it_began() {
        let mut visited = Visited::default();
        visited.begin(2);
        assert!(visited.insert(1) && !visited.insert(1));
        for _ in 0..2 * usize::from(u16::MAX) {
            visited.begin(2);
            assert!(visited.clone().insert(1), "node 1 was only visited at first");
        }
    }
}

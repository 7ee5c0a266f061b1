//! Searching: down the levels to a near node, then outwards from it on level 0.

use super::links::NONE;
use super::scratch::Scratch;
use super::{Allowed, Found, Graph, Target};
use crate::index::top_k::{Neighbour, key, neighbour};

/// What a search answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The nearest nodes, nearest first; equal distances by node.
    Found(Vec<Found>),
    /// The filter lets so few nodes through that comparing the target with each of them is cheaper.
    Scan,
}

impl Graph {
    /// Whether comparing a target with each of `matches` nodes is estimated to cost less than a search among
    /// them for `k` with `ef`. Of the up to `2 M` links of each of the `ef` nodes that a search looks around,
    /// about half lead to nodes not yet compared; and to find an allowed node takes as many rows of links
    /// as there are nodes for one match, up to the `2 M` that are in reach. A row read costs about as
    /// much as a distance.
    pub fn scan_is_cheaper(&self, matches: usize, k: usize, ef: usize) -> bool {
        let most = self.parameters.max_neighbors;
        let rows = (self.len() / matches.max(1)).min(2 * most);
        matches <= ef.max(k).saturating_mul(most + rows)
    }

    /// The `k` nodes nearest to `target`, of those that `filter` allows if there is one. `ef` nodes are
    /// kept on the way (at least `k`): more are slower and find better. The answer is exact if `ef` or `k`
    /// is at least [`len`](Self::len).
    ///
    /// A filtered search gives up in favour of a scan as soon as it costs more than that; without a filter
    /// the answer is always [`Outcome::Found`].
    pub fn search(
        &self,
        target: &dyn Target,
        k: usize,
        ef: usize,
        filter: Option<&Allowed>,
        scratch: &mut Scratch,
    ) -> Outcome {
        match filter {
            Some(allowed) if self.scan_is_cheaper(allowed.len(), k, ef) => Outcome::Scan,
            _ => self.search_within(target, k, ef, filter, filter.map_or(usize::MAX, Allowed::len), scratch),
        }
    }

    /// [`search`](Self::search) that gives up after about `budget` distances.
    pub(super) fn search_within(
        &self,
        target: &dyn Target,
        k: usize,
        ef: usize,
        filter: Option<&Allowed>,
        budget: usize,
        scratch: &mut Scratch,
    ) -> Outcome {
        let Some(start) = self.descend(target, 0, scratch) else { return Outcome::Found(Vec::new()) };
        let ef = ef.max(k).min(self.len()).max(1);
        let done = match filter {
            None => {
                self.beam(target, 0, start, ef, scratch);
                true
            }
            Some(allowed) => self.beam_allowed(target, start, ef, allowed, budget, scratch),
        };
        if !done {
            return Outcome::Scan;
        }
        let nearest = &scratch.sorted[..k.min(scratch.sorted.len())];
        let found = nearest.iter().map(|&key| {
            let Neighbour { offset_id: node, distance } = neighbour(key);
            Found { node, distance }
        });
        Outcome::Found(found.collect())
    }

    /// The key of a node near `target`, by steps to the nearest neighbour on each level above `level`.
    pub(super) fn descend(&self, target: &dyn Target, level: u8, scratch: &mut Scratch) -> Option<u64> {
        let top = self.links.level(self.entry)?;
        let mut nearest = key(self.entry, target.distance(self.entry));
        for level in (level + 1..=top).rev() {
            loop {
                scratch.batch.clear();
                scratch.batch.extend_from_slice(self.links.neighbors(level, node_of(nearest)));
                target.distances(&scratch.batch, &mut scratch.distances);
                let keys = scratch.batch.iter().zip(&scratch.distances).map(|(&node, &d)| key(node, d));
                match keys.min() {
                    Some(next) if next < nearest => nearest = next,
                    _ => break,
                }
            }
        }
        Some(nearest)
    }

    /// Looks around on a level from the node of the key `start`: `scratch.sorted` then holds the keys of
    /// the `ef` nearest nodes found, nearest first.
    pub(super) fn beam(&self, target: &dyn Target, level: u8, start: u64, ef: usize, scratch: &mut Scratch) {
        scratch.begin(self.slots(), start);
        scratch.nearest.push(start);
        while let Some(candidate) = scratch.next_candidate(ef) {
            scratch.batch.clear();
            for &node in self.links.row(level, node_of(candidate)) {
                if node == NONE {
                    break;
                }
                if scratch.visited.insert(node) {
                    scratch.batch.push(node);
                }
            }
            target.distances(&scratch.batch, &mut scratch.distances);
            for i in 0..scratch.batch.len().min(scratch.distances.len()) {
                let key = key(scratch.batch[i], scratch.distances[i]);
                if scratch.offer(key, ef) {
                    scratch.candidates.push(!key);
                }
            }
        }
        scratch.sort();
    }

    /// [`beam`](Self::beam) on level 0 for allowed nodes. Others are stepped over: their allowed neighbours
    /// count as neighbours of those that link to them, so that mostly distances of allowed nodes are
    /// computed (Patel and others, "ACORN", 2024). Only where that leads to few allowed nodes do the others
    /// become candidates themselves, as bridges.
    ///
    /// False if it cost more than `budget` distances, a row of links read on the way counted as one, or
    /// found fewer than it should have.
    fn beam_allowed(
        &self,
        target: &dyn Target,
        start: u64,
        ef: usize,
        allowed: &Allowed,
        budget: usize,
        scratch: &mut Scratch,
    ) -> bool {
        scratch.begin(self.slots(), start);
        if allowed.contains(node_of(start)) {
            scratch.nearest.push(start);
        }
        let mut cost = 0;
        while let Some(candidate) = scratch.next_candidate(ef) {
            cost += self.gather_allowed(node_of(candidate), allowed, scratch);
            if cost > budget {
                return false;
            }
            target.distances(&scratch.batch, &mut scratch.distances);
            for i in 0..scratch.batch.len().min(scratch.distances.len()) {
                let node = scratch.batch[i];
                let key = key(node, scratch.distances[i]);
                let near =
                    if allowed.contains(node) { scratch.offer(key, ef) } else { scratch.is_near(key, ef) };
                if near {
                    scratch.candidates.push(!key);
                }
            }
        }
        let complete = scratch.nearest.len() >= ef.min(allowed.len());
        scratch.sort();
        complete
    }

    /// Fills `scratch.batch` with what a filtered search compares next after `node`; what that costs.
    fn gather_allowed(&self, node: u32, allowed: &Allowed, scratch: &mut Scratch) -> usize {
        let enough = self.parameters.max_neighbors;
        let Scratch { visited, batch, bridges, .. } = scratch;
        batch.clear();
        bridges.clear();
        let mut seen = 0;
        for &near in self.links.neighbors(0, node) {
            if !allowed.contains(near) {
                bridges.push(near);
            } else {
                seen += 1;
                if visited.insert(near) {
                    batch.push(near);
                }
            }
        }
        let mut rows = 0;
        bridges.retain(|&bridge| {
            if seen >= 2 * enough || !visited.insert(bridge) {
                return false;
            }
            rows += 1;
            for &far in self.links.neighbors(0, bridge) {
                if allowed.contains(far) {
                    seen += 1;
                    if visited.insert(far) {
                        batch.push(far);
                    }
                }
            }
            true
        });
        if seen < enough {
            batch.extend_from_slice(bridges);
        }
        rows + batch.len()
    }
}

/// The node of a key.
pub(super) fn node_of(key: u64) -> u32 {
    key as u32
}

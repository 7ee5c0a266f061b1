//! Inserting: find what is near, choose links among it, make room for them.

use super::links::{MAX_LEVEL, NONE};
use super::scratch::Scratch;
use super::search::node_of;
use super::{Distances, Graph, Target};
use crate::index::top_k::{Neighbour, neighbour};

impl Graph {
    /// Adds `node` on the levels up to `level` (from [`level_of`](Self::level_of)) with links to what is
    /// near `target`, its vector. A node that is there already is removed first.
    ///
    /// `codes` must know the node already. Memory grows to `node + 1` slots, so slots should be dense.
    pub fn insert(
        &mut self,
        node: u32,
        level: u8,
        target: &dyn Target,
        codes: &dyn Distances,
        scratch: &mut Scratch,
    ) {
        self.remove(node, codes, scratch);
        let level = level.min(MAX_LEVEL);
        self.links.add(node, level);
        self.parents.resize(self.slots(), NONE);
        let (Some(top), Some(mut start)) =
            (self.links.level(self.entry), self.descend(target, level, scratch))
        else {
            (self.root, self.entry) = (node, node);
            return;
        };
        for level in (0..=level.min(top)).rev() {
            self.beam(target, level, start, self.parameters.ef_construction, scratch);
            start = scratch.sorted[0];
            self.select(codes, scratch);
            self.connect(level, node, target, codes, scratch);
        }
        if level > top {
            self.entry = node;
        }
    }

    /// Chooses links for a new node among `scratch.sorted`, what was found near it: from the nearest on those
    /// that are nearer to the new node than to any node chosen before, so that links lead in all directions
    /// (algorithm 4 of the paper, without filling up with what it refuses).
    fn select(&self, codes: &dyn Distances, scratch: &mut Scratch) {
        let Scratch { sorted, selected, .. } = scratch;
        selected.clear();
        for &candidate in &*sorted {
            let Neighbour { offset_id: node, distance } = neighbour(candidate);
            let occluded = |&by: &u64| codes.between(node, node_of(by)) < distance;
            if !selected.iter().any(occluded) {
                selected.push(candidate);
                if selected.len() == self.parameters.max_neighbors {
                    break;
                }
            }
        }
    }

    /// Links a new node with `scratch.selected`, and on level 0 with its parent: the nearest of `scratch.sorted`
    /// that can take a child.
    fn connect(
        &mut self,
        level: u8,
        node: u32,
        target: &dyn Target,
        codes: &dyn Distances,
        scratch: &mut Scratch,
    ) {
        let mut parent = NONE;
        if level == 0 {
            let near = scratch.sorted.iter().map(|&key| node_of(key)).find(|&near| !self.is_saturated(near));
            parent = near.unwrap_or_else(|| self.unsaturated_below(node_of(scratch.sorted[0])));
            self.parents[node as usize] = parent;
            if !scratch.selected.iter().any(|&key| node_of(key) == parent) {
                self.make_room(0, parent, codes, scratch);
                self.links.link(0, parent, node);
            }
        }
        for i in 0..scratch.selected.len() {
            let near = neighbour(scratch.selected[i]);
            let (other, distance) = (near.offset_id, near.distance);
            let room = self.links.has_room(level, other)
                || self.give_way(level, other, distance, other == parent, target, codes, scratch);
            if room && !self.links.linked(level, node, other) {
                self.links.link(level, node, other);
            }
        }
    }

    /// Makes room in the full row of `node` for a new node at `distance` from it, in the spirit of
    /// [`select`](Self::select): the link that goes is the longest of those that the new node occludes, else
    /// the longest of all. False if the new node should not be linked: it is occluded by a neighbour, or
    /// farther than all of them. If it `must` be, one goes anyway.
    #[expect(clippy::too_many_arguments, reason = "two nodes, their distance and where distances come from")]
    fn give_way(
        &mut self,
        level: u8,
        node: u32,
        distance: f32,
        must: bool,
        target: &dyn Target,
        codes: &dyn Distances,
        scratch: &mut Scratch,
    ) -> bool {
        let Scratch { batch, distances, pairs, .. } = scratch;
        batch.clear();
        batch.extend_from_slice(self.links.neighbors(level, node));
        codes.from(node, batch, distances);
        target.distances(batch, pairs);
        let mut worst = None;
        for (&other, (&to_node, &to_new)) in batch.iter().zip(distances.iter().zip(&*pairs)) {
            // Ties count: of many copies of a vector, few shall fill the rows of what is around.
            if !must && to_node <= distance && to_new <= distance {
                return false;
            }
            let occluded = distance < to_node && to_new < to_node;
            if (must || occluded || distance < to_node)
                && !self.is_tree_link(level, node, other)
                && worst.is_none_or(|(_, was_occluded, was)| (occluded, to_node) > (was_occluded, was))
            {
                worst = Some((other, occluded, to_node));
            }
        }
        if let Some((other, _, _)) = worst {
            self.links.unlink(level, node, other);
        }
        worst.is_some()
    }

    /// Takes the longest link that may go from a full row.
    pub(super) fn make_room(&mut self, level: u8, node: u32, codes: &dyn Distances, scratch: &mut Scratch) {
        if self.links.has_room(level, node) {
            return;
        }
        let Scratch { batch, distances, .. } = scratch;
        batch.clear();
        batch.extend_from_slice(self.links.neighbors(level, node));
        batch.retain(|&other| !self.is_tree_link(level, node, other));
        codes.from(node, batch, distances);
        let longest = batch.iter().zip(&*distances).max_by(|a, b| a.1.total_cmp(b.1));
        if let Some((&other, _)) = longest {
            self.links.unlink(level, node, other);
        }
    }
}

//! Removing: take all links to a node away and close the gap among those it was linked with.

use super::links::NONE;
use super::scratch::Scratch;
use super::search::node_of;
use super::{Distances, Graph};
use crate::index::top_k::key;

impl Graph {
    /// Takes `node` out of the graph, which then knows nothing of it; its slot may be used again. Its
    /// neighbours are linked with each other instead. False if it was not there.
    ///
    /// `codes` is asked about its neighbours only, not about the node itself.
    pub fn remove(&mut self, node: u32, codes: &dyn Distances, scratch: &mut Scratch) -> bool {
        let Some(top) = self.links.level(node) else { return false };
        let mut around = Vec::new();
        for level in (0..=top).rev() {
            around.clear();
            around.extend_from_slice(self.links.neighbors(level, node));
            for &other in &around {
                self.links.unlink(level, node, other);
            }
            if level == 0 {
                self.cut_out(node, &around, codes, scratch);
            }
            self.close_gap(level, &around, codes, scratch);
        }
        self.links.free(node);
        if self.entry == node {
            self.entry = self.links.highest().unwrap_or(NONE);
        }
        true
    }

    /// Takes a node, unlinked from those `around` it, out of the spanning tree.
    fn cut_out(&mut self, node: u32, around: &[u32], codes: &dyn Distances, scratch: &mut Scratch) {
        let mut parent = std::mem::replace(&mut self.parents[node as usize], NONE);
        let mut orphans: Vec<u32> =
            around.iter().copied().filter(|&other| self.parents[other as usize] == node).collect();
        for &orphan in &orphans {
            self.parents[orphan as usize] = NONE;
            self.links.touch(orphan);
        }
        if self.root == node {
            parent = orphans.pop().unwrap_or(NONE);
            self.root = parent;
        }
        while let Some(orphan) = orphans.pop() {
            codes.from(orphan, around, &mut scratch.distances);
            let near = around.iter().zip(&scratch.distances).filter(|&(&other, _)| {
                // An orphan keeps a place for its own parent.
                other != orphan
                    && !orphans.contains(&other)
                    && self.is_outside(other, orphan)
                    && !self.is_saturated(other)
            });
            let nearest = near.min_by(|a, b| a.1.total_cmp(b.1)).map(|(&other, _)| other);
            let adopter = nearest.unwrap_or_else(|| self.unsaturated_below(parent));
            if !self.links.linked(0, orphan, adopter) {
                self.make_room(0, adopter, codes, scratch);
                self.make_room(0, orphan, codes, scratch);
                self.links.link(0, orphan, adopter);
            }
            self.parents[orphan as usize] = adopter;
        }
    }

    /// Links nodes that lost a common neighbour with each other: each, from the nearest on, with those that
    /// are nearer to it than to a node it is linked with, as far as both have room.
    fn close_gap(&mut self, level: u8, around: &[u32], codes: &dyn Distances, scratch: &mut Scratch) {
        let count = around.len();
        let Scratch { distances, pairs, candidates, .. } = scratch;
        pairs.clear();
        for &node in around {
            codes.from(node, around, distances);
            pairs.extend_from_slice(distances);
        }
        let mut chosen = Vec::new();
        let mut gained = vec![false; count];
        for (i, &node) in around.iter().enumerate() {
            if gained[i] {
                continue;
            }
            let row = &pairs[i * count..][..count];
            candidates.clear();
            candidates.extend(row.iter().enumerate().map(|(j, &distance)| !key(j as u32, distance)));
            chosen.clear();
            while let Some(candidate) = candidates.pop() {
                let j = node_of(!candidate) as usize;
                if j == i {
                    continue;
                }
                if chosen.iter().any(|&by: &usize| pairs[by * count + j] < row[j]) {
                    continue;
                }
                chosen.push(j);
                let other = around[j];
                if !self.links.linked(level, node, other)
                    && self.links.has_room(level, node)
                    && self.links.has_room(level, other)
                {
                    self.links.link(level, node, other);
                    (gained[i], gained[j]) = (true, true);
                    break;
                }
            }
        }
    }
}

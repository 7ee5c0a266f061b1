//! The spanning tree of level 0, which keeps every node in reach.

use super::Graph;
use super::links::NONE;

/// Steps up the tree to look for an ancestor. Trees of vectors in no particular order are far less deep; in one
/// that is a long chain, an orphan is adopted less near rather than slowly.
const STEPS_UP: usize = 64;

impl Graph {
    /// Whether the link between two nodes is one between parent and child, which must stay.
    pub(super) fn is_tree_link(&self, level: u8, a: u32, b: u32) -> bool {
        level == 0 && (self.parents[a as usize] == b || self.parents[b as usize] == a)
    }

    /// Whether a node can take no further child: half of its row is links that must stay. The other half
    /// is for links that lead elsewhere, also from a vector of which there are many copies.
    pub(super) fn is_saturated(&self, node: u32) -> bool {
        let links = self.links.neighbors(0, node);
        let most = self.parameters.max_neighbors;
        links.len() >= most
            && links.iter().filter(|&&other| self.is_tree_link(0, node, other)).count() >= most
    }

    /// A node that can take a child, in the subtree of `node`: the way down ends at a leaf, which can.
    pub(super) fn unsaturated_below(&self, mut node: u32) -> u32 {
        while self.is_saturated(node) {
            let is_child = |&&other: &&u32| self.parents[other as usize] == node;
            match self.links.neighbors(0, node).iter().find(is_child) {
                Some(&child) => node = child,
                None => break,
            }
        }
        node
    }

    /// Whether `node` is known not to be in the subtree of `ancestor`, which has no parent at the moment.
    /// After [`STEPS_UP`] it is not known.
    pub(super) fn is_outside(&self, mut node: u32, ancestor: u32) -> bool {
        for _ in 0..STEPS_UP {
            if node == ancestor {
                return false;
            }
            node = self.parents[node as usize];
            if node == NONE {
                return true;
            }
        }
        false
    }

    /// Which nodes are known to descend from the root: the root alone. `None` if it is not the root of a tree, or there is
    /// none though there are nodes.
    pub(super) fn root_alone(&self) -> Option<Vec<bool>> {
        let mut below_root = vec![false; self.slots()];
        if self.root == NONE {
            return self.is_empty().then_some(below_root);
        }
        *below_root.get_mut(self.root as usize)? = true;
        (self.contains(self.root) && self.parents[self.root as usize] == NONE).then_some(below_root)
    }

    /// Whether a node descends from the root, by parents that are nodes. Marks the way, so that all ways together are as
    /// long as there are nodes.
    pub(super) fn joins_root(&self, node: u32, below_root: &mut [bool]) -> bool {
        let mut above = node;
        let mut steps = 0;
        while below_root.get(above as usize) == Some(&false) {
            above = self.parents[above as usize];
            steps += 1;
            if steps > self.len() {
                return false;
            }
        }
        let mut way = node;
        while below_root.get(way as usize) == Some(&false) {
            below_root[way as usize] = true;
            way = self.parents[way as usize];
        }
        self.contains(above)
    }
}

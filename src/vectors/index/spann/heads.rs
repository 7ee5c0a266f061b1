//! Heads: the centers of the lists, and which of them are near.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;

use super::graph::{GraphParameters, HeadGraph};
use crate::Space;
use crate::distance::Query;
use crate::index::top_k::TopK;
use crate::limits::{HEAD_GRAPH_HEADS, STRAY_HEADS_FRACTION};
use crate::quantization::{Around, CodeQuery, Encoder, Factors, LANES, PackedCodes};

/// Components of all heads from which on their codes are scanned first: 128 heads of 384. In few dimensions a code says
/// little, and a comparison costs little.
const CODES_FROM_COMPONENTS: usize = 49_152;

/// Of the heads that the codes find, so many times more than wanted are compared exactly.
const OVERSAMPLING: usize = 2;

/// Heads that are looked at for a vector that goes into one list: by the codes the nearest is nearly always among twice as many.
const SINGLE_PROBE: usize = 8;

/// The heads of an index. Their places are dense and change when a head goes. As they are stored they lie in the order of
/// their ids, which [`search`](Heads::search) and [`build_graph`](Heads::build_graph) rely on.
#[derive(Debug, Clone)]
pub struct Heads {
    space: Space,
    dimension: usize,
    ids: Vec<u32>,
    /// Rotated, row-major.
    centers: Vec<f32>,
    encoder: Encoder,
    codes: PackedCodes,
    graph: SharedHeadGraph,
}

/// A graph of heads, for all versions of an index.
pub type SharedHeadGraph = Rc<RefCell<Option<Rc<HeadGraph>>>>;

/// A head and its distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearHead {
    /// Its place.
    pub head: usize,
    pub distance: f32,
}

/// A rotated vector that heads are compared with.
#[derive(Debug)]
pub struct HeadQuery<'a> {
    codes: &'a CodeQuery,
    exact: Query,
}

/// Which lists a vector is put into (spec: storage-architecture 7.2, "RNG query").
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// Heads that are looked at.
    pub probe: usize,
    /// Lists, at most.
    pub replicas: usize,
    /// A head farther than the nearest by more than this part is none of them.
    pub epsilon: f32,
    /// A head is none of them if another one of them is nearer to it than the vector, by this factor.
    pub rng_factor: f32,
}

/// How heads are compared: a cosine is that of vectors of length one, for which it orders as l2 does.
fn measure(space: Space) -> Space {
    match space {
        Space::Ip => Space::Ip,
        Space::L2 | Space::Cosine => Space::L2,
    }
}

impl<'a> HeadQuery<'a> {
    pub fn new(space: Space, codes: &'a CodeQuery) -> Self {
        Self { codes, exact: Query::new(measure(space), codes.vector()) }
    }

    /// The distance to a center.
    pub fn distance(&self, center: &[f32]) -> f32 {
        self.exact.distance(center)
    }
}

impl Heads {
    /// None yet. Codes of the heads are made around `center`, the mean of the collection.
    pub fn new(space: Space, center: Vec<f32>, graph: SharedHeadGraph) -> Self {
        let dimension = center.len();
        Self {
            space,
            dimension,
            ids: Vec::new(),
            centers: Vec::new(),
            encoder: Encoder::new(space, center),
            codes: PackedCodes::new(dimension),
            graph,
        }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The id of a head: the key of its list.
    ///
    /// # Panics
    /// If there is no head in that place; so does [`center`](Self::center).
    pub fn id(&self, head: usize) -> u32 {
        self.ids[head]
    }

    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    pub fn center(&self, head: usize) -> &[f32] {
        &self.centers[head * self.dimension..][..self.dimension]
    }

    /// The place of the head with this id.
    pub fn place(&self, id: u32) -> Option<usize> {
        self.ids.iter().position(|other| *other == id)
    }

    /// Adds a head in the last place.
    ///
    /// # Panics
    /// If the center does not have the dimension of the others.
    pub fn push(&mut self, id: u32, center: &[f32]) {
        assert_eq!(center.len(), self.dimension, "a center of another dimension");
        let mut bits = vec![0; self.dimension.div_ceil(8)];
        let factors = self.encoder.encode(center, &mut bits);
        self.ids.push(id);
        self.centers.extend_from_slice(center);
        self.codes.push(&bits, factors);
    }

    /// The heads without some of them.
    pub fn without(&self, gone: &[u32]) -> Self {
        let mut heads = Self::new(self.space, self.encoder.center().to_vec(), Rc::clone(&self.graph));
        for head in (0..self.len()).filter(|head| !gone.contains(&self.ids[*head])) {
            heads.push(self.ids[head], self.center(head));
        }
        heads
    }

    /// The `count` nearest heads, nearest first.
    pub fn nearest(&self, query: &HeadQuery<'_>, count: usize) -> Vec<NearHead> {
        let compared = count.saturating_mul(OVERSAMPLING);
        let around = query.codes.around(self.encoder.center());
        if !self.are_estimated(&around) || self.len() < compared {
            return nearest_of(self.exact(query, 0..self.len()), count);
        }
        let mut estimates = TopK::new(compared);
        self.scan(query.codes, &around, 0, &mut estimates);
        nearest_of(self.exact(query, heads_of(estimates)), count)
    }

    /// The nearest heads, `most` of them in all, found by the graph if there is one.
    pub fn search<'a>(&'a self, query: HeadQuery<'a>, most: usize) -> NearHeads<'a> {
        let around = query.codes.around(self.encoder.center());
        if !self.are_estimated(&around) {
            let compared = self.exact(&query, 0..self.len());
            return NearHeads { compared, ..NearHeads::new(self, query, most) };
        }
        let compared = most.saturating_mul(OVERSAMPLING);
        let mut estimates = TopK::new(compared);
        let graph = self.graph.borrow();
        let graph = graph.as_ref().filter(|graph| compared <= graph.parameters().ef_search);
        let mut newer = 0;
        if let Some(graph) = graph {
            for (id, estimate) in graph.search(query.codes, around) {
                if let Ok(head) = self.ids.binary_search(&id) {
                    estimates.push(head as u32, estimate);
                }
            }
            newer = self.ids.partition_point(|id| *id < graph.end());
        }
        self.scan(query.codes, &around, newer, &mut estimates);
        NearHeads { estimated: heads_of(estimates).collect(), ..NearHeads::new(self, query, most) }
    }

    /// Whether the codes are looked at first. There may be too few components for that to pay, or no estimates at all.
    fn are_estimated(&self, around: &Around) -> bool {
        self.centers.len() >= CODES_FROM_COMPONENTS && around.radius.is_finite()
    }

    fn exact(&self, query: &HeadQuery<'_>, heads: impl IntoIterator<Item = usize>) -> Vec<NearHead> {
        let near = |head| NearHead { head, distance: query.distance(self.center(head)) };
        heads.into_iter().map(near).collect()
    }

    /// Offers the heads from a place on by their estimates.
    fn scan(&self, codes: &CodeQuery, around: &Around, from: usize, near: &mut TopK) {
        let (mut estimates, mut lowers) = ([0.0; LANES], [0.0; LANES]);
        for (block, bytes) in self.codes.codes().blocks().enumerate().skip(from / LANES) {
            let mut within =
                codes.scan_block(around, 0.0, near.threshold(), bytes, &mut estimates, &mut lowers);
            while within != 0 {
                let lane = within.trailing_zeros() as usize;
                within &= within - 1;
                let head = block * LANES + lane;
                if (from..self.len()).contains(&head) {
                    near.push(head as u32, estimates[lane]);
                }
            }
        }
    }

    /// Builds the graph that these parameters ask for, unless there is one that is good enough, or the number of heads is
    /// not one of [`HEAD_GRAPH_HEADS`]. All that share it search it from now on. Whether one was built.
    pub fn build_graph(&self, parameters: GraphParameters) -> bool {
        let stray = match &*self.graph.borrow() {
            Some(graph) if graph.parameters() == parameters => {
                let kept = self.ids.partition_point(|id| *id < graph.end());
                self.len() - kept + graph.heads().saturating_sub(kept)
            }
            _ => self.len(),
        };
        let is_due = HEAD_GRAPH_HEADS.contains(&self.len()) && stray > self.len() / STRAY_HEADS_FRACTION;
        if is_due {
            *self.graph.borrow_mut() = Some(Rc::new(HeadGraph::new(self, parameters)));
        }
        is_due
    }

    /// The code of a head and its factors.
    pub(super) fn code(&self, head: usize) -> (Vec<u8>, Factors) {
        let mut bits = vec![0; self.dimension.div_ceil(8)];
        let factors = self.codes.codes().code(head, &mut bits);
        (bits, factors)
    }

    /// The heads whose lists a vector goes into, nearest first; none only if there is none.
    pub fn placed(&self, query: &HeadQuery<'_>, placement: &Placement) -> Vec<NearHead> {
        let probe = if placement.replicas == 1 { SINGLE_PROBE.min(placement.probe) } else { placement.probe };
        let near = self.nearest(query, probe.max(1));
        if placement.replicas == 1 {
            return near.into_iter().take(1).collect();
        }
        let Some(nearest) = near.first() else { return near };
        let farthest = nearest.distance + placement.epsilon * nearest.distance.abs();
        let mut kept: Vec<NearHead> = Vec::new();
        for candidate in near.iter().filter(|candidate| candidate.distance <= farthest) {
            let center = Query::new(measure(self.space), self.center(candidate.head));
            let shadowed = |other: &NearHead| {
                placement.rng_factor * center.distance(self.center(other.head)) <= candidate.distance
            };
            if !kept.iter().any(shadowed) {
                kept.push(*candidate);
            }
            if kept.len() >= placement.replicas {
                break;
            }
        }
        // Distances that are not numbers keep no head: any list is better than none.
        if kept.is_empty() { near.into_iter().take(1).collect() } else { kept }
    }
}

/// Heads near a query, some at a time: those that a search stops before are not compared exactly.
#[derive(Debug)]
pub struct NearHeads<'a> {
    heads: &'a Heads,
    query: HeadQuery<'a>,
    /// The nearest by their estimates, nearest first.
    estimated: Vec<usize>,
    /// The first of them that is not compared yet.
    next: usize,
    /// What was compared and not given.
    compared: Vec<NearHead>,
    given: usize,
    most: usize,
}

impl<'a> NearHeads<'a> {
    fn new(heads: &'a Heads, query: HeadQuery<'a>, most: usize) -> Self {
        Self { heads, query, estimated: Vec::new(), next: 0, compared: Vec::new(), given: 0, most }
    }

    /// The `count` next ones, nearest first; fewer, then none, at the end.
    pub fn take(&mut self, count: usize) -> Vec<NearHead> {
        let count = count.min(self.most - self.given);
        let end = ((self.given + count) * OVERSAMPLING).min(self.estimated.len());
        let estimated = self.estimated.get(self.next..end).unwrap_or_default();
        self.compared.extend(self.heads.exact(&self.query, estimated.iter().copied()));
        self.next = self.next.max(end);
        if count < self.compared.len() {
            self.compared.select_nth_unstable_by(count, by_distance);
        }
        let rest = self.compared.split_off(count.min(self.compared.len()));
        let near = std::mem::replace(&mut self.compared, rest);
        self.given += near.len();
        nearest_of(near, count)
    }
}

/// The heads that were offered, nearest first.
fn heads_of(estimates: TopK) -> impl Iterator<Item = usize> {
    estimates.into_sorted().into_iter().map(|near| near.offset_id as usize)
}

/// The `count` nearest, nearest first.
fn nearest_of(mut near: Vec<NearHead>, count: usize) -> Vec<NearHead> {
    if count < near.len() {
        near.select_nth_unstable_by(count, by_distance);
        near.truncate(count);
    }
    near.sort_unstable_by(by_distance);
    near
}

fn by_distance(a: &NearHead, b: &NearHead) -> Ordering {
    a.distance.total_cmp(&b.distance).then(a.head.cmp(&b.head))
}

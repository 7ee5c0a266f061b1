//! Heads: the centers of the lists, and which of them are near.

use crate::distance::Query;
use crate::quantization::{CodeQuery, Encoder, LANES, PackedCodes};
use crate::types::{Space, SpannConfiguration};

/// Heads from which on their codes are scanned first.
const CODES_FROM_HEADS: usize = 128;

/// Of the heads that the codes find, so many times more than wanted are compared exactly.
const OVERSAMPLING: usize = 2;

/// Heads that are looked at for a vector that goes into one list: by the codes the nearest is nearly always among twice as many.
const SINGLE_PROBE: usize = 8;

/// The heads of an index. Their places are dense and change when a head goes.
#[derive(Debug, Clone)]
pub struct Heads {
    space: Space,
    dimension: usize,
    ids: Vec<u32>,
    /// Rotated, row-major.
    centers: Vec<f32>,
    encoder: Encoder,
    codes: PackedCodes,
}

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

impl Placement {
    pub fn new(configuration: &SpannConfiguration) -> Self {
        Self {
            probe: configuration.write_nprobe as usize,
            replicas: configuration.nreplica_count as usize,
            epsilon: configuration.write_rng_epsilon as f32,
            rng_factor: configuration.write_rng_factor as f32,
        }
    }
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
    pub fn new(space: Space, center: Vec<f32>) -> Self {
        let dimension = center.len();
        Self {
            space,
            dimension,
            ids: Vec::new(),
            centers: Vec::new(),
            encoder: Encoder::new(space, center),
            codes: PackedCodes::new(dimension),
        }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
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
        let mut heads = Self::new(self.space, self.encoder.center().to_vec());
        for head in (0..self.len()).filter(|head| !gone.contains(&self.ids[*head])) {
            heads.push(self.ids[head], self.center(head));
        }
        heads
    }

    /// The `count` nearest heads, nearest first.
    pub fn nearest(&self, query: &HeadQuery<'_>, count: usize) -> Vec<NearHead> {
        let mut near = match self.len() < CODES_FROM_HEADS.max(count * OVERSAMPLING) {
            true => self.exact(query, 0..self.len()),
            false => {
                let estimated = self.estimated(query, count * OVERSAMPLING);
                self.exact(query, estimated)
            }
        };
        let order = |a: &NearHead, b: &NearHead| a.distance.total_cmp(&b.distance).then(a.head.cmp(&b.head));
        if count < near.len() {
            near.select_nth_unstable_by(count, order);
            near.truncate(count);
        }
        near.sort_unstable_by(order);
        near
    }

    fn exact(&self, query: &HeadQuery<'_>, heads: impl IntoIterator<Item = usize>) -> Vec<NearHead> {
        let near = |head| NearHead { head, distance: query.distance(self.center(head)) };
        heads.into_iter().map(near).collect()
    }

    /// The nearest heads by their codes, in no order.
    fn estimated(&self, query: &HeadQuery<'_>, count: usize) -> Vec<usize> {
        let around = query.codes.around(self.encoder.center());
        let mut near = Vec::with_capacity(self.len().next_multiple_of(LANES));
        let (mut estimates, mut lowers) = ([0.0; LANES], [0.0; LANES]);
        for (block, bytes) in self.codes.codes().blocks().enumerate() {
            query.codes.scan_block(&around, 0.0, f32::INFINITY, bytes, &mut estimates, &mut lowers);
            let first = block * LANES;
            near.extend(estimates.iter().copied().zip(first..).take(self.len() - first));
        }
        if count < near.len() {
            near.select_nth_unstable_by(count, |a: &(f32, usize), b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        near.into_iter().take(count).map(|(_, head)| head).collect()
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

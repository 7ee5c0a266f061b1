//! The `k` nearest of a stream of candidates.

use crate::limits::TOP_K_RESERVED;
use std::collections::BinaryHeap;

/// A record and its distance to a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    pub offset_id: u32,
    pub distance: f32,
}

/// Keeps the `k` nearest candidates: by distance in the total order of floats with any NaN last, then
/// by offset id (spec: query-semantics 7.2).
#[derive(Debug, Clone)]
pub struct TopK {
    k: usize,
    /// The farthest kept candidate on top. A [`key`] orders as its candidate does.
    heap: BinaryHeap<u64>,
}

impl TopK {
    pub fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::with_capacity(k.min(TOP_K_RESERVED)) }
    }

    /// A candidate with a distance greater than this (`distance > threshold`) cannot be among the `k`
    /// nearest; it need not be pushed. Infinite while there is room, negative infinity for `k = 0`.
    pub fn threshold(&self) -> f32 {
        match self.heap.peek() {
            _ if self.heap.len() < self.k => f32::INFINITY,
            Some(&farthest) => neighbour(farthest).distance,
            None => f32::NEG_INFINITY,
        }
    }

    /// Offers a candidate.
    pub fn push(&mut self, offset_id: u32, distance: f32) {
        let candidate = key(offset_id, distance);
        if self.heap.len() < self.k {
            self.heap.push(candidate);
        } else if let Some(mut farthest) = self.heap.peek_mut()
            && candidate < *farthest
        {
            *farthest = candidate;
        }
    }

    /// The kept candidates, nearest first.
    pub fn into_sorted(self) -> Vec<Neighbour> {
        self.heap.into_sorted_vec().into_iter().map(neighbour).collect()
    }
}

/// The sign bit of an `f32`.
const SIGN: u32 = 1 << 31;

/// A candidate as one integer: the distance, made to order as an unsigned integer, above the offset id.
fn key(offset_id: u32, distance: f32) -> u64 {
    // Arithmetic leaves the sign of a NaN open, and a negative one would order first.
    let bits = if distance.is_nan() { f32::NAN.to_bits() } else { distance.to_bits() };
    let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
    u64::from(ordered) << 32 | u64::from(offset_id)
}

/// The candidate of a [`key`].
fn neighbour(key: u64) -> Neighbour {
    let (ordered, offset_id) = ((key >> 32) as u32, key as u32);
    let bits = if ordered & SIGN == 0 { !ordered } else { ordered & !SIGN };
    Neighbour { offset_id, distance: f32::from_bits(bits) }
}

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
pub(super) fn key(offset_id: u32, distance: f32) -> u64 {
    // Arithmetic leaves the sign of a NaN open, and a negative one would order first.
    let bits = if distance.is_nan() { f32::NAN.to_bits() } else { distance.to_bits() };
    let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
    u64::from(ordered) << 32 | u64::from(offset_id)
}

/// The candidate of a [`key`].
pub(super) fn neighbour(key: u64) -> Neighbour {
    let (ordered, offset_id) = ((key >> 32) as u32, key as u32);
    let bits = if ordered & SIGN == 0 { !ordered } else { ordered & !SIGN };
    Neighbour { offset_id, distance: f32::from_bits(bits) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nearest(k: usize, candidates: &[(u32, f32)]) -> Vec<(u32, f32)> {
        let mut top = TopK::new(k);
        for &(offset_id, distance) in candidates {
            top.push(offset_id, distance);
        }
        top.into_sorted().into_iter().map(|found| (found.offset_id, found.distance)).collect()
    }

    #[test]
    fn equal_distances_are_ordered_by_offset_id() {
        assert_eq!(nearest(2, &[(9, 1.0), (3, 1.0), (7, 1.0), (5, 2.0)]), [(3, 1.0), (7, 1.0)]);
    }

    #[test]
    fn a_nan_of_either_sign_comes_last() {
        let found = nearest(4, &[(1, -f32::NAN), (2, f32::INFINITY), (3, f32::NAN), (4, -1.0)]);
        let ids: Vec<u32> = found.iter().map(|&(offset_id, _)| offset_id).collect();
        assert_eq!(ids, [4, 2, 1, 3]);
        assert!(found[2].1.is_nan() && found[3].1.is_nan());
    }

    #[test]
    fn fewer_candidates_than_k_are_all_kept() {
        assert_eq!(nearest(usize::MAX, &[(2, 0.5), (1, 0.25)]), [(1, 0.25), (2, 0.5)]);
    }

    #[test]
    fn none_is_kept_for_k_zero() {
        assert_eq!(nearest(0, &[(1, 0.0), (2, f32::NEG_INFINITY)]), []);
        assert_eq!(TopK::new(0).threshold(), f32::NEG_INFINITY);
    }

    #[test]
    fn the_threshold_is_the_farthest_kept_once_k_are() {
        let mut top = TopK::new(2);
        top.push(1, 3.0);
        assert_eq!(top.threshold(), f32::INFINITY);
        top.push(2, 5.0);
        assert_eq!(top.threshold(), 5.0);
        top.push(3, 4.0);
        assert_eq!(top.threshold(), 4.0);
    }

    /// Few values, so that ties are common, and every kind of float.
    fn distance() -> impl Strategy<Value = f32> {
        prop_oneof![
            4 => (-3i8..3).prop_map(f32::from),
            1 => prop::num::f32::ANY,
            1 => prop::sample::select(vec![-0.0, 0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN]),
        ]
    }

    proptest! {
        #[test]
        fn keeps_what_a_sort_puts_first(
            distances in prop::collection::vec((0u32..50, distance()), 0..200),
            k in 0usize..40,
        ) {
            let mut sorted: Vec<(u32, f32)> =
                distances.iter().map(|&(id, d)| (id, if d.is_nan() { f32::NAN } else { d })).collect();
            sorted.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            sorted.truncate(k);
            let bits = |found: &[(u32, f32)]| -> Vec<(u32, u32)> {
                found.iter().map(|&(id, d)| (id, d.to_bits())).collect()
            };
            prop_assert_eq!(bits(&nearest(k, &distances)), bits(&sorted));
        }

        /// Leaving out what the threshold rules out changes nothing.
        #[test]
        fn the_threshold_rules_out_only_losers(
            distances in prop::collection::vec((0u32..50, distance()), 0..200),
            k in 0usize..20,
        ) {
            let (mut all, mut pruned) = (TopK::new(k), TopK::new(k));
            for &(offset_id, distance) in &distances {
                all.push(offset_id, distance);
                let too_far = distance > pruned.threshold();
                if !too_far {
                    pruned.push(offset_id, distance);
                }
            }
            prop_assert_eq!(all.heap.into_sorted_vec(), pruned.heap.into_sorted_vec());
        }
    }
}

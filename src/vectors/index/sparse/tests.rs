use std::collections::BTreeMap;

use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::*;
use crate::index::flat::Mask;
use crate::index::top_k::{Neighbour, TopK};

type Vectors = BTreeMap<u32, BTreeMap<u32, f32>>;

/// Low halves across some windows, so that lists have some in several and none in others.
fn low() -> impl Strategy<Value = u16> {
    prop_oneof![0..40_u16, 4_080..4_120_u16, 65_500..=65_535_u16, any::<u16>()]
}

fn weight() -> impl Strategy<Value = f32> {
    prop_oneof![8 => 0.01..4.0_f32, 1 => -2.0..0.0_f32, 2 => (0..4_u8).prop_map(f32::from)]
}

fn vectors() -> impl Strategy<Value = Vectors> {
    let vector = prop::collection::btree_map(0..12_u32, weight(), 1..6);
    prop::collection::btree_map(low().prop_map(u32::from), vector, 0..120)
}

fn query() -> impl Strategy<Value = BTreeMap<u32, f32>> {
    prop::collection::btree_map(0..14_u32, weight(), 1..7)
}

fn lists_of(vectors: &Vectors, index: u32) -> Vec<(u16, f32)> {
    let weight = |(offset, vector): (&u32, &BTreeMap<u32, f32>)| Some((*offset as u16, *vector.get(&index)?));
    vectors.iter().filter_map(weight).collect()
}

fn searched(
    vectors: &Vectors,
    query: &BTreeMap<u32, f32>,
    k: usize,
    chunk: u32,
    mask: Mask<'_>,
) -> Vec<Neighbour> {
    let encoded: Vec<(f32, Vec<u8>)> = query
        .iter()
        .map(|(index, weight)| (*weight, lists_of(vectors, *index)))
        .filter(|(_, list)| !list.is_empty())
        .map(|(weight, list)| (weight, encode(&list)))
        .collect();
    let mut lists = Lists::default();
    for (weight, bytes) in &encoded {
        lists.push(*weight, Weights::decode(bytes).unwrap());
    }
    let mut top = TopK::new(k);
    lists.search(chunk, mask, &mut top);
    top.into_sorted()
}

/// Every vector compared.
fn compared(
    vectors: &Vectors,
    query: &BTreeMap<u32, f32>,
    k: usize,
    chunk: u32,
    mask: Mask<'_>,
) -> Vec<Neighbour> {
    let query: Vec<(u32, f32)> = query.iter().map(|(index, weight)| (*index, *weight)).collect();
    let mut top = TopK::new(k);
    for (low, vector) in vectors {
        let (indices, values): (Vec<u32>, Vec<f32>) =
            vector.iter().map(|(index, weight)| (*index, *weight)).unzip();
        let offset = chunk << 16 | low;
        if let Some(distance) = distance(&query, &indices, &values).filter(|_| mask.allows(offset)) {
            top.push(offset, distance);
        }
    }
    top.into_sorted()
}

proptest! {
    #[test]
    fn a_search_finds_what_comparing_all_does(vectors in vectors(), query in query(), k in 0..12_usize, chunk in 0..3_u32) {
        prop_assert_eq!(searched(&vectors, &query, k, chunk, Mask::All), compared(&vectors, &query, k, chunk, Mask::All));
        let some: RoaringBitmap = vectors.keys().step_by(3).map(|low| chunk << 16 | low).collect();
        for mask in [Mask::Include(&some), Mask::Exclude(&some)] {
            prop_assert_eq!(searched(&vectors, &query, k, chunk, mask), compared(&vectors, &query, k, chunk, mask));
        }
    }

    #[test]
    fn lists_come_back(vectors in vectors(), index in 0..12_u32) {
        let list = lists_of(&vectors, index);
        prop_assume!(!list.is_empty());
        let bytes = encode(&list);
        prop_assert_eq!(Weights::decode(&bytes).unwrap().entries().collect::<Vec<_>>(), list);
        for length in 0..bytes.len() {
            prop_assert!(Weights::decode(&bytes[..length]).is_err());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(list) = Weights::decode(&bytes) {
            let mut lists = Lists::default();
            lists.push(1.0, list);
            lists.search(0, Mask::All, &mut TopK::new(3));
        }
    }
}

#[test]
fn weights_without_bounds_are_compared_too() {
    let vectors: Vectors =
        (0..60_u32).map(|low| (low, BTreeMap::from([(1, f32::MAX), (2, low as f32)]))).collect();
    let query = BTreeMap::from([(1, f32::MAX), (2, 1.0)]);
    assert_eq!(searched(&vectors, &query, 5, 0, Mask::All), compared(&vectors, &query, 5, 0, Mask::All));
    let query = BTreeMap::from([(1, f32::MAX), (2, f32::NEG_INFINITY)]);
    assert_eq!(
        format!("{:?}", searched(&vectors, &query, 5, 0, Mask::All)),
        format!("{:?}", compared(&vectors, &query, 5, 0, Mask::All)),
    );
}

#[test]
fn windows_that_hold_nothing_near_are_passed_over() {
    // The first window has the heaviest ones; a list of light weights is then not walked, but still counted.
    let vectors: Vectors = (0..60_000_u32)
        .map(|low| {
            (low, BTreeMap::from([(1, if low < 20 { 10.0 } else { 0.1 }), (2, 0.01 * (low % 7) as f32)]))
        })
        .collect();
    let query = BTreeMap::from([(1, 1.0), (2, 1.0)]);
    assert_eq!(searched(&vectors, &query, 10, 0, Mask::All), compared(&vectors, &query, 10, 0, Mask::All));
}

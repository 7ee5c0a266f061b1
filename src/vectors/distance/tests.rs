use super::{NORM_EPSILON, Query};
use crate::Space;
use proptest::prelude::*;

const SPACES: [Space; 3] = [Space::L2, Space::Ip, Space::Cosine];

#[test]
fn kernels_agree_with_the_formulas_in_every_dimension() {
    super::selftest().unwrap();
}

/// Those of processors without AVX2, which the other test does not reach on one that has it.
#[test]
#[cfg(not(target_family = "wasm"))]
fn portable_kernels_agree_with_the_formulas_in_every_dimension() {
    super::selftest::check(super::native::distances_portable).unwrap();
}

#[test]
fn distances_are_those_of_the_specification() {
    let row = [3.0, 4.0];
    assert_eq!(Query::new(Space::L2, &[0.0, 0.0]).distance(&row), 25.0);
    assert_eq!(Query::new(Space::Ip, &[2.0, 1.0]).distance(&row), -9.0);
    assert!((Query::new(Space::Cosine, &[4.0, 3.0]).distance(&row) - 0.04).abs() < 1e-6);
    assert!((Query::new(Space::Cosine, &[-3.0, -4.0]).distance(&row) - 2.0).abs() < 1e-6);
}

#[test]
fn the_epsilon_of_a_norm_counts_where_the_norm_is_as_small() {
    let row = [NORM_EPSILON];
    assert!((Query::new(Space::Cosine, &[1.0]).distance(&row) - 0.5).abs() < 1e-6);
}

#[test]
fn overflow_on_the_way_does_not_reach_the_result() {
    // The products are ±1e40, their sum is 0.
    assert_eq!(Query::new(Space::Ip, &[1e20, 1e20]).distance(&[1e20, -1e20]), 1.0);
    assert_eq!(Query::new(Space::Ip, &[1e20]).distance(&[1e20]), f32::NEG_INFINITY);
    assert_eq!(Query::new(Space::L2, &[1e20]).distance(&[-1e20]), f32::INFINITY);
    let huge = [f32::MAX; 16];
    assert!(Query::new(Space::Cosine, &huge).distance(&huge).abs() < 1e-6);
}

#[test]
fn a_component_without_a_value_makes_the_cosine_nan() {
    for component in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        assert!(Query::new(Space::Cosine, &[component, 1.0]).distance(&[1.0, 1.0]).is_nan());
        assert!(Query::new(Space::Cosine, &[1.0, 1.0]).distance(&[component, 1.0]).is_nan());
    }
    assert_eq!(Query::new(Space::L2, &[f32::INFINITY]).distance(&[1.0]), f32::INFINITY);
}

#[test]
fn a_block_of_no_rows_has_no_distances() {
    for space in SPACES {
        let mut out = vec![7.0];
        Query::new(space, &[1.0, 2.0]).distances(&[], &mut out);
        assert!(out.is_empty());
    }
}

#[test]
#[should_panic(expected = "differ in dimension")]
fn a_row_of_another_dimension_is_refused() {
    Query::new(Space::L2, &[1.0, 2.0]).distance(&[1.0]);
}

#[test]
#[should_panic(expected = "whole number of rows")]
fn a_part_of_a_row_is_refused() {
    Query::new(Space::L2, &[1.0, 2.0]).distances(&[1.0, 2.0, 3.0], &mut Vec::new());
}

fn finite() -> impl Strategy<Value = f32> {
    use proptest::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

/// A query and a few rows of any finite components.
fn block() -> impl Strategy<Value = (Vec<f32>, Vec<Vec<f32>>)> {
    (1usize..80).prop_flat_map(|dimension| {
        let vector = || prop::collection::vec(finite(), dimension);
        (vector(), prop::collection::vec(vector(), 0..6))
    })
}

proptest! {
    /// Whatever the components, if they are finite: the distance has a value, which neither the place
    /// of the row nor its neighbours change.
    #[test]
    fn finite_vectors_have_distances((vector, rows) in block()) {
        for space in SPACES {
            let query = Query::new(space, &vector);
            let mut distances = Vec::new();
            query.distances(&rows.concat(), &mut distances);
            prop_assert_eq!(distances.len(), rows.len());
            for (row, distance) in rows.iter().zip(distances) {
                prop_assert!(!distance.is_nan(), "{:?}", space);
                prop_assert_eq!(query.distance(row).to_bits(), distance.to_bits());
                if space == Space::Cosine {
                    prop_assert!((-1e-5..=2.0 + 1e-5).contains(&distance), "{}", distance);
                }
            }
        }
    }

    #[test]
    fn cosine_does_not_depend_on_scale(
        vector in prop::collection::vec(-1f32..1.0, 48),
        row in prop::collection::vec(-1f32..1.0, 48),
        query_exponent in -70i32..120,
        row_exponent in -70i32..120,
    ) {
        let scaled = |vector: &[f32], exponent| -> Vec<f32> {
            vector.iter().map(|x| x * 2f32.powi(exponent)).collect()
        };
        let plain = Query::new(Space::Cosine, &vector).distance(&row);
        let query = Query::new(Space::Cosine, &scaled(&vector, query_exponent));
        prop_assert!((query.distance(&scaled(&row, row_exponent)) - plain).abs() < 1e-5);
    }
}

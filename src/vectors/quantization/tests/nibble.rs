use super::{Normal, SPACES, distance, dot, plus, rotated};
use crate::Space;
use crate::quantization::{NibbleCodes, Rotation, grid};
use proptest::prelude::*;

/// Root mean square errors of the estimates to a query and between codes, for residuals of length 0.8.
fn errors(space: Space, dimension: usize) -> [f64; 2] {
    const VECTORS: u32 = 60;
    let mut normal = Normal::new(5);
    let rotation = Rotation::new(dimension, 1);
    let center = normal.direction(dimension);
    let mut codes = NibbleCodes::new(space, rotated(&rotation, &center));
    let mut vector = || plus(&center, 0.8, &normal.direction(dimension));
    let vectors: Vec<Vec<f32>> = (0..VECTORS).map(|_| vector()).collect();
    vectors.iter().for_each(|vector| codes.push(&rotated(&rotation, vector)));
    let mut sums = [0.0; 2];
    for (i, a) in vectors.iter().enumerate() {
        let query = codes.query(&rotated(&rotation, a));
        for (j, b) in vectors.iter().enumerate().skip(i + 1) {
            let expected = distance(space, a, b);
            sums[0] += (f64::from(query.distance(&codes, j as u32)) - expected).powi(2);
            sums[1] += (f64::from(codes.between(i as u32, j as u32)) - expected).powi(2);
        }
    }
    sums.map(|sum| (sum / f64::from(VECTORS * (VECTORS - 1) / 2)).sqrt())
}

/// The angle to the grid has a tangent of a tenth: an estimate is off by that over √d of the product of lengths,
/// and by √2 as much between two codes.
#[test]
fn estimates_are_near_the_distances() {
    for dimension in [32, 100, 384, 1_024] {
        for space in SPACES {
            let product =
                if space == Space::L2 { 2.0 } else { 1.0 } * 0.64 * 0.12 / (dimension as f64).sqrt();
            let [to_query, between] = errors(space, dimension);
            assert!(to_query < product, "{space:?}, {dimension}: {to_query}");
            assert!(between < 1.5 * product, "{space:?}, {dimension}: {between}");
        }
    }
}

/// Distances decide by which row a walk goes on, so batches must give what single calls do.
#[test]
fn a_batch_gives_the_distances_of_its_rows() {
    let mut normal = Normal::new(6);
    let mut codes = NibbleCodes::new(Space::L2, vec![0.0; 100]);
    (0..80).for_each(|_| codes.push(&normal.direction(100)));
    let query = codes.query(&normal.direction(100));
    let rows: Vec<u32> = (0..80).map(|i| i * 37 % 80).chain([3, 3]).collect();
    let mut out = vec![1.0];
    query.distances(&codes, &rows, &mut out);
    let alone: Vec<f32> = rows.iter().map(|&row| query.distance(&codes, row)).collect();
    assert_eq!(out, alone);
    query.distances(&codes, &[], &mut out);
    assert!(out.is_empty());
}

#[test]
fn codes_come_back_from_their_bytes_and_can_be_replaced() {
    let mut normal = Normal::new(7);
    let center = normal.direction(70);
    let [a, b, c] = std::array::from_fn(|_| normal.direction(70));
    let mut codes = NibbleCodes::new(Space::Cosine, center.clone());
    [&a, &b].into_iter().for_each(|vector| codes.push(vector));
    let mut others =
        NibbleCodes::from_bytes(Space::Cosine, center.clone(), codes.as_bytes().to_vec()).unwrap();
    assert_eq!((others.len(), others.dimension()), (2, 70));
    assert_eq!(others.between(0, 1), codes.between(0, 1));
    others.set(0, &c);
    assert_ne!(others.as_bytes(), codes.as_bytes());
    others.set(0, &a);
    assert_eq!(others.as_bytes(), codes.as_bytes());

    let short = codes.as_bytes()[1..].to_vec();
    assert!(NibbleCodes::from_bytes(Space::Cosine, center, short).is_none());
}

#[test]
fn equal_and_zero_vectors_have_their_distances() {
    let zero = vec![0.0; 40];
    let mut codes = NibbleCodes::new(Space::L2, zero.clone());
    let vector = Normal::new(8).direction(40);
    [&zero, &zero, &vector].into_iter().for_each(|vector| codes.push(vector));
    assert_eq!(codes.between(0, 1), 0.0);
    assert!((codes.between(0, 2) - 1.0).abs() < 1e-5);
    assert_eq!(codes.query(&zero).distance(&codes, 0), 0.0);
    assert!((codes.query(&zero).distance(&codes, 2) - 1.0).abs() < 1e-5);
    assert!((codes.query(&vector).distance(&codes, 0) - 1.0).abs() < 1e-5);
    // The code is the grid's nearest direction, not the vector: some hundredths are lost.
    assert!(codes.query(&vector).distance(&codes, 2).abs() < 0.001);
}

/// The largest cosine to a grid point, by trying the scales on both sides of every change of a level.
fn best_cosine(vector: &[f32]) -> f64 {
    let mut scales: Vec<f64> = vector
        .iter()
        .filter(|x| **x != 0.0)
        .flat_map(|x| (1..=7).map(move |level| f64::from(level) / f64::from(x.abs())))
        .flat_map(|scale| [scale * (1.0 - 1e-9), scale * (1.0 + 1e-9)])
        .collect();
    scales.push(1e-9);
    let cosine = |scale: &f64| {
        let level = |x: &f32| (f64::from(x.abs()) * scale).floor().min(7.0) + 0.5;
        let dot: f64 = vector.iter().map(|x| level(x) * f64::from(x.abs())).sum();
        dot / vector.iter().map(|x| level(x).powi(2)).sum::<f64>().sqrt()
    };
    scales.iter().map(cosine).fold(0.0, f64::max) / dot(vector, vector).sqrt()
}

#[test]
fn the_grid_point_is_nearly_the_nearest() {
    let mut normal = Normal::new(9);
    for dimension in [8, 64, 384] {
        let mut lost = 0.0;
        for _ in 0..20 {
            let vector = normal.direction(dimension);
            let mut codes = vec![0; dimension];
            let fit = grid::quantize(&vector, &mut codes);
            lost += best_cosine(&vector) - fit.dot / fit.squared_norm.sqrt();
        }
        // The angle itself costs 0.005.
        assert!(lost / 20.0 < 0.0008, "{dimension}: {}", lost / 20.0);
    }
}

fn finite() -> impl Strategy<Value = f32> {
    use proptest::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

proptest! {
    /// Whatever the components, even infinite ones, a distance can be compared.
    #[test]
    fn distances_are_never_nan(
        around_vector in any::<bool>(),
        (mut vectors, hostile) in (1usize..70).prop_flat_map(|dimension| {
            let hostile = prop::option::of(prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]));
            (prop::collection::vec(prop::collection::vec(finite(), dimension), 3), hostile)
        }),
    ) {
        if let Some(hostile) = hostile {
            vectors[0][0] = hostile;
        }
        for space in SPACES {
            let center = if around_vector { vectors[0].clone() } else { vec![0.0; vectors[0].len()] };
            let mut codes = NibbleCodes::new(space, center);
            vectors.iter().for_each(|vector| codes.push(vector));
            for a in 0..3 {
                let query = codes.query(&vectors[a as usize]);
                for b in 0..3 {
                    prop_assert!(!codes.between(a, b).is_nan(), "{:?}", space);
                    prop_assert!(!query.distance(&codes, b).is_nan(), "{:?}", space);
                }
            }
        }
    }

    /// A grid code of any finite components is a code of four bits on their side.
    #[test]
    fn codes_have_the_signs_of_their_components(vector in prop::collection::vec(finite(), 1..40)) {
        let mut codes = vec![0xff; vector.len()];
        let fit = grid::quantize(&vector, &mut codes);
        prop_assert!(fit.dot >= 0.0 && fit.squared_norm > 0.0);
        for (&x, &code) in vector.iter().zip(&codes) {
            prop_assert!(code < 16);
            prop_assert_eq!(code >= 8, x >= 0.0);
        }
    }
}

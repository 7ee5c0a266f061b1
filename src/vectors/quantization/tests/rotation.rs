use super::{Normal, dot, rotated};
use crate::quantization::Rotation;

fn dimensions() -> impl Iterator<Item = usize> {
    (1..=600).chain([1_023, 1_024, 1_536, 16_384])
}

#[test]
fn lengths_and_products_stay_and_the_way_back_leads_back_in_every_dimension() {
    let mut normal = Normal::new(1);
    for dimension in dimensions() {
        let rotation = Rotation::new(dimension, dimension as u64);
        let (a, b) = (normal.direction(dimension), normal.direction(dimension));
        let (mut a_rotated, b_rotated) = (rotated(&rotation, &a), rotated(&rotation, &b));
        assert!((dot(&a_rotated, &a_rotated) - 1.0).abs() < 1e-5, "{dimension}");
        assert!((dot(&a_rotated, &b_rotated) - dot(&a, &b)).abs() < 1e-5, "{dimension}");
        rotation.rotate_back(&mut a_rotated);
        assert!(a.iter().zip(&a_rotated).all(|(x, y)| (x - y).abs() < 1e-5), "{dimension}");
    }
}

/// However few components a vector has, its length is spread over all of them.
#[test]
fn single_components_are_spread_over_all() {
    for dimension in [16, 33, 100, 384, 768, 1_023, 1_536] {
        for i in [0, 1, dimension / 2, dimension - 1] {
            for seed in 0..4 {
                let mut vector = vec![0.0; dimension];
                vector[i] = 1.0;
                Rotation::new(dimension, seed).rotate(&mut vector);
                let largest = vector.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
                // A component of a random direction passes 5.5 standard deviations once in 10⁷ times.
                assert!(largest < 5.5 / (dimension as f32).sqrt(), "{dimension}, {i}, {seed}: {largest}");
            }
        }
    }
}

/// Stored codes are read with a rotation made from a stored seed, so it may never change.
#[test]
fn a_seed_stands_for_one_rotation() {
    let expected = [0.749_999_76, 7.75, 3.75, -0.500_000_1, 0.250_000_12, -4.0];
    let mut vector = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    Rotation::new(6, 42).rotate(&mut vector);
    assert_eq!(vector, expected);

    let digest = |seed| {
        let mut vector: Vec<f32> = (0..384).map(|i| (i % 17) as f32 - 8.0).collect();
        Rotation::new(384, seed).rotate(&mut vector);
        vector.iter().fold(0u32, |digest, x| digest.rotate_left(5) ^ x.to_bits())
    };
    assert_eq!(digest(7), 2_573_396_013);
    assert_ne!(digest(8), digest(7));
}

#[test]
#[should_panic(expected = "differ in dimension")]
fn a_vector_of_another_dimension_is_refused() {
    Rotation::new(4, 0).rotate(&mut [1.0, 2.0]);
}

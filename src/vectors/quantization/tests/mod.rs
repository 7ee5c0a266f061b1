mod binary;
mod nibble;
mod real;
mod rotation;

use super::Rotation;
use super::rotation::SplitMix64;
use crate::Space;

const SPACES: [Space; 3] = [Space::L2, Space::Ip, Space::Cosine];

#[test]
fn kernels_agree_with_plain_sums() {
    super::selftest().unwrap();
}

/// Components of a normal distribution, nearly: the same every time.
struct Normal(SplitMix64);

impl Normal {
    fn new(seed: u64) -> Self {
        Self(SplitMix64(seed))
    }

    fn component(&mut self) -> f32 {
        let sum: f64 = (0..12).map(|_| (self.0.next() >> 11) as f64 / (1u64 << 53) as f64).sum();
        (sum - 6.0) as f32
    }

    /// A vector of length one in a random direction.
    fn direction(&mut self, dimension: usize) -> Vec<f32> {
        let vector: Vec<f32> = (0..dimension).map(|_| self.component()).collect();
        let norm = dot(&vector, &vector).sqrt() as f32;
        vector.iter().map(|x| x / norm).collect()
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// a + factor·b.
fn plus(a: &[f32], factor: f32, b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + factor * b).collect()
}

fn rotated(rotation: &Rotation, vector: &[f32]) -> Vec<f32> {
    let mut vector = vector.to_vec();
    rotation.rotate(&mut vector);
    vector
}

/// The distance of vectors that are of length one where the space is cosine.
fn distance(space: Space, a: &[f32], b: &[f32]) -> f64 {
    let difference = plus(a, -1.0, b);
    match space {
        Space::L2 => dot(&difference, &difference),
        Space::Ip | Space::Cosine => 1.0 - dot(a, b),
    }
}

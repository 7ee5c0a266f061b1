//! A random orthogonal map without a matrix: rounds of random signs and fast Hadamard transforms, O(d log d).

use super::lanes::F32x4;
use std::f32::consts::FRAC_1_SQRT_2;

/// Rounds of signs and transform. After two a component depends on all others; four leave no structure of the
/// input that the estimates of a code would notice.
const ROUNDS: usize = 4;

/// A random orthogonal map of `dimension` components onto as many, given by a seed.
///
/// A Hadamard transform needs 2ᵏ components. With the largest 2ᵏ ≤ dimension, even rounds transform the
/// leading 2ᵏ and odd rounds the trailing 2ᵏ. Before each such pair (a + b, a − b)/√2 mixes the two halves, so that
/// every component, wherever it stands, is spread by both.
#[derive(Debug, Clone)]
pub struct Rotation {
    dimension: usize,
    /// Components that a transform takes, a power of two.
    block: usize,
    /// `ROUNDS × dimension` signs, those of the block times its normalisation 2^(−k/2).
    signs: Vec<f32>,
}

impl Rotation {
    /// The map of `dimension` components that `seed` stands for, on every machine the same.
    ///
    /// # Panics
    /// If `dimension` is 0.
    pub fn new(dimension: usize, seed: u64) -> Self {
        let block = 1 << dimension.ilog2();
        let norm = 1.0 / (block as f32).sqrt();
        let mut random = SplitMix64(seed);
        let mut signs = Vec::with_capacity(ROUNDS * dimension);
        for round in 0..ROUNDS {
            let first = first_of_block(round, dimension, block);
            let mut word = 0;
            for i in 0..dimension {
                if i % 64 == 0 {
                    word = random.next();
                }
                let magnitude = if (first..first + block).contains(&i) { norm } else { 1.0 };
                signs.push(if word >> (i % 64) & 1 == 0 { magnitude } else { -magnitude });
            }
        }
        Self { dimension, block, signs }
    }

    /// Components.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Rotates `vector` in place.
    ///
    /// # Panics
    /// If `vector` does not have [`dimension`](Self::dimension) components.
    pub fn rotate(&self, vector: &mut [f32]) {
        assert_eq!(vector.len(), self.dimension, "the vector and the rotation differ in dimension");
        for (round, signs) in self.signs.chunks_exact(self.dimension).enumerate() {
            if round.is_multiple_of(2) {
                self.mix_halves(vector);
            }
            multiply(vector, signs);
            hadamard(self.block_of(round, vector));
        }
    }

    /// Undoes [`rotate`](Self::rotate), up to rounding.
    ///
    /// # Panics
    /// If `vector` does not have [`dimension`](Self::dimension) components.
    pub fn rotate_back(&self, vector: &mut [f32]) {
        assert_eq!(vector.len(), self.dimension, "the vector and the rotation differ in dimension");
        // Every step of a round is its own inverse; a transform and its normalisation commute.
        for (round, signs) in self.signs.chunks_exact(self.dimension).enumerate().rev() {
            hadamard(self.block_of(round, vector));
            multiply(vector, signs);
            if round.is_multiple_of(2) {
                self.mix_halves(vector);
            }
        }
    }

    fn block_of<'a>(&self, round: usize, vector: &'a mut [f32]) -> &'a mut [f32] {
        &mut vector[first_of_block(round, self.dimension, self.block)..][..self.block]
    }

    fn mix_halves(&self, vector: &mut [f32]) {
        if self.block < self.dimension {
            let half = self.dimension / 2;
            let (first, second) = vector.split_at_mut(self.dimension - half);
            mix(&mut first[..half], second);
        }
    }
}

fn first_of_block(round: usize, dimension: usize, block: usize) -> usize {
    if round.is_multiple_of(2) { 0 } else { dimension - block }
}

fn multiply(vector: &mut [f32], factors: &[f32]) {
    let (lanes, rest) = vector.as_chunks_mut::<4>();
    let (factor_lanes, factor_rest) = factors.as_chunks::<4>();
    for (lanes, factors) in lanes.iter_mut().zip(factor_lanes) {
        F32x4::load(lanes).mul(F32x4::load(factors)).store(lanes);
    }
    for (component, factor) in rest.iter_mut().zip(factor_rest) {
        *component *= factor;
    }
}

/// (a, b) ↦ (a + b, a − b)/√2.
fn mix(a: &mut [f32], b: &mut [f32]) {
    let scale = F32x4::splat(FRAC_1_SQRT_2);
    let (a_lanes, a_rest) = a.as_chunks_mut::<4>();
    let (b_lanes, b_rest) = b.as_chunks_mut::<4>();
    for (a, b) in a_lanes.iter_mut().zip(b_lanes) {
        let (x, y) = (F32x4::load(a), F32x4::load(b));
        x.add(y).mul(scale).store(a);
        x.sub(y).mul(scale).store(b);
    }
    for (a, b) in a_rest.iter_mut().zip(b_rest) {
        (*a, *b) = ((*a + *b) * FRAC_1_SQRT_2, (*a - *b) * FRAC_1_SQRT_2);
    }
}

/// The Hadamard transform, not normalised, of 2ᵏ components: butterflies (a + b, a − b) at distances 1, 2, 4, …
fn hadamard(vector: &mut [f32]) {
    if let [a, b] = vector {
        (*a, *b) = (*a + *b, *a - *b);
        return;
    }
    for lanes in vector.as_chunks_mut::<4>().0 {
        within(F32x4::load(lanes)).store(lanes);
    }
    let mut distance = 4;
    while 4 * distance <= vector.len() {
        for quarters in vector.chunks_exact_mut(4 * distance) {
            butterflies_of_four(quarters, distance);
        }
        distance *= 4;
    }
    // An odd number of doublings is left over.
    if distance < vector.len() {
        let (a, b) = vector.split_at_mut(distance);
        for (a, b) in a.as_chunks_mut::<4>().0.iter_mut().zip(b.as_chunks_mut::<4>().0) {
            let (x, y) = (F32x4::load(a), F32x4::load(b));
            x.add(y).store(a);
            x.sub(y).store(b);
        }
    }
}

/// Distances 1 and 2, inside of a register.
#[inline(always)]
fn within(x: F32x4) -> F32x4 {
    let x = x.swap_neighbors().add(x.mul(F32x4::load(&[1.0, -1.0, 1.0, -1.0])));
    x.swap_halves().add(x.mul(F32x4::load(&[1.0, 1.0, -1.0, -1.0])))
}

/// `distance` and twice that, in one pass over four quarters of `distance` components.
#[inline(always)]
fn butterflies_of_four(quarters: &mut [f32], distance: usize) {
    let (low, high) = quarters.split_at_mut(2 * distance);
    let (a, b) = low.split_at_mut(distance);
    let (c, d) = high.split_at_mut(distance);
    let (a, b) = (a.as_chunks_mut::<4>().0, b.as_chunks_mut::<4>().0);
    let (c, d) = (c.as_chunks_mut::<4>().0, d.as_chunks_mut::<4>().0);
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        let (w, x, y, z) = (F32x4::load(a), F32x4::load(b), F32x4::load(c), F32x4::load(d));
        let (sum, difference) = (w.add(x), w.sub(x));
        let (high_sum, high_difference) = (y.add(z), y.sub(z));
        sum.add(high_sum).store(a);
        difference.add(high_difference).store(b);
        sum.sub(high_sum).store(c);
        difference.sub(high_difference).store(d);
    }
}

/// The generator SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): tiny, and good from any seed.
pub(super) struct SplitMix64(pub(super) u64);

impl SplitMix64 {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

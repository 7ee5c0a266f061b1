//! One bit a component: encoding around a center, and the estimates of a query's distances.
//!
//! With r = o − c, g = ±0.5 by the signs of r and s = ‖r‖² / ⟨g, r⟩, the inner product is
//! ⟨o, q⟩ = ⟨c, q⟩ + ⟨r, c⟩ + ⟨r, q − c⟩ and ⟨r, q − c⟩ ≈ s·(⟨g, q⟩ − ⟨g, c⟩). What does not depend on the query is
//! folded into three factors of a code, so that around any center the one sum ⟨g, q⟩ is left to a query, which
//! is therefore quantised once:
//!
//! | | l2: ‖o − q‖² | ip and cosine: 1 − ⟨o, q⟩ |
//! | --- | --- | --- |
//! | estimate | ‖q − c‖² + add + scale·⟨g, q⟩ | 1 − ⟨c, q⟩ + add + scale·⟨g, q⟩ |
//! | add | ‖r‖² + 2s·⟨g, c⟩ | s·⟨g, c⟩ − ⟨r, c⟩ |
//! | scale | −2s | −s |
//! | error | 2‖r‖·tan(g, r) / √(d − 1) | ‖r‖·tan(g, r) / √(d − 1) |
//!
//! The estimate is off by more than ε·error·‖q − c‖ with a probability that falls as exp(−c·ε²) (theorem 3.2 of
//! RaBitQ), whatever the data.

use super::LARGEST_NORM;
use super::grid;
use super::kernels::{self, MAX_ENTRY, TABLE};
use super::lanes::F32x4;
use super::packed::{FACTOR_BYTES, GROUP, GROUP_BYTES, LANES, block_bytes};
use crate::Space;

/// sin²(g, r) of long random vectors: 1 − 2/π.
const SQUARED_SINE: f64 = 1.0 - std::f64::consts::FRAC_2_PI;

/// The smallest error of a code: smaller than counts, and larger than zero times an infinite radius.
const SMALLEST_ERROR: f32 = 1e-30;

/// Components whose sums are taken in `f32`, before they go into sums of `f64`.
const SPAN: usize = 64;

/// The square of the shortest residual whose squares `f32` holds with its full precision.
const SMALLEST_SQUARED_NORM: f64 = 1e-24;

/// What the estimates take from a code besides its bits (see the module's table).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factors {
    /// Added to the estimate.
    pub add: f32,
    /// Times ⟨g, q⟩.
    pub scale: f32,
    /// Bound of the error for ε = 1 and ‖q − c‖ = 1. Infinite if there is no estimate: a lower bound is then −∞.
    pub error: f32,
}

/// Encodes vectors around one center.
#[derive(Debug, Clone)]
pub struct Encoder {
    space: Space,
    center: Vec<f32>,
    /// Whether estimates around the center cannot overflow.
    representable: bool,
}

impl Encoder {
    /// Around `center`, rotated as the vectors are.
    pub fn new(space: Space, center: Vec<f32>) -> Self {
        let squared_norm: f64 = center.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        Self { space, center, representable: squared_norm <= LARGEST_NORM * LARGEST_NORM }
    }

    /// The center.
    pub fn center(&self) -> &[f32] {
        &self.center
    }

    /// Writes the signs of the residual of `vector` to `bits` (bit `i % 8` of byte `i / 8`).
    ///
    /// A vector too long for estimates, or with components that are infinite or NaN, has an infinite error.
    ///
    /// # Panics
    /// If `vector` does not have the center's dimension, or `bits` not `dimension.div_ceil(8)` bytes.
    pub fn encode(&self, vector: &[f32], bits: &mut [u8]) -> Factors {
        let dimension = self.center.len();
        assert_eq!(vector.len(), dimension, "the vector and the center differ in dimension");
        assert_eq!(bits.len(), dimension.div_ceil(8), "the bits and the center differ in dimension");
        let mut sums = Residual::in_lanes(vector, &self.center, bits);
        if !(SMALLEST_SQUARED_NORM..=LARGEST_NORM * LARGEST_NORM).contains(&sums.squared_norm) {
            sums = Residual::exact(vector, &self.center);
        }
        if self.representable && sums.squared_norm <= LARGEST_NORM * LARGEST_NORM {
            sums.factors(self.space, dimension)
        } else {
            Factors { add: 0.0, scale: 0.0, error: f32::INFINITY }
        }
    }
}

/// Sums over a residual r, its signs and the center c.
#[derive(Debug, Default)]
struct Residual {
    /// ‖r‖².
    squared_norm: f64,
    /// Σ |rᵢ| = 2⟨g, r⟩.
    absolute: f64,
    /// ⟨r, c⟩.
    with_center: f64,
    /// 2⟨g, c⟩.
    signs_with_center: f64,
}

impl Residual {
    /// Sums of `f32`, and the signs of the residual. Right to the precision of `f32` for vectors that are neither very
    /// short nor very long.
    fn in_lanes(vector: &[f32], center: &[f32], bits: &mut [u8]) -> Self {
        let mut sums = Self::default();
        let spans = vector.chunks(SPAN).zip(center.chunks(SPAN));
        for (bits, (vector, center)) in bits.chunks_mut(SPAN / 8).zip(spans) {
            let mut span = [F32x4::splat(0.0); 4];
            let (vectors, vector) = vector.as_chunks::<8>();
            let (centers, center) = center.as_chunks::<8>();
            for (byte, (vector, center)) in bits.iter_mut().zip(vectors.iter().zip(centers)) {
                *byte = take_eight(vector, center, &mut span);
            }
            if let Some(byte) = bits.get_mut(vectors.len()) {
                // Places beyond the end are zero and change no sum; they have no sign.
                let [mut last, mut last_center] = [[0.0; 8]; 2];
                last[..vector.len()].copy_from_slice(vector);
                last_center[..center.len()].copy_from_slice(center);
                *byte = take_eight(&last, &last_center, &mut span) & ((1 << vector.len()) - 1);
            }
            let [squared_norm, absolute, with_center, signs_with_center] =
                span.map(|lanes| f64::from(lanes.total()));
            sums.squared_norm += squared_norm;
            sums.absolute += absolute;
            sums.with_center += with_center;
            sums.signs_with_center += signs_with_center;
        }
        sums
    }

    /// The same in `f64`, for every vector.
    fn exact(vector: &[f32], center: &[f32]) -> Self {
        let mut sums = Self::default();
        for (&x, &c) in vector.iter().zip(center) {
            let (r, c) = (f64::from(x) - f64::from(c), f64::from(c));
            sums.squared_norm += r * r;
            sums.absolute += r.abs();
            sums.with_center += r * c;
            sums.signs_with_center += if r >= 0.0 { c } else { -c };
        }
        sums
    }

    fn factors(&self, space: Space, dimension: usize) -> Factors {
        let dot = self.absolute / 2.0;
        if dot == 0.0 {
            return Factors { add: 0.0, scale: 0.0, error: SMALLEST_ERROR };
        }
        let s = self.squared_norm / dot;
        let center = s * self.signs_with_center / 2.0;
        let squared_cosine = 4.0 * dot * dot / (self.squared_norm * dimension as f64);
        // In few dimensions a residual may lie on the grid, and the error that is left is the query's.
        let squared_sine = (1.0 - squared_cosine).max(SQUARED_SINE / 4.0);
        let tangent = (squared_sine / squared_cosine).sqrt();
        let error = self.squared_norm.sqrt() * tangent / (dimension.saturating_sub(1).max(1) as f64).sqrt();
        let (add, scale, error) = match space {
            Space::L2 => (self.squared_norm + 2.0 * center, -2.0 * s, 2.0 * error),
            Space::Ip | Space::Cosine => (center - self.with_center, -s, error),
        };
        Factors { add: add as f32, scale: scale as f32, error: (error as f32).max(SMALLEST_ERROR) }
    }
}

/// Adds what eight components contribute to the four sums of a [`Residual`]; gives the signs.
#[inline(always)]
fn take_eight(vector: &[f32; 8], center: &[f32; 8], sums: &mut [F32x4; 4]) -> u8 {
    let [squared_norm, absolute, with_center, signs_with_center] = sums;
    let mut signs = 0;
    let halves = vector.as_chunks().0.iter().zip(center.as_chunks().0);
    for (half, (vector, center)) in halves.enumerate() {
        let center = F32x4::load(center);
        let r = F32x4::load(vector).sub(center);
        *squared_norm = squared_norm.add(r.mul(r));
        *absolute = absolute.add(r.abs());
        *with_center = with_center.add(r.mul(center));
        *signs_with_center = signs_with_center.add(center.times_sign(r));
        signs |= F32x4::splat(0.0).le(r) << (4 * half);
    }
    signs as u8
}

/// A query, quantised once for the codes around all centers: qᵢ ≈ Δ·(uᵢ − 7.5) with uᵢ in 0..16.
///
/// The uᵢ are rounded to the nearest grid point, not at random as in the paper, and Δ is such that the error of
/// the query is orthogonal to it: the mean over rotations is then right too, and the error smaller.
#[derive(Debug, Clone)]
pub struct CodeQuery {
    space: Space,
    vector: Vec<f32>,
    /// Δ/2: ⟨g, q⟩ over Σ ±(uᵢ − 7.5).
    pub(super) unit: f32,
    /// For each group of four components and each choice of their signs Σ ±(u − 7.5) + 30. Components that a
    /// last group lacks have u = 7.
    tables: Vec<[u8; TABLE]>,
    /// How much more the tables add up to than Σ ±(uᵢ − 7.5).
    table_bias: f32,
    /// The bits of u, least significant first, of 64 components each.
    pub(super) planes: Vec<[u64; 4]>,
    /// Σ (2uᵢ − 15).
    sum: i32,
    /// ‖q − q̂‖² of the quantised q̂.
    squared_error: f32,
    /// Whether estimates for the query cannot overflow.
    representable: bool,
}

/// How a query lies to a center.
#[derive(Debug, Clone, Copy)]
pub struct Around {
    /// ‖q − c‖² (l2) or 1 − ⟨c, q⟩.
    pub offset: f32,
    /// ‖q − c‖, widened by what the quantisation of the query adds to the error of an estimate. Infinite for a
    /// query without estimates, whose lower bounds are −∞.
    pub radius: f32,
}

impl CodeQuery {
    /// Quantises a rotated query.
    pub fn new(space: Space, rotated: Vec<f32>) -> Self {
        Self::quantized(space, rotated, |vector, _, codes| grid::quantize(vector, codes))
    }

    /// As [`new`](Self::new) in a fraction of the time, for a few scans. The estimates of vectors whose components are far from
    /// normally distributed are less exact, and the bounds know it.
    pub fn rough(space: Space, rotated: Vec<f32>) -> Self {
        Self::quantized(space, rotated, grid::quantize_roughly)
    }

    fn quantized(
        space: Space,
        rotated: Vec<f32>,
        quantize: impl FnOnce(&[f32], f64, &mut [u8]) -> grid::Fit,
    ) -> Self {
        let dimension = rotated.len();
        let squared_norm: f64 = rotated.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let representable = squared_norm <= LARGEST_NORM * LARGEST_NORM;
        let groups = dimension.div_ceil(GROUP);
        let padding = groups * GROUP - dimension;
        let mut u = vec![7u8; groups * GROUP];
        let (mut unit, mut squared_error) = (0.0, 0.0);
        if representable {
            let fit = quantize(&rotated, squared_norm.sqrt(), &mut u[..dimension]);
            if fit.dot > 0.0 {
                unit = squared_norm / fit.dot / 2.0;
                squared_error = squared_norm * (squared_norm * fit.squared_norm / (fit.dot * fit.dot) - 1.0);
            }
        }
        Self {
            space,
            unit: unit as f32,
            tables: u.as_chunks().0.iter().map(table).collect(),
            table_bias: groups as f32 * f32::from(MAX_ENTRY / 2) + padding as f32 * 0.5,
            planes: u[..dimension].chunks(64).map(planes).collect(),
            sum: u[..dimension].iter().map(|&u| 2 * i32::from(u) - 15).sum(),
            squared_error: squared_error.max(0.0) as f32,
            vector: rotated,
            representable,
        }
    }

    /// The query as it came.
    pub fn vector(&self) -> &[f32] {
        &self.vector
    }

    /// How the query lies to the center that codes were made around.
    ///
    /// # Panics
    /// If `center` does not have the query's dimension.
    pub fn around(&self, center: &[f32]) -> Around {
        assert_eq!(center.len(), self.vector.len(), "the center and the query differ in dimension");
        let (dot, squared_distance) = dot_and_squared_distance(&self.vector, center);
        let representable = self.representable && squared_distance.is_finite() && dot.is_finite();
        if !representable {
            return Around { offset: 0.0, radius: f32::INFINITY };
        }
        let offset = match self.space {
            Space::L2 => squared_distance,
            Space::Ip | Space::Cosine => 1.0 - dot,
        };
        // The error of ⟨g, q⟩ from the query, √d/2 · ‖q − q̂‖ / √d, stands to that from the code as
        // ‖q − q̂‖ / sin(g, r) to ‖q − c‖; they are independent.
        let radius = (squared_distance + self.squared_error / SQUARED_SINE as f32).sqrt();
        Around { offset, radius }
    }

    /// Estimates and lower bounds of the distances of the 32 codes of a block, the latter `epsilon` errors below
    /// the former (and an upper bound as much above). Bit `i` of the result says that the lower bound of code `i`
    /// is at most `threshold`; NaN never is. Places without a code are to be masked by the caller.
    ///
    /// # Panics
    /// If `block` does not have [`block_bytes`] bytes.
    pub fn scan_block(
        &self,
        around: &Around,
        epsilon: f32,
        threshold: f32,
        block: &[u8],
        estimates: &mut [f32; LANES],
        lower: &mut [f32; LANES],
    ) -> u32 {
        assert_eq!(
            block.len(),
            block_bytes(self.vector.len()),
            "the block and the query differ in dimension"
        );
        let (factors, groups) = block.split_at(FACTOR_BYTES);
        let mut sums = [0; LANES];
        kernels::table_sums(&self.tables, groups.as_chunks::<GROUP_BYTES>().0, &mut sums);
        let (offset, unit) = (F32x4::splat(around.offset), F32x4::splat(self.unit));
        let bias = F32x4::splat(self.table_bias);
        let spread = F32x4::splat(spread(around, epsilon));
        let threshold = F32x4::splat(threshold);
        let [add, scale, error] = factors.as_chunks::<16>().0.as_chunks::<{ LANES / 4 }>().0 else {
            unreachable!("a block has three factors a code")
        };
        let mut passed = 0;
        for i in 0..LANES / 4 {
            let dot = F32x4::convert(&sums.as_chunks().0[i]).sub(bias).mul(unit);
            let estimate = offset.add(F32x4::from_le(&add[i])).add(F32x4::from_le(&scale[i]).mul(dot));
            let bound = estimate.sub(F32x4::from_le(&error[i]).mul(spread));
            estimate.store(&mut estimates.as_chunks_mut().0[i]);
            bound.store(&mut lower.as_chunks_mut().0[i]);
            passed |= bound.le(threshold) << (4 * i);
        }
        passed
    }

    /// The estimate of one code, to the bit what [`scan_block`](Self::scan_block) gives.
    ///
    /// # Panics
    /// If `bits` does not have `dimension.div_ceil(8)` bytes.
    pub fn estimate(&self, around: &Around, bits: &[u8], factors: &Factors) -> f32 {
        assert_eq!(bits.len(), self.vector.len().div_ceil(8), "the code and the query differ in dimension");
        let dot = self.signed_sum(bits) as f32 * 0.5 * self.unit;
        (around.offset + factors.add) + factors.scale * dot
    }

    /// Σ ±(2uᵢ − 15) by the signs of a code.
    pub(super) fn signed_sum(&self, bits: &[u8]) -> i32 {
        let (weighted, ones) = kernels::plane_sums(&self.planes, bits);
        4 * weighted as i32 - 30 * ones as i32 - self.sum
    }
}

/// What errors are multiplied by, at least: not zero, so that infinite errors and radii stay infinite, and large enough that the
/// products are normal floats. With others a multiplication takes a hundred times as long.
const LEAST_SPREAD: f32 = 1e-25;

fn spread(around: &Around, epsilon: f32) -> f32 {
    (epsilon * around.radius).max(LEAST_SPREAD)
}

/// Σ ±(uᵢ − 7.5) + 30 for every choice of signs, bit `i` of the index for a positive one of component `i`.
fn table(u: &[u8; GROUP]) -> [u8; TABLE] {
    let doubled = u.map(|u| 2 * i32::from(u) - 15);
    let mut sums = [i32::from(MAX_ENTRY / 2) - doubled.iter().sum::<i32>() / 2; TABLE];
    for signs in 1..TABLE {
        // One sign more is positive than in an entry before.
        sums[signs] = sums[signs & (signs - 1)] + doubled[signs.trailing_zeros() as usize];
    }
    sums.map(|sum| sum as u8)
}

/// The bit planes of up to 64 numbers of four bits.
fn planes(u: &[u8]) -> [u64; 4] {
    let mut planes = [0; 4];
    for (i, &u) in u.iter().enumerate() {
        for (bit, plane) in planes.iter_mut().enumerate() {
            *plane |= u64::from(u >> bit & 1) << i;
        }
    }
    planes
}

/// ⟨a, b⟩ and ‖a − b‖².
fn dot_and_squared_distance(a: &[f32], b: &[f32]) -> (f32, f32) {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let [mut dot, mut squares] = [F32x4::splat(0.0); 2];
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (F32x4::load(a), F32x4::load(b));
        let difference = a.sub(b);
        dot = dot.add(a.mul(b));
        squares = squares.add(difference.mul(difference));
    }
    let rest = a_rest.iter().zip(b_rest);
    let dot = rest.clone().fold(dot.total(), |sum, (a, b)| sum + a * b);
    (dot, rest.fold(squares.total(), |sum, (a, b)| sum + (a - b) * (a - b)))
}

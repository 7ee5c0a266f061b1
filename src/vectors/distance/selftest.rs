//! Checks of the kernels that need nothing but this machine, so that they also run in a browser.

use super::{NORM_EPSILON, Query, kernels};
use crate::Space;

/// Every dimension up to here is checked: all remainders of every kernel's steps, several times over.
const DIMENSIONS: usize = 1_100;

/// Rows of the block that a row's value must not depend on.
const ROWS: usize = 3;

const SPACES: [Space; 3] = [Space::L2, Space::Ip, Space::Cosine];

/// Writes the distances of a prepared query to the rows of a matrix.
type Kernel = fn(Space, &[f32], &[f32], &mut [f32]);

/// Compares the kernels of this machine with the formulas of query-semantics 7.1, for every dimension
/// up to 1,100, every space and components of every magnitude. The error says where they part.
pub fn selftest() -> Result<(), String> {
    check(kernels::distances)
}

/// [`selftest`] of one kernel.
pub(super) fn check(kernel: Kernel) -> Result<(), String> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for dimension in 1..=DIMENSIONS {
        for magnitude in Magnitude::EVERY {
            let vector = random.vector(dimension, magnitude);
            // One component more and a view from the second: rows at every alignment of an f32.
            let matrix = random.vector(ROWS * dimension + 1, magnitude);
            for space in SPACES {
                check_block(kernel, space, &vector, &matrix[1..])
                    .map_err(|e| format!("{space:?}, {dimension} components, {magnitude:?}: {e}"))?;
            }
        }
        let vector = random.vector(dimension, Magnitude::Unit);
        check_fixed_points(kernel, &vector).map_err(|e| format!("{dimension} components: {e}"))?;
    }
    Ok(())
}

/// Each row is as far as the formula says, and as far alone as in its block.
fn check_block(kernel: Kernel, space: Space, vector: &[f32], matrix: &[f32]) -> Result<(), String> {
    let query = Query::new(space, vector);
    let mut distances = [0.0; ROWS];
    kernel(space, &query.vector, matrix, &mut distances);
    for (row, distance) in matrix.chunks_exact(vector.len()).zip(distances) {
        let alone = distance_to(kernel, &query, row);
        if alone.to_bits() != distance.to_bits() {
            return Err(format!("a row is {distance:e} away in its block, {alone:e} alone"));
        }
        let (expected, tolerance) = expected(space, vector, row);
        // Where the true distance exceeds f32, the infinite one is the nearest.
        let agree = if expected.abs() + tolerance > f64::from(f32::MAX) && distance.is_infinite() {
            expected.is_sign_positive() == distance.is_sign_positive()
        } else {
            (f64::from(distance) - expected).abs() <= tolerance
        };
        if !agree {
            return Err(format!("distance {distance:e}, expected {expected:e} ± {tolerance:e}"));
        }
    }
    Ok(())
}

/// What holds exactly, or whatever the scale.
fn check_fixed_points(kernel: Kernel, vector: &[f32]) -> Result<(), String> {
    let zero = vec![0.0; vector.len()];
    for (a, b) in [(&*zero, vector), (vector, &zero), (&zero, &zero)] {
        let distance = distance_to(kernel, &Query::new(Space::Cosine, a), b);
        if distance != 1.0 {
            return Err(format!("a zero vector has cosine distance {distance:e}"));
        }
    }
    let distance = distance_to(kernel, &Query::new(Space::L2, vector), vector);
    if distance != 0.0 {
        return Err(format!("a vector is {distance:e} away from itself"));
    }
    let query = Query::new(Space::Cosine, vector);
    for exponent in [-60, -20, 0, 20, 60, 120] {
        let scaled: Vec<f32> = vector.iter().map(|x| x * 2f32.powi(exponent)).collect();
        let distance = distance_to(kernel, &query, &scaled);
        if distance.abs() > 1e-5 {
            return Err(format!("a vector scaled by 2^{exponent} has cosine distance {distance:e}"));
        }
    }
    Ok(())
}

fn distance_to(kernel: Kernel, query: &Query, row: &[f32]) -> f32 {
    let mut distance = [0.0];
    kernel(query.space, &query.vector, row, &mut distance);
    distance[0]
}

/// The distance by the formula in `f64`, and how far a sum in `f32` lanes may be from it.
fn expected(space: Space, query: &[f32], row: &[f32]) -> (f64, f64) {
    let wide = |vector: &[f32]| vector.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let (query, row) = (wide(query), wide(row));
    let inverse_norm = |vector: &[f64]| match space {
        Space::Cosine => 1.0 / (vector.iter().map(|x| x * x).sum::<f64>().sqrt() + f64::from(NORM_EPSILON)),
        Space::L2 | Space::Ip => 1.0,
    };
    let scale = inverse_norm(&query) * inverse_norm(&row);
    let terms = query.iter().zip(&row).map(|(a, b)| match space {
        Space::L2 => (a - b) * (a - b),
        Space::Ip | Space::Cosine => a * b * scale,
    });
    let (sum, absolute) = terms.fold((0.0, 0.0), |(sum, absolute), term| (sum + term, absolute + term.abs()));
    let distance = if space == Space::L2 { sum } else { 1.0 - sum };

    // Sixteen lanes at least: a term passes through an addition per sixteen, and a few at the ends.
    // Rounding of the inputs' norms and of the result weighs as much as a few more.
    let roundings = query.len() as f64 / 16.0 + 16.0;
    let unit = f64::from(f32::EPSILON) / 2.0;
    let underflow = query.len() as f64 * f64::from(f32::from_bits(1));
    (distance, roundings * unit * absolute + 2.0 * unit * distance.abs() + unit + underflow)
}

/// How large the components of a vector are.
#[derive(Debug, Clone, Copy)]
enum Magnitude {
    /// Between −1 and 1.
    Unit,
    /// Not representable with full precision: below 2⁻¹²⁶.
    Subnormal,
    /// Squares vanish in `f32`.
    Tiny,
    /// Squares overflow in `f32`.
    Huge,
    /// Anything from 2⁻⁶⁰ to 2⁶⁰ side by side.
    Mixed,
}

impl Magnitude {
    const EVERY: [Self; 5] = [Self::Unit, Self::Subnormal, Self::Tiny, Self::Huge, Self::Mixed];
}

/// A small generator (xorshift64*), the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    fn vector(&mut self, dimension: usize, magnitude: Magnitude) -> Vec<f32> {
        (0..dimension).map(|_| self.component(magnitude)).collect()
    }

    fn component(&mut self, magnitude: Magnitude) -> f32 {
        let unit = (self.next() >> 8) as f32 / (1 << 23) as f32 - 1.0;
        match magnitude {
            Magnitude::Unit => unit,
            Magnitude::Subnormal => unit * f32::MIN_POSITIVE,
            Magnitude::Tiny => unit * 1e-25,
            Magnitude::Huge => unit * 1e30,
            Magnitude::Mixed => unit * 2f32.powi((self.next() % 121) as i32 - 60),
        }
    }
}

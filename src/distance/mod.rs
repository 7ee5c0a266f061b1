//! How far apart two vectors are, by the best kernel that this machine has.
//!
//! Distances are those of Chroma (spec: query-semantics 7.1), smaller is nearer:
//!
//! | space | distance |
//! | --- | --- |
//! | `l2` | Σ (aᵢ − bᵢ)² |
//! | `ip` | 1 − Σ aᵢbᵢ |
//! | `cosine` | 1 − Σ âᵢb̂ᵢ with x̂ = x / (‖x‖ + 1e−32), so 1 between a zero vector and anything |
//!
//! The sums run in `f32` lanes. Where `f32` cannot carry a sum (its squares overflow, or vanish below
//! the smallest float) the row is computed again in `f64` by [`scalar`], so a distance is NaN only if
//! a component is infinite or NaN, and infinite only if the true distance exceeds `f32`.

mod scalar;
#[cfg(any(test, feature = "conformance"))]
mod selftest;
#[cfg(any(test, feature = "conformance"))]
pub use selftest::selftest;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128 as kernels;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod native;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use native as kernels;

use crate::types::Space;

/// Added to a norm before it divides, so that a zero vector stays zero (spec: query-semantics 7.1).
const NORM_EPSILON: f32 = 1e-32;

/// Squared norms from here up are exact to `f32` precision: each square is off by at most 2⁻¹⁵⁰ where
/// it underflows, 2⁻¹³⁶ over the 2¹⁴ components of [`crate::limits::MAX_DIMENSION`], which is 2⁻²⁴ of this.
const SMALLEST_EXACT_SQUARED_NORM: f32 = f32::MIN_POSITIVE * 16_384.0;

/// A query vector made ready for one space: many rows are compared with it.
#[derive(Debug, Clone)]
pub struct Query {
    space: Space,
    /// For cosine of length one, else as given.
    vector: Vec<f32>,
}

impl Query {
    /// Prepares `vector` (for cosine: normalises it).
    pub fn new(space: Space, vector: &[f32]) -> Self {
        let vector = match space {
            Space::Cosine => scalar::normalize(vector),
            Space::L2 | Space::Ip => vector.to_vec(),
        };
        Self { space, vector }
    }

    /// Components.
    pub fn dimension(&self) -> usize {
        self.vector.len()
    }

    /// The space whose distance this query measures.
    pub fn space(&self) -> Space {
        self.space
    }

    /// The distance to `row`, to the bit what [`distances`](Self::distances) gives for the same row.
    ///
    /// # Panics
    /// If `row` does not have [`dimension`](Self::dimension) components.
    pub fn distance(&self, row: &[f32]) -> f32 {
        assert_eq!(row.len(), self.dimension(), "the row and the query differ in dimension");
        let mut distance = [0.0];
        kernels::distances(self.space, &self.vector, row, &mut distance);
        distance[0]
    }

    /// The distances to every row of `matrix` (row-major, `rows × dimension`), which replace the
    /// content of `out` in row order. The value of a row does not depend on its place.
    ///
    /// # Panics
    /// If `matrix` is not a whole number of rows.
    pub fn distances(&self, matrix: &[f32], out: &mut Vec<f32>) {
        let rows = matrix.len().checked_div(self.dimension()).unwrap_or(0);
        assert_eq!(rows * self.dimension(), matrix.len(), "the matrix is not a whole number of rows");
        out.clear();
        out.resize(rows, 0.0);
        kernels::distances(self.space, &self.vector, matrix, out);
    }
}

/// Writes the distance of each row of `matrix` to `out`, which has one place a row, with the given
/// sums of (query, row). Inlined into each kernel, so that the sums are compiled for its instructions
/// and are chosen once a block.
#[inline(always)]
fn each_row(
    space: Space,
    query: &[f32],
    matrix: &[f32],
    out: &mut [f32],
    squared_l2: impl Fn(&[f32], &[f32]) -> f32,
    dot: impl Fn(&[f32], &[f32]) -> f32,
    dot_and_squared_norm: impl Fn(&[f32], &[f32]) -> (f32, f32),
) {
    let dimension = query.len();
    let rows = (0..out.len()).map(|row| &matrix[row * dimension..][..dimension]);
    let exact = |distance: f32, row| {
        if distance.is_finite() { distance } else { scalar::distance(space, query, row) }
    };
    match space {
        Space::L2 => {
            for (row, out) in rows.zip(out) {
                *out = exact(squared_l2(query, row), row);
            }
        }
        Space::Ip => {
            for (row, out) in rows.zip(out) {
                *out = exact(1.0 - dot(query, row), row);
            }
        }
        Space::Cosine => {
            for (row, out) in rows.zip(out) {
                let (dot, squared_norm) = dot_and_squared_norm(query, row);
                let representable = squared_norm >= SMALLEST_EXACT_SQUARED_NORM && squared_norm.is_finite();
                let norm = if representable { squared_norm.sqrt() + NORM_EPSILON } else { f32::NAN };
                *out = exact(1.0 - dot / norm, row);
            }
        }
    }
}

#[cfg(test)]
mod tests;

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
//! the smallest float) the row is computed again in `f64` (`scalar`), so a distance is NaN only if
//! a component is infinite or NaN, and infinite only if the true distance exceeds `f32`.

mod rows;
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

use crate::Space;

/// Added to a norm before it divides, so that a zero vector stays zero (spec: query-semantics 7.1).
const NORM_EPSILON: f32 = 1e-32;

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

    /// The components; for cosine of length one (zero stays zero).
    pub fn vector(&self) -> &[f32] {
        &self.vector
    }

    /// As [`vector`](Self::vector), not copied.
    pub fn into_vector(self) -> Vec<f32> {
        self.vector
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

#[cfg(test)]
mod tests;

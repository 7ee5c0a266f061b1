//! Vectors in a bit or in four bits a component, and how far they are, estimated.
//!
//! The codes are those of RaBitQ (Gao & Long, SIGMOD 2024; extended to several bits by Gao et al., SIGMOD
//! 2025; spec: storage-architecture 7.4). A vector o is stored as the direction of its residual r = o − c
//! from a center c, on a grid g. With s = ‖r‖² / ⟨g, r⟩ the estimate ⟨r, x⟩ ≈ s·⟨g, x⟩ is right on average
//! over the random [`Rotation`] that all vectors pass first, and its error is bounded with a probability that
//! does not depend on the data.
//!
//! | code | bytes for 384 components | for |
//! | --- | --- | --- |
//! | [`PackedCodes`], 1 bit | 60 | scanning lists: 32 codes at a time, with lower bounds of the distance |
//! | [`NibbleCodes`], 4 bits | 204 | a graph's hops: one code at a time, or code to code |
//!
//! Vectors and centers come here rotated and, for cosine, of length one: cosine is then the inner product.
//! Kernels give the same bits on every processor, so a store may move between machines.

mod binary;
mod grid;
mod kernels;
mod lanes;
mod nibble;
mod packed;
mod rotation;
#[cfg(any(test, feature = "conformance"))]
mod selftest;
#[cfg(test)]
mod tests;

pub use binary::{Around, CodeQuery, Encoder, Factors};
pub use kernels::hamming;
pub use nibble::{NibbleCodes, NibbleQuery};
pub use packed::{Codes, LANES, PackedCodes, block_bytes};
pub use rotation::Rotation;
#[cfg(any(test, feature = "conformance"))]
pub use selftest::selftest;

/// The longest vector whose estimates cannot overflow: with a cosine between residual and grid of 2⁻⁷ at
/// least (2¹⁴ components), 2·‖r‖·‖x‖ / cos stays below 2¹²¹, and so do the squares of all sums and differences.
const LARGEST_NORM: f64 = (1u64 << 56) as f64;

/// Whether a rotated vector has a code whose error is bounded: its components are numbers, and its length within reach
/// of `f32` sums.
pub fn is_representable(vector: &[f32]) -> bool {
    let squared_norm: f64 = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    squared_norm <= LARGEST_NORM * LARGEST_NORM
}

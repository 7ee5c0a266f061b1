//! The sums over codes that everything else is made of, in whole numbers: every kernel gives the same.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128 as best;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod native;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use native as best;

mod bits;
#[cfg(any(test, feature = "conformance", not(all(target_arch = "wasm32", target_feature = "simd128"))))]
pub(super) mod portable;

#[cfg(target_arch = "x86_64")]
mod avx2;

pub(super) use best::{nibble_nibble_dot, nibble_query_dot, plane_sums, table_sums};

/// Entries of a table: values of four bits.
pub(super) const TABLE: usize = 16;

/// Largest entry of a table.
pub(super) const MAX_ENTRY: u8 = 60;

/// Tables whose entries sum up in a byte.
const TABLES_PER_BYTE: usize = u8::MAX as usize / MAX_ENTRY as usize;

/// Tables whose entries sum up in sixteen bits, a whole number of steps of every kernel.
const TABLES_PER_WORD: usize = 1_024;
const _: () = assert!(TABLES_PER_WORD * MAX_ENTRY as usize <= u16::MAX as usize);

/// Components of a step of the four-bit kernels, and the bytes of their codes: component 4i + j is nibble j
/// of the little-endian 16-bit word i.
pub(super) const NIBBLE_STEP: usize = 64;
pub(super) const NIBBLE_STEP_BYTES: usize = NIBBLE_STEP / 2;

/// A query's components for one step: nibble j of word i meets `[16·j + i]`.
pub(super) type QueryStep = [i16; NIBBLE_STEP];

/// The number of bits in which two codes differ.
///
/// # Panics
/// If the codes differ in length.
pub fn hamming(a: &[u8], b: &[u8]) -> u32 {
    assert_eq!(a.len(), b.len(), "the codes differ in length");
    best::hamming(a, b)
}

//! AVX2 and POPCNT where an x86-64 has them, else portable code.

use super::{NIBBLE_STEP_BYTES, QueryStep, TABLE, bits, portable};

/// See [`portable::table_sums`].
pub(in crate::quantization) fn table_sums(
    tables: &[[u8; TABLE]],
    groups: &[[u8; TABLE]],
    sums: &mut [u32; 32],
) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just asked for the feature; std caches its answer.
        return unsafe { super::avx2::table_sums(tables, groups, sums) };
    }
    portable::table_sums(tables, groups, sums);
}

/// See [`bits::plane_sums`].
pub(in crate::quantization) fn plane_sums(planes: &[[u64; 4]], code: &[u8]) -> (u32, u32) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("popcnt") {
        // SAFETY: the processor was just asked for the feature.
        return unsafe { popcnt::plane_sums(planes, code) };
    }
    bits::plane_sums(planes, code)
}

/// See [`hamming`](super::hamming).
pub(super) fn hamming(a: &[u8], b: &[u8]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("popcnt") {
        // SAFETY: the processor was just asked for the feature.
        return unsafe { popcnt::hamming(a, b) };
    }
    bits::hamming(a, b)
}

/// See [`portable::nibble_query_dot`].
pub(in crate::quantization) fn nibble_query_dot(
    query: &[QueryStep],
    code: &[[u8; NIBBLE_STEP_BYTES]],
) -> i32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just asked for the feature.
        return unsafe { super::avx2::nibble_query_dot(query, code) };
    }
    portable::nibble_query_dot(query, code)
}

/// See [`portable::nibble_nibble_dot`].
pub(in crate::quantization) fn nibble_nibble_dot(
    a: &[[u8; NIBBLE_STEP_BYTES]],
    b: &[[u8; NIBBLE_STEP_BYTES]],
) -> i32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just asked for the feature.
        return unsafe { super::avx2::nibble_nibble_dot(a, b) };
    }
    portable::nibble_nibble_dot(a, b)
}

/// The same code, compiled with the processor's instruction for the number of ones.
#[cfg(target_arch = "x86_64")]
mod popcnt {
    use super::bits;

    #[target_feature(enable = "popcnt")]
    pub(super) fn plane_sums(planes: &[[u64; 4]], code: &[u8]) -> (u32, u32) {
        bits::plane_sums(planes, code)
    }

    #[target_feature(enable = "popcnt")]
    pub(super) fn hamming(a: &[u8], b: &[u8]) -> u32 {
        bits::hamming(a, b)
    }
}

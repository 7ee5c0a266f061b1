//! The kernels over WebAssembly's 128-bit registers.

use super::rows::{self, Register};
use crate::Space;
use core::arch::wasm32::{f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, f32x4_sub, v128, v128_load};

/// Writes the distance of each row of `matrix` to `out`, which has one place a row.
pub(super) fn distances(space: Space, query: &[f32], matrix: &[f32], out: &mut [f32]) {
    rows::distances::<4, v128>(space, query, matrix, out);
}

impl Register<4> for v128 {
    #[inline(always)]
    fn zero() -> Self {
        f32x4_splat(0.0)
    }

    #[inline(always)]
    fn load(lanes: &[f32; 4]) -> Self {
        // SAFETY: the reference covers the sixteen bytes that are read; the load needs no alignment.
        unsafe { v128_load(lanes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        f32x4_add(self, other)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        f32x4_sub(self, other)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, sum: Self) -> Self {
        f32x4_add(f32x4_mul(self, factor), sum)
    }

    #[inline(always)]
    fn to_array(self) -> [f32; 4] {
        [
            f32x4_extract_lane::<0>(self),
            f32x4_extract_lane::<1>(self),
            f32x4_extract_lane::<2>(self),
            f32x4_extract_lane::<3>(self),
        ]
    }
}

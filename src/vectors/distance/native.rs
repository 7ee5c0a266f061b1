//! The kernels over AVX2 registers where an x86-64 has them, with FMA, else over arrays that the
//! compiler keeps in the registers of the target (SSE2, NEON).

use super::rows::{self, Register};
use crate::Space;

/// Writes the distance of each row of `matrix` to `out`, which has one place a row.
pub(super) fn distances(space: Space, query: &[f32], matrix: &[f32], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the processor was just asked for both features; std caches its answer.
        return unsafe { avx2::distances(space, query, matrix, out) };
    }
    distances_portable(space, query, matrix, out);
}

/// [`distances`] with the instructions that every processor of the target has.
pub(super) fn distances_portable(space: Space, query: &[f32], matrix: &[f32], out: &mut [f32]) {
    rows::distances::<4, Portable>(space, query, matrix, out);
}

/// Four lanes: a register of every 64-bit target.
#[derive(Clone, Copy)]
struct Portable([f32; 4]);

impl Portable {
    #[inline(always)]
    fn lanes(lane: impl FnMut(usize) -> f32) -> Self {
        Self(std::array::from_fn(lane))
    }
}

impl Register<4> for Portable {
    #[inline(always)]
    fn zero() -> Self {
        Self([0.0; 4])
    }

    #[inline(always)]
    fn load(lanes: &[f32; 4]) -> Self {
        Self(*lanes)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self::lanes(|lane| self.0[lane] + other.0[lane])
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self::lanes(|lane| self.0[lane] - other.0[lane])
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, sum: Self) -> Self {
        Self::lanes(|lane| {
            let (x, y, sum) = (self.0[lane], factor.0[lane], sum.0[lane]);
            // Fused where every processor has the instruction; elsewhere it would be a library call.
            if cfg!(target_arch = "aarch64") { x.mul_add(y, sum) } else { x * y + sum }
        })
    }

    #[inline(always)]
    fn to_array(self) -> [f32; 4] {
        self.0
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::rows::{self, Register};
    use crate::Space;
    use core::arch::x86_64::{
        __m256, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_storeu_ps,
        _mm256_sub_ps,
    };

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn distances(space: Space, query: &[f32], matrix: &[f32], out: &mut [f32]) {
        rows::distances::<8, Avx2>(space, query, matrix, out);
    }

    /// Private to this module, in which only [`distances`] uses it: that is what makes its methods,
    /// which need AVX2 and FMA, sound.
    #[derive(Clone, Copy)]
    struct Avx2(__m256);

    impl Register<8> for Avx2 {
        #[inline(always)]
        fn zero() -> Self {
            // SAFETY: the features are there, see [`Avx2`].
            Self(unsafe { _mm256_setzero_ps() })
        }

        #[inline(always)]
        fn load(lanes: &[f32; 8]) -> Self {
            // SAFETY: the features are there, see [`Avx2`]; the reference covers the thirty-two bytes
            // that are read, and this load needs no alignment.
            Self(unsafe { _mm256_loadu_ps(lanes.as_ptr()) })
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: the features are there, see [`Avx2`].
            Self(unsafe { _mm256_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: the features are there, see [`Avx2`].
            Self(unsafe { _mm256_sub_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn mul_add(self, factor: Self, sum: Self) -> Self {
            // SAFETY: the features are there, see [`Avx2`].
            Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, sum.0) })
        }

        #[inline(always)]
        fn to_array(self) -> [f32; 8] {
            let mut lanes = [0.0; 8];
            // SAFETY: the features are there, see [`Avx2`]; the array has the thirty-two bytes that are
            // written, and this store needs no alignment.
            unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), self.0) };
            lanes
        }
    }
}

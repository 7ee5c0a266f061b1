//! Four `f32` lanes: one register of every target. Sums and products are rounded one by one (never fused), so
//! that results are the same bits everywhere.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use core::arch::wasm32::{
        f32x4_abs, f32x4_add, f32x4_convert_u32x4, f32x4_le, f32x4_mul, f32x4_pmin, f32x4_splat, f32x4_sub,
        i32x4_bitmask, i32x4_shuffle, u32x4_splat, v128, v128_and, v128_load, v128_store, v128_xor,
    };

    #[derive(Clone, Copy)]
    pub(in crate::quantization) struct F32x4(v128);

    impl F32x4 {
        #[inline(always)]
        pub fn splat(value: f32) -> Self {
            Self(f32x4_splat(value))
        }

        #[inline(always)]
        pub fn load(lanes: &[f32; 4]) -> Self {
            // SAFETY: the reference covers the sixteen bytes that are read; the load needs no alignment.
            Self(unsafe { v128_load(lanes.as_ptr().cast()) })
        }

        /// Little-endian floats.
        #[inline(always)]
        pub fn from_le(bytes: &[u8; 16]) -> Self {
            // SAFETY: the reference covers the sixteen bytes that are read; the load needs no alignment.
            Self(unsafe { v128_load(bytes.as_ptr().cast()) })
        }

        #[inline(always)]
        pub fn convert(lanes: &[u32; 4]) -> Self {
            // SAFETY: the reference covers the sixteen bytes that are read; the load needs no alignment.
            Self(f32x4_convert_u32x4(unsafe { v128_load(lanes.as_ptr().cast()) }))
        }

        #[inline(always)]
        pub fn store(self, lanes: &mut [f32; 4]) {
            // SAFETY: the reference covers the sixteen bytes that are written; the store needs no alignment.
            unsafe { v128_store(lanes.as_mut_ptr().cast(), self.0) }
        }

        #[inline(always)]
        pub fn add(self, other: Self) -> Self {
            Self(f32x4_add(self.0, other.0))
        }

        #[inline(always)]
        pub fn sub(self, other: Self) -> Self {
            Self(f32x4_sub(self.0, other.0))
        }

        #[inline(always)]
        pub fn mul(self, other: Self) -> Self {
            Self(f32x4_mul(self.0, other.0))
        }

        /// The smaller of two numbers that are not NaN.
        #[inline(always)]
        pub fn min(self, other: Self) -> Self {
            Self(f32x4_pmin(self.0, other.0))
        }

        #[inline(always)]
        pub fn abs(self) -> Self {
            Self(f32x4_abs(self.0))
        }

        /// Lanes 1, 0, 3, 2.
        #[inline(always)]
        pub fn swap_neighbors(self) -> Self {
            Self(i32x4_shuffle::<1, 0, 3, 2>(self.0, self.0))
        }

        /// Lanes 2, 3, 0, 1.
        #[inline(always)]
        pub fn swap_halves(self) -> Self {
            Self(i32x4_shuffle::<2, 3, 0, 1>(self.0, self.0))
        }

        /// With the sign changed where that of `other` is negative.
        #[inline(always)]
        pub fn times_sign(self, other: Self) -> Self {
            Self(v128_xor(self.0, v128_and(other.0, u32x4_splat(1 << 31))))
        }

        /// Bit `i` says whether lane `i` is at most that of `other`.
        #[inline(always)]
        pub fn le(self, other: Self) -> u32 {
            u32::from(i32x4_bitmask(f32x4_le(self.0, other.0)))
        }
    }
}
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use simd128::F32x4;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable {
    use std::array::from_fn;

    #[derive(Clone, Copy)]
    pub(in crate::quantization) struct F32x4([f32; 4]);

    impl F32x4 {
        #[inline(always)]
        pub fn splat(value: f32) -> Self {
            Self([value; 4])
        }

        #[inline(always)]
        pub fn load(lanes: &[f32; 4]) -> Self {
            Self(*lanes)
        }

        /// Little-endian floats.
        #[inline(always)]
        pub fn from_le(bytes: &[u8; 16]) -> Self {
            let words = bytes.as_chunks::<4>().0;
            Self(from_fn(|lane| f32::from_le_bytes(words[lane])))
        }

        #[inline(always)]
        pub fn convert(lanes: &[u32; 4]) -> Self {
            Self(lanes.map(|lane| lane as f32))
        }

        #[inline(always)]
        pub fn store(self, lanes: &mut [f32; 4]) {
            *lanes = self.0;
        }

        #[inline(always)]
        pub fn add(self, other: Self) -> Self {
            Self(from_fn(|lane| self.0[lane] + other.0[lane]))
        }

        #[inline(always)]
        pub fn sub(self, other: Self) -> Self {
            Self(from_fn(|lane| self.0[lane] - other.0[lane]))
        }

        #[inline(always)]
        pub fn mul(self, other: Self) -> Self {
            Self(from_fn(|lane| self.0[lane] * other.0[lane]))
        }

        /// The smaller of two numbers that are not NaN.
        #[inline(always)]
        pub fn min(self, other: Self) -> Self {
            Self(from_fn(|lane| if other.0[lane] < self.0[lane] { other.0[lane] } else { self.0[lane] }))
        }

        #[inline(always)]
        pub fn abs(self) -> Self {
            Self(self.0.map(f32::abs))
        }

        /// Lanes 1, 0, 3, 2.
        #[inline(always)]
        pub fn swap_neighbors(self) -> Self {
            Self([self.0[1], self.0[0], self.0[3], self.0[2]])
        }

        /// Lanes 2, 3, 0, 1.
        #[inline(always)]
        pub fn swap_halves(self) -> Self {
            Self([self.0[2], self.0[3], self.0[0], self.0[1]])
        }

        /// With the sign changed where that of `other` is negative.
        #[inline(always)]
        pub fn times_sign(self, other: Self) -> Self {
            let sign = |lane: usize| other.0[lane].to_bits() & (1 << 31);
            Self(from_fn(|lane| f32::from_bits(self.0[lane].to_bits() ^ sign(lane))))
        }

        /// Bit `i` says whether lane `i` is at most that of `other`.
        #[inline(always)]
        pub fn le(self, other: Self) -> u32 {
            (0..4).fold(0, |mask, lane| mask | u32::from(self.0[lane] <= other.0[lane]) << lane)
        }
    }
}
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(super) use portable::F32x4;

impl F32x4 {
    /// The sum of the lanes, by halves.
    #[inline(always)]
    pub(super) fn total(self) -> f32 {
        let mut lanes = [0.0; 4];
        self.store(&mut lanes);
        (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
    }
}

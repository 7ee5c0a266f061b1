//! The plain scan that every index has to beat: dot products of 8-bit codes with SIMD128, exact ones of the candidates.
//!
//! Pointers are offsets into the module's memory, which the adapter gets from `reserve`. Codes are rows of `dimension` signed bytes,
//! vectors rows of `dimension` floats; `dimension` is a multiple of 16.

#![no_std]

use core::arch::wasm32::*;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unreachable()
}

/// Grows the memory by `bytes`, rounded up to pages; answers where the new bytes begin, or `u32::MAX` when there are none left.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(bytes: u32) -> u32 {
    match memory_grow::<0>(bytes.div_ceil(65536) as usize) {
        usize::MAX => u32::MAX,
        page => (page * 65536) as u32,
    }
}

/// Writes `scores[i]`, the dot product of `query` and the codes of row `rows[i]`, or of row `i` where `rows` is 0, times the row's
/// scale.
///
/// # Safety
/// Every pointer is aligned to 16 bytes and leads to as much as `count`, `dimension` and the row numbers say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn scan_codes(
    query: *const v128,
    codes: *const v128,
    scales: *const f32,
    rows: *const u32,
    count: usize,
    dimension: usize,
    scores: *mut f32,
) {
    let registers = dimension / 16;
    for i in 0..count {
        // SAFETY: the caller vouches for the pointers.
        unsafe {
            let row = if rows.is_null() { i } else { *rows.add(i) as usize };
            let code = codes.add(row * registers);
            let (mut low, mut high) = (i32x4_splat(0), i32x4_splat(0));
            for r in 0..registers {
                let (a, b) = (v128_load(query.add(r)), v128_load(code.add(r)));
                low = i32x4_add(low, i32x4_dot_i16x8(i16x8_extend_low_i8x16(a), i16x8_extend_low_i8x16(b)));
                high =
                    i32x4_add(high, i32x4_dot_i16x8(i16x8_extend_high_i8x16(a), i16x8_extend_high_i8x16(b)));
            }
            *scores.add(i) = horizontal_sum(f32x4_convert_i32x4(i32x4_add(low, high))) * *scales.add(row);
        }
    }
}

/// Writes `scores[i]`, the dot product of `query` and the vector of row `rows[i]`.
///
/// # Safety
/// As [`scan_codes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn scan_vectors(
    query: *const v128,
    vectors: *const v128,
    rows: *const u32,
    count: usize,
    dimension: usize,
    scores: *mut f32,
) {
    let registers = dimension / 4;
    for i in 0..count {
        // SAFETY: the caller vouches for the pointers.
        unsafe {
            let vector = vectors.add(*rows.add(i) as usize * registers);
            let (mut even, mut odd) = (f32x4_splat(0.0), f32x4_splat(0.0));
            for r in (0..registers).step_by(2) {
                even = f32x4_add(even, f32x4_mul(v128_load(query.add(r)), v128_load(vector.add(r))));
                odd = f32x4_add(odd, f32x4_mul(v128_load(query.add(r + 1)), v128_load(vector.add(r + 1))));
            }
            *scores.add(i) = horizontal_sum(f32x4_add(even, odd));
        }
    }
}

fn horizontal_sum(lanes: v128) -> f32 {
    let pairs = f32x4_add(lanes, i32x4_shuffle::<2, 3, 0, 1>(lanes, lanes));
    f32x4_extract_lane::<0>(f32x4_add(pairs, i32x4_shuffle::<1, 0, 3, 2>(pairs, pairs)))
}

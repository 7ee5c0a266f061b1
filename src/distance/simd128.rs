//! Kernels of WebAssembly's 128-bit SIMD.

use super::each_row;
use crate::types::Space;
use core::arch::wasm32::{f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, f32x4_sub, v128, v128_load};

/// Components of one register.
const LANES: usize = 4;

/// Registers that one sum is spread over, to hide the latency of an addition.
const ACCUMULATORS: usize = 4;

/// Writes the distance of each row of `matrix` to `out`, which has one place a row.
pub(super) fn distances(space: Space, query: &[f32], matrix: &[f32], out: &mut [f32]) {
    each_row(space, query, matrix, out, squared_l2, dot, dot_and_squared_norm);
}

#[inline(always)]
fn squared_l2(a: &[f32], b: &[f32]) -> f32 {
    let [sum] = sums(a, b, |_, sum, x, y| {
        let difference = f32x4_sub(x, y);
        f32x4_add(sum, f32x4_mul(difference, difference))
    });
    sum
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let [sum] = sums(a, b, |_, sum, x, y| f32x4_add(sum, f32x4_mul(x, y)));
    sum
}

/// The inner product of `a` and `b`, and that of `b` with itself.
#[inline(always)]
fn dot_and_squared_norm(a: &[f32], b: &[f32]) -> (f32, f32) {
    let [dot, norm] =
        sums(a, b, |which, sum, x, y| f32x4_add(sum, f32x4_mul(if which == 0 { x } else { y }, y)));
    (dot, norm)
}

/// `SUMS` sums over the pairs of `a` and `b` in one pass: `add(which, sum, x, y)` is the sum numbered
/// `which` with four more pairs, and leaves a lane as it is for a pair of zeros.
#[inline(always)]
fn sums<const SUMS: usize>(
    a: &[f32],
    b: &[f32],
    add: impl Fn(usize, v128, v128, v128) -> v128,
) -> [f32; SUMS] {
    let (a_registers, a_rest) = a.as_chunks::<LANES>();
    let (b_registers, b_rest) = b.as_chunks::<LANES>();
    let (a_chunks, a_tail) = a_registers.as_chunks::<ACCUMULATORS>();
    let (b_chunks, b_tail) = b_registers.as_chunks::<ACCUMULATORS>();

    let mut wide = [[f32x4_splat(0.0); ACCUMULATORS]; SUMS];
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for place in 0..ACCUMULATORS {
            let (x, y) = (load(&x[place]), load(&y[place]));
            for (which, sum) in wide.iter_mut().enumerate() {
                sum[place] = add(which, sum[place], x, y);
            }
        }
    }

    let mut narrow = wide.map(|[a, b, c, d]| f32x4_add(f32x4_add(a, b), f32x4_add(c, d)));
    let mut step = |x: &[f32; LANES], y: &[f32; LANES]| {
        for (which, sum) in narrow.iter_mut().enumerate() {
            *sum = add(which, *sum, load(x), load(y));
        }
    };
    for (x, y) in a_tail.iter().zip(b_tail) {
        step(x, y);
    }
    if !a_rest.is_empty() {
        step(&padded(a_rest), &padded(b_rest));
    }
    narrow.map(|sum| {
        (f32x4_extract_lane::<0>(sum) + f32x4_extract_lane::<2>(sum))
            + (f32x4_extract_lane::<1>(sum) + f32x4_extract_lane::<3>(sum))
    })
}

#[inline(always)]
fn load(lanes: &[f32; LANES]) -> v128 {
    // SAFETY: the reference covers the sixteen bytes that are read; `v128_load` has no alignment.
    unsafe { v128_load(lanes.as_ptr().cast()) }
}

#[inline(always)]
fn padded(rest: &[f32]) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    for (lane, &component) in lanes.iter_mut().zip(rest) {
        *lane = component;
    }
    lanes
}

//! Kernels that the compiler vectorises: AVX2 with FMA where an x86-64 has them, else whatever the
//! target was compiled for (SSE2, NEON).

use super::each_row;
use crate::types::Space;

/// Partial sums kept apart: eight AVX2 registers for the two sums of cosine, enough to hide the
/// latency of an addition.
const LANES: usize = 32;

/// Lanes of the steps after the last full [`LANES`]; the rest is padded to it.
const TAIL_LANES: usize = 8;

/// Writes the distance of each row of `matrix` to `out`, which has one place a row.
pub(super) fn distances(space: Space, query: &[f32], matrix: &[f32], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the processor was just asked for both features; the answer is cached by std.
        return unsafe { distances_avx2(space, query, matrix, out) };
    }
    distances_portable(space, query, matrix, out);
}

/// [`distances`] with the instructions that every processor of the target has.
pub(super) fn distances_portable(space: Space, query: &[f32], matrix: &[f32], out: &mut [f32]) {
    // Fused only where it is such an instruction: elsewhere it is a library call.
    const FUSED: bool = cfg!(target_arch = "aarch64");
    each_row(space, query, matrix, out, squared_l2::<FUSED>, dot::<FUSED>, dot_and_squared_norm::<FUSED>);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn distances_avx2(space: Space, query: &[f32], matrix: &[f32], out: &mut [f32]) {
    each_row(space, query, matrix, out, squared_l2::<true>, dot::<true>, dot_and_squared_norm::<true>);
}

#[inline(always)]
fn squared_l2<const FUSED: bool>(a: &[f32], b: &[f32]) -> f32 {
    let [sum] = sums(a, b, |_, sum, x, y| multiply_add::<FUSED>(x - y, x - y, sum));
    sum
}

#[inline(always)]
fn dot<const FUSED: bool>(a: &[f32], b: &[f32]) -> f32 {
    let [sum] = sums(a, b, |_, sum, x, y| multiply_add::<FUSED>(x, y, sum));
    sum
}

/// The inner product of `a` and `b`, and that of `b` with itself.
#[inline(always)]
fn dot_and_squared_norm<const FUSED: bool>(a: &[f32], b: &[f32]) -> (f32, f32) {
    let [dot, norm] =
        sums(a, b, |which, sum, x, y| multiply_add::<FUSED>(if which == 0 { x } else { y }, y, sum));
    (dot, norm)
}

#[inline(always)]
fn multiply_add<const FUSED: bool>(x: f32, y: f32, sum: f32) -> f32 {
    if FUSED { x.mul_add(y, sum) } else { x * y + sum }
}

/// `SUMS` sums over the pairs of `a` and `b` in one pass: `add(which, sum, x, y)` is the sum numbered
/// `which` with one more pair, and leaves it as it is for a pair of zeros.
#[inline(always)]
fn sums<const SUMS: usize>(a: &[f32], b: &[f32], add: impl Fn(usize, f32, f32, f32) -> f32) -> [f32; SUMS] {
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let mut wide = [[0.0; LANES]; SUMS];
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        step(&mut wide, x, y, &add);
    }

    let mut narrow = wide.map(|lanes| {
        let (parts, _) = lanes.as_chunks::<TAIL_LANES>();
        let mut folded = [0.0; TAIL_LANES];
        for (lane, folded) in folded.iter_mut().enumerate() {
            *folded = (parts[0][lane] + parts[1][lane]) + (parts[2][lane] + parts[3][lane]);
        }
        folded
    });
    let (a_chunks, a_rest) = a_rest.as_chunks::<TAIL_LANES>();
    let (b_chunks, b_rest) = b_rest.as_chunks::<TAIL_LANES>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        step(&mut narrow, x, y, &add);
    }
    if !a_rest.is_empty() {
        step(&mut narrow, &padded(a_rest), &padded(b_rest), &add);
    }
    narrow.map(|[a, b, c, d, e, f, g, h]| ((a + e) + (c + g)) + ((b + f) + (d + h)))
}

#[inline(always)]
fn step<const SUMS: usize, const N: usize>(
    sums: &mut [[f32; N]; SUMS],
    x: &[f32; N],
    y: &[f32; N],
    add: impl Fn(usize, f32, f32, f32) -> f32,
) {
    for (which, sum) in sums.iter_mut().enumerate() {
        for lane in 0..N {
            sum[lane] = add(which, sum[lane], x[lane], y[lane]);
        }
    }
}

#[inline(always)]
fn padded(rest: &[f32]) -> [f32; TAIL_LANES] {
    let mut lanes = [0.0; TAIL_LANES];
    for (lane, &component) in lanes.iter_mut().zip(rest) {
        *lane = component;
    }
    lanes
}

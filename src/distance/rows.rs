//! The one algorithm of all kernels, over whatever registers a processor has.

use super::{NORM_EPSILON, scalar};
use crate::types::Space;

/// Registers that one sum is spread over, to hide the latency of an addition.
const ACCUMULATORS: usize = 4;

/// Squared norms from here up are exact to `f32` precision: each square is off by at most 2⁻¹⁵⁰ where
/// it underflows, 2⁻¹³⁶ over the 2¹⁴ components of [`crate::limits::MAX_DIMENSION`], which is 2⁻²⁴ of this.
const SMALLEST_EXACT_SQUARED_NORM: f32 = f32::MIN_POSITIVE * 16_384.0;

/// A register of `LANES` floats. Methods must be inlined: they are instructions.
pub(super) trait Register<const LANES: usize>: Copy {
    fn zero() -> Self;
    fn load(lanes: &[f32; LANES]) -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// `self × factor + sum`, rounded once or twice.
    fn mul_add(self, factor: Self, sum: Self) -> Self;
    fn to_array(self) -> [f32; LANES];
}

/// Writes the distance of each row of `matrix` to `out`, which has one place a row. The space is told
/// apart once a block; a row's value depends on nothing but the row.
#[inline(always)]
pub(super) fn distances<const LANES: usize, R: Register<LANES>>(
    space: Space,
    query: &[f32],
    matrix: &[f32],
    out: &mut [f32],
) {
    let dimension = query.len();
    let rows = (0..out.len()).map(|row| &matrix[row * dimension..][..dimension]);
    let exact = |distance: f32, row| {
        if distance.is_finite() { distance } else { scalar::distance(space, query, row) }
    };
    match space {
        Space::L2 => {
            for (row, out) in rows.zip(out) {
                let [sum] = sums(query, row, |_, sum, x: R, y| x.sub(y).mul_add(x.sub(y), sum));
                *out = exact(sum, row);
            }
        }
        Space::Ip => {
            for (row, out) in rows.zip(out) {
                let [dot] = sums(query, row, |_, sum, x: R, y| x.mul_add(y, sum));
                *out = exact(1.0 - dot, row);
            }
        }
        Space::Cosine => {
            for (row, out) in rows.zip(out) {
                let [dot, squared_norm] = sums(query, row, |which, sum, x: R, y| {
                    let factor = if which == 0 { x } else { y };
                    factor.mul_add(y, sum)
                });
                let representable = squared_norm >= SMALLEST_EXACT_SQUARED_NORM && squared_norm.is_finite();
                let norm = if representable { squared_norm.sqrt() + NORM_EPSILON } else { f32::NAN };
                *out = exact(1.0 - dot / norm, row);
            }
        }
    }
}

/// `SUMS` sums over the pairs of `a` and `b` in one pass: `add(which, sum, x, y)` is the sum numbered
/// `which` with `LANES` more pairs, and leaves a lane as it is for a pair of zeros.
#[inline(always)]
fn sums<const LANES: usize, const SUMS: usize, R: Register<LANES>>(
    a: &[f32],
    b: &[f32],
    add: impl Fn(usize, R, R, R) -> R,
) -> [f32; SUMS] {
    let (a_registers, a_rest) = a.as_chunks::<LANES>();
    let (b_registers, b_rest) = b.as_chunks::<LANES>();
    let (a_chunks, a_tail) = a_registers.as_chunks::<ACCUMULATORS>();
    let (b_chunks, b_tail) = b_registers.as_chunks::<ACCUMULATORS>();

    let mut wide = [[R::zero(); ACCUMULATORS]; SUMS];
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for place in 0..ACCUMULATORS {
            let (x, y) = (R::load(&x[place]), R::load(&y[place]));
            for (which, sum) in wide.iter_mut().enumerate() {
                sum[place] = add(which, sum[place], x, y);
            }
        }
    }

    let mut narrow = [R::zero(); SUMS];
    for (narrow, [a, b, c, d]) in narrow.iter_mut().zip(wide) {
        *narrow = a.add(b).add(c.add(d));
    }
    for (x, y) in a_tail.iter().zip(b_tail) {
        let (x, y) = (R::load(x), R::load(y));
        for (which, sum) in narrow.iter_mut().enumerate() {
            *sum = add(which, *sum, x, y);
        }
    }
    if !a_rest.is_empty() {
        let (x, y) = (R::load(&padded(a_rest)), R::load(&padded(b_rest)));
        for (which, sum) in narrow.iter_mut().enumerate() {
            *sum = add(which, *sum, x, y);
        }
    }
    narrow.map(|sum| total(sum.to_array()))
}

/// The sum of all lanes, a power of two, by halves.
#[inline(always)]
fn total<const LANES: usize>(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn padded<const LANES: usize>(rest: &[f32]) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    for (lane, &component) in lanes.iter_mut().zip(rest) {
        *lane = component;
    }
    lanes
}

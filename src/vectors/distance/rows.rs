//! The one algorithm of all kernels, over whatever registers a processor has.

use super::{NORM_EPSILON, scalar};
use crate::Space;

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
                let SquaredDifferences(sum) = sums::<LANES, R, _>(query, row);
                *out = exact(total(sum), row);
            }
        }
        Space::Ip => {
            for (row, out) in rows.zip(out) {
                let Products(dot) = sums::<LANES, R, _>(query, row);
                *out = exact(1.0 - total(dot), row);
            }
        }
        Space::Cosine => {
            for (row, out) in rows.zip(out) {
                let ProductsAndSquares(dot, squares) = sums::<LANES, R, _>(query, row);
                let (dot, squared_norm) = (total(dot), total(squares));
                let representable = squared_norm >= SMALLEST_EXACT_SQUARED_NORM && squared_norm.is_finite();
                let norm = if representable { squared_norm.sqrt() + NORM_EPSILON } else { f32::NAN };
                *out = exact(1.0 - dot / norm, row);
            }
        }
    }
}

/// What one pass over a query and a row sums up.
trait Sums<const LANES: usize, R: Register<LANES>>: Copy {
    fn zero() -> Self;
    /// Takes in `LANES` more pairs. A pair of zeros leaves its lane as it is.
    fn take(self, query: R, row: R) -> Self;
    fn join(self, other: Self) -> Self;
}

/// Σ (q − r)².
#[derive(Clone, Copy)]
struct SquaredDifferences<R>(R);

impl<const LANES: usize, R: Register<LANES>> Sums<LANES, R> for SquaredDifferences<R> {
    #[inline(always)]
    fn zero() -> Self {
        Self(R::zero())
    }

    #[inline(always)]
    fn take(self, query: R, row: R) -> Self {
        let difference = query.sub(row);
        Self(difference.mul_add(difference, self.0))
    }

    #[inline(always)]
    fn join(self, other: Self) -> Self {
        Self(self.0.add(other.0))
    }
}

/// Σ q·r.
#[derive(Clone, Copy)]
struct Products<R>(R);

impl<const LANES: usize, R: Register<LANES>> Sums<LANES, R> for Products<R> {
    #[inline(always)]
    fn zero() -> Self {
        Self(R::zero())
    }

    #[inline(always)]
    fn take(self, query: R, row: R) -> Self {
        Self(query.mul_add(row, self.0))
    }

    #[inline(always)]
    fn join(self, other: Self) -> Self {
        Self(self.0.add(other.0))
    }
}

/// Σ q·r and Σ r².
#[derive(Clone, Copy)]
struct ProductsAndSquares<R>(R, R);

impl<const LANES: usize, R: Register<LANES>> Sums<LANES, R> for ProductsAndSquares<R> {
    #[inline(always)]
    fn zero() -> Self {
        Self(R::zero(), R::zero())
    }

    #[inline(always)]
    fn take(self, query: R, row: R) -> Self {
        Self(query.mul_add(row, self.0), row.mul_add(row, self.1))
    }

    #[inline(always)]
    fn join(self, other: Self) -> Self {
        Self(self.0.add(other.0), self.1.add(other.1))
    }
}

/// Sums over the pairs of `query` and `row` in one pass. The accumulators are written out, so that they stay
/// in registers also where the compiler builds for size and unrolls nothing.
#[inline(always)]
fn sums<const LANES: usize, R: Register<LANES>, S: Sums<LANES, R>>(query: &[f32], row: &[f32]) -> S {
    let (query_registers, query_rest) = query.as_chunks::<LANES>();
    let (row_registers, row_rest) = row.as_chunks::<LANES>();
    let (query_chunks, query_tail) = query_registers.as_chunks::<ACCUMULATORS>();
    let (row_chunks, row_tail) = row_registers.as_chunks::<ACCUMULATORS>();

    let [mut a, mut b, mut c, mut d] = [S::zero(); ACCUMULATORS];
    for ([q0, q1, q2, q3], [r0, r1, r2, r3]) in query_chunks.iter().zip(row_chunks) {
        a = a.take(R::load(q0), R::load(r0));
        b = b.take(R::load(q1), R::load(r1));
        c = c.take(R::load(q2), R::load(r2));
        d = d.take(R::load(q3), R::load(r3));
    }
    let mut sums = a.join(b).join(c.join(d));
    for (query, row) in query_tail.iter().zip(row_tail) {
        sums = sums.take(R::load(query), R::load(row));
    }
    if !query_rest.is_empty() {
        sums = sums.take(R::load(&padded(query_rest)), R::load(&padded(row_rest)));
    }
    sums
}

/// The sum of all lanes, a power of two, by halves.
#[inline(always)]
fn total<const LANES: usize>(sum: impl Register<LANES>) -> f32 {
    let mut lanes = sum.to_array();
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

//! Four bits a component, one code after the other, for a graph's hops: the estimates are near enough to
//! walk by, and a row is a sixth of its vector.
//!
//! Codes are made around one center c, so a query is centered too: with x = q − c and s = ‖r‖² / ⟨g, r⟩,
//!
//! | | l2 | ip and cosine |
//! | --- | --- | --- |
//! | query to code | ‖x‖² + ‖r‖² − 2s·⟨g, x⟩ | 1 − ⟨c, q⟩ − ⟨r, c⟩ − s·⟨g, x⟩ |
//! | code to code | ‖r₁‖² + ‖r₂‖² − 2·s₁s₂·⟨g₁, g₂⟩ | 1 − ‖c‖² − ⟨r₁, c⟩ − ⟨r₂, c⟩ − s₁s₂·⟨g₁, g₂⟩ |
//!
//! A row is `add` (‖r‖² or −⟨r, c⟩) and `scale` (s) as f32, Σ vᵢ as u32, all little-endian, and the codes, 64
//! components to 32 bytes, zeros after the last one.

use super::kernels::{self, NIBBLE_STEP, NIBBLE_STEP_BYTES, QueryStep};
use super::{LARGEST_NORM, grid};
use crate::Space;
use std::hint::black_box;

const HEADER_BYTES: usize = 12;

/// Rows that are asked of memory at once: a few kilobytes, so that all are still in the fastest cache when
/// their turn comes.
const BATCH: usize = 32;

/// Bytes that memory hands out at once.
const CACHE_LINE_BYTES: usize = 64;

/// Largest component of a quantised query: 13 bits with the sign, as fine as the sums' 32 bits allow in
/// [`crate::limits::MAX_DIMENSION`] dimensions (Σ (2vᵢ − 15)·qᵢ), and far finer than the codes.
const LARGEST_COMPONENT: f32 = 4_095.0;

/// A growing list of four-bit codes.
#[derive(Debug, Clone)]
pub struct NibbleCodes {
    space: Space,
    center: Vec<f32>,
    /// 0 (l2) or 1 − ‖c‖².
    between_offset: f32,
    rows: Vec<u8>,
    /// The codes of the row that is being written, a byte a component.
    codes: Vec<u8>,
    residual: Vec<f32>,
}

impl NibbleCodes {
    /// An empty list of codes around `center`, rotated as the vectors are.
    pub fn new(space: Space, center: Vec<f32>) -> Self {
        let squared_norm: f64 = center.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let between_offset = match space {
            Space::L2 => 0.0,
            Space::Ip | Space::Cosine => bounded(1.0 - squared_norm),
        };
        let codes = vec![0; center.len().next_multiple_of(NIBBLE_STEP)];
        let residual = vec![0.0; center.len()];
        Self { space, center, between_offset, rows: Vec::new(), codes, residual }
    }

    /// The list that [`as_bytes`](Self::as_bytes) gave; none if the bytes are not whole rows.
    pub fn from_bytes(space: Space, center: Vec<f32>, rows: Vec<u8>) -> Option<Self> {
        let whole = rows.len().is_multiple_of(Self::row_bytes(center.len()));
        whole.then(|| Self { rows, ..Self::new(space, center) })
    }

    /// Bytes of a row of `dimension` components.
    pub const fn row_bytes(dimension: usize) -> usize {
        HEADER_BYTES + dimension.div_ceil(NIBBLE_STEP) * NIBBLE_STEP_BYTES
    }

    /// Components of a code.
    pub fn dimension(&self) -> usize {
        self.center.len()
    }

    /// The center that the codes are made around.
    pub fn center(&self) -> &[f32] {
        &self.center
    }

    /// The number of codes.
    pub fn len(&self) -> usize {
        self.rows.len() / Self::row_bytes(self.dimension())
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows.
    pub fn as_bytes(&self) -> &[u8] {
        &self.rows
    }

    /// Appends the code of a rotated vector.
    ///
    /// A vector too long for estimates, or with components that are infinite or NaN, is far from everything.
    ///
    /// # Panics
    /// If `rotated` does not have [`dimension`](Self::dimension) components.
    pub fn push(&mut self, rotated: &[f32]) {
        self.rows.resize(self.rows.len() + Self::row_bytes(self.dimension()), 0);
        self.set(self.len() as u32 - 1, rotated);
    }

    /// Replaces code `i`.
    ///
    /// # Panics
    /// If there are no more than `i` codes, or `rotated` does not have [`dimension`](Self::dimension) components.
    pub fn set(&mut self, i: u32, rotated: &[f32]) {
        assert_eq!(rotated.len(), self.dimension(), "the vector and the codes differ in dimension");
        let (mut squared_norm, mut with_center) = (0.0, 0.0);
        for ((residual, &x), &c) in self.residual.iter_mut().zip(rotated).zip(&self.center) {
            let r = x - c;
            *residual = r;
            squared_norm += f64::from(r) * f64::from(r);
            with_center += f64::from(r) * f64::from(c);
        }
        let (mut add, mut scale) = (f64::from(f32::MAX), 0.0);
        self.codes.fill(0);
        // Also false for what is not a number.
        if squared_norm <= LARGEST_NORM * LARGEST_NORM && with_center.abs() <= LARGEST_NORM * LARGEST_NORM {
            let fit = grid::quantize(&self.residual, &mut self.codes[..rotated.len()]);
            add = if self.space == Space::L2 { squared_norm } else { -with_center };
            scale = if fit.dot > 0.0 { squared_norm / fit.dot } else { 0.0 };
        }
        let sum: u32 = self.codes[..rotated.len()].iter().map(|&v| u32::from(v)).sum();
        let bytes = Self::row_bytes(self.dimension());
        let row = &mut self.rows[i as usize * bytes..][..bytes];
        let (header, packed) = row.split_at_mut(HEADER_BYTES);
        header[..4].copy_from_slice(&(add as f32).to_le_bytes());
        header[4..8].copy_from_slice(&(scale as f32).to_le_bytes());
        header[8..].copy_from_slice(&sum.to_le_bytes());
        for (byte, [low, high]) in packed.iter_mut().zip(self.codes.as_chunks().0) {
            *byte = low | high << 4;
        }
    }

    /// The estimated distance of the vectors of two codes.
    ///
    /// # Panics
    /// If there are no more than `a` or `b` codes.
    pub fn between(&self, a: u32, b: u32) -> f32 {
        let (a, b) = (self.row(a), self.row(b));
        // ⟨g, h⟩ = Σ (v − 7.5)·(w − 7.5), in quarters.
        let quarters = 4 * kernels::nibble_nibble_dot(a.code, b.code) as i64
            - 30 * (i64::from(a.sum) + i64::from(b.sum))
            + 225 * self.dimension() as i64;
        let dot = a.scale * b.scale * (quarters as f32 * 0.25);
        self.between_offset + a.add + b.add - if self.space == Space::L2 { 2.0 * dot } else { dot }
    }

    /// Makes a rotated query ready for these codes.
    ///
    /// # Panics
    /// If `rotated` does not have [`dimension`](Self::dimension) components.
    pub fn query(&self, rotated: &[f32]) -> NibbleQuery {
        assert_eq!(rotated.len(), self.dimension(), "the query and the codes differ in dimension");
        NibbleQuery::new(self.space, &self.center, rotated)
    }

    #[inline(always)]
    fn row_as_bytes(&self, i: u32) -> &[u8] {
        let bytes = Self::row_bytes(self.dimension());
        &self.rows[i as usize * bytes..][..bytes]
    }

    /// Reads a byte of every cache line of some rows. None of these reads waits for another, whereas the sums
    /// over a row keep the processor from reaching the next row's before this row has come.
    fn touch(&self, rows: &[u32]) {
        let lines = rows.iter().flat_map(|&i| self.row_as_bytes(i).iter().step_by(CACHE_LINE_BYTES));
        black_box(lines.fold(0, |all, byte| all | byte));
    }

    #[inline(always)]
    fn row(&self, i: u32) -> Row<'_> {
        let (header, code) = self.row_as_bytes(i).split_at(HEADER_BYTES);
        let field = |at: usize| [header[at], header[at + 1], header[at + 2], header[at + 3]];
        Row {
            add: f32::from_le_bytes(field(0)),
            scale: f32::from_le_bytes(field(4)),
            sum: u32::from_le_bytes(field(8)),
            code: code.as_chunks().0,
        }
    }
}

/// An offset that a row's factors do not make NaN: what is not a number is far.
fn bounded(offset: f64) -> f32 {
    let limit = f64::from(f32::MAX) / 4.0;
    (if offset.is_nan() { limit } else { offset.clamp(-limit, limit) }) as f32
}

struct Row<'a> {
    add: f32,
    scale: f32,
    sum: u32,
    code: &'a [[u8; NIBBLE_STEP_BYTES]],
}

/// A query for the codes around one center, its components quantised to 13 bits.
#[derive(Debug, Clone)]
pub struct NibbleQuery {
    steps: Vec<QueryStep>,
    /// 15·Σ qᵢ.
    sum: i32,
    /// What a distance is besides its row's factors.
    offset: f32,
    /// ⟨g, x⟩ in the distance, over Σ (2vᵢ − 15)·qᵢ.
    unit: f32,
}

impl NibbleQuery {
    fn new(space: Space, center: &[f32], rotated: &[f32]) -> Self {
        let pairs = || rotated.iter().zip(center).map(|(&q, &c)| (q - c, c));
        let largest = pairs().fold(0.0, |largest: f32, (x, _)| largest.max(x.abs()));
        let (mut squared_norm, mut dot) = (0.0, 0.0);
        for (x, c) in pairs() {
            squared_norm += f64::from(x) * f64::from(x);
            dot += (f64::from(x) + f64::from(c)) * f64::from(c);
        }
        let (factor, offset) = match space {
            Space::L2 => (2.0, squared_norm),
            Space::Ip | Space::Cosine => (1.0, 1.0 - dot),
        };
        // Neither infinite nor NaN nor so small that dividing overflows: then the codes weigh nothing.
        let representable = squared_norm <= LARGEST_NORM * LARGEST_NORM && largest > f32::MIN_POSITIVE;
        let scale = if representable { LARGEST_COMPONENT / largest } else { 0.0 };
        let mut steps = vec![[0; NIBBLE_STEP]; rotated.len().div_ceil(NIBBLE_STEP)];
        let mut sum = 0;
        for (i, (x, _)) in pairs().enumerate() {
            let component = grid::round(x * scale) as i16;
            // Component 4i + j of a step is nibble j of its word i.
            steps[i / NIBBLE_STEP][16 * (i % 4) + i % NIBBLE_STEP / 4] = component;
            sum += 15 * i32::from(component);
        }
        let unit = if representable { factor * 0.5 * largest / LARGEST_COMPONENT } else { 0.0 };
        Self { steps, sum, offset: bounded(offset), unit }
    }

    /// The estimated distance of the query to the vector of code `i`.
    ///
    /// # Panics
    /// If there are no more than `i` codes. For codes of another dimension the result means nothing.
    pub fn distance(&self, codes: &NibbleCodes, i: u32) -> f32 {
        let row = codes.row(i);
        // Both terms may pass 2³¹, their difference does not.
        let dot = kernels::nibble_query_dot(&self.steps, row.code).wrapping_mul(2).wrapping_sub(self.sum);
        self.offset + row.add - row.scale * (self.unit * dot as f32)
    }

    /// The distances to the codes `rows`, which replace the content of `out` in this order. Where the codes are
    /// larger than the caches and the rows lie anywhere, several times as fast as one after the other.
    ///
    /// # Panics
    /// As [`distance`](Self::distance).
    pub fn distances(&self, codes: &NibbleCodes, rows: &[u32], out: &mut Vec<f32>) {
        out.clear();
        for rows in rows.chunks(BATCH) {
            codes.touch(rows);
            out.extend(rows.iter().map(|&i| self.distance(codes, i)));
        }
    }
}

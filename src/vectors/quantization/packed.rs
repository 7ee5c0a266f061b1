//! One-bit codes, packed 32 to a block so that a kernel looks up the same components of all of them at once.
//!
//! A block, little-endian, without padding between its parts:
//!
//! | part | bytes |
//! | --- | --- |
//! | `add` of each code, f32 | 128 |
//! | `scale` of each code, f32 | 128 |
//! | `error` of each code, f32 | 128 |
//! | for each four components a group: codes `l` and `l + 16` in the low and high half of byte `l` | 16 each |
//!
//! The places after the last code of a list are zero.

use super::binary::Factors;
use crate::limits::MAX_DIMENSION;

/// Codes of a block.
pub const LANES: usize = 32;

/// Components of a group.
pub(super) const GROUP: usize = 4;
pub(super) const GROUP_BYTES: usize = 16;

/// Factors of all codes of a block, before its groups.
pub(super) const FACTOR_BYTES: usize = 3 * size_of::<f32>() * LANES;

/// Bytes of a block of codes of `dimension` components.
pub const fn block_bytes(dimension: usize) -> usize {
    FACTOR_BYTES + dimension.div_ceil(GROUP) * GROUP_BYTES
}

/// A growing list of packed codes.
#[derive(Debug, Clone)]
pub struct PackedCodes {
    dimension: usize,
    len: usize,
    bytes: Vec<u8>,
}

impl PackedCodes {
    /// An empty list.
    pub fn new(dimension: usize) -> Self {
        Self { dimension, len: 0, bytes: Vec::new() }
    }

    /// The list of `len` codes that [`as_bytes`](Self::as_bytes) gave; none if [`Codes::new`] gives none.
    pub fn from_bytes(dimension: usize, len: usize, bytes: Vec<u8>) -> Option<Self> {
        Codes::new(dimension, len, &bytes)?;
        Some(Self { dimension, len, bytes })
    }

    /// Components of a code.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The number of codes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The blocks.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The list, borrowed.
    pub fn codes(&self) -> Codes<'_> {
        Codes { dimension: self.dimension, len: self.len, bytes: &self.bytes }
    }

    /// Appends a code: bit `i % 8` of byte `i / 8` for component `i`.
    ///
    /// # Panics
    /// If `bits` does not have `dimension.div_ceil(8)` bytes.
    pub fn push(&mut self, bits: &[u8], factors: Factors) {
        assert_eq!(bits.len(), self.dimension.div_ceil(8), "the code and the list differ in dimension");
        let lane = self.len % LANES;
        if lane == 0 {
            self.bytes.resize(self.bytes.len() + block_bytes(self.dimension), 0);
        }
        self.len += 1;
        let start = self.bytes.len() - block_bytes(self.dimension);
        let (stored, groups) = self.bytes[start..].split_at_mut(FACTOR_BYTES);
        let stored = stored.as_chunks_mut::<4>().0;
        for (part, factor) in [factors.add, factors.scale, factors.error].into_iter().enumerate() {
            stored[part * LANES + lane] = factor.to_le_bytes();
        }
        let shift = 4 * (lane / GROUP_BYTES);
        for (i, group) in groups.as_chunks_mut::<GROUP_BYTES>().0.iter_mut().enumerate() {
            group[lane % GROUP_BYTES] |= (bits[i / 2] >> (4 * (i % 2)) & 0x0f) << shift;
        }
    }
}

/// A borrowed list of packed codes.
#[derive(Debug, Clone, Copy)]
pub struct Codes<'a> {
    dimension: usize,
    len: usize,
    bytes: &'a [u8],
}

impl<'a> Codes<'a> {
    /// The list of `len` codes in `bytes`; none if these are not as many bytes as `len` codes take, or
    /// `dimension` is beyond [`MAX_DIMENSION`].
    pub fn new(dimension: usize, len: usize, bytes: &'a [u8]) -> Option<Self> {
        if dimension > MAX_DIMENSION {
            return None;
        }
        let expected = len.div_ceil(LANES).checked_mul(block_bytes(dimension))?;
        (bytes.len() == expected).then_some(Self { dimension, len, bytes })
    }

    /// Components of a code.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The number of codes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Block `block`, of codes `32 × block` and following.
    ///
    /// # Panics
    /// If there are no more than `block` blocks.
    pub fn block(&self, block: usize) -> &'a [u8] {
        let bytes = block_bytes(self.dimension);
        &self.bytes[block * bytes..][..bytes]
    }

    /// All blocks in order.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        self.bytes.chunks_exact(block_bytes(self.dimension))
    }

    /// Writes code `i` to `bits` as [`PackedCodes::push`] took it.
    ///
    /// # Panics
    /// If there are no more than `i` codes, or `bits` does not have `dimension.div_ceil(8)` bytes.
    pub fn code(&self, i: usize, bits: &mut [u8]) -> Factors {
        assert!(i < self.len, "code {i} of {}", self.len);
        assert_eq!(bits.len(), self.dimension.div_ceil(8), "the code and the list differ in dimension");
        let (factors, groups) = self.block(i / LANES).split_at(FACTOR_BYTES);
        let lane = i % LANES;
        let shift = 4 * (lane / GROUP_BYTES);
        bits.fill(0);
        for (i, group) in groups.as_chunks::<GROUP_BYTES>().0.iter().enumerate() {
            bits[i / 2] |= (group[lane % GROUP_BYTES] >> shift & 0x0f) << (4 * (i % 2));
        }
        let factors = factors.as_chunks::<4>().0;
        let [add, scale, error] = [0, 1, 2].map(|part| f32::from_le_bytes(factors[part * LANES + lane]));
        Factors { add, scale, error }
    }
}

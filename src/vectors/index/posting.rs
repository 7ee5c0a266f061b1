//! Lists of codes: which records they stand for, at which version, and their packed codes.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | number of entries |
//! | 4 each | offset ids |
//! | 2 each, padded to a multiple of 4 | versions (see [`CodeList::version`]) |
//! | the rest | codes in blocks of 32 (`quantization`) |
//!
//! All numbers are little-endian. What reads a list borrows its bytes from a block and copies nothing.

use crate::quantization::{Codes, Encoder, LANES, PackedCodes};

/// A borrowed list.
#[derive(Debug, Clone, Copy)]
pub struct CodeList<'a> {
    ids: &'a [[u8; 4]],
    versions: &'a [[u8; 2]],
    codes: Codes<'a>,
}

impl<'a> CodeList<'a> {
    /// Reads the list of codes of `dimension` bits; `None` if the bytes are not one.
    pub fn parse(dimension: usize, bytes: &'a [u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk()?;
        let count = u32::from_le_bytes(*count) as usize;
        let (ids, rest) = rest.split_at_checked(count.checked_mul(4)?)?;
        let (versions, rest) = rest.split_at_checked(version_bytes(count)?)?;
        let codes = Codes::new(dimension, count, rest)?;
        Some(Self { ids: ids.as_chunks().0, versions: &versions.as_chunks().0[..count], codes })
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The record of an entry.
    ///
    /// # Panics
    /// If there is no such entry; so does [`version`](Self::version).
    pub fn offset_id(&self, entry: usize) -> u32 {
        u32::from_le_bytes(self.ids[entry])
    }

    /// The version of its record at which the entry was written: it is live while the record has that one.
    pub fn version(&self, entry: usize) -> u16 {
        u16::from_le_bytes(self.versions[entry])
    }

    pub fn codes(&self) -> Codes<'a> {
        self.codes
    }

    /// The entry of a record in a list whose offset ids ascend.
    pub fn find(&self, offset_id: u32) -> Option<usize> {
        self.ids.binary_search_by_key(&offset_id, |id| u32::from_le_bytes(*id)).ok()
    }

    /// Lanes of a block of codes that hold an entry.
    pub fn lanes(&self, block: usize) -> u32 {
        match self.len().saturating_sub(block * LANES) {
            0 => 0,
            rest if rest >= LANES => u32::MAX,
            rest => (1 << rest) - 1,
        }
    }
}

fn version_bytes(count: usize) -> Option<usize> {
    Some(count.checked_mul(2)?.next_multiple_of(4))
}

/// A list in the making.
#[derive(Debug, Clone)]
pub struct CodeListBuilder {
    ids: Vec<u32>,
    versions: Vec<u16>,
    codes: PackedCodes,
    /// The bits of the entry that is being copied.
    bits: Vec<u8>,
}

impl CodeListBuilder {
    pub fn new(dimension: usize) -> Self {
        Self {
            ids: Vec::new(),
            versions: Vec::new(),
            codes: PackedCodes::new(dimension),
            bits: vec![0; dimension.div_ceil(8)],
        }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Encodes a rotated vector.
    pub fn push_vector(&mut self, offset_id: u32, version: u16, encoder: &Encoder, vector: &[f32]) {
        let factors = encoder.encode(vector, &mut self.bits);
        self.ids.push(offset_id);
        self.versions.push(version);
        self.codes.push(&self.bits, factors);
    }

    /// Copies an entry of another list of the same dimension.
    pub fn push_from(&mut self, list: &CodeList<'_>, entry: usize) {
        let factors = list.codes.code(entry, &mut self.bits);
        self.ids.push(list.offset_id(entry));
        self.versions.push(list.version(entry));
        self.codes.push(&self.bits, factors);
    }

    /// The records of the entries and their versions, in order.
    pub fn entries(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        self.ids.iter().copied().zip(self.versions.iter().copied())
    }

    /// Drops the entries that `keep` refuses.
    pub fn retain(&mut self, keep: impl Fn(u32, u16) -> bool) {
        if self.entries().all(|(offset_id, version)| keep(offset_id, version)) {
            return;
        }
        let mut kept = Self::new(self.codes.dimension());
        for (entry, (offset_id, version)) in self.entries().enumerate() {
            if keep(offset_id, version) {
                let factors = self.codes().code(entry, &mut kept.bits);
                kept.ids.push(offset_id);
                kept.versions.push(version);
                kept.codes.push(&kept.bits, factors);
            }
        }
        *self = kept;
    }

    /// The codes of the entries.
    pub fn codes(&self) -> Codes<'_> {
        self.codes.codes()
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.len() * 6 + self.codes.as_bytes().len());
        bytes.extend_from_slice(&(self.len() as u32).to_le_bytes());
        self.ids.iter().for_each(|id| bytes.extend_from_slice(&id.to_le_bytes()));
        self.versions.iter().for_each(|version| bytes.extend_from_slice(&version.to_le_bytes()));
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend_from_slice(self.codes.as_bytes());
        bytes
    }
}

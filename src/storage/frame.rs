//! The frame of the log: a length, a sequence number, a chained checksum and a payload.
//!
//! ```text
//! offset  size  field
//!      0     4  magic  "CTLF"
//!      4     4  payload length in bytes, little-endian
//!      8     8  sequence number
//!     16     8  previous: checksum of the frame before, or the seed of the chain
//!     24     8  checksum: XXH3-64 over bytes 0..24 and the payload
//!     32     n  payload
//! ```
//!
//! Each frame carries the checksum of the one before it, so a stale frame in a reused region is never
//! taken for a continuation.

use xxhash_rust::xxh3::Xxh3;

use crate::error::{Corruption, StorageError};
use crate::limits::MAX_FRAME_BYTES;

/// Bytes before the payload.
pub const HEADER_BYTES: usize = 32;

const MAGIC: [u8; 4] = *b"CTLF";

/// One frame, as bytes ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Position in the log; the first frame ever is 1.
    pub sequence: u64,
    /// Header and payload.
    pub bytes: Vec<u8>,
}

/// A payload in the making, with room for the header before it: the frame is built in place.
#[derive(Debug)]
pub struct Payload {
    bytes: Vec<u8>,
}

impl Payload {
    /// An empty one that takes so many bytes without growing.
    pub fn with_capacity(bytes: usize) -> Self {
        let mut buffer = Vec::with_capacity(HEADER_BYTES + bytes);
        buffer.resize(HEADER_BYTES, 0);
        Self { bytes: buffer }
    }

    /// What the payload is appended to.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The payload so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[HEADER_BYTES..]
    }

    /// Bytes of the payload so far.
    pub fn len(&self) -> usize {
        self.bytes.len() - HEADER_BYTES
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Frame {
    /// Builds the frame with the given sequence number that follows a frame whose checksum was `previous`.
    pub fn new(sequence: u64, previous: u64, payload: &[u8]) -> Self {
        let mut copy = Payload::with_capacity(payload.len());
        copy.buffer().extend_from_slice(payload);
        Self::enclose(sequence, previous, copy)
    }

    /// As [`new`](Self::new), without a copy of the payload.
    pub fn enclose(sequence: u64, previous: u64, payload: Payload) -> Self {
        let length = payload.len() as u32;
        let mut bytes = payload.bytes;
        let (header, payload) = bytes.split_at_mut(HEADER_BYTES);
        header[..4].copy_from_slice(&MAGIC);
        header[4..8].copy_from_slice(&length.to_le_bytes());
        header[8..16].copy_from_slice(&sequence.to_le_bytes());
        header[16..24].copy_from_slice(&previous.to_le_bytes());
        let checksum = checksum(&header[..24], payload);
        header[24..].copy_from_slice(&checksum.to_le_bytes());
        Self { sequence, bytes }
    }

    /// What the writer stored in it.
    pub fn payload(&self) -> &[u8] {
        &self.bytes[HEADER_BYTES..]
    }

    /// The checksum that the next frame has to carry.
    pub fn checksum(&self) -> u64 {
        read_u64(&self.bytes, 24)
    }

    /// The checksum of the frame before this one.
    pub fn previous(&self) -> u64 {
        read_u64(&self.bytes, 16)
    }

    /// Reads the frame at the start of `bytes`. The error says which check failed.
    pub fn parse(bytes: &[u8]) -> Result<Self, Corruption> {
        let length = check(bytes)?;
        Ok(Self { sequence: read_u64(bytes, 8), bytes: bytes[..length].to_vec() })
    }
}

/// Where a log ends: the sequence number and the checksum of its last frame, dropped or not.
/// All zero in a log that never had a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainEnd {
    pub sequence: u64,
    pub checksum: u64,
}

impl ChainEnd {
    /// The end after `frame`, if that is the next frame of the chain. Only the first frame ever may
    /// carry any seed.
    pub fn advance(self, frame: &[u8]) -> Result<Self, Corruption> {
        check(frame)?;
        let (sequence, previous) = (read_u64(frame, 8), read_u64(frame, 16));
        let place = || format!("log frame {}", self.sequence.saturating_add(1));
        if self.sequence.checked_add(1) != Some(sequence) {
            return Err(Corruption::new(place(), format!("found frame {sequence} in its place")));
        }
        if self.sequence > 0 && previous != self.checksum {
            return Err(Corruption::new(place(), "does not continue the frame before it"));
        }
        Ok(Self { sequence, checksum: read_u64(frame, 24) })
    }

    /// The end after `frames`: the check of every backend before it appends them.
    pub fn append(self, frames: &[Frame]) -> Result<Self, StorageError> {
        frames
            .iter()
            .try_fold(self, |end, frame| end.advance(&frame.bytes))
            .map_err(|corruption| StorageError::failed("appending to the log", corruption))
    }
}

/// Bytes of the frame whose header `bytes` starts with, as that header says.
pub fn length(bytes: &[u8]) -> Result<usize, Corruption> {
    let bad = |reason: &str| Err(Corruption::new("log frame", reason));
    if bytes.len() < HEADER_BYTES {
        return bad("shorter than a header");
    }
    if bytes[..4] != MAGIC {
        return bad("no magic number");
    }
    let length = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
    if length > MAX_FRAME_BYTES {
        return bad("longer than a frame may be");
    }
    Ok(HEADER_BYTES + length)
}

/// Checks the frame at the start of `bytes`, copying nothing, and returns how long it is.
pub fn check(bytes: &[u8]) -> Result<usize, Corruption> {
    let bad = |reason: &str| Err(Corruption::new("log frame", reason));
    let end = length(bytes)?;
    if bytes.len() < end {
        return bad("shorter than its length says");
    }
    if checksum(&bytes[..24], &bytes[HEADER_BYTES..end]) != read_u64(bytes, 24) {
        return bad("checksum does not match");
    }
    Ok(end)
}

fn checksum(header: &[u8], payload: &[u8]) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(header);
    hasher.update(payload);
    hasher.digest()
}

fn read_u64(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

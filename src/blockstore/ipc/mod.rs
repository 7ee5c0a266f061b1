//! The container of blocks and roots: an Arrow IPC file with one record batch and a checksum.
//!
//! A handful of fixed schemas is written and read straight from the layout, through arrow's flatbuffer
//! and buffer types. The generic reader and writer of `arrow` would bring every type of Arrow with them
//! (220 kB of compressed wasm); the tests use them to prove that these are ordinary Arrow files.

mod compression;
mod decode;
mod encode;
pub(crate) mod schema;

use xxhash_rust::xxh3::Xxh3;

use std::fmt;
use std::ops::Range;

use crate::error::{Corruption, Error};
use crate::storage::BlockId;

pub(crate) use decode::{BatchReader, Check, IpcFile, align};
pub use encode::BatchEncoder;
pub(crate) use encode::encode_file;

/// Version of the container: how the file is framed and where its checksum lies.
pub(crate) const FORMAT: u32 = 1;

/// The same with compressed buffers.
pub(crate) const COMPRESSED_FORMAT: u32 = 2;

/// Every buffer starts at a multiple of this, in the file and therefore in memory.
pub(crate) const ALIGNMENT: usize = 64;

const MAGIC: &[u8; 6] = b"ARROW1";
const CONTINUATION: [u8; 4] = [0xff; 4];
const FORMAT_KEY: &str = "chromatid:format";
const CHECKSUM_KEY: &str = "chromatid:checksum";

/// Hexadecimal digits of the checksum.
const DIGITS: usize = 16;

/// Bytes after the digits: the string's terminator and padding, the footer's length and the magic.
/// The digits are the first thing that the footer's flatbuffer holds, and those grow downwards.
const AFTER_DIGITS: usize = 4 + 4 + MAGIC.len();

/// A file, as errors name it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Block(BlockId),
    Root(BlockId),
}

impl Place {
    fn id(self) -> BlockId {
        match self {
            Place::Block(id) | Place::Root(id) => id,
        }
    }

    pub(crate) fn corrupt(self, reason: impl Into<String>) -> Error {
        Corruption::new(self.to_string(), reason).into()
    }

    /// The refusal of something that a newer program wrote.
    pub(crate) fn newer(self, what: &str, found: u32, known: u32) -> Error {
        Error::Unimplemented(format!(
            "{self} has {what} {found}, written by a newer version of chromatid; this one reads up to {known}. \
             Nothing was changed"
        ))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Block(id) => write!(f, "block {id}"),
            Place::Root(id) => write!(f, "blockfile root {id}"),
        }
    }
}

/// Where the digits of the checksum lie in a file of `length` bytes; `None` if it is too short.
fn digits(length: usize) -> Option<Range<usize>> {
    let end = length.checked_sub(AFTER_DIGITS)?;
    Some(end.checked_sub(DIGITS)?..end)
}

/// XXH3-64 of the block's id and the file with the digits themselves taken as zero bytes. The id is
/// part of it so that one block in another's place is noticed.
fn checksum(id: BlockId, before_digits: &[u8], after_digits: &[u8]) -> String {
    let mut hasher = Xxh3::new();
    hasher.update(&id.0);
    hasher.update(before_digits);
    hasher.update(&[0; DIGITS]);
    hasher.update(after_digits);
    format!("{:016x}", hasher.digest())
}

/// Gives changed bytes the checksum that fits them, as an attacker would.
#[cfg(test)]
pub(crate) fn forge(id: BlockId, bytes: &mut [u8]) {
    if let Some(digits) = digits(bytes.len()) {
        let checksum = checksum(id, &bytes[..digits.start], &bytes[digits.end..]);
        bytes[digits].copy_from_slice(checksum.as_bytes());
    }
}

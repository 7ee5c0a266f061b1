//! The index of ids: for each id the number of its record, and what tells whether the record has changed.

use crate::codec::{Reader, Writer};
use crate::error::Result;
use crate::limits::MAX_RECORDS;
use crate::part::Hash;

/// The first half of a [`Hash`] of the row.
pub type Digest = u64;

/// A value of the table.
pub fn value(number: u32, row: &Hash) -> Vec<u8> {
    let mut out = Writer::new();
    out.varint(u64::from(number));
    out.u64(digest(row));
    out.into_bytes()
}

/// What is kept of the hash of a row.
pub fn digest(row: &Hash) -> Digest {
    row[..8].iter().rev().fold(0, |digest, byte| digest << 8 | u64::from(*byte))
}

/// Reads what [`value`] wrote.
pub fn read(bytes: &[u8]) -> Result<(u32, Digest)> {
    let mut reader = Reader::new("ids", bytes);
    let number = reader.number_u32(MAX_RECORDS)?;
    let digest = reader.u64()?;
    reader.end()?;
    Ok((number, digest))
}

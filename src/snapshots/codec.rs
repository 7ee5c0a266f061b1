//! Numbers and runs of bytes, written one after the other and read back with every length checked.
//!
//! Numbers are little-endian; a *varint* has seven bits a byte, the low ones first, and its shortest form only.

use crate::error::{Error, Result};

/// Appends to a run of bytes.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub fn u16(&mut self, value: u16) {
        self.raw(&value.to_le_bytes());
    }

    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.raw(&value.to_le_bytes());
    }

    pub fn f32(&mut self, value: f32) {
        self.raw(&value.to_le_bytes());
    }

    pub fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// Bytes whose number the reader knows.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes after their number.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        self.raw(bytes);
    }
}

/// Reads what a [`Writer`] wrote.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    place: &'static str,
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// `place` says in errors what was being read.
    pub fn new(place: &'static str, bytes: &'a [u8]) -> Self {
        Self { place, bytes }
    }

    /// The error of this place.
    pub fn fault(&self, reason: impl Into<String>) -> Error {
        Error::corrupt(self.place, reason)
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len()
    }

    /// Refuses what follows the last thing that was read.
    pub fn end(&self) -> Result<()> {
        if self.bytes.is_empty() { Ok(()) } else { Err(self.fault("bytes follow its end")) }
    }

    /// The next `length` bytes.
    pub fn raw(&mut self, length: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            return Err(self.fault("it ends early"));
        };
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let Some((taken, rest)) = self.bytes.split_first_chunk::<N>() else {
            return Err(self.fault("it ends early"));
        };
        self.bytes = rest;
        Ok(*taken)
    }

    pub fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn f32(&mut self) -> Result<f32> {
        self.array().map(f32::from_le_bytes)
    }

    pub fn hash(&mut self) -> Result<[u8; 16]> {
        self.array()
    }

    pub fn digest(&mut self) -> Result<[u8; 32]> {
        self.array()
    }

    pub fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits || (byte == 0 && shift > 0) {
                return Err(self.fault("a number is not in its shortest form"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.fault("a number is too long"))
    }

    /// A varint up to `most`.
    pub fn number(&mut self, most: u64) -> Result<u64> {
        let value = self.varint()?;
        if value > most {
            return Err(self.fault(format!("{value} where {most} is the most")));
        }
        Ok(value)
    }

    pub fn number_u32(&mut self, most: u32) -> Result<u32> {
        self.number(u64::from(most)).map(|value| value as u32)
    }

    /// How many things follow that take `least` bytes each at least: no more than the rest can hold.
    pub fn count(&mut self, most: usize, least: usize) -> Result<usize> {
        let count = self.number(most as u64)? as usize;
        if count.saturating_mul(least) > self.remaining() {
            return Err(self.fault("it ends early"));
        }
        Ok(count)
    }

    /// Bytes after their number.
    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.count(usize::MAX, 1)?;
        self.raw(length)
    }

    /// Text after the number of its bytes.
    pub fn text(&mut self) -> Result<&'a str> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map_err(|_| self.fault("a text is not UTF-8"))
    }
}

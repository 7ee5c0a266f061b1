//! The few file operations that the layout needs, and reads and writes that are never short.

use futures::future::LocalBoxFuture;

use crate::error::{Corruption, StorageError};
use crate::limits::SCAN_BYTES;
use crate::storage::Result;
use crate::storage::frame;

/// One open file. Clones are handles of the same file.
///
/// Implemented by sync access handles (OPFS, Node) and by the simulator. Nothing is promised about the order
/// in which writes between two flushes reach the device, nor that they reach it whole.
pub trait File: Clone {
    /// Length in bytes.
    fn size(&self) -> Result<u64>;

    /// Reads up to `into.len()` bytes at `offset`; returns how many, 0 only at the end of the file.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize>;

    /// Writes up to `bytes.len()` bytes at `offset`, growing the file; returns how many.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize>;

    /// Sets the length.
    fn truncate(&self, size: u64) -> Result<()>;

    /// Returns when everything written to this file before is on the device.
    fn flush(&self) -> Result<()>;

    /// Begins to bring what was written to the device and lets others run meanwhile; `None` where a flush can only be waited
    /// for. It promises nothing: the [`flush`](Self::flush) that has to follow says how it went, and has the less to do.
    fn flush_ahead(&self) -> Option<LocalBoxFuture<'static, ()>> {
        None
    }

    /// Lets go of the file, flushing nothing.
    fn close(&self);
}

/// Fills `into` from `offset` on; the end of the file is an error.
pub fn read_exact<F: File>(file: &F, offset: u64, into: &mut [u8]) -> Result<()> {
    if read_up_to(file, offset, into)? < into.len() {
        return Err(StorageError::failed("reading a file", "it ended too early"));
    }
    Ok(())
}

/// Fills `into` from `offset` on as far as the file goes; returns how many bytes it got.
pub fn read_up_to<F: File>(file: &F, offset: u64, into: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(offset + filled as u64, rest)? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// Writes all of `bytes` at `offset`, or fails; then any part of them may have been written.
pub fn write_all<F: File>(file: &F, offset: u64, bytes: &[u8]) -> Result<()> {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match file.write_at(offset + written as u64, rest)? {
            0 => return Err(StorageError::failed("writing a file", "nothing was written")),
            count => written += count,
        }
    }
    Ok(())
}

/// Makes `file` durable. A failed flush is final, whatever the platform calls it: pages that did not
/// reach the device may be gone from memory too, so it is never an error after which one may go on.
pub fn flush<F: File>(file: &F) -> Result<()> {
    file.flush().map_err(|error| match error {
        StorageError::QuotaExceeded { .. } => StorageError::failed("flushing a file", error),
        error => error,
    })
}

/// Reads frames one after another with few large reads.
pub struct Scanner<'a, F> {
    file: &'a F,
    /// Where the scan ends.
    end: u64,
    /// File offset of the first byte of `buffer`.
    start: u64,
    buffer: Vec<u8>,
}

impl<'a, F: File> Scanner<'a, F> {
    /// A scanner of the bytes before `end`.
    pub fn new(file: &'a F, end: u64) -> Self {
        Self { file, end, start: 0, buffer: Vec::new() }
    }

    /// The frame at `offset`, or which check it failed.
    pub fn frame(&mut self, offset: u64) -> Result<std::result::Result<&[u8], Corruption>> {
        let length = match frame::length(self.bytes(offset, frame::HEADER_BYTES)?) {
            Ok(length) => length,
            Err(corruption) => return Ok(Err(corruption)),
        };
        let bytes = self.bytes(offset, length)?;
        Ok(frame::check(bytes).map(|_| bytes))
    }

    /// Up to `length` bytes at `offset`, fewer only at the end.
    pub fn bytes(&mut self, offset: u64, length: usize) -> Result<&[u8]> {
        let rest = self.end.saturating_sub(offset);
        let wanted = rest.min(length.max(SCAN_BYTES) as u64) as usize;
        let length = rest.min(length as u64) as usize;
        let buffered = self.start..self.start + self.buffer.len() as u64;
        if !(buffered.contains(&offset) && offset + length as u64 <= buffered.end) {
            self.buffer.resize(wanted, 0);
            self.start = offset;
            let filled = read_up_to(self.file, offset, &mut self.buffer)?;
            self.buffer.truncate(filled);
        }
        let from = (offset - self.start) as usize;
        let to = (from + length).min(self.buffer.len());
        // `from` is inside the buffer or, for an empty range, 0: see the check above.
        Ok(self.buffer.get(from..to).unwrap_or_default())
    }
}

pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

pub fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

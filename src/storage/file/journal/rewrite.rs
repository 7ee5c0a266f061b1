//! Moves the live frames to the other file, in steps that others run between.
//!
//! What is appended meanwhile goes to the old file, is acknowledged as ever, and is copied before the files change their roles. A crash at any
//! point leaves the old file whole, or the new one: see the [journal](super).

use futures::future::LocalBoxFuture;

use super::{BODY, File, Header, Journal, Mark, flush, write_all};
use crate::error::StorageError;
use crate::limits::{PAGE_BYTES, SCAN_BYTES};
use crate::storage::file::io::read_exact;
use crate::storage::{ChainEnd, Result};

/// How far it has come.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rewrite {
    Copying(Copying),
    /// The old file has these bytes still.
    Emptying(u64),
}

/// Bytes of the active file that are in the other one too, which has no header yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copying {
    /// Offset of the first of them, a frame's.
    start: u64,
    /// The frame before it.
    base: ChainEnd,
    copied: u64,
    /// The next step ends it: what was copied is on the device, as far as that could be brought about without waiting.
    is_last: bool,
}

impl<F: File> Journal<F> {
    pub(super) fn begin_rewrite(&mut self) {
        let start = self.end_offset - self.live_bytes();
        let copying = Copying { start, base: self.before, copied: 0, is_last: false };
        self.rewrite = Some(Rewrite::Copying(copying));
    }

    /// Ends a rewrite that was begun.
    pub fn finish_rewrite(&mut self) -> Result<()> {
        while self.advance(u64::MAX)? {}
        Ok(())
    }

    /// Takes a step of a rewrite, which copies or frees as many bytes as are worth one; false once there is none left to take.
    pub fn step_rewrite(&mut self) -> Result<bool> {
        self.advance(self.rewrite_bytes.max(1))
    }

    fn advance(&mut self, bytes: u64) -> Result<bool> {
        match self.rewrite {
            None => {}
            Some(Rewrite::Copying(copying)) => self.rewrite = self.step_copy(copying, bytes)?,
            Some(Rewrite::Emptying(size)) => {
                let size = size.saturating_sub(bytes);
                let old = &self.files[1 - self.active];
                old.truncate(size)?;
                if size == 0 {
                    flush(old)?;
                }
                self.rewrite = (size > 0).then_some(Rewrite::Emptying(size));
            }
        }
        Ok(self.rewrite.is_some())
    }

    /// Begins what the next step has to wait for: see [`File::flush_ahead`].
    pub fn rewrite_ahead(&self) -> Option<LocalBoxFuture<'static, ()>> {
        self.rewrite.and_then(|_| self.files[1 - self.active].flush_ahead())
    }

    fn step_copy(&mut self, mut copying: Copying, bytes: u64) -> Result<Option<Rewrite>> {
        let step = if copying.is_last { self.complete(&mut copying) } else { self.copy(&mut copying, bytes) };
        match step {
            Ok(()) if copying.is_last => Ok(Some(self.switch(copying)?)),
            Ok(()) => {
                copying.is_last = copying.start + copying.copied == self.end_offset;
                Ok(Some(Rewrite::Copying(copying)))
            }
            Err(StorageError::QuotaExceeded { .. }) => {
                // Nothing is wrong with the old file; space may be found later.
                let other = &self.files[1 - self.active];
                other.truncate(0)?;
                flush(other)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Copies at most so many bytes.
    fn copy(&self, copying: &mut Copying, bytes: u64) -> Result<()> {
        let other = &self.files[1 - self.active];
        if copying.copied == 0 {
            other.truncate(0)?;
        }
        let rest = self.end_offset - copying.start - copying.copied;
        let end = copying.copied + rest.min(bytes);
        let mut buffer = vec![0; rest.min(bytes).min(SCAN_BYTES as u64) as usize];
        while copying.copied < end {
            let length = (end - copying.copied).min(SCAN_BYTES as u64) as usize;
            read_exact(self.active(), copying.start + copying.copied, &mut buffer[..length])?;
            write_all(other, BODY + copying.copied, &buffer[..length])?;
            copying.copied += length as u64;
        }
        Ok(())
    }

    /// Copies what was appended since, then writes the header that makes the other file the active one.
    fn complete(&self, copying: &mut Copying) -> Result<()> {
        self.copy(copying, u64::MAX)?;
        let other = &self.files[1 - self.active];
        write_all(other, PAGE_BYTES, &self.rewritten_mark(copying).encode())?;
        flush(other)?;
        let header = Header { kind: self.kind, epoch: self.epoch + 1, base: copying.base };
        write_all(other, 0, &header.encode())?;
        flush(other)
    }

    /// The mark of the other file once it is the active one.
    fn rewritten_mark(&self, copying: &Copying) -> Mark {
        let first = self.end_offset - self.live_bytes();
        let offset = first - copying.start + BODY;
        Mark { epoch: self.epoch + 1, before: self.before, offset, durable: self.end.sequence }
    }

    /// Goes on in the other file.
    fn switch(&mut self, copying: Copying) -> Result<Rewrite> {
        let mark = self.rewritten_mark(&copying);
        let old = self.active().size()?;
        self.active = 1 - self.active;
        self.epoch = mark.epoch;
        for frame in &mut self.frames {
            frame.offset = frame.offset - copying.start + BODY;
        }
        self.end_offset = BODY + copying.copied;
        self.size = self.end_offset;
        self.durable = mark.durable;
        self.mark = Some(mark);
        Ok(Rewrite::Emptying(old))
    }
}

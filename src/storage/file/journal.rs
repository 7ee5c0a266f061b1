//! An append-only chain of [frames](crate::storage::frame) in two files, of which one is active.
//!
//! ```text
//! offset  size  header page                             offset  size  mark page (at 4096)
//!      0     4  magic  "CTJN"                                0     4  magic  "CTJM"
//!      4     4  format version, 1                            4     4  0
//!      8     4  kind: 1 log, 2 directory                     8     8  epoch
//!     12     4  0                                           16     8  first: lowest sequence number in use
//!     16     8  epoch                                       24     8  offset of that frame
//!     24     8  base: sequence before the first frame       32     8  checksum of the frame before it
//!     32     8  checksum of that frame                      40     8  last: highest durable sequence number
//!     40     8  XXH3-64 over bytes 0..40                    48     8  XXH3-64 over bytes 0..48
//! frames from 8192 on, back to back
//! ```
//!
//! **Torn or damaged?** A bad frame at the end may be an append that was never acknowledged, or an
//! acknowledged one that was damaged later. The mark tells: it is written after each flush, so that
//! the *next* flush makes it durable at no cost, and says up to which frame everything was durable. A
//! bad or missing frame up to `last` is corruption; whatever follows the last good frame beyond it
//! was in flight and is cut off. Without a whole mark, a bad frame is corruption if a good one of a
//! higher sequence number follows. Zeros at the end are neither: they are room that was kept for appends on a full device.
//!
//! **Rewriting.** Dropped frames are a dead prefix. When it outweighs the rest, the live frames are
//! copied to the other file, flushed, then its header is written with the next epoch, flushed, and only
//! then the old file is emptied ([`rewrite`]). The valid header with the highest epoch wins; a journal without
//! one is corrupt.

mod rewrite;

use std::collections::VecDeque;

use futures::future::LocalBoxFuture;
use xxhash_rust::xxh3::xxh3_64;

use super::io::{File, Scanner, flush, read_up_to, u32_at, u64_at, write_all};
use super::{FORMAT_VERSION, Fault, lengthen, undone};
use crate::error::Corruption;
use crate::limits::{PAGE_BYTES, SCAN_BYTES};
use crate::storage::{ChainEnd, Frame, Result, frame};
use rewrite::Rewrite;

const MAGIC: [u8; 4] = *b"CTJN";
const MARK_MAGIC: [u8; 4] = *b"CTJM";
const HEADER_BYTES: usize = 48;
/// What a file has where nothing was written.
static ZEROS: [u8; PAGE_BYTES as usize] = [0; PAGE_BYTES as usize];
const MARK_BYTES: usize = 56;

/// Offset of the first frame: also the length of a journal that never had one.
pub const BODY: u64 = 2 * PAGE_BYTES;

/// Which journal it is; stored, so that swapped files are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Log = 1,
    Directory = 2,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Log => "log",
            Kind::Directory => "directory of blocks",
        }
    }
}

/// Where one live frame lies.
#[derive(Debug, Clone, Copy)]
struct Position {
    offset: u64,
    checksum: u64,
}

/// The first page of a journal file.
#[derive(Debug, Clone, Copy)]
struct Header {
    kind: Kind,
    epoch: u64,
    base: ChainEnd,
}

/// The second page of a journal file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    epoch: u64,
    /// The frame before the first live one.
    before: ChainEnd,
    /// Offset of the first live frame, or of the end.
    offset: u64,
    /// Sequence number up to which every frame is durable.
    durable: u64,
}

impl Header {
    fn encode(&self) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE_BYTES as usize);
        page.extend_from_slice(&MAGIC);
        page.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        page.extend_from_slice(&(self.kind as u32).to_le_bytes());
        page.extend_from_slice(&[0; 4]);
        for word in [self.epoch, self.base.sequence, self.base.checksum] {
            page.extend_from_slice(&word.to_le_bytes());
        }
        seal(page)
    }

    /// The header of `file`; `None` if there is no whole one.
    fn read<F: File>(file: &F, kind: Kind) -> Result<Option<Self>> {
        let mut bytes = [0; HEADER_BYTES];
        let filled = read_up_to(file, 0, &mut bytes)?;
        if filled < HEADER_BYTES || bytes[..4] != MAGIC || xxh3_64(&bytes[..40]) != u64_at(&bytes, 40) {
            return Ok(None);
        }
        super::check_version(u32_at(&bytes, 4))?;
        if u32_at(&bytes, 8) != kind as u32 {
            return Err(Corruption::new(kind.name(), "this file belongs to something else").into());
        }
        let base = ChainEnd { sequence: u64_at(&bytes, 24), checksum: u64_at(&bytes, 32) };
        Ok(Some(Self { kind, epoch: u64_at(&bytes, 16), base }))
    }
}

impl Mark {
    fn encode(&self) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE_BYTES as usize);
        page.extend_from_slice(&MARK_MAGIC);
        page.extend_from_slice(&[0; 4]);
        let first = self.before.sequence.saturating_add(1);
        for word in [self.epoch, first, self.offset, self.before.checksum, self.durable] {
            page.extend_from_slice(&word.to_le_bytes());
        }
        seal(page)
    }

    /// The mark of `file`, if it is whole and belongs to `header`.
    fn read<F: File>(file: &F, header: &Header) -> Result<Option<Self>> {
        let mut bytes = [0; MARK_BYTES];
        let filled = read_up_to(file, PAGE_BYTES, &mut bytes)?;
        if filled < MARK_BYTES || bytes[..4] != MARK_MAGIC || xxh3_64(&bytes[..48]) != u64_at(&bytes, 48) {
            return Ok(None);
        }
        let Some(sequence) = u64_at(&bytes, 16).checked_sub(1) else { return Ok(None) };
        let mark = Self {
            epoch: u64_at(&bytes, 8),
            before: ChainEnd { sequence, checksum: u64_at(&bytes, 32) },
            offset: u64_at(&bytes, 24),
            durable: u64_at(&bytes, 40),
        };
        let sane = mark.epoch == header.epoch && mark.offset >= BODY && mark.durable >= sequence;
        Ok(sane.then_some(mark))
    }
}

/// Whether a file is what a rewrite left: an old journal, or a new one that has no header yet. Anything else came here by
/// mistake and may be the only copy of something.
fn is_leftover<F: File>(file: &F) -> Result<bool> {
    let mut magic = [0; 4];
    let filled = read_up_to(file, 0, &mut magic)?;
    Ok(filled > 0 && (magic == MAGIC || magic == [0; 4]))
}

/// Ends a page: checksum of what is there, then zeros.
fn seal(mut page: Vec<u8>) -> Vec<u8> {
    let checksum = xxh3_64(&page);
    page.extend_from_slice(&checksum.to_le_bytes());
    page.resize(PAGE_BYTES as usize, 0);
    page
}

/// An open journal.
pub struct Journal<F> {
    kind: Kind,
    files: [F; 2],
    /// Index of the file in use.
    active: usize,
    epoch: u64,
    /// The frame before the first live one.
    before: ChainEnd,
    /// The last frame.
    end: ChainEnd,
    /// Offset after the last frame.
    end_offset: u64,
    /// Live frames, from `before.sequence + 1` on.
    frames: VecDeque<Position>,
    /// The mark as last written.
    mark: Option<Mark>,
    /// Sequence number up to which every frame is durable.
    durable: u64,
    /// Bytes of the active file. Those after the last frame are zeros.
    size: u64,
    /// Bytes cut off when it was opened.
    torn_bytes: u64,
    /// Dead bytes that are worth a rewrite.
    rewrite_bytes: u64,
    /// A rewrite that has begun.
    rewrite: Option<Rewrite>,
}

impl<F: File> Journal<F> {
    /// Writes an empty journal over whatever the files held.
    pub fn create(kind: Kind, files: [F; 2], rewrite_bytes: u64) -> Result<Self> {
        for file in &files {
            file.truncate(0)?;
            flush(file)?;
        }
        let mut journal =
            Self::new(Header { kind, epoch: 1, base: ChainEnd::default() }, files, 0, rewrite_bytes);
        journal.write_mark()?;
        let header = Header { kind, epoch: 1, base: ChainEnd::default() };
        write_all(&journal.files[0], 0, &header.encode())?;
        flush(&journal.files[0])?;
        Ok(journal)
    }

    /// Whether the files can be those of a journal whose creation was not finished, or of one that
    /// never had a frame.
    pub fn is_unused(files: &[F; 2]) -> Result<bool> {
        Ok(files[0].size()? <= BODY && files[1].size()? == 0)
    }

    fn new(header: Header, files: [F; 2], active: usize, rewrite_bytes: u64) -> Self {
        Self {
            kind: header.kind,
            files,
            active,
            epoch: header.epoch,
            before: header.base,
            end: header.base,
            end_offset: BODY,
            frames: VecDeque::new(),
            mark: None,
            durable: header.base.sequence,
            size: BODY,
            torn_bytes: 0,
            rewrite_bytes,
            rewrite: None,
        }
    }

    /// Opens a journal: finds its frames, cuts off an unfinished append, and makes the rest durable.
    /// Damage is reported as [`StorageError::Corrupt`] before anything is written.
    pub fn open(kind: Kind, files: [F; 2], rewrite_bytes: u64) -> Result<Self> {
        let headers = [Header::read(&files[0], kind)?, Header::read(&files[1], kind)?];
        let newest = (0..2).filter_map(|at| headers[at].map(|header| (at, header)));
        let Some((active, header)) = newest.max_by_key(|(_, header)| header.epoch) else {
            return Err(Corruption::new(kind.name(), "neither of its two files has a whole header").into());
        };
        let mut journal = Self::new(header, files, active, rewrite_bytes);
        let size = journal.active().size()?;
        if size < BODY {
            return Err(journal.corrupt("its file is cut short").into());
        }
        journal.mark = Mark::read(journal.active(), &header)?;
        journal.scan(size)?;
        journal.settle(size)?;
        Ok(journal)
    }

    /// Finds the live frames in the first `size` bytes.
    fn scan(&mut self, size: u64) -> Result<()> {
        if let Some(mark) = self.mark {
            self.before = mark.before;
            self.end = mark.before;
            self.end_offset = mark.offset;
            self.durable = mark.durable;
        }
        let file = self.active().clone();
        let mut scanner = Scanner::new(&file, size);
        let failure = loop {
            if self.end_offset >= size {
                break None;
            }
            let next =
                scanner.frame(self.end_offset)?.and_then(|bytes| Ok((self.end.advance(bytes)?, bytes.len())));
            match next {
                Ok((end, length)) => self.push(end, length as u64),
                Err(corruption) => break Some(corruption.reason),
            }
        };
        let reason = failure.unwrap_or_else(|| "it is missing".into());
        if self.end.sequence < self.durable || self.end_offset > size {
            return Err(self.corrupt(reason).into());
        }
        if self.mark.is_none() && self.good_frame_follows(&mut scanner, size)? {
            return Err(self.corrupt(reason).into());
        }
        Ok(())
    }

    /// Whether a whole frame with a later sequence number starts anywhere after the last good one.
    fn good_frame_follows(&self, scanner: &mut Scanner<'_, F>, size: u64) -> Result<bool> {
        // As many frames as could lie between, at most: rules out chance and foreign payloads cheaply.
        let furthest =
            self.end.sequence.saturating_add((size - self.end_offset) / frame::HEADER_BYTES as u64 + 1);
        for offset in self.end_offset..size {
            let header = scanner.bytes(offset, frame::HEADER_BYTES)?;
            if frame::length(header).is_err() {
                continue;
            }
            let sequence = u64_at(header, 8);
            if sequence > self.end.sequence && sequence <= furthest && scanner.frame(offset)?.is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// After a scan: cuts off the torn rest, makes what was found durable, empties the other file.
    fn settle(&mut self, size: u64) -> Result<()> {
        self.size = size;
        self.torn_bytes = self.used_after_end()?;
        if self.torn_bytes > 0 {
            self.active().truncate(self.end_offset)?;
            self.size = self.end_offset;
        }
        let other = &self.files[1 - self.active];
        let leftover = is_leftover(other)?;
        if self.torn_bytes > 0 || leftover || self.mark.is_none() || self.end.sequence > self.durable {
            flush(self.active())?;
        }
        if leftover {
            other.truncate(0)?;
            flush(other)?;
        }
        self.durable = self.end.sequence;
        self.write_mark()
    }

    /// Bytes from the last frame to the last that is not zero.
    fn used_after_end(&self) -> Result<u64> {
        let mut scanner = Scanner::new(self.active(), self.size);
        let (mut offset, mut used) = (self.end_offset, 0);
        while offset < self.size {
            let bytes = scanner.bytes(offset, SCAN_BYTES)?;
            // Nearly always all of it is zero, which is told fastest by comparing pages.
            let pages = bytes.chunks(ZEROS.len()).enumerate();
            if let Some((page, content)) = pages.rev().find(|(_, page)| **page != ZEROS[..page.len()]) {
                let last = content.iter().rposition(|byte| *byte != 0).unwrap_or_default();
                used = offset + (page * ZEROS.len() + last) as u64 + 1 - self.end_offset;
            }
            offset += bytes.len().max(1) as u64;
        }
        Ok(used)
    }

    fn push(&mut self, end: ChainEnd, length: u64) {
        self.frames.push_back(Position { offset: self.end_offset, checksum: end.checksum });
        self.end = end;
        self.end_offset += length;
    }

    fn active(&self) -> &F {
        &self.files[self.active]
    }

    fn corrupt(&self, reason: impl Into<String>) -> Corruption {
        Corruption::new(format!("{} frame {}", self.kind.name(), self.end.sequence.saturating_add(1)), reason)
    }

    /// Writes the mark if it would say something new. Needs no flush: see the [module](self).
    fn write_mark(&mut self) -> Result<()> {
        let offset = self.frames.front().map_or(self.end_offset, |frame| frame.offset);
        let mark = Mark { epoch: self.epoch, before: self.before, offset, durable: self.durable };
        if self.mark != Some(mark) {
            write_all(self.active(), PAGE_BYTES, &mark.encode())?;
            self.mark = Some(mark);
        }
        Ok(())
    }

    /// The last frame ever appended.
    pub fn end(&self) -> ChainEnd {
        self.end
    }

    /// Bytes that were cut off when it was opened.
    pub fn torn_bytes(&self) -> u64 {
        self.torn_bytes
    }

    /// Bytes of the live frames.
    pub fn live_bytes(&self) -> u64 {
        self.frames.front().map_or(0, |first| self.end_offset - first.offset)
    }

    /// Appends frames that continue the chain. They are durable after the next [`sync`](Self::sync).
    pub fn append(&mut self, frames: &[Frame]) -> std::result::Result<(), Fault> {
        self.end.append(frames).map_err(Fault::Refused)?;
        let written = match frames {
            [] => return Ok(()),
            [frame] => write_all(self.active(), self.end_offset, &frame.bytes),
            // One call for all of them: a call costs more than a copy.
            _ => write_all(
                self.active(),
                self.end_offset,
                &frames.iter().map(|frame| frame.bytes.as_slice()).collect::<Vec<_>>().concat(),
            ),
        };
        written.or_else(|error| {
            // Durably gone, or a crash could bring back what the caller was told had failed.
            undone(error, || {
                self.active().truncate(self.end_offset)?;
                self.size = self.end_offset;
                flush(&self.files[self.active])
            })
        })?;
        for frame in frames {
            let end = ChainEnd { sequence: frame.sequence, checksum: frame.checksum() };
            self.push(end, frame.bytes.len() as u64);
        }
        self.size = self.size.max(self.end_offset);
        Ok(())
    }

    /// Makes room for `bytes` after the last frame.
    pub fn reserve(&mut self, bytes: u64) -> std::result::Result<(), Fault> {
        let wanted = self.end_offset + bytes;
        if self.size < wanted {
            self.size = lengthen(self.active(), wanted)?;
        }
        Ok(())
    }

    /// Makes every frame durable.
    pub fn sync(&mut self) -> Result<()> {
        if self.durable == self.end.sequence {
            return Ok(());
        }
        flush(self.active())?;
        self.durable = self.end.sequence;
        self.write_mark()
    }

    /// Begins what [`sync`](Self::sync) has to wait for: see [`File::flush_ahead`].
    pub fn sync_ahead(&self) -> Option<LocalBoxFuture<'static, ()>> {
        (self.durable != self.end.sequence).then(|| self.active().flush_ahead()).flatten()
    }

    /// Makes the mark durable too, before the files are let go.
    pub fn finish(&mut self) -> Result<()> {
        self.sync()?;
        flush(self.active())
    }

    /// Live frames from sequence number `from` on, verified again.
    pub fn read(&self, from: u64) -> Result<Vec<Frame>> {
        let skip = from.saturating_sub(self.before.sequence.saturating_add(1));
        let skip = usize::try_from(skip).unwrap_or(usize::MAX).min(self.frames.len());
        let mut end = match skip.checked_sub(1).and_then(|last| self.frames.get(last)) {
            Some(frame) => {
                ChainEnd { sequence: self.before.sequence + skip as u64, checksum: frame.checksum }
            }
            None => self.before,
        };
        let mut scanner = Scanner::new(self.active(), self.end_offset);
        let mut frames = Vec::with_capacity(self.frames.len() - skip);
        for position in self.frames.range(skip..) {
            let bytes = scanner.frame(position.offset)?;
            let frame = bytes.and_then(|bytes| {
                end = end.advance(bytes)?;
                Frame::parse(bytes)
            });
            frames.push(frame.map_err(|corruption| {
                let place = format!("{} frame {}", self.kind.name(), end.sequence.saturating_add(1));
                Corruption::new(place, corruption.reason)
            })?);
        }
        Ok(frames)
    }

    /// Forgets frames below `below`, and begins a [rewrite](Self::step_rewrite) of the journal if that frees much.
    pub fn drop_below(&mut self, below: u64) -> Result<()> {
        let count = below.saturating_sub(self.before.sequence.saturating_add(1));
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(self.frames.len());
        let Some(last) = count.checked_sub(1).and_then(|last| self.frames.get(last)).copied() else {
            return Ok(());
        };
        if self.durable < self.before.sequence + count as u64 {
            // The mark must not point behind frames that could still be lost.
            self.sync()?;
        }
        self.frames.drain(..count);
        self.before = ChainEnd { sequence: self.before.sequence + count as u64, checksum: last.checksum };
        self.write_mark()?;
        if self.rewrite.is_none() && self.dead_bytes() > self.rewrite_bytes && self.is_mostly_dead() {
            self.begin_rewrite();
        }
        Ok(())
    }

    fn dead_bytes(&self) -> u64 {
        self.end_offset - BODY - self.live_bytes()
    }

    /// Whether most of its frames are dropped, and still take room.
    pub fn is_mostly_dead(&self) -> bool {
        self.dead_bytes() > self.live_bytes()
    }

    /// Gives up the room that is kept after the last frame, and with its help that of dropped frames, if these are most; true then.
    pub fn shed(&mut self) -> Result<bool> {
        if self.size > self.end_offset {
            self.active().truncate(self.end_offset)?;
            self.size = self.end_offset;
        }
        let is_under_way = self.rewrite.is_some();
        self.finish_rewrite()?;
        let is_due = self.is_mostly_dead();
        if is_due {
            self.begin_rewrite();
            self.finish_rewrite()?;
        }
        Ok(is_under_way || is_due)
    }
}

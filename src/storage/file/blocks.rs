//! Blocks in one data file, and the directory that says where each lies.
//!
//! The directory is a [`Journal`] whose frames hold changes:
//!
//! ```text
//! offset  size  payload of a directory frame
//!      0     1  kind: 0 changes, 1 snapshot (all that was said before is void)
//!      1  33·n  changes, each:
//!                    0     1  what: 1 put, 2 delete, 3 a root was written
//!                    1    16  block id (0 for 3)
//!                   17     8  offset in the data file (put only, else 0), a multiple of 4096
//!                   25     8  length (put only, else 0)
//! ```
//!
//! A block becomes durable by flushing the data file and then its directory frame, so an entry never
//! points at bytes that were not there. Freed space is reused only after the deletion is durable.

use std::collections::BTreeMap;

use arrow::buffer::{Buffer, MutableBuffer};
use futures::future::LocalBoxFuture;

use super::extents::{Allocator, Extent};
use super::io::{File, flush, read_exact, read_up_to, u64_at, write_all};
use super::journal::{Journal, Kind};
use super::{Fault, FileOptions, lengthen, undone};
use crate::error::{Corruption, StorageError};
use crate::limits::{
    BLOCK_RESERVE_FRACTION, COMPACTED_PERCENT, DIRECTORY_RESERVE_BYTES, MAX_BLOCK_BYTES,
    MAX_BLOCK_RESERVE_BYTES, MAX_FRAME_BYTES, MIN_BLOCK_RESERVE_BYTES, PAGE_BYTES, SHRINK_STEP_BYTES,
    SPARE_FRACTION,
};
use crate::storage::memory::check_new_blocks;
use crate::storage::{BlockId, BlockPart, Frame, Result};

const CHANGES: u8 = 0;
const SNAPSHOT: u8 = 1;
const CHANGE_BYTES: usize = 33;
/// Largest offset in the data file: beyond any quota, and every sum of two offsets fits.
const MAX_OFFSET: u64 = 1 << 53;

/// One entry of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Put(BlockId, Extent),
    Delete(BlockId),
    /// From now on a store without a readable root is damaged, not new.
    Rooted,
}

impl Change {
    fn encode(self, payload: &mut Vec<u8>) {
        let nowhere = Extent { offset: 0, length: 0 };
        let (what, id, extent) = match self {
            Change::Put(id, extent) => (1, id, extent),
            Change::Delete(id) => (2, id, nowhere),
            Change::Rooted => (3, BlockId([0; 16]), nowhere),
        };
        payload.push(what);
        payload.extend_from_slice(&id.0);
        payload.extend_from_slice(&extent.offset.to_le_bytes());
        payload.extend_from_slice(&extent.length.to_le_bytes());
    }

    fn decode(bytes: &[u8; CHANGE_BYTES]) -> Option<Self> {
        let mut id = BlockId([0; 16]);
        id.0.copy_from_slice(&bytes[1..17]);
        let extent = Extent { offset: u64_at(bytes, 17), length: u64_at(bytes, 25) };
        match bytes[0] {
            1 => (extent.offset.is_multiple_of(PAGE_BYTES)
                && extent.offset < MAX_OFFSET
                && extent.length <= MAX_BLOCK_BYTES as u64)
                .then_some(Change::Put(id, extent)),
            2 => Some(Change::Delete(id)),
            3 => Some(Change::Rooted),
            _ => None,
        }
    }
}

/// What the directory says in all.
#[derive(Debug, Default)]
struct Directory {
    extents: BTreeMap<BlockId, Extent>,
    rooted: bool,
}

impl Directory {
    /// Applies one frame's payload.
    fn apply(&mut self, payload: &[u8]) -> std::result::Result<(), &'static str> {
        let (kind, changes) = payload.split_first().ok_or("an empty frame")?;
        match *kind {
            CHANGES => {}
            SNAPSHOT => *self = Self::default(),
            _ => return Err("a frame of an unknown kind"),
        }
        let (changes, rest) = changes.as_chunks::<CHANGE_BYTES>();
        if !rest.is_empty() {
            return Err("a change that is cut short");
        }
        for change in changes {
            match Change::decode(change).ok_or("a change that makes no sense")? {
                Change::Put(id, extent) if self.extents.insert(id, extent).is_some() => {
                    return Err("a block that is put twice");
                }
                Change::Delete(id) if self.extents.remove(&id).is_none() => {
                    return Err("a deleted block that does not exist");
                }
                Change::Rooted => self.rooted = true,
                Change::Put(..) | Change::Delete(_) => {}
            }
        }
        Ok(())
    }
}

/// The block file and its directory, open.
pub struct Blocks<F> {
    file: F,
    journal: Journal<F>,
    directory: Directory,
    allocator: Allocator,
    /// Blocks that the durable directory does not have yet.
    written: BTreeMap<BlockId, Extent>,
    /// Blocks that the durable directory still has.
    deleted: BTreeMap<BlockId, Extent>,
    /// A flush has begun that was not finished.
    noting: bool,
    /// Where the blocks were that it deletes.
    leaving: Vec<Extent>,
    /// Bytes of the data file. Those after the last block are room that is kept for compactions.
    size: u64,
    /// Bytes after the last block that are kept for compactions on a full device: none until they are asked for.
    kept: u64,
    /// The data file has writes that no flush followed.
    dirty: bool,
    /// Content bytes of all blocks.
    content_bytes: u64,
    /// Set when the data file is shorter than it should be: what is there can be read, but no more.
    damage: Option<Corruption>,
    options: FileOptions,
}

impl<F: File> Blocks<F> {
    /// The blocks of a store that is being created or cleared.
    pub fn create(file: F, directories: [F; 2], options: FileOptions) -> Result<Self> {
        file.truncate(0)?;
        flush(&file)?;
        let journal = Journal::create(Kind::Directory, directories, options.rewrite_bytes)?;
        Self::new(file, journal, options)
    }

    /// Opens the blocks of an existing store.
    pub fn open(file: F, directories: [F; 2], options: FileOptions) -> Result<Self> {
        let journal = Journal::open(Kind::Directory, directories, options.rewrite_bytes)?;
        Self::new(file, journal, options)
    }

    fn new(file: F, journal: Journal<F>, options: FileOptions) -> Result<Self> {
        let mut directory = Directory::default();
        for frame in journal.read(0)? {
            directory.apply(frame.payload()).map_err(|reason| {
                Corruption::new(format!("directory of blocks, frame {}", frame.sequence), reason)
            })?;
        }
        let allocator = Allocator::new(directory.extents.values().copied())?;
        let size = file.size()?;
        let missing = directory.extents.iter().find(|(_, extent)| extent.length > 0 && extent.end() > size);
        let damage = missing
            .map(|(id, _)| Corruption::new(format!("block {id}"), "the file of blocks ends before it does"));
        let content_bytes = directory.extents.values().map(|extent| extent.length).sum();
        Ok(Self {
            file,
            journal,
            directory,
            allocator,
            written: BTreeMap::new(),
            deleted: BTreeMap::new(),
            noting: false,
            leaving: Vec::new(),
            size,
            kept: 0,
            dirty: false,
            content_bytes,
            damage,
            options,
        })
    }

    /// Ids of all blocks, ascending.
    pub fn ids(&self) -> Vec<BlockId> {
        self.directory.extents.keys().copied().collect()
    }

    /// How many blocks there are, and the bytes of their content.
    pub fn count(&self) -> (u64, u64) {
        (self.directory.extents.len() as u64, self.content_bytes)
    }

    /// Reads a block into aligned memory.
    pub fn read(&self, id: BlockId) -> Result<Option<Buffer>> {
        let Some(extent) = self.directory.extents.get(&id) else { return Ok(None) };
        if self.damage.is_some() && extent.length > 0 && extent.end() > self.file.size()? {
            return Err(
                Corruption::new(format!("block {id}"), "the file of blocks ends before it does").into()
            );
        }
        // At most MAX_BLOCK_BYTES: checked when it was written and when the directory was read.
        let mut buffer = MutableBuffer::from_len_zeroed(extent.length as usize);
        read_exact(&self.file, extent.offset, buffer.as_slice_mut())?;
        Ok(Some(buffer.into()))
    }

    /// Reads some bytes of a block; `None` if they do not lie in it.
    pub fn read_part(&self, part: &BlockPart) -> Result<Option<Buffer>> {
        let Some(extent) = self.directory.extents.get(&part.id) else { return Ok(None) };
        let offset = u64::from(part.offset);
        if offset + u64::from(part.length) > extent.length {
            return Ok(None);
        }
        let mut buffer = MutableBuffer::from_len_zeroed(part.length as usize);
        match read_up_to(&self.file, extent.offset + offset, buffer.as_slice_mut())? {
            read if read < buffer.len() => Ok(None),
            _ => Ok(Some(buffer.into())),
        }
    }

    fn check_undamaged(&self) -> std::result::Result<(), Fault> {
        match &self.damage {
            Some(damage) => Err(Fault::Refused(damage.clone().into())),
            None => Ok(()),
        }
    }

    /// Writes new blocks, all or none.
    pub fn write(&mut self, blocks: Vec<(BlockId, Buffer)>) -> std::result::Result<(), Fault> {
        self.check_undamaged()?;
        check_new_blocks(&blocks, |id| self.directory.extents.contains_key(&id)).map_err(Fault::Refused)?;
        let mut placed = Vec::with_capacity(blocks.len());
        for (id, bytes) in &blocks {
            let extent = self.allocator.allocate(bytes.len() as u64);
            placed.push((*id, extent));
            self.dirty = true;
            if let Err(error) = write_all(&self.file, extent.offset, bytes) {
                for (_, extent) in placed {
                    self.allocator.release(extent);
                }
                // The bytes that did get written lie in free space, where they mean nothing.
                return undone(error, || self.trim());
            }
            self.size = self.size.max(extent.end());
        }
        for (id, extent) in placed {
            self.content_bytes += extent.length;
            self.directory.extents.insert(id, extent);
            self.written.insert(id, extent);
        }
        Ok(())
    }

    /// Deletes the blocks among `ids` that exist.
    pub fn delete(&mut self, ids: Vec<BlockId>) -> std::result::Result<(), Fault> {
        self.check_undamaged()?;
        for id in ids {
            let Some(extent) = self.directory.extents.remove(&id) else { continue };
            self.content_bytes -= extent.length;
            if self.written.remove(&id).is_some() {
                // No directory on the device has it, so nothing can refer to its bytes.
                self.allocator.release(extent);
            } else {
                self.deleted.insert(id, extent);
            }
        }
        Ok(())
    }

    /// Begins what [`flush`](Self::flush) has to wait for longest: see [`File::flush_ahead`].
    pub fn flush_ahead(&self) -> Option<LocalBoxFuture<'static, ()>> {
        self.dirty.then(|| self.file.flush_ahead()).flatten()
    }

    /// Makes all writes and deletions durable.
    pub fn flush(&mut self) -> std::result::Result<(), Fault> {
        self.begin_flush()?;
        self.finish_flush()
    }

    /// Makes all writes durable, and notes them with the deletions. Between this and [`finish_flush`](Self::finish_flush) others may write and
    /// delete: what they do is not part of this flush, and space that it frees is not theirs yet.
    pub fn begin_flush(&mut self) -> std::result::Result<(), Fault> {
        if self.dirty {
            flush(&self.file)?;
            self.dirty = false;
        }
        if self.written.is_empty() && self.deleted.is_empty() {
            return Ok(());
        }
        // Deletions first: an id may come back.
        let deletes = self.deleted.keys().map(|id| Change::Delete(*id));
        let puts = self.written.iter().map(|(id, extent)| Change::Put(*id, *extent));
        let changes: Vec<Change> = deletes.chain(puts).collect();
        self.append(&changes)?;
        self.written.clear();
        self.leaving.extend(std::mem::take(&mut self.deleted).into_values());
        self.noting = true;
        Ok(())
    }

    /// Begins what [`finish_flush`](Self::finish_flush) waits for: see [`File::flush_ahead`].
    pub fn note_ahead(&self) -> Option<LocalBoxFuture<'static, ()>> {
        self.journal.sync_ahead()
    }

    /// Makes durable what was noted.
    pub fn finish_flush(&mut self) -> std::result::Result<(), Fault> {
        if !std::mem::take(&mut self.noting) {
            return Ok(());
        }
        self.journal.sync()?;
        for extent in std::mem::take(&mut self.leaving) {
            self.allocator.release(extent);
        }
        self.trim()?;
        self.compact()
    }

    /// Notes durably, once, that the store is about to have a root.
    pub fn note_root(&mut self) -> std::result::Result<(), Fault> {
        self.check_undamaged()?;
        if !self.directory.rooted {
            self.note(&[Change::Rooted])?;
            self.directory.rooted = true;
        }
        Ok(())
    }

    /// Appends frames with `changes` to the directory and makes them durable.
    fn note(&mut self, changes: &[Change]) -> std::result::Result<(), Fault> {
        self.append(changes)?;
        Ok(self.journal.sync()?)
    }

    /// Appends frames with `changes` to the directory.
    fn append(&mut self, changes: &[Change]) -> std::result::Result<(), Fault> {
        let mut frames = Vec::new();
        let mut end = self.journal.end();
        for changes in changes.chunks((MAX_FRAME_BYTES - 1) / CHANGE_BYTES) {
            let frame = Frame::new(end.sequence + 1, end.checksum, &encode(CHANGES, changes.iter().copied()));
            end = crate::storage::ChainEnd { sequence: frame.sequence, checksum: frame.checksum() };
            frames.push(frame);
        }
        self.journal.append(&frames)
    }

    /// Cuts the data file off after its last block and what is kept.
    fn trim(&mut self) -> Result<()> {
        let end = self.allocator.end() + self.kept;
        if self.file.size()? > end {
            self.file.truncate(end)?;
            self.size = end;
        }
        Ok(())
    }

    /// Makes the room that a compaction of `log` bytes may need, and that of a few blocks beyond, in the directory too.
    pub fn reserve(&mut self, log: u64) -> std::result::Result<(), Fault> {
        self.journal.reserve(DIRECTORY_RESERVE_BYTES)?;
        self.kept = self.room_for(log);
        let wanted = self.allocator.end() + self.kept;
        if self.damage.is_none() && self.size < wanted {
            self.size = lengthen(&self.file, wanted)?;
        }
        Ok(())
    }

    /// Bytes that a compaction of `log` bytes may need.
    fn room_for(&self, log: u64) -> u64 {
        let part = self.allocator.end() / BLOCK_RESERVE_FRACTION;
        part.clamp(MIN_BLOCK_RESERVE_BYTES, MAX_BLOCK_RESERVE_BYTES) + log * COMPACTED_PERCENT / 100
    }

    /// Moves some of the last blocks into free space before them and cuts the file off, if that is worth it. True when there may be more to
    /// move.
    ///
    /// A block is copied to where nothing lies, and the directory names its new place in one frame, once the copy is durable. The old
    /// one is free after that.
    /// Of the room that is kept it leaves what the compaction of `log` bytes may need.
    pub fn shrink(&mut self, log: u64) -> std::result::Result<bool, Fault> {
        self.flush()?;
        self.check_undamaged()?;
        self.kept = self.kept.min(self.room_for(log));
        self.trim()?;
        let spare = self.options.spare_bytes.max(self.allocator.end() / SPARE_FRACTION);
        if self.allocator.free() <= spare {
            return Ok(false);
        }
        let moves = self.copy_down()?;
        if moves.is_empty() {
            return Ok(false);
        }
        let changes = moves.iter().flat_map(|(id, to)| [Change::Delete(*id), Change::Put(*id, *to)]);
        let noted =
            flush(&self.file).map_err(Fault::from).and_then(|()| self.note(&changes.collect::<Vec<_>>()));
        self.dirty = false;
        for (id, to) in moves {
            let from = match noted {
                Ok(()) => self.directory.extents.insert(id, to),
                Err(_) => Some(to),
            };
            from.into_iter().for_each(|from| self.allocator.release(from));
        }
        noted?;
        self.trim()?;
        self.compact()?;
        Ok(true)
    }

    /// Copies about [`SHRINK_STEP_BYTES`] of the last blocks that fit free space before them; where to.
    fn copy_down(&mut self) -> std::result::Result<Vec<(BlockId, Extent)>, Fault> {
        let blocks: Vec<(BlockId, Extent)> =
            self.directory.extents.iter().map(|(id, at)| (*id, *at)).collect();
        let mut order: Vec<(u64, usize)> = Vec::with_capacity(blocks.len());
        for (place, (_, extent)) in blocks.iter().enumerate().filter(|(_, (_, extent))| extent.length > 0) {
            order.push((extent.offset, place));
        }
        order.sort_unstable();
        let (mut moves, mut copied) = (Vec::new(), 0);
        for (id, from) in order.into_iter().rev().map(|(_, place)| blocks[place]) {
            let Some(to) = self.allocator.allocate_before(from) else { continue };
            moves.push((id, to));
            let mut bytes = MutableBuffer::from_len_zeroed(from.length as usize);
            let copy = read_exact(&self.file, from.offset, bytes.as_slice_mut())
                .and_then(|()| write_all(&self.file, to.offset, &bytes));
            if let Err(error) = copy {
                // What was copied lies in free space, where it means nothing.
                moves.into_iter().for_each(|(_, to)| self.allocator.release(to));
                return undone(error, || self.trim()).map(|()| Vec::new());
            }
            copied += from.length;
            if copied >= SHRINK_STEP_BYTES {
                break;
            }
        }
        Ok(moves)
    }

    /// Gives up the room that is kept after the last block, until it is reserved again.
    pub fn give_room(&mut self) -> Result<()> {
        if self.damage.is_none() && self.size > self.allocator.end() {
            self.file.truncate(self.allocator.end())?;
            self.size = self.allocator.end();
        }
        Ok(())
    }

    pub fn is_directory_mostly_dead(&self) -> bool {
        self.journal.is_mostly_dead()
    }

    /// Gives back what the directory holds of frames that are void.
    pub fn shed(&mut self) -> Result<bool> {
        self.journal.shed()
    }

    /// Replaces the directory's frames by one snapshot when they are mostly void.
    fn compact(&mut self) -> std::result::Result<(), Fault> {
        if !self.written.is_empty() || !self.deleted.is_empty() {
            // The snapshot would say what is not durable yet.
            return Ok(());
        }
        let live = (self.directory.extents.len() + 1) * CHANGE_BYTES;
        let dead = self.journal.live_bytes().saturating_sub(live as u64);
        if dead <= self.options.rewrite_bytes || dead <= live as u64 || live >= MAX_FRAME_BYTES {
            return Ok(());
        }
        let rooted = self.directory.rooted.then_some(Change::Rooted);
        let puts = self.directory.extents.iter().map(|(id, extent)| Change::Put(*id, *extent));
        let payload = encode(SNAPSHOT, rooted.into_iter().chain(puts));
        let end = self.journal.end();
        match self.journal.append(&[Frame::new(end.sequence + 1, end.checksum, &payload)]) {
            Ok(()) => {}
            // Nothing is wrong with the frames there are; space may be found later.
            Err(Fault::Refused(StorageError::QuotaExceeded { .. })) => return Ok(()),
            Err(fault) => return Err(fault),
        }
        self.journal.sync()?;
        self.journal.drop_below(end.sequence + 1)?;
        Ok(self.journal.finish_rewrite()?)
    }

    /// Makes the directory's mark durable too, before the files are let go.
    pub fn finish(&mut self) -> std::result::Result<(), Fault> {
        if self.damage.is_none() {
            self.flush()?;
            self.journal.finish()?;
        }
        Ok(())
    }
}

fn encode(kind: u8, changes: impl Iterator<Item = Change>) -> Vec<u8> {
    let mut payload = vec![kind];
    changes.for_each(|change| change.encode(&mut payload));
    payload
}

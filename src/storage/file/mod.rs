//! The store as six files. One layout for OPFS, for directories under Node and for the simulator.
//!
//! ```text
//! root                      the root record, in two slots               (root)
//! log.0, log.1              frames of the log, one file active          (journal)
//! directory.0, directory.1  where each block lies, one file active      (journal, blocks)
//! blocks                    the blocks, in whole pages                  (blocks, extents)
//! ```
//!
//! The files are drawn byte by byte in `docs/FORMAT.md`. What the layout relies on: a flush is a
//! barrier, and nothing else is. Between two flushes writes may reach the device in any order, in part
//! (down to a sector), or not at all, and a file may have its new length without its new bytes.

use std::cell::RefCell;

use arrow::buffer::Buffer;
use futures::future::{LocalBoxFuture, join_all, ready};

use super::memory::check_new_root;
use super::{BlockId, BlockPart, Durability, Frame, LogContents, Pending, Result, Root, Storage, Usage};
use crate::error::{Corruption, StorageError};
use crate::limits::{JOURNAL_REWRITE_BYTES, LOG_RESERVE_BYTES, PAGE_BYTES, ROOM_STEP_BYTES, SPARE_BYTES};

mod blocks;
mod extents;
mod io;
mod journal;
mod root;
#[cfg(test)]
mod tests;

pub use io::File;

use blocks::Blocks;
use journal::{Journal, Kind};
use root::RootFile;

/// Version of the file layout, in the header of every file but `blocks`. A store with another
/// one is refused untouched.
pub const FORMAT_VERSION: u32 = 1;

/// Names of the files of a store, in the order of [`Files::from_array`].
pub const FILE_NAMES: [&str; 6] = ["root", "log.0", "log.1", "directory.0", "directory.1", "blocks"];

/// The name of the directory for the store called `name`: safe on every file system, also where names
/// differ in case only, and different for different names.
pub fn directory_name(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => encoded.push(byte as char),
            _ => encoded.push_str(&format!("_{byte:02x}")),
        }
    }
    if encoded.is_empty() || encoded.len() > MAX_DIRECTORY_NAME {
        // No encoded name has an underscore before a letter that is not a hexadecimal digit.
        return format!("_x{:032x}", xxhash_rust::xxh3::xxh3_128(name.as_bytes()));
    }
    encoded
}

/// Characters in a directory's name: every file system takes 255 bytes; paths count too.
const MAX_DIRECTORY_NAME: usize = 100;

/// The open files of a store.
#[derive(Debug, Clone)]
pub struct Files<F> {
    root: F,
    logs: [F; 2],
    directories: [F; 2],
    blocks: F,
}

impl<F: File> Files<F> {
    /// From the files called [`FILE_NAMES`].
    pub fn from_array([root, log0, log1, directory0, directory1, blocks]: [F; 6]) -> Self {
        Self { root, logs: [log0, log1], directories: [directory0, directory1], blocks }
    }

    fn all(&self) -> impl Iterator<Item = &F> {
        [&self.root].into_iter().chain(&self.logs).chain(&self.directories).chain([&self.blocks])
    }

    fn close(&self) {
        self.all().for_each(File::close);
    }
}

/// How a [`FileStorage`] behaves.
#[derive(Debug, Clone, Copy)]
pub struct FileOptions {
    /// Dead bytes that a journal gathers before it is rewritten.
    pub rewrite_bytes: u64,
    /// Free bytes among the blocks that are left alone.
    pub spare_bytes: u64,
}

impl Default for FileOptions {
    fn default() -> Self {
        Self { rewrite_bytes: JOURNAL_REWRITE_BYTES, spare_bytes: SPARE_BYTES }
    }
}

/// Why an operation failed, and whether the store is still as it was.
enum Fault {
    /// Nothing changed, on the device or in memory.
    Refused(StorageError),
    /// What is on the device is unknown until the store is opened again.
    Broken(StorageError),
}

impl From<StorageError> for Fault {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Corrupt(_) => Fault::Refused(error),
            error => Fault::Broken(error),
        }
    }
}

/// The fault after a write failed with `error`: if that was the quota and `undo` takes back what was
/// written, nothing has changed.
fn undone(error: StorageError, undo: impl FnOnce() -> Result<()>) -> std::result::Result<(), Fault> {
    match error {
        StorageError::QuotaExceeded { .. } => match undo() {
            Ok(()) => Err(Fault::Refused(error)),
            Err(error) => Err(Fault::Broken(error)),
        },
        error => Err(Fault::Broken(error)),
    }
}

/// Makes a file `wanted` bytes long, and longer by a step where there is room for it; how long it is then. Without room for `wanted`
/// nothing has changed.
fn lengthen<F: File>(file: &F, wanted: u64) -> std::result::Result<u64, Fault> {
    for size in [wanted + ROOM_STEP_BYTES, wanted] {
        match file.truncate(size) {
            Ok(()) => return Ok(size),
            Err(StorageError::QuotaExceeded { .. }) => {}
            Err(error) => return Err(Fault::Broken(error)),
        }
    }
    Err(Fault::Refused(StorageError::QuotaExceeded { operation: "keeping room for deletions" }))
}

fn check_version(version: u32) -> Result<()> {
    if version == FORMAT_VERSION {
        return Ok(());
    }
    Err(StorageError::NewerFormat { place: "the store", found: version, supported: FORMAT_VERSION })
}

/// A part of the store that may be damaged while the others can still be read.
type Part<T> = std::result::Result<T, Corruption>;

/// `result`, with corruption as a state of the part instead of a failure to open the store.
fn part<T>(result: Result<T>) -> Result<Part<T>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(StorageError::Corrupt(corruption)) => Ok(Err(corruption)),
        Err(error) => Err(error),
    }
}

fn usable<T>(part: &mut Part<T>) -> Result<&mut T> {
    part.as_mut().map_err(|corruption| corruption.clone().into())
}

struct Parts<F> {
    root: RootFile<F>,
    log: Part<Journal<F>>,
    blocks: Part<Blocks<F>>,
}

impl<F: File> Parts<F> {
    /// Makes the files those of a new store. The root comes last: without it the store does not exist.
    fn create(files: &Files<F>, options: FileOptions) -> Result<Self> {
        let log = Journal::create(Kind::Log, files.logs.clone(), options.rewrite_bytes)?;
        let blocks = Blocks::create(files.blocks.clone(), files.directories.clone(), options)?;
        Ok(Self { root: RootFile::create(files.root.clone())?, log: Ok(log), blocks: Ok(blocks) })
    }

    fn open(files: &Files<F>, options: FileOptions) -> Result<Self> {
        match RootFile::newest(&files.root)? {
            Some(slot) if slot.is_clearing() => {
                // What says so may not be on the device yet, and nothing may go before it is.
                io::flush(&files.root)?;
                return Self::create(files, options);
            }
            None if Self::never_existed(files)? => return Self::create(files, options),
            _ => {}
        }
        let log = part(Journal::open(Kind::Log, files.logs.clone(), options.rewrite_bytes))?;
        let blocks = Blocks::open(files.blocks.clone(), files.directories.clone(), options);
        Ok(Self { root: RootFile::open(files.root.clone())?, log, blocks: part(blocks)? })
    }

    /// Whether files without a whole root are those of a store whose creation was interrupted. Such a
    /// store never acknowledged anything: a log frame or a block comes after the root file is
    /// complete, and before the first root the directory durably says that there will be one.
    fn never_existed(files: &Files<F>) -> Result<bool> {
        Ok(files.root.size()? <= PAGE_BYTES
            && Journal::is_unused(&files.logs)?
            && Journal::is_unused(&files.directories)?
            && files.blocks.size()? == 0)
    }

    /// Makes room for `bytes` of log, and what is kept beyond.
    fn reserve(&mut self, bytes: u64) -> std::result::Result<(), Fault> {
        let log = usable(&mut self.log)?;
        // First what others need, so that it is there if there is no room for the rest.
        log.reserve(LOG_RESERVE_BYTES)?;
        if let Ok(blocks) = &mut self.blocks {
            blocks.reserve(log.live_bytes())?;
            blocks.reserve(log.live_bytes() + bytes)?;
        }
        log.reserve(bytes + LOG_RESERVE_BYTES)
    }

    /// Gives back what journals hold of frames that nobody needs, by the room that is kept; true if there was something.
    fn shed(&mut self) -> std::result::Result<bool, Fault> {
        let log = usable(&mut self.log)?;
        let Ok(blocks) = &mut self.blocks else { return Ok(log.shed()?) };
        if !log.is_mostly_dead() && !blocks.is_directory_mostly_dead() {
            return Ok(false);
        }
        blocks.give_room()?;
        Ok(log.shed()? | blocks.shed()?)
    }

    /// Begins what a [`Journal::sync`] of the log waits for.
    fn sync_ahead(&self) -> Flushes {
        self.log.iter().filter_map(Journal::sync_ahead).collect()
    }

    /// Begins what the next step of a rewrite of the log waits for.
    fn rewrite_ahead(&self) -> Flushes {
        self.log.iter().filter_map(Journal::rewrite_ahead).collect()
    }

    /// Begins what making log and blocks durable waits for.
    fn flush_ahead(&self) -> Flushes {
        self.sync_ahead().into_iter().chain(self.blocks.iter().filter_map(Blocks::flush_ahead)).collect()
    }

    /// Begins what making the directory of blocks durable waits for.
    fn note_ahead(&self) -> Flushes {
        self.blocks.iter().filter_map(Blocks::note_ahead).collect()
    }

    /// Begins what the next step of a new root waits for.
    fn root_ahead(&self) -> Flushes {
        self.root.flush_ahead().into_iter().collect()
    }

    fn finish(&mut self) -> std::result::Result<(), Fault> {
        if let Ok(log) = &mut self.log {
            log.finish()?;
        }
        match &mut self.blocks {
            Ok(blocks) => blocks.finish(),
            Err(_) => Ok(()),
        }
    }
}

/// Flushes that were begun ([`File::flush_ahead`]): none where there is no such way.
type Flushes = Vec<LocalBoxFuture<'static, ()>>;

/// A part of a change that waits for the device.
struct Step<F> {
    /// Begins to bring there what `run` waits for.
    ahead: fn(&Parts<F>) -> Flushes,
    run: fn(&mut Parts<F>) -> std::result::Result<(), Fault>,
}

/// A store in [`Files`].
pub struct FileStorage<F: File> {
    backend: &'static str,
    options: FileOptions,
    files: Files<F>,
    /// `None` once it was closed, or broken by a failed write or flush.
    parts: RefCell<Option<Parts<F>>>,
}

impl<F: File> FileStorage<F> {
    /// Opens the store in `files`, creates it if they are empty, and recovers it from whatever a crash
    /// left of the last operations.
    ///
    /// Damage does not fail the opening: the damaged part (root, log or blocks) answers
    /// [`StorageError::Corrupt`], the others can be read. Files that are not empty are never taken for
    /// new ones unless they can only be an interrupted creation.
    pub fn open(backend: &'static str, files: Files<F>, options: FileOptions) -> Result<Self> {
        match Parts::open(&files, options) {
            Ok(parts) => Ok(Self { backend, options, files, parts: RefCell::new(Some(parts)) }),
            Err(error) => {
                files.close();
                Err(error)
            }
        }
    }

    /// Runs a read at once, so that calls take effect in the order in which they were made.
    fn read<T: 'static>(&self, read: impl FnOnce(&mut Parts<F>) -> Result<T>) -> Pending<'_, T> {
        let result = match self.parts.borrow_mut().as_mut() {
            Some(parts) => read(parts),
            None => Err(StorageError::Closed),
        };
        Box::pin(ready(result))
    }

    /// Runs a change at once. If it leaves the files in an unknown state, the store is closed.
    fn changed<T>(&self, change: impl FnOnce(&mut Parts<F>) -> std::result::Result<T, Fault>) -> Result<T> {
        let mut parts = self.parts.borrow_mut();
        match parts.as_mut().map(change) {
            None => Err(StorageError::Closed),
            Some(Ok(value)) => Ok(value),
            Some(Err(Fault::Refused(error))) => Err(error),
            Some(Err(Fault::Broken(error))) => {
                *parts = None;
                self.files.close();
                Err(match error {
                    // The quota's error promises that nothing has changed; this one cannot.
                    StorageError::QuotaExceeded { operation } => StorageError::failed(operation, error),
                    error => error,
                })
            }
        }
    }

    fn change<T: 'static>(
        &self,
        change: impl FnOnce(&mut Parts<F>) -> std::result::Result<T, Fault>,
    ) -> Pending<'_, T> {
        Box::pin(ready(self.changed(change)))
    }

    /// Runs the steps of a change that wait for the device, each once what it waits for was brought there while others ran. Where there
    /// is no such way they run at once. A change that failed in `begun` takes no steps.
    fn steps<const N: usize>(&self, begun: Result<()>, steps: [Step<F>; N]) -> Pending<'_, ()> {
        let mut steps = steps.into_iter();
        let mut outcome = begun;
        while let (Ok(()), Some(Step { ahead, run })) = (&outcome, steps.next()) {
            let flushes = self.ahead(ahead);
            if flushes.is_empty() {
                outcome = self.changed(run);
                continue;
            }
            return Box::pin(async move {
                join_all(flushes).await;
                self.changed(run)?;
                for Step { ahead, run } in steps {
                    join_all(self.ahead(ahead)).await;
                    self.changed(run)?;
                }
                Ok(())
            });
        }
        Box::pin(ready(outcome))
    }

    /// Ends a rewrite of the log, if one is due: others run between its steps where they may.
    fn rewrite_log(&self) -> Pending<'_, ()> {
        let mut flushes = self.ahead(Parts::rewrite_ahead);
        if flushes.is_empty() {
            return self.change(|parts| Ok(usable(&mut parts.log)?.finish_rewrite()?));
        }
        Box::pin(async move {
            loop {
                join_all(flushes).await;
                if !self.changed(|parts| Ok(usable(&mut parts.log)?.step_rewrite()?))? {
                    return Ok(());
                }
                flushes = self.ahead(Parts::rewrite_ahead);
            }
        })
    }

    fn ahead(&self, ahead: fn(&Parts<F>) -> Flushes) -> Flushes {
        self.parts.borrow().as_ref().map(ahead).unwrap_or_default()
    }

    fn occupied(&self) -> Result<u64> {
        self.files.all().map(File::size).sum()
    }
}

/// A store that is let go without [`Storage::close`] releases its files but flushes nothing.
impl<F: File> Drop for FileStorage<F> {
    fn drop(&mut self) {
        if self.parts.get_mut().is_some() {
            self.files.close();
        }
    }
}

impl<F: File> Storage for FileStorage<F> {
    fn backend(&self) -> &'static str {
        self.backend
    }

    fn read_block(&self, id: BlockId) -> Pending<'_, Option<Buffer>> {
        self.read(|parts| usable(&mut parts.blocks)?.read(id))
    }

    fn reads_parts(&self) -> bool {
        true
    }

    fn read_parts<'a>(&'a self, parts: &'a [BlockPart]) -> Pending<'a, Vec<Option<Buffer>>> {
        self.read(|store| {
            let blocks = usable(&mut store.blocks)?;
            parts.iter().map(|part| blocks.read_part(part)).collect()
        })
    }

    fn write_blocks(&self, blocks: Vec<(BlockId, Buffer)>) -> Pending<'_, ()> {
        self.change(|parts| usable(&mut parts.blocks)?.write(blocks))
    }

    fn delete_blocks(&self, ids: Vec<BlockId>) -> Pending<'_, ()> {
        self.change(|parts| usable(&mut parts.blocks)?.delete(ids))
    }

    fn list_blocks(&self) -> Pending<'_, Vec<BlockId>> {
        self.read(|parts| Ok(usable(&mut parts.blocks)?.ids()))
    }

    fn append_log(&self, frames: Vec<Frame>, durability: Durability) -> Pending<'_, ()> {
        let appended = self.changed(|parts| match usable(&mut parts.log)?.append(&frames) {
            Err(Fault::Refused(full @ StorageError::QuotaExceeded { .. })) => {
                if !parts.shed()? {
                    return Err(Fault::Refused(full));
                }
                usable(&mut parts.log)?.append(&frames)
            }
            outcome => outcome,
        });
        if appended.is_err() || durability == Durability::Relaxed {
            return Box::pin(ready(appended));
        }
        self.steps(
            Ok(()),
            [Step { ahead: Parts::sync_ahead, run: |parts| Ok(usable(&mut parts.log)?.sync()?) }],
        )
    }

    fn reserve(&self, bytes: u64) -> Pending<'_, ()> {
        self.change(|parts| match parts.reserve(bytes) {
            Err(Fault::Refused(full @ StorageError::QuotaExceeded { .. })) => match parts.shed()? {
                true => parts.reserve(bytes),
                false => Err(Fault::Refused(full)),
            },
            outcome => outcome,
        })
    }

    fn read_log(&self, from: u64) -> Pending<'_, LogContents> {
        self.read(|parts| {
            let log = usable(&mut parts.log)?;
            Ok(LogContents { frames: log.read(from)?, torn_bytes: log.torn_bytes(), end: log.end() })
        })
    }

    fn drop_log(&self, below: u64) -> Pending<'_, ()> {
        if let Err(error) = self.changed(|parts| Ok(usable(&mut parts.log)?.drop_below(below)?)) {
            return Box::pin(ready(Err(error)));
        }
        self.rewrite_log()
    }

    fn read_root(&self) -> Pending<'_, Option<Root>> {
        self.read(|parts| parts.root.read())
    }

    fn write_root(&self, root: Root) -> Pending<'_, ()> {
        let begun = self.changed(|parts| {
            check_new_root(&root, parts.root.generation()?).map_err(Fault::Refused)?;
            usable(&mut parts.blocks)?.note_root()?;
            parts.root.begin_write(root)
        });
        let slots = [
            Step { ahead: Parts::root_ahead, run: |parts| parts.root.continue_write() },
            Step { ahead: Parts::root_ahead, run: |parts| parts.root.finish_write() },
        ];
        self.steps(begun, slots)
    }

    fn flush(&self) -> Pending<'_, ()> {
        let data = |parts: &mut Parts<F>| {
            usable(&mut parts.log)?.sync()?;
            usable(&mut parts.blocks)?.begin_flush()
        };
        let directory = |parts: &mut Parts<F>| usable(&mut parts.blocks)?.finish_flush();
        let steps = [
            Step { ahead: Parts::flush_ahead, run: data },
            Step { ahead: Parts::note_ahead, run: directory },
        ];
        self.steps(Ok(()), steps)
    }

    fn shrink(&self) -> Pending<'_, bool> {
        self.change(|parts| {
            let log = usable(&mut parts.log)?;
            log.sync()?;
            usable(&mut parts.blocks)?.shrink(log.live_bytes())
        })
    }

    fn usage(&self) -> Pending<'_, Usage> {
        let total = self.occupied();
        self.read(|parts| {
            let (blocks, block_bytes) = usable(&mut parts.blocks)?.count();
            let log_bytes = usable(&mut parts.log)?.live_bytes();
            Ok(Usage { blocks, block_bytes, log_bytes, total_bytes: total? })
        })
    }

    fn close(&self) -> Pending<'_, ()> {
        let closing = self.change(Parts::finish);
        if self.parts.borrow_mut().take().is_some() {
            self.files.close();
        }
        closing
    }

    fn clear(&self) -> Pending<'_, ()> {
        self.change(|parts| {
            parts.root.begin_clear()?;
            *parts = Parts::create(&self.files, self.options)?;
            Ok(())
        })
    }
}

//! Files that crash, fail and tear on purpose, and remember everything: the ground of the tests of
//! every layer above.
//!
//! Each file has a durable image (what a flush has put on the device) and a list of operations that no
//! flush has followed. [`SimFiles`] counts the operations that change something (write, truncate, flush);
//! a [`Fault`] strikes at one of them. After a crash, [`SimFiles::reopen`] gives the files as the next
//! process would find them. Everything follows from the seed: the same calls give the same bytes.

use std::cell::RefCell;
use std::rc::Rc;

use futures::future::LocalBoxFuture;

use super::Result;
use super::file::{FILE_NAMES, File, FileOptions, FileStorage, Files};
use crate::env::turn;
use crate::error::StorageError;

/// Unit in which the device keeps or loses a write, in bytes: the sector of every disk since the
/// first, so that no larger atomic unit is assumed.
pub const SECTOR_BYTES: u64 = 512;

/// What happens at an operation, counted from 0 over all files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The process ends before it: this and every later operation fails.
    Crash { at: u64 },
    /// It fails once with the error and changes nothing; a write may have stored a part of it.
    Fail { at: u64, error: StorageError },
    /// It and every later one fails.
    FailFrom { at: u64, error: StorageError },
    /// It is a write that stores only half of its bytes, and says so.
    ShortWrite { at: u64 },
}

/// What the device kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// Only the process died: the platform still has every write, flushed or not.
    Kill,
    /// Power was lost: nothing that was not flushed is left.
    PowerLossNothing,
    /// Power was lost: a prefix of the unflushed operations is left.
    PowerLossPrefix,
    /// Power was lost: any of the unflushed operations are left, writes torn at sectors, lengths
    /// independent of contents; a sector that was never written reads as zeros or as old garbage.
    PowerLossSubset,
}

/// A directory of simulated files. Clones are the same files.
#[derive(Debug, Clone)]
pub struct SimFiles {
    disk: Rc<RefCell<Disk>>,
}

#[derive(Debug)]
struct Disk {
    images: Vec<Image>,
    /// Operations that no flush of their file has followed, in order over all files.
    pending: Vec<Operation>,
    /// Operations so far.
    count: u64,
    fault: Option<Fault>,
    /// Bytes that all files together may have.
    capacity: Option<u64>,
    /// Whether flushes let others run first.
    waits: bool,
    random: Xorshift,
}

#[derive(Debug, Clone, Default)]
struct Image {
    durable: Vec<u8>,
    live: Vec<u8>,
    open: bool,
}

#[derive(Debug, Clone)]
struct Operation {
    file: usize,
    change: Change,
}

#[derive(Debug, Clone)]
enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Truncate { size: u64 },
}

impl SimFiles {
    /// Empty files.
    pub fn new(seed: u64) -> Self {
        Self::from_contents(vec![Vec::new(); FILE_NAMES.len()], seed)
    }

    /// Files with the given contents, all durable, in the order of [`FILE_NAMES`].
    pub fn from_contents(contents: Vec<Vec<u8>>, seed: u64) -> Self {
        let image = |bytes: Vec<u8>| Image { durable: bytes.clone(), live: bytes, open: false };
        let images = contents.into_iter().map(image).collect();
        let random = Xorshift::new(seed);
        let disk =
            Disk { images, pending: Vec::new(), count: 0, fault: None, capacity: None, waits: false, random };
        Self { disk: Rc::new(RefCell::new(disk)) }
    }

    /// Opens the store in the files.
    pub fn storage(&self, options: FileOptions) -> Result<FileStorage<SimFile>> {
        for image in &mut self.disk.borrow_mut().images {
            if image.open {
                return Err(StorageError::Locked { detail: "the simulated files are open already".into() });
            }
            image.open = true;
        }
        let file = |index| SimFile { disk: Rc::clone(&self.disk), index };
        FileStorage::open("sim", Files::from_array([0, 1, 2, 3, 4, 5].map(file)), options)
    }

    /// Sets what goes wrong from now on.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.disk.borrow_mut().fault = fault;
    }

    /// Sets how many bytes all files together may have: what would grow beyond fails with
    /// [`StorageError::QuotaExceeded`].
    pub fn set_capacity(&self, capacity: Option<u64>) {
        self.disk.borrow_mut().capacity = capacity;
    }

    /// Sets whether flushes let others run before they take place, as those of Node's files do.
    pub fn set_waits(&self, waits: bool) {
        self.disk.borrow_mut().waits = waits;
    }

    /// How many operations there have been.
    pub fn operations(&self) -> u64 {
        self.disk.borrow().count
    }

    /// What a process sees in each file now.
    pub fn contents(&self) -> Vec<Vec<u8>> {
        self.disk.borrow().images.iter().map(|image| image.live.clone()).collect()
    }

    /// The files as the next process finds them after a crash of the given kind. `self` stays as it
    /// is, so that one run can be crashed in many ways.
    pub fn reopen(&self, crash: Crash, seed: u64) -> Self {
        let disk = self.disk.borrow();
        let mut random = Xorshift::new(seed);
        let mut durable: Vec<Vec<u8>> = disk.images.iter().map(|image| image.durable.clone()).collect();
        let mut pending = Vec::new();
        match crash {
            Crash::Kill => pending = disk.pending.clone(),
            Crash::PowerLossNothing => {}
            Crash::PowerLossPrefix => {
                let kept = random.below(disk.pending.len() as u64 + 1) as usize;
                for operation in &disk.pending[..kept] {
                    operation.change.apply(&mut durable[operation.file]);
                }
            }
            Crash::PowerLossSubset => {
                for operation in &disk.pending {
                    operation.change.tear(&mut durable[operation.file], &mut random);
                }
            }
        }
        let images = disk.images.iter().zip(durable).map(|(image, durable)| {
            let live = if crash == Crash::Kill { image.live.clone() } else { durable.clone() };
            Image { durable, live, open: false }
        });
        let images = images.collect();
        let (capacity, waits) = (disk.capacity, disk.waits);
        let disk = Disk { images, pending, count: 0, fault: None, capacity, waits, random };
        Self { disk: Rc::new(RefCell::new(disk)) }
    }
}

impl Disk {
    /// Counts an operation and says what happens to it: `Ok(true)` means that a write is cut short.
    fn strike(&mut self) -> Result<bool> {
        let now = self.count;
        self.count += 1;
        match &self.fault {
            Some(Fault::Crash { at }) if now >= *at => Err(StorageError::failed("simulating", "crashed")),
            Some(Fault::Fail { at, error }) if now == *at => Err(error.clone()),
            Some(Fault::FailFrom { at, error }) if now >= *at => Err(error.clone()),
            Some(Fault::ShortWrite { at }) => Ok(now == *at),
            _ => Ok(false),
        }
    }

    /// Refuses to let a file become this long if there is no room for that.
    fn check_room(&self, file: usize, size: u64) -> Result<()> {
        let Some(capacity) = self.capacity else { return Ok(()) };
        let now = self.images[file].live.len() as u64;
        let all: u64 = self.images.iter().map(|image| image.live.len() as u64).sum();
        if size > now && all + (size - now) > capacity {
            return Err(StorageError::QuotaExceeded { operation: "simulating" });
        }
        Ok(())
    }

    fn change(&mut self, file: usize, change: Change) {
        change.apply(&mut self.images[file].live);
        self.pending.push(Operation { file, change });
    }
}

impl Change {
    fn apply(&self, image: &mut Vec<u8>) {
        match self {
            Change::Write { offset, bytes } => {
                let (from, to) = (*offset as usize, *offset as usize + bytes.len());
                if image.len() < to {
                    image.resize(to, 0);
                }
                image[from..to].copy_from_slice(bytes);
            }
            Change::Truncate { size } => image.resize(*size as usize, 0),
        }
    }

    /// Applies as much of it as the device happened to keep.
    fn tear(&self, image: &mut Vec<u8>, random: &mut Xorshift) {
        let fate = random.below(4);
        match self {
            _ if fate == 0 => self.apply(image),
            Change::Truncate { .. } => {
                if fate == 1 {
                    self.apply(image);
                }
            }
            Change::Write { offset, bytes } => {
                let end = *offset + bytes.len() as u64;
                if fate == 1 {
                    // The length alone, up to anywhere, with whatever the sectors held before.
                    let size = offset + random.below(bytes.len() as u64 + 1);
                    grow(image, size as usize, random);
                    return;
                }
                let mut start = *offset;
                while start < end {
                    let stop = ((start / SECTOR_BYTES + 1) * SECTOR_BYTES).min(end);
                    if random.below(2) == 0 {
                        grow(image, start as usize, random);
                        let piece = &bytes[(start - offset) as usize..(stop - offset) as usize];
                        Change::Write { offset: start, bytes: piece.to_vec() }.apply(image);
                    }
                    start = stop;
                }
            }
        }
    }
}

/// Makes `image` at least `size` long; the new part was never written.
fn grow(image: &mut Vec<u8>, size: usize, random: &mut Xorshift) {
    let kind = random.below(3);
    let old = image.len();
    while image.len() < size {
        let byte = match kind {
            0 => 0,
            1 => random.next() as u8,
            // Old contents of the same file: the garbage that looks most like the real thing.
            _ => image.get((image.len() - old) % old.max(1)).copied().unwrap_or(0),
        };
        image.push(byte);
    }
}

/// A handle of one of [`SimFiles`].
#[derive(Debug, Clone)]
pub struct SimFile {
    disk: Rc<RefCell<Disk>>,
    index: usize,
}

impl File for SimFile {
    fn size(&self) -> Result<u64> {
        Ok(self.disk.borrow().images[self.index].live.len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        let disk = self.disk.borrow();
        let live = &disk.images[self.index].live;
        let rest = live.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        let mut disk = self.disk.borrow_mut();
        disk.check_room(self.index, offset + bytes.len() as u64)?;
        let (count, result) = match disk.strike() {
            Ok(short) if short && bytes.len() > 1 => (bytes.len() / 2, Ok(bytes.len() / 2)),
            Ok(_) => (bytes.len(), Ok(bytes.len())),
            Err(error) => {
                let crashed = matches!(disk.fault, Some(Fault::Crash { .. }));
                let stored = if crashed { 0 } else { disk.random.below(bytes.len() as u64 + 1) as usize };
                (stored, Err(error))
            }
        };
        if count > 0 {
            disk.change(self.index, Change::Write { offset, bytes: bytes[..count].to_vec() });
        }
        result
    }

    fn truncate(&self, size: u64) -> Result<()> {
        let mut disk = self.disk.borrow_mut();
        disk.check_room(self.index, size)?;
        disk.strike()?;
        disk.change(self.index, Change::Truncate { size });
        Ok(())
    }

    fn flush(&self) -> Result<()> {
        let mut disk = self.disk.borrow_mut();
        disk.strike()?;
        let Disk { images, pending, .. } = &mut *disk;
        // What no flush has followed is all that the device lacks: copying whole files would take most of the time of the tests.
        pending.retain(|operation| {
            let is_its = operation.file == self.index;
            if is_its {
                operation.change.apply(&mut images[self.index].durable);
            }
            !is_its
        });
        Ok(())
    }

    fn flush_ahead(&self) -> Option<LocalBoxFuture<'static, ()>> {
        self.disk.borrow().waits.then(turn)
    }

    fn close(&self) {
        self.disk.borrow_mut().images[self.index].open = false;
    }
}

/// A small generator, good enough to choose crashes.
#[derive(Debug, Clone)]
pub struct Xorshift(u64);

impl Xorshift {
    /// A generator that depends on every bit of `seed`.
    pub fn new(seed: u64) -> Self {
        // Never zero, and far apart for neighbouring seeds.
        Self((seed.wrapping_add(1)).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next 64 bits.
    #[expect(clippy::should_implement_trait, reason = "it never ends, so it is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }
}

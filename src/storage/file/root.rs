//! The root file: the same record in two slots.
//!
//! ```text
//! slot 0 at 0, slot 1 at 4096, each:
//! offset  size  field
//!      0     4  magic  "CTRT"
//!      4     4  format version of the store, 1
//!      8     8  generation; 0: the store exists but has no root yet
//!     16     4  flags; 1: the store is being cleared
//!     20     4  length of the record
//!     24     8  checksum: XXH3-64 over bytes 0..24 and the record
//!     32     n  record, zeros up to 4096
//! ```
//!
//! A root is written to one slot, flushed, written to the other, flushed, and only then acknowledged.
//! So a slot that is damaged *after* that costs nothing, because its sibling says the same; and when
//! the slots differ at opening, the write of the higher generation was never acknowledged: taking
//! it (if it is whole) or leaving it (if it is torn) are both right, and no acknowledged root can be
//! rolled back by one damaged slot. Opening makes the slots equal again before anything builds on them.
//!
//! Two bad slots are corruption and left untouched, unless the store provably never existed
//! ([`FileStorage::open`](super::FileStorage::open)).

use futures::future::LocalBoxFuture;
use xxhash_rust::xxh3::Xxh3;

use super::io::{File, flush, read_up_to, u32_at, u64_at, write_all};
use super::{FORMAT_VERSION, Fault, undone};
use crate::error::{Corruption, StorageError};
use crate::limits::PAGE_BYTES;
use crate::storage::{Result, Root};

const MAGIC: [u8; 4] = *b"CTRT";
const HEADER_BYTES: usize = 32;
const CLEARING: u32 = 1;

/// What a slot says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    generation: u64,
    flags: u32,
    record: Vec<u8>,
}

impl Slot {
    /// A store without a root.
    fn empty() -> Self {
        Self { generation: 0, flags: 0, record: Vec::new() }
    }

    /// A store that is to be emptied: wins over every root.
    fn clearing() -> Self {
        Self { generation: u64::MAX, flags: CLEARING, record: Vec::new() }
    }

    /// Whether an unfinished [`RootFile::begin_clear`] has to be finished.
    pub fn is_clearing(&self) -> bool {
        self.flags & CLEARING != 0
    }

    fn encode(&self) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE_BYTES as usize);
        page.extend_from_slice(&MAGIC);
        page.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        page.extend_from_slice(&self.generation.to_le_bytes());
        page.extend_from_slice(&self.flags.to_le_bytes());
        page.extend_from_slice(&(self.record.len() as u32).to_le_bytes());
        let checksum = checksum(&page, &self.record);
        page.extend_from_slice(&checksum.to_le_bytes());
        page.extend_from_slice(&self.record);
        page.resize(PAGE_BYTES as usize, 0);
        page
    }

    /// The slot in `page`; `None` if it is torn, damaged or was never written.
    fn decode(page: &[u8]) -> Result<Option<Self>> {
        if page.len() < HEADER_BYTES || page[..4] != MAGIC {
            return Ok(None);
        }
        let length = u32_at(page, 20) as usize;
        let record = &page[HEADER_BYTES..];
        let Some(record) =
            record.get(..length).filter(|_| record.len() == PAGE_BYTES as usize - HEADER_BYTES)
        else {
            return Ok(None);
        };
        if checksum(&page[..24], record) != u64_at(page, 24) {
            return Ok(None);
        }
        super::check_version(u32_at(page, 4))?;
        Ok(Some(Self { generation: u64_at(page, 8), flags: u32_at(page, 16), record: record.to_vec() }))
    }
}

fn checksum(header: &[u8], record: &[u8]) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(header);
    hasher.update(record);
    hasher.digest()
}

/// The root file of an open store.
pub struct RootFile<F> {
    file: F,
    /// What both slots say, or why neither can be believed.
    current: std::result::Result<Slot, Corruption>,
    /// What is being written.
    next: Option<Slot>,
}

impl<F: File> RootFile<F> {
    /// The newest valid slot of `file`.
    pub fn newest(file: &F) -> Result<Option<Slot>> {
        let [first, second] = Self::slots(file)?;
        Ok([first, second].into_iter().flatten().max_by_key(|slot| slot.generation))
    }

    fn slots(file: &F) -> Result<[Option<Slot>; 2]> {
        let mut pages = vec![0; 2 * PAGE_BYTES as usize];
        let filled = read_up_to(file, 0, &mut pages)?;
        pages.truncate(filled);
        let (first, second) = pages.split_at(filled.min(PAGE_BYTES as usize));
        Ok([Slot::decode(first)?, Slot::decode(second)?])
    }

    /// Opens the root file of an existing store and makes both slots say the same, durably.
    pub fn open(file: F) -> Result<Self> {
        // What a killed owner wrote may not be on the device yet. Nothing may build on it before it is:
        // a power cut could bring back the root before it, or finish a clearing for the second time.
        flush(&file)?;
        let [first, second] = Self::slots(&file)?;
        let stale = match (&first, &second) {
            (Some(a), Some(b)) if a == b => None,
            (Some(a), Some(b)) if b.generation > a.generation => Some(0),
            (Some(_), _) => Some(1),
            (None, Some(_)) => Some(0),
            (None, None) => {
                let current = Err(Corruption::new("root", "neither of its two copies is whole"));
                return Ok(Self { file, current, next: None });
            }
        };
        let current = if stale == Some(0) { second } else { first };
        // One of the two was taken above.
        let current = current.unwrap_or_else(Slot::empty);
        if let Some(slot) = stale {
            write_all(&file, slot * PAGE_BYTES, &current.encode())?;
            flush(&file)?;
        }
        Ok(Self { file, current: Ok(current), next: None })
    }

    /// Writes the root file of a store that has no root yet: the last step of creating or clearing.
    pub fn create(file: F) -> Result<Self> {
        let mut root = Self { file, current: Ok(Slot::empty()), next: None };
        root.put(Slot::empty())?;
        Ok(root)
    }

    /// The current root, or the one that is about to be it.
    fn latest(&self) -> Result<&Slot> {
        let current = self.current.as_ref().map_err(Clone::clone)?;
        Ok(self.next.as_ref().unwrap_or(current))
    }

    /// Generation of the current root; 0 if there is none yet.
    pub fn generation(&self) -> Result<u64> {
        Ok(self.latest()?.generation)
    }

    /// The current root.
    pub fn read(&self) -> Result<Option<Root>> {
        let slot = self.latest()?;
        let root = || Root { generation: slot.generation, bytes: slot.record.clone() };
        Ok((slot.generation > 0).then(root))
    }

    /// Begins to replace the root: it is the current one, durably, after [`continue_write`](Self::continue_write) and
    /// [`finish_write`](Self::finish_write).
    pub fn begin_write(&mut self, root: Root) -> std::result::Result<(), Fault> {
        self.current.clone().map_err(StorageError::from)?;
        if self.next.is_some() {
            // Calls take effect in the order in which they were made.
            self.proceed().and_then(|()| self.finish()).map_err(Fault::Broken)?;
        }
        let new = Slot { generation: root.generation, flags: 0, record: root.bytes };
        let begun = self.begin(new);
        self.or_restore(begun)
    }

    /// Once the first slot is durable, writes the second.
    pub fn continue_write(&mut self) -> std::result::Result<(), Fault> {
        let continued = self.proceed();
        self.or_restore(continued)
    }

    /// Makes the second slot durable.
    pub fn finish_write(&mut self) -> std::result::Result<(), Fault> {
        Ok(self.finish()?)
    }

    /// Begins what the next step waits for: see [`File::flush_ahead`].
    pub fn flush_ahead(&self) -> Option<LocalBoxFuture<'static, ()>> {
        self.next.is_some().then(|| self.file.flush_ahead()).flatten()
    }

    /// Takes back what was written if there was no room for all of it.
    fn or_restore(&mut self, outcome: Result<()>) -> std::result::Result<(), Fault> {
        let Err(error) = outcome else { return Ok(()) };
        self.next = None;
        let current = self.current.clone().map_err(StorageError::from)?;
        // The second slot first: until the first one is restored, it may hold the only whole copy.
        undone(error, || {
            for slot in [1, 0] {
                write_all(&self.file, slot * PAGE_BYTES, &current.encode())?;
                flush(&self.file)?;
            }
            Ok(())
        })
    }

    /// Notes durably that everything in the store goes; opening it again would finish the work.
    pub fn begin_clear(&mut self) -> Result<()> {
        self.put(Slot::clearing())
    }

    fn put(&mut self, slot: Slot) -> Result<()> {
        self.begin(slot)?;
        self.proceed()?;
        self.finish()
    }

    fn begin(&mut self, slot: Slot) -> Result<()> {
        write_all(&self.file, 0, &slot.encode())?;
        self.next = Some(slot);
        Ok(())
    }

    fn proceed(&mut self) -> Result<()> {
        let Some(slot) = &self.next else { return Ok(()) };
        flush(&self.file)?;
        write_all(&self.file, PAGE_BYTES, &slot.encode())
    }

    fn finish(&mut self) -> Result<()> {
        let Some(slot) = self.next.take() else { return Ok(()) };
        flush(&self.file)?;
        self.current = Ok(slot);
        Ok(())
    }
}

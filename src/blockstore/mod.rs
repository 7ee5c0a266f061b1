//! Ordered key → value maps over immutable Arrow blocks: blockfiles.
//!
//! A blockfile is a root (a sparse index: the first key of each block → block id and entry count) and
//! the blocks. Both are Arrow IPC files of one record batch. Entries are sorted by (prefix, key).
//! Writing forks: unchanged blocks are shared by id, changed ones are written under new ids, and the
//! old root stays readable. Spec: storage-architecture 4; bytes: `docs/FORMAT.md`.
//!
//! Useful for point reads, range reads and scans of data too large to hold; not for maps that
//! change entry by entry (each commit rewrites the blocks it touches).

mod block;
mod cache;
mod check;
mod column;
mod delta;
mod ipc;
mod key;
mod ordered;
mod output;
mod pace;
mod reader;
mod record;
mod reservation;
mod root;
mod rows;
mod sparse_index;
mod unordered;
mod value;
mod version;

#[cfg(test)]
mod tests;

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::rc::Rc;

pub use block::{Block, F32Lists};
pub use cache::CacheStats;
pub use check::Checked;
pub use key::{F32, Key, KeyType};
pub use ordered::OrderedWriter;
pub use reader::Reader;
pub use record::{DataRecord, DataRecordColumns, DataRecordRef, PostingList, PostingListRef};
pub use reservation::Reservation;
pub use rows::{Row, RowRef, row_checksum};
pub use unordered::UnorderedWriter;
pub use value::{Bytes, Value, ValueType};

use arrow::buffer::Buffer;

use crate::env::Env;
use crate::error::Result;
use crate::limits::{BLOCK_BYTES, CACHE_BYTES, CACHE_LEAST_BYTES, ROW_CACHE_FRACTION};
use crate::storage::memory::MemoryStorage;
use crate::storage::{BlockId, Storage};
use cache::BlockCache;
use ipc::Place;
use root::Root;
use rows::RowCache;
use version::Migration;

const MISSING: &str = "it is not in the storage";

/// The blockfiles of one store and the cache of blocks that they share. Cheap to clone.
#[derive(Clone)]
pub struct Blockstore {
    inner: Rc<Inner>,
}

struct Inner {
    storage: Rc<dyn Storage>,
    env: Rc<dyn Env>,
    cache: RefCell<BlockCache>,
    rows: RefCell<RowCache>,
    /// What both caches and the reservations may take.
    budget: Cell<usize>,
    reserved: Cell<usize>,
    /// Where the body of a block of vectors starts; measured when first needed.
    body_start: OnceCell<Option<usize>>,
    migrations: &'static [Migration],
}

impl fmt::Debug for Blockstore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blockstore").field("storage", &self.inner.storage.backend()).finish_non_exhaustive()
    }
}

/// What a writer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockfileOptions {
    /// Bytes of entries that a block may hold; a single entry may be larger and has a block of its own.
    /// Schema, footer and padding (1 to 3 kB) come on top.
    pub block_bytes: usize,
}

impl Default for BlockfileOptions {
    fn default() -> Self {
        Self { block_bytes: BLOCK_BYTES }
    }
}

/// What a commit has done, in blocks and roots: deleting `removed` leaves exactly what the new version
/// consists of, if no other version shares it.
#[derive(Debug)]
pub struct Commit<K: Key, V: Value> {
    /// The new version.
    pub reader: Reader<K, V>,
    /// Ids that were written, with the new root.
    pub added: Vec<BlockId>,
    /// Ids that the base consists of and the new version does not, with the old root.
    pub removed: Vec<BlockId>,
}

impl Blockstore {
    /// Blockfiles in `storage`, with a cache of at most `cache_bytes` bytes of blocks.
    pub fn new(storage: Rc<dyn Storage>, env: Rc<dyn Env>, cache_bytes: usize) -> Self {
        Self::with_migrations(storage, env, cache_bytes, version::MIGRATIONS)
    }

    fn with_migrations(
        storage: Rc<dyn Storage>,
        env: Rc<dyn Env>,
        cache_bytes: usize,
        migrations: &'static [Migration],
    ) -> Self {
        let (rows, blocks) = budgets(cache_bytes);
        let inner = Inner {
            storage,
            env,
            cache: RefCell::new(BlockCache::new(blocks)),
            rows: RefCell::new(RowCache::new(rows)),
            budget: Cell::new(cache_bytes),
            reserved: Cell::new(0),
            body_start: OnceCell::new(),
            migrations,
        };
        Self { inner: Rc::new(inner) }
    }

    /// Over [`MemoryStorage`], for tests and ephemeral use.
    pub fn in_memory(env: Rc<dyn Env>) -> Self {
        Self::new(Rc::new(MemoryStorage::default()), env, CACHE_BYTES)
    }

    pub fn storage(&self) -> &Rc<dyn Storage> {
        &self.inner.storage
    }

    fn env(&self) -> &Rc<dyn Env> {
        &self.inner.env
    }

    fn migrations(&self) -> &'static [Migration] {
        self.inner.migrations
    }

    /// Opens the version of a blockfile that `root` names. A blockfile of other types is
    /// [`Error::Corrupt`](crate::error::Error::Corrupt), one of a newer format version [`Error::Unimplemented`](crate::error::Error::Unimplemented).
    pub async fn open<K: Key, V: Value>(&self, root: BlockId) -> Result<Reader<K, V>> {
        Reader::from_root(self, root, &self.load_root(root).await?)
    }

    /// A writer for changes in any order; holds them until it commits. Starts from `base`, or from
    /// nothing.
    pub fn unordered<K: Key, V: Value>(
        &self,
        base: Option<&Reader<K, V>>,
        options: BlockfileOptions,
    ) -> UnorderedWriter<K, V> {
        UnorderedWriter::new(self, base, options)
    }

    /// A writer for ascending changes; holds at most two blocks. Starts from `base`, or from nothing.
    pub fn ordered<K: Key, V: Value>(
        &self,
        base: Option<&Reader<K, V>>,
        options: BlockfileOptions,
    ) -> OrderedWriter<K, V> {
        OrderedWriter::new(self, base, options)
    }

    /// The root's own id and all block ids, without knowing the types: for garbage collection.
    pub async fn block_ids(&self, root: BlockId) -> Result<Vec<BlockId>> {
        let blocks = self.load_root(root).await?.block_ids;
        Ok(std::iter::once(root).chain(blocks).collect())
    }

    /// How the cache fares, reservations included.
    pub fn cache_stats(&self) -> CacheStats {
        let mut stats = self.inner.cache.borrow().stats();
        stats.bytes += self.inner.rows.borrow().bytes() + self.inner.reserved.get();
        stats.budget = self.inner.budget.get();
        stats
    }

    fn rows(&self) -> &RefCell<RowCache> {
        &self.inner.rows
    }

    fn cached_block(&self, id: BlockId) -> Option<Rc<Block>> {
        self.inner.cache.borrow().peek(id)
    }

    fn body_start(&self) -> Option<usize> {
        *self.inner.body_start.get_or_init(|| rows::body_start().ok())
    }

    /// Changes the cache's budget in bytes; a smaller one takes effect at once.
    pub fn set_cache_budget(&self, bytes: usize) {
        self.inner.budget.set(bytes);
        self.share_budget();
    }

    /// Counts memory beside the cache against its budget.
    pub fn reserve(&self, bytes: usize) -> Reservation {
        Reservation::new(self, bytes)
    }

    fn change_reserved(&self, old: usize, new: usize) {
        self.inner.reserved.set(self.inner.reserved.get() - old + new);
        self.share_budget();
    }

    /// Gives the caches what is not reserved, and never less than they need to be of use.
    fn share_budget(&self) {
        let budget = self.inner.budget.get();
        let free = budget.saturating_sub(self.inner.reserved.get());
        let (rows, blocks) = budgets(free.max(budget.min(CACHE_LEAST_BYTES)));
        self.inner.cache.borrow_mut().set_budget(blocks);
        self.inner.rows.borrow_mut().set_budget(rows);
    }

    /// Drops blocks from the cache that were deleted from the storage.
    pub fn forget(&self, ids: &[BlockId]) {
        self.inner.cache.borrow_mut().remove(ids);
    }

    /// A block that is read but not offered to the cache, for passes over everything.
    async fn pass_block<K: Key, V: Value>(&self, id: BlockId) -> Result<Rc<Block>> {
        if let Some(block) = self.cached_block(id) {
            return Ok(block);
        }
        let bytes = self.inner.storage.read_block(id).await?;
        let bytes = bytes.ok_or_else(|| Place::Block(id).corrupt(MISSING))?;
        Ok(Rc::new(Block::open(id, bytes, K::TYPE, V::TYPE)?))
    }

    async fn load_root(&self, id: BlockId) -> Result<Root> {
        let bytes = self.inner.storage.read_block(id).await?;
        let bytes = bytes.ok_or_else(|| Place::Root(id).corrupt(MISSING))?;
        Root::open(self, id, bytes).await
    }

    /// A block from the cache or the storage.
    async fn load_block<K: Key, V: Value>(&self, id: BlockId) -> Result<Rc<Block>> {
        let cached = self.inner.cache.borrow_mut().get(id);
        match cached {
            Some(block) => Ok(block),
            None => self.admit::<K, V>(id, self.inner.storage.read_block(id).await?),
        }
    }

    /// Blocks in the order of `ids`; those not in the cache are read in one call of the storage.
    async fn load_blocks<K: Key, V: Value>(&self, ids: &[BlockId]) -> Result<Vec<Rc<Block>>> {
        let cached: Vec<Option<Rc<Block>>> = {
            let mut cache = self.inner.cache.borrow_mut();
            ids.iter().map(|id| cache.get(*id)).collect()
        };
        let is_missing = |(id, block): (&BlockId, &Option<_>)| block.is_none().then_some(*id);
        let missing: Vec<BlockId> = ids.iter().zip(&cached).filter_map(is_missing).collect();
        let mut read = Vec::new().into_iter();
        if !missing.is_empty() {
            read = self.inner.storage.read_blocks(&missing).await?.into_iter();
        }
        let block = |(id, cached): (&BlockId, Option<Rc<Block>>)| match cached {
            Some(block) => Ok(block),
            None => self.admit::<K, V>(*id, read.next().flatten()),
        };
        ids.iter().zip(cached).map(block).collect()
    }

    /// Blocks in the order of `ids`, read in one call of the storage and not offered to the cache.
    async fn pass_blocks<K: Key, V: Value>(&self, ids: &[BlockId]) -> Result<Vec<Rc<Block>>> {
        let read = self.inner.storage.read_blocks(ids).await?;
        let block = |(id, bytes): (&BlockId, Option<Buffer>)| {
            let bytes = bytes.ok_or_else(|| Place::Block(*id).corrupt(MISSING))?;
            Ok(Rc::new(Block::open(*id, bytes, K::TYPE, V::TYPE)?))
        };
        ids.iter().zip(read).map(block).collect()
    }

    /// Verifies a block that was read and offers it to the cache.
    fn admit<K: Key, V: Value>(&self, id: BlockId, bytes: Option<Buffer>) -> Result<Rc<Block>> {
        let bytes = bytes.ok_or_else(|| Place::Block(id).corrupt(MISSING))?;
        let block = Rc::new(Block::open(id, bytes, K::TYPE, V::TYPE)?);
        self.inner.cache.borrow_mut().insert(Rc::clone(&block));
        Ok(block)
    }
}

/// The parts of a cache's budget for rows and for blocks.
fn budgets(bytes: usize) -> (usize, usize) {
    let rows = bytes / ROW_CACHE_FRACTION;
    (rows, bytes - rows)
}

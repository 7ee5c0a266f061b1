//! Reading one version of a blockfile.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Range, RangeBounds, RangeInclusive};
use std::rc::Rc;

use super::Blockstore;
use super::block::Block;
use super::key::Key;
use super::pace::Pace;
use super::root::Root;
use super::sparse_index::{Edge, SparseIndex};
use super::value::Value;
use super::version;
use crate::error::{Corruption, Error, Result};
use crate::limits::{BLOCK_READ_BATCH, PASS_READ_BATCH};
use crate::storage::BlockId;

/// One version of a blockfile: an ordered map from (prefix, key) to a value. Cheap to clone.
///
/// It stays readable, and the same, until its owner deletes its blocks.
pub struct Reader<K: Key, V: Value> {
    inner: Rc<Inner<K>>,
    value: PhantomData<fn() -> V>,
}

struct Inner<K> {
    store: Blockstore,
    root: BlockId,
    index: SparseIndex<K>,
    /// Whether the root is of the current version.
    current: bool,
}

impl<K: Key, V: Value> Clone for Reader<K, V> {
    fn clone(&self) -> Self {
        Self { inner: Rc::clone(&self.inner), value: PhantomData }
    }
}

impl<K: Key, V: Value> fmt::Debug for Reader<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("root", &self.root()).field("len", &self.len()).finish()
    }
}

impl<K: Key, V: Value> Reader<K, V> {
    pub(crate) fn new(store: &Blockstore, root: BlockId, index: SparseIndex<K>) -> Self {
        let inner = Inner { store: store.clone(), root, index, current: true };
        Self { inner: Rc::new(inner), value: PhantomData }
    }

    pub(crate) fn from_root(store: &Blockstore, id: BlockId, root: &Root) -> Result<Self> {
        let index = root.index::<K, V>()?;
        let current = root.header.version == version::CURRENT;
        let inner = Inner { store: store.clone(), root: id, index, current };
        Ok(Self { inner: Rc::new(inner), value: PhantomData })
    }

    pub(crate) fn index(&self) -> &SparseIndex<K> {
        &self.inner.index
    }

    pub(crate) fn store(&self) -> &Blockstore {
        &self.inner.store
    }

    pub(crate) fn is_current(&self) -> bool {
        self.inner.current
    }

    /// The id of the root: what names this version.
    pub fn root(&self) -> BlockId {
        self.inner.root
    }

    /// Number of entries; reads no block.
    pub fn len(&self) -> u64 {
        self.index().total()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids of all blocks, ascending by their entries; without the root.
    pub fn block_ids(&self) -> Vec<BlockId> {
        self.index().entries().iter().map(|entry| entry.id).collect()
    }

    /// Number of blocks.
    pub fn block_count(&self) -> usize {
        self.index().entries().len()
    }

    /// Number of entries in one of the blocks; reads no block.
    pub fn entries_of(&self, index: usize) -> usize {
        self.index().entries().get(index).map_or(0, |entry| entry.count as usize)
    }

    /// One of the blocks, for scans that work on whole columns.
    pub async fn block(&self, index: usize) -> Result<Rc<Block>> {
        let entry = self.index().entries().get(index).ok_or_else(|| self.no_block(index))?;
        let block = self.inner.store.load_block::<K, V>(entry.id).await?;
        self.check_block(index, &block)?;
        Ok(block)
    }

    /// As [`block`](Self::block), for a pass over all blocks: what it reads does not push others out of the cache.
    pub async fn block_in_passing(&self, index: usize) -> Result<Rc<Block>> {
        let entry = self.index().entries().get(index).ok_or_else(|| self.no_block(index))?;
        let block = self.inner.store.pass_block::<K, V>(entry.id).await?;
        self.check_block(index, &block)?;
        Ok(block)
    }

    /// Several blocks in one call of the storage.
    pub(crate) async fn blocks(&self, indices: &[usize]) -> Result<Vec<Rc<Block>>> {
        let blocks = self.inner.store.load_blocks::<K, V>(&self.ids_of(indices)?).await?;
        self.check_blocks(indices, blocks)
    }

    /// As [`blocks`](Self::blocks), past the cache.
    async fn blocks_in_passing(&self, indices: &[usize]) -> Result<Vec<Rc<Block>>> {
        let blocks = self.inner.store.pass_blocks::<K, V>(&self.ids_of(indices)?).await?;
        self.check_blocks(indices, blocks)
    }

    fn ids_of(&self, indices: &[usize]) -> Result<Vec<BlockId>> {
        let id = |index: &usize| {
            let entry = self.index().entries().get(*index);
            entry.map(|entry| entry.id).ok_or_else(|| self.no_block(*index))
        };
        indices.iter().map(id).collect()
    }

    fn check_blocks(&self, indices: &[usize], blocks: Vec<Rc<Block>>) -> Result<Vec<Rc<Block>>> {
        for (index, block) in indices.iter().zip(&blocks) {
            self.check_block(*index, block)?;
        }
        Ok(blocks)
    }

    fn no_block(&self, index: usize) -> Error {
        Error::Internal(format!("blockfile {} has no block {index}", self.root()))
    }

    /// The block has to be what the root says of it.
    fn check_block(&self, index: usize, block: &Block) -> Result<()> {
        let Some(entry) = self.index().entries().get(index) else { return Err(self.no_block(index)) };
        let as_indexed =
            block.len() == entry.count as usize && block.holds::<K>(0, &entry.prefix, entry.key.as_ref());
        if as_indexed {
            return Ok(());
        }
        let reason = format!("it is not what blockfile root {} says of it", self.root());
        Err(Corruption::new(format!("block {}", entry.id), reason).into())
    }

    /// Index range of the blocks that may hold keys of `prefix` within the key range.
    pub fn blocks_in(&self, prefix: &str, keys: impl RangeBounds<K>) -> Range<usize> {
        self.index().blocks_between(&Edge::lower(prefix, &keys), &Edge::upper(prefix, &keys))
    }

    /// The value of an entry.
    pub async fn get(&self, prefix: &str, key: K::Ref<'_>) -> Result<Option<V>> {
        match self.find(prefix, key).await? {
            Some((block, row)) => Ok(Some(block.owned_value::<V>(row)?)),
            None => Ok(None),
        }
    }

    /// Whether there is such an entry.
    pub async fn contains(&self, prefix: &str, key: K::Ref<'_>) -> Result<bool> {
        Ok(self.find(prefix, key).await?.is_some())
    }

    async fn find(&self, prefix: &str, key: K::Ref<'_>) -> Result<Option<(Rc<Block>, usize)>> {
        let Some(index) = self.index().find(prefix, key) else { return Ok(None) };
        let block = self.block(index).await?;
        Ok(block.find::<K>(prefix, key)?.map(|row| (block, row)))
    }

    /// Where several entries lie, in the order of `keys`: their blocks and rows, nothing copied. Blocks are loaded
    /// as [`get_many`](Self::get_many) does.
    pub async fn find_many(&self, prefix: &str, keys: &[K]) -> Result<Vec<Option<(Rc<Block>, usize)>>> {
        let mut found = vec![None; keys.len()];
        self.visit_many(prefix, keys, |place, block, row| {
            found[place] = Some((Rc::clone(block), row));
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// The values of several entries, in the order of `keys`. Each block is loaded once, up to
    /// [`BLOCK_READ_BATCH`] in one call of the storage.
    pub async fn get_many(&self, prefix: &str, keys: &[K]) -> Result<Vec<Option<V>>> {
        let mut values = vec![None; keys.len()];
        self.visit_many(prefix, keys, |place, block, row| {
            values[place] = Some(block.owned_value::<V>(row)?);
            Ok(())
        })
        .await?;
        Ok(values)
    }

    /// Shows the entries of several keys to `visit`: the place of each key that exists, its block and its row. Blocks are
    /// loaded as [`get_many`](Self::get_many) does, and none is held longer than it is shown.
    pub async fn visit_many(
        &self,
        prefix: &str,
        keys: &[K],
        mut visit: impl FnMut(usize, &Rc<Block>, usize) -> Result<()>,
    ) -> Result<()> {
        let find = |(place, key): (usize, &K)| Some((self.index().find(prefix, key.as_ref())? as u64, place));
        let mut wanted: Vec<(u64, usize)> = keys.iter().enumerate().filter_map(find).collect();
        wanted.sort_unstable();
        let mut pace = Pace::new(&self.inner.store);
        let groups: Vec<&[(u64, usize)]> = wanted.chunk_by(|a, b| a.0 == b.0).collect();
        for groups in groups.chunks(BLOCK_READ_BATCH) {
            let indices: Vec<usize> = groups.iter().map(|group| group[0].0 as usize).collect();
            for (group, block) in groups.iter().zip(self.blocks(&indices).await?) {
                for (_, place) in *group {
                    if let Some(row) = block.find::<K>(prefix, keys[*place].as_ref())? {
                        visit(*place, &block, row)?;
                    }
                }
                pace.step().await;
            }
        }
        Ok(())
    }

    /// The entries of a prefix within a key range, ascending.
    pub async fn range(&self, prefix: &str, keys: impl RangeBounds<K>) -> Result<Vec<(K, V)>> {
        let mut entries = Vec::new();
        let visit = |block: &Block, row: usize| {
            entries.push((K::from_ref(block.key::<K>(row)?), block.owned_value(row)?));
            Ok(())
        };
        self.visit_rows(prefix, keys, visit).await?;
        Ok(entries)
    }

    /// Shows the entries of a prefix within a key range to `visit`, ascending and not copied.
    pub async fn visit_range(
        &self,
        prefix: &str,
        keys: impl RangeBounds<K>,
        mut visit: impl FnMut(K::Ref<'_>, V::Ref<'_>) -> Result<()>,
    ) -> Result<()> {
        self.visit_rows(prefix, keys, |block, row| visit(block.key::<K>(row)?, block.value::<V>(row)?)).await
    }

    async fn visit_rows(
        &self,
        prefix: &str,
        keys: impl RangeBounds<K>,
        mut visit: impl FnMut(&Block, usize) -> Result<()>,
    ) -> Result<()> {
        let (lower, upper) = (Edge::lower(prefix, &keys), Edge::upper(prefix, &keys));
        let show = |block: &Block| {
            for row in block.lower_bound(&lower)?..block.lower_bound(&upper)? {
                visit(block, row)?;
            }
            Ok(())
        };
        self.visit(self.index().blocks_between(&lower, &upper), show).await
    }

    /// All entries of a prefix, ascending.
    pub async fn prefix(&self, prefix: &str) -> Result<Vec<(K, V)>> {
        self.range(prefix, ..).await
    }

    /// Shows all entries of a prefix to `visit`, ascending and not copied. What it reads does not push other blocks out
    /// of the cache.
    pub async fn visit_prefix(
        &self,
        prefix: &str,
        mut visit: impl FnMut(K::Ref<'_>, V::Ref<'_>) -> Result<()>,
    ) -> Result<()> {
        let range = &..;
        let (lower, upper) = (Edge::lower(prefix, range), Edge::upper(prefix, range));
        let mut pace = Pace::new(&self.inner.store);
        let indices: Vec<usize> = self.index().blocks_between(&lower, &upper).collect();
        for indices in indices.chunks(PASS_READ_BATCH) {
            for block in self.blocks_in_passing(indices).await? {
                for row in block.lower_bound(&lower)?..block.lower_bound(&upper)? {
                    visit(block.key::<K>(row)?, block.value::<V>(row)?)?;
                }
                pace.step().await;
            }
        }
        Ok(())
    }

    /// The entries of all prefixes, ascending: for loading a catalogue, verification, export.
    pub async fn all(&self) -> Result<Vec<(String, K, V)>> {
        let mut entries = Vec::new();
        let visit = |block: &Block| {
            for row in 0..block.len() {
                let key = K::from_ref(block.key::<K>(row)?);
                entries.push((block.prefix(row)?.to_owned(), key, block.owned_value(row)?));
            }
            Ok(())
        };
        self.visit(0..self.block_count(), visit).await?;
        Ok(entries)
    }

    /// Reads blocks in batches and shows them to `visit` one by one.
    async fn visit(&self, blocks: Range<usize>, mut visit: impl FnMut(&Block) -> Result<()>) -> Result<()> {
        let mut pace = Pace::new(&self.inner.store);
        let indices: Vec<usize> = blocks.collect();
        for indices in indices.chunks(BLOCK_READ_BATCH) {
            for block in self.blocks(indices).await? {
                visit(&block)?;
                pace.step().await;
            }
        }
        Ok(())
    }

    /// How many entries come before (prefix, key), whether it exists or not.
    pub async fn rank(&self, prefix: &str, key: K::Ref<'_>) -> Result<u64> {
        let Some(index) = self.index().find(prefix, key) else { return Ok(0) };
        let row = self.block(index).await?.lower_bound::<K>(&Edge::before(prefix, key))?;
        Ok(self.index().entries_before(index) + row as u64)
    }

    /// The entry with this many before it.
    pub async fn get_at_index(&self, index: u64) -> Result<Option<(String, K, V)>> {
        let Some(block_index) = self.index().find_index(index) else { return Ok(None) };
        let block = self.block(block_index).await?;
        // Below the block's count, which is a u32.
        let row = (index - self.index().entries_before(block_index)) as usize;
        let key = K::from_ref(block.key::<K>(row)?);
        Ok(Some((block.prefix(row)?.to_owned(), key, block.owned_value(row)?)))
    }
}

impl<V: Value> Reader<u32, V> {
    /// The keys between the first one of a block and the first one of the next, in a blockfile that has one
    /// prefix only. Empty for a block that does not exist; reads no block.
    pub fn key_range(&self, index: usize) -> RangeInclusive<u32> {
        let first = |index: usize| self.index().entries().get(index).map(|entry| entry.key);
        match (first(index), first(index + 1)) {
            (Some(start), Some(next)) => start..=next.saturating_sub(1),
            (Some(start), None) => start..=u32::MAX,
            #[allow(clippy::reversed_empty_ranges)]
            (None, _) => 1..=0,
        }
    }
}

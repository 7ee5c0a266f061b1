//! The ordered writer: entries come ascending, finished blocks go out at once.
//!
//! It walks the old blocks and the changes side by side. A block without changes is kept by its id and
//! never read. A block with changes is copied into the [`Delta`], changes merged in; when the walk
//! leaves it the delta is cut into blocks of even size. A delta much smaller than a block is joined
//! with the block that follows. At most two blocks' worth of entries is held.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::block::Block;
use super::delta::Delta;
use super::key::Key;
use super::output::Output;
use super::reader::Reader;
use super::root::encode_root;
use super::sparse_index::{Edge, IndexEntry, SparseIndex};
use super::value::Value;
use super::{BlockfileOptions, Blockstore, Commit};
use crate::error::{Error, Result};
use crate::limits::{BLOCK_FRAMING_BYTES, BLOCK_MERGE_FRACTION, BLOCK_READ_BATCH, MAX_BLOCK_BYTES};
use crate::storage::BlockId;

/// Writes a new version of a blockfile from ascending changes. See the [module](self).
///
/// Dropped without [`commit`](Self::commit), or failed, it leaves blocks behind that no root names.
#[derive(Debug)]
pub struct OrderedWriter<K: Key, V: Value> {
    store: Blockstore,
    base: Option<Reader<K, V>>,
    options: BlockfileOptions,
    /// The first block of the base that the walk has not come to.
    next: usize,
    /// The block of the base whose entries are being copied.
    open: Option<OpenBlock>,
    delta: Delta<K, V>,
    index: Vec<IndexEntry<K>>,
    removed: Vec<BlockId>,
    output: Output,
    last: Option<(String, K)>,
    prefetch: Prefetch,
}

#[derive(Debug)]
struct OpenBlock {
    index: usize,
    block: Rc<Block>,
    /// The first row not copied yet.
    row: usize,
}

/// Blocks that are known to be needed, read in batches.
#[derive(Debug, Default)]
struct Prefetch {
    planned: VecDeque<usize>,
    loaded: BTreeMap<usize, Rc<Block>>,
}

impl<K: Key, V: Value> OrderedWriter<K, V> {
    pub(crate) fn new(store: &Blockstore, base: Option<&Reader<K, V>>, options: BlockfileOptions) -> Self {
        // Two blocks and the largest entry still have to fit 31-bit offsets.
        let block_bytes = options.block_bytes.clamp(1, MAX_BLOCK_BYTES / 4);
        Self {
            store: store.clone(),
            base: base.cloned(),
            options: BlockfileOptions { block_bytes },
            next: 0,
            open: None,
            delta: Delta::default(),
            index: Vec::new(),
            removed: Vec::new(),
            output: Output::new(store),
            last: None,
            prefetch: Prefetch::default(),
        }
    }

    /// Announces which blocks of the base the changes will fall into, ascending.
    pub(super) fn plan(&mut self, blocks: VecDeque<usize>) {
        self.prefetch.planned = blocks;
    }

    /// Inserts an entry or replaces its value. A key not above the last one is [`Error::Internal`].
    pub async fn set(&mut self, prefix: &str, key: K, value: V) -> Result<()> {
        check_size(prefix, &key, &value)?;
        self.advance(prefix, &key)?;
        if let Some(block) = self.find_block(prefix, &key) {
            self.go_to(block).await?;
            self.copy_before(prefix, key.as_ref()).await?;
        }
        self.delta.push(prefix, key.as_ref(), &value);
        self.spill().await
    }

    /// Changes an entry: `change` is shown its value, or `None` if there is no such entry, and gives the one it is to
    /// have, or `None` if there is to be none. A key not above the last one is [`Error::Internal`].
    pub async fn update(
        &mut self,
        prefix: &str,
        key: K,
        change: impl FnOnce(Option<V::Ref<'_>>) -> Result<Option<V>>,
    ) -> Result<()> {
        self.advance(prefix, &key)?;
        if let Some(block) = self.find_block(prefix, &key) {
            self.go_to(block).await?;
            self.copy_before(prefix, key.as_ref()).await?;
        }
        let Some(value) = change(self.passed_over(prefix, key.as_ref())?)? else { return Ok(()) };
        check_size(prefix, &key, &value)?;
        self.delta.push(prefix, key.as_ref(), &value);
        self.spill().await
    }

    /// The value of the entry that [`copy_before`](Self::copy_before) has just passed over, if there was one.
    fn passed_over(&self, prefix: &str, key: K::Ref<'_>) -> Result<Option<V::Ref<'_>>> {
        let Some(open) = &self.open else { return Ok(None) };
        match open.row.checked_sub(1) {
            Some(row) if open.block.holds::<K>(row, prefix, key) => Ok(Some(open.block.value::<V>(row)?)),
            _ => Ok(None),
        }
    }

    /// Removes an entry; one that does not exist is passed over and its block not touched.
    /// A key not above the last one is [`Error::Internal`].
    pub async fn delete(&mut self, prefix: &str, key: K::Ref<'_>) -> Result<()> {
        let key = K::from_ref(key);
        self.advance(prefix, &key)?;
        let Some(block) = self.find_block(prefix, &key) else { return Ok(()) };
        let is_open = self.open.as_ref().is_some_and(|open| open.index == block);
        if !is_open && self.load(block).await?.find::<K>(prefix, key.as_ref())?.is_none() {
            return Ok(());
        }
        self.go_to(block).await?;
        self.copy_before(prefix, key.as_ref()).await
    }

    /// Writes the rest and the new root to the storage (no flush) and returns the new reader.
    /// Without any change that is the base itself.
    pub async fn commit(mut self) -> Result<Commit<K, V>> {
        self.leave_until(self.base_len()).await?;
        self.write_delta().await?;
        if let Some(base) = self.base.take() {
            let unchanged = self.removed.is_empty() && self.output.is_empty();
            if unchanged && base.is_current() {
                return Ok(Commit { reader: base, added: Vec::new(), removed: Vec::new() });
            }
            self.removed.push(base.root());
        }
        let root = self.output.new_id();
        let index = SparseIndex::new(self.index);
        let bytes = encode_root::<K, V>(root, &index, self.options.block_bytes)?;
        self.output.push(root, bytes).await?;
        let added = self.output.finish().await?;
        Ok(Commit { reader: Reader::new(&self.store, root, index), added, removed: self.removed })
    }

    /// Checks and remembers the order of calls.
    fn advance(&mut self, prefix: &str, key: &K) -> Result<()> {
        match &mut self.last {
            Some((last_prefix, last_key)) => {
                if (last_prefix.as_str(), &*last_key) >= (prefix, key) {
                    return Err(Error::Internal(format!(
                        "an ordered writer got {prefix:?} {key:?} after {last_prefix:?} {last_key:?}"
                    )));
                }
                if last_prefix != prefix {
                    prefix.clone_into(last_prefix);
                }
                last_key.clone_from(key);
            }
            None => self.last = Some((prefix.to_owned(), key.clone())),
        }
        Ok(())
    }

    fn base_index(&self) -> &[IndexEntry<K>] {
        self.base.as_ref().map_or(&[], |base| base.index().entries())
    }

    fn base_len(&self) -> usize {
        self.base_index().len()
    }

    fn find_block(&self, prefix: &str, key: &K) -> Option<usize> {
        self.base.as_ref()?.index().find(prefix, key.as_ref())
    }

    /// Opens a block of the base, unless it is open. Never one that the walk has left: keys ascend, and
    /// so do their blocks.
    async fn go_to(&mut self, block: usize) -> Result<()> {
        if self.open.as_ref().is_some_and(|open| open.index == block) {
            return Ok(());
        }
        self.leave_until(block).await?;
        self.open_next().await
    }

    /// Finishes the open block and keeps those after it up to `target`.
    async fn leave_until(&mut self, target: usize) -> Result<()> {
        loop {
            self.copy_rest().await?;
            if self.delta.is_empty() {
                break;
            }
            let small = self.delta.bytes() < self.options.block_bytes / BLOCK_MERGE_FRACTION;
            if small && self.next == target {
                // The next change comes directly after it: it goes on in the same delta.
                break;
            }
            if small && self.next < self.base_len() {
                let following = self.load(self.next).await?;
                if self.delta.bytes() + following.payload() <= self.options.block_bytes {
                    self.open_next().await?;
                    continue;
                }
            }
            self.write_delta().await?;
            break;
        }
        if let Some(base) = &self.base {
            self.index.extend_from_slice(&base.index().entries()[self.next..target]);
        }
        self.next = target;
        Ok(())
    }

    /// Starts copying the next block of the base.
    async fn open_next(&mut self) -> Result<()> {
        let block = self.load(self.next).await?;
        self.prefetch.loaded.remove(&self.next);
        self.removed.push(block.id());
        self.open = Some(OpenBlock { index: self.next, block, row: 0 });
        self.next += 1;
        Ok(())
    }

    /// Copies the open block's entries before a key, and passes over the entry of the key itself.
    async fn copy_before(&mut self, prefix: &str, key: K::Ref<'_>) -> Result<()> {
        let Some(open) = &self.open else { return Ok(()) };
        let end = open.block.lower_bound::<K>(&Edge::before(prefix, key))?;
        let skip = open.block.holds::<K>(end, prefix, key);
        self.copy_rows(end).await?;
        if let Some(open) = &mut self.open {
            open.row = end + usize::from(skip);
        }
        Ok(())
    }

    /// Copies what is left of the open block and closes it.
    async fn copy_rest(&mut self) -> Result<()> {
        if let Some(open) = &self.open {
            self.copy_rows(open.block.len()).await?;
            self.open = None;
        }
        Ok(())
    }

    async fn copy_rows(&mut self, end: usize) -> Result<()> {
        loop {
            let Some(open) = &mut self.open else { return Ok(()) };
            while open.row < end && self.delta.bytes() <= 2 * self.options.block_bytes {
                self.delta.push_row(&open.block, open.row)?;
                open.row += 1;
            }
            let done = open.row >= end;
            self.spill().await?;
            if done {
                return Ok(());
            }
        }
    }

    /// Writes full blocks out when more than two are held; afterwards there is room for an entry.
    async fn spill(&mut self) -> Result<()> {
        while self.delta.bytes() > 2 * self.options.block_bytes {
            let block = self.delta.take_front(self.options.block_bytes);
            self.write_block(block).await?;
        }
        Ok(())
    }

    /// Writes the whole delta, in pieces of even size if it is larger than a block.
    async fn write_delta(&mut self) -> Result<()> {
        while !self.delta.is_empty() {
            let pieces = self.delta.bytes().div_ceil(self.options.block_bytes);
            let block = self.delta.take_front(self.delta.bytes().div_ceil(pieces));
            self.write_block(block).await?;
        }
        Ok(())
    }

    async fn write_block(&mut self, block: Delta<K, V>) -> Result<()> {
        let Some((prefix, key)) = block.first() else { return Ok(()) };
        let id = self.output.new_id();
        let prefix = match self.index.last() {
            Some(last) if *last.prefix == *prefix => Rc::clone(&last.prefix),
            _ => Rc::from(prefix),
        };
        self.index.push(IndexEntry { prefix, key: K::from_ref(key), id, count: block.rows() as u32 });
        self.output.push(id, block.encode(id)).await
    }

    /// A block of the base; with a plan, the next ones of the plan are read along with it.
    async fn load(&mut self, block: usize) -> Result<Rc<Block>> {
        if let Some(block) = self.prefetch.loaded.get(&block) {
            return Ok(Rc::clone(block));
        }
        let Some(base) = &self.base else {
            return Err(Error::Internal("a new blockfile has no old blocks".into()));
        };
        let planned = &mut self.prefetch.planned;
        // Only a planned block reads ahead: those of the plan that were read are then used up.
        let ahead = if planned.front() == Some(&block) { planned.len().min(BLOCK_READ_BATCH) } else { 0 };
        let mut wanted: Vec<usize> = planned.drain(..ahead).collect();
        if wanted.is_empty() {
            wanted.push(block);
        }
        // What the walk has passed is not needed again.
        self.prefetch.loaded = self.prefetch.loaded.split_off(&block);
        let loaded = base.blocks(&wanted).await?;
        self.prefetch.loaded.extend(wanted.into_iter().zip(loaded));
        match self.prefetch.loaded.get(&block) {
            Some(block) => Ok(Rc::clone(block)),
            None => Err(Error::Internal("a block was read and is not there".into())),
        }
    }
}

/// An entry has to fit a block that can be read back.
pub(super) fn check_size<K: Key, V: Value>(prefix: &str, key: &K, value: &V) -> Result<()> {
    let mut column = K::Builder::default();
    K::push(key.as_ref(), &mut column);
    let bytes = prefix.len() + super::column::ColumnBuilder::bytes(&column) + value.size();
    let largest = MAX_BLOCK_BYTES - BLOCK_FRAMING_BYTES;
    if bytes > largest {
        return Err(Error::ResourceExhausted(format!(
            "an entry of {bytes} bytes is larger than a block may be ({largest} bytes)"
        )));
    }
    Ok(())
}

//! The cache of parsed blocks, bounded by bytes.
//!
//! Two least-recently-used lists. Until the budget is used up every block goes into the *main* list.
//! Then newcomers pass through a *window* (an eighth of the budget, see
//! [`CACHE_WINDOW_FRACTION`]) and move to the main list only when they are
//! asked for again while they are there; the main list's oldest blocks then make room. So a scan that
//! is larger than the budget, even when it is repeated, leaves seven eighths of the cache in place
//! and hits it every time, where one list would have been flushed by every pass without one hit.

use std::rc::Rc;

use lru::LruCache;

use super::block::Block;
use crate::limits::CACHE_WINDOW_FRACTION;
use crate::storage::BlockId;

/// How the block cache fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheStats {
    /// Bytes of the blocks held, and of what is held in their stead.
    pub bytes: usize,
    /// Bytes that may be held.
    pub budget: usize,
    /// Blocks held.
    pub entries: usize,
    /// Blocks asked for that were there.
    pub hits: u64,
    /// Blocks asked for that were not.
    pub misses: u64,
}

/// One least-recently-used list that knows its size.
#[derive(Debug)]
struct Segment {
    blocks: LruCache<BlockId, Rc<Block>>,
    bytes: usize,
}

impl Segment {
    fn new() -> Self {
        Self { blocks: LruCache::unbounded(), bytes: 0 }
    }

    fn push(&mut self, block: Rc<Block>) {
        self.bytes += block.kept_bytes();
        if let Some((_, replaced)) = self.blocks.push(block.id(), block) {
            self.bytes -= replaced.kept_bytes();
        }
    }

    fn remove(&mut self, id: BlockId) -> Option<Rc<Block>> {
        let block = self.blocks.pop(&id)?;
        self.bytes -= block.kept_bytes();
        Some(block)
    }

    fn remove_oldest(&mut self) -> Option<Rc<Block>> {
        let (_, block) = self.blocks.pop_lru()?;
        self.bytes -= block.kept_bytes();
        Some(block)
    }
}

/// The cache. See the [module](self) for what it keeps.
#[derive(Debug)]
pub(crate) struct BlockCache {
    main: Segment,
    window: Segment,
    budget: usize,
    hits: u64,
    misses: u64,
}

impl BlockCache {
    pub(crate) fn new(budget: usize) -> Self {
        Self { main: Segment::new(), window: Segment::new(), budget, hits: 0, misses: 0 }
    }

    pub(crate) fn stats(&self) -> CacheStats {
        CacheStats {
            bytes: self.bytes(),
            budget: self.budget,
            entries: self.main.blocks.len() + self.window.blocks.len(),
            hits: self.hits,
            misses: self.misses,
        }
    }

    pub(crate) fn get(&mut self, id: BlockId) -> Option<Rc<Block>> {
        let block = match self.main.blocks.get(&id) {
            Some(block) => Some(Rc::clone(block)),
            None => self.window.remove(id).inspect(|block| self.promote(Rc::clone(block))),
        };
        match block {
            Some(_) => self.hits += 1,
            None => self.misses += 1,
        }
        block
    }

    /// A block that is there, without a note that it was used.
    pub(crate) fn peek(&self, id: BlockId) -> Option<Rc<Block>> {
        self.main.blocks.peek(&id).or_else(|| self.window.blocks.peek(&id)).cloned()
    }

    /// Takes a block that was read. One larger than the budget is not kept.
    pub(crate) fn insert(&mut self, block: Rc<Block>) {
        let bytes = block.kept_bytes();
        if bytes > self.budget || self.main.blocks.contains(&block.id()) {
            return;
        }
        if self.window.blocks.is_empty() && self.bytes() + bytes <= self.main_budget() {
            self.main.push(block);
        } else {
            self.window.push(block);
            self.shrink();
        }
    }

    /// Forgets blocks that no longer exist.
    pub(crate) fn remove(&mut self, ids: &[BlockId]) {
        for id in ids {
            self.main.remove(*id);
            self.window.remove(*id);
        }
    }

    pub(crate) fn set_budget(&mut self, budget: usize) {
        self.budget = budget;
        self.shrink();
    }

    fn bytes(&self) -> usize {
        self.main.bytes + self.window.bytes
    }

    fn main_budget(&self) -> usize {
        self.budget - self.budget / CACHE_WINDOW_FRACTION
    }

    /// Moves a block from the window to the main list; what no longer fits there goes to the window.
    fn promote(&mut self, block: Rc<Block>) {
        self.main.push(block);
        while self.main.bytes > self.main_budget() {
            let Some(oldest) = self.main.remove_oldest() else { break };
            self.window.push(oldest);
        }
    }

    fn shrink(&mut self) {
        while self.bytes() > self.budget {
            if self.window.remove_oldest().or_else(|| self.main.remove_oldest()).is_none() {
                break;
            }
        }
    }
}

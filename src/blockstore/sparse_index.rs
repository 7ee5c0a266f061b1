//! The sparse index: the first entry of each block, and how many entries there are.

use std::cmp::Ordering;
use std::ops::{Bound, Range, RangeBounds};
use std::rc::Rc;

use super::key::Key;
use crate::storage::BlockId;

/// A place between entries: before or after one key of a prefix, or the prefix as a whole.
#[derive(Debug)]
pub(crate) struct Edge<'p, 'k, K: Key> {
    pub prefix: &'p str,
    /// `None`: all keys of the prefix.
    pub key: Option<K::Ref<'k>>,
    /// Whether the edge lies after the key rather than before it.
    pub after: bool,
}

impl<'p, 'k, K: Key> Edge<'p, 'k, K> {
    pub(crate) fn before(prefix: &'p str, key: K::Ref<'k>) -> Self {
        Self { prefix, key: Some(key), after: false }
    }

    pub(crate) fn after(prefix: &'p str, key: K::Ref<'k>) -> Self {
        Self { prefix, key: Some(key), after: true }
    }

    pub(crate) fn lower(prefix: &'p str, keys: &'k impl RangeBounds<K>) -> Self {
        match keys.start_bound() {
            Bound::Included(key) => Self::before(prefix, key.as_ref()),
            Bound::Excluded(key) => Self::after(prefix, key.as_ref()),
            Bound::Unbounded => Self { prefix, key: None, after: false },
        }
    }

    pub(crate) fn upper(prefix: &'p str, keys: &'k impl RangeBounds<K>) -> Self {
        match keys.end_bound() {
            Bound::Included(key) => Self::after(prefix, key.as_ref()),
            Bound::Excluded(key) => Self::before(prefix, key.as_ref()),
            Bound::Unbounded => Self { prefix, key: None, after: true },
        }
    }

    /// Whether the edge follows an entry of its prefix that compares to its key like this.
    pub(crate) fn follows(&self, entry: Ordering) -> bool {
        entry.is_lt() || (self.after && entry.is_eq())
    }

    fn follows_entry(&self, prefix: &str, key: K::Ref<'_>) -> bool {
        match prefix.cmp(self.prefix) {
            Ordering::Equal => match self.key {
                Some(edge) => self.follows(K::compare(key, edge)),
                None => self.after,
            },
            order => order.is_lt(),
        }
    }
}

/// What the index knows about a block.
#[derive(Debug, Clone)]
pub(crate) struct IndexEntry<K> {
    /// Prefix and key of the first entry.
    pub prefix: Rc<str>,
    pub key: K,
    pub id: BlockId,
    /// Entries in the block, at least one.
    pub count: u32,
}

/// The blocks of a blockfile, ascending.
#[derive(Debug)]
pub(crate) struct SparseIndex<K> {
    entries: Vec<IndexEntry<K>>,
    /// Entries before each block, and at the end their number.
    before: Vec<u64>,
}

impl<K: Key> SparseIndex<K> {
    pub(crate) fn new(entries: Vec<IndexEntry<K>>) -> Self {
        let mut before = Vec::with_capacity(entries.len() + 1);
        let mut sum = 0;
        before.push(sum);
        for entry in &entries {
            sum += u64::from(entry.count);
            before.push(sum);
        }
        Self { entries, before }
    }

    pub(crate) fn entries(&self) -> &[IndexEntry<K>] {
        &self.entries
    }

    /// Entries in all blocks.
    pub(crate) fn total(&self) -> u64 {
        self.before.last().copied().unwrap_or_default()
    }

    /// Entries in the blocks before `block`.
    pub(crate) fn entries_before(&self, block: usize) -> u64 {
        self.before.get(block).copied().unwrap_or_else(|| self.total())
    }

    /// The block that an entry lies in, or would have to: the last one that starts at or before it, or
    /// the first one. `None` if there are no blocks.
    pub(crate) fn find(&self, prefix: &str, key: K::Ref<'_>) -> Option<usize> {
        let starts = self.starts_before(&Edge::after(prefix, key));
        (!self.entries.is_empty()).then(|| starts.saturating_sub(1))
    }

    /// The block of the entry with this many before it.
    pub(crate) fn find_index(&self, index: u64) -> Option<usize> {
        (index < self.total()).then(|| self.before.partition_point(|before| *before <= index) - 1)
    }

    /// The blocks that may hold entries between two edges.
    pub(crate) fn blocks_between(&self, lower: &Edge<'_, '_, K>, upper: &Edge<'_, '_, K>) -> Range<usize> {
        let start = self.starts_before(lower).saturating_sub(1);
        start..self.starts_before(upper).max(start)
    }

    fn starts_before(&self, edge: &Edge<'_, '_, K>) -> usize {
        // Most blockfiles have one prefix: it is compared twice, not at each step of the search.
        let same = |entry: Option<&IndexEntry<K>>| entry.is_some_and(|entry| *entry.prefix == *edge.prefix);
        if let Some(key) = edge.key
            && same(self.entries.first())
            && same(self.entries.last())
        {
            return self.entries.partition_point(|entry| edge.follows(K::compare(entry.key.as_ref(), key)));
        }
        self.entries.partition_point(|entry| edge.follows_entry(&entry.prefix, entry.key.as_ref()))
    }
}

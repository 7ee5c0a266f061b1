//! The answers to filters that were asked before, kept for the next time they are asked.
//!
//! A filter is asked again and again: by each keystroke of a search within one category, by each page of a
//! list. What it selects of a segment never changes, so it is found once; what the log has added is looked
//! at every time.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};

use roaring::RoaringBitmap;

use crate::limits::{SELECTION_CACHE_BYTES, SELECTION_CACHE_ENTRIES};
use crate::storage::BlockId;
use crate::types::where_clause::Where;

/// The filters of one collection that were answered last, each with the records of the segment that match.
#[derive(Debug, Default)]
pub struct Selections {
    /// The one used last comes last.
    entries: RefCell<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    /// The root of the segment's records: it names them for good.
    root: BlockId,
    /// Of the condition: hundreds of conditions take longer to compare than one takes to answer.
    hash: u64,
    condition: Where,
    matching: RoaringBitmap,
    bytes: usize,
}

impl Selections {
    /// The offset ids of the records under `root` that match `condition`, if they are known.
    pub fn get(&self, root: BlockId, condition: &Where) -> Option<RoaringBitmap> {
        let hash = hash_of(condition);
        let mut entries = self.entries.borrow_mut();
        let is_wanted = |entry: &Entry| entry.is(root, hash) && entry.condition == *condition;
        let place = entries.iter().rposition(is_wanted)?;
        entries[place..].rotate_left(1);
        entries.last().map(|entry| entry.matching.clone())
    }

    /// Keeps an answer. Those about other roots go, as their segment was replaced; then the ones not used for longest,
    /// until the rest is within [`SELECTION_CACHE_ENTRIES`] and [`SELECTION_CACHE_BYTES`].
    pub fn insert(&self, root: BlockId, condition: &Where, matching: &RoaringBitmap) {
        let bytes = matching.serialized_size() + condition.payload_bytes();
        if bytes > SELECTION_CACHE_BYTES {
            return;
        }
        let hash = hash_of(condition);
        let mut entries = self.entries.borrow_mut();
        entries.retain(|entry| entry.root == root && !entry.is(root, hash));
        entries.push(Entry { root, hash, condition: condition.clone(), matching: matching.clone(), bytes });
        let mut kept = 0;
        let fits = |entry: &&Entry| {
            kept += entry.bytes;
            kept <= SELECTION_CACHE_BYTES
        };
        let count = entries.iter().rev().take(SELECTION_CACHE_ENTRIES).take_while(fits).count();
        let surplus = entries.len() - count;
        entries.drain(..surplus);
    }
}

impl Entry {
    fn is(&self, root: BlockId, hash: u64) -> bool {
        self.hash == hash && self.root == root
    }
}

fn hash_of(condition: &Where) -> u64 {
    let mut hasher = DefaultHasher::new();
    condition.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::where_clause::{Comparison, Condition, Scalar};

    const ROOT: BlockId = BlockId([1; 16]);

    fn equals(value: i64) -> Where {
        let condition = Condition::Compare(Comparison::Equal, Scalar::Int(value));
        Where::Metadata { key: "key".into(), condition }
    }

    fn sparse(value: i64) -> RoaringBitmap {
        (0..100).map(|index| index * 7 + value as u32).collect()
    }

    #[test]
    fn an_answer_is_for_its_filter_and_its_records_alone() {
        let selections = Selections::default();
        selections.insert(ROOT, &equals(1), &sparse(1));
        selections.insert(ROOT, &equals(2), &sparse(2));
        assert_eq!(selections.get(ROOT, &equals(1)), Some(sparse(1)));
        assert_eq!(selections.get(ROOT, &equals(2)), Some(sparse(2)));
        assert_eq!(selections.get(ROOT, &equals(3)), None);
        assert_eq!(selections.get(BlockId([2; 16]), &equals(1)), None);
    }

    #[test]
    fn answers_about_a_replaced_segment_go() {
        let selections = Selections::default();
        selections.insert(ROOT, &equals(1), &sparse(1));
        selections.insert(BlockId([2; 16]), &equals(2), &sparse(2));
        assert_eq!(selections.get(ROOT, &equals(1)), None);
        assert_eq!(selections.entries.borrow().len(), 1);
    }

    #[test]
    fn the_answers_used_last_are_kept() {
        let selections = Selections::default();
        for value in 0..SELECTION_CACHE_ENTRIES as i64 + 3 {
            selections.insert(ROOT, &equals(value), &sparse(value));
            assert_eq!(selections.get(ROOT, &equals(0)), Some(sparse(0)), "after {value}");
        }
        assert_eq!(selections.entries.borrow().len(), SELECTION_CACHE_ENTRIES);
        assert_eq!(selections.get(ROOT, &equals(1)), None);
        assert!(selections.get(ROOT, &equals(SELECTION_CACHE_ENTRIES as i64)).is_some());
    }

    #[test]
    fn answers_and_filters_are_bounded_by_bytes() {
        let selections = Selections::default();
        let large: RoaringBitmap = (0..SELECTION_CACHE_BYTES as u32 * 3).step_by(3).collect();
        let half = || large.iter().take(SELECTION_CACHE_BYTES / 4).collect::<RoaringBitmap>();
        assert!(large.serialized_size() > 2 * half().serialized_size());
        for value in 0..6 {
            selections.insert(ROOT, &equals(value), &half());
        }
        let bytes: usize = selections.entries.borrow().iter().map(|entry| entry.bytes).sum();
        assert!(bytes <= SELECTION_CACHE_BYTES && selections.get(ROOT, &equals(5)).is_some());
        selections.insert(ROOT, &equals(7), &(0..u32::MAX).step_by(1 << 10).collect());
        assert_eq!(selections.get(ROOT, &equals(7)), None, "larger than all that may be kept");
        let ids = Where::Id { ids: vec!["x".repeat(SELECTION_CACHE_BYTES)], negated: false };
        selections.insert(ROOT, &ids, &sparse(1));
        assert_eq!(selections.get(ROOT, &ids), None, "the filter counts too");
    }
}

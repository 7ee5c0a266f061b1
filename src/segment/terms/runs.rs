//! Many entries in the order of their keys, sorted a few at a time: who sorts them all at once holds the thread for tens of milliseconds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::vec::IntoIter;

use crate::env::Slices;

/// Entries that are sorted before others get their turn.
const RUN: usize = 1_024;

/// An iterator over entries with different keys, ascending.
pub struct SortedRuns<K, V> {
    runs: Vec<IntoIter<(K, V)>>,
    /// The least key of each run that has one left.
    next: BinaryHeap<Reverse<(K, usize)>>,
    /// What belongs to that key, for each run.
    values: Vec<Option<V>>,
}

impl<K: Ord, V> SortedRuns<K, V> {
    pub async fn gather(entries: impl Iterator<Item = (K, V)>, slices: &Slices<'_>) -> Self {
        let mut entries = entries.peekable();
        let mut sorted = Self { runs: Vec::new(), next: BinaryHeap::new(), values: Vec::new() };
        while entries.peek().is_some() {
            let mut run: Vec<(K, V)> = entries.by_ref().take(RUN).collect();
            run.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            sorted.runs.push(run.into_iter());
            sorted.values.push(None);
            sorted.advance(sorted.runs.len() - 1);
            slices.step().await;
        }
        sorted
    }

    fn advance(&mut self, run: usize) {
        if let Some((key, value)) = self.runs[run].next() {
            self.next.push(Reverse((key, run)));
            self.values[run] = Some(value);
        }
    }
}

impl<K: Ord, V> Iterator for SortedRuns<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        let Reverse((key, run)) = self.next.pop()?;
        let value = self.values[run].take()?;
        self.advance(run);
        Some((key, value))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures::executor::block_on;
    use proptest::prelude::*;

    use super::*;
    use crate::env::NativeEnv;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn entries_come_in_the_order_of_their_keys(entries in prop::collection::hash_map(any::<u16>(), any::<u8>(), 0..4_000)) {
            let model: BTreeMap<u16, u8> = entries.iter().map(|(key, value)| (*key, *value)).collect();
            let runs = block_on(SortedRuns::gather(entries.into_iter(), &Slices::new(&NativeEnv)));
            prop_assert_eq!(runs.collect::<Vec<_>>(), model.into_iter().collect::<Vec<_>>());
        }
    }
}

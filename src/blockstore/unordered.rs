//! The unordered writer: changes in any order, sorted in memory until the commit.

use std::collections::{BTreeMap, VecDeque};

use super::key::Key;
use super::ordered::{OrderedWriter, check_size};
use super::reader::Reader;
use super::value::Value;
use super::{BlockfileOptions, Blockstore, Commit};
use crate::error::Result;

/// Writes a new version of a blockfile from changes in any order.
///
/// Only the changes are held. No old block is read before the commit, which hands them, in order, to an
/// [`OrderedWriter`]: that one splits and joins blocks.
#[derive(Debug)]
pub struct UnorderedWriter<K: Key, V: Value> {
    store: Blockstore,
    base: Option<Reader<K, V>>,
    options: BlockfileOptions,
    /// By prefix and key: the new value, or that there shall be none.
    changes: BTreeMap<String, BTreeMap<K, Option<V>>>,
}

impl<K: Key, V: Value> UnorderedWriter<K, V> {
    pub(crate) fn new(store: &Blockstore, base: Option<&Reader<K, V>>, options: BlockfileOptions) -> Self {
        Self { store: store.clone(), base: base.cloned(), options, changes: BTreeMap::new() }
    }

    /// The value of an entry as it will be after the commit.
    pub async fn get(&mut self, prefix: &str, key: K::Ref<'_>) -> Result<Option<V>> {
        let change = self.changes.get(prefix).and_then(|changes| changes.get(&K::from_ref(key)));
        match (change, &self.base) {
            (Some(change), _) => Ok(change.clone()),
            (None, Some(base)) => base.get(prefix, key).await,
            (None, None) => Ok(None),
        }
    }

    /// Inserts an entry or replaces its value.
    pub async fn set(&mut self, prefix: &str, key: K, value: V) -> Result<()> {
        check_size(prefix, &key, &value)?;
        self.change(prefix, key, Some(value));
        Ok(())
    }

    /// Removes an entry; one that does not exist is passed over.
    pub async fn delete(&mut self, prefix: &str, key: K::Ref<'_>) -> Result<()> {
        self.change(prefix, K::from_ref(key), None);
        Ok(())
    }

    fn change(&mut self, prefix: &str, key: K, change: Option<V>) {
        match self.changes.get_mut(prefix) {
            Some(changes) => changes.insert(key, change),
            None => self.changes.entry(prefix.to_owned()).or_default().insert(key, change),
        };
    }

    /// Writes changed blocks and the new root to the storage (no flush) and returns the new reader.
    /// Without any change that is the base itself.
    pub async fn commit(self) -> Result<Commit<K, V>> {
        let mut writer = OrderedWriter::new(&self.store, self.base.as_ref(), self.options);
        if let Some(base) = &self.base {
            writer.plan(touched_blocks(base, &self.changes));
        }
        for (prefix, changes) in self.changes {
            for (key, change) in changes {
                match change {
                    Some(value) => writer.set(&prefix, key, value).await?,
                    None => writer.delete(&prefix, key.as_ref()).await?,
                }
            }
        }
        writer.commit().await
    }
}

/// The blocks that changes fall into, ascending.
fn touched_blocks<K: Key, V: Value>(
    base: &Reader<K, V>,
    changes: &BTreeMap<String, BTreeMap<K, Option<V>>>,
) -> VecDeque<usize> {
    let mut blocks = VecDeque::new();
    for (prefix, changes) in changes {
        for key in changes.keys() {
            let block = base.index().find(prefix, key.as_ref());
            if block != blocks.back().copied() {
                blocks.extend(block);
            }
        }
    }
    blocks
}

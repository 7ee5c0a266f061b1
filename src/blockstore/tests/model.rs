//! Every operation against an ordinary ordered map, for every key type and every value type.
//!
//! Values of every type under the keys that carry data (text, `u32`); under the keys of inverted indexes
//! alone (`f32`, `bool`) what those hold, and one value of several columns.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use proptest::collection::vec;
use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::samples::{Sample, SampleKey, prefixes};
use super::{Fixture, run};
use crate::blockstore::{
    BlockfileOptions, Blockstore, Bytes, Commit, DataRecord, F32, Key, PostingList, Reader, Value,
};
use crate::error::Result;
use crate::storage::BlockId;

/// Small enough that a few dozen entries make many blocks.
const BLOCK_BYTES: usize = 600;

type Model<K, V> = BTreeMap<(String, K), V>;
type Change<K, V> = (String, K, Option<V>);

/// One commit: which of the versions so far it starts from (modulo their number, 0 is nothing).
#[derive(Debug, Clone)]
struct Step<K, V> {
    base: prop::sample::Index,
    ordered: bool,
    changes: Vec<Change<K, V>>,
}

fn steps<K, V>() -> BoxedStrategy<Vec<Step<K, V>>>
where
    K: Key + SampleKey,
    V: Value + Sample,
{
    // Some steps delete most of what they name, so that blocks shrink, join and vanish.
    let changes = prop_oneof![0.1..0.3f64, 0.8..1.0f64].prop_flat_map(|deletes| {
        let value = proptest::option::weighted(1.0 - deletes, V::sample());
        vec((prefixes(), K::sample_key(), value), 0..70)
    });
    let step = (any::<prop::sample::Index>(), any::<bool>(), changes)
        .prop_map(|(base, ordered, changes)| Step { base, ordered, changes });
    vec(step, 1..5).boxed()
}

fn apply<K: Key, V: Value>(model: &mut Model<K, V>, changes: &[Change<K, V>]) {
    for (prefix, key, value) in changes {
        let entry = (prefix.clone(), key.clone());
        match value {
            Some(value) => model.insert(entry, value.clone()),
            None => model.remove(&entry),
        };
    }
}

async fn commit<K: Key, V: Value>(
    store: &Blockstore,
    base: Option<&Reader<K, V>>,
    step: &Step<K, V>,
    expected: &Model<K, V>,
) -> Result<Commit<K, V>> {
    let options = BlockfileOptions { block_bytes: BLOCK_BYTES };
    if step.ordered {
        let changes = step.changes.iter().cloned().map(|(prefix, key, value)| ((prefix, key), value));
        let mut writer = store.ordered(base, options);
        for ((prefix, key), value) in changes.collect::<BTreeMap<_, _>>() {
            match value {
                Some(value) => writer.set(&prefix, key, value).await?,
                None => writer.delete(&prefix, key.as_ref()).await?,
            }
        }
        return writer.commit().await;
    }
    let mut writer = store.unordered(base, options);
    for (prefix, key, value) in &step.changes {
        match value {
            Some(value) => writer.set(prefix, key.clone(), value.clone()).await?,
            None => writer.delete(prefix, key.as_ref()).await?,
        }
    }
    for (prefix, key, _) in &step.changes {
        let expected = expected.get(&(prefix.clone(), key.clone()));
        assert_eq!(
            writer.get(prefix, key.as_ref()).await?.as_ref(),
            expected,
            "a writer sees its own writes"
        );
    }
    writer.commit().await
}

/// What one version has to be, and how to tell.
struct Version<K: Key, V: Value> {
    reader: Option<Reader<K, V>>,
    model: Model<K, V>,
    reachable: BTreeSet<BlockId>,
}

fn check<K: Key, V: Value>(steps: Vec<Step<K, V>>) {
    run(async {
        let fixture = Fixture::new();
        let store = &fixture.store;
        let nothing = Version { reader: None, model: Model::new(), reachable: BTreeSet::new() };
        let mut versions = vec![nothing];
        for step in &steps {
            let base = &versions[step.base.index(versions.len())];
            let mut model = base.model.clone();
            apply(&mut model, &step.changes);
            let commit = commit(store, base.reader.as_ref(), step, &model).await.unwrap();
            let ids = store.block_ids(commit.reader.root()).await.unwrap();
            let reachable: BTreeSet<BlockId> = ids.iter().copied().collect();
            assert_eq!(reachable.len(), ids.len());
            assert_exactly(&commit.added, &reachable - &base.reachable);
            assert_exactly(&commit.removed, &base.reachable - &reachable);
            versions.push(Version { reader: Some(commit.reader), model, reachable });
        }
        let everything: BTreeSet<BlockId> =
            versions.iter().flat_map(|version| &version.reachable).copied().collect();
        assert_eq!(fixture.stored(), everything, "the storage holds what the versions consist of");

        let probes: BTreeSet<(String, K)> =
            steps.iter().flat_map(|step| &step.changes).map(|(p, k, _)| (p.clone(), k.clone())).collect();
        let few: BTreeSet<(String, K)> = probes.iter().step_by(10).cloned().collect();
        let reopened = fixture.reopened(6_000);
        for version in &versions {
            let Some(reader) = &version.reader else { continue };
            assert_same(reader, &version.model, &probes).await;
            assert_well_filled(reader).await;
            // From the bytes alone, and through a cache that holds three blocks.
            let again = reopened.open::<K, V>(reader.root()).await.unwrap();
            assert_same(&again, &version.model, &few).await;
        }
    });
}

fn assert_exactly(found: &[BlockId], expected: BTreeSet<BlockId>) {
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), expected);
}

/// Blocks hold no more than they may, unless it is a single entry.
async fn assert_well_filled<K: Key, V: Value>(reader: &Reader<K, V>) {
    // Each column of text or lists has one offset more than rows.
    for index in 0..reader.block_count() {
        let block = reader.block(index).await.unwrap();
        assert!(block.len() == 1 || block.payload() <= BLOCK_BYTES + 32, "{} bytes", block.payload());
    }
}

async fn assert_same<K: Key, V: Value>(
    reader: &Reader<K, V>,
    model: &Model<K, V>,
    probes: &BTreeSet<(String, K)>,
) {
    let expected: Vec<(String, K, V)> =
        model.iter().map(|((prefix, key), value)| (prefix.clone(), key.clone(), value.clone())).collect();
    assert_eq!(reader.all().await.unwrap(), expected);
    assert_eq!(reader.len(), expected.len() as u64);
    assert_eq!(reader.is_empty(), expected.is_empty());
    for (index, entry) in expected.iter().enumerate().step_by(3) {
        assert_eq!(reader.get_at_index(index as u64).await.unwrap().as_ref(), Some(entry));
    }
    assert_eq!(reader.get_at_index(reader.len()).await.unwrap(), None);
    for probe in probes {
        let (prefix, key) = (&probe.0, probe.1.as_ref());
        assert_eq!(reader.get(prefix, key).await.unwrap().as_ref(), model.get(probe));
        assert_eq!(reader.contains(prefix, key).await.unwrap(), model.contains_key(probe));
        assert_eq!(reader.rank(prefix, key).await.unwrap(), model.range(..probe).count() as u64);
    }
    let prefixes: BTreeSet<&String> = probes.iter().map(|(prefix, _)| prefix).collect();
    for prefix in prefixes {
        let keys: Vec<K> = probes.iter().rev().map(|(_, key)| key.clone()).collect();
        let values: Vec<Option<V>> =
            keys.iter().map(|key| model.get(&(prefix.clone(), key.clone())).cloned()).collect();
        assert_eq!(reader.get_many(prefix, &keys).await.unwrap(), values, "in the order of the keys");
        assert_ranges(reader, model, prefix, &keys).await;
    }
}

async fn assert_ranges<K: Key, V: Value>(
    reader: &Reader<K, V>,
    model: &Model<K, V>,
    prefix: &str,
    keys: &[K],
) {
    let entries: Vec<(K, V)> = model
        .iter()
        .filter(|((other, _), _)| other == prefix)
        .map(|((_, key), value)| (key.clone(), value.clone()))
        .collect();
    assert_eq!(reader.prefix(prefix).await.unwrap(), entries);
    let low = &keys[keys.len() / 3];
    let high = &keys[keys.len() / 2];
    let bounds = |key: &K| [Bound::Included(key.clone()), Bound::Excluded(key.clone()), Bound::Unbounded];
    for lower in bounds(low) {
        for upper in bounds(high) {
            let range = (lower.clone(), upper);
            let inside = |key: &K| {
                let above = match &range.0 {
                    Bound::Included(low) => key >= low,
                    Bound::Excluded(low) => key > low,
                    Bound::Unbounded => true,
                };
                let below = match &range.1 {
                    Bound::Included(high) => key <= high,
                    Bound::Excluded(high) => key < high,
                    Bound::Unbounded => true,
                };
                above && below
            };
            let expected: Vec<(K, V)> = entries.iter().filter(|(key, _)| inside(key)).cloned().collect();
            assert_eq!(reader.range(prefix, range.clone()).await.unwrap(), expected);
            let blocks = reader.blocks_in(prefix, range);
            assert!(blocks.end <= reader.block_count() && (expected.is_empty() || !blocks.is_empty()));
        }
    }
}

macro_rules! models {
    ($($name:ident: $key:ty => $value:ty),* $(,)?) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, ..Default::default() })]
            $(
                #[test]
                fn $name(steps in steps::<$key, $value>()) {
                    check(steps);
                }
            )*
        }
    };
}

models! {
    string_to_string: String => String,
    string_to_u32: String => u32,
    string_to_u32_list: String => Vec<u32>,
    string_to_f32_list: String => Vec<f32>,
    string_to_roaring_bitmap: String => RoaringBitmap,
    string_to_bytes: String => Bytes,
    string_to_data_record: String => DataRecord,
    string_to_posting_list: String => PostingList,
    u32_to_string: u32 => String,
    u32_to_u32: u32 => u32,
    u32_to_u32_list: u32 => Vec<u32>,
    u32_to_f32_list: u32 => Vec<f32>,
    u32_to_roaring_bitmap: u32 => RoaringBitmap,
    u32_to_bytes: u32 => Bytes,
    u32_to_data_record: u32 => DataRecord,
    u32_to_posting_list: u32 => PostingList,
    f32_to_u32: F32 => u32,
    f32_to_roaring_bitmap: F32 => RoaringBitmap,
    f32_to_data_record: F32 => DataRecord,
    bool_to_string: bool => String,
    bool_to_roaring_bitmap: bool => RoaringBitmap,
}

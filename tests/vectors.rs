//! Searches through the vector index: on real vectors, and against the exact answer whatever happened before.

use crate::support::searched::{Index, Model, SPACES, assert_no_garbage, steps};
use crate::support::vectors::{DIMENSION, Mixture, wordnet};
use chromatid::blockstore::Bytes;
use chromatid::distance::Query;
use chromatid::limits::{CODES_FROM_RECORDS, STALE_FRACTION};
use chromatid::storage::Storage;
use chromatid::types::{Operation, Space};
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::json;

fn configuration(space: &str) -> serde_json::Value {
    // Lists small enough that there are many, with some copies.
    json!({"spann": {"space": space, "split_threshold": 200, "merge_threshold": 100, "nreplica_count": 2}})
}

#[test]
fn real_vectors_are_found() {
    block_on(async {
        let (base, queries) = wordnet();
        for (space, name) in SPACES {
            let mut model = Model::new(space, configuration(name)).await;
            let records = base.iter().enumerate().map(|(row, vector)| (row.to_string(), vector.clone()));
            model.write(Operation::Add, records.collect()).await;
            model.settle().await;
            let all = model.recall(&queries, None).await;
            let tenth = model.recall(&queries, Some(10)).await;
            assert!(all >= 0.99, "{space:?}: {all}");
            assert!(tenth >= 0.99, "{space:?}, of a tenth: {tenth}");
        }
    });
}

#[test]
fn vectors_that_codes_cannot_estimate_are_found() {
    block_on(async {
        let mut mixture = Mixture::new(5);
        for (space, name) in SPACES {
            let mut model = Model::new(space, configuration(name)).await;
            let mut records: Vec<_> = (0..CODES_FROM_RECORDS as usize + 500)
                .map(|row| (format!("r{row}"), mixture.next()))
                .collect();
            records[100].1 = vec![0.0; DIMENSION];
            records[200].1 = vec![1e30; DIMENSION];
            records[300].1 = vec![1e-30; DIMENSION];
            records[400].1 = [&[f32::MAX][..], &[0.0; DIMENSION - 1]].concat();
            records[500].1 = records[501].1.clone();
            model.write(Operation::Add, records.clone()).await;
            model.settle().await;
            for row in [100, 200, 300, 400, 500, 501] {
                let (found, exact) = model.ask(&records[row].1, None).await;
                let query = Query::new(space, &records[row].1);
                let distance = |id: &String| query.distance(&model.records[id]);
                // Equal distances are as near: the zero vector has the same to all.
                assert_eq!(
                    distance(&found[0]),
                    distance(&exact[0]),
                    "{space:?}: the nearest of record {row}"
                );
            }
        }
    });
}

/// Entries of posting lists as their table has them.
fn tabled(index: &Index) -> usize {
    let (_, _, Bytes(table)) = index.0.iter().find(|(prefix, _, _)| prefix == "size").unwrap();
    let entries = table.chunks(12).map(|list| u32::from_le_bytes(list[4..8].try_into().unwrap()));
    entries.map(|entries| entries as usize).sum()
}

/// Entries of posting lists that stand for their records' vectors, and the others.
fn live_and_dead(index: &Index) -> (usize, usize) {
    let rows: Vec<&[u8]> = index.0.iter().filter(|(of, _, _)| of == "row").map(|row| &*row.2.0).collect();
    assert_eq!(rows.len(), 1, "more records than the test reads");
    let (mut live, mut dead) = (0, 0);
    for (_, _, Bytes(list)) in index.0.iter().filter(|(of, _, _)| of == "list") {
        let count = u32::from_le_bytes(list[..4].try_into().unwrap()) as usize;
        let (ids, versions) = list[4..].split_at(4 * count);
        for (id, version) in ids.as_chunks::<4>().0.iter().zip(versions.as_chunks::<2>().0) {
            let row = rows[0].get(6 * u32::from_le_bytes(*id) as usize..).unwrap_or_default();
            let is_live = *version != [0; 2] && row.get(4..6) == Some(version);
            *(if is_live { &mut live } else { &mut dead }) += 1;
        }
    }
    (live, dead)
}

#[test]
fn lists_shrink_when_most_of_their_vectors_are_deleted() {
    block_on(async {
        let (base, queries) = wordnet();
        for copies in [1, 2] {
            let mut configuration = configuration("cosine");
            configuration["spann"]["nreplica_count"] = json!(copies);
            let mut model = Model::new(Space::Cosine, configuration).await;
            let records = base.iter().enumerate().map(|(row, vector)| (row.to_string(), vector.clone()));
            model.write(Operation::Add, records.collect()).await;
            model.settle().await;
            let full = Index::of(&model).await;
            let bytes = model.storage.usage().await.unwrap().block_bytes;
            let gone = model.records.keys().filter(|id| !id.ends_with('3')).cloned().collect();
            model.delete(gone).await;
            model.settle().await;

            let index = Index::of(&model).await;
            let (live, dead) = live_and_dead(&index);
            assert_eq!((index.entries("list"), tabled(&index)), (live + dead, live + dead));
            assert!(live >= model.records.len() && live <= copies * model.records.len(), "{live} entries");
            assert!(dead <= live / STALE_FRACTION as usize, "{dead} dead entries, {live} live ones");
            let (before, after) = (full.keys("head").len(), index.keys("head").len());
            assert!(after <= before / 5, "{before} lists, then {after}");
            let left = model.storage.usage().await.unwrap().block_bytes;
            assert!(left <= bytes / 5, "{bytes} bytes, then {left}");
            assert!(model.recall(&queries, None).await >= 0.99);
            assert_no_garbage(&model).await;
        }
    });
}

/// Maintains until nothing is left to do. Most rounds so far: 139.
async fn settle_in_few_rounds(model: &Model) {
    for _ in 0..300 {
        if !model.db.maintain().await.unwrap() {
            return;
        }
    }
    panic!("maintenance never ends");
}

#[test]
fn lists_of_copies_and_of_many_replicas_settle() {
    block_on(async {
        let mut mixture = Mixture::new(9);
        let mut short = || mixture.next()[..6].to_vec();
        for (space, name) in SPACES {
            let configuration = json!({"spann": {"space": name, "nreplica_count": 8}});
            let mut model = Model::new(space, configuration).await;
            let copied = [short(), short(), short()];
            let records = (0..1_500)
                .flat_map(|row| [(format!("r{row}"), short()), (format!("c{row}"), copied[row % 3].clone())]);
            let records: Vec<_> = records.collect();
            model.write(Operation::Add, records).await;
            settle_in_few_rounds(&model).await;
            for round in 0..4 {
                let gone = model.records.keys().skip(round).step_by(3).cloned().collect();
                model.delete(gone).await;
                let changed = model.records.keys().step_by(5).map(|id| (id.clone(), short()));
                let changed = changed.collect();
                model.write(Operation::Upsert, changed).await;
                settle_in_few_rounds(&model).await;
                let index = Index::of(&model).await;
                let (live, dead) = live_and_dead(&index);
                assert_eq!((index.entries("list"), tabled(&index)), (live + dead, live + dead));
            }
            let queries: Vec<_> = (0..10).map(|_| short()).collect();
            let recall = model.recall(&queries, None).await;
            assert!(recall >= 0.97, "{space:?}: {recall}");
            assert_no_garbage(&model).await;
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_recall(seed in 0_u64..1_000, steps in steps(), space in 0_usize..3) {
        let (space, name) = SPACES[space];
        block_on(async {
            let mut mixture = Mixture::new(seed);
            let mut model = Model::new(space, configuration(name)).await;
            model.live(steps, &mut mixture).await;
            let queries: Vec<_> = (0..20).map(|_| mixture.next()).collect();
            let all = model.recall(&queries, None).await;
            let tenth = model.recall(&queries, Some(10)).await;
            prop_assert!(all >= 0.97, "recall {all}");
            prop_assert!(tenth >= 0.97, "recall {tenth} of a tenth");
            Ok(())
        })?;
    }
}

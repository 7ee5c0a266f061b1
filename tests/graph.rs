//! Searches through the graph of a collection that asks for one: on real vectors, and against the exact answer
//! whatever happened before.

use crate::support::searched::{Index, Model, SPACES, assert_no_garbage, steps};
use crate::support::vectors::{DIMENSION, Mixture, wordnet};
use chromatid::blockstore::Bytes;
use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T};
use chromatid::limits::{CODES_FROM_RECORDS, GRAPH_STEP_RECORDS, GRAPH_WAITING_RECORDS};
use chromatid::storage::Storage;
use chromatid::types::{Operation, Space, UpdateCollection};
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::json;

fn configuration(space: &str) -> serde_json::Value {
    json!({"hnsw": {"space": space, "ef_search": 64}})
}

/// The nodes of the graph, as its header says.
fn nodes(index: &Index) -> usize {
    let (_, _, Bytes(header)) = index.0.iter().find(|(prefix, _, _)| prefix == "graph").unwrap();
    u32::from_le_bytes(header[16..20].try_into().unwrap()) as usize
}

async fn set_ef_search(model: &Model, ef_search: u32) {
    let update = json!({"new_configuration": {"hnsw": {"ef_search": ef_search}}});
    let update = UpdateCollection::from_json(update).unwrap();
    model.db.update_collection(T, D, &model.collection, update).await.unwrap();
}

/// A settled collection of points of a mixture.
async fn settled(count: usize, mixture: &mut Mixture) -> Model {
    let mut model = Model::new(Space::Cosine, configuration("cosine")).await;
    let records = (0..count).map(|row| (format!("r{row}"), mixture.next()));
    model.write(Operation::Add, records.collect()).await;
    model.settle().await;
    model
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
            let index = Index::of(&model).await;
            assert_eq!((nodes(&index), index.entries("code")), (base.len(), 0));
            for percent in [None, Some(95), Some(50), Some(10), Some(1)] {
                let recall = model.recall(&queries, percent).await;
                assert!(recall >= 0.98, "{name}, {percent:?} percent: {recall}");
            }
        }
    });
}

#[test]
fn vectors_that_codes_cannot_estimate_are_found() {
    block_on(async {
        let mut mixture = Mixture::new(5);
        for (space, name) in SPACES {
            let mut model = Model::new(space, configuration(name)).await;
            let mut records: Vec<_> =
                (0..CODES_FROM_RECORDS + 500).map(|row| (format!("r{row}"), mixture.next())).collect();
            records[200].1 = vec![1e30; DIMENSION];
            records[300].1 = vec![1e-30; DIMENSION];
            records[400].1 = [&[f32::MAX][..], &[0.0; DIMENSION - 1]].concat();
            records[500].1 = records[501].1.clone();
            model.write(Operation::Add, records.clone()).await;
            model.settle().await;
            for row in [200, 300, 400, 500, 501] {
                let (found, exact) = model.ask(&records[row].1, None).await;
                assert_eq!(found[0], exact[0], "{name}: the nearest of record {row}");
            }
        }
    });
}

#[test]
fn a_graph_grows_and_is_mended_in_steps() {
    block_on(async {
        let mut mixture = Mixture::new(1);
        let mut model = settled(4_000, &mut mixture).await;
        assert_eq!(nodes(&Index::of(&model).await), 4_000);

        // Few new vectors wait, more are inserted.
        let few = (0..GRAPH_WAITING_RECORDS - 1).map(|row| (format!("few{row}"), mixture.next())).collect();
        model.write(Operation::Add, few).await;
        model.settle().await;
        let index = Index::of(&model).await;
        assert_eq!((nodes(&index), index.entries("code")), (4_000, GRAPH_WAITING_RECORDS as usize - 1));
        model.write(Operation::Add, vec![("one".into(), mixture.next())]).await;
        model.settle().await;
        let index = Index::of(&model).await;
        assert_eq!((nodes(&index), index.entries("code")), (model.records.len(), 0));

        // Dead nodes are not found, and go when there are many.
        let gone: Vec<String> = model.records.keys().step_by(3).cloned().collect();
        model.delete(gone).await;
        let changed: Vec<String> = model.records.keys().step_by(4).cloned().collect();
        let changed = changed.into_iter().map(|id| (id, mixture.next())).collect();
        model.write(Operation::Update, changed).await;
        model.db.compact().await.unwrap();
        let queries: Vec<_> = (0..20).map(|_| mixture.next()).collect();
        assert!(model.recall(&queries, None).await >= 0.98);
        model.settle().await;
        let index = Index::of(&model).await;
        assert_eq!(nodes(&index) + index.entries("code"), model.records.len());
        assert!(model.recall(&queries, None).await >= 0.98);
        assert_no_garbage(&model).await;
    });
}

#[test]
fn a_collection_that_is_emptied_and_filled_again_is_searched() {
    block_on(async {
        let mut mixture = Mixture::new(2);
        let mut model = settled(2_000, &mut mixture).await;
        model.delete(model.records.keys().cloned().collect()).await;
        model.settle().await;
        assert_eq!(nodes(&Index::of(&model).await), 0);
        assert_eq!(model.ask(&mixture.next(), None).await.0, [""; 0]);
        let records = (0..2_000).map(|row| (format!("s{row}"), mixture.next())).collect();
        model.write(Operation::Add, records).await;
        model.settle().await;
        assert_eq!(nodes(&Index::of(&model).await), 2_000);
        assert!(model.recall(&[mixture.next(), mixture.next()], None).await >= 0.95);
        assert_no_garbage(&model).await;
    });
}

#[test]
fn vectors_that_no_graph_can_hold_wait_without_keeping_it_busy() {
    block_on(async {
        let mut mixture = Mixture::new(8);
        let mut model = Model::new(Space::L2, configuration("l2")).await;
        let mut records = Vec::new();
        for row in 0..GRAPH_WAITING_RECORDS {
            let near = mixture.next()[..16].to_vec();
            let times = |factor: f32| near.iter().map(|component| component * factor).collect();
            // Pairs of far ones, so that the center lies between the near ones.
            for (name, factor) in [("near", 1.0), ("also-near", 1.1), ("far", 1e17), ("opposite", -1e17)] {
                records.push((format!("{name}{row}"), times(factor)));
            }
        }
        model.write(Operation::Add, records).await;
        model.settle().await;
        let index = Index::of(&model).await;
        assert_eq!(
            (nodes(&index), index.entries("code")),
            (model.records.len() / 2, model.records.len() / 2)
        );
        let near = mixture.next()[..16].to_vec();
        assert!(model.recall(&[near], None).await >= 0.9);
    });
}

#[test]
fn a_changed_ef_search_takes_effect_at_once() {
    block_on(async {
        let (base, queries) = wordnet();
        let configuration = json!({"hnsw": {"space": "cosine", "ef_search": 1, "max_neighbors": 8}});
        let mut model = Model::new(Space::Cosine, configuration).await;
        let records = base.iter().enumerate().map(|(row, vector)| (row.to_string(), vector.clone()));
        model.write(Operation::Add, records.collect()).await;
        model.settle().await;
        let before = model.recall(&queries, None).await;
        set_ef_search(&model, 200).await;
        let after = model.recall(&queries, None).await;
        assert!(after > before && after >= 0.99, "recall {before}, then {after}");
    });
}

#[test]
fn a_graph_of_few_slots_is_made_anew() {
    block_on(async {
        let mut mixture = Mixture::new(7);
        let mut short = |id: &str, row: u64| (format!("{id}{row}"), mixture.next()[..16].to_vec());
        let mut model = Model::new(Space::L2, configuration("l2")).await;
        model.write(Operation::Add, (0..GRAPH_STEP_RECORDS + 100).map(|row| short("r", row)).collect()).await;
        model.settle().await;
        let chunks = Index::of(&model).await.keys("node");
        let gone = model.records.keys().filter(|id| !id.ends_with("77")).cloned().collect();
        model.delete(gone).await;
        model.write(Operation::Add, (0..5).map(|row| short("s", row)).collect()).await;
        model.settle().await;
        let index = Index::of(&model).await;
        assert_eq!(nodes(&index), model.records.len());
        assert_eq!(index.keys("node"), chunks[..1]);
        assert_eq!(index.keys("link"), chunks[..1]);
        let queries: Vec<_> = (0..20).map(|row| short("", row).1).collect();
        assert_eq!(model.recall(&queries, None).await, 1.0);
        assert_no_garbage(&model).await;
    });
}

#[test]
fn a_reopened_graph_is_used_as_it_is() {
    block_on(async {
        let mut mixture = Mixture::new(3);
        let mut model = settled(3_000, &mut mixture).await;
        let stored = model.storage.list_blocks().await.unwrap();
        model.reopen().await;
        let queries: Vec<_> = (0..20).map(|_| mixture.next()).collect();
        assert!(model.recall(&queries, None).await >= 0.98);
        model.settle().await;
        assert_eq!(model.storage.list_blocks().await.unwrap(), stored);
    });
}

#[test]
fn a_compaction_leaves_the_graph_as_it_is() {
    block_on(async {
        let mut mixture = Mixture::new(4);
        let mut model = settled(3_000, &mut mixture).await;
        let graph = |index: Index| {
            let of_graph =
                |(prefix, _, _): &(String, _, _)| ["graph", "link", "node"].contains(&prefix.as_str());
            index.0.into_iter().filter(of_graph).collect::<Vec<_>>()
        };
        let before = graph(Index::of(&model).await);
        let ids = mixture.choose(&model.records, 50);
        model.delete(ids).await;
        model.write(Operation::Add, vec![("new".into(), mixture.next())]).await;
        model.settle().await;
        assert_eq!(graph(Index::of(&model).await), before);
    });
}

#[test]
fn a_graph_stays_a_graph_whatever_the_configuration_asks_for_later() {
    block_on(async {
        let mut mixture = Mixture::new(6);
        let mut model = settled(2_000, &mut mixture).await;
        // Now the configuration is the default one, which asks for nothing.
        set_ef_search(&model, 100).await;
        let records = (0..2_000).map(|row| (format!("s{row}"), mixture.next())).collect();
        model.write(Operation::Add, records).await;
        model.settle().await;
        let index = Index::of(&model).await;
        assert_eq!(nodes(&index), 4_000);
        assert_eq!(index.keys("head"), [0; 0]);
        assert!(model.recall(&[mixture.next(), mixture.next()], None).await >= 0.95);
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
            for percent in [None, Some(10), Some(1)] {
                let recall = model.recall(&queries, percent).await;
                prop_assert!(recall >= 0.97, "recall {recall} of {percent:?} percent");
            }
            model.settle().await;
            assert_no_garbage(&model).await;
            Ok(())
        })?;
    }
}

//! Searches through the vector index: on real vectors, and against the exact answer whatever happened before.

mod support {
    pub mod searched;
    pub mod vectors;
}

use chromatid::distance::Query;
use chromatid::limits::CODES_FROM_RECORDS;
use chromatid::types::Operation;
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::json;
use support::searched::{Model, SPACES, steps};
use support::vectors::{DIMENSION, Mixture, wordnet};

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

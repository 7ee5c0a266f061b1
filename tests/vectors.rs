//! Searches through the vector index: on real vectors, and against the exact answer whatever happened before.

mod support {
    pub mod vectors;
}

use std::collections::BTreeMap;
use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::distance::Query;
use chromatid::env::NativeEnv;
use chromatid::limits::CODES_FROM_RECORDS;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, Include, MetadataValue, Operation, QueryRequest, RecordSet,
    Space, Where,
};
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::json;
use support::vectors::{DIMENSION, Mixture, wordnet};

const K: usize = 10;

/// A collection beside what it should hold.
struct Model {
    db: Db,
    storage: Rc<MemoryStorage>,
    collection: String,
    space: Space,
    records: BTreeMap<String, Vec<f32>>,
}

fn configuration(space: Space) -> serde_json::Value {
    let name = match space {
        Space::L2 => "l2",
        Space::Ip => "ip",
        Space::Cosine => "cosine",
    };
    // Lists small enough that there are many, with some copies.
    json!({"spann": {"space": name, "split_threshold": 200, "merge_threshold": 100, "nreplica_count": 2}})
}

/// The tenth of an id that the filter of the tests asks for.
fn tenth(id: &str) -> i64 {
    id.bytes().fold(7, |hash: i64, byte| (hash * 31 + i64::from(byte)) % 1_000_003) % 10
}

impl Model {
    async fn new(space: Space, configuration: serde_json::Value) -> Self {
        let storage = Rc::new(MemoryStorage::default());
        let db = Db::open(storage.clone(), Rc::new(NativeEnv), Options::default()).await.unwrap();
        let request = CreateCollection::from_json(json!({"name": "vectors", "configuration": configuration}));
        let id = db.create_collection(T, D, request.unwrap()).await.unwrap().id;
        Self { db, storage, collection: id.to_string(), space, records: BTreeMap::new() }
    }

    async fn write(&mut self, operation: Operation, records: Vec<(String, Vec<f32>)>) {
        for batch in records.chunks(1_000) {
            let metadatas = batch
                .iter()
                .map(|(id, _)| Some([("tenth".into(), Some(MetadataValue::Int(tenth(id))))].into()));
            let set = RecordSet {
                ids: batch.iter().map(|(id, _)| id.clone()).collect(),
                embeddings: Some(Embeddings {
                    data: batch.iter().flat_map(|(_, vector)| vector.clone()).collect(),
                    dimension: batch[0].1.len(),
                    present: None,
                }),
                metadatas: Some(metadatas.collect()),
                ..RecordSet::default()
            };
            self.db.write(T, D, &self.collection, operation, set).await.unwrap();
        }
        self.records.extend(records);
    }

    async fn delete(&mut self, ids: Vec<String>) {
        ids.iter().for_each(|id| drop(self.records.remove(id)));
        let request = DeleteRequest { ids: Some(ids), ..DeleteRequest::default() };
        self.db.delete(T, D, &self.collection, request).await.unwrap();
    }

    async fn settle(&self) {
        self.db.compact().await.unwrap();
        while self.db.maintain().await.unwrap() {}
    }

    async fn reopen(&mut self) {
        self.db = Db::open(self.storage.clone(), Rc::new(NativeEnv), Options::default()).await.unwrap();
    }

    /// The ids found and the exact ids, for records of a tenth only if asked.
    async fn ask(&self, query: &[f32], only: Option<i64>) -> (Vec<String>, Vec<String>) {
        let filter = only.map(|tenth| Where::parse(&json!({"tenth": tenth})).unwrap());
        let request = QueryRequest {
            embeddings: Embeddings { data: query.to_vec(), dimension: query.len(), present: None },
            n_results: K as u32,
            ids: None,
            filter,
            include: Include { distances: true, ..Include::default() },
        };
        let mut result = self.db.query(T, D, &self.collection, &request).await.unwrap();
        let distances = &result.distances.as_ref().unwrap()[0];
        assert!(distances.is_sorted(), "{distances:?}");
        let found = std::mem::take(&mut result.rows[0].ids);
        let exact = Query::new(self.space, query);
        for (id, distance) in found.iter().zip(distances) {
            assert_eq!(exact.distance(&self.records[id]), *distance, "the distance of {id}");
        }
        let matching = self.records.iter().filter(|(id, _)| only.is_none_or(|only| tenth(id) == only));
        let mut all: Vec<_> = matching.map(|(id, vector)| (exact.distance(vector), id)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        (found, all.into_iter().take(K).map(|(_, id)| id.clone()).collect())
    }

    /// The share of the exact neighbours that is found.
    async fn recall(&self, queries: &[Vec<f32>], only: Option<i64>) -> f64 {
        let (mut hits, mut all) = (0, 0);
        for query in queries {
            let (found, exact) = self.ask(query, only).await;
            assert_eq!(found.len(), exact.len());
            hits += exact.iter().filter(|id| found.contains(id)).count();
            all += exact.len();
        }
        hits as f64 / all as f64
    }
}

#[test]
fn real_vectors_are_found() {
    block_on(async {
        let (base, queries) = wordnet();
        for space in [Space::Cosine, Space::L2, Space::Ip] {
            let mut model = Model::new(space, configuration(space)).await;
            let records = base.iter().enumerate().map(|(row, vector)| (row.to_string(), vector.clone()));
            model.write(Operation::Add, records.collect()).await;
            model.settle().await;
            let all = model.recall(&queries, None).await;
            let tenth = model.recall(&queries, Some(3)).await;
            assert!(all >= 0.99, "{space:?}: {all}");
            assert!(tenth >= 0.99, "{space:?}, of a tenth: {tenth}");
        }
    });
}

#[test]
fn vectors_that_codes_cannot_estimate_are_found() {
    block_on(async {
        let mut mixture = Mixture::new(5);
        for space in [Space::Cosine, Space::L2, Space::Ip] {
            let mut model = Model::new(space, configuration(space)).await;
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

#[derive(Debug, Clone)]
enum Step {
    Add(usize),
    Update(usize),
    Delete(usize),
    Compact,
    Settle,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1_usize..1_000).prop_map(Step::Add),
        2 => (1_usize..500).prop_map(Step::Update),
        2 => (1_usize..500).prop_map(Step::Delete),
        2 => Just(Step::Compact),
        1 => Just(Step::Settle),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_recall(seed in 0_u64..1_000, steps in steps(), space in 0_usize..3) {
        let space = [Space::Cosine, Space::L2, Space::Ip][space];
        block_on(async {
            let mut mixture = Mixture::new(seed);
            let mut model = Model::new(space, configuration(space)).await;
            let mut next = 0;
            for step in [Step::Add(1_500), Step::Compact].into_iter().chain(steps) {
                match step {
                    Step::Add(count) => {
                        let records = (next..next + count).map(|row| (format!("r{row}"), mixture.next()));
                        model.write(Operation::Add, records.collect()).await;
                        next += count;
                    }
                    Step::Update(count) => {
                        let ids = mixture.choose(&model.records, count);
                        let records = ids.into_iter().map(|id| (id, mixture.next())).collect();
                        model.write(Operation::Upsert, records).await;
                    }
                    Step::Delete(count) => {
                        let ids = mixture.choose(&model.records, count);
                        model.delete(ids).await;
                    }
                    Step::Compact => model.db.compact().await.unwrap(),
                    Step::Settle => model.settle().await,
                    Step::Reopen => model.reopen().await,
                }
            }
            let queries: Vec<_> = (0..20).map(|_| mixture.next()).collect();
            let all = model.recall(&queries, None).await;
            let tenth = model.recall(&queries, Some(4)).await;
            prop_assert!(all >= 0.97, "recall {all}");
            prop_assert!(tenth >= 0.97, "recall {tenth} of a tenth");
            Ok(())
        })?;
    }
}

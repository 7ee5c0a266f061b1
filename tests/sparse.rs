//! Searches by sparse vectors through the engine, beside comparing every record.

use std::collections::BTreeMap;
use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::storage::Storage;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{CreateCollection, DeleteRequest, Embeddings, Operation, RecordSet, SearchRequest};
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::{Value, json};

type Vector = BTreeMap<u32, f32>;

/// One thing that happens to a record, or to all of them.
#[derive(Debug, Clone)]
enum Change {
    /// Writes the record with this vector, or none.
    Put(Operation, u32, Option<Vector>),
    Delete(u32),
    Compact,
    Reopen,
}

fn vector() -> impl Strategy<Value = Vector> {
    let weight =
        prop_oneof![8 => (1..40_u8).prop_map(|n| f32::from(n) / 8.0), 1 => (-4..0_i8).prop_map(f32::from)];
    prop::collection::btree_map(prop_oneof![0..8_u32, Just(u32::MAX)], weight, 1..6)
}

fn change() -> impl Strategy<Value = Change> {
    let operation =
        prop_oneof![Just(Operation::Add), Just(Operation::Update), Just(Operation::Upsert)].boxed();
    prop_oneof![
        12 => (operation, 0..40_u32, prop::option::weighted(0.9, vector())).prop_map(|(op, id, v)| Change::Put(op, id, v)),
        3 => (0..40_u32).prop_map(Change::Delete),
        3 => Just(Change::Compact),
        1 => Just(Change::Reopen),
    ]
}

fn json_of(vector: &Vector) -> Value {
    json!({"indices": vector.keys().collect::<Vec<_>>(), "values": vector.values().collect::<Vec<_>>()})
}

struct Client {
    storage: Rc<dyn Storage>,
    db: Db,
    collection: String,
    /// In the order of insertion.
    records: Vec<(u32, Option<Vector>)>,
}

impl Client {
    async fn new(bm25: bool) -> Self {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let db = open(&storage).await;
        let index = json!({"sparse_vector_index": {"enabled": true, "config": {"bm25": bm25}}});
        let schema = json!({"defaults": {}, "keys": {"words": {"sparse_vector": index}}});
        let request = CreateCollection::from_json(json!({"name": "sparse", "schema": schema})).unwrap();
        let collection = db.create_collection(T, D, request).await.unwrap().id.to_string();
        Self { storage, db, collection, records: Vec::new() }
    }

    async fn put(&mut self, operation: Operation, id: u32, vector: Option<Vector>) {
        let words = vector.as_ref().map_or(Value::Null, |vector| {
            let mut json = json_of(vector);
            json["#type"] = json!("sparse_vector");
            json
        });
        let records = RecordSet {
            ids: vec![id.to_string()],
            embeddings: Some(Embeddings { data: vec![1.0], dimension: 1, present: None }),
            metadatas: Some(vec![Some(
                serde_json::from_value(json!({"words": words, "even": id.is_multiple_of(2)})).unwrap(),
            )]),
            ..RecordSet::default()
        };
        self.db.write(T, D, &self.collection, operation, records).await.unwrap();
        match (operation, self.records.iter_mut().find(|(known, _)| *known == id)) {
            (Operation::Add, Some(_)) | (Operation::Update, None) => {}
            (_, Some((_, known))) => *known = vector,
            (_, None) => self.records.push((id, vector)),
        }
    }

    async fn apply(&mut self, change: &Change) {
        match change {
            Change::Put(operation, id, vector) => self.put(*operation, *id, vector.clone()).await,
            Change::Delete(id) => {
                let request = DeleteRequest { ids: Some(vec![id.to_string()]), filter: None, limit: None };
                self.db.delete(T, D, &self.collection, request).await.unwrap();
                self.records.retain(|(known, _)| known != id);
            }
            Change::Compact => self.db.compact().await.unwrap(),
            Change::Reopen => self.db = open(&self.storage).await,
        }
    }

    async fn found(&self, query: &Vector, limit: usize, filter: &Value) -> Vec<(String, f32)> {
        let knn = json!({"$knn": {"query": json_of(query), "key": "words", "limit": limit}});
        let search =
            json!({"rank": knn, "filter": filter, "select": {"keys": ["#score"]}, "limit": {"offset": 0}});
        let request = SearchRequest::from_json(&json!({"searches": [search]})).unwrap();
        let result = self.db.search(T, D, &self.collection, &request).await.unwrap().remove(0);
        result.ids.into_iter().zip(result.scores.unwrap()).collect()
    }

    /// By the words of the spec (query-semantics 8.4).
    fn expected(&self, query: &Vector, limit: usize, even: bool, bm25: bool) -> Vec<(String, f32)> {
        let n = self.records.len() as f32;
        let weight = |dimension: &u32, weight: f32| {
            let having = |(_, vector): &&(u32, Option<Vector>)| {
                vector.as_ref().is_some_and(|vector| vector.contains_key(dimension))
            };
            let n_t = self.records.iter().filter(having).count() as f32;
            if bm25 { weight * ((n - n_t + 0.5) / (n_t + 0.5) + 1.0).ln() } else { weight }
        };
        let mut found = Vec::new();
        for (id, vector) in &self.records {
            let Some(vector) = vector.as_ref().filter(|_| !even || id.is_multiple_of(2)) else { continue };
            let shared: Vec<f32> = query
                .iter()
                .filter_map(|(dimension, q)| Some(weight(dimension, *q) * vector.get(dimension)?))
                .collect();
            if !shared.is_empty() {
                found.push((id.to_string(), 1.0 - shared.iter().fold(0.0, |sum, product| sum + product)));
            }
        }
        found.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        found.truncate(limit);
        found
    }
}

async fn open(storage: &Rc<dyn Storage>) -> Db {
    Db::open(Rc::clone(storage), Rc::new(NativeEnv), Options::default()).await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn a_search_finds_what_the_spec_says(
        changes in prop::collection::vec(change(), 1..80),
        query in vector(),
        limit in 0..12_usize,
        bm25 in any::<bool>(),
    ) {
        block_on(async {
            let mut client = Client::new(bm25).await;
            for (step, change) in changes.iter().enumerate() {
                client.apply(change).await;
                if step % 5 == 0 || step + 1 == changes.len() {
                    let all = client.found(&query, limit, &Value::Null).await;
                    prop_assert_eq!(all, client.expected(&query, limit, false, bm25), "after step {}", step);
                    let even = client.found(&query, limit, &json!({"even": true})).await;
                    prop_assert_eq!(even, client.expected(&query, limit, true, bm25), "after step {}", step);
                }
            }
            Ok(())
        })?;
    }
}

#[test]
fn a_key_without_a_sparse_index_cannot_be_searched() {
    block_on(async {
        let client = Client::new(false).await;
        let knn = json!({"$knn": {"query": {"indices": [1], "values": [1.0]}, "key": "other"}});
        let request = SearchRequest::from_json(&json!({"searches": [{"rank": knn}]})).unwrap();
        let error = client.db.search(T, D, &client.collection, &request).await.unwrap_err();
        assert_eq!(error.code(), 400);
        assert_eq!(
            error.to_string(),
            "Cannot filter using metadata key 'other' with type 'SparseVector' because indexing is disabled"
        );
    });
}

//! A collection of vectors beside what it should hold, and histories of both.

use std::collections::BTreeMap;
use std::rc::Rc;

use chromatid::blockstore::{Blockstore, Bytes};
use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::distance::Query;
use chromatid::env::{Env, NativeEnv};
use chromatid::storage::Storage;
use chromatid::storage::memory::MemoryStorage;
use chromatid::sysdb::SysDb;
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, Include, MetadataValue, Operation, QueryRequest, RecordSet,
    Space, Where,
};
use proptest::prelude::*;
use serde_json::json;

use super::garbage::no_garbage;
use super::vectors::Mixture;

const K: usize = 10;

/// The spaces by their names.
pub const SPACES: [(Space, &str); 3] = [(Space::Cosine, "cosine"), (Space::L2, "l2"), (Space::Ip, "ip")];

/// A collection beside what it should hold.
pub struct Model {
    pub db: Db,
    pub storage: Rc<MemoryStorage>,
    pub collection: String,
    space: Space,
    pub records: BTreeMap<String, Vec<f32>>,
}

/// The hundredth of an id, by which the filter of the tests asks for some percent of the records.
fn hundredth(id: &str) -> i64 {
    id.bytes().fold(7, |hash: i64, byte| (hash * 31 + i64::from(byte)) % 1_000_003) % 100
}

impl Model {
    pub async fn new(space: Space, configuration: serde_json::Value) -> Self {
        let storage = Rc::new(MemoryStorage::default());
        let db = Db::open(storage.clone(), Rc::new(NativeEnv), Options::default()).await.unwrap();
        let request = CreateCollection::from_json(json!({"name": "vectors", "configuration": configuration}));
        let id = db.create_collection(T, D, request.unwrap()).await.unwrap().id;
        Self { db, storage, collection: id.to_string(), space, records: BTreeMap::new() }
    }

    pub async fn write(&mut self, operation: Operation, records: Vec<(String, Vec<f32>)>) {
        for batch in records.chunks(1_000) {
            let metadatas = batch
                .iter()
                .map(|(id, _)| Some([("hundredth".into(), Some(MetadataValue::Int(hundredth(id))))].into()));
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

    pub async fn delete(&mut self, ids: Vec<String>) {
        ids.iter().for_each(|id| drop(self.records.remove(id)));
        let request = DeleteRequest { ids: Some(ids), ..DeleteRequest::default() };
        self.db.delete(T, D, &self.collection, request).await.unwrap();
    }

    pub async fn settle(&self) {
        self.db.compact().await.unwrap();
        while self.db.maintain().await.unwrap() {}
    }

    pub async fn reopen(&mut self) {
        self.db = Db::open(self.storage.clone(), Rc::new(NativeEnv), Options::default()).await.unwrap();
    }

    /// The ids found and the exact ids, for some `percent` of the records only if asked.
    pub async fn ask(&self, query: &[f32], percent: Option<i64>) -> (Vec<String>, Vec<String>) {
        let filter = percent.map(|percent| Where::parse(&json!({"hundredth": {"$lt": percent}})).unwrap());
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
        let matching =
            self.records.iter().filter(|(id, _)| percent.is_none_or(|percent| hundredth(id) < percent));
        let mut all: Vec<_> = matching.map(|(id, vector)| (exact.distance(vector), id)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        (found, all.into_iter().take(K).map(|(_, id)| id.clone()).collect())
    }

    /// The share of the exact neighbours that is found; one as near as the farthest of them is as good.
    pub async fn recall(&self, queries: &[Vec<f32>], percent: Option<i64>) -> f64 {
        let (mut hits, mut all) = (0, 0);
        for query in queries {
            let (found, exact) = self.ask(query, percent).await;
            assert_eq!(found.len(), exact.len());
            let distance = |id: &String| Query::new(self.space, query).distance(&self.records[id]);
            let farthest = exact.last().map_or(f32::NEG_INFINITY, distance);
            hits += found.iter().filter(|id| distance(id) <= farthest).count();
            all += exact.len();
        }
        hits as f64 / all as f64
    }
}

/// The stored index of the one collection's vectors.
pub struct Index(pub Vec<(String, u32, Bytes)>);

impl Index {
    pub async fn of(model: &Model) -> Self {
        let storage: Rc<dyn Storage> = model.storage.clone();
        let blockstore = Blockstore::new(storage, Rc::new(NativeEnv), 1 << 20);
        let (_, catalog, _) = SysDb::open(&blockstore).await.unwrap();
        let root = catalog.rows().find_map(|row| row.segment?.vectors).unwrap();
        Self(blockstore.open::<u32, Bytes>(root).await.unwrap().all().await.unwrap())
    }

    pub fn keys(&self, prefix: &str) -> Vec<u32> {
        self.0.iter().filter(|(of, _, _)| of == prefix).map(|(_, key, _)| *key).collect()
    }

    /// The entries of all lists of codes under a prefix.
    pub fn entries(&self, prefix: &str) -> usize {
        let lists = self.0.iter().filter(|(of, _, _)| of == prefix);
        lists.map(|(_, _, Bytes(list))| u32::from_le_bytes(list[..4].try_into().unwrap()) as usize).sum()
    }
}

pub async fn assert_no_garbage(model: &Model) {
    let storage: Rc<dyn Storage> = model.storage.clone();
    let env: Rc<dyn Env> = Rc::new(NativeEnv);
    assert_eq!(no_garbage(&storage, &env).await, Ok(()));
}

#[derive(Debug, Clone)]
pub enum Step {
    Add(usize),
    Update(usize),
    Delete(usize),
    Compact,
    Settle,
    Reopen,
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1_usize..1_000).prop_map(Step::Add),
        2 => (1_usize..500).prop_map(Step::Update),
        2 => (1_usize..500).prop_map(Step::Delete),
        2 => Just(Step::Compact),
        1 => Just(Step::Settle),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..12).prop_map(|steps| {
        // Enough vectors for an index.
        [Step::Add(1_500), Step::Compact].into_iter().chain(steps).collect()
    })
}

impl Model {
    /// Lives through a history.
    pub async fn live(&mut self, steps: Vec<Step>, mixture: &mut Mixture) {
        let mut next = 0;
        for step in steps {
            match step {
                Step::Add(count) => {
                    let records = (next..next + count).map(|row| (format!("r{row}"), mixture.next()));
                    self.write(Operation::Add, records.collect()).await;
                    next += count;
                }
                Step::Update(count) => {
                    let ids = mixture.choose(&self.records, count);
                    let records = ids.into_iter().map(|id| (id, mixture.next())).collect();
                    self.write(Operation::Upsert, records).await;
                }
                Step::Delete(count) => {
                    let ids = mixture.choose(&self.records, count);
                    self.delete(ids).await;
                }
                Step::Compact => self.db.compact().await.unwrap(),
                Step::Settle => self.settle().await,
                Step::Reopen => self.reopen().await,
            }
        }
    }
}

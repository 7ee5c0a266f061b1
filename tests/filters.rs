//! Filters that are asked again and again, while the records under them change.

use std::collections::BTreeMap;
use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, GetRequest, Include, MetadataValue, Operation, QueryRequest,
    RecordSet, UpdateMetadata, Where,
};
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::json;

const CLASSES: i64 = 3;

/// One thing that happens to a record, or to all of them.
#[derive(Debug, Clone)]
enum Change {
    /// Writes the record with this class.
    Put(Operation, u32, i64),
    Delete(u32),
    /// Deletes what the filter on a class finds.
    DeleteClass(i64),
    Compact,
    Maintain,
}

fn change() -> impl Strategy<Value = Change> {
    let operation =
        prop_oneof![Just(Operation::Add), Just(Operation::Update), Just(Operation::Upsert)].boxed();
    let record = 0..24_u32;
    prop_oneof![
        12 => (operation, record.clone(), 0..CLASSES).prop_map(|(op, id, class)| Change::Put(op, id, class)),
        3 => record.prop_map(Change::Delete),
        1 => (0..CLASSES).prop_map(Change::DeleteClass),
        3 => Just(Change::Compact),
        1 => Just(Change::Maintain),
    ]
}

struct Client {
    db: Db,
    collection: String,
    /// The class of each record that exists.
    classes: BTreeMap<u32, i64>,
}

fn of_class(class: i64) -> Where {
    Where::parse(&json!({"class": class})).unwrap()
}

impl Client {
    async fn new() -> Self {
        let storage = Rc::new(MemoryStorage::default());
        let db = Db::open(storage, Rc::new(NativeEnv), Options::default()).await.unwrap();
        let request = CreateCollection::from_json(json!({"name": "filtered"})).unwrap();
        let collection = db.create_collection(T, D, request).await.unwrap().id.to_string();
        Self { db, collection, classes: BTreeMap::new() }
    }

    async fn put(&mut self, operation: Operation, id: u32, class: i64) {
        let metadata = UpdateMetadata::from([("class".to_owned(), Some(MetadataValue::Int(class)))]);
        let records = RecordSet {
            ids: vec![id.to_string()],
            embeddings: Some(Embeddings { data: vec![id as f32, 1.0], dimension: 2, present: None }),
            metadatas: Some(vec![Some(metadata)]),
            ..RecordSet::default()
        };
        self.db.write(T, D, &self.collection, operation, records).await.unwrap();
        let exists = self.classes.contains_key(&id);
        if !matches!((operation, exists), (Operation::Add, true) | (Operation::Update, false)) {
            self.classes.insert(id, class);
        }
    }

    async fn delete(&self, ids: Option<Vec<String>>, filter: Option<Where>) {
        let request = DeleteRequest { ids, filter, limit: None };
        self.db.delete(T, D, &self.collection, request).await.unwrap();
    }

    async fn apply(&mut self, change: &Change) {
        match change {
            Change::Put(operation, id, class) => self.put(*operation, *id, *class).await,
            Change::Delete(id) => {
                self.delete(Some(vec![id.to_string()]), None).await;
                self.classes.remove(id);
            }
            Change::DeleteClass(class) => {
                self.delete(None, Some(of_class(*class))).await;
                self.classes.retain(|_, of| of != class);
            }
            Change::Compact => self.db.compact().await.unwrap(),
            Change::Maintain => drop(self.db.maintain().await.unwrap()),
        }
    }

    /// The ids that a `get` and a `query` with this filter find, sorted.
    async fn found(&self, class: i64) -> [Vec<u32>; 2] {
        let get = GetRequest { filter: Some(of_class(class)), ..GetRequest::default() };
        let got = self.db.get(T, D, &self.collection, &get).await.unwrap().ids;
        let query = QueryRequest {
            embeddings: Embeddings { data: vec![1.0, 1.0], dimension: 2, present: None },
            n_results: 100,
            filter: Some(of_class(class)),
            ..QueryRequest::default()
        };
        let nearest = self.db.query(T, D, &self.collection, &query).await.unwrap().rows.remove(0).ids;
        [got, nearest].map(|ids| {
            let mut ids: Vec<u32> = ids.iter().map(|id| id.parse().unwrap()).collect();
            ids.sort_unstable();
            ids
        })
    }

    fn expected(&self, class: i64) -> Vec<u32> {
        self.classes.iter().filter(|(_, of)| **of == class).map(|(id, _)| *id).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_filter_asked_again_sees_every_change(changes in prop::collection::vec(change(), 1..60)) {
        block_on(async {
            let mut client = Client::new().await;
            for (step, change) in changes.iter().enumerate() {
                client.apply(change).await;
                for class in 0..CLASSES {
                    let expected = client.expected(class);
                    for found in client.found(class).await {
                        prop_assert_eq!(&found, &expected, "class {} after step {}", class, step);
                    }
                }
            }
            Ok(())
        })?;
    }
}

#[test]
fn a_filter_asked_again_reads_no_record_of_the_segment() {
    block_on(async {
        let mut client = Client::new().await;
        for id in 0..100 {
            client.put(Operation::Add, id, i64::from(id) % CLASSES).await;
        }
        client.db.compact().await.unwrap();
        client.put(Operation::Add, 100, 0).await;
        let ask = async |class| {
            let before = client.db.info().await.unwrap().cache;
            let filter = Some(of_class(class));
            let request =
                GetRequest { filter, limit: Some(0), include: Include::default(), ..GetRequest::default() };
            client.db.get(T, D, &client.collection, &request).await.unwrap();
            let after = client.db.info().await.unwrap().cache;
            after.hits + after.misses - before.hits - before.misses
        };
        assert!(ask(0).await > 0);
        assert_eq!(ask(0).await, 0);
        assert!(ask(1).await > 0);
        assert_eq!(ask(0).await + ask(1).await, 0);
    });
}

//! Attached functions, facets and live queries through the facade.

use std::collections::BTreeMap;
use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options, WatchedRequest, WatchedResult};
use chromatid::env::NativeEnv;
use chromatid::storage::Storage;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    AttachFunction, CreateCollection, DeleteRequest, Embeddings, FacetsRequest, GetRequest, Include,
    MetadataValue, Operation, QueryRequest, RecordSet, UpdateMetadata, Where,
};
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::{Value, json};

struct World {
    storage: Rc<dyn Storage>,
    db: Db,
    id: String,
}

impl World {
    async fn new() -> Self {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let db = Db::open(Rc::clone(&storage), Rc::new(NativeEnv), Options::default()).await.unwrap();
        let request = CreateCollection::from_json(json!({"name": "input"})).unwrap();
        let id = db.create_collection(T, D, request).await.unwrap().id.to_string();
        Self { storage, db, id }
    }

    async fn reopen(&mut self) {
        let storage = Rc::clone(&self.storage);
        self.db = Db::open(storage, Rc::new(NativeEnv), Options::default()).await.unwrap();
    }

    async fn upsert(&self, records: &[(u32, Value)]) {
        let set = RecordSet {
            ids: records.iter().map(|(id, _)| id.to_string()).collect(),
            embeddings: Some(Embeddings {
                data: records.iter().flat_map(|(id, _)| [*id as f32, 0.0]).collect(),
                dimension: 2,
                present: None,
            }),
            metadatas: Some(records.iter().map(|(_, metadata)| change(metadata)).collect()),
            ..RecordSet::default()
        };
        self.db.write(T, D, &self.id, Operation::Upsert, set).await.unwrap();
    }

    async fn delete(&self, ids: &[u32]) {
        let ids = Some(ids.iter().map(u32::to_string).collect());
        self.db.delete(T, D, &self.id, DeleteRequest { ids, ..DeleteRequest::default() }).await.unwrap();
    }

    async fn attach(&self, function: &str, output: &str) -> bool {
        let body = json!({"name": function, "function_id": function, "output_collection": output});
        let request = AttachFunction::from_json(body).unwrap();
        self.db.attach_function(T, D, &self.id, request, &["mine".to_owned()]).await.unwrap().1
    }

    async fn settle(&self) {
        self.db.compact().await.unwrap();
        while self.db.maintain().await.unwrap() {}
    }

    /// What a collection holds: metadata and document by id.
    async fn contents(&self, name: &str) -> BTreeMap<String, (Value, String)> {
        let id = self.db.get_collection(T, D, name).unwrap().id.to_string();
        let include = Include { documents: true, metadatas: true, ..Include::default() };
        let found = self.db.get(T, D, &id, &GetRequest { include, ..GetRequest::default() }).await.unwrap();
        let rows = found.ids.into_iter().zip(found.metadatas.unwrap()).zip(found.documents.unwrap());
        rows.map(|((id, metadata), document)| {
            (id, (serde_json::to_value(metadata).unwrap(), document.unwrap_or_default()))
        })
        .collect()
    }

    async fn facet(&self, key: &str, clause: Option<Value>) -> (Vec<(Value, u64)>, u64) {
        let filter = clause.map(|clause| Where::parse(&clause).unwrap());
        let request = FacetsRequest { keys: vec![key.into()], filter, limit: 3, ids: None };
        let facet = self.db.facets(T, D, &self.id, &request).await.unwrap().remove(0).1;
        let shown = |value: &MetadataValue| serde_json::to_value(value).unwrap();
        (facet.values.iter().map(|(value, count)| (shown(value), *count)).collect(), facet.distinct)
    }
}

fn change(metadata: &Value) -> Option<UpdateMetadata> {
    let members = metadata.as_object()?.iter();
    Some(members.map(|(key, value)| (key.clone(), MetadataValue::from_json(value))).collect())
}

#[test]
fn a_counter_follows_its_collection() {
    block_on(async {
        let mut world = World::new().await;
        assert!(world.attach("record_counter", "counts").await);
        assert!(!world.attach("record_counter", "counts").await);
        world.upsert(&(0..1_500).map(|id| (id, json!({"n": id}))).collect::<Vec<_>>()).await;
        world.settle().await;
        let (metadata, document) = world.contents("counts").await.remove("function_output").unwrap();
        assert_eq!(metadata, json!({"total_count": 1_500}));
        assert_eq!(document, "Last processed 1500 records (total: 1500)");
        world.upsert(&[(3, json!({"n": -1})), (9_000, json!({"n": 1}))]).await;
        world.delete(&[1, 2, 3_000]).await;
        world.reopen().await;
        world.settle().await;
        let (metadata, document) = world.contents("counts").await.remove("function_output").unwrap();
        assert_eq!(metadata, json!({"total_count": 1_499}));
        assert_eq!(document, "Last processed 4 records (total: 1499)");
        let attached = world.db.attached_function(T, D, &world.id, "record_counter").unwrap();
        assert!(attached.completion_offset > 0 && attached.output_collection_id.is_some());

        world.db.detach_function(T, D, &world.id, "record_counter", true).await.unwrap();
        assert_eq!(world.db.get_collection(T, D, "counts").unwrap_err().code(), 404);
        assert_eq!(world.db.attached_function(T, D, &world.id, "record_counter").unwrap_err().code(), 404);
    });
}

#[test]
fn a_function_that_fails_keeps_nothing_else_from_being_done() {
    block_on(async {
        let world = World::new().await;
        world.attach("record_counter", "counts").await;
        world.attach("statistics", "statistics-out").await;
        // What somebody else writes to the output collection does not fit the counter's vectors.
        let request = CreateCollection::from_json(json!({"name": "counts"})).unwrap();
        let taken = world.db.create_collection(T, D, request).await.unwrap().id.to_string();
        let embeddings = Some(Embeddings { data: vec![1.0, 2.0], dimension: 2, present: None });
        let set = RecordSet { ids: vec!["other".into()], embeddings, ..RecordSet::default() };
        world.db.write(T, D, &taken, Operation::Add, set).await.unwrap();
        world.upsert(&[(1, json!({"a": 1}))]).await;
        let error = world.db.compact().await.unwrap_err();
        assert!(error.to_string().contains("holds vectors of 2 components, not 1"), "{error}");
        assert_eq!(world.contents("statistics-out").await.len(), 2);
        assert_eq!(world.db.maintain().await.unwrap_err().code(), 400);
        assert_eq!(world.contents("counts").await.len(), 1);
    });
}

#[test]
fn what_cannot_be_attached_is_refused() {
    block_on(async {
        let world = World::new().await;
        let attach = |body: Value| {
            let request = AttachFunction::from_json(body).unwrap();
            let (db, id) = (world.db.clone(), world.id.clone());
            async move { db.attach_function(T, D, &id, request, &[]).await.map(drop).unwrap_err().code() }
        };
        let unknown = json!({"name": "f", "function_id": "unknown", "output_collection": "out"});
        assert_eq!(attach(unknown).await, 404);
        let taken = json!({"name": "f", "function_id": "statistics", "output_collection": "input"});
        assert_eq!(attach(taken).await, 409);
        let nameless = json!({"name": "", "function_id": "statistics", "output_collection": "out"});
        assert_eq!(attach(nameless).await, 400);
        world.attach("statistics", "out").await;
        let other =
            json!({"name": "statistics", "function_id": "record_counter", "output_collection": "out"});
        assert_eq!(attach(other).await, 409);
        assert_eq!(AttachFunction::from_json(json!({"name": "f"})).unwrap_err().code(), 422);
    });
}

#[test]
fn a_function_that_is_called_back_sees_each_change_once() {
    block_on(async {
        let mut world = World::new().await;
        world.attach("mine", "out").await;
        world.upsert(&[(1, json!({"a": 1})), (2, json!({"a": 2}))]).await;
        let names = ["mine".to_owned()];
        assert_eq!(world.db.pending_functions(&names), []);
        world.settle().await;
        let pending = world.db.pending_functions(&names);
        assert_eq!(pending.len(), 1);
        // A run that is given up, and one that ends with its output.
        for output in [None, Some((None, vec!["gone".to_owned()]))] {
            let run = world.db.begin_function(T, D, &world.id, "mine").await.unwrap().unwrap();
            let changes = world.db.next_changes(run).await.unwrap();
            let ids: Vec<_> = changes.iter().map(|change| change.new.as_ref().unwrap().id.as_str()).collect();
            assert_eq!(ids, ["1", "2"]);
            assert_eq!(changes[1].embedding.as_deref(), Some([2.0, 0.0].as_slice()));
            assert!(world.db.next_changes(run).await.unwrap().is_empty());
            world.db.finish_function(run, output).await.unwrap();
        }
        assert_eq!(world.db.begin_function(T, D, &world.id, "mine").await.unwrap(), None);
        world.delete(&[1]).await;
        world.reopen().await;
        world.settle().await;
        let run = world.db.begin_function(T, D, &world.id, "mine").await.unwrap().unwrap();
        let changes = world.db.next_changes(run).await.unwrap();
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0].old.as_ref().unwrap().id.as_str(), &changes[0].new), ("1", &None));
        world.db.finish_function(run, Some((None, Vec::new()))).await.unwrap();
        assert_eq!(world.db.next_changes(run).await.unwrap_err().code(), 404);
    });
}

#[derive(Debug, Clone)]
enum Step {
    Upsert(Vec<(u32, Value)>),
    Delete(Vec<u32>),
    Settle,
    Compact,
    Reopen,
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0..3_i64).prop_map(Value::from),
        (0..3).prop_map(|half| json!(f64::from(half) / 2.0 + 0.25)),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec!["x", "y", "ß::"]).prop_map(Value::from),
        prop::collection::vec(prop::sample::select(vec!["x", "z"]), 1..3).prop_map(|texts| json!(texts)),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let record = (0..12_u32, value()).prop_map(|(id, value)| (id, json!({"k": value})));
    let step = prop_oneof![
        4 => prop::collection::vec(record, 1..5).prop_map(Step::Upsert),
        2 => prop::collection::vec(0..12_u32, 1..4).prop_map(Step::Delete),
        1 => Just(Step::Settle),
        1 => Just(Step::Compact),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..14)
}

/// How many records have each value; elements of arrays count if asked for.
fn counts(records: &BTreeMap<u32, Value>, elements: bool) -> BTreeMap<String, (Value, u64)> {
    let mut counts = BTreeMap::new();
    let mut add = |kind: &str, value: &Value| {
        counts.entry(format!("{kind}{value}")).or_insert((value.clone(), 0)).1 += 1;
    };
    for metadata in records.values() {
        match &metadata["k"] {
            Value::Array(texts) if elements => {
                let different: std::collections::BTreeSet<_> = texts.iter().map(Value::to_string).collect();
                for text in different {
                    add("element", &serde_json::from_str(&text).unwrap());
                }
            }
            Value::Array(_) => {}
            value => add("", value),
        }
    }
    counts
}

async fn live(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut world = World::new().await;
    world.attach("statistics", "statistics-out").await;
    let mut model: BTreeMap<u32, Value> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Upsert(records) => {
                world.upsert(&records).await;
                model.extend(records);
            }
            Step::Delete(ids) => {
                world.delete(&ids).await;
                ids.iter().for_each(|id| drop(model.remove(id)));
            }
            Step::Settle => world.settle().await,
            Step::Compact => world.db.compact().await.unwrap(),
            Step::Reopen => world.reopen().await,
        }
        let expected = counts(&model, true);
        let (values, distinct) = world.facet("k", None).await;
        prop_assert_eq!(distinct, expected.len() as u64);
        let mut most: Vec<u64> = expected.values().map(|(_, count)| *count).collect();
        most.sort_unstable_by(|a, b| b.cmp(a));
        most.truncate(3);
        prop_assert_eq!(values.iter().map(|(_, count)| *count).collect::<Vec<_>>(), most);
        for entry in &values {
            prop_assert!(expected.values().any(|known| known == entry), "{:?} of {:?}", entry, expected);
        }
    }
    world.settle().await;
    let mut shown = BTreeMap::new();
    for (id, (metadata, _)) in world.contents("statistics-out").await {
        shown.insert(id, metadata["count"].as_u64().unwrap());
    }
    let mut expected = BTreeMap::new();
    for (_, (value, count)) in counts(&model, false) {
        let prefix = match &value {
            Value::Bool(_) => "b",
            Value::String(_) => "s",
            Value::Number(number) if number.is_i64() => "i",
            _ => "f",
        };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        expected.insert(format!("k::{prefix}:{text}"), count);
    }
    if !model.is_empty() {
        expected.insert("summary::s:total_count".to_owned(), model.len() as u64);
    }
    prop_assert_eq!(shown, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statistics_and_facets_are_those_of_the_records(
        steps in steps().prop_map(|steps| [Step::Upsert(vec![(0, json!({"k": 1}))])].into_iter().chain(steps).collect::<Vec<_>>())
    ) {
        block_on(live(steps))?;
    }
}

#[test]
fn facets_count_what_a_filter_selects() {
    block_on(async {
        let world = World::new().await;
        let records: Vec<_> = (0..200).map(|id| (id, json!({"k": id % 4, "even": id % 2 == 0}))).collect();
        world.upsert(&records).await;
        for round in ["log", "segment", "both"] {
            let (values, distinct) = world.facet("k", Some(json!({"even": true}))).await;
            assert_eq!(distinct, 2, "{round}");
            assert_eq!(values, [(json!(0), 50), (json!(2), 50)], "{round}");
            world.db.compact().await.unwrap();
            if round == "segment" {
                world.upsert(&records[50..60]).await;
            }
        }
        assert_eq!(world.facet("missing", None).await, (Vec::new(), 0));
    });
}

fn get(filter: Option<Value>) -> WatchedRequest {
    let filter = filter.map(|clause| Where::parse(&clause).unwrap());
    WatchedRequest::Get(GetRequest { filter, ..GetRequest::default() })
}

fn ids(result: Option<WatchedResult>) -> Option<Vec<String>> {
    match result? {
        WatchedResult::Get(result) => Some(result.ids),
        WatchedResult::Query(mut result) => Some(result.rows.remove(0).ids),
        _ => None,
    }
}

#[test]
fn a_watched_get_answers_when_it_changes_and_not_otherwise() {
    block_on(async {
        let world = World::new().await;
        world.upsert(&[(1, json!({"k": 1})), (2, json!({"k": 2}))]).await;
        let watch = world.db.watch(T, D, &world.id, get(Some(json!({"k": 1})))).unwrap();
        assert_eq!(ids(world.db.refresh(watch).await.unwrap()), Some(vec!["1".into()]));
        assert_eq!(world.db.refresh(watch).await.unwrap(), None);
        world.upsert(&[(3, json!({"k": 3}))]).await;
        assert_eq!(world.db.refresh(watch).await.unwrap(), None);
        world.db.compact().await.unwrap();
        assert_eq!(world.db.refresh(watch).await.unwrap(), None);
        world.upsert(&[(3, json!({"k": 1}))]).await;
        world.db.compact().await.unwrap();
        assert_eq!(ids(world.db.refresh(watch).await.unwrap()), Some(vec!["1".into(), "3".into()]));
        world.delete(&[1]).await;
        assert_eq!(ids(world.db.refresh(watch).await.unwrap()), Some(vec!["3".into()]));
        world.db.unwatch(watch);
        assert_eq!(world.db.refresh(watch).await.unwrap_err().code(), 404);
    });
}

#[test]
fn watched_counts_and_facets_answer_when_they_change_and_not_otherwise() {
    block_on(async {
        let world = World::new().await;
        world.upsert(&[(1, json!({"k": 1})), (2, json!({"k": 2}))]).await;
        let count = world.db.watch(T, D, &world.id, WatchedRequest::Count).unwrap();
        let request = FacetsRequest { keys: vec!["k".into()], ids: None, filter: None, limit: 10 };
        let facets = world.db.watch(T, D, &world.id, WatchedRequest::Facets(request)).unwrap();
        let values = async || match world.db.refresh(facets).await.unwrap() {
            Some(WatchedResult::Facets(facets)) => Some(facets[0].1.values.clone()),
            _ => None,
        };
        let one = |value: i64, count| (MetadataValue::Int(value), count);
        assert_eq!(world.db.refresh(count).await.unwrap(), Some(WatchedResult::Count(2)));
        assert_eq!(values().await, Some(vec![one(1, 1), one(2, 1)]));

        world.upsert(&[(2, json!({"k": 1}))]).await;
        assert_eq!(world.db.refresh(count).await.unwrap(), None);
        assert_eq!(values().await, Some(vec![one(1, 2)]));
        world.upsert(&[(3, json!({"other": 1}))]).await;
        assert_eq!(world.db.refresh(count).await.unwrap(), Some(WatchedResult::Count(3)));
        assert_eq!(values().await, None);
        world.db.compact().await.unwrap();
        assert_eq!(world.db.refresh(count).await.unwrap(), None);
        world.delete(&[1]).await;
        assert_eq!(world.db.refresh(count).await.unwrap(), Some(WatchedResult::Count(2)));
        assert_eq!(values().await, Some(vec![one(1, 1)]));
    });
}

#[test]
fn a_watched_query_looks_at_near_records_only() {
    block_on(async {
        let world = World::new().await;
        world.upsert(&(10..30).map(|id| (id, json!({"k": 1}))).collect::<Vec<_>>()).await;
        let request = WatchedRequest::Query(QueryRequest {
            embeddings: Embeddings { data: vec![12.0, 0.0], dimension: 2, present: None },
            n_results: 2,
            include: Include { distances: true, ..Include::default() },
            ..QueryRequest::default()
        });
        let watch = world.db.watch(T, D, &world.id, request).unwrap();
        assert_eq!(ids(world.db.refresh(watch).await.unwrap()).unwrap()[0], "12");
        world.upsert(&[(100, json!({"k": 1}))]).await;
        world.delete(&[25]).await;
        assert_eq!(world.db.refresh(watch).await.unwrap(), None);
        world.delete(&[12]).await;
        assert_eq!(ids(world.db.refresh(watch).await.unwrap()), Some(vec!["11".into(), "13".into()]));
    });
}

#[test]
fn a_change_wakes_those_who_wait_and_so_does_the_end() {
    block_on(async {
        let world = World::new().await;
        let seen = world.db.next_change(u32::MAX).await.unwrap();
        let record = [(1, json!({"k": 1}))];
        let (next, ()) = futures::join!(world.db.next_change(seen), world.upsert(&record));
        assert_eq!(next.unwrap(), seen + 1);
        let (end, closed) = futures::join!(world.db.next_change(seen + 1), world.db.close());
        closed.unwrap();
        assert_eq!(end.unwrap_err().code(), 503);
    });
}

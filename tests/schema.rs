//! Schemas of collections through the facade: what they switch, and that they are there after a reopening and after crashes.

use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::error::Result;
use chromatid::storage::Storage;
use chromatid::storage::file::FileOptions;
use chromatid::storage::memory::MemoryStorage;
use chromatid::storage::sim::{Crash, Fault, SimFiles};
use chromatid::types::{
    Collection, CreateCollection, DeleteRequest, Embeddings, GetRequest, MetadataValue, Operation,
    QueryRequest, RecordSet, SearchRequest, UpdateCollection, UpdateMetadata, Where,
};
use futures::executor::block_on;
use serde_json::{Value, json};

async fn open(storage: &Rc<dyn Storage>) -> Result<Db> {
    Db::open(Rc::clone(storage), Rc::new(NativeEnv), Options::default()).await
}

async fn create(db: &Db, body: Value) -> Result<Collection> {
    db.create_collection(T, D, CreateCollection::from_json(body)?).await
}

fn inverted(value_type: &str, enabled: bool) -> Value {
    json!({value_type: {format!("{value_type}_inverted_index"): {"enabled": enabled, "config": {}}}})
}

fn vectors(config: Value) -> Value {
    json!({"float_list": {"vector_index": {"enabled": true, "config": config}}})
}

/// One record with a vector of one component.
fn record(id: &str, metadata: Value) -> RecordSet {
    let members = metadata.as_object().unwrap().iter();
    let metadata: UpdateMetadata =
        members.map(|(key, value)| (key.clone(), MetadataValue::from_json(value))).collect();
    RecordSet {
        ids: vec![id.into()],
        embeddings: Some(Embeddings { data: vec![1.0], dimension: 1, present: None }),
        documents: Some(vec![Some("some text".into())]),
        metadatas: Some(vec![Some(metadata)]),
        ..RecordSet::default()
    }
}

/// Some of everything: switches, a sparse index, vectors in clusters, a label, and a member that nobody knows.
fn rich() -> Value {
    let sparse = json!({
        "bm25": true, "source_key": "#document", "embedding_function": {"type": "known", "name": "f", "config": {"k": 2}}
    });
    json!({
        "defaults": inverted("float", false),
        "keys": {
            "cat": inverted("string", false),
            "words": {"sparse_vector": {"sparse_vector_index": {"enabled": true, "config": sparse}}},
            "#embedding": vectors(json!({"space": "cosine", "spann": {"search_nprobe": 77}})),
            "#document": {"string": {"fts_index": {"enabled": false, "config": {}}}}
        },
        "cmek": {"webcrypto": "mine"},
        "more": [null, 1.5]
    })
}

fn reason<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.name()), (400, "InvalidArgumentError"), "{error}");
    error.to_string()
}

#[test]
fn what_is_not_indexed_cannot_be_filtered_by_wherever_a_filter_may_be() {
    let off = "Cannot filter using metadata key 'cat' with type 'Str' because indexing is disabled";
    let fts = "Cannot filter using full-text search because FTS indexing is disabled";
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let mut db = open(&storage).await.unwrap();
        let id = create(&db, json!({"name": "switched", "schema": rich()})).await.unwrap().id.to_string();
        db.write(T, D, &id, Operation::Add, record("a", json!({"cat": "x", "i": 1}))).await.unwrap();
        for round in ["log", "segment", "reopened"] {
            for (clause, expected) in [
                (json!({"$or": [{"i": 1}, {"cat": {"$ne": "x"}}]}), off),
                (json!({"#document": {"$not_contains": "text"}}), fts),
            ] {
                let filter = Some(Where::parse(&clause).unwrap());
                let get = GetRequest { filter: filter.clone(), ..GetRequest::default() };
                let query = QueryRequest {
                    embeddings: Embeddings { data: vec![1.0], dimension: 1, present: None },
                    n_results: 1,
                    filter: filter.clone(),
                    ..QueryRequest::default()
                };
                let delete = DeleteRequest { filter, ..DeleteRequest::default() };
                let search =
                    SearchRequest::from_json(&json!({"searches": [{}, {"filter": clause}]})).unwrap();
                assert_eq!(reason(db.get(T, D, &id, &get).await), expected, "{round}");
                assert_eq!(reason(db.query(T, D, &id, &query).await), expected, "{round}");
                assert_eq!(reason(db.search(T, D, &id, &search).await), expected, "{round}");
                assert_eq!(reason(db.delete(T, D, &id, delete).await), expected, "{round}");
            }
            for (clause, found) in
                [(json!({"i": 1}), 1), (json!({"cat": 1}), 0), (json!({"i": {"$ne": 2}}), 1)]
            {
                let filter = Some(Where::parse(&clause).unwrap());
                let get = GetRequest { filter, ..GetRequest::default() };
                assert_eq!(db.get(T, D, &id, &get).await.unwrap().ids.len(), found, "{clause} {round}");
            }
            db.compact().await.unwrap();
            if round == "segment" {
                db = open(&storage).await.unwrap();
            }
        }
    });
}

#[test]
fn numbers_of_both_types_are_found_by_the_one_that_is_indexed_before_and_after_a_compaction() {
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let db = open(&storage).await.unwrap();
        let schema = json!({"defaults": inverted("float", false), "keys": {}});
        let id = create(&db, json!({"name": "numbers", "schema": schema})).await.unwrap().id.to_string();
        db.write(T, D, &id, Operation::Add, record("a", json!({"n": 1, "list": [1, 2]}))).await.unwrap();
        db.write(T, D, &id, Operation::Add, record("b", json!({"n": 1.5, "list": [1.0]}))).await.unwrap();
        let found = async |filter: Value| {
            let request =
                GetRequest { filter: Some(Where::parse(&filter).unwrap()), ..GetRequest::default() };
            db.get(T, D, &id, &request).await.unwrap().ids
        };
        for when in ["in the log", "indexed"] {
            assert_eq!(found(json!({"n": {"$gte": 1}})).await, ["a", "b"], "{when}");
            assert_eq!(found(json!({"n": {"$gt": 1}})).await, ["b"], "{when}");
            assert_eq!(found(json!({"n": {"$ne": 1}})).await, ["b"], "{when}");
            assert_eq!(found(json!({"list": {"$contains": 1}})).await, ["a", "b"], "{when}");
            db.compact().await.unwrap();
        }
    });
}

#[test]
fn sparse_searches_need_an_index_of_their_key() {
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let db = open(&storage).await.unwrap();
        let id = create(&db, json!({"name": "sparse", "schema": rich()})).await.unwrap().id.to_string();
        let vector = json!({"indices": [1, 5], "values": [0.5, 0.25]});
        db.write(T, D, &id, Operation::Add, record("a", json!({"words": vector}))).await.unwrap();
        let search = |key: &str| {
            let knn = json!({"query": {"indices": [5], "values": [1.0]}, "key": key});
            SearchRequest::from_json(&json!({"searches": [{"rank": {"$knn": knn}}]})).unwrap()
        };
        assert_eq!(db.search(T, D, &id, &search("words")).await.unwrap()[0].ids, ["a"]);
        assert_eq!(
            reason(db.search(T, D, &id, &search("other")).await),
            "Cannot filter using metadata key 'other' with type 'SparseVector' because indexing is disabled"
        );
    });
}

#[test]
fn a_schema_survives_reopenings_and_follows_changes_of_the_configuration() {
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let mut db = open(&storage).await.unwrap();
        let created = create(&db, json!({"name": "kept", "schema": rich()})).await.unwrap();
        let id = created.id.to_string();
        assert_eq!(created.schema["cmek"], json!({"webcrypto": "mine"}));
        assert_eq!(created.schema["more"], json!([null, 1.5]));
        assert_eq!(serde_json::to_value(&created.configuration).unwrap()["spann"]["search_nprobe"], 77);

        let mut expected = created.schema.clone();
        for step in 0..6 {
            match step {
                1 => db.compact().await.unwrap(),
                2 => {
                    let change = json!({"new_configuration": {"spann": {"search_nprobe": 9}}});
                    let change = UpdateCollection::from_json(change).unwrap();
                    db.update_collection(T, D, &id, change).await.unwrap();
                    let spann = &mut expected["keys"]["#embedding"]["float_list"]["vector_index"]["config"];
                    spann["spann"]["search_nprobe"] = json!(9);
                }
                3 => {
                    let records = record("a", json!({"cat": 1, "f": 0.5, "chroma:x": 1}));
                    db.write(T, D, &id, Operation::Add, records).await.unwrap();
                    expected["keys"]["cat"]["int"] = expected["defaults"]["int"].clone();
                    expected["keys"]["f"] = json!({"float": expected["defaults"]["float"]});
                }
                4 => while db.maintain().await.unwrap() {},
                5 => {
                    let change = json!({"new_name": "renamed", "new_metadata": {"m": 1}});
                    db.update_collection(T, D, &id, UpdateCollection::from_json(change).unwrap())
                        .await
                        .unwrap();
                }
                _ => {}
            }
            for reopened in [false, true] {
                if reopened {
                    db = open(&storage).await.unwrap();
                }
                let found = db.get_collection_by_id(T, D, &id).unwrap();
                assert_eq!(found.schema, expected, "step {step}, reopened: {reopened}");
                assert_eq!(db.list_collections(T, D, None, 0).unwrap()[0], found);
            }
        }
    });
}

#[test]
fn a_plain_collection_has_the_schema_of_its_configuration() {
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let db = open(&storage).await.unwrap();
        let function = json!({"type": "known", "name": "f", "config": {}});
        let body = json!({
            "name": "plain",
            "configuration": {"hnsw": {"space": "ip", "ef_search": 33}, "embedding_function": function}
        });
        let created = create(&db, body).await.unwrap();
        let change = json!({"new_configuration": {"hnsw": {"ef_search": 44}}});
        let change = UpdateCollection::from_json(change).unwrap();
        db.update_collection(T, D, &created.id.to_string(), change).await.unwrap();
        let db = open(&storage).await.unwrap();
        let schema = db.get_collection(T, D, "plain").unwrap().schema;
        for types in [&schema["defaults"], &schema["keys"]["#embedding"]] {
            let config = &types["float_list"]["vector_index"]["config"];
            assert_eq!([&config["space"], &config["embedding_function"]], [&json!("ip"), &function]);
            assert_eq!(config["hnsw"]["ef_search"], 44);
        }
    });
}

#[test]
fn an_existing_collection_keeps_its_schema() {
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let db = open(&storage).await.unwrap();
        let first = create(&db, json!({"name": "first", "schema": rich()})).await.unwrap();
        let other = json!({"defaults": {}, "keys": {"other": {}}});
        let again = json!({"name": "first", "get_or_create": true, "schema": other});
        assert_eq!(create(&db, again).await.unwrap(), first);
        let refused =
            json!({"name": "first", "get_or_create": true, "schema": {"defaults": {}, "keys": {"#x": {}}}});
        assert!(reason(create(&db, refused).await).starts_with("Validation error: schema: "));
    });
}

/// Changes the one collection in some way; the schema that it shows follows from how many were made.
async fn change(db: &Db, number: usize) -> Result<()> {
    let id = || db.get_collection(T, D, "crashed").map(|collection| collection.id.to_string());
    match number {
        0 => create(db, json!({"name": "crashed", "schema": rich()})).await.map(drop),
        1 => db.write(T, D, &id()?, Operation::Add, record("a", json!({"cat": "x", "n": 1}))).await.map(drop),
        2 | 6 => db.compact().await,
        3 => db
            .write(T, D, &id()?, Operation::Upsert, record("b", json!({"n": 1.5, "new": true})))
            .await
            .map(drop),
        4 => {
            let change = json!({"new_configuration": {"spann": {"search_nprobe": 9}}});
            db.update_collection(T, D, &id()?, UpdateCollection::from_json(change)?).await
        }
        5 => db.write(T, D, &id()?, Operation::Update, record("a", json!({"later": ["x"]}))).await.map(drop),
        _ => db.maintain().await.map(drop),
    }
}

const CHANGES: usize = 8;

fn shown(db: &Db) -> Option<Value> {
    db.get_collection(T, D, "crashed").ok().map(|collection| collection.schema)
}

#[test]
fn a_crash_leaves_the_schema_of_what_was_acknowledged() {
    let options = || FileOptions { rewrite_bytes: 400, spare_bytes: 0 };
    let storage = |files: &SimFiles| -> Rc<dyn Storage> { Rc::new(files.storage(options()).unwrap()) };
    // What is shown after each number of changes.
    let states: Vec<Option<Value>> = block_on(async {
        let db = open(&storage(&SimFiles::new(5))).await.unwrap();
        let mut states = vec![None];
        for number in 0..CHANGES {
            change(&db, number).await.unwrap();
            states.push(shown(&db));
        }
        states
    });
    assert_ne!(states[3], states[4]);
    let mut at = 0;
    loop {
        let files = SimFiles::new(5);
        files.set_fault(Some(Fault::Crash { at }));
        let made = block_on(async {
            let storage: Rc<dyn Storage> = Rc::new(files.storage(options()).ok()?);
            let db = open(&storage).await.ok()?;
            for number in 0..CHANGES {
                if change(&db, number).await.is_err() {
                    return Some(number);
                }
            }
            Some(CHANGES)
        });
        let possible = &states[made.unwrap_or(0)..=(made.unwrap_or(0) + 1).min(CHANGES)];
        for (crash, seed) in [(Crash::Kill, 0), (Crash::PowerLossNothing, 0), (Crash::PowerLossSubset, at)] {
            let image = files.reopen(crash, seed);
            let found = block_on(async {
                let db = open(&storage(&image)).await.unwrap();
                let found = shown(&db);
                db.compact().await.unwrap();
                db.close().await.unwrap();
                assert_eq!(shown(&open(&storage(&image)).await.unwrap()), found);
                found
            });
            assert!(possible.contains(&found), "{crash:?} at operation {at}: {found:?}");
        }
        if made == Some(CHANGES) {
            break;
        }
        at += 1;
    }
    assert!(at > 30, "only {at} operations");
}

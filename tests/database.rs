//! The life of collections through the facade, on memory: what a client relies on.

use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::error::Error;
use chromatid::limits::BACK_PRESSURE_BYTES;
use chromatid::storage::Storage;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, GetRequest, Include, MetadataValue, Operation, QueryRequest,
    ReadLevel, RecordSet, UpdateCollection, UpdateMetadata, Where,
};
use futures::executor::block_on;
use serde_json::json;

const ALL: Include =
    Include { distances: true, documents: true, embeddings: true, metadatas: true, uris: true };

async fn open() -> Db {
    open_on(Rc::new(MemoryStorage::default())).await
}

async fn open_on(storage: Rc<dyn Storage>) -> Db {
    let options = Options { allow_reset: true, ..Options::default() };
    Db::open(storage, Rc::new(NativeEnv), options).await.unwrap()
}

async fn collection(db: &Db, request: serde_json::Value) -> String {
    let request = CreateCollection::from_json(request).unwrap();
    db.create_collection(T, D, request).await.unwrap().id.to_string()
}

fn matrix(rows: &[&[f32]]) -> Option<Embeddings> {
    Some(Embeddings { data: rows.concat(), dimension: rows[0].len(), present: None })
}

fn metadata(value: serde_json::Value) -> Option<UpdateMetadata> {
    let members = value.as_object().unwrap();
    Some(members.iter().map(|(key, value)| (key.clone(), MetadataValue::from_json(value))).collect())
}

fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

/// The seed of the recorded filter cases: six records with values of every kind.
async fn seed(db: &Db) -> String {
    let id = collection(db, json!({"name": "seeded"})).await;
    let records = RecordSet {
        ids: ids(&["a", "b", "c", "d", "e", "g"]),
        embeddings: matrix(&[&[0., 1.], &[1., 1.], &[2., 1.], &[3., 1.], &[4., 1.], &[5., 1.]]),
        documents: Some(
            [
                Some("Hello World"),
                Some("hello world 100%"),
                Some("foo_bar"),
                Some("Straße ÜBER a.b"),
                Some("x"),
                None,
            ]
            .map(|text| text.map(str::to_owned))
            .to_vec(),
        ),
        uris: None,
        metadatas: Some(vec![
            metadata(json!({"i": 1, "f": 1.5, "s": "x", "b": true, "m": 1})),
            metadata(json!({"i": 2, "f": 2.0, "s": "Y", "b": false, "m": 1.5})),
            metadata(json!({"i": -3, "m": "1"})),
            None,
            metadata(json!({"tags": ["red", "blue"], "nums": [1, 2], "fl": [1.5, 2.5], "bo": [true]})),
            metadata(json!({"tags": "red", "nums": 1, "i": 3, "m": 2.0})),
        ]),
    };
    db.write(T, D, &id, Operation::Add, records).await.unwrap();
    id
}

async fn get_ids(db: &Db, id: &str, request: GetRequest) -> Vec<String> {
    db.get(T, D, id, &request).await.unwrap().ids
}

#[test]
fn filters_answer_the_same_before_and_after_a_compaction() {
    let cases = [
        (json!({"i": 1}), "a"),
        (json!({"i": {"$ne": 1}}), "b c d e g"),
        (json!({"zzz": {"$ne": 1}}), "a b c d e g"),
        (json!({"i": {"$in": [1, 2]}}), "a b"),
        (json!({"i": {"$nin": [1, 2]}}), "c d e g"),
        (json!({"i": {"$gte": 1.5}}), "b g"),
        (json!({"m": {"$gt": 1}}), "b g"),
        (json!({"$and": [{"i": {"$gt": 0}}, {"s": "x"}]}), "a"),
        (json!({"$or": [{"i": 1}, {"$and": [{"i": 2}, {"b": false}]}]}), "a b"),
        (json!({"$and": []}), "a b c d e g"),
        (json!({"$or": []}), ""),
        (json!({"tags": {"$contains": "red"}}), "e"),
        (json!({"tags": "red"}), "g"),
        (json!({"#document": {"$contains": "o_b"}}), "c"),
        (json!({"#id": {"$in": ["a", "b"]}}), "a b"),
    ];
    block_on(async {
        let db = open().await;
        let id = seed(&db).await;
        for round in ["log", "segment"] {
            for (clause, expected) in &cases {
                let filter = Some(Where::parse(clause).unwrap());
                let found = get_ids(&db, &id, GetRequest { filter, ..GetRequest::default() }).await;
                assert_eq!(found.join(" "), *expected, "{clause} in the {round}");
            }
            db.compact().await.unwrap();
        }
    });
}

#[test]
fn a_write_is_seen_by_the_next_read_and_survives_reopening() {
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let db = open_on(Rc::clone(&storage)).await;
        let id = seed(&db).await;
        let update = RecordSet {
            ids: ids(&["a", "missing"]),
            documents: Some(vec![Some("changed".into()), Some("nobody".into())]),
            metadatas: Some(vec![Some([("i".to_owned(), None)].into_iter().collect()), None]),
            ..RecordSet::default()
        };
        db.write(T, D, &id, Operation::Update, update).await.unwrap();
        db.delete(T, D, &id, DeleteRequest { ids: Some(ids(&["b"])), ..DeleteRequest::default() })
            .await
            .unwrap();

        for reopened in 0..4 {
            let db = if reopened == 0 { db.clone() } else { open_on(Rc::clone(&storage)).await };
            assert_eq!(db.count(T, D, &id, ReadLevel::IndexAndWal).await.unwrap(), 5);
            let request = GetRequest { ids: Some(ids(&["a"])), include: ALL, ..GetRequest::default() };
            let row = db.get(T, D, &id, &request).await.unwrap();
            assert_eq!(row.documents.unwrap(), [Some("changed".to_owned())]);
            assert_eq!(row.embeddings.unwrap().data, [0., 1.]);
            assert!(!row.metadatas.unwrap()[0].as_ref().unwrap().contains_key("i"));
            assert_eq!(get_ids(&db, &id, GetRequest::default()).await, ids(&["a", "c", "d", "e", "g"]));
            if reopened == 1 {
                db.compact().await.unwrap();
                assert_eq!(db.info().await.unwrap().log.operations, 0);
            }
        }
    });
}

#[test]
fn a_deleted_and_added_id_moves_to_the_end_and_an_upsert_keeps_its_place() {
    for compact in [false, true] {
        block_on(async {
            let db = open().await;
            let id = seed(&db).await;
            if compact {
                db.compact().await.unwrap();
            }
            let record = |name: &str| RecordSet {
                ids: ids(&[name]),
                embeddings: matrix(&[&[9., 9.]]),
                ..RecordSet::default()
            };
            db.write(T, D, &id, Operation::Upsert, record("c")).await.unwrap();
            db.delete(T, D, &id, DeleteRequest { ids: Some(ids(&["a"])), ..DeleteRequest::default() })
                .await
                .unwrap();
            db.write(T, D, &id, Operation::Add, record("a")).await.unwrap();
            let order = get_ids(&db, &id, GetRequest::default()).await;
            assert_eq!(order.join(" "), "b c d e g a");
            db.compact().await.unwrap();
            assert_eq!(get_ids(&db, &id, GetRequest::default()).await, order);
        });
    }
}

#[test]
fn a_query_filters_first_and_breaks_ties_by_insertion() {
    block_on(async {
        let db = open().await;
        let id = collection(&db, json!({"name": "ties"})).await;
        let names: Vec<String> = (0..12).map(|n| format!("t{n}")).collect();
        let records = RecordSet {
            ids: names.clone(),
            embeddings: Some(Embeddings { data: vec![1.; 24], dimension: 2, present: None }),
            metadatas: Some((0..12).map(|n| metadata(json!({"even": n % 2 == 0}))).collect()),
            ..RecordSet::default()
        };
        db.write(T, D, &id, Operation::Add, records).await.unwrap();
        for _ in 0..2 {
            let mut request = QueryRequest {
                embeddings: matrix(&[&[1., 1.], &[0., 0.]]).unwrap(),
                n_results: 3,
                include: ALL,
                ..QueryRequest::default()
            };
            let result = db.query(T, D, &id, &request).await.unwrap();
            assert_eq!(result.rows[0].ids, names[..3]);
            assert_eq!(result.distances.unwrap(), [vec![0.; 3], vec![2.; 3]]);
            request.filter = Some(Where::parse(&json!({"even": false})).unwrap());
            request.ids = Some(ids(&["t3", "t4", "t5", "unknown"]));
            assert_eq!(db.query(T, D, &id, &request).await.unwrap().rows[0].ids, ids(&["t3", "t5"]));
            db.compact().await.unwrap();
        }
    });
}

#[test]
fn a_refused_write_changes_nothing() {
    block_on(async {
        let db = open().await;
        let id = collection(&db, json!({"name": "fresh"})).await;
        let uneven = RecordSet {
            ids: ids(&["x", "y"]),
            embeddings: matrix(&[&[1., 2., 3., 4.]]),
            ..RecordSet::default()
        };
        let error = db.write(T, D, &id, Operation::Add, uneven).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Inconsistent number of IDs, embeddings, documents, URIs and metadatas"
        );
        assert_eq!(db.get_collection(T, D, "fresh").unwrap().dimension, None);

        let two = RecordSet { ids: ids(&["x"]), embeddings: matrix(&[&[1., 2.]]), ..RecordSet::default() };
        db.write(T, D, &id, Operation::Add, two).await.unwrap();
        let three =
            RecordSet { ids: ids(&["y"]), embeddings: matrix(&[&[1., 2., 3.]]), ..RecordSet::default() };
        let error = db.write(T, D, &id, Operation::Add, three).await.unwrap_err();
        assert_eq!(
            error,
            Error::InvalidArgument("Collection expecting embedding with dimension of 2, got 3".into())
        );
        assert_eq!(get_ids(&db, &id, GetRequest::default()).await, ids(&["x"]));
    });
}

#[test]
fn writes_that_arrive_together_are_ordered_and_agree_on_the_dimension() {
    block_on(async {
        let db = open().await;
        let id = collection(&db, json!({"name": "together"})).await;
        let record = |name: &str, vector: &[f32]| RecordSet {
            ids: ids(&[name]),
            embeddings: matrix(&[vector]),
            ..RecordSet::default()
        };
        let (first, other, second) = futures::join!(
            db.write(T, D, &id, Operation::Add, record("a", &[1., 2.])),
            db.write(T, D, &id, Operation::Add, record("b", &[1., 2., 3.])),
            db.write(T, D, &id, Operation::Upsert, record("a", &[3., 4.])),
        );
        first.unwrap();
        assert_eq!(other.unwrap_err().code(), 400);
        second.unwrap();
        let request = GetRequest { include: ALL, ..GetRequest::default() };
        assert_eq!(db.get(T, D, &id, &request).await.unwrap().embeddings.unwrap().data, [3., 4.]);
    });
}

#[test]
fn deleting_a_collection_frees_its_blocks() {
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let db = open_on(Rc::clone(&storage)).await;
        let id = seed(&db).await;
        db.compact().await.unwrap();
        let before = storage.usage().await.unwrap().blocks;
        db.delete_collection(T, D, "seeded").await.unwrap();
        assert_eq!(db.count(T, D, &id, ReadLevel::IndexAndWal).await.unwrap_err().code(), 404);
        assert!(!db.maintain().await.unwrap());
        let after = storage.usage().await.unwrap().blocks;
        assert!(after < before && after <= 2, "{after} blocks of {before} are left");
        let db = open_on(storage).await;
        assert_eq!(db.count_collections(T, D), 0);
    });
}

#[test]
fn catalogue_rules_are_chromas() {
    block_on(async {
        let db = open().await;
        let create = |body| db.create_collection(T, D, CreateCollection::from_json(body).unwrap());
        let first = create(json!({"name": "col1", "metadata": {"k": 1}})).await.unwrap();
        let again =
            create(json!({"name": "col1", "get_or_create": true, "metadata": {"z": 2}})).await.unwrap();
        assert_eq!(first, again);
        let error = create(json!({"name": "col1"})).await.unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (409, "Collection [col1] already exists"));
        create(json!({"name": "col2", "configuration": {"hnsw": {"space": "cosine"}}})).await.unwrap();

        let rename = UpdateCollection { new_name: Some("col2".into()), ..UpdateCollection::default() };
        let error = db.update_collection(T, D, &first.id.to_string(), rename).await.unwrap_err();
        assert_eq!(error.code(), 409);
        let rename = UpdateCollection { new_name: Some("renamed".into()), ..UpdateCollection::default() };
        db.update_collection(T, D, &first.id.to_string(), rename).await.unwrap();
        assert_eq!(db.get_collection(T, D, "col1").unwrap_err().code(), 404);
        let names: Vec<_> = db.list_collections(T, D, None, 0).unwrap().into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["renamed", "col2"]);
        assert_eq!(db.list_collections(T, D, Some(1), 1).unwrap()[0].name, "col2");

        let error =
            db.create_collection(T, "nodb", CreateCollection { name: "abc".into(), ..Default::default() });
        assert_eq!(error.await.unwrap_err().to_string(), "Database [nodb] does not exist");
        db.create_tenant("ten1").await.unwrap();
        assert_eq!(db.create_tenant("ten1").await.unwrap_err().to_string(), "Tenant [ten1] already exists");
        db.create_database("ten1", "db1").await.unwrap();
        assert_eq!(db.list_databases("ten1", None, 0).len(), 1);
        db.delete_database(T, D).await.unwrap();
        assert_eq!(db.count_collections(T, D), 0);
        db.reset().await.unwrap();
        assert!(db.get_database(T, D).is_ok());
        assert_eq!(db.get_tenant("ten1").unwrap_err().to_string(), "Tenant [ten1] not found");
    });
}

#[test]
fn a_bulk_import_that_never_pauses_keeps_the_log_tail_bounded() {
    const BATCH: usize = 128;
    const DIMENSION: usize = 16_384;
    let batch_bytes = BATCH * DIMENSION * size_of::<f32>();
    block_on(async {
        let db = open().await;
        let id = collection(&db, json!({"name": "bulk"})).await;
        let mut largest = 0;
        for batch in 0..12 {
            let records = RecordSet {
                ids: (0..BATCH).map(|row| format!("{batch}-{row}")).collect(),
                embeddings: Some(Embeddings {
                    data: vec![1.0; BATCH * DIMENSION],
                    dimension: DIMENSION,
                    present: None,
                }),
                ..RecordSet::default()
            };
            db.write(T, D, &id, Operation::Add, records).await.unwrap();
            largest = largest.max(db.info().await.unwrap().log.bytes);
        }
        assert!(largest < BACK_PRESSURE_BYTES + 2 * batch_bytes, "the log grew to {largest} bytes");
        assert!(largest > BACK_PRESSURE_BYTES / 2, "nothing of the kind was put to the test");
        assert_eq!(db.count(T, D, &id, ReadLevel::IndexAndWal).await.unwrap(), 12 * BATCH as u64);
    });
}

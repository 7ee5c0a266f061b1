//! Values that are as large, as deep or as odd as they can be, one by one.

use std::mem::ManuallyDrop;
use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::error::Error;
use chromatid::storage::Storage;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    CreateCollection, Embeddings, GetRequest, Include, Metadata, MetadataValue, Operation, QueryRequest,
    ReadLevel, RecordSet, SearchRequest, UpdateMetadata, Where,
};
use futures::executor::block_on;
use serde_json::{Value, json};

use crate::env::seeded;

const DEEP: usize = 100_000;

const INCLUDE: Include =
    Include { distances: true, documents: true, embeddings: true, metadatas: true, uris: true };

async fn database() -> (Rc<dyn Storage>, Db, String) {
    let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
    let db = open(&storage, 1).await;
    let request =
        CreateCollection::from_json(json!({"name": "odd", "configuration": {"hnsw": {"space": "l2"}}}));
    let id = db.create_collection(T, D, request.unwrap()).await.unwrap().id.to_string();
    (storage, db, id)
}

/// No two sessions of one store draw the same ids.
async fn open(storage: &Rc<dyn Storage>, session: u64) -> Db {
    Db::open(Rc::clone(storage), seeded(session, 0.25), Options::default()).await.unwrap()
}

fn vectors(dimension: usize, data: Vec<f32>) -> Embeddings {
    Embeddings { data, dimension, present: None }
}

async fn all(db: &Db, id: &str) -> chromatid::types::GetResult {
    let request = GetRequest { include: INCLUDE, ..GetRequest::default() };
    db.get(T, D, id, &request).await.unwrap()
}

/// Values of any depth that no text was: their readers end where they should, and not with the stack.
#[test]
fn depth() {
    // `json!` would copy what it encloses.
    let list = |value| Value::Array(vec![value]);
    let member = |name: &str, value| Value::Object([(name.to_owned(), value)].into_iter().collect());
    let nested = |make: &dyn Fn(Value) -> Value| (0..DEEP).fold(json!(1), |value, _| make(value));
    let shapes: [&dyn Fn(Value) -> Value; 5] = [
        &|value| member("$and", list(value)),
        &|value| member("a", value),
        &list,
        &|value| member("$sum", list(value)),
        &|value| member("$knn", member("query", value)),
    ];
    for shape in shapes {
        // Dropping it would recurse as often.
        let mut search = ManuallyDrop::new(json!({"searches": [{}]}));
        search["searches"][0]["rank"] = nested(shape);
        let value = &search["searches"][0]["rank"];
        assert!(Where::parse(value).is_err());
        assert!(Where::parse_document(value).is_err());
        let _ = MetadataValue::from_json(value);
        assert!(SearchRequest::from_json(&search).is_err());
    }
    for text in ["[".repeat(DEEP), "{\"a\":".repeat(DEEP), "[".repeat(DEEP) + &"]".repeat(DEEP)] {
        assert!(serde_json::from_str::<Value>(&text).is_err());
    }
}

#[test]
fn names_of_prototypes() {
    block_on(async {
        let (storage, db, id) = database().await;
        let names =
            ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "__defineGetter__", "then"];
        let metadata = |name: &&str| -> Option<UpdateMetadata> {
            let value = MetadataValue::Str(format!("of {name}"));
            Some([((*name).to_owned(), Some(value))].into())
        };
        let records = RecordSet {
            ids: names.iter().map(|name| (*name).to_owned()).collect(),
            embeddings: Some(vectors(2, vec![1.0; 2 * names.len()])),
            metadatas: Some(names.iter().map(metadata).collect()),
            ..RecordSet::default()
        };
        db.write(T, D, &id, Operation::Add, records).await.unwrap();
        for round in 0..2 {
            let db = open(&storage, 2 + round).await;
            let found = all(&db, &id).await;
            assert_eq!(found.ids, names, "round {round}");
            for (name, shown) in names.iter().zip(found.metadatas.unwrap()) {
                let expected: Metadata =
                    [((*name).to_owned(), MetadataValue::Str(format!("of {name}")))].into();
                assert_eq!(shown, Some(expected));
                let filter = Where::parse(&json!({ *name: format!("of {name}") })).unwrap();
                let request = GetRequest { filter: Some(filter), ..GetRequest::default() };
                assert_eq!(db.get(T, D, &id, &request).await.unwrap().ids, [*name]);
            }
            db.compact().await.unwrap();
        }
    });
}

#[test]
fn sizes() {
    block_on(async {
        let (storage, db, id) = database().await;
        let long = "x".repeat(10 << 20);
        let records = |dimension: usize| RecordSet {
            ids: vec![long.clone()],
            embeddings: Some(vectors(dimension, vec![0.5; dimension])),
            documents: Some(vec![Some(long.clone())]),
            ..RecordSet::default()
        };
        for dimension in [16_385, 1 << 20] {
            let refused = db.write(T, D, &id, Operation::Add, records(dimension)).await.unwrap_err();
            assert!(matches!(refused, Error::InvalidArgument(_)), "{refused}");
        }
        db.write(T, D, &id, Operation::Add, records(16_384)).await.unwrap();
        for round in 0..2 {
            let db = open(&storage, 2 + round).await;
            let found = all(&db, &id).await;
            assert_eq!(
                (&found.ids[0], found.documents.unwrap()[0].as_ref()),
                (&long, Some(&long)),
                "{round}"
            );
            db.compact().await.unwrap();
        }
        // More than one write may hold.
        let db = open(&storage, 4).await;
        let huge = RecordSet {
            ids: vec!["a".into()],
            embeddings: Some(vectors(16_384, vec![0.5; 16_384])),
            documents: Some(vec![Some("y".repeat(85 << 20))]),
            ..RecordSet::default()
        };
        let refused = db.write(T, D, &id, Operation::Add, huge).await.unwrap_err();
        assert_eq!(refused.code(), 400, "{refused}");
        assert_eq!(db.count(T, D, &id, ReadLevel::IndexAndWal).await.unwrap(), 1);
    });
}

/// Components that are no numbers, or beyond those that squares can be taken of: whatever is accepted is there, bit for bit, and
/// found by its id; nobody else's search is the worse for it.
#[test]
fn components_that_are_no_numbers() {
    const DIMENSION: usize = 4;
    const ODD: [f32; 9] = [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        1e-45,
        -0.0,
        1e20,
    ];
    for space in ["l2", "cosine", "ip"] {
        block_on(async {
            let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
            let db = open(&storage, 1).await;
            let body =
                json!({"name": "odd", "configuration": {"hnsw": {"space": space, "max_neighbors": 4}}});
            let request = CreateCollection::from_json(body).unwrap();
            let id = db.create_collection(T, D, request).await.unwrap().id.to_string();
            let (mut ids, mut data) = (Vec::new(), Vec::new());
            for number in 0..1_200_usize {
                let mut vector: Vec<f32> =
                    (0..DIMENSION).map(|i| ((number * 7 + i * 3) % 50) as f32 + 1.0).collect();
                if number.is_multiple_of(20) {
                    vector[number / 20 % DIMENSION] = ODD[number / 20 % ODD.len()];
                }
                let one = RecordSet {
                    ids: vec![format!("r{number}")],
                    embeddings: Some(vectors(DIMENSION, vector.clone())),
                    ..RecordSet::default()
                };
                match db.write(T, D, &id, Operation::Add, one).await {
                    Ok(_) => {
                        ids.push(format!("r{number}"));
                        data.extend(vector);
                    }
                    Err(refused) => assert_eq!(refused.code(), 400, "{refused}"),
                }
            }
            assert!(ids.len() >= 1_140, "usual vectors are accepted");
            db.compact().await.unwrap();
            while db.maintain().await.unwrap() {}
            let found = all(&db, &id).await;
            let bits = |data: &[f32]| data.iter().map(|component| component.to_bits()).collect::<Vec<_>>();
            assert_eq!(found.ids, ids);
            assert_eq!(bits(&found.embeddings.unwrap().data), bits(&data));
            for odd in ODD {
                let request = QueryRequest {
                    embeddings: vectors(DIMENSION, vec![1.0, odd, 2.0, 3.0]),
                    n_results: 10,
                    ids: None,
                    filter: None,
                    include: INCLUDE,
                };
                if let Err(refused) = db.query(T, D, &id, &request).await {
                    assert_eq!(refused.code(), 400, "{refused}");
                }
            }
        });
    }
}

//! A store with something of everything that there is in this format.

use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options, Request};
use chromatid::storage::Storage;
use chromatid::storage::sim::SimFiles;
use chromatid::types::{
    AttachFunction, CreateCollection, DeleteRequest, Embeddings, MetadataValue, Operation, RecordSet,
    UpdateCollection, UpdateMetadata, Where,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::OPTIONS;
use crate::support::env::seeded;

/// Versions that are kept of each collection.
pub const VERSIONS: usize = 1;

/// Who asked for some of the writes.
pub const CLIENT: Uuid = Uuid::from_u128(0xc0ffee);

/// Records of the collection that has a graph: enough for one, and components that are exact in any arithmetic.
const POINTS: u64 = 1_030;

/// Lives through everything and closes the store.
pub async fn live(files: &SimFiles) {
    let storage: Rc<dyn Storage> = Rc::new(files.storage(OPTIONS).unwrap());
    let options = Options { versions: VERSIONS, ..Options::default() };
    let db = Db::open(storage, seeded(1, 0.25), options).await.unwrap();
    db.create_tenant("acme").await.unwrap();
    db.update_tenant("acme", "acme-crn").await.unwrap();
    db.create_database("acme", "things").await.unwrap();
    notes(&db).await;
    points(&db).await;
    db.compact().await.unwrap();
    while db.maintain().await.unwrap() {}
    tail(&db).await;
    db.close().await.unwrap();
}

async fn create(db: &Db, body: Value) -> String {
    let request = CreateCollection::from_json(body).unwrap();
    db.create_collection(T, D, request).await.unwrap().id.to_string()
}

/// Texts and metadata of every type, and versions.
async fn notes(db: &Db) {
    let keys = json!({
        "hidden": {"string": {"string_inverted_index": {"enabled": false, "config": {}}}},
        "weights": {"sparse_vector": {"sparse_vector_index": {"enabled": true, "config": {}}}},
    });
    let schema = json!({"defaults": {}, "keys": keys});
    let id =
        create(db, json!({"name": "notes", "schema": schema, "metadata": {"a": [1, 2], "b": "c"}})).await;
    create(db, json!({"name": "empty", "configuration": {"spann": {"space": "cosine"}}})).await;
    db.write(T, D, &id, Operation::Add, note_records(0..24)).await.unwrap();
    db.save_version(T, D, &id).await.unwrap();
    db.write(T, D, &id, Operation::Upsert, note_records(20..30)).await.unwrap();
    let request = DeleteRequest { ids: Some(vec!["note 3".into()]), ..DeleteRequest::default() };
    db.delete(T, D, &id, request).await.unwrap();
    db.save_version(T, D, &id).await.unwrap();
    let body = json!({"new_configuration": {"hnsw": {"ef_search": 77}}, "new_metadata": {"d": true}});
    db.update_collection(T, D, &id, UpdateCollection::from_json(body).unwrap()).await.unwrap();
}

fn note_records(numbers: std::ops::Range<u64>) -> RecordSet {
    let text = |number: u64| {
        (!number.is_multiple_of(4)).then(|| format!("Note {number} über straße and 日本 {}", number % 3))
    };
    RecordSet {
        ids: numbers.clone().map(|number| format!("note {number}")).collect(),
        embeddings: Some(Embeddings {
            data: numbers.clone().flat_map(|number| [number as f32, 1.0, -2.0]).collect(),
            dimension: 3,
            present: None,
        }),
        documents: Some(numbers.clone().map(text).collect()),
        uris: Some(
            numbers
                .clone()
                .map(|number| number.is_multiple_of(5).then(|| format!("file:///{number}")))
                .collect(),
        ),
        metadatas: Some(numbers.map(|number| Some(note_metadata(number))).collect()),
    }
}

fn note_metadata(number: u64) -> UpdateMetadata {
    let values = json!({
        "int": number as i64 - 10, "large": i64::MAX - number as i64, "float": number as f64 / 8.0, "bool": number.is_multiple_of(2),
        "text": format!("text {}", number % 5), "hidden": "not indexed", "ints": [number, 7], "texts": ["x", format!("{}", number % 3)],
        "floats": [0.5, -1.25], "bools": [true, false], "__proto__": "a key",
        "weights": {"#type": "sparse_vector", "indices": [number % 3, number + 4], "values": [1.0, 0.5]},
    });
    let members = values.as_object().unwrap().iter();
    members.map(|(key, value)| (key.clone(), MetadataValue::from_json(value))).collect()
}

/// Enough vectors for codes and a graph of them.
async fn points(db: &Db) {
    let hnsw = json!({"space": "l2", "ef_construction": 16, "max_neighbors": 4});
    let id = create(db, json!({"name": "points", "configuration": {"hnsw": hnsw}})).await;
    let records = RecordSet {
        ids: (0..POINTS).map(|number| format!("p{number}")).collect(),
        embeddings: Some(Embeddings {
            data: (0..POINTS)
                .flat_map(|number| [(number * 37 % 1_009) as f32, (number * 11 % 53) as f32])
                .collect(),
            dimension: 2,
            present: None,
        }),
        ..RecordSet::default()
    };
    db.write(T, D, &id, Operation::Add, records).await.unwrap();
}

/// What lies in the log alone.
async fn tail(db: &Db) {
    let id = db.get_collection(T, D, "notes").unwrap().id.to_string();
    let request = |number| Request { client: CLIENT, number, acknowledged: 1 };
    db.on_behalf(request(1), db.write(T, D, &id, Operation::Upsert, note_records(28..33))).await.unwrap();
    let filter = Some(Where::parse(&json!({"int": {"$lt": -8}})).unwrap());
    let deletion = DeleteRequest { filter, ..DeleteRequest::default() };
    db.on_behalf(request(2), db.delete(T, D, &id, deletion)).await.unwrap();
    let function = json!({"name": "counts", "function_id": "statistics", "output_collection": "counted"});
    db.attach_function(T, D, &id, AttachFunction::from_json(function).unwrap(), &[]).await.unwrap();
    let forked = db.fork_collection(T, D, &id, "forked").await.unwrap().id.to_string();
    db.write(T, D, &forked, Operation::Update, note_records(10..12)).await.unwrap();
    db.create_database("acme", "later").await.unwrap();
}

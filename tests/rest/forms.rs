//! The same records as numbers, as base64 and in process are the same records.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chromatid::db::{DEFAULT_DATABASE, DEFAULT_TENANT, Db, Options};
use chromatid::rest::{self, Request};
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    CreateCollection, Embeddings, GetRequest, GetResult, Include, MetadataValue, Operation, RecordSet,
    UpdateMetadata,
};
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::env::seeded;

const EVERYTHING: Include =
    Include { distances: false, documents: true, embeddings: true, metadatas: true, uris: true };

#[derive(Debug, Clone)]
struct Write {
    operation: Operation,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    id: u8,
    vector: Vec<f32>,
    document: Option<String>,
    uri: Option<String>,
    metadata: Option<UpdateMetadata>,
}

/// A database with one collection.
struct Side {
    db: Db,
    collection: String,
}

impl Side {
    fn new() -> Self {
        let storage = Rc::new(MemoryStorage::default());
        let db = block_on(Db::open(storage, seeded(1, 0.01), Options::default())).unwrap();
        let request = CreateCollection { name: "things".into(), ..CreateCollection::default() };
        let made = block_on(db.create_collection(DEFAULT_TENANT, DEFAULT_DATABASE, request)).unwrap();
        Self { db, collection: made.id.to_string() }
    }

    fn post(&self, write: &Write, form: impl Fn(&[f32]) -> Value) {
        let column = |of: &dyn Fn(&Row) -> Value| write.rows.iter().map(of).collect::<Vec<_>>();
        let body = json!({
            "ids": column(&|row| json!(row.id.to_string())),
            "embeddings": column(&|row| form(&row.vector)),
            "documents": column(&|row| json!(row.document)),
            "uris": column(&|row| json!(row.uri)),
            "metadatas": column(&|row| json!(row.metadata)),
        });
        let call = match write.operation {
            Operation::Add => "add",
            Operation::Upsert => "upsert",
            _ => "update",
        };
        let path = format!(
            "/api/v2/tenants/{DEFAULT_TENANT}/databases/{DEFAULT_DATABASE}/collections/{}/{call}",
            self.collection
        );
        let body = body.to_string();
        let request = Request { method: "POST", path: &path, body: body.as_bytes(), ..Request::default() };
        let response = block_on(rest::handle(&self.db, &request));
        assert!(response.status < 300, "{body}\n{}", String::from_utf8_lossy(&response.body));
    }

    fn write(&self, write: &Write) {
        let rows: Vec<_> = write.rows.iter().map(|row| Some(row.vector.clone())).collect();
        let records = RecordSet {
            ids: write.rows.iter().map(|row| row.id.to_string()).collect(),
            embeddings: Some(Embeddings::from_rows(&rows).unwrap()),
            documents: Some(write.rows.iter().map(|row| row.document.clone()).collect()),
            uris: Some(write.rows.iter().map(|row| row.uri.clone()).collect()),
            metadatas: Some(write.rows.iter().map(|row| row.metadata.clone()).collect()),
        };
        let written =
            self.db.write(DEFAULT_TENANT, DEFAULT_DATABASE, &self.collection, write.operation, records);
        block_on(written).unwrap();
    }

    fn records(&self) -> (GetResult, Vec<u32>) {
        let request = GetRequest { include: EVERYTHING, ..GetRequest::default() };
        let found =
            block_on(self.db.get(DEFAULT_TENANT, DEFAULT_DATABASE, &self.collection, &request)).unwrap();
        // `0.0` and `-0.0` are equal, and two.
        let rows = found.embeddings.iter().flat_map(Embeddings::rows);
        let bits = rows.flatten().map(|component| component.to_bits()).collect();
        (found, bits)
    }
}

/// Integers where they say the same, as clients write them.
fn numbers(vector: &[f32]) -> Value {
    let number = |&component: &f32| {
        let is_integer =
            component.fract() == 0.0 && component.abs() < 1e6 && component.to_bits() != (-0.0_f32).to_bits();
        if is_integer { json!(component as i64) } else { json!(f64::from(component)) }
    };
    vector.iter().map(number).collect()
}

fn base64(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector.iter().flat_map(|component| component.to_le_bytes()).collect();
    json!(STANDARD.encode(bytes))
}

fn component() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |component| component.is_finite()),
        (-100_i16..100).prop_map(f32::from),
        Just(-0.0),
        Just(f32::MAX),
        Just(f32::MIN_POSITIVE / 3.0),
    ]
}

fn metadata_value(is_add: bool) -> impl Strategy<Value = Option<MetadataValue>> {
    let value = prop_oneof![
        any::<bool>().prop_map(MetadataValue::Bool),
        any::<i64>().prop_map(MetadataValue::Int),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(MetadataValue::Float),
        ".{0,6}".prop_map(MetadataValue::Str),
        prop::collection::vec(any::<i64>(), 0..3).prop_map(MetadataValue::IntArray),
        prop::collection::vec(".{0,3}", 1..3).prop_map(MetadataValue::StrArray),
    ];
    prop_oneof![5 => value.prop_map(Some), 1 => Just(None)]
        .prop_filter("an add deletes nothing", move |value| !is_add || value.is_some())
}

fn write() -> impl Strategy<Value = Write> {
    let operation = prop_oneof![Just(Operation::Add), Just(Operation::Upsert), Just(Operation::Update)];
    operation.prop_flat_map(|operation| {
        let metadata =
            prop::collection::btree_map("[a-c]", metadata_value(operation == Operation::Add), 0..3);
        let row = (
            0..6_u8,
            prop::collection::vec(component(), 3),
            prop::option::of(".{0,8}"),
            prop::option::of(".{0,8}"),
            prop::option::of(metadata),
        );
        let row =
            row.prop_map(|(id, vector, document, uri, metadata)| Row { id, vector, document, uri, metadata });
        prop::collection::vec(row, 1..6).prop_map(move |rows| Write { operation, rows })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn numbers_base64_and_calls_store_the_same(writes in prop::collection::vec(write(), 1..5)) {
        let (by_numbers, by_base64, by_calls) = (Side::new(), Side::new(), Side::new());
        for write in &writes {
            by_numbers.post(write, numbers);
            by_base64.post(write, base64);
            by_calls.write(write);
        }
        let expected = by_calls.records();
        prop_assert_eq!(&by_numbers.records(), &expected);
        prop_assert_eq!(&by_base64.records(), &expected);
    }
}

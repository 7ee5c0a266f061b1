//! Blocks and roots are ordinary Arrow files: the full `arrow` reader sees the values that were written.
//!
//! The files and what they hold stay in `target/tmp/arrow`, where `fixtures/open_with_pyarrow.py` opens
//! them with the reference implementation.

use std::future::Future;
use std::io::Cursor;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float32Type, UInt32Type};
use arrow::ipc::reader::FileReader;
use arrow::record_batch::RecordBatch;
use chromatid::blockstore::{
    BlockfileOptions, Blockstore, Bytes, DataRecord, F32, Key, PostingList, Reader, Value,
};
use chromatid::env::NativeEnv;
use chromatid::storage::BlockId;
use roaring::RoaringBitmap;
use serde_json::{Value as Json, json};

/// Runs a future over a store in memory, which never waits for anything else.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

fn hex(bytes: &[u8]) -> Json {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// What a key or value is in the expectations; bytes are hexadecimal.
trait ToJson {
    fn to_json(&self) -> Json;
}

impl ToJson for String {
    fn to_json(&self) -> Json {
        json!(self)
    }
}

impl ToJson for u32 {
    fn to_json(&self) -> Json {
        json!(self)
    }
}

impl ToJson for bool {
    fn to_json(&self) -> Json {
        json!(self)
    }
}

impl ToJson for F32 {
    fn to_json(&self) -> Json {
        json!(self.0)
    }
}

impl ToJson for Vec<u32> {
    fn to_json(&self) -> Json {
        json!(self)
    }
}

impl ToJson for Vec<f32> {
    fn to_json(&self) -> Json {
        json!(self)
    }
}

impl ToJson for Bytes {
    fn to_json(&self) -> Json {
        hex(&self.0)
    }
}

impl ToJson for RoaringBitmap {
    fn to_json(&self) -> Json {
        let mut bytes = Vec::new();
        self.serialize_into(&mut bytes).unwrap();
        hex(&bytes)
    }
}

impl ToJson for DataRecord {
    fn to_json(&self) -> Json {
        let metadata = self.metadata.as_ref().map(|metadata| hex(metadata));
        json!({"id": self.id, "metadata": metadata, "document": self.document, "uri": self.uri})
    }
}

impl ToJson for PostingList {
    fn to_json(&self) -> Json {
        json!({"offset_ids": self.offset_ids, "versions": self.versions, "embeddings": self.embeddings})
    }
}

/// A row of a column as the arrow crate sees it.
fn cell(array: &dyn Array, row: usize) -> Json {
    if array.is_null(row) {
        return Json::Null;
    }
    match array.data_type() {
        DataType::Utf8 => json!(array.as_string::<i32>().value(row)),
        DataType::Binary => hex(array.as_binary::<i32>().value(row)),
        DataType::UInt32 => json!(array.as_primitive::<UInt32Type>().value(row)),
        DataType::Float32 => json!(array.as_primitive::<Float32Type>().value(row)),
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::FixedSizeBinary(16) => hex(array.as_fixed_size_binary().value(row)),
        DataType::List(_) => {
            let list = array.as_list::<i32>().value(row);
            (0..list.len()).map(|item| cell(&list, item)).collect()
        }
        DataType::Struct(fields) => {
            let columns = fields.iter().zip(array.as_struct().columns());
            columns.map(|(field, column)| (field.name().clone(), cell(column, row))).collect()
        }
        other => panic!("blocks have no columns of type {other}"),
    }
}

fn rows(batch: &RecordBatch) -> Vec<Json> {
    let names = batch.schema();
    let row = |row| {
        let columns = names.fields().iter().zip(batch.columns());
        columns.map(|(field, column)| (field.name().clone(), cell(column, row))).collect()
    };
    (0..batch.num_rows()).map(row).collect()
}

/// Where the files are left for pyarrow.
fn directory() -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("arrow");
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// Compares a file with what it should hold, and leaves both.
fn check_file(store: &Blockstore, name: &str, id: BlockId, expected: &[Json]) {
    let bytes = run(store.storage().read_block(id)).unwrap().unwrap();
    let reader = FileReader::try_new(Cursor::new(bytes.as_slice()), None).unwrap();
    let checksum = reader.custom_metadata().get("chromatid:checksum").cloned();
    assert!(checksum.is_some_and(|checksum| checksum.len() == 16));
    let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().unwrap();
    assert_eq!(batches.len(), 1);
    assert_eq!(rows(&batches[0]), expected, "{name}");
    std::fs::write(directory().join(format!("{name}.arrow")), bytes.as_slice()).unwrap();
    std::fs::write(directory().join(format!("{name}.json")), json!(expected).to_string()).unwrap();
}

/// Writes a blockfile of several blocks and reads all of its files with the arrow crate.
fn check<K: Key + ToJson, V: Value + ToJson>(name: &str, entries: Vec<(&str, K, V)>) {
    check_blocks(name, 64, entries);
}

fn check_blocks<K: Key + ToJson, V: Value + ToJson>(
    name: &str,
    block_bytes: usize,
    entries: Vec<(&str, K, V)>,
) {
    let store = Blockstore::in_memory(Rc::new(NativeEnv));
    let reader: Reader<K, V> = run(async {
        let mut writer = store.unordered(None, BlockfileOptions { block_bytes });
        for (prefix, key, value) in entries.clone() {
            writer.set(prefix, key, value).await.unwrap();
        }
        writer.commit().await.unwrap().reader
    });
    let json = |(prefix, key, value): &(&str, K, V)| json!({"prefix": prefix, "key": key.to_json(), "value": value.to_json()});
    let mut expected: Vec<Json> = entries.iter().map(json).collect();
    let mut root = Vec::new();
    for (index, id) in reader.block_ids().into_iter().enumerate() {
        let count = run(reader.block(index)).unwrap().len();
        let rest = expected.split_off(count);
        check_file(&store, &format!("{name}-block-{index}"), id, &expected);
        let (prefix, key) = (&expected[0]["prefix"], &expected[0]["key"]);
        root.push(json!({"prefix": prefix, "key": key, "block_id": hex(&id.0), "count": count}));
        expected = rest;
    }
    assert!(expected.is_empty());
    check_file(&store, &format!("{name}-root"), reader.root(), &root);
}

#[test]
fn text() {
    check(
        "string-to-string",
        vec![
            ("", String::new(), "empty prefix and key".to_owned()),
            ("p", "a".to_owned(), String::new()),
            ("p", "é日".to_owned(), "\u{10ffff}".repeat(20)),
        ],
    );
}

#[test]
fn numbers() {
    check("u32-to-u32", (0..100u32).map(|key| ("", key, u32::MAX - key)).collect());
}

#[test]
fn flags() {
    check("bool-to-u32", vec![("p", false, 1), ("p", true, 2), ("q", true, 3u32)]);
}

#[test]
fn lists() {
    check(
        "f32-to-u32-list",
        vec![("p", F32(-1.5), vec![]), ("p", F32(-0.0), vec![1, 2, 3]), ("p", F32(0.0), vec![u32::MAX; 40])],
    );
}

#[test]
fn vectors() {
    let vector =
        |key: u32| (0..4u16).map(|component| key as f32 + f32::from(component) / 4.0).collect::<Vec<_>>();
    check("u32-to-f32-list", (0..10).map(|key| ("", key, vector(key))).collect());
}

#[test]
fn bytes() {
    check(
        "string-to-bytes",
        vec![("p", "a".to_owned(), Bytes(vec![])), ("p", "b".to_owned(), Bytes((0..=255).collect()))],
    );
}

#[test]
fn bitmaps() {
    check(
        "bool-to-roaring-bitmap",
        vec![("p", false, RoaringBitmap::new()), ("p", true, (0..100_000).step_by(7).collect())],
    );
}

#[test]
fn data_records() {
    let full = DataRecord {
        id: "id-1".into(),
        metadata: Some(vec![10, 0]),
        document: Some("a document".into()),
        uri: Some("https://example.org".into()),
    };
    let bare = DataRecord { id: "id-2".into(), ..Default::default() };
    let empty = DataRecord { document: Some(String::new()), ..bare.clone() };
    check("u32-to-data-record", vec![("", 1u32, full), ("", 2, bare), ("", 3, empty)]);
}

/// Whether the files of `check` that lie there are compressed.
fn is_compressed(name: &str) -> bool {
    let bytes = std::fs::read(directory().join(format!("{name}.arrow"))).unwrap();
    let reader = FileReader::try_new(Cursor::new(bytes), None).unwrap();
    reader.custom_metadata()["chromatid:format"] == "2"
}

#[test]
fn compressed_records() {
    let record = |key: u32| DataRecord {
        id: format!("record {key}"),
        metadata: (!key.is_multiple_of(3)).then(|| vec![10, 0, 8, (key % 5) as u8]),
        document: (!key.is_multiple_of(4))
            .then(|| format!("a document that is much like the others, number {key}")),
        uri: None,
    };
    let records = |count: u32| (0..count).map(|key| ("", key, record(key))).collect();
    check_blocks("u32-to-data-record-compressed", 20_000, records(600));
    assert!(is_compressed("u32-to-data-record-compressed-block-0"));
    // Buffers of several pieces.
    check_blocks("u32-to-data-record-long", 400_000, records(5_000));
    assert!(is_compressed("u32-to-data-record-long-block-0"));
}

#[test]
fn compressed_ids() {
    let entries: Vec<(&str, String, u32)> =
        (0..900u32).map(|key| ("", format!("record {key:08}"), key)).collect();
    check_blocks("string-to-u32-compressed", 30_000, entries);
    assert!(is_compressed("string-to-u32-compressed-block-0"));
}

#[test]
fn vectors_are_not_compressed() {
    check_blocks(
        "u32-to-f32-list-alike",
        30_000,
        (0..100u32).map(|key| ("", key, vec![1.0_f32; 64])).collect(),
    );
    assert!(!is_compressed("u32-to-f32-list-alike-block-0"));
}

#[test]
fn posting_lists() {
    let list = PostingList { offset_ids: vec![3, 4], versions: vec![1, 2], embeddings: vec![0.5; 6] };
    check("u32-to-posting-list", vec![("", 1u32, list), ("", 2, PostingList::default())]);
}

#[test]
fn nothing() {
    check::<String, Vec<f32>>("empty", Vec::new());
}

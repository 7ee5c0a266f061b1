//! Linked collections: what a user writes is noted beside it, and what synchronisation writes never passes over an edit.

use std::collections::BTreeMap;
use std::rc::Rc;

use chromatid::db::{Db, ExportRequest, Replicated, ReplicatedRecord, Replication, Row};
use chromatid::error::{Error, Result};
use chromatid::limits::BACK_PRESSURE_BYTES;
use chromatid::storage::Storage;
use chromatid::storage::file::FileOptions;
use chromatid::storage::sim::SimFiles;
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, GetRequest, GetResult, Include, Metadata, MetadataValue,
    Operation, RecordSet,
};
use futures::executor::block_on;
use futures::future::join;

use crate::support::env::seeded;
use crate::support::garbage::no_garbage;
use crate::support::opened::{maintain, open};

const TENANT: &str = "default_tenant";
const DATABASE: &str = "default_database";

fn storage(files: &SimFiles) -> Rc<dyn Storage> {
    Rc::new(files.storage(FileOptions::default()).unwrap())
}

async fn database(files: &SimFiles, seed: u64) -> Db {
    open(&storage(files), &seeded(seed, 0.25)).await.unwrap()
}

async fn create(db: &Db) -> String {
    let request = CreateCollection { name: "linked".into(), ..CreateCollection::default() };
    db.create_collection(TENANT, DATABASE, request).await.unwrap().id.to_string()
}

async fn linked(db: &Db) -> String {
    let id = create(db).await;
    db.link_collection(TENANT, DATABASE, &id, "{}".into()).await.unwrap();
    id
}

/// Records with a document, and under each key its number.
fn records(numbers: std::ops::Range<usize>, keys: &[&str]) -> RecordSet {
    let metadata = |n: usize| {
        let entries = keys.iter().map(|key| ((*key).to_owned(), Some(MetadataValue::Int(n as i64))));
        Some(entries.collect())
    };
    RecordSet {
        ids: numbers.clone().map(|n| format!("id-{n}")).collect(),
        embeddings: Some(Embeddings {
            data: numbers.clone().flat_map(|n| [n as f32, 1.0]).collect(),
            dimension: 2,
            present: None,
        }),
        documents: Some(numbers.clone().map(|n| Some(format!("document {n}"))).collect()),
        uris: None,
        metadatas: Some(numbers.map(metadata).collect()),
    }
}

async fn write(db: &Db, id: &str, numbers: std::ops::Range<usize>) {
    db.write(TENANT, DATABASE, id, Operation::Upsert, records(numbers, &["a", "b"])).await.unwrap();
}

async fn get(db: &Db, id: &str) -> GetResult {
    let include = Include { documents: true, metadatas: true, ..Include::default() };
    db.get(TENANT, DATABASE, id, &GetRequest { include, ..GetRequest::default() }).await.unwrap()
}

/// The rows of the shadow by their ids.
async fn rows(db: &Db, id: &str) -> BTreeMap<String, Metadata> {
    let include = Include { metadatas: true, ..Include::default() };
    let request = GetRequest { include, ..GetRequest::default() };
    let found = db.shadow_rows(TENANT, DATABASE, id, &request).await.unwrap();
    found.ids.into_iter().zip(found.metadatas.unwrap().into_iter().map(Option::unwrap_or_default)).collect()
}

fn edited(row: &Metadata) -> Option<i64> {
    match row.get("e") {
        Some(MetadataValue::Int(stamp)) => Some(*stamp),
        _ => None,
    }
}

/// A row that says a record is the same everywhere.
fn clean() -> Option<Row> {
    let metadata =
        BTreeMap::from([("e".to_owned(), None), ("d".to_owned(), Some(MetadataValue::Str("digest".into())))]);
    Some(Row { metadata, document: None })
}

fn change(id: &str, edited: Option<i64>, change: Replicated) -> ReplicatedRecord {
    ReplicatedRecord { id: id.into(), edited, change, row: clean() }
}

async fn replicate(db: &Db, id: &str, replication: Replication) -> Result<Vec<String>> {
    db.replicate(TENANT, DATABASE, id, replication).await
}

#[test]
fn an_edit_is_noted_in_the_entry_that_makes_it() {
    block_on(async {
        let files = SimFiles::new(1);
        let db = database(&files, 1).await;
        let id = linked(&db).await;
        write(&db, &id, 0..3).await;
        let first = rows(&db, &id).await;
        assert_eq!(first.keys().collect::<Vec<_>>(), ["r:id-0", "r:id-1", "r:id-2"]);
        let request = DeleteRequest { ids: Some(vec!["id-1".into()]), ..DeleteRequest::default() };
        db.delete(TENANT, DATABASE, &id, request).await.unwrap();
        db.close().await.unwrap();

        // From the log, and once more from blocks.
        for compacts in [false, true] {
            let db = database(&files, 2).await;
            let now = rows(&db, &id).await;
            assert!(edited(&now["r:id-1"]) > edited(&first["r:id-1"]), "the deletion is a later edit");
            assert_eq!(edited(&now["r:id-0"]), edited(&first["r:id-0"]));
            assert_eq!(get(&db, &id).await.ids, ["id-0", "id-2"]);
            if compacts {
                db.compact().await.unwrap();
                assert_eq!(rows(&db, &id).await, now);
            }
            db.close().await.unwrap();
        }
    });
}

#[test]
fn a_replicated_record_is_whole() {
    block_on(async {
        let db = database(&SimFiles::new(1), 1).await;
        let id = linked(&db).await;
        write(&db, &id, 0..3).await;
        let before = rows(&db, &id).await;
        let mut new = records(0..2, &["a", "c"]);
        new.documents = Some(vec![Some("other".into()), None]);
        let replication = Replication {
            changes: vec![
                change("id-0", edited(&before["r:id-0"]), Replicated::Put),
                change("id-2", edited(&before["r:id-2"]), Replicated::Delete),
                change("id-1", edited(&before["r:id-1"]), Replicated::Put),
            ],
            records: new,
            rows: vec![("s:state".into(), clean())],
        };
        assert_eq!(replicate(&db, &id, replication).await.unwrap(), Vec::<String>::new());
        let found = get(&db, &id).await;
        assert_eq!(found.ids, ["id-0", "id-1"]);
        assert_eq!(found.documents.unwrap(), [Some("other".to_owned()), None], "a document can go");
        for metadata in found.metadatas.unwrap() {
            assert_eq!(metadata.unwrap().keys().collect::<Vec<_>>(), ["a", "c"], "and so can a key");
        }
        let after = rows(&db, &id).await;
        assert_eq!(after.values().filter_map(edited).count(), 0);
        assert!(after.contains_key("s:state"));
    });
}

#[test]
fn records_that_were_edited_meanwhile_are_left_out() {
    block_on(async {
        let db = database(&SimFiles::new(1), 1).await;
        let id = linked(&db).await;
        write(&db, &id, 0..3).await;
        let before = rows(&db, &id).await;
        // One is edited before, one while the replication is on its way; what compactions do in between plays no part.
        write(&db, &id, 1..2).await;
        db.compact().await.unwrap();
        let changes = [0, 1, 2].map(|n| {
            let record = format!("id-{n}");
            change(&record, edited(&before[&format!("r:{record}")]), Replicated::Delete)
        });
        let replication = Replication { changes: changes.into(), ..Replication::default() };
        let (conflicts, ()) = join(replicate(&db, &id, replication), write(&db, &id, 2..3)).await;
        let mut conflicts = conflicts.unwrap();
        conflicts.sort();
        let left = get(&db, &id).await.ids;
        assert!(conflicts.contains(&"id-1".to_owned()) && !conflicts.contains(&"id-0".to_owned()));
        // The write came before or after the deletion: it is not lost in either case.
        assert_eq!(left, ["id-1", "id-2"]);
        let after = rows(&db, &id).await;
        assert_ne!(edited(&after["r:id-1"]), None);
        assert_ne!(edited(&after["r:id-2"]), None);
        assert_eq!(edited(&after["r:id-0"]), None);
    });
}

#[test]
fn a_shadow_is_nobodys_collection_and_goes_with_its_link() {
    block_on(async {
        let files = SimFiles::new(1);
        let env = seeded(1, 0.25);
        let db = open(&storage(&files), &env).await.unwrap();
        let id = linked(&db).await;
        write(&db, &id, 0..1500).await;
        db.compact().await.unwrap();
        maintain(&db).await.unwrap();
        assert_eq!(db.list_collections(TENANT, DATABASE, None, 0).unwrap().len(), 1);
        assert_eq!((db.info().await.unwrap().collections, db.info().await.unwrap().records), (1, 1500));
        assert!(db.verify(true).await.unwrap().ok);
        let export = db.begin_export(ExportRequest::default()).await.unwrap();
        while db.next_export(export).await.unwrap().is_some() {}
        assert_eq!(db.end_export(export).unwrap().collections, 1);
        assert_eq!(db.links().len(), 1);

        db.unlink_collection(TENANT, DATABASE, &id).await.unwrap();
        assert_eq!((db.links().len(), get(&db, &id).await.ids.len()), (0, 1500));
        let rows_of_none = db.shadow_rows(TENANT, DATABASE, &id, &GetRequest::default()).await;
        assert!(matches!(rows_of_none, Err(Error::InvalidArgument(_))));
        let put = Replication {
            changes: vec![change("id-7", None, Replicated::Put)],
            records: records(7..8, &["c"]),
            ..Replication::default()
        };
        assert!(replicate(&db, &id, put).await.unwrap().is_empty(), "records are written without a link too");
        db.link_collection(TENANT, DATABASE, &id, "again".into()).await.unwrap();
        assert_eq!(rows(&db, &id).await.len(), 0, "a new link knows nothing of the one before");
        write(&db, &id, 0..1500).await;
        db.compact().await.unwrap();
        db.delete_collection(TENANT, DATABASE, "linked").await.unwrap();
        db.compact().await.unwrap();
        maintain(&db).await.unwrap();
        db.close().await.unwrap();
        no_garbage(&storage(&files), &env).await.unwrap();
    });
}

#[test]
fn rows_alone_keep_no_log() {
    block_on(async {
        let files = SimFiles::new(1);
        let db = database(&files, 1).await;
        let id = linked(&db).await;
        write(&db, &id, 0..1).await;
        db.compact().await.unwrap();
        for n in 0..50 {
            let rows = vec![(format!("j:{n}"), clean())];
            replicate(&db, &id, Replication { rows, ..Replication::default() }).await.unwrap();
        }
        db.compact().await.unwrap();
        assert_eq!(db.info().await.unwrap().log.entries, 0);
        db.close().await.unwrap();
        let db = database(&files, 2).await;
        assert_eq!(rows(&db, &id).await.len(), 51);
    });
}

#[test]
fn a_pull_that_never_pauses_keeps_the_log_bounded() {
    const BATCH: usize = 128;
    const DIMENSION: usize = 16_384;
    let batch_bytes = BATCH * DIMENSION * size_of::<f32>();
    block_on(async {
        let db = database(&SimFiles::new(1), 1).await;
        let id = linked(&db).await;
        let mut largest = 0;
        for batch in 0..8 {
            let ids: Vec<String> = (0..BATCH).map(|row| format!("{batch}-{row}")).collect();
            let changes = ids.iter().map(|record| change(record, None, Replicated::Put)).collect();
            let data = vec![1.0; BATCH * DIMENSION];
            let records = RecordSet {
                ids,
                embeddings: Some(Embeddings { data, dimension: DIMENSION, present: None }),
                ..RecordSet::default()
            };
            replicate(&db, &id, Replication { changes, records, rows: Vec::new() }).await.unwrap();
            largest = largest.max(db.info().await.unwrap().log.bytes);
        }
        assert!(largest < BACK_PRESSURE_BYTES + 2 * batch_bytes, "the log grew to {largest} bytes");
        assert!(largest > BACK_PRESSURE_BYTES / 2, "nothing of the kind was put to the test");
        assert_eq!(get(&db, &id).await.ids.len(), 8 * BATCH);
    });
}

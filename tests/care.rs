//! Verification, repair, exports and imports.

use std::collections::BTreeMap;
use std::rc::Rc;

use chromatid::db::{Db, Existing, ExportRequest, ImportRequest, Imported};
use chromatid::error::{Error, Result};
use chromatid::storage::Storage;
use chromatid::storage::file::FileOptions;
use chromatid::storage::sim::SimFiles;
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, GetRequest, Include, MetadataValue, Operation, QueryRequest,
    RecordSet, Where,
};
use futures::executor::block_on;

use crate::support::archives::{self, export};
use crate::support::env::seeded;
use crate::support::garbage::no_garbage;
use crate::support::opened::{maintain, open};

const TENANT: &str = "default_tenant";
const DATABASE: &str = "default_database";
const DIMENSION: usize = 12;

/// The file of blocks among the files of a store.
const BLOCKS: usize = 5;

/// A record as a client sees it: document, vector and metadata.
type Seen = (Option<String>, Vec<f32>, String);

fn vector(number: usize) -> Vec<f32> {
    (0..DIMENSION).map(|k| ((number * 37 + k * 11) % 53) as f32 / 7.0 - 3.0).collect()
}

fn records(numbers: impl Iterator<Item = usize> + Clone) -> RecordSet {
    let metadata = |n: usize| {
        let parity = MetadataValue::Str(if n.is_multiple_of(2) { "even" } else { "odd" }.into());
        Some(BTreeMap::from([
            ("parity".to_owned(), Some(parity)),
            ("number".to_owned(), Some(MetadataValue::Int(n as i64))),
            ("chroma:hidden".to_owned(), Some(MetadataValue::Bool(true))),
        ]))
    };
    RecordSet {
        ids: numbers.clone().map(|n| format!("id-{n}")).collect(),
        embeddings: Some(Embeddings {
            data: numbers.clone().flat_map(vector).collect(),
            dimension: DIMENSION,
            present: None,
        }),
        documents: Some(
            numbers.clone().map(|n| (!n.is_multiple_of(7)).then(|| format!("document {n}"))).collect(),
        ),
        uris: Some(numbers.clone().map(|n| n.is_multiple_of(5).then(|| format!("file:{n}"))).collect()),
        metadatas: Some(numbers.map(metadata).collect()),
    }
}

async fn create(db: &Db, name: &str) -> String {
    let metadata = BTreeMap::from([("made by".to_owned(), MetadataValue::Str("a test".into()))]);
    let request =
        CreateCollection { name: name.into(), metadata: Some(metadata), ..CreateCollection::default() };
    db.create_collection(TENANT, DATABASE, request).await.unwrap().id.to_string()
}

async fn add(db: &Db, collection: &str, numbers: std::ops::Range<usize>) {
    db.write(TENANT, DATABASE, collection, Operation::Add, records(numbers)).await.unwrap();
}

async fn delete(db: &Db, collection: &str, numbers: std::ops::Range<usize>) {
    let ids = Some(numbers.map(|n| format!("id-{n}")).collect());
    let request = DeleteRequest { ids, ..DeleteRequest::default() };
    db.delete(TENANT, DATABASE, collection, request).await.unwrap();
}

/// All records by their ids, and the ids in the order in which they come.
async fn seen(db: &Db, name: &str) -> Result<(Vec<String>, BTreeMap<String, Seen>)> {
    let id = db.get_collection(TENANT, DATABASE, name)?.id.to_string();
    let include =
        Include { documents: true, embeddings: true, metadatas: true, uris: true, distances: false };
    let found = db.get(TENANT, DATABASE, &id, &GetRequest { include, ..GetRequest::default() }).await?;
    let (documents, embeddings) = (found.documents.unwrap(), found.embeddings.unwrap());
    let (metadatas, uris) = (found.metadatas.unwrap(), found.uris.unwrap());
    let mut all = BTreeMap::new();
    for (row, id) in found.ids.iter().enumerate() {
        let rest = format!("{:?} {:?}", metadatas[row], uris[row]);
        all.insert(id.clone(), (documents[row].clone(), embeddings.row(row).unwrap().to_vec(), rest));
    }
    Ok((found.ids, all))
}

/// The ids of the nearest records, and of those that a filter finds.
async fn searched(db: &Db, name: &str) -> Result<(Vec<String>, Vec<String>)> {
    let id = db.get_collection(TENANT, DATABASE, name)?.id.to_string();
    let request = QueryRequest {
        embeddings: Embeddings { data: vector(3), dimension: DIMENSION, present: None },
        n_results: 5,
        ..QueryRequest::default()
    };
    let nearest = db.query(TENANT, DATABASE, &id, &request).await?;
    let filter = Where::parse_request(Some(&serde_json::json!({ "parity": "odd" })), None)?;
    let found = db.get(TENANT, DATABASE, &id, &GetRequest { filter, ..GetRequest::default() }).await?;
    Ok((nearest.rows.into_iter().flat_map(|row| row.ids).collect(), found.ids))
}

fn storage(files: &SimFiles) -> Rc<dyn Storage> {
    Rc::new(files.storage(FileOptions::default()).unwrap())
}

async fn database(files: &SimFiles, seed: u64) -> Result<Db> {
    open(&storage(files), &seeded(seed, 0.25)).await
}

/// Two collections, in blocks and in the log.
async fn sample() -> SimFiles {
    let files = SimFiles::new(1);
    let db = database(&files, 1).await.unwrap();
    let things = create(&db, "things").await;
    add(&db, &things, 0..1500).await;
    maintain(&db).await.unwrap();
    db.compact().await.unwrap();
    let others = create(&db, "others").await;
    add(&db, &others, 0..40).await;
    db.compact().await.unwrap();
    // Those in the log change, delete and add.
    delete(&db, &things, 10..20).await;
    add(&db, &things, 1500..1520).await;
    let mut changed = records(30..33);
    changed.embeddings = None;
    changed.documents = Some(vec![Some("changed".into()); 3]);
    db.write(TENANT, DATABASE, &things, Operation::Update, changed).await.unwrap();
    db.close().await.unwrap();
    files
}

async fn import(db: &Db, file: &[u8], existing: Existing) -> Result<Imported> {
    archives::import(db, file, existing, 10_000).await
}

#[test]
fn a_whole_store_has_no_problems() {
    block_on(async {
        let db = database(&sample().await, 2).await.unwrap();
        for deep in [false, true] {
            let verified = db.verify(deep).await.unwrap();
            assert!(verified.ok && verified.problems.is_empty() && verified.blocks > 10, "{verified:?}");
            assert_eq!((verified.records, verified.bytes > 0), (if deep { 1540 } else { 0 }, deep));
        }
        let repair = db.repair().await.unwrap();
        assert!(repair.repaired.is_empty() && repair.left.is_empty());
    });
}

#[test]
fn an_import_is_what_was_exported() {
    block_on(async {
        let db = database(&sample().await, 2).await.unwrap();
        db.create_tenant("somebody").await.unwrap();
        db.create_database("somebody", "elsewhere").await.unwrap();
        let file = export(&db, ExportRequest::default()).await.unwrap();
        let other = database(&SimFiles::new(2), 3).await.unwrap();
        let imported = import(&other, &file, Existing::Refuse).await.unwrap();
        assert_eq!(imported, Imported { collections: 2, records: 1550, lost: 0 });
        for name in ["things", "others"] {
            assert_eq!(seen(&other, name).await.unwrap(), seen(&db, name).await.unwrap(), "{name}");
            assert_eq!(searched(&other, name).await.unwrap(), searched(&db, name).await.unwrap(), "{name}");
            let (one, two) = (
                db.get_collection(TENANT, DATABASE, name).unwrap(),
                other.get_collection(TENANT, DATABASE, name).unwrap(),
            );
            assert_eq!((one.id, &one.metadata, one.dimension), (two.id, &two.metadata, two.dimension));
            assert_eq!(one.configuration, two.configuration);
        }
        other.get_database("somebody", "elsewhere").unwrap();
    });
}

#[test]
fn an_export_is_of_one_moment() {
    block_on(async {
        let db = database(&sample().await, 2).await.unwrap();
        let before = seen(&db, "things").await.unwrap();
        let number = db.begin_export(ExportRequest::default()).await.unwrap();
        let things = db.get_collection(TENANT, DATABASE, "things").unwrap().id.to_string();
        delete(&db, &things, 100..1400).await;
        add(&db, &things, 2000..2100).await;
        db.compact().await.unwrap();
        maintain(&db).await.unwrap();
        let mut file = Vec::new();
        while let Some(bytes) = db.next_export(number).await.unwrap() {
            file.extend(bytes);
        }
        assert_eq!(db.end_export(number).unwrap().records, 1550);
        assert!(db.next_export(number).await.is_err());
        let other = database(&SimFiles::new(2), 3).await.unwrap();
        import(&other, &file, Existing::Refuse).await.unwrap();
        assert_eq!(seen(&other, "things").await.unwrap(), before);
    });
}

#[test]
fn collections_that_exist_are_refused_merged_or_replaced() {
    block_on(async {
        let db = database(&sample().await, 2).await.unwrap();
        let names = Some(vec!["others".to_owned()]);
        let (tenant, database_name) = (TENANT.to_owned(), DATABASE.to_owned());
        let request =
            ExportRequest { collections: names, tenant, database: database_name, skip_damaged: false };
        let file = export(&db, request).await.unwrap();

        let other = database(&SimFiles::new(2), 3).await.unwrap();
        let id = create(&other, "others").await;
        add(&other, &id, 35..60).await;
        let before = seen(&other, "others").await.unwrap();
        let refused = import(&other, &file, Existing::Refuse).await.unwrap_err();
        assert!(matches!(refused, Error::AlreadyExists(_)), "{refused}");
        assert_eq!(seen(&other, "others").await.unwrap(), before);

        import(&other, &file, Existing::Merge).await.unwrap();
        let (ids, _) = seen(&other, "others").await.unwrap();
        assert_eq!(ids.len(), 60);
        assert_eq!(other.get_collection(TENANT, DATABASE, "others").unwrap().id.to_string(), id);

        let number = other.begin_import(ImportRequest { existing: Existing::Replace });
        other.push_import(number, &file[..file.len() - 1]).await.unwrap();
        assert_eq!(seen(&other, "others").await.unwrap().0.len(), 60);
        // What will take its place is nowhere to be seen yet.
        assert_eq!(other.count_collections(TENANT, DATABASE), 1);
        assert_eq!(other.info().await.unwrap().collections, 1);
        other.push_import(number, &file[file.len() - 1..]).await.unwrap();
        other.end_import(number, false).await.unwrap();
        assert_eq!(seen(&other, "others").await.unwrap(), seen(&db, "others").await.unwrap());
        assert_eq!(other.count_collections(TENANT, DATABASE), 1);
    });
}

#[test]
fn an_import_that_fails_leaves_nothing() {
    block_on(async {
        let db = database(&sample().await, 2).await.unwrap();
        let file = export(&db, ExportRequest::default()).await.unwrap();
        let other = database(&SimFiles::new(2), 3).await.unwrap();
        let id = create(&other, "mine").await;
        add(&other, &id, 0..5).await;
        let before = seen(&other, "mine").await.unwrap();
        let mut state = 1usize;
        for round in 0..60 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = (state >> 16) % file.len();
            let damaged = match round % 3 {
                0 => file[..place].to_vec(),
                1 => {
                    let mut damaged = file.clone();
                    damaged[place] ^= 1 << (round % 8);
                    damaged
                }
                _ => [&file[..place], &file[(place + 100).min(file.len())..]].concat(),
            };
            let error = import(&other, &damaged, Existing::Replace).await.unwrap_err();
            assert!(matches!(error, Error::InvalidArgument(_) | Error::Unimplemented(_)), "{error}");
            assert_eq!(other.count_collections(TENANT, DATABASE), 1, "{place}: {error}");
        }
        assert_eq!(seen(&other, "mine").await.unwrap(), before);
        let given_up = other.begin_import(ImportRequest::default());
        other.push_import(given_up, &file[..file.len() / 2]).await.unwrap();
        other.end_import(given_up, true).await.unwrap();
        assert_eq!(other.count_collections(TENANT, DATABASE), 1);
    });
}

/// Bytes between two that are damaged.
const STRIDE: usize = 2_477;

#[test]
fn what_is_damaged_is_told_exported_around_and_repaired() {
    block_on(async {
        let files = sample().await;
        let whole = database(&files, 2).await.unwrap();
        let expected = (seen(&whole, "things").await.unwrap(), seen(&whole, "others").await.unwrap());
        whole.close().await.unwrap();
        drop(whole);
        let contents = files.contents();
        let (mut harmless, mut lossless, mut lossy) = (0, 0, 0);
        for place in (0..contents[BLOCKS].len()).step_by(STRIDE) {
            let mut damaged = contents.clone();
            damaged[BLOCKS][place] ^= 0x10;
            let files = SimFiles::from_contents(damaged, 1);
            let db = match database(&files, 3).await {
                Ok(db) => db,
                Err(error) => {
                    // The catalogue: nothing can be told without it.
                    assert_eq!(error.name(), "CorruptionError");
                    continue;
                }
            };
            let verified = db.verify(true).await.unwrap();
            if verified.ok {
                harmless += 1;
                assert_eq!(seen(&db, "things").await.unwrap(), expected.0, "byte {place}");
                continue;
            }
            // Strictly nothing is exported; leniently everything that can be read.
            let strict = export(&db, ExportRequest::default()).await;
            let request = ExportRequest { skip_damaged: true, ..ExportRequest::default() };
            let number = db.begin_export(request).await.unwrap();
            let mut file = Vec::new();
            while let Some(bytes) = db.next_export(number).await.unwrap() {
                file.extend(bytes);
            }
            let exported = db.end_export(number).unwrap();
            assert!(strict.is_err() || exported.damaged.is_empty(), "byte {place}");
            let copy = database(&SimFiles::new(2), 4).await.unwrap();
            import(&copy, &file, Existing::Refuse).await.unwrap();
            let unknown = exported.damaged.iter().any(|damaged| damaged.lost_records.is_none());
            let lost: u64 = exported.damaged.iter().filter_map(|damaged| damaged.lost_records).sum();
            let mut rest = 0;
            for (name, expected) in [("things", &expected.0), ("others", &expected.1)] {
                let (ids, all) = seen(&copy, name).await.unwrap();
                let still: Vec<&String> = expected.0.iter().filter(|id| all.contains_key(*id)).collect();
                assert_eq!(ids.iter().collect::<Vec<_>>(), still, "byte {place}: the order stays");
                assert!(all.iter().all(|(id, record)| expected.1.get(id) == Some(record)), "byte {place}");
                rest += ids.len() as u64;
            }
            if !unknown {
                // Records of the log that were deleted are no loss, though they cannot be read.
                assert!(rest + lost >= 1550 && rest <= 1550, "byte {place}: {rest} and {lost}");
            }

            let repair = db.repair().await.unwrap();
            if !repair.left.is_empty() {
                assert!(unknown, "byte {place}: {repair:?}");
                continue;
            }
            if lost == 0 {
                lossless += 1
            } else {
                lossy += 1
            }
            for _ in 0..2 {
                let verified = db.verify(true).await.unwrap();
                assert!(verified.ok, "byte {place}: {verified:?}");
                for (name, expected) in [("things", &expected.0), ("others", &expected.1)] {
                    let (ids, all) = seen(&db, name).await.unwrap();
                    assert_eq!(ids, seen(&copy, name).await.unwrap().0, "byte {place}");
                    assert!(all.iter().all(|(id, record)| expected.1.get(id) == Some(record)));
                    assert_eq!(searched(&db, name).await.unwrap(), searched(&copy, name).await.unwrap());
                }
                maintain(&db).await.unwrap();
                db.compact().await.unwrap();
            }
            db.close().await.unwrap();
            drop(db);
            no_garbage(&storage(&files), &seeded(5, 0.25)).await.unwrap();
        }
        assert!(harmless > 0 && lossless > 3 && lossy > 3, "{harmless}, {lossless}, {lossy}");
    });
}

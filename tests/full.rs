//! A device that is full: what takes room is refused and changes nothing; what gives room back goes on.

use std::rc::Rc;

use chromatid::db::Db;
use chromatid::error::{Error, StorageError};
use chromatid::storage::Storage;
use chromatid::storage::file::FileOptions;
use chromatid::storage::sim::{Crash, SimFiles};
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, GetRequest, Include, Operation, ReadLevel, RecordSet,
};
use futures::executor::block_on;

use crate::support::env::seeded;
use crate::support::opened::{maintain, open};

const TENANT: &str = "default_tenant";
const DATABASE: &str = "default_database";

/// Components of a vector, and records in a batch: some 60 kB.
const DIMENSION: usize = 64;
const BATCH: usize = 200;

fn is_full(error: &Error) -> bool {
    matches!(error, Error::Storage(StorageError::QuotaExceeded { .. }))
}

fn id(number: usize) -> String {
    format!("record-{number:06}")
}

fn batch(first: usize) -> RecordSet {
    let numbers = first..first + BATCH;
    let data =
        numbers.clone().flat_map(|n| (0..DIMENSION).map(move |k| ((n * 31 + k * 17) % 101) as f32 - 50.0));
    RecordSet {
        ids: numbers.clone().map(id).collect(),
        embeddings: Some(Embeddings { data: data.collect(), dimension: DIMENSION, present: None }),
        documents: Some(numbers.map(|n| Some(format!("the document of record {n}"))).collect()),
        ..RecordSet::default()
    }
}

async fn create(db: &Db, name: &str) -> String {
    let request = CreateCollection { name: name.into(), ..CreateCollection::default() };
    db.create_collection(TENANT, DATABASE, request).await.unwrap().id.to_string()
}

async fn add(db: &Db, collection: &str, first: usize) -> Result<(), Error> {
    db.write(TENANT, DATABASE, collection, Operation::Add, batch(first)).await.map(drop)
}

async fn delete(db: &Db, collection: &str, numbers: impl Iterator<Item = usize>) -> Result<u64, Error> {
    let request = DeleteRequest { ids: Some(numbers.map(id).collect()), ..DeleteRequest::default() };
    db.delete(TENANT, DATABASE, collection, request).await
}

async fn count(db: &Db, collection: &str) -> u64 {
    db.count(TENANT, DATABASE, collection, ReadLevel::IndexAndWal).await.unwrap()
}

/// Adds batches until the device is full; answers the records that were acknowledged.
async fn fill(db: &Db, collection: &str, first: usize) -> usize {
    for start in (first..).step_by(BATCH) {
        match add(db, collection, start).await {
            Ok(()) => {
                // A compaction that finds no room leaves everything in the log.
                let _ = db.compact_due().await;
            }
            Err(error) => {
                assert!(is_full(&error), "{error}");
                return start;
            }
        }
    }
    unreachable!("the device is full some day")
}

/// Every record of a range, and no other.
async fn check(db: &Db, collection: &str, expected: impl Iterator<Item = usize>) {
    let include = Include { documents: true, ..Include::default() };
    let request = GetRequest { include, ..GetRequest::default() };
    let found = db.get(TENANT, DATABASE, collection, &request).await.unwrap();
    let expected: Vec<usize> = expected.collect();
    assert_eq!(found.ids, expected.iter().copied().map(id).collect::<Vec<_>>());
    let documents = found.documents.unwrap();
    for (document, number) in documents.iter().zip(expected) {
        assert_eq!(document.as_deref(), Some(format!("the document of record {number}").as_str()));
    }
}

fn storage(files: &SimFiles) -> Rc<dyn Storage> {
    Rc::new(files.storage(FileOptions::default()).unwrap())
}

/// Sizes from some that hold little beside the log to some that were compacted many times.
const CAPACITIES: [u64; 4] = [1_500_000, 3_000_000, 6_000_000, 12_000_000];

#[test]
fn deletions_and_compactions_go_on_until_there_is_room_again() {
    for capacity in CAPACITIES {
        block_on(async {
            let files = SimFiles::new(1);
            files.set_capacity(Some(capacity));
            let (storage, env) = (storage(&files), seeded(1, 0.25));
            let db = open(&storage, &env).await.unwrap();
            let collection = create(&db, "things").await;
            let filled = fill(&db, &collection, 0).await;
            assert!(filled >= BATCH, "{capacity} bytes hold a batch at least");
            check(&db, &collection, 0..filled).await;

            // Some of every batch: what is deleted lies in all blocks.
            let is_kept = |number: &usize| number.is_multiple_of(10);
            for start in (0..filled).step_by(BATCH) {
                let gone = (start..start + BATCH).filter(|number| !is_kept(number));
                assert_eq!(delete(&db, &collection, gone).await.unwrap(), (BATCH - BATCH / 10) as u64);
            }
            assert_eq!(count(&db, &collection).await, (filled / 10) as u64);
            maintain(&db).await.unwrap();
            db.compact().await.unwrap();
            check(&db, &collection, (0..filled).filter(is_kept)).await;

            // And so there is room.
            let more = fill(&db, &collection, filled).await;
            assert!(more - filled >= filled / 3, "{capacity}: {filled} records, then {} more", more - filled);
            db.close().await.unwrap();
        });
    }
}

#[test]
fn a_deleted_collection_gives_its_room_to_the_next() {
    block_on(async {
        let files = SimFiles::new(2);
        files.set_capacity(Some(6_000_000));
        let (storage, env) = (storage(&files), seeded(2, 0.25));
        let db = open(&storage, &env).await.unwrap();
        let first = create(&db, "first").await;
        let filled = fill(&db, &first, 0).await;
        db.delete_collection(TENANT, DATABASE, "first").await.unwrap();
        maintain(&db).await.unwrap();
        let second = create(&db, "second").await;
        let again = fill(&db, &second, 0).await;
        assert!(again * 10 >= filled * 9, "{filled} records before, {again} after");
    });
}

#[test]
fn a_refused_write_has_changed_nothing_and_a_crash_finds_what_was_acknowledged() {
    block_on(async {
        let files = SimFiles::new(3);
        files.set_capacity(Some(2_500_000));
        let (first, env) = (storage(&files), seeded(3, 0.25));
        let db = open(&first, &env).await.unwrap();
        let collection = create(&db, "things").await;
        let filled = fill(&db, &collection, 0).await;
        for _ in 0..3 {
            assert!(is_full(&add(&db, &collection, filled).await.unwrap_err()));
        }
        check(&db, &collection, 0..filled).await;
        assert_eq!(delete(&db, &collection, 0..50).await.unwrap(), 50);
        for (seed, crash) in
            [Crash::Kill, Crash::PowerLossNothing, Crash::PowerLossPrefix, Crash::PowerLossSubset]
                .into_iter()
                .enumerate()
        {
            let after = files.reopen(crash, seed as u64);
            let (storage, env) = (storage(&after), seeded(4, 0.25));
            let db = open(&storage, &env).await.unwrap();
            check(&db, &collection, 50..filled).await;
            assert_eq!(delete(&db, &collection, 50..60).await.unwrap(), 10);
        }
    });
}

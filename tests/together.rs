//! Calls that go on at the same time: none waits for a compaction, none undoes another.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::support::env::{seeded, turns};
use crate::support::slow::SlowStorage;
use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::env::Env;
use chromatid::storage::Storage;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    CreateCollection, Embeddings, GetRequest, Operation, QueryRequest, ReadLevel, RecordSet, UpdateCollection,
};
use futures::executor::block_on;
use futures::future::{LocalBoxFuture, join};

/// Half of a frame at 60 Hz.
const HALF_FRAME_MS: f64 = 8.0;

/// Milliseconds that pass with each look at the clock.
const TICK_MS: f64 = 0.5;

/// Notes the longest time between two pauses.
struct Watch {
    env: Rc<dyn Env>,
    paused: Cell<f64>,
    longest: Cell<f64>,
    pauses: Cell<u32>,
}

impl Watch {
    fn new() -> Rc<Self> {
        let env = seeded(3, TICK_MS);
        let paused = Cell::new(env.now_ms());
        Rc::new(Self { env, paused, longest: Cell::new(0.0), pauses: Cell::new(0) })
    }

    fn restart(&self) {
        self.paused.set(self.env.now_ms());
        self.longest.set(0.0);
        self.pauses.set(0);
    }
}

impl Env for Watch {
    fn now_ms(&self) -> f64 {
        let now = self.env.now_ms();
        self.longest.set(self.longest.get().max(now - self.paused.get()));
        now
    }

    fn random(&self, bytes: &mut [u8]) {
        self.env.random(bytes);
    }

    fn pause(&self) -> LocalBoxFuture<'_, ()> {
        self.pauses.set(self.pauses.get() + 1);
        Box::pin(async {
            turns(1).await;
            self.paused.set(self.env.now_ms());
        })
    }
}

async fn open(env: Rc<dyn Env>) -> Db {
    let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
    Db::open(storage, env, Options::default()).await.unwrap()
}

async fn create(db: &Db, name: &str) -> String {
    let request = CreateCollection { name: name.into(), ..CreateCollection::default() };
    db.create_collection(T, D, request).await.unwrap().id.to_string()
}

fn records(numbers: std::ops::Range<u32>) -> RecordSet {
    let data = numbers.clone().flat_map(|number| [number as f32, 1.0]).collect();
    RecordSet {
        ids: numbers.clone().map(|number| format!("id {number}")).collect(),
        embeddings: Some(Embeddings { data, dimension: 2, present: None }),
        documents: Some(numbers.map(|number| Some(format!("document {number}").repeat(20))).collect()),
        ..RecordSet::default()
    }
}

fn query(x: f32) -> QueryRequest {
    let embeddings = Embeddings { data: vec![x, 1.0], dimension: 2, present: None };
    QueryRequest { embeddings, n_results: 1, ..QueryRequest::default() }
}

/// A collection with 3,000 records in its segment, and as many new or changed ones in the log.
async fn half_compacted(env: Rc<dyn Env>) -> (Db, String) {
    let db = open(env).await;
    let id = create(&db, "busy").await;
    db.write(T, D, &id, Operation::Add, records(0..3_000)).await.unwrap();
    db.compact().await.unwrap();
    db.write(T, D, &id, Operation::Upsert, records(1_500..4_500)).await.unwrap();
    (db, id)
}

#[test]
fn a_compaction_pauses_within_every_frame() {
    block_on(async {
        let watch = Watch::new();
        let (db, _) = half_compacted(watch.clone()).await;
        watch.restart();
        db.compact().await.unwrap();
        assert!(watch.pauses.get() > 50, "{} pauses", watch.pauses.get());
        let longest = watch.longest.get();
        // Where one writer ends and the next begins, slices may meet.
        assert!(longest < HALF_FRAME_MS, "{longest} ms without a pause");
    });
}

#[test]
fn queries_and_writes_do_not_wait_for_a_compaction() {
    block_on(async {
        let (db, id) = half_compacted(seeded(3, TICK_MS)).await;
        let finished = RefCell::new(Vec::new());
        let compaction = async {
            db.compact().await.unwrap();
            finished.borrow_mut().push("compaction");
        };
        let reader = async {
            turns(2).await;
            for x in [7.0, 1_600.0, 4_400.0] {
                let result = db.query(T, D, &id, &query(x)).await.unwrap();
                assert_eq!(result.rows[0].ids, [format!("id {x}")]);
            }
            finished.borrow_mut().push("queries");
            db.write(T, D, &id, Operation::Add, records(5_000..5_001)).await.unwrap();
            finished.borrow_mut().push("write");
        };
        join(compaction, reader).await;
        assert_eq!(finished.take(), ["queries", "write", "compaction"]);
        // What was written meanwhile is neither lost nor part of the segment.
        let status = db.indexing_status(T, D, &id).unwrap();
        assert_eq!((status.num_indexed_ops, status.num_unindexed_ops), (6_000, 1));
        assert_eq!(db.count(T, D, &id, ReadLevel::IndexAndWal).await.unwrap(), 4_501);
    });
}

#[test]
fn a_read_that_is_given_up_leaves_the_next_one_whole() {
    for polls in 0..12 {
        block_on(async {
            // A read can be given up at each block, as none is cached.
            let storage: Rc<dyn Storage> = Rc::new(SlowStorage::new(1, None));
            let options = Options { cache_bytes: 0, ..Options::default() };
            let db = Db::open(storage, seeded(3, TICK_MS), options).await.unwrap();
            let id = create(&db, "given-up").await;
            db.write(T, D, &id, Operation::Add, records(0..10)).await.unwrap();
            db.compact().await.unwrap();
            db.write(T, D, &id, Operation::Upsert, records(5..15)).await.unwrap();
            assert_eq!(db.count(T, D, &id, ReadLevel::IndexAndWal).await.unwrap(), 15);
            // The segment has to be asked for these.
            db.write(T, D, &id, Operation::Upsert, records(0..5)).await.unwrap();
            let request = GetRequest::default();
            let mut read = Box::pin(db.get(T, D, &id, &request));
            for _ in 0..polls {
                if futures::poll!(&mut read).is_ready() {
                    break;
                }
            }
            drop(read);
            assert_eq!(db.count(T, D, &id, ReadLevel::IndexAndWal).await.unwrap(), 15, "after {polls} polls");
        });
    }
}

#[test]
fn a_change_of_a_collection_does_not_bring_it_back() {
    block_on(async {
        let db = open(seeded(3, TICK_MS)).await;
        let id = create(&db, "doomed").await;
        let rename = UpdateCollection { new_name: Some("risen".into()), ..UpdateCollection::default() };
        let (deletion, renaming) =
            join(db.delete_collection(T, D, "doomed"), db.update_collection(T, D, &id, rename)).await;
        deletion.unwrap();
        assert_eq!(renaming.unwrap_err().code(), 404);
        assert_eq!(db.count_collections(T, D), 0);
    });
}

#[test]
fn a_name_is_given_once_however_many_ask_for_it() {
    block_on(async {
        let db = open(seeded(3, TICK_MS)).await;
        let (first, second) = join(db.create_database(T, "twice"), db.create_database(T, "twice")).await;
        first.unwrap();
        assert_eq!(second.unwrap_err().code(), 409);
        let (first, second) = join(db.create_tenant("twice"), db.create_tenant("twice")).await;
        first.unwrap();
        assert_eq!(second.unwrap_err().code(), 409);
        assert_eq!(db.list_databases(T, None, 0).len(), 2);
    });
}

#[test]
fn a_collection_is_not_created_in_a_database_that_goes() {
    block_on(async {
        let db = open(seeded(3, TICK_MS)).await;
        db.create_database(T, "brief").await.unwrap();
        let request = CreateCollection { name: "orphan".into(), ..CreateCollection::default() };
        let (deletion, creation) =
            join(db.delete_database(T, "brief"), db.create_collection(T, "brief", request)).await;
        deletion.unwrap();
        assert_eq!(creation.unwrap_err().code(), 400);
        assert_eq!(db.info().await.unwrap().collections, 0);
    });
}

#[test]
fn a_closed_database_refuses_everything_that_changes_it() {
    block_on(async {
        let db = open(seeded(3, TICK_MS)).await;
        let id = create(&db, "closed").await;
        db.write(T, D, &id, Operation::Add, records(0..3)).await.unwrap();
        db.close().await.unwrap();
        let outcomes = [
            db.write(T, D, &id, Operation::Add, records(3..4)).await.map(drop),
            db.compact().await,
            db.maintain().await.map(drop),
            db.delete_collection(T, D, "closed").await,
        ];
        for outcome in outcomes {
            assert_eq!(outcome.unwrap_err().code(), 503);
        }
    });
}

/// What is read of a store to open it, and then for the first search, with the number of blocks that there are.
async fn blocks_read(collections: u32, vectors: u32) -> (u64, u64, u64) {
    let storage = Rc::new(SlowStorage::new(0, None));
    let shared: Rc<dyn Storage> = storage.clone();
    let env = seeded(7, TICK_MS);
    let db = Db::open(Rc::clone(&shared), Rc::clone(&env), Options::default()).await.unwrap();
    let ids = futures::future::join_all((0..collections).map(|n| {
        let db = &db;
        async move { create(db, &format!("collection-{n}")).await }
    }))
    .await;
    for id in &ids {
        db.write(T, D, id, Operation::Add, records(0..vectors)).await.unwrap();
    }
    db.compact().await.unwrap();
    db.close().await.unwrap();

    let before = storage.reads.get();
    let db = Db::open(shared, env, Options::default()).await.unwrap();
    let opened = storage.reads.get();
    db.query(T, D, &ids[0], &query(1.0)).await.unwrap();
    let blocks = storage.usage().await.unwrap().blocks;
    (opened - before, storage.reads.get() - opened, blocks)
}

#[test]
fn an_opening_reads_the_catalogue_alone_and_a_search_one_collection() {
    block_on(async {
        let (opening_few, _, _) = blocks_read(1, 50).await;
        let (opening_many, searching, blocks) = blocks_read(4, 20_000).await;
        assert!(opening_few > 0);
        assert_eq!(opening_many, opening_few, "however many records there are, and collections");
        assert!(4 * searching < blocks, "{searching} of {blocks} blocks");
    });
}

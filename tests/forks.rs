//! Forks, versions and transactions: what a client relies on.

use std::rc::Rc;

use chromatid::db::{Commit, ConditionalOperation, DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::error::Error;
use chromatid::storage::Storage;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, GetRequest, Include, Operation, QueryRequest, ReadLevel,
    RecordSet,
};
use futures::executor::block_on;
use serde_json::json;

struct World {
    storage: Rc<dyn Storage>,
    options: Options,
    db: Db,
}

impl World {
    async fn new(options: Options) -> Self {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let db = Db::open(Rc::clone(&storage), Rc::new(NativeEnv), options.clone()).await.unwrap();
        Self { storage, options, db }
    }

    async fn reopen(&mut self) {
        let storage = Rc::clone(&self.storage);
        self.db = Db::open(storage, Rc::new(NativeEnv), self.options.clone()).await.unwrap();
    }

    async fn create(&self, name: &str) -> String {
        let request = CreateCollection::from_json(json!({"name": name})).unwrap();
        self.db.create_collection(T, D, request).await.unwrap().id.to_string()
    }

    async fn write(&self, id: &str, operation: Operation, numbers: std::ops::Range<u32>) {
        self.try_write(id, operation, numbers).await.unwrap();
    }

    async fn try_write(
        &self,
        id: &str,
        operation: Operation,
        numbers: std::ops::Range<u32>,
    ) -> Result<(), Error> {
        self.db.write(T, D, id, operation, records(numbers, "text")).await.map(drop)
    }

    async fn fork(&self, id: &str, name: &str) -> String {
        self.db.fork_collection(T, D, id, name).await.unwrap().id.to_string()
    }

    async fn count(&self, id: &str) -> u64 {
        self.db.count(T, D, id, ReadLevel::default()).await.unwrap()
    }

    async fn ids(&self, id: &str) -> Vec<String> {
        self.db.get(T, D, id, &GetRequest::default()).await.unwrap().ids
    }

    async fn delete(&self, id: &str, ids: &[&str]) {
        let ids = Some(ids.iter().map(|id| id.to_string()).collect());
        self.db.delete(T, D, id, DeleteRequest { ids, ..DeleteRequest::default() }).await.unwrap();
    }

    async fn settle(&self) {
        while self.db.maintain().await.unwrap() {}
    }

    async fn block_bytes(&self) -> u64 {
        self.settle().await;
        self.storage.usage().await.unwrap().block_bytes
    }
}

fn records(numbers: std::ops::Range<u32>, text: &str) -> RecordSet {
    RecordSet {
        ids: numbers.clone().map(|number| number.to_string()).collect(),
        embeddings: Some(Embeddings {
            data: numbers.clone().flat_map(|number| [number as f32, 1.0]).collect(),
            dimension: 2,
            present: None,
        }),
        documents: Some(numbers.map(|number| Some(format!("{text} {number}").repeat(8))).collect()),
        ..RecordSet::default()
    }
}

fn keeping(versions: usize) -> Options {
    Options { versions, ..Options::default() }
}

#[test]
fn a_fork_has_everything_and_goes_its_own_way() {
    block_on(async {
        let mut world = World::new(Options::default()).await;
        let source = world.create("source").await;
        world.write(&source, Operation::Add, 0..100).await;
        world.db.compact().await.unwrap();
        world.write(&source, Operation::Add, 100..110).await;
        let fork = world.fork(&source, "fork").await;
        world.write(&source, Operation::Add, 110..120).await;
        world.delete(&fork, &["0", "105"]).await;
        let second = world.fork(&fork, "second").await;
        world.write(&fork, Operation::Add, 200..201).await;
        for round in ["open", "reopened", "compacted", "settled", "reopened again"] {
            match round {
                "reopened" | "reopened again" => world.reopen().await,
                "compacted" => world.db.compact().await.unwrap(),
                "settled" => world.settle().await,
                _ => {}
            }
            assert_eq!(world.count(&source).await, 120, "{round}");
            assert_eq!(world.count(&fork).await, 109, "{round}");
            assert_eq!(world.count(&second).await, 108, "{round}");
            assert!(!world.ids(&second).await.contains(&"105".into()), "{round}");
            assert_eq!(world.db.fork_count(T, D, &second).unwrap(), 2, "{round}");
        }
        let shown = world.db.get_collection(T, D, "second").unwrap();
        assert_eq!(shown.dimension, Some(2));
        let taken = world.db.fork_collection(T, D, &source, "second").await.unwrap_err();
        assert_eq!(taken.code(), 409);
        world.db.delete_collection(T, D, "source").await.unwrap();
        world.settle().await;
        world.reopen().await;
        assert_eq!(world.count(&fork).await, 109);
        assert_eq!(world.ids(&second).await.len(), 108);
        assert_eq!(world.db.fork_count(T, D, &fork).unwrap(), 2);
    });
}

#[test]
fn a_compaction_of_one_side_takes_no_block_from_the_other() {
    block_on(async {
        let world = World::new(Options::default()).await;
        let source = world.create("source").await;
        world.write(&source, Operation::Add, 0..3_000).await;
        world.db.compact().await.unwrap();
        let fork = world.fork(&source, "fork").await;
        for round in 0..4 {
            world.write(&source, Operation::Upsert, round * 500..round * 500 + 400).await;
            world.delete(&fork, &[&round.to_string()]).await;
            world.db.compact().await.unwrap();
            world.settle().await;
        }
        assert_eq!(world.ids(&fork).await.len(), 2_996);
        assert_eq!(world.ids(&source).await.len(), 3_000);
    });
}

#[test]
fn a_thousand_forks_cost_what_they_differ_in() {
    block_on(async {
        let world = World::new(Options::default()).await;
        let source = world.create("source").await;
        world.write(&source, Operation::Add, 0..5_000).await;
        world.db.compact().await.unwrap();
        let alone = world.block_bytes().await;
        let mut forks = Vec::new();
        for number in 0..1_000 {
            forks.push(world.fork(&source, &format!("fork{number}")).await);
        }
        world.write(&forks[500], Operation::Add, 9_000..9_001).await;
        world.db.compact().await.unwrap();
        let together = world.block_bytes().await;
        // The rows of the catalogue, and a block or two of each blockfile of the one that differs.
        assert!(together < alone + 1_000_000 + 600_000, "{together} of {alone}");
        assert_eq!(world.count(&forks[999]).await, 5_000);
        assert_eq!(world.count(&forks[500]).await, 5_001);
        for number in 0..1_000 {
            world.db.delete_collection(T, D, &format!("fork{number}")).await.unwrap();
        }
        assert!(world.block_bytes().await <= alone + 20_000);
    });
}

#[test]
fn versions_are_read_restored_and_pushed_out() {
    block_on(async {
        let mut world = World::new(keeping(2)).await;
        let id = world.create("kept").await;
        let mut saved = Vec::new();
        for round in 0..4_u32 {
            world.write(&id, Operation::Upsert, round * 10..round * 10 + 15).await;
            saved.push(world.db.save_version(T, D, &id).await.unwrap().version);
        }
        world.settle().await;
        for round in ["open", "reopened"] {
            let versions = world.db.versions(T, D, &id).unwrap();
            let numbers: Vec<u32> = versions.iter().map(|version| version.version).collect();
            assert_eq!(numbers, saved[1..], "{round}");
            assert_eq!(world.count(&format!("{id}@{}", saved[1])).await, 25, "{round}");
            assert_eq!(world.ids(&format!("{id}@{}", saved[2])).await.len(), 35, "{round}");
            let gone =
                world.db.get(T, D, &format!("{id}@{}", saved[0]), &GetRequest::default()).await.unwrap_err();
            assert_eq!(gone.code(), 404, "{round}");
            world.reopen().await;
        }
        let old = format!("{id}@{}", saved[1]);
        let query = QueryRequest {
            embeddings: Embeddings { data: vec![40.0, 1.0], dimension: 2, present: None },
            n_results: 1,
            include: Include { distances: true, ..Include::default() },
            ..QueryRequest::default()
        };
        let nearest = world.db.query(T, D, &old, &query).await.unwrap();
        assert_eq!(nearest.rows[0].ids, ["24"]);
        let refused = world.try_write(&old, Operation::Add, 0..1).await.unwrap_err();
        assert_eq!((refused.code(), refused.to_string().contains("can only be read")), (400, true));

        let fork = world.fork(&old, "fork-of-a-version").await;
        world.write(&id, Operation::Add, 100..101).await;
        world.db.restore_version(T, D, &id, saved[1]).await.unwrap();
        for round in ["open", "reopened", "settled"] {
            assert_eq!(world.count(&id).await, 25, "{round}");
            assert_eq!(world.count(&fork).await, 25, "{round}");
            // What it was before, with what was not compacted then.
            let before = world.db.versions(T, D, &id).unwrap();
            let before = &before[before.len() - 2];
            assert_eq!(world.count(&format!("{id}@{}", before.version)).await, 46, "{round}");
            if round == "open" {
                world.reopen().await;
            } else {
                world.db.compact().await.unwrap();
                world.settle().await;
            }
        }
        world.write(&id, Operation::Add, 300..301).await;
        assert_eq!(world.count(&id).await, 26);
        let missing = world.db.restore_version(T, D, &id, 999).await.unwrap_err();
        assert_eq!(missing.code(), 404);
    });
}

#[test]
fn work_on_an_index_makes_no_version_and_takes_none_away() {
    block_on(async {
        let mut world = World::new(keeping(1)).await;
        let configuration = json!({"hnsw": {"ef_construction": 50}});
        let request = CreateCollection::from_json(json!({"name": "graph", "configuration": configuration}));
        let id = world.db.create_collection(T, D, request.unwrap()).await.unwrap().id.to_string();
        world.write(&id, Operation::Add, 0..3_000).await;
        let saved = world.db.save_version(T, D, &id).await.unwrap();
        let before = world.storage.usage().await.unwrap();
        world.settle().await;
        assert_ne!(world.storage.usage().await.unwrap(), before, "a graph is made");
        for _ in 0..2 {
            assert_eq!(world.db.versions(T, D, &id).unwrap().len(), 1);
            assert_eq!(world.count(&format!("{id}@{}", saved.version)).await, 3_000);
            world.reopen().await;
        }
    });
}

#[test]
fn what_was_pushed_out_leaves_no_garbage_and_nothing_is_kept_unless_asked() {
    block_on(async {
        let world = World::new(Options::default()).await;
        let id = world.create("plain").await;
        world.write(&id, Operation::Add, 0..2_000).await;
        world.db.compact().await.unwrap();
        let once = world.block_bytes().await;
        let refused = world.db.save_version(T, D, &id).await.unwrap_err();
        assert_eq!(refused.code(), 400);
        for _ in 0..3 {
            world.write(&id, Operation::Upsert, 0..2_000).await;
            world.db.compact().await.unwrap();
        }
        assert!(world.block_bytes().await < once + once / 4);
        assert_eq!(world.db.versions(T, D, &id).unwrap().len(), 1);
    });
}

#[test]
fn a_reader_of_a_version_keeps_it_whole() {
    block_on(async {
        let world = World::new(keeping(1)).await;
        let id = world.create("read").await;
        world.write(&id, Operation::Add, 0..2_000).await;
        let first = world.db.save_version(T, D, &id).await.unwrap().version;
        let old = format!("{id}@{first}");
        assert_eq!(world.count(&old).await, 2_000);
        world.write(&id, Operation::Upsert, 0..2_000).await;
        world.db.save_version(T, D, &id).await.unwrap();
        world.settle().await;
        assert_eq!(world.ids(&old).await.len(), 2_000);
    });
}

fn operation(operation: Operation, numbers: std::ops::Range<u32>) -> Vec<ConditionalOperation> {
    vec![ConditionalOperation::Write(operation, records(numbers, "new"))]
}

fn read(ids: &[&str]) -> GetRequest {
    GetRequest { ids: Some(ids.iter().map(|id| id.to_string()).collect()), ..GetRequest::default() }
}

#[test]
fn a_transaction_commits_unless_someone_else_wrote_what_it_is_about() {
    block_on(async {
        let world = World::new(Options::default()).await;
        let (db, id) = (&world.db, world.create("accounts").await);
        world.write(&id, Operation::Add, 0..10).await;
        let (found, token) = db.conditional_get(T, D, &id, &read(&["1", "99"]), None).await.unwrap();
        assert_eq!(found.ids, ["1"]);
        // Others write other records, and one that a later read of the transaction is not to see.
        world.write(&id, Operation::Add, 50..60).await;
        let (found, same) = db.conditional_get(T, D, &id, &read(&["2", "55"]), Some(token)).await.unwrap();
        assert_eq!((found.ids, same), (vec!["2".to_owned()], token));
        let commit = |operations, ids: &[&str]| Commit {
            read_token: Some(token),
            read_ids: ids.iter().map(|id| id.to_string()).collect(),
            operations,
        };
        let done = db
            .conditional_commit(T, D, &id, commit(operation(Operation::Add, 99..100), &["1", "99"]))
            .await
            .unwrap();
        assert_eq!(done.record_count, 1);
        assert!(done.first_inserted_record_offset.unwrap() > token);
        for (operations, ids) in [
            (operation(Operation::Update, 99..100), vec![]),
            (operation(Operation::Update, 3..4), vec!["55"]),
        ] {
            let lost = db.conditional_commit(T, D, &id, commit(operations, &ids)).await.unwrap_err();
            assert_eq!((lost.code(), lost.name()), (409, "ConditionalWriteConflictError"));
        }
        assert_eq!(world.count(&id).await, 21);
        db.compact().await.unwrap();
        let stale = db.conditional_get(T, D, &id, &read(&["1"]), Some(token)).await.unwrap_err();
        assert_eq!((stale.code(), stale.name()), (412, "StaleReadError"));
        let stale = db
            .conditional_commit(T, D, &id, commit(operation(Operation::Update, 3..4), &[]))
            .await
            .unwrap_err();
        assert_eq!(stale.code(), 412);
    });
}

#[test]
fn of_two_transactions_at_once_one_wins() {
    block_on(async {
        let world = World::new(Options::default()).await;
        let (db, id) = (&world.db, world.create("race").await);
        world.write(&id, Operation::Add, 0..1).await;
        let (_, token) = db.conditional_get(T, D, &id, &read(&["7"]), None).await.unwrap();
        let commit = || Commit {
            read_token: Some(token),
            read_ids: vec!["7".into()],
            operations: operation(Operation::Add, 7..8),
        };
        let (first, second) = futures::join!(
            db.conditional_commit(T, D, &id, commit()),
            db.conditional_commit(T, D, &id, commit())
        );
        assert!(first.is_ok());
        assert_eq!(second.unwrap_err().code(), 409);
    });
}

#[test]
fn a_commit_is_made_wholly_or_refused() {
    block_on(async {
        let world = World::new(Options::default()).await;
        let (db, id) = (&world.db, world.create("whole").await);
        world.write(&id, Operation::Add, 0..3).await;
        let delete = |ids: &[&str]| {
            let ids = Some(ids.iter().map(|id| id.to_string()).collect());
            ConditionalOperation::Delete(DeleteRequest { ids, ..DeleteRequest::default() })
        };
        let mut operations = operation(Operation::Add, 5..6);
        operations.push(delete(&["0"]));
        let done =
            db.conditional_commit(T, D, &id, Commit { operations, ..Commit::default() }).await.unwrap();
        assert_eq!(done.record_count, 2);
        assert_eq!(world.ids(&id).await, ["1", "2", "5"]);
        let empty = db.conditional_commit(T, D, &id, Commit::default()).await.unwrap();
        assert_eq!((empty.first_inserted_record_offset, empty.record_count), (None, 0));
        for refused in [
            Commit { read_ids: vec!["1".into()], ..Commit::default() },
            Commit { read_token: Some(0), ..Commit::default() },
            Commit {
                operations: vec![ConditionalOperation::Delete(DeleteRequest::default())],
                ..Commit::default()
            },
        ] {
            assert_eq!(db.conditional_commit(T, D, &id, refused).await.unwrap_err().code(), 400);
        }
        assert_eq!(world.ids(&id).await, ["1", "2", "5"]);
    });
}

#[test]
fn quotas_refuse_what_is_above_them_and_change_nothing() {
    block_on(async {
        let mut options = Options::default();
        for (name, limit) in
            [("records", 12), ("writtenRecords", 10), ("documentBytes", 60), ("collections", 2), ("forks", 1)]
        {
            options.quotas.set(name, limit).unwrap();
        }
        options.quotas.set("results", 5).unwrap();
        assert_eq!(options.quotas.set("nonsense", 1).unwrap_err().code(), 400);
        let world = World::new(options).await;
        let (db, id) = (&world.db, world.create("small").await);
        world.write(&id, Operation::Add, 0..10).await;
        let refused = world.try_write(&id, Operation::Add, 10..13).await.unwrap_err();
        assert_eq!(refused.code(), 422);
        assert_eq!(
            refused.to_string(),
            "Quota exceeded: 'Collection size (records)' exceeded quota limit for action 'Add': current usage of 13 \
             exceeds limit of 12"
        );
        assert_eq!(world.try_write(&id, Operation::Upsert, 0..11).await.unwrap_err().code(), 422);
        let long = db.write(T, D, &id, Operation::Add, records(20..21, "a longer text")).await.unwrap_err();
        assert!(long.to_string().contains("Document size (bytes)"), "{long}");
        assert_eq!(world.count(&id).await, 10);
        assert_eq!(world.ids(&id).await.len(), 5);
        let many = GetRequest { limit: Some(6), ..GetRequest::default() };
        assert_eq!(db.get(T, D, &id, &many).await.unwrap_err().code(), 422);
        world.fork(&id, "first").await;
        assert_eq!(db.fork_collection(T, D, &id, "second").await.unwrap_err().code(), 422);
        let third = CreateCollection::from_json(json!({"name": "third"})).unwrap();
        assert_eq!(db.create_collection(T, D, third).await.unwrap_err().code(), 422);
    });
}

//! What has changed in a collection, as followers learn it: whoever applies it to an old copy has the new state, whatever comes between.

use std::collections::BTreeMap;
use std::rc::Rc;

use chromatid::db::{Changes, Db, Options, Place};
use chromatid::limits::HISTORY_BYTES;
use chromatid::storage::file::FileOptions;
use chromatid::storage::sim::{Crash, SimFiles, Xorshift};
use chromatid::storage::{Durability, Storage};
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, GetRequest, Include, Operation, RecordSet,
};
use futures::executor::block_on;
use proptest::prelude::*;

use crate::support::env::seeded;

const T: &str = "default_tenant";
const D: &str = "default_database";

/// The records of a collection, by what their vectors say.
type Copy = BTreeMap<String, f32>;

/// A store that is opened again, set back and cut off.
struct World {
    files: SimFiles,
    options: Options,
    db: Db,
    id: String,
    /// Tells one life of the store, and one value, from another.
    count: u64,
}

impl World {
    async fn new(options: Options) -> Self {
        let files = SimFiles::new(1);
        let db = open(&files, &options, 1).await;
        let request = CreateCollection { name: "followed".into(), ..CreateCollection::default() };
        let id = db.create_collection(T, D, request).await.unwrap().id.to_string();
        // What a store is made of outlives any crash.
        db.flush().await.unwrap();
        Self { files, options, db, id, count: 1 }
    }

    async fn strict() -> Self {
        Self::new(Options { versions: 3, ..Options::default() }).await
    }

    /// Goes on with these files.
    async fn go_on(&mut self, files: SimFiles) {
        self.count += 1;
        self.db = open(&files, &self.options, self.count).await;
        self.files = files;
    }

    async fn reopen(&mut self) {
        self.db.close().await.unwrap();
        self.go_on(self.files.reopen(Crash::Kill, 1)).await;
    }

    /// Writes these ids, each with a value that was never there; answers the sequence number.
    async fn write(&mut self, operation: Operation, ids: &[&str]) -> u64 {
        self.count += 1;
        let data = ids.iter().map(|_| self.count as f32).collect();
        let embeddings = Some(Embeddings { data, dimension: 1, present: None });
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let records = RecordSet { ids, embeddings, documents: None, uris: None, metadatas: None };
        self.db.write(T, D, &self.id, operation, records).await.unwrap()
    }

    async fn delete(&self, ids: &[&str]) {
        let ids = Some(ids.iter().map(|id| (*id).to_owned()).collect());
        self.db.delete(T, D, &self.id, DeleteRequest { ids, ..DeleteRequest::default() }).await.unwrap();
    }

    async fn compact(&self) {
        self.db.compact().await.unwrap();
    }

    async fn changes(&self, after: Option<Place>, limit: usize) -> Option<Changes> {
        self.db.changes(T, D, &self.id, after, limit).await.unwrap()
    }

    async fn place(&self) -> Place {
        self.changes(None, 1).await.unwrap().place
    }

    /// What has changed, page by page; nothing if that is not known.
    async fn since(&self, after: &Place, limit: usize) -> Option<Vec<(String, bool)>> {
        let (mut found, mut after) = (Vec::new(), after.clone());
        loop {
            let Changes { records, place, more } = self.changes(Some(after), limit).await?;
            assert!(records.len() <= limit);
            found.extend(records.into_iter().map(|record| (record.id, record.is_there)));
            after = place.to_string().parse().unwrap();
            if !more {
                return Some(found);
            }
        }
    }

    async fn read(&self, ids: Option<Vec<String>>) -> Copy {
        let include = Include { embeddings: true, ..Include::default() };
        let found = self.db.get(T, D, &self.id, &GetRequest { ids, include, ..GetRequest::default() }).await;
        let found = found.unwrap();
        let values = found.embeddings.map_or(Vec::new(), |embeddings| embeddings.data);
        found.ids.into_iter().zip(values).collect()
    }
}

async fn open(files: &SimFiles, options: &Options, seed: u64) -> Db {
    let storage: Rc<dyn Storage> = Rc::new(files.storage(FileOptions::default()).unwrap());
    Db::open(storage, seeded(seed, 0.25), options.clone()).await.unwrap()
}

fn told(changes: &[(&str, bool)]) -> Option<Vec<(String, bool)>> {
    Some(changes.iter().map(|(id, is_there)| ((*id).to_owned(), *is_there)).collect())
}

#[test]
fn each_record_is_told_once_in_the_order_of_its_last_write() {
    block_on(async {
        let mut world = World::strict().await;
        let start = world.place().await;
        assert_eq!(start, Place { sequence: 0, check: 0, id: None });
        world.write(Operation::Upsert, &["c", "a", "b"]).await;
        world.delete(&["a"]).await;
        let last = world.write(Operation::Upsert, &["b"]).await;
        // Nothing comes of these.
        world.write(Operation::Add, &["c"]).await;
        world.write(Operation::Update, &["never"]).await;
        world.delete(&["never"]).await;
        let expected = told(&[("a", false), ("b", true), ("c", true)]);
        for limit in [1, 2, 100] {
            assert_eq!(world.since(&start, limit).await, expected, "pages of {limit}");
        }
        let middle = world.changes(Some(start.clone()), 100).await.unwrap();
        assert_eq!(middle.records.iter().map(|record| record.sequence).nth(1), Some(last));
        world.compact().await;
        world.reopen().await;
        assert_eq!(world.since(&start, 2).await, expected);
        assert_eq!(world.since(&middle.place, 2).await, told(&[]));
        world.write(Operation::Upsert, &["a"]).await;
        world.compact().await;
        assert_eq!(world.since(&middle.place, 2).await, told(&[("a", true)]));
        assert_eq!(world.since(&start, 1).await, told(&[("b", true), ("c", true), ("a", true)]));
    });
}

#[test]
fn nobody_who_follows_nothing_keeps_a_history() {
    block_on(async {
        let mut world = World::strict().await;
        world.write(Operation::Upsert, &["a"]).await;
        world.compact().await;
        // Known from now on, and not from before.
        let before = Place { sequence: 0, check: 0, id: None };
        assert_eq!(world.since(&before, 1).await, None);
        let start = world.place().await;
        world.write(Operation::Upsert, &["b"]).await;
        world.compact().await;
        world.reopen().await;
        world.delete(&["a"]).await;
        // It goes on by itself, also if nobody asks.
        world.compact().await;
        world.reopen().await;
        assert_eq!(world.since(&start, 1).await, told(&[("b", true), ("a", false)]));
    });
}

#[test]
fn a_store_that_was_set_back_does_not_know_what_came_after() {
    block_on(async {
        let mut world = World::strict().await;
        let start = world.place().await;
        world.write(Operation::Upsert, &["a"]).await;
        world.compact().await;
        let known = world.place().await;
        let copy = world.files.contents();
        world.write(Operation::Upsert, &["b"]).await;
        let (lost, lost_and_compacted) = (world.place().await, async |world: &World| {
            world.compact().await;
            world.place().await
        });
        let compacted = lost_and_compacted(&world).await;
        world.db.close().await.unwrap();
        world.go_on(SimFiles::from_contents(copy, 1)).await;
        // Also when it has come as far on another way.
        for _ in 0..3 {
            for place in [&lost, &compacted] {
                assert_eq!(world.since(place, 1).await, None);
            }
            world.write(Operation::Upsert, &["c"]).await;
        }
        assert_eq!(world.since(&known, 1).await, told(&[("c", true)]));
        assert_eq!(world.since(&start, 1).await, told(&[("a", true), ("c", true)]));
        world.compact().await;
        assert_eq!(world.since(&lost, 1).await, None);
    });
}

#[test]
fn a_version_that_is_restored_has_a_history_of_its_own() {
    block_on(async {
        let mut world = World::strict().await;
        world.write(Operation::Upsert, &["a"]).await;
        let place = world.place().await;
        let version = world.db.save_version(T, D, &world.id).await.unwrap().version;
        world.write(Operation::Upsert, &["b"]).await;
        world.compact().await;
        assert_eq!(world.since(&place, 1).await, told(&[("b", true)]));
        world.db.restore_version(T, D, &world.id, version).await.unwrap();
        assert_eq!(world.since(&place, 1).await, None);
        let place = world.place().await;
        world.write(Operation::Upsert, &["c"]).await;
        world.compact().await;
        assert_eq!(world.since(&place, 1).await, told(&[("c", true)]));
        // A fork has that of its source.
        let fork = world.db.fork_collection(T, D, &world.id, "fork").await.unwrap().id.to_string();
        world.id = fork;
        world.write(Operation::Upsert, &["d"]).await;
        assert_eq!(world.since(&place, 1).await, told(&[("c", true), ("d", true)]));
    });
}

#[test]
fn what_does_not_fit_any_more_is_forgotten_oldest_first() {
    block_on(async {
        let mut world = World::strict().await;
        let start = world.place().await;
        let names: Vec<String> = (0..1000).map(|n| format!("{n:0>200}")).collect();
        let ids: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut places = Vec::new();
        for _ in 0..12 {
            places.push(world.place().await);
            world.write(Operation::Upsert, &ids).await;
            world.compact().await;
        }
        assert_eq!(world.since(&start, 5000).await, None);
        let known: Vec<bool> = {
            let mut known = Vec::new();
            for place in &places {
                known.push(world.since(place, 5000).await.is_some());
            }
            known
        };
        // All places from one on: so many as there is room for.
        let kept = known.iter().filter(|known| **known).count();
        assert!(known.iter().rev().take(kept).all(|known| *known), "{known:?}");
        assert_eq!(kept, HISTORY_BYTES / (1000 * 202));
    });
}

/// Something that happens.
#[derive(Debug, Clone)]
enum Event {
    Write(Operation, Vec<u8>),
    Delete(Vec<u8>),
    Follow(usize, usize),
    Compact,
    Maintain,
    Reopen,
    /// The end of the process, or of the power.
    Crash(Crash, u64),
    /// A copy of the files is kept.
    Copy,
    /// The store is what it was when it was copied.
    SetBack,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let ids = || proptest::collection::vec(0..12u8, 1..6);
    let operation = prop_oneof![Just(Operation::Add), Just(Operation::Update), Just(Operation::Upsert)];
    let crash = prop_oneof![
        Just(Crash::Kill),
        Just(Crash::PowerLossNothing),
        Just(Crash::PowerLossPrefix),
        Just(Crash::PowerLossSubset)
    ];
    let event = prop_oneof![
        8 => (operation, ids()).prop_map(|(operation, ids)| Event::Write(operation, ids)),
        4 => ids().prop_map(Event::Delete),
        4 => (0..3usize, 1..7usize).prop_map(|(follower, limit)| Event::Follow(follower, limit)),
        2 => Just(Event::Compact),
        1 => Just(Event::Maintain),
        1 => Just(Event::Reopen),
        1 => (crash, 1u64..).prop_map(|(crash, seed)| Event::Crash(crash, seed)),
        1 => Just(Event::Copy),
        1 => Just(Event::SetBack),
    ];
    proptest::collection::vec(event, 1..60)
}

/// Who keeps a copy by what is told.
#[derive(Default)]
struct Follower {
    copy: Copy,
    place: Option<Place>,
}

impl Follower {
    /// Brings the copy up to date. Answers whether that went by what is told.
    async fn follow(&mut self, world: &World, limit: usize) -> bool {
        while let Some(after) = self.place.take() {
            let Some(Changes { records, place, more }) = world.changes(Some(after), limit).await else {
                break;
            };
            let (there, gone): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.is_there);
            let ids = there.into_iter().map(|record| record.id).collect();
            self.copy.extend(world.read(Some(ids)).await);
            self.copy.retain(|id, _| gone.iter().all(|record| record.id != *id));
            self.place = Some(place.to_string().parse().unwrap());
            if !more {
                return true;
            }
        }
        self.place = Some(world.place().await);
        self.copy = world.read(None).await;
        false
    }
}

async fn live(events: &[Event], durability: Durability) {
    let mut world = World::new(Options { durability, ..Options::default() }).await;
    let mut followers = [Follower::default(), Follower::default(), Follower::default()];
    let mut copy = world.files.contents();
    let mut is_same_history = true;
    for follower in &mut followers {
        follower.follow(&world, 1).await;
    }
    for event in events {
        match event {
            Event::Write(operation, ids) => {
                let mut ids: Vec<String> = ids.iter().map(u8::to_string).collect();
                ids.sort_unstable();
                ids.dedup();
                world.write(*operation, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
            }
            Event::Delete(ids) => {
                let ids: Vec<String> = ids.iter().map(u8::to_string).collect();
                world.delete(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
            }
            Event::Follow(follower, limit) => {
                let by_changes = followers[*follower].follow(&world, *limit).await;
                assert_eq!(followers[*follower].copy, world.read(None).await);
                assert!(by_changes || !is_same_history, "what has changed was forgotten");
            }
            Event::Compact => world.compact().await,
            Event::Maintain => while world.db.maintain().await.unwrap() {},
            Event::Reopen => {
                world.reopen().await;
                // Somebody asks, before anything is compacted.
                world.place().await;
            }
            Event::Crash(crash, seed) => {
                is_same_history &= *crash == Crash::Kill || durability == Durability::Strict;
                world.go_on(world.files.reopen(*crash, *seed)).await;
                world.place().await;
            }
            Event::Copy => {
                world.db.flush().await.unwrap();
                copy = world.files.contents();
            }
            Event::SetBack => {
                is_same_history = false;
                world.db.close().await.unwrap();
                world.go_on(SimFiles::from_contents(copy.clone(), Xorshift::new(7).next())).await;
            }
        }
    }
    for follower in &mut followers {
        follower.follow(&world, 3).await;
        assert_eq!(follower.copy, world.read(None).await);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn copies_that_follow_are_what_the_collection_is(events in events(), is_strict: bool) {
        block_on(live(&events, if is_strict { Durability::Strict } else { Durability::Relaxed }));
    }
}

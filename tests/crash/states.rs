//! Calls of whose effects the naive model knows nothing: schemas and configurations that change, versions that are kept and
//! restored. What each of them does is what it did where nothing crashed: after a crash there is the state before the call under
//! way or the one after it, and the calls that are left end where they would have ended.

use std::collections::BTreeMap;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::error::Result;
use chromatid::storage::sim::{Fault, SimFiles};
use chromatid::types::{CreateCollection, GetRequest, UpdateCollection};
use futures::executor::block_on;
use serde_json::{Value, json};

use super::rounds::{World, judging, rounds};
use super::workloads::{delete, write};
use super::{CRASHES, storage_of};
use crate::support::chroma::Kind;
use crate::support::probe::{ALL, why};
use crate::support::step::{Step, id_of, run};
use crate::support::{maintain, no_garbage};

/// Versions that are kept of each collection.
const VERSIONS: usize = 2;

/// One call that changes something.
enum Call {
    Step(Step),
    Create(&'static str, Value),
    Update(&'static str, Value),
    Save(&'static str),
    Restore(&'static str, u32),
    ForkVersion(&'static str, u32, &'static str),
}

/// A name for messages, and the calls.
type Workload = (&'static str, Vec<Call>);

/// All that can be seen of the collections, by their names.
#[derive(Debug, Clone, Default, PartialEq)]
struct State {
    collections: BTreeMap<String, String>,
    versions: BTreeMap<(String, u32), String>,
}

fn workloads() -> [Workload; 2] {
    [("schema", schema()), ("versions", versions())]
}

/// Indexes that are switched off, and what can be changed of a collection afterwards.
fn schema() -> Vec<Call> {
    let keys = json!({
        "kind": {"string": {"string_inverted_index": {"enabled": false, "config": {}}}},
        "weights": {"sparse_vector": {"sparse_vector_index": {"enabled": true, "config": {}}}},
    });
    let function = json!({"type": "known", "name": "f", "config": {"model": "small"}});
    vec![
        Call::Create("alpha", json!({"schema": {"defaults": {}, "keys": keys}, "metadata": {"a": 1}})),
        Call::Step(write("alpha", Kind::Add, &[1, 2, 3, 4, 5])),
        Call::Update("alpha", json!({"new_configuration": {"hnsw": {"ef_search": 50}}})),
        Call::Step(Step::Compact),
        Call::Update("alpha", json!({"new_metadata": {"b": [1, 2], "c": null}})),
        Call::Step(write("alpha", Kind::Upsert, &[2, 6])),
        Call::Update("alpha", json!({"new_configuration": {"embedding_function": function}})),
        Call::Step(Step::Fork { from: "alpha", to: "beta" }),
        Call::Update(
            "beta",
            json!({"new_configuration": {"hnsw": {"ef_search": 70}}, "new_metadata": {"d": "e"}}),
        ),
        Call::Step(Step::Maintain),
        Call::Step(Step::Compact),
        Call::Step(delete("beta", Some(&["2"]), None)),
        Call::Update(
            "alpha",
            json!({"new_name": "gamma", "new_configuration": {"hnsw": {"batch_size": 77}}}),
        ),
        Call::Step(Step::Compact),
    ]
}

/// Versions that are kept, pushed out, forked and restored.
fn versions() -> Vec<Call> {
    vec![
        Call::Create("alpha", json!({})),
        Call::Step(write("alpha", Kind::Add, &[1, 2, 3, 4])),
        Call::Save("alpha"),
        Call::Step(write("alpha", Kind::Upsert, &[2, 5])),
        Call::Save("alpha"),
        Call::Step(delete("alpha", Some(&["1", "2"]), None)),
        Call::Step(Step::Compact),
        Call::ForkVersion("alpha", 1, "beta"),
        Call::Step(write("alpha", Kind::Add, &[9])),
        Call::Restore("alpha", 2),
        Call::Step(write("alpha", Kind::Add, &[7])),
        Call::Step(Step::Compact),
        Call::Step(Step::Maintain),
        Call::Step(write("beta", Kind::Update, &[3])),
        Call::Save("beta"),
        Call::Step(Step::Drop { name: "alpha" }),
        Call::Step(Step::Maintain),
    ]
}

impl Call {
    async fn run(&self, db: &Db) -> Result<()> {
        match self {
            Call::Step(step) => run(db, step).await,
            Call::Create(name, body) => {
                let mut body = body.clone();
                body["name"] = json!(name);
                db.create_collection(T, D, CreateCollection::from_json(body)?).await.map(drop)
            }
            Call::Update(name, body) => {
                let request = UpdateCollection::from_json(body.clone())?;
                db.update_collection(T, D, &id_of(db, name)?, request).await
            }
            Call::Save(name) => db.save_version(T, D, &id_of(db, name)?).await.map(drop),
            Call::Restore(name, version) => db.restore_version(T, D, &id_of(db, name)?, *version).await,
            Call::ForkVersion(from, version, to) => {
                let source = format!("{}@{version}", id_of(db, from)?);
                db.fork_collection(T, D, &source, to).await.map(drop)
            }
        }
    }
}

async fn open(world: World, session: u64, files: &SimFiles, at: u64) -> std::result::Result<Db, String> {
    let storage = storage_of(files, world.options(at))?;
    let options = Options { versions: VERSIONS, ..Options::default() };
    Db::open(storage, world.env(session), options).await.map_err(why)
}

async fn records(db: &Db, id: &str) -> Result<String> {
    let request = GetRequest { include: ALL, ..GetRequest::default() };
    Ok(format!("{:?}", db.get(T, D, id, &request).await?))
}

async fn state(db: &Db) -> std::result::Result<State, String> {
    let mut state = State::default();
    for collection in db.list_collections(T, D, None, 0).map_err(why)? {
        let id = collection.id.to_string();
        let mut shown = serde_json::to_value(&collection).map_err(|error| error.to_string())?;
        // Drawn anew, or a matter of when compactions ran.
        for member in ["id", "log_position", "version"] {
            shown[member].take();
        }
        for version in db.versions(T, D, &id).map_err(why)? {
            let read = records(db, &format!("{id}@{}", version.version)).await.map_err(why)?;
            state.versions.insert((collection.name.clone(), version.version), read);
        }
        let shown = format!("{shown} {}", records(db, &id).await.map_err(why)?);
        state.collections.insert(collection.name, shown);
    }
    Ok(state)
}

/// The state before each call, and after the last one, where nothing crashes.
fn undisturbed(world: World, calls: &[Call]) -> std::result::Result<Vec<State>, String> {
    block_on(async {
        let db = open(world, 1, &world.files(), 0).await?;
        let mut states = vec![state(&db).await?];
        for call in calls {
            call.run(&db).await.map_err(why)?;
            states.push(state(&db).await?);
        }
        Ok(states)
    })
}

/// Plays the calls until one fails; how many were acknowledged.
fn play(world: World, files: &SimFiles, at: u64, calls: &[Call]) -> usize {
    block_on(async {
        let Ok(db) = open(world, 1, files, at).await else { return 0 };
        for (done, call) in calls.iter().enumerate() {
            if call.run(&db).await.is_err() {
                return done;
            }
        }
        calls.len()
    })
}

/// Whether what was found is the state before the call under way or after it; true if it is certainly after it. A call that
/// compacts may have kept a version, or let one go, before it is done.
fn judge(found: &State, before: &State, after: &State, known: &State) -> std::result::Result<bool, String> {
    if found.collections != before.collections && found.collections != after.collections {
        return Err(format!("{found:#?} is neither {before:#?} nor {after:#?}"));
    }
    for (key, records) in &found.versions {
        if known.versions.get(key) != Some(records) {
            return Err(format!("version {key:?} is {records}, not {:?}", known.versions.get(key)));
        }
    }
    let stays =
        |key: &&(String, u32)| after.versions.contains_key(*key) && found.collections.contains_key(&key.0);
    match before.versions.keys().filter(stays).find(|key| !found.versions.contains_key(*key)) {
        Some(lost) => Err(format!("version {lost:?} is lost")),
        None => Ok(found == after),
    }
}

/// Opens what a crash has left, judges it, and makes the calls that are left.
async fn goes_on(
    world: World,
    files: &SimFiles,
    at: u64,
    (calls, done): (&[Call], usize),
    states: &[State],
    known: &State,
) -> std::result::Result<(), String> {
    let db = open(world, 2, files, at).await?;
    let found = state(&db).await?;
    let after = &states[(done + 1).min(calls.len())];
    let is_after = judge(&found, &states[done], after, known)?;
    for call in &calls[(done + usize::from(is_after)).min(calls.len())..] {
        call.run(&db).await.map_err(|error| format!("after recovery: {}", why(error)))?;
    }
    let (last, expected) = (state(&db).await?, &states[calls.len()]);
    if last.collections != expected.collections {
        return Err(format!("it ended as {last:#?}, not as {expected:#?}"));
    }
    maintain(&db).await?;
    db.close().await.map_err(why)?;
    let storage = storage_of(&files.reopen(super::Crash::Kill, 0), world.options(at))?;
    no_garbage(&storage, &world.env(3)).await
}

fn crash_everywhere(world: World, (name, calls): &Workload) -> std::result::Result<u64, String> {
    let states = undisturbed(world, calls)?;
    let mut known = State::default();
    for (key, records) in states.iter().flat_map(|state| &state.versions) {
        let other = known.versions.insert(key.clone(), records.clone());
        if other.is_some_and(|other| other != *records) {
            return Err(format!("version {key:?} is not what it was"));
        }
    }
    let mut images = 0;
    for at in 0.. {
        let files = world.files();
        files.set_fault(Some(Fault::Crash { at }));
        let done = play(world, &files, at, calls);
        for (crash, tries) in CRASHES {
            for number in 0..tries.div_ceil(2) {
                let seed = world.crash_seed(at, number);
                judging(name, crash, at, seed);
                let image = files.reopen(crash, seed);
                block_on(goes_on(world, &image, at, (calls, done), &states, &known))?;
                images += 1;
            }
        }
        if files.operations() <= at {
            return Ok(images);
        }
    }
    Ok(images)
}

#[test]
fn schemas_and_versions_survive_every_crash() {
    let images = rounds("schemas and versions", 4, |world| {
        workloads().iter().map(|workload| crash_everywhere(world, workload)).sum()
    });
    assert!(images >= 1_800, "only {images} crashes were tried");
}

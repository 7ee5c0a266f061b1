//! Random clients against a naive model: whatever a client can see is what the model says.

#[path = "model/strategies.rs"]
mod strategies;
use std::cell::Cell;
use std::rc::Rc;

use chromatid::db::Db;
use chromatid::env::Env;
use chromatid::storage::Storage;
use chromatid::storage::file::FileOptions;
use chromatid::storage::memory::MemoryStorage;
use chromatid::storage::sim::{Crash, SimFiles};
use chromatid::types::Include;
use futures::executor::block_on;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseResult};

use crate::support::chroma::Chroma;
use crate::support::env::{seeded, turns};
use crate::support::probe::{self, why};
use crate::support::slow::SlowStorage;
use crate::support::step::{Step, note_indexed, run};
use crate::support::{maintain, no_garbage, open};
use strategies::{Action, Sizes, actions};

/// Where the database lies, and how it is found again.
enum Ground {
    Memory(Rc<dyn Storage>),
    Files(SimFiles, FileOptions),
}

impl Ground {
    fn memory() -> Self {
        Ground::Memory(Rc::new(MemoryStorage::default()))
    }

    fn files() -> Self {
        // Journals are rewritten all the time.
        Ground::Files(SimFiles::new(1), FileOptions { rewrite_bytes: 2_000, spare_bytes: 2_000 })
    }

    fn storage(&self) -> Rc<dyn Storage> {
        match self {
            Ground::Memory(storage) => Rc::clone(storage),
            Ground::Files(files, options) => Rc::new(files.storage(*options).expect("good files open")),
        }
    }

    /// Ends the session on `db` and starts a new one.
    async fn reopen(
        &mut self,
        db: Db,
        storage: Rc<dyn Storage>,
        env: &Rc<dyn Env>,
        close: bool,
    ) -> Result<(Db, Rc<dyn Storage>), String> {
        match self {
            // Memory that is closed is gone.
            Ground::Memory(_) => {}
            _ if close => db.close().await.map_err(why)?,
            Ground::Files(files, _) => *files = files.reopen(Crash::Kill, 1),
        }
        drop((db, storage));
        let storage = self.storage();
        Ok((open(&storage, env).await.map_err(why)?, storage))
    }
}

/// Does everything in turn and compares after each read, each reopening, and at the end.
async fn play(mut ground: Ground, actions: &[Action]) -> Result<(), String> {
    let env = seeded(7, 0.5);
    let mut storage = ground.storage();
    let mut db = open(&storage, &env).await.map_err(why)?;
    let mut model = Chroma::default();
    for action in actions {
        if let Action::Reopen { close } = action {
            (db, storage) = ground.reopen(db, storage, &env, *close).await?;
            probe::everything(&db, &model).await?;
        } else {
            act(&db, &mut model, action).await?;
        }
    }
    compact(&db, &mut model).await?;
    probe::everything(&db, &model).await?;
    maintain(&db).await?;
    no_garbage(&storage, &env).await
}

async fn act(db: &Db, model: &mut Chroma, action: &Action) -> Result<(), String> {
    match action {
        Action::Step(Step::Compact) => compact(db, model).await,
        Action::Step(change) => {
            step(db, model, change).await?;
            note_indexed(db, model).map_err(why)
        }
        Action::Get { name, selection, limit, offset, include } => {
            let Ok(collection) = model.collection(name) else { return Ok(()) };
            let [documents, embeddings, metadatas, uris] = *include;
            let include = Include { distances: false, documents, embeddings, metadatas, uris };
            probe::counts(db, collection).await?;
            probe::get(db, collection, selection, *limit, *offset, include).await
        }
        Action::Query { name, selection, vectors, n_results } => {
            let Ok(collection) = model.collection(name) else { return Ok(()) };
            probe::query(db, collection, selection, vectors, *n_results, Include::QUERY_DEFAULT).await
        }
        Action::Reopen { .. } => Ok(()),
    }
}

/// Afterwards nothing is left that is not indexed.
async fn compact(db: &Db, model: &mut Chroma) -> Result<(), String> {
    db.compact().await.map_err(why)?;
    note_indexed(db, model).map_err(why)?;
    match model.collections.iter().find(|collection| !collection.log.is_empty()) {
        Some(collection) => Err(format!("{} was not compacted", collection.name)),
        None => Ok(()),
    }
}

/// Makes a change in both; they have to agree on whether it is allowed.
async fn step(db: &Db, model: &mut Chroma, change: &Step) -> Result<(), String> {
    let outcome = run(db, change).await;
    let expected = model.apply(change);
    if outcome.as_ref().map_err(|error| error.code()).copied() != expected {
        return Err(format!("{change:?}: {outcome:?} instead of {expected:?}"));
    }
    Ok(())
}

/// The same while compactions, maintenance and another client's collections go on beside it.
async fn play_among_others(actions: &[Action], latency: u32) -> Result<(), String> {
    let storage: Rc<dyn Storage> = Rc::new(SlowStorage::new(latency, None));
    let env = seeded(7, 2.0);
    let db = open(&storage, &env).await.map_err(why)?;
    let mut model = Chroma::default();
    let done = Cell::new(false);
    let client = async {
        let mut outcome = Ok(());
        for action in actions {
            if !matches!(action, Action::Reopen { .. }) && outcome.is_ok() {
                outcome = act_among_others(&db, &mut model, action).await;
            }
        }
        done.set(true);
        outcome
    };
    let keeper = async {
        while !done.get() {
            db.compact().await.map_err(why)?;
            turns(3).await;
            db.maintain().await.map_err(why)?;
            turns(5).await;
        }
        Ok::<_, String>(())
    };
    let (client, keeper) = futures::join!(client, keeper);
    client?;
    keeper?;
    compact(&db, &mut model).await?;
    probe::everything(&db, &model).await?;
    maintain(&db).await?;
    no_garbage(&storage, &env).await?;
    drop(db);
    let db = open(&storage, &env).await.map_err(why)?;
    probe::everything(&db, &model).await
}

/// What is indexed changes any time here, so only what does not depend on it is compared.
async fn act_among_others(db: &Db, model: &mut Chroma, action: &Action) -> Result<(), String> {
    match action {
        Action::Step(change) => step(db, model, change).await,
        Action::Get { name, selection, limit, offset, .. } => {
            let Ok(collection) = model.collection(name) else { return Ok(()) };
            probe::get(db, collection, selection, *limit, *offset, probe::ALL).await
        }
        other => act(db, model, other).await,
    }
}

fn verdict(outcome: Result<(), String>) -> TestCaseResult {
    outcome.map_err(TestCaseError::fail)
}

fn config(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/model/regressions.txt"))),
        ..Config::default()
    }
}

/// Few ids, so that most writes meet a record that exists or one that is gone.
const CROWDED: Sizes = Sizes { ids: 12, rows: 6, padding: 0 };

/// A block holds four of these records, so that every segment has many blocks.
const HUGE: Sizes = Sizes { ids: 60, rows: 30, padding: 30_000 };

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn memory_agrees_with_the_model(actions in actions(CROWDED, 1..40)) {
        verdict(block_on(play(Ground::memory(), &actions)))?;
    }

    #[test]
    fn files_agree_with_the_model(actions in actions(CROWDED, 1..40)) {
        verdict(block_on(play(Ground::files(), &actions)))?;
    }

    #[test]
    fn a_client_among_others_sees_what_it_wrote(actions in actions(CROWDED, 1..40), latency in 0..4_u32) {
        verdict(block_on(play_among_others(&actions, latency)))?;
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn segments_of_many_blocks_agree_with_the_model(actions in actions(HUGE, 10..25)) {
        verdict(block_on(play(Ground::memory(), &actions)))?;
    }
}

//! Crashes and failures at every operation of the storage.
//!
//! What was acknowledged is there afterwards; what was under way is there wholly or not at all, and not
//! without what was called before it; and work goes on.

#[path = "crash/functions.rs"]
mod functions;
#[path = "crash/imports.rs"]
mod imports;
#[path = "crash/indexes.rs"]
mod indexes;
#[path = "crash/requests.rs"]
mod requests;
#[path = "crash/rounds.rs"]
mod rounds;
#[path = "crash/searched.rs"]
mod searched;
#[path = "crash/states.rs"]
mod states;
#[path = "crash/workloads.rs"]
pub mod workloads;

use std::rc::Rc;

use chromatid::db::Db;
use chromatid::env::Env;
use chromatid::error::{Error, StorageError};
use chromatid::storage::Storage;
use chromatid::storage::file::FileOptions;
use chromatid::storage::sim::{Crash, Fault, SimFiles};
use futures::executor::block_on;
use futures::future::join_all;

use crate::support::chroma::{Chroma, Kind};
use crate::support::probe::{everything, why};
use crate::support::slow::{SlowStorage, Trouble};
use crate::support::step::{Step, note_indexed, run};
use crate::support::{maintain, no_garbage, open};
use rounds::{World, judging, rounds};
use workloads::{Workload, delete, write};

/// Each kind of crash and how many times it is tried at each operation.
const CRASHES: [(Crash, u64); 4] = [
    (Crash::Kill, 1),
    (Crash::PowerLossNothing, 1),
    (Crash::PowerLossPrefix, 2),
    (Crash::PowerLossSubset, 6),
];

/// Of how many crashes one is followed by all that can strike its recovery.
const SECOND_CRASH_EVERY: u64 = 29;

/// How far a workload came.
struct Progress {
    /// What was acknowledged.
    acknowledged: Chroma,
    /// That, and what was under way up to some call.
    possible: Vec<Chroma>,
    /// What ended it.
    error: Option<Error>,
}

impl Progress {
    /// Nothing was done yet.
    fn none(error: Error) -> Self {
        let acknowledged = Chroma::default();
        Self { possible: vec![acknowledged.clone()], acknowledged, error: Some(error) }
    }
}

/// Calls one group after the other until one fails.
async fn play(db: &Db, groups: &[Vec<Step>]) -> Progress {
    let mut model = Chroma::default();
    for group in groups {
        let outcomes = join_all(group.iter().map(|step| run(db, step))).await;
        let (mut under_way, mut failed) = (Vec::new(), None);
        for (step, outcome) in group.iter().zip(outcomes) {
            match outcome {
                Ok(()) => model.apply(step).expect("workloads do what is allowed"),
                Err(error) => {
                    under_way.push(step);
                    // One step may find the store full, and another at the same time break it: that counts.
                    let is_full = matches!(error, Error::Storage(StorageError::QuotaExceeded { .. }));
                    if failed.is_none() || !is_full {
                        failed = Some(error);
                    }
                }
            }
        }
        // A compaction that failed may have indexed some collections all the same.
        let noted = note_indexed(db, &mut model);
        if failed.is_some() {
            let mut possible = vec![model.clone()];
            let mut state = model.clone();
            for step in under_way {
                state.apply(step).expect("workloads do what is allowed");
                possible.push(state.clone());
            }
            return Progress { acknowledged: model, possible, error: failed };
        }
        noted.expect("the engine knows how much it has indexed");
    }
    Progress { possible: vec![model.clone()], acknowledged: model, error: None }
}

/// The first of the possible states that the database shows; an error that says why it shows none.
async fn settle(db: &Db, possible: &[Chroma]) -> Result<Chroma, String> {
    let mut reasons = Vec::new();
    for state in possible {
        let mut state = state.clone();
        let outcome = match note_indexed(db, &mut state) {
            Ok(()) => everything(db, &state).await,
            Err(error) => Err(why(error)),
        };
        match outcome {
            Ok(()) => return Ok(state),
            Err(reason) => reasons.push(reason),
        }
    }
    Err(format!("no possible state: {}", reasons.join("; ")))
}

/// Opens what a crash has left, checks it, and works on. Answers the state that was found.
async fn recover(
    world: World,
    storage: impl Fn() -> Result<Rc<dyn Storage>, String>,
    possible: &[Chroma],
) -> Result<Chroma, String> {
    let (env, first) = (world.env(2), storage()?);
    let db = open(&first, &env).await.map_err(why)?;
    let found = settle(&db, possible).await?;
    let worked = work_on(&db, &first, &env, found.clone()).await?;
    db.close().await.map_err(why)?;
    drop((db, first));
    let again = storage()?;
    let db = open(&again, &env).await.map_err(why)?;
    settle(&db, &[worked]).await.map_err(|reason| format!("after working on: {reason}"))?;
    Ok(found)
}

/// Maintains, reads, writes, deletes and compacts; nothing is left lying about.
async fn work_on(
    db: &Db,
    storage: &Rc<dyn Storage>,
    env: &Rc<dyn Env>,
    mut model: Chroma,
) -> Result<Chroma, String> {
    maintain(db).await?;
    no_garbage(storage, env).await?;
    let mut steps = vec![Step::Create { name: "omega", space: "ip" }];
    if let Some(collection) = model.collections.first() {
        let name = ["alpha", "beta", "gamma"].into_iter().find(|name| *name == collection.name);
        let name = name.ok_or("a collection of an unknown name")?;
        steps.push(delete(name, Some(&["1", "4"]), None));
        steps.push(write(name, Kind::Upsert, &[4, 50]));
    }
    steps.push(Step::Compact);
    steps.push(write("omega", Kind::Add, &[1]));
    for step in &steps {
        run(db, step).await.map_err(|error| format!("{step:?} after recovery: {error}"))?;
        model.apply(step).map_err(|code| format!("{step:?} after recovery: {code}"))?;
    }
    note_indexed(db, &mut model).map_err(why)?;
    everything(db, &model).await.map_err(|reason| format!("while working on: {reason}"))?;
    maintain(db).await?;
    no_garbage(storage, env).await?;
    Ok(model)
}

fn storage_of(files: &SimFiles, options: FileOptions) -> Result<Rc<dyn Storage>, String> {
    Ok(Rc::new(files.storage(options).map_err(|error| error.to_string())?))
}

/// Runs a workload on new files until it crashes at an operation.
fn run_on_files(world: World, workload: &Workload, at: u64) -> (SimFiles, Progress) {
    let (files, options) = (world.files_for(at), world.options(at));
    files.set_fault(Some(Fault::Crash { at }));
    let progress = match files.storage(options) {
        Err(error) => Progress::none(error.into()),
        Ok(storage) => {
            let storage: Rc<dyn Storage> = Rc::new(storage);
            block_on(async {
                match open(&storage, &world.env(1)).await {
                    Err(error) => Progress::none(error),
                    Ok(db) => play(&db, &workload.1).await,
                }
            })
        }
    };
    (files, progress)
}

/// Recovers what a crash at an operation left of `files`, and then once more for each operation of that recovery at which
/// a second crash can strike. Returns the number of crashes.
fn crash_twice(
    world: World,
    files: &SimFiles,
    at: u64,
    (crash, number): (Crash, u64),
    possible: &[Chroma],
) -> Result<u64, String> {
    let (seed, options) = (world.crash_seed(at, number), world.options(at));
    let image = files.reopen(crash, seed);
    let found = block_on(recover(world, || storage_of(&image, options), possible))?;
    // A second crash now and then: there are as many of them as recovery has operations.
    if !(at + number).is_multiple_of(SECOND_CRASH_EVERY) {
        return Ok(1);
    }
    // After a mere kill the device may still lose what the first recovery saw.
    let possible = if crash == Crash::Kill { possible } else { &[found] };
    let mut crashes = 1;
    loop {
        let image = files.reopen(crash, seed);
        image.set_fault(Some(Fault::Crash { at: crashes - 1 }));
        let second = block_on(async {
            let storage = storage_of(&image, options)?;
            maintain(&open(&storage, &world.env(3)).await.map_err(why)?).await
        });
        if second.is_ok() {
            return Ok(crashes);
        }
        let image = image.reopen(Crash::PowerLossSubset, seed ^ crashes);
        block_on(recover(world, || storage_of(&image, options), possible))
            .map_err(|reason| format!("second crash at operation {}: {reason}", crashes - 1))?;
        crashes += 1;
    }
}

/// Crashes a workload at each of its operations, in every way. Answers how many images recovered.
fn crash_everywhere(world: World, workload: &Workload) -> Result<u64, String> {
    let mut images = 0;
    for at in 0.. {
        let (files, progress) = run_on_files(world, workload, at);
        for (crash, tries) in CRASHES {
            for number in 0..tries {
                judging(workload.0, crash, at, world.crash_seed(at, number));
                images += crash_twice(world, &files, at, (crash, number), &progress.possible)?;
            }
        }
        if progress.error.is_none() {
            break;
        }
    }
    Ok(images)
}

/// Crashes a workload everywhere, in as many worlds as there have to be. A workload is a test, so that they run beside each other.
fn crash_in_worlds(name: &str) {
    let workload = workloads::all().into_iter().find(|workload| workload.0 == name).expect("a workload");
    let images = rounds(name, 7, |world| crash_everywhere(world, &workload));
    assert!(images >= LEAST_IMAGES, "only {images} crashes were tried");
}

/// What the shortest workload gives.
const LEAST_IMAGES: u64 = 600;

macro_rules! every_crash_of {
    ($($workload:ident),*) => {
        /// Every crash leaves what was acknowledged.
        mod every_crash {
            $(#[test]
            fn $workload() {
                super::crash_in_worlds(stringify!($workload));
            })*
        }

        #[test]
        fn every_workload_has_a_test() {
            let names: Vec<&str> = workloads::all().iter().map(|workload| workload.0).collect();
            assert_eq!(names, [$(stringify!($workload)),*]);
        }
    };
}

every_crash_of!(insert, upsert, delete, mixed, compaction, collections, catalogue, forks, garbage, shrink);

fn quota() -> StorageError {
    StorageError::QuotaExceeded { operation: "testing" }
}

fn failure() -> StorageError {
    StorageError::failed("testing", "out of order")
}

/// A failure of the storage is reported as one, whatever the call was.
fn check_error(error: &Error) -> Result<(), String> {
    match error {
        Error::Storage(StorageError::Corrupt(_)) => Err(format!("called corrupt: {error}")),
        Error::Storage(_) | Error::Unavailable(_) => Ok(()),
        error => Err(format!("{error:?} is not an error of the storage")),
    }
}

/// What an open database does after a step has failed: on a full store it goes on, else it
/// answers what is true or refuses. Nothing of the step is visible.
async fn after_failure(
    db: &Db,
    storage: &Rc<dyn Storage>,
    progress: &Progress,
    recovered: impl Fn(),
) -> Result<Option<Chroma>, String> {
    let Some(error) = &progress.error else { return Ok(None) };
    check_error(error)?;
    let full = matches!(error, Error::Storage(StorageError::QuotaExceeded { .. }));
    let mut model = progress.acknowledged.clone();
    let read = match note_indexed(db, &mut model) {
        Ok(()) => everything(db, &model).await,
        Err(error) => Err(why(error)),
    };
    recovered();
    if full {
        read.map_err(|reason| format!("on the full store: {reason}"))?;
        return work_on(db, storage, &World::default().env(1), model).await.map(Some);
    }
    if let Err(reason) = read
        && !reason.starts_with("StorageError")
    {
        return Err(format!("on the broken store: {reason}"));
    }
    // Whoever tries again does no harm.
    let _ = db.compact().await;
    let _ = db.maintain().await;
    Ok(None)
}

/// Runs a workload on files under a fault that is no crash, and checks everything after it. True if the
/// fault came to pass.
fn fail_on_files(workload: &Workload, at: u64, fault: Fault) -> Result<bool, String> {
    let world = World::default();
    let (options, files) = (world.options(at), world.files_for(at));
    files.set_fault(Some(fault));
    let possible = match storage_of(&files, options) {
        Err(_) => vec![Chroma::default()],
        Ok(storage) => block_on(async {
            match open(&storage, &World::default().env(1)).await {
                Err(error) => check_error(&error).map(|()| vec![Chroma::default()]),
                Ok(db) => {
                    let progress = play(&db, &workload.1).await;
                    let worked = after_failure(&db, &storage, &progress, || files.set_fault(None)).await?;
                    Ok(worked.map_or(progress.possible, |worked| vec![worked]))
                }
            }
        })?,
    };
    let reached = files.operations() > at;
    files.set_fault(None);
    for crash in [Crash::Kill, Crash::PowerLossSubset] {
        let image = files.reopen(crash, at);
        // What was worked on is acknowledged and so is "omega": recovery creates it only once.
        let checked = block_on(async {
            let storage = storage_of(&image, options)?;
            let env = World::default().env(2);
            let db = open(&storage, &env).await.map_err(why)?;
            settle(&db, &possible).await?;
            maintain(&db).await?;
            no_garbage(&storage, &env).await
        });
        checked.map_err(|reason| format!("after {crash:?}: {reason}"))?;
    }
    Ok(reached)
}

#[test]
fn every_failed_operation_is_reported_and_harmless() {
    let faults: [fn(u64) -> Fault; 5] = [
        |at| Fault::Fail { at, error: quota() },
        |at| Fault::Fail { at, error: failure() },
        |at| Fault::FailFrom { at, error: quota() },
        |at| Fault::FailFrom { at, error: failure() },
        |at| Fault::ShortWrite { at },
    ];
    for workload in &workloads::all() {
        for fault in faults {
            let mut at = 0;
            while fail_on_files(workload, at, fault(at)).unwrap_or_else(|reason| {
                panic!("{}, {:?}: {reason}", workload.0, fault(at));
            }) {
                at += 1;
            }
        }
    }
}

/// As [`fail_on_files`], on a storage that stays open after any error and can lose an answer.
fn fail_slowly(workload: &Workload, trouble: Trouble) -> Result<bool, String> {
    let at = trouble.at;
    let slow = Rc::new(SlowStorage::new(1, Some(trouble)));
    let storage: Rc<dyn Storage> = Rc::clone(&slow) as Rc<dyn Storage>;
    let possible = block_on(async {
        match open(&storage, &World::default().env(1)).await {
            Err(error) => check_error(&error).map(|()| vec![Chroma::default()]),
            Ok(db) => {
                let progress = play(&db, &workload.1).await;
                let worked = after_failure(&db, &storage, &progress, || ()).await?;
                Ok(worked.map_or(progress.possible, |worked| vec![worked]))
            }
        }
    })?;
    let reached = slow.changes.get() > at;
    slow.trouble.take();
    block_on(async {
        let env = World::default().env(2);
        let db = open(&storage, &env).await.map_err(why)?;
        settle(&db, &possible).await?;
        maintain(&db).await?;
        no_garbage(&storage, &env).await
    })?;
    Ok(reached)
}

#[test]
fn a_storage_that_fails_and_stays_open_loses_nothing() {
    let troubles: [fn(u64) -> Trouble; 3] = [
        |at| Trouble { at, error: quota(), done: false },
        |at| Trouble { at, error: failure(), done: false },
        |at| Trouble { at, error: failure(), done: true },
    ];
    for workload in &workloads::all() {
        for trouble in troubles {
            let mut at = 0;
            while fail_slowly(workload, trouble(at)).unwrap_or_else(|reason| {
                panic!("{}, {:?}: {reason}", workload.0, trouble(at));
            }) {
                at += 1;
            }
        }
    }
}

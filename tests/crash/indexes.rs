//! Crashes and failures at every operation of the storage while the vectors of a collection are indexed: codes,
//! posting lists, graphs.
//!
//! Each change of a workload starts from the files as the one before has left them, so that a crash in a late one
//! does not cost all that came before.

use std::collections::BTreeMap;

use chromatid::blockstore::{Blockstore, Bytes};
use chromatid::sysdb::SysDb;
use futures::executor::block_on;

use super::searched::{Change, Records, Workload, create, settle, workloads};
use super::*;

/// Rounds of maintenance after which it is taken to be endless. Workloads need some twenty.
const ENDLESS: usize = 200;

/// A change, and the store before it.
struct Stage {
    files: Vec<Vec<u8>>,
    records: Records,
    change: Change,
    /// How many entries the index has of each kind.
    shape: Shape,
}

type Shape = BTreeMap<String, usize>;

/// How many entries the index of the one collection has under each prefix.
async fn shape(storage: &Rc<dyn Storage>) -> Shape {
    let blockstore = Blockstore::new(Rc::clone(storage), env(4), 1 << 20);
    let (_, catalog, _) = SysDb::open(&blockstore).await.unwrap();
    let mut shape = Shape::new();
    if let Some(root) = catalog.rows().find_map(|row| row.segment?.vectors) {
        for (prefix, _, _) in blockstore.open::<u32, Bytes>(root).await.unwrap().all().await.unwrap() {
            *shape.entry(prefix).or_default() += 1;
        }
    }
    shape
}

/// The stages of what is under test in a workload. Maintenance is as many stages as it takes rounds.
fn stages(workload: &Workload) -> Vec<Stage> {
    let files = SimFiles::new(5);
    let mut records = Records::new();
    let mut stages = Vec::new();
    block_on(async {
        let db = open(&storage_of(&files, OPTIONS[0]).unwrap(), &env(1)).await.unwrap();
        create(&db, &workload.configuration).await.unwrap();
        for change in &workload.before {
            change.run(&db).await.unwrap();
            change.apply(&mut records);
        }
        db.close().await.unwrap();
    });
    let mut contents = files.contents();
    for change in &workload.under_test {
        for _ in 0..ENDLESS {
            let files = SimFiles::from_contents(contents.clone(), 5);
            let shape = block_on(async {
                let storage = storage_of(&files, OPTIONS[0]).unwrap();
                let shape = shape(&storage).await;
                // No two stages draw the same ids.
                let db = open(&storage, &env(100 + stages.len() as u64)).await.unwrap();
                settle(&db, std::slice::from_ref(&records)).await.unwrap();
                change.run(&db).await.unwrap();
                db.close().await.unwrap();
                shape
            });
            let after = files.contents();
            let done = contents == after;
            if !done {
                let files = std::mem::replace(&mut contents, after);
                stages.push(Stage { files, records: records.clone(), change: change.clone(), shape });
            }
            if done || !matches!(change, Change::Maintain) {
                break;
            }
        }
        change.apply(&mut records);
    }
    stages
}

impl Stage {
    /// What a store may hold if the change was not acknowledged.
    fn possible(&self) -> [Records; 2] {
        let mut after = self.records.clone();
        self.change.apply(&mut after);
        [self.records.clone(), after]
    }

    fn after(&self) -> Records {
        let [_, after] = self.possible();
        after
    }

    /// The store before the change, with a fault at one of the operations of the change.
    fn files(&self, fault: Fault) -> SimFiles {
        let files = SimFiles::from_contents(self.files.clone(), 5);
        files.set_fault(Some(fault));
        files
    }

    /// Makes the change; the error if it is not acknowledged.
    fn run(&self, files: &SimFiles) -> Result<(), Error> {
        let storage: Rc<dyn Storage> = Rc::new(files.storage(OPTIONS[0])?);
        block_on(async {
            let db = open(&storage, &env(2)).await?;
            settle(&db, std::slice::from_ref(&self.records)).await.map_err(Error::Internal)?;
            self.change.run(&db).await
        })
    }
}

/// Maintains to the end; everything is there and found before and after, and work goes on.
async fn goes_on(db: &Db, storage: &Rc<dyn Storage>, possible: &[Records]) -> Result<(), String> {
    let mut records = settle(db, possible).await?;
    let more = [
        Change::Upsert(searched::records(5_000..5_040, 3)),
        Change::Delete(searched::ids((0..60).map(|number| number * 7))),
        Change::Compact,
    ];
    for changes in [&[][..], &more] {
        for change in changes {
            change.run(db).await.map_err(|error| format!("{change:?}: {}", why(error)))?;
            change.apply(&mut records);
        }
        let mut rounds = 0;
        while db.maintain().await.map_err(why)? {
            rounds += 1;
            if rounds > ENDLESS {
                return Err("maintenance never ends".into());
            }
        }
        settle(db, std::slice::from_ref(&records))
            .await
            .map_err(|error| format!("after maintenance: {error}"))?;
        no_garbage(storage, &env(4)).await?;
    }
    Ok(())
}

fn recovers(image: &SimFiles, possible: &[Records]) -> Result<(), String> {
    block_on(async {
        let storage = storage_of(image, OPTIONS[0])?;
        let db = open(&storage, &env(3)).await.map_err(why)?;
        goes_on(&db, &storage, possible).await
    })
}

/// Crashes at every operation of every stage, each time in another way. Answers how many images recovered.
fn crash_everywhere(stages: &[Stage]) -> u64 {
    let mut images = 0;
    for (number, stage) in stages.iter().enumerate() {
        for at in 0.. {
            let files = stage.files(Fault::Crash { at });
            let outcome = stage.run(&files);
            let possible = match &outcome {
                Ok(()) => vec![stage.after()],
                Err(_) => stage.possible().to_vec(),
            };
            let (crash, _) = CRASHES[(at as usize + number) % CRASHES.len()];
            recovers(&files.reopen(crash, at), &possible).unwrap_or_else(|reason| {
                panic!("stage {number}, {:?}, {crash:?} at operation {at}: {reason}", kind(&stage.change))
            });
            images += 1;
            if outcome.is_ok() {
                break;
            }
        }
    }
    images
}

fn kind(change: &Change) -> &'static str {
    match change {
        Change::Upsert(_) => "upsert",
        Change::Delete(_) => "delete",
        Change::Compact => "compact",
        Change::Maintain => "maintain",
    }
}

/// The change under a fault that is no crash. True if the fault came to pass.
fn fails_harmlessly(stage: &Stage, at: u64, fault: Fault) -> Result<bool, String> {
    let files = SimFiles::from_contents(stage.files.clone(), 5);
    let storage = storage_of(&files, OPTIONS[0])?;
    let outcome = block_on(async {
        let db = open(&storage, &env(2)).await.map_err(why)?;
        settle(&db, std::slice::from_ref(&stage.records)).await?;
        let before = files.operations();
        files.set_fault(Some(shifted(fault, before + at)));
        let outcome = stage.change.run(&db).await;
        let reached = files.operations() > before + at;
        let Err(error) = outcome else {
            files.set_fault(None);
            return goes_on(&db, &storage, &[stage.after()]).await.map(|()| (reached, None));
        };
        check_error(&error)?;
        if let Error::Storage(StorageError::QuotaExceeded { .. }) = error {
            // The full store answers; what failed is done once there is room.
            settle(&db, std::slice::from_ref(&stage.records))
                .await
                .map_err(|error| format!("on the full store: {error}"))?;
            files.set_fault(None);
            goes_on(&db, &storage, std::slice::from_ref(&stage.records)).await?;
            return Ok((reached, None));
        }
        if let Err(reason) = settle(&db, &stage.possible()).await
            && !reason.starts_with("StorageError")
        {
            return Err(format!("on the broken store: {reason}"));
        }
        Ok((reached, Some(stage.possible().to_vec())))
    })?;
    drop(storage);
    files.set_fault(None);
    if let (_, Some(possible)) = &outcome {
        recovers(&files.reopen(Crash::Kill, at), possible).map_err(|reason| format!("reopened: {reason}"))?;
    }
    Ok(outcome.0)
}

/// The same fault, elsewhere.
fn shifted(fault: Fault, at: u64) -> Fault {
    match fault {
        Fault::Crash { .. } => Fault::Crash { at },
        Fault::Fail { error, .. } => Fault::Fail { at, error },
        Fault::FailFrom { error, .. } => Fault::FailFrom { at, error },
        Fault::ShortWrite { .. } => Fault::ShortWrite { at },
    }
}

/// Lets every operation of every stage fail, each time in another way. Answers how many faults came to pass.
fn fail_everywhere(workload: &Workload) -> u64 {
    let mut faults = 0;
    for (number, stage) in stages(workload).iter().enumerate() {
        for at in 0.. {
            let fault = match (at + number as u64) % 4 {
                0 => Fault::Fail { at, error: quota() },
                1 => Fault::Fail { at, error: failure() },
                2 => Fault::FailFrom { at, error: quota() },
                _ => Fault::ShortWrite { at },
            };
            let reached = fails_harmlessly(stage, at, fault.clone()).unwrap_or_else(|reason| {
                panic!("stage {number}, {:?}, {fault:?}: {reason}", kind(&stage.change))
            });
            if !reached {
                break;
            }
            faults += 1;
        }
    }
    faults
}

/// How many entries of a kind the stages begin with.
fn counts(stages: &[Stage], prefix: &str) -> Vec<usize> {
    stages.iter().map(|stage| stage.shape.get(prefix).copied().unwrap_or(0)).collect()
}

#[test]
fn codes_survive_every_crash() {
    let stages = stages(&workloads::codes());
    let codes = counts(&stages, "code");
    assert!(codes[0] == 0 && codes.ends_with(&[1]), "{codes:?}");
    let images = crash_everywhere(&stages);
    assert!(images >= 50, "only {images} crashes were tried");
}

#[test]
fn lists_survive_every_crash() {
    let stages = stages(&workloads::lists());
    let heads = counts(&stages, "head");
    assert!(heads.windows(2).any(|heads| heads[0] == 0 && heads[1] > 0), "none were founded: {heads:?}");
    assert!(heads.windows(2).any(|heads| heads[0] > 0 && heads[0] < heads[1]), "none were split: {heads:?}");
    assert!(heads.windows(2).any(|heads| heads[0] > heads[1]), "none were dissolved: {heads:?}");
    let images = crash_everywhere(&stages);
    assert!(images >= 150, "only {images} crashes were tried");
}

#[test]
fn graphs_survive_every_crash() {
    let stages = stages(&workloads::graphs());
    let chunks = counts(&stages, "node");
    assert!(
        chunks.windows(2).any(|chunks| chunks[0] > 0 && chunks[0] < chunks[1]),
        "it did not grow: {chunks:?}"
    );
    let images = crash_everywhere(&stages);
    assert!(images >= 100, "only {images} crashes were tried");
}

#[test]
fn codes_survive_every_failure() {
    let faults = fail_everywhere(&workloads::codes());
    assert!(faults >= 30, "only {faults} failures were tried");
}

#[test]
fn lists_survive_every_failure() {
    let faults = fail_everywhere(&workloads::lists());
    assert!(faults >= 100, "only {faults} failures were tried");
}

#[test]
fn graphs_survive_every_failure() {
    let faults = fail_everywhere(&workloads::graphs());
    assert!(faults >= 50, "only {faults} failures were tried");
}

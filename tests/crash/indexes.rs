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

/// As in a browser.
const OPTIONS: FileOptions = FileOptions { rewrite_bytes: 1 << 20, spare_bytes: 1 << 18 };

/// Rounds of maintenance after which it is taken to be endless. Workloads need some twenty.
const ENDLESS: usize = 200;

/// A change, and the store before it.
struct Stage {
    world: World,
    files: Vec<Vec<u8>>,
    records: Records,
    change: Change,
    /// How many entries the index has of each kind.
    shape: Shape,
}

type Shape = BTreeMap<String, usize>;

/// How many entries the index of the one collection has under each prefix.
async fn shape(world: World, storage: &Rc<dyn Storage>) -> Shape {
    let blockstore = Blockstore::new(Rc::clone(storage), world.env(4), 1 << 20);
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
fn stages(world: World, workload: &Workload) -> Vec<Stage> {
    let files = world.files();
    let mut records = Records::new();
    let mut stages = Vec::new();
    block_on(async {
        let db = open(&storage_of(&files, OPTIONS).unwrap(), &world.env(1)).await.unwrap();
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
                let storage = storage_of(&files, OPTIONS).unwrap();
                let shape = shape(world, &storage).await;
                // No two stages draw the same ids.
                let db = open(&storage, &world.env(100 + stages.len() as u64)).await.unwrap();
                settle(&db, std::slice::from_ref(&records)).await.unwrap();
                change.run(&db).await.unwrap();
                db.close().await.unwrap();
                shape
            });
            let after = files.contents();
            let done = contents == after;
            if !done {
                let files = std::mem::replace(&mut contents, after);
                let (records, change) = (records.clone(), change.clone());
                stages.push(Stage { world, files, records, change, shape });
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
        let storage: Rc<dyn Storage> = Rc::new(files.storage(OPTIONS)?);
        block_on(async {
            let db = open(&storage, &self.world.env(2)).await?;
            settle(&db, std::slice::from_ref(&self.records)).await.map_err(Error::Internal)?;
            self.change.run(&db).await
        })
    }
}

/// Maintains to the end; everything is there and found before and after, and work goes on.
async fn goes_on(
    world: World,
    db: &Db,
    storage: &Rc<dyn Storage>,
    possible: &[Records],
) -> Result<(), String> {
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
        no_garbage(storage, &world.env(4)).await?;
    }
    Ok(())
}

fn recovers(world: World, image: &SimFiles, possible: &[Records]) -> Result<(), String> {
    block_on(async {
        let storage = storage_of(image, OPTIONS)?;
        let db = open(&storage, &world.env(3)).await.map_err(why)?;
        goes_on(world, &db, &storage, possible).await
    })
}

/// Crashes at every operation of every stage, each time in another way. Answers how many images recovered.
fn crash_everywhere(world: World, name: &str, stages: &[Stage]) -> Result<u64, String> {
    let mut images = 0;
    for (number, stage) in stages.iter().enumerate() {
        let workload = format!("{name}, stage {number}: {}", kind(&stage.change));
        for at in 0.. {
            let files = stage.files(Fault::Crash { at });
            let (crash, _) = CRASHES[world.turn(at + number as u64, CRASHES.len())];
            let seed = world.crash_seed(at, 0);
            judging(&workload, crash, at, seed);
            let outcome = stage.run(&files);
            let possible = match &outcome {
                Ok(()) => vec![stage.after()],
                Err(_) => stage.possible().to_vec(),
            };
            recovers(world, &files.reopen(crash, seed), &possible)?;
            images += 1;
            if outcome.is_ok() {
                break;
            }
        }
    }
    Ok(images)
}

/// Lets a workload crash everywhere, in as many worlds as there have to be. `check` looks at what is to crash in the first one.
fn crash_in_worlds(name: &str, workload: &Workload, check: impl Fn(&[Stage])) -> u64 {
    let mut is_checked = false;
    rounds(name, 4, |world| {
        let stages = stages(world, workload);
        if !std::mem::replace(&mut is_checked, true) {
            check(&stages);
        }
        crash_everywhere(world, name, &stages)
    })
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
    let (world, storage) = (stage.world, storage_of(&files, OPTIONS)?);
    let outcome = block_on(async {
        let db = open(&storage, &world.env(2)).await.map_err(why)?;
        settle(&db, std::slice::from_ref(&stage.records)).await?;
        let before = files.operations();
        files.set_fault(Some(shifted(fault, before + at)));
        let outcome = stage.change.run(&db).await;
        let reached = files.operations() > before + at;
        let Err(error) = outcome else {
            files.set_fault(None);
            return goes_on(world, &db, &storage, &[stage.after()]).await.map(|()| (reached, None));
        };
        check_error(&error)?;
        if let Error::Storage(StorageError::QuotaExceeded { .. }) = error {
            // The full store answers; what failed is done once there is room.
            settle(&db, std::slice::from_ref(&stage.records))
                .await
                .map_err(|error| format!("on the full store: {error}"))?;
            files.set_fault(None);
            goes_on(world, &db, &storage, std::slice::from_ref(&stage.records)).await?;
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
        recovers(world, &files.reopen(Crash::Kill, at), possible)
            .map_err(|reason| format!("reopened: {reason}"))?;
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
    for (number, stage) in stages(World::default(), workload).iter().enumerate() {
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
    let images = crash_in_worlds("codes", &workloads::codes(), |stages| {
        let codes = counts(stages, "code");
        assert!(codes[0] == 0 && codes.ends_with(&[1]), "{codes:?}");
    });
    assert!(images >= 50, "only {images} crashes were tried");
}

#[test]
fn lists_survive_every_crash() {
    let images = crash_in_worlds("lists", &workloads::lists(), |stages| {
        let heads = counts(stages, "head");
        let changes =
            |change: fn(usize, usize) -> bool| heads.windows(2).any(|heads| change(heads[0], heads[1]));
        assert!(changes(|before, after| before == 0 && after > 0), "none were founded: {heads:?}");
        assert!(changes(|before, after| before > 0 && before < after), "none were split: {heads:?}");
        assert!(changes(|before, after| before > after), "none were dissolved: {heads:?}");
    });
    assert!(images >= 150, "only {images} crashes were tried");
}

#[test]
fn graphs_survive_every_crash() {
    let images = crash_in_worlds("graphs", &workloads::graphs(), |stages| {
        let chunks = counts(stages, "node");
        let has_grown = chunks.windows(2).any(|chunks| chunks[0] > 0 && chunks[0] < chunks[1]);
        assert!(has_grown, "it did not grow: {chunks:?}");
    });
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

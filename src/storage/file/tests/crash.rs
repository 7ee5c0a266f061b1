//! A crash at every operation, kept by the device in every way: nothing acknowledged is lost, nothing
//! else appears in part, and the recovered store goes on.

use futures::FutureExt;

use super::*;
use crate::storage::sim::{Crash, Fault};

const WAYS: [(Crash, u64); 4] = [
    (Crash::Kill, 1),
    (Crash::PowerLossNothing, 1),
    (Crash::PowerLossPrefix, 6),
    (Crash::PowerLossSubset, 24),
];

/// Opens the store in `files` and checks it against what was acknowledged; returns what it holds.
fn recover(
    files: &SimFiles,
    before: &Model,
    after: &Model,
    kept_all: bool,
) -> Result<(Store, Model), String> {
    let store = files.storage(OPTIONS).map_err(|error| format!("does not open: {error}"))?;
    let model = Model::recovered(before, after, &store, kept_all)?;
    Ok((store, model))
}

/// The recovered store takes every kind of call, and keeps it.
fn goes_on(files: &SimFiles, store: Store, mut model: Model) -> Result<(), String> {
    let steps = [
        Step::Append(vec![33], Durability::Strict),
        Step::Write(vec![(900, 2_000), (901, 5_000)]),
        Step::Flush,
        Step::Root(77),
        Step::Drop(end_of(&model.frames).sequence),
        Step::Delete(vec![900]),
        Step::Append(vec![600, 1], Durability::Relaxed),
    ];
    for step in steps {
        model.call(&store, &step).map_err(|error| format!("{step:?} after recovery: {error}"))?;
        model = model.after(&step);
    }
    now(store.close()).map_err(|error| error.to_string())?;
    drop(store);
    model = model.after(&Step::Flush);
    let (_, found) = recover(files, &model, &model, true)?;
    if found != model {
        return Err("what was written after recovery is not there after closing".into());
    }
    Ok(())
}

#[test]
fn a_crash_at_any_operation_loses_nothing_acknowledged() {
    let steps = workload();
    let files = SimFiles::new(0);
    let (before, after) = run_until_failure(&files, &steps);
    assert_eq!(before, after, "the workload runs without faults");
    let total = files.operations();
    assert!(total > 100, "{total} operations");
    for journal in [1..3, 3..5] {
        let epochs =
            files.contents()[journal].iter().filter_map(|file| Some(u64::from(*file.get(16)?))).max();
        assert!(epochs > Some(2), "both journals are rewritten, more than once: {epochs:?}");
    }
    for at in 0..=total {
        let files = SimFiles::new(at);
        files.set_fault(Some(Fault::Crash { at }));
        let (before, after) = run_until_failure(&files, &steps);
        for (crash, seeds) in WAYS {
            for seed in 0..seeds {
                let left = files.reopen(crash, seed);
                let result = recover(&left, &before, &after, crash == Crash::Kill)
                    .and_then(|(store, model)| goes_on(&left, store, model));
                assert_eq!(result, Ok(()), "crash before operation {at}, {crash:?}, seed {seed}");
            }
        }
    }
}

#[test]
fn a_crash_during_recovery_is_as_harmless_as_the_first() {
    let steps = workload();
    let files = SimFiles::new(0);
    run_until_failure(&files, &steps);
    let total = files.operations();
    let mut recoveries_with_writes = 0;
    for at in (0..=total).rev() {
        let files = SimFiles::new(at);
        files.set_fault(Some(Fault::Crash { at }));
        let (before, after) = run_until_failure(&files, &steps);
        for (crash, seeds) in WAYS {
            for seed in 0..seeds.min(4) {
                let kept_all = crash == Crash::Kill;
                let mut second = 0;
                loop {
                    let left = files.reopen(crash, seed);
                    left.set_fault(Some(Fault::Crash { at: second }));
                    if left.storage(OPTIONS).is_ok() {
                        break;
                    }
                    recoveries_with_writes += 1;
                    for (crash, seeds) in WAYS {
                        for seed in 0..seeds.min(3) {
                            let left = left.reopen(crash, seed);
                            let kept_all = kept_all && crash == Crash::Kill;
                            let result = recover(&left, &before, &after, kept_all).map(|_| ());
                            assert_eq!(result, Ok(()), "crashes before {at} and {second} of the recovery");
                        }
                    }
                    second += 1;
                }
            }
        }
    }
    assert!(recoveries_with_writes > 100, "{recoveries_with_writes} recoveries had something to write");
}

/// What is acknowledged after a move, and if something failed, what was under way.
type Moved = (Model, Option<Model>);

/// What a life is lived by: chance, and numbers for new blocks.
struct Luck {
    random: Xorshift,
    fresh: u64,
}

impl Luck {
    fn step(&mut self, model: &Model) -> Step {
        random_step(model, &mut self.random, &mut self.fresh)
    }
}

/// Lives one life after the other on the same files, each until it crashes within so many operations; checks what the next one finds.
fn live(
    seed: u64,
    lives: u32,
    (waits, operations): (bool, u64),
    mut act: impl FnMut(&Store, &Model, &mut Luck) -> Moved,
) {
    let mut luck = Luck { random: Xorshift::new(seed), fresh: 0 };
    let mut files = SimFiles::new(seed);
    files.set_waits(waits);
    let (mut before, mut after, mut kept_all) = (Model::default(), Model::default(), false);
    for life in 0..lives {
        let opened = recover(&files, &before, &after, kept_all);
        let (store, mut model) = opened.unwrap_or_else(|reason| panic!("seed {seed}, life {life}: {reason}"));
        files.set_fault(Some(Fault::Crash { at: files.operations() + luck.random.below(operations) }));
        (before, after) = loop {
            match act(&store, &model, &mut luck) {
                (next, None) => model = next,
                (acknowledged, Some(under_way)) => break (acknowledged, under_way),
            }
        };
        let (crash, _) = WAYS[luck.random.below(4) as usize];
        // What an earlier kill left unflushed may still be lost by a later power cut, unless it was
        // made durable in between: recovery has done that.
        kept_all = crash == Crash::Kill;
        files = files.reopen(crash, luck.random.next());
    }
}

/// What came of a call.
fn ended(outcome: Answer<()>, before: &Model, after: Model) -> Moved {
    match outcome {
        Ok(()) => (after, None),
        Err(_) => (before.clone(), Some(after)),
    }
}

#[test]
fn random_lives_with_many_crashes_lose_nothing_acknowledged() {
    for seed in 0..400 {
        live(seed, 8, (false, 60), |store, model, luck| {
            let step = luck.step(model);
            ended(model.call(store, &step), model, model.after(&step))
        });
    }
}

/// Makes a call that waits, and another one while it does so for the `polls`th time.
fn both(store: &Store, model: &Model, (step, other): (&Step, &Step), polls: u64) -> Moved {
    let mut complete = model.after(step).after(other);
    complete.perhaps.extend(model.visible.clone());
    complete.perhaps.extend(complete.visible.clone());
    // What a call has written is there; that it lasts is promised once it is acknowledged.
    let mut begun = complete.clone();
    (begun.durable, begun.root, begun.flushed) = (model.durable, model.root.clone(), model.flushed.clone());
    begun.perhaps.extend(model.perhaps.clone());
    if matches!(other, Step::Append(_, Durability::Strict)) {
        begun.durable = complete.durable;
    }
    let mut call = model.begin(store, step);
    for _ in 0..polls {
        if let Some(outcome) = (&mut call).now_or_never() {
            return ended(outcome, model, model.after(step));
        }
    }
    if let Err(error) = model.after(step).call(store, other) {
        return ended(Err(error), model, complete);
    }
    ended(now(call), &begun, complete)
}

#[test]
fn what_happens_while_a_flush_is_under_way_is_neither_lost_nor_done_too_early() {
    let mut met = 0;
    for seed in 0..600 {
        live(seed, 6, (true, 80), |store, model, luck| {
            let step = luck.step(model);
            let other = luck.step(&model.after(&step));
            let (waits, polls) = match step {
                Step::Flush | Step::Root(_) | Step::Append(_, Durability::Strict) => (true, 2),
                // Dropping frames may rewrite the log, in a step for each few hundred bytes.
                Step::Drop(_) => (true, 8),
                _ => (false, 0),
            };
            let is_met = matches!(
                other,
                Step::Write(_) | Step::Delete(_) | Step::Drop(_) | Step::Shrink | Step::Append(..)
            );
            if !(waits && is_met) {
                return ended(model.call(store, &step), model, model.after(&step));
            }
            met += 1;
            both(store, model, (&step, &other), 1 + luck.random.below(polls))
        });
    }
    assert!(met > 1_000, "{met} calls were met by another one");
}

#[test]
fn the_place_of_a_deleted_block_is_free_once_its_deletion_is_durable() {
    let files = SimFiles::new(0);
    files.set_waits(true);
    let store = files.storage(OPTIONS).unwrap();
    let deleted = block(1, 5_000);
    now(store.write_blocks(vec![deleted.clone()])).unwrap();
    now(store.flush()).unwrap();
    now(store.delete_blocks(vec![deleted.0])).unwrap();
    let mut flush = store.flush();
    assert!((&mut flush).now_or_never().is_none(), "the deletion is noted, and waits for the device");
    now(store.write_blocks(vec![block(2, 5_000)])).unwrap();
    let mut kept = 0;
    for seed in 0..100 {
        let left = files.reopen(Crash::PowerLossSubset, seed).storage(OPTIONS).unwrap();
        let found = blocks_of(&left).unwrap();
        assert!(found.is_empty() || found == BTreeMap::from([deleted.clone()]), "seed {seed}");
        kept += found.len();
    }
    assert!((1..100).contains(&kept), "the block was there {kept} times of 100");
    now(flush).unwrap();
    let size = files.contents()[5].len();
    now(store.write_blocks(vec![block(3, 5_000)])).unwrap();
    assert_eq!(files.contents()[5].len(), size, "then others have it");
}

//! Operations that fail: the error is truthful, and what is on the device is never worse for it.

use super::*;
use crate::error::StorageError;
use crate::storage::sim::{Crash, Fault};

fn quota() -> StorageError {
    StorageError::QuotaExceeded { operation: "writing a file" }
}

fn broken() -> StorageError {
    StorageError::failed("writing a file", "InvalidStateError")
}

/// What the store in hand says must be exactly the model.
fn is_exactly(store: &Store, model: &Model) -> Result<(), String> {
    let found = Model::recovered(model, model, store, true)?;
    if found.visible != model.visible || found.root != model.root || found.frames != model.frames {
        return Err("a failed call changed something".into());
    }
    Ok(())
}

#[test]
fn a_full_device_fails_only_the_call_in_question() {
    let steps = workload();
    let files = SimFiles::new(0);
    run_until_failure(&files, &steps);
    let mut refused = 0;
    for at in 0..files.operations() {
        let files = SimFiles::new(at);
        let mut model = Model::default();
        files.set_fault(Some(Fault::Fail { at, error: quota() }));
        let Ok(mut store) = files.storage(OPTIONS) else { continue };
        let mut last_step = Step::Flush;
        for step in &steps {
            let after = model.after(step);
            match model.call(&store, step) {
                Ok(()) => {}
                Err(StorageError::QuotaExceeded { .. }) => {
                    refused += 1;
                    is_exactly(&store, &model).unwrap_or_else(|reason| panic!("{at}, {step:?}: {reason}"));
                    // Not even a crash brings back what was refused.
                    for seed in 0..8 {
                        let left = files.reopen(Crash::PowerLossSubset, seed);
                        let found = left.storage(OPTIONS).map_err(|error| error.to_string());
                        let found = found.and_then(|store| Model::recovered(&model, &model, &store, false));
                        assert!(found.is_ok(), "{at}, {step:?}, seed {seed}: {found:?}");
                    }
                    model.call(&store, step).unwrap_or_else(|error| panic!("{at}, {step:?} again: {error}"));
                }
                Err(error) => {
                    // A flush, or a write that cannot be taken back: the store is closed, and opening it
                    // again recovers one side of the call.
                    assert_eq!(now(store.read_root()), Err(StorageError::Closed), "{at}, {step:?}: {error}");
                    drop(store);
                    store = files.storage(OPTIONS).unwrap();
                    let found = Model::recovered(&model, &after, &store, true);
                    let found = found.unwrap_or_else(|reason| panic!("{at}, {step:?}: {reason}"));
                    last_step = step.clone();
                    model = found;
                    break;
                }
            }
            model = after;
        }
        is_exactly(&store, &model)
            .unwrap_or_else(|reason| panic!("{at}, in the end ({last_step:?}): {reason}"));
    }
    assert!(refused > 20, "{refused} calls were refused");
}

#[test]
fn a_failing_operation_never_costs_what_was_acknowledged() {
    let steps = workload();
    let files = SimFiles::new(0);
    run_until_failure(&files, &steps);
    let errors = [
        quota(),
        broken(),
        StorageError::Locked { detail: "NoModificationAllowedError".into() },
        StorageError::failed("writing a file", "AbortError"),
    ];
    for at in 0..files.operations() {
        for error in &errors {
            let fail = Fault::Fail { at, error: error.clone() };
            let fail_from = Fault::FailFrom { at, error: error.clone() };
            for fault in [fail, fail_from] {
                let files = SimFiles::new(at);
                files.set_fault(Some(fault.clone()));
                let (before, after) = run_until_failure(&files, &steps);
                files.set_fault(None);
                for (crash, seed) in
                    [(Crash::Kill, 0), (Crash::PowerLossNothing, 0), (Crash::PowerLossSubset, at)]
                {
                    let left = files.reopen(crash, seed);
                    let store =
                        left.storage(OPTIONS).unwrap_or_else(|error| panic!("{fault:?}, {crash:?}: {error}"));
                    let found = Model::recovered(&before, &after, &store, crash == Crash::Kill);
                    assert!(found.is_ok(), "{fault:?}, {crash:?}: {:?}", found.err());
                }
            }
        }
    }
}

#[test]
fn short_writes_are_continued() {
    let steps = workload();
    let files = SimFiles::new(0);
    let (model, _) = run_until_failure(&files, &steps);
    for at in 0..files.operations() {
        let short = SimFiles::new(0);
        short.set_fault(Some(Fault::ShortWrite { at }));
        let (found, _) = run_until_failure(&short, &steps);
        assert_eq!(found, model);
        assert_eq!(short.contents(), files.contents(), "operation {at}");
    }
}

#[test]
fn a_failed_flush_closes_the_store() {
    let files = SimFiles::new(0);
    let store = files.storage(OPTIONS).unwrap();
    let model = Model::default();
    // The write of the frame succeeds, its flush does not.
    files.set_fault(Some(Fault::Fail { at: files.operations() + 1, error: quota() }));
    let error = model.call(&store, &Step::Append(vec![5], Durability::Strict)).unwrap_err();
    assert!(matches!(error, StorageError::Failed { .. }), "{error}");
    assert_eq!(now(store.flush()), Err(StorageError::Closed));
    assert_eq!(now(store.close()), Err(StorageError::Closed));
    assert!(files.storage(OPTIONS).is_ok(), "the files were let go");
}

#[test]
fn the_same_calls_write_the_same_bytes() {
    let (first, second) = (SimFiles::new(1), SimFiles::new(2));
    for files in [&first, &second] {
        run_until_failure(files, &workload());
    }
    assert_eq!(first.contents(), second.contents());
}

#[test]
fn files_in_use_are_not_opened_twice() {
    let files = SimFiles::new(0);
    let store = files.storage(OPTIONS).unwrap();
    assert!(matches!(files.storage(OPTIONS), Err(StorageError::Locked { .. })));
    drop(store);
    assert!(files.storage(OPTIONS).is_ok());
}

//! Compaction: tail → segment → one root swap → log dropped. Spec: storage-architecture 11.
//!
//! Queries and writes go on meanwhile: a compaction works on a snapshot in slices of
//! [`crate::limits::SLICE_MS`], and what is written meanwhile stays in the log.

use std::rc::Rc;

use crate::env::Slices;
use crate::error::{Error, Result, StorageError};
use crate::execution::collection::CollectionState;
#[cfg(feature = "rest")]
use crate::execution::orchestrators::changes;
use crate::execution::orchestrators::garbage::sweep;
use crate::execution::store::Store;
use crate::limits::{COMPACTION_BYTES, COMPACTION_OPERATIONS};
use crate::segment::{self, Compacted, Snapshot};
use crate::storage::BlockId;
use crate::sysdb::{Change, Compaction, LogStart, RowKey};

/// Whether the tail of a collection has grown so large that it must be compacted.
pub fn is_due(state: &CollectionState) -> bool {
    let (operations, bytes) = state.pending();
    operations >= COMPACTION_OPERATIONS || bytes >= COMPACTION_BYTES
}

/// Brings everything that a collection has in the log into its segment. Does nothing if there is nothing.
pub async fn compact(store: &Rc<Store>, state: &CollectionState) -> Result<()> {
    compact_and_keep(store, state, store.keep_versions).await
}

/// As [`compact`], and keeps this many earlier versions.
pub async fn compact_and_keep(store: &Rc<Store>, state: &CollectionState, keep: usize) -> Result<()> {
    let _committing = store.committing.lock().await;
    store.log.check()?;
    if state.pending().0 == 0 {
        return Ok(());
    }
    let outcome = match compact_tail(store, state, keep).await {
        Err(error) if is_full(&error) => compact_what_fits(store, state, keep, error).await,
        outcome => outcome,
    };
    outcome.inspect_err(|error| store.note_failure(error))
}

async fn compact_tail(store: &Rc<Store>, state: &CollectionState, keep: usize) -> Result<()> {
    let (snapshot, sequence) = state.snapshot().await?;
    compact_snapshot(store, state, snapshot, (sequence, keep)).await
}

/// On a full device, after a first attempt: makes room of what nothing needs, and tries again with all of the tail, then with its oldest half, or
/// that of that, as there may be room for what fewer records touch. `full` is the error if there is none for a single write.
async fn compact_what_fits(
    store: &Rc<Store>,
    state: &CollectionState,
    keep: usize,
    full: Error,
) -> Result<()> {
    let mut sequences = state.pending_sequences();
    while let Some(last) = sequences.last().copied() {
        make_room(store).await?;
        let snapshot = state.snapshot_up_to(last).await?;
        match compact_snapshot(store, state, snapshot, (last, keep)).await {
            Err(error) if is_full(&error) => sequences.truncate(sequences.len() / 2),
            outcome => return outcome,
        }
    }
    Err(full)
}

/// Deletes what no root names, for instance what an attempt has written that failed, so that its room can be used.
async fn make_room(store: &Rc<Store>) -> Result<()> {
    store.sweep_due.set(true);
    sweep(store).await.or_else(|error| if is_full(&error) { Ok(()) } else { Err(error) })?;
    // Room is used again once it is durable that it is free.
    Ok(store.blockstore.storage().flush().await?)
}

fn is_full(error: &Error) -> bool {
    matches!(error, Error::Storage(StorageError::QuotaExceeded { .. }))
}

async fn compact_snapshot(
    store: &Rc<Store>,
    state: &CollectionState,
    snapshot: Snapshot,
    (sequence, keep): (u64, usize),
) -> Result<()> {
    let slices = Slices::background(&*store.env);
    // Servers alone tell what has changed.
    #[cfg(feature = "rest")]
    let history = changes::history_after(store, state, &snapshot, sequence).await?;
    #[cfg(not(feature = "rest"))]
    let history = Vec::new();
    let trash = Rc::clone(&store.trash);
    let compacted = segment::compact(&store.blockstore, &snapshot, history, trash, &slices).await?;
    replace_segment(store, state, snapshot, compacted, (sequence, keep)).await
}

/// One step of work on the index of a collection's vectors; false when there is nothing to do.
///
/// The log is not touched: what was written since the last compaction stays in the tail.
pub async fn improve(store: &Rc<Store>, state: &CollectionState) -> Result<bool> {
    let _committing = store.committing.lock().await;
    store.log.check()?;
    improve_vectors(store, state).await.inspect_err(|error| store.note_failure(error))
}

async fn improve_vectors(store: &Rc<Store>, state: &CollectionState) -> Result<bool> {
    let Some(sequence) = store.catalog.borrow().row(state.id()).map(|row| row.log_position) else {
        return Ok(false);
    };
    let (snapshot, _) = state.snapshot().await?;
    let slices = Slices::background(&*store.env);
    let improved = segment::improve(&store.blockstore, &snapshot, Rc::clone(&store.trash), &slices).await?;
    let Some(improved) = improved else { return Ok(false) };
    replace_segment(store, state, snapshot, improved, (sequence, store.keep_versions)).await?;
    Ok(true)
}

/// Makes a segment that holds the log up to `sequence` the collection's, which keeps this many earlier versions.
async fn replace_segment(
    store: &Rc<Store>,
    state: &CollectionState,
    snapshot: Snapshot,
    compacted: Compacted,
    (sequence, keep): (u64, usize),
) -> Result<()> {
    let Compacted { segment, added, removed } = compacted;
    // What cannot be read now a search will read, and report.
    let _ = segment.follow(&snapshot, &Slices::background(&*store.env)).await;
    let files = segment.files().ok_or_else(|| Error::Internal("a compaction wrote no segment".into()))?;
    let compaction = Compaction {
        collection: state.id(),
        segment: files,
        log_position: sequence,
        operations: state.pending_up_to(sequence),
        written_ms: store.env.now_ms() as u64,
        keep,
    };
    // Which blocks go is then for a sweep to find out.
    let was_shared = store.is_shared(state.id());
    if was_shared {
        store.sweep_due.set(true);
    }
    let blocks = (added.len() as u64, removed.len() as u64);
    let Some(committed) = commit(store, Some((&compaction, blocks))).await? else {
        return discard(store, added).await;
    };
    // The new root is durable: first everyone moves to the new segment, then the old goes.
    let is_shared = was_shared || store.is_shared(state.id());
    if is_shared {
        store.sweep_due.set(true);
    }
    snapshot.segment.retire(if is_shared { Vec::new() } else { removed });
    drop(snapshot);
    state.install(segment, sequence).await?;
    release(store, committed).await
}

/// Makes the catalogue's changes durable in the root, so that the log is no longer needed for them.
pub async fn commit_catalogue(store: &Rc<Store>) -> Result<()> {
    let _committing = store.committing.lock().await;
    store.log.check()?;
    commit_rows(store).await.inspect_err(|error| store.note_failure(error))
}

/// As [`commit_catalogue`], for a caller that holds the lock on commits.
pub(super) async fn commit_rows(store: &Rc<Store>) -> Result<()> {
    match commit(store, None).await? {
        Some(committed) => release(store, committed).await,
        None => Ok(()),
    }
}

/// What a commit has made superfluous.
pub(super) struct Committed {
    log_start: u64,
    unreachable: Vec<BlockId>,
}

/// Swaps the root; `None` if the collection was deleted while it was compacted, and nothing was committed.
pub(super) async fn commit(
    store: &Rc<Store>,
    compaction: Option<(&Compaction, (u64, u64))>,
) -> Result<Option<Committed>> {
    // Up to the first await nothing else runs: rows, log position and compaction fit together.
    let (mut added, mut removed) = (0, 0);
    let mut rows = Vec::new();
    if let Some((compaction, blocks)) = compaction {
        (added, removed) = blocks;
        match store.catalog.borrow().compacted_row(compaction) {
            Some(row) => rows.push((RowKey::Collection(compaction.collection), Some(row))),
            None => return Ok(None),
        }
    }
    let compacted = rows.first().map(|(key, _)| key.clone());
    let changes = store.catalog.borrow_mut().take_changes();
    let keys: Vec<RowKey> = changes.iter().map(|(key, _)| key.clone()).collect();
    rows.extend(changes.into_iter().filter(|(key, _)| Some(key) != compacted.as_ref()));
    let log = log_start(store, compaction.map(|(compaction, _)| compaction));

    let change = Change { rows, log, added, removed, swept: !store.sweep_due.get() };
    let unreachable = match store.sysdb.commit(change).await {
        Ok(unreachable) => unreachable,
        Err(error) => {
            store.catalog.borrow_mut().restore_changes(keys);
            return Err(error);
        }
    };
    if let Some((compaction, _)) = compaction {
        store.catalog.borrow_mut().set_compacted(compaction);
    }
    Ok(Some(Committed { log_start: log.sequence, unreachable }))
}

/// Gives up what the durable root no longer needs.
pub(super) async fn release(store: &Store, committed: Committed) -> Result<()> {
    store.log.drop_below(committed.log_start).await?;
    discard(store, committed.unreachable).await?;
    delete_trash(store).await
}

/// Where a recovery has to start reading the log, once the commit is durable.
fn log_start(store: &Store, compaction: Option<&Compaction>) -> LogStart {
    let durable = store.log.durable();
    let first_pending = |state: &Rc<CollectionState>| match compaction {
        Some(compaction) if compaction.collection == state.id() => {
            state.first_pending_after(compaction.log_position)
        }
        _ => state.first_pending_after(0),
    };
    let sequence = store.open_collections().iter().filter_map(first_pending).min().unwrap_or(durable + 1);
    LogStart { sequence, checksum: store.log.checksum_before(sequence), catalogue: durable }
}

/// Deletes the blocks of replaced segments that their last reader has left.
pub(super) async fn delete_trash(store: &Store) -> Result<()> {
    discard(store, store.trash.take()).await
}

async fn discard(store: &Store, blocks: Vec<BlockId>) -> Result<()> {
    if blocks.is_empty() {
        return Ok(());
    }
    store.blockstore.forget(&blocks);
    Ok(store.blockstore.storage().delete_blocks(blocks).await?)
}

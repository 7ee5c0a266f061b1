//! Garbage collection: blocks that the root does not reach.
//!
//! A compaction says itself which blocks it replaced. What is left over, from a crash between two steps
//! or from a deleted collection, is found by marking what the root reaches and sweeping the rest.

use std::collections::HashSet;
use std::rc::Rc;

use crate::env::Slices;
use crate::error::{Error, Result, StorageError};
use crate::execution::orchestrators::compact::{commit_rows, delete_trash};
use crate::execution::store::Store;
use crate::storage::BlockId;

/// Deletes blocks that no reader needs any more: those of replaced segments, and if a sweep is due
/// every block that the root does not reach. A sweep is put off while a reader may still hold one.
pub async fn collect(store: &Rc<Store>) -> Result<()> {
    let _committing = store.committing.lock().await;
    store.log.check()?;
    let outcome = async {
        delete_trash(store).await?;
        if store.sweep_due.get() { sweep(store).await } else { Ok(()) }
    };
    outcome.await.inspect_err(|error| store.note_failure(error))
}

/// Gives some free space back to the device; true when there may be more.
pub async fn shrink(store: &Rc<Store>) -> Result<bool> {
    let _committing = store.committing.lock().await;
    store.log.check()?;
    match store.blockstore.storage().shrink().await {
        // What cannot be moved for lack of room stays where it is.
        Err(StorageError::QuotaExceeded { .. }) => Ok(false),
        outcome => outcome.map_err(Error::from).inspect_err(|error| store.note_failure(error)),
    }
}

/// Deletes every block that the root does not reach, for a caller that holds the lock on commits.
pub(super) async fn sweep(store: &Rc<Store>) -> Result<()> {
    // A deleted collection has to leave the root before its blocks can go. On a full store that has to
    // wait until the other garbage has made room.
    let mut full = None;
    if store.catalog.borrow().has_changes() {
        match commit_rows(store).await {
            Err(error @ Error::Storage(StorageError::QuotaExceeded { .. })) => full = Some(error),
            outcome => outcome?,
        }
    }
    store.close_versions();
    if store.has_detached_readers() {
        return full.map_or(Ok(()), Err);
    }
    // What is deleted from here on makes the next sweep due.
    let last = full.is_none() && !store.catalog.borrow().has_changes();
    store.sweep_due.set(!last);
    let reachable = mark(store).await?;
    let blocks = store.blockstore.storage().list_blocks().await?;
    let garbage: Vec<BlockId> = blocks.into_iter().filter(|block| !reachable.contains(block)).collect();
    store.blockstore.forget(&garbage);
    store.blockstore.storage().delete_blocks(garbage).await?;
    if !store.sweep_due.get() && store.sysdb.blocks() != reachable.len() as u64 {
        store.sysdb.set_blocks(reachable.len() as u64);
        commit_rows(store).await?;
    }
    full.map_or(Ok(()), Err)
}

/// The blocks that the durable root reaches, or the next will.
async fn mark(store: &Store) -> Result<HashSet<BlockId>> {
    let slices = Slices::background(&*store.env);
    let mut reachable = HashSet::new();
    let mut roots: HashSet<BlockId> = store.sysdb.roots().await?.into_iter().collect();
    // A fork that is not part of the root yet goes on from a segment that may have left it.
    roots.extend(store.catalog.borrow().roots());
    for root in roots {
        reachable.extend(store.blockstore.block_ids(root).await?);
        slices.step().await;
    }
    Ok(reachable)
}

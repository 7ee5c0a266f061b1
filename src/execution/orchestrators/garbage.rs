//! Garbage collection: blocks that the root does not reach.
//!
//! A compaction says itself which blocks it replaced. What is left over, from a crash between two steps
//! or from a deleted collection, is found by marking what the root reaches and sweeping the rest.

use std::collections::HashSet;
use std::rc::Rc;

use crate::env::Slices;
use crate::error::Result;
use crate::execution::orchestrators::compact;
use crate::execution::store::Store;
use crate::storage::BlockId;

/// Deletes every block that the root does not reach. Put off while a reader may still hold one.
pub async fn sweep(store: &Rc<Store>) -> Result<()> {
    if store.catalog.borrow().has_changes() {
        // A deleted collection has to leave the root before its blocks go.
        compact::commit_catalogue(store).await?;
    }
    let committing = store.committing.lock().await;
    store.graveyard.borrow_mut().retain(|segment| segment.strong_count() > 0);
    if store.trash.is_held() || !store.graveyard.borrow().is_empty() {
        return Ok(());
    }
    let reachable = mark(store).await?;
    let blocks = store.blockstore.storage().list_blocks().await?;
    let garbage: Vec<BlockId> = blocks.into_iter().filter(|block| !reachable.contains(block)).collect();
    store.blockstore.storage().delete_blocks(garbage).await?;
    store.sweep_due.set(false);
    let counted = store.sysdb.blocks() == reachable.len() as u64;
    store.sysdb.set_blocks(reachable.len() as u64);
    drop(committing);
    if !counted {
        compact::commit_catalogue(store).await?;
    }
    Ok(())
}

/// The blocks that the root reaches.
async fn mark(store: &Store) -> Result<HashSet<BlockId>> {
    let roots: Vec<BlockId> = {
        let catalog = store.catalog.borrow();
        let segments = catalog.rows().filter_map(|row| row.segment);
        segments.flat_map(|files| files.roots()).chain(store.sysdb.root()).collect()
    };
    let slices = Slices::new(&*store.env);
    let mut reachable = HashSet::new();
    for root in roots {
        reachable.extend(store.blockstore.block_ids(root).await?);
        slices.step().await;
    }
    Ok(reachable)
}

//! Repair: what is whole of a damaged collection becomes a collection again.
//!
//! Indexes are made anew from the records, and records that cannot be read are given up. The damaged blocks are left alone until a
//! root that does not name them is durable.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::compact::{commit, commit_rows, release};
use super::verify::{Part, Problem, verify};
use crate::env::Slices;
use crate::error::Result;
use crate::execution::store::Store;
use crate::segment::{self, Losses, RecordScan, SegmentFiles};
use crate::storage::BlockId;
use crate::sysdb::{CollectionRow, Compaction};
use crate::types::CollectionId;

/// What was done for a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    pub collection: CollectionId,
    /// Whether its records and indexes were written anew.
    pub is_rebuilt: bool,
    /// Records that could not be read.
    pub lost: Losses,
    /// Earlier versions that were damaged, and are forgotten.
    pub versions: u64,
}

/// What a repair has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repair {
    pub repaired: Vec<Repaired>,
    /// What it could do nothing about.
    pub left: Vec<Problem>,
}

/// Verifies everything, and repairs what can be.
pub async fn repair(store: &Rc<Store>) -> Result<Repair> {
    let mut damaged: BTreeMap<CollectionId, Vec<Problem>> = BTreeMap::new();
    let mut repair = Repair::default();
    for problem in verify(store, true).await?.problems {
        match problem.collection {
            Some(collection) => damaged.entry(collection).or_default().push(problem),
            None => repair.left.push(problem),
        }
    }
    for (collection, problems) in damaged {
        let _committing = store.committing.lock().await;
        store.log.check()?;
        let Some(row) = store.catalog.borrow().row(collection).cloned() else { continue };
        let outcome = repair_collection(store, &row, &problems).await;
        match outcome.inspect_err(|error| store.note_failure(error)) {
            Ok(repaired) => repair.repaired.push(repaired),
            // The roots of its data or vectors: nothing says where the rest is.
            Err(error) if error.corruption().is_some() => repair.left.extend(problems),
            Err(error) => return Err(error),
        }
    }
    Ok(repair)
}

async fn repair_collection(store: &Rc<Store>, row: &CollectionRow, problems: &[Problem]) -> Result<Repaired> {
    let collection = row.id;
    let mut repaired = Repaired { collection, is_rebuilt: false, lost: Losses::default(), versions: 0 };
    let version = |problem: &Problem| match problem.part {
        Part::Version(data) => Some(data),
        _ => None,
    };
    let versions: HashSet<BlockId> = problems.iter().filter_map(version).collect();
    if !versions.is_empty() {
        repaired.versions = versions.len() as u64;
        let is_damaged = |files: &SegmentFiles| versions.contains(&files.offset_id_to_data);
        store.catalog.borrow_mut().forget_segments(collection, is_damaged);
        store.sweep_due.set(true);
    }
    match &row.segment {
        Some(files) if problems.iter().any(|problem| version(problem).is_none()) => {
            repaired.lost = rebuild(store, row, files).await?;
            repaired.is_rebuilt = true;
        }
        _ => commit_rows(store).await?,
    }
    Ok(repaired)
}

/// Writes the segment of a collection anew, and makes it the collection's.
async fn rebuild(store: &Rc<Store>, row: &CollectionRow, files: &SegmentFiles) -> Result<Losses> {
    let Some(state) = store.collection(row.id) else { return Ok(Losses::default()) };
    let mut scan = RecordScan::of_segment(&store.blockstore, files, &[]).await?.tolerant();
    let slices = Slices::background(&*store.env);
    let rebuilt = segment::rebuild(
        &store.blockstore,
        &mut scan,
        |segment, tail| state.view_over(segment, tail),
        files.max_offset_id,
        Rc::clone(&store.trash),
        &slices,
    );
    let segment = rebuilt.await?.segment;
    let Some(files) = segment.files() else { return Ok(Losses::default()) };
    let compaction = Compaction {
        collection: row.id,
        segment: files,
        log_position: row.log_position,
        operations: 0,
        written_ms: store.env.now_ms() as u64,
        keep: store.keep_versions,
    };
    // Which blocks the damaged one consisted of is for a sweep to find out.
    store.sweep_due.set(true);
    if let Some(committed) = commit(store, Some((&compaction, (0, 0)))).await? {
        state.install_rebuilt(segment).await;
        release(store, committed).await?;
    }
    Ok(scan.losses())
}

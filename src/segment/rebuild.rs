//! A segment written anew from its records, when something of it is damaged.

use std::collections::HashSet;
use std::rc::Rc;

use super::Snapshot;
use super::record::{RecordSegment, Trash};
use super::scan::{RecordScan, ScannedRecord};
use super::tail::Tail;
use super::writer::{Compacted, compact};
use crate::blockstore::Blockstore;
use crate::env::Slices;
use crate::error::Result;
use crate::limits::{BACK_PRESSURE_BYTES, REBUILT_RECORDS};
use crate::types::OperationRecord;

/// Writes the records that `scan` still finds, under the offset ids that they have, with all indexes. `view` makes a
/// snapshot of the collection out of a segment and a tail; `max_offset_id` is the largest that was ever given out.
pub async fn rebuild(
    blockstore: &Blockstore,
    scan: &mut RecordScan,
    view: impl Fn(Rc<RecordSegment>, Rc<Tail>) -> Snapshot,
    max_offset_id: u32,
    trash: Rc<Trash>,
    slices: &Slices<'_>,
) -> Result<Compacted> {
    let mut base = Rc::new(RecordSegment::empty(Rc::clone(&trash)));
    let mut written = HashSet::new();
    loop {
        let (records, is_last) = gather(scan).await?;
        let last = records.last().map_or(0, |record| record.offset_id);
        let tail = Tail::of_records(records, if is_last { max_offset_id } else { last });
        let snapshot = view(Rc::clone(&base), Rc::new(tail));
        let Compacted { segment, added, removed } =
            compact(blockstore, &snapshot, Vec::new(), Rc::clone(&trash), slices).await?;
        written.extend(added);
        for block in &removed {
            written.remove(block);
        }
        if is_last {
            return Ok(Compacted { segment, added: written.into_iter().collect(), removed: Vec::new() });
        }
        // No root names the predecessor, and nobody else reads it.
        blockstore.forget(&removed);
        blockstore.storage().delete_blocks(removed).await?;
        base = Rc::new(segment);
    }
}

/// As many records as fit a compaction, and whether they are the last ones.
async fn gather(scan: &mut RecordScan) -> Result<(Vec<ScannedRecord>, bool)> {
    let (mut records, mut bytes) = (Vec::new(), 0);
    while records.len() < REBUILT_RECORDS && bytes < BACK_PRESSURE_BYTES {
        let Some(next) = scan.next().await? else { return Ok((records, true)) };
        bytes += next.iter().map(|record| size_of_record(&record.record)).sum::<usize>();
        records.extend(next);
    }
    Ok((records, false))
}

fn size_of_record(record: &OperationRecord) -> usize {
    record.document.as_ref().map_or(0, String::len)
        + record.embedding.as_ref().map_or(0, |vector| size_of_val(&**vector))
}

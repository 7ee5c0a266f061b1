//! Which records match: ids, metadata and documents, as a set of offset ids.
//!
//! What the log has added is looked at record by record; of the segment the index of terms answers.

mod indexed;
mod records;

use roaring::RoaringBitmap;

use crate::blockstore::{DataRecord, Reader};
use crate::env::Slices;
use crate::error::Result;
use crate::execution::selections::Selections;
use crate::segment::{Readers, Snapshot, TailRecord};
use crate::types::where_clause::Where;
use indexed::Indexed;
use records::{StoredView, TailView};

/// A set of live records.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// Every live record.
    All,
    /// The records with these offset ids; all of them live.
    Only(RoaringBitmap),
}

/// The records that have one of `ids` (if given) and match `condition` (if given). What `selections` knows of a
/// condition is not found out again.
pub async fn filter(
    snapshot: &Snapshot,
    selections: &Selections,
    ids: Option<&[String]>,
    condition: Option<&Where>,
    slices: &Slices<'_>,
) -> Result<Selection> {
    let candidates = match ids {
        Some(ids) => Some(resolve(snapshot, ids).await?),
        None => None,
    };
    match (candidates, condition) {
        (None, None) => Ok(Selection::All),
        (Some(candidates), None) => Ok(Selection::Only(candidates)),
        (Some(candidates), Some(condition)) => matching_of(snapshot, &candidates, condition).await,
        (None, Some(condition)) => matching(snapshot, selections, condition, slices).await,
    }
}

/// Whether a record of the log matches `condition`.
pub fn matches(record: &TailRecord, condition: &Where) -> bool {
    condition.evaluate(&TailView(record))
}

/// The offset ids of the live records among `ids`.
async fn resolve(snapshot: &Snapshot, ids: &[String]) -> Result<RoaringBitmap> {
    let mut found = RoaringBitmap::new();
    let mut in_segment = Vec::new();
    for id in ids {
        match snapshot.tail.ids().get(id) {
            Some(offset) => found.extend(*offset),
            None => in_segment.push(id.clone()),
        }
    }
    found.extend(snapshot.segment.offsets(&in_segment).await?.into_iter().flatten());
    Ok(found)
}

/// The records among `candidates`, live ones, that match `condition`.
async fn matching_of(
    snapshot: &Snapshot,
    candidates: &RoaringBitmap,
    condition: &Where,
) -> Result<Selection> {
    let (mut found, mut in_segment) = (RoaringBitmap::new(), RoaringBitmap::new());
    for offset in candidates {
        match snapshot.tail.records().get(&offset) {
            Some(record) if condition.evaluate(&TailView(record)) => _ = found.insert(offset),
            Some(_) => {}
            None => _ = in_segment.insert(offset),
        }
    }
    if let Some(readers) = snapshot.segment.readers() {
        found |= match &readers.terms {
            Some(terms) => Indexed { readers, terms }.matching(condition, Some(&in_segment)).await?,
            None => records::passing(&readers.data, &in_segment, |view| condition.evaluate(view)).await?,
        };
    }
    Ok(Selection::Only(found))
}

/// The live records that match `condition`.
async fn matching(
    snapshot: &Snapshot,
    selections: &Selections,
    condition: &Where,
    slices: &Slices<'_>,
) -> Result<Selection> {
    let mut found = match snapshot.segment.readers() {
        Some(readers) => matching_in_segment(readers, selections, condition, slices).await?,
        None => RoaringBitmap::new(),
    };
    found -= snapshot.tail.deleted();
    for (offset, record) in snapshot.tail.records() {
        if condition.evaluate(&TailView(record)) {
            found.insert(*offset);
        } else {
            found.remove(*offset);
        }
    }
    Ok(Selection::Only(found))
}

/// The records of a segment that match `condition`, whatever has become of them since.
async fn matching_in_segment(
    readers: &Readers,
    selections: &Selections,
    condition: &Where,
    slices: &Slices<'_>,
) -> Result<RoaringBitmap> {
    let root = readers.data.root();
    if let Some(known) = selections.get(root, condition) {
        return Ok(known);
    }
    let found = match &readers.terms {
        Some(terms) => Indexed { readers, terms }.matching(condition, None).await?,
        None => scan(&readers.data, condition, slices).await?,
    };
    selections.insert(root, condition, &found);
    Ok(found)
}

/// Looks at every record of a segment that has no index of terms.
async fn scan(
    data: &Reader<u32, DataRecord>,
    condition: &Where,
    slices: &Slices<'_>,
) -> Result<RoaringBitmap> {
    let mut found = RoaringBitmap::new();
    for index in 0..data.block_count() {
        let block = data.block(index).await?;
        for (row, offset) in block.keys_u32()?.iter().enumerate() {
            let view = StoredView::new(block.value::<DataRecord>(row)?);
            if condition.evaluate(&view) {
                found.insert(*offset);
            }
            view.finish()?;
        }
        slices.step().await;
    }
    Ok(found)
}

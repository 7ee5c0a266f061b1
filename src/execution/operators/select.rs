//! One page of a selection, in the order of insertion.

use crate::error::Result;
use crate::execution::operators::filter::Selection;
use crate::segment::Snapshot;

/// The offset ids of the selected records, ascending, after passing over `offset` of them, at most `limit`.
pub async fn page(
    snapshot: &Snapshot,
    selection: &Selection,
    offset: usize,
    limit: usize,
) -> Result<Vec<u32>> {
    match selection {
        Selection::Only(offsets) => Ok(offsets.iter().skip(offset).take(limit).collect()),
        Selection::All => page_of_all(snapshot, offset, limit).await,
    }
}

async fn page_of_all(snapshot: &Snapshot, mut skip: usize, limit: usize) -> Result<Vec<u32>> {
    let mut page = Vec::new();
    let deleted = snapshot.tail.deleted();
    if let Some(readers) = snapshot.segment.readers() {
        for index in 0..readers.names.block_count() {
            if page.len() == limit {
                return Ok(page);
            }
            let range = readers.names.key_range(index);
            let live = readers.names.entries_of(index) - deleted.range_cardinality(range) as usize;
            if live <= skip {
                skip -= live;
                continue;
            }
            let block = readers.names.block(index).await?;
            let live = block.keys_u32()?.iter().copied().filter(|offset| !deleted.contains(*offset));
            page.extend(live.skip(skip).take(limit - page.len()));
            skip = 0;
        }
    }
    // New records come after all of the segment's: offset ids only grow.
    let new = snapshot.tail.records().iter().filter(|(_, record)| !record.in_segment());
    page.extend(new.map(|(offset, _)| *offset).skip(skip).take(limit - page.len()));
    Ok(page)
}

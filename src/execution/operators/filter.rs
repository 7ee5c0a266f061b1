//! Which records match: ids, metadata and documents, as a set of offset ids.
//!
//! At this stage a metadata or document condition is answered by a scan; an index will answer it behind
//! the same function.

use std::borrow::Cow;
use std::cell::OnceCell;

use roaring::RoaringBitmap;

use crate::blockstore::{DataRecord, DataRecordRef, Reader};
use crate::env::Slices;
use crate::error::{Corruption, Result};
use crate::execution::selections::Selections;
use crate::segment::{Snapshot, TailRecord, decode_metadata};
use crate::types::where_clause::{RecordView, Where};
use crate::types::{Metadata, MetadataValue};

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
        (Some(candidates), Some(condition)) => matching_of(snapshot, &candidates, condition, slices).await,
        (None, Some(condition)) => matching(snapshot, selections, condition, slices).await,
    }
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

/// Evaluates `condition` on the given live records.
async fn matching_of(
    snapshot: &Snapshot,
    candidates: &RoaringBitmap,
    condition: &Where,
    slices: &Slices<'_>,
) -> Result<Selection> {
    let mut found = RoaringBitmap::new();
    let mut in_segment = Vec::new();
    for offset in candidates {
        match snapshot.tail.records().get(&offset) {
            Some(record) if condition.evaluate(&TailView(record)) => {
                found.insert(offset);
            }
            Some(_) => {}
            None => in_segment.push(offset),
        }
    }
    if let Some(readers) = snapshot.segment.readers() {
        for (offset, data) in in_segment.iter().zip(readers.data.get_many("", &in_segment).await?) {
            let data = data.ok_or_else(|| {
                Corruption::new(format!("record {offset}"), "its id is known, but its data is missing")
            })?;
            let view = StoredView::new(DataRecordRef {
                id: &data.id,
                metadata: data.metadata.as_deref(),
                document: data.document.as_deref(),
                uri: data.uri.as_deref(),
            });
            if condition.evaluate(&view) {
                found.insert(*offset);
            }
            view.finish()?;
            slices.step().await;
        }
    }
    Ok(Selection::Only(found))
}

/// Evaluates `condition` on every live record.
async fn matching(
    snapshot: &Snapshot,
    selections: &Selections,
    condition: &Where,
    slices: &Slices<'_>,
) -> Result<Selection> {
    let mut found = match snapshot.segment.readers() {
        Some(readers) => matching_in_segment(&readers.data, selections, condition, slices).await?,
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

/// Evaluates `condition` on every record of a segment, whatever has become of it since.
async fn matching_in_segment(
    data: &Reader<u32, DataRecord>,
    selections: &Selections,
    condition: &Where,
    slices: &Slices<'_>,
) -> Result<RoaringBitmap> {
    if let Some(known) = selections.get(data.root(), condition) {
        return Ok(known);
    }
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
    selections.insert(data.root(), condition, &found);
    Ok(found)
}

struct TailView<'a>(&'a TailRecord);

impl RecordView for TailView<'_> {
    fn id(&self) -> &str {
        &self.0.id
    }

    fn metadata_value(&self, key: &str) -> Option<Cow<'_, MetadataValue>> {
        self.0.metadata.get(key).map(Cow::Borrowed)
    }

    fn document(&self) -> Option<&str> {
        self.0.document.as_deref()
    }
}

/// A record as it lies in a block. Its metadata is decoded when a condition first asks for it.
struct StoredView<'a> {
    record: DataRecordRef<'a>,
    metadata: OnceCell<Result<Metadata>>,
}

impl<'a> StoredView<'a> {
    fn new(record: DataRecordRef<'a>) -> Self {
        Self { record, metadata: OnceCell::new() }
    }

    /// Reports metadata that could not be decoded: a filter must not take it for missing.
    fn finish(self) -> Result<()> {
        match self.metadata.into_inner() {
            Some(Err(error)) => Err(error),
            _ => Ok(()),
        }
    }
}

impl RecordView for StoredView<'_> {
    fn id(&self) -> &str {
        self.record.id
    }

    fn metadata_value(&self, key: &str) -> Option<Cow<'_, MetadataValue>> {
        let metadata = self.metadata.get_or_init(|| decode_metadata(self.record.metadata));
        metadata.as_ref().ok()?.get(key).map(Cow::Borrowed)
    }

    fn document(&self) -> Option<&str> {
        self.record.document
    }
}

//! Conditions evaluated record by record.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::rc::Rc;

use roaring::RoaringBitmap;

use crate::blockstore::{Block, DataRecord, DataRecordRef, Reader};
use crate::error::{Corruption, Result};
use crate::segment::{TailRecord, decode_metadata};
use crate::types::where_clause::RecordView;
use crate::types::{Metadata, MetadataValue};

/// The records of a segment among `candidates` that pass `test`. Reads the blocks that they lie in.
pub async fn passing(
    data: &Reader<u32, DataRecord>,
    candidates: &RoaringBitmap,
    test: impl Fn(&StoredView<'_>) -> bool,
) -> Result<RoaringBitmap> {
    let offsets: Vec<u32> = candidates.iter().collect();
    let (mut passing, mut seen) = (RoaringBitmap::new(), 0);
    let look = |place: usize, block: &Rc<Block>, row| {
        seen += 1;
        let view = StoredView::new(block.value::<DataRecord>(row)?);
        if test(&view) {
            passing.insert(offsets[place]);
        }
        view.finish()
    };
    data.visit_many("", &offsets, look).await?;
    if seen < offsets.len() {
        return Err(
            Corruption::new("records of a segment", "some are indexed, but their data is missing").into()
        );
    }
    Ok(passing)
}

/// A record of the log.
pub struct TailView<'a>(pub &'a TailRecord);

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
pub struct StoredView<'a> {
    record: DataRecordRef<'a>,
    metadata: OnceCell<Result<Metadata>>,
}

impl<'a> StoredView<'a> {
    pub fn new(record: DataRecordRef<'a>) -> Self {
        Self { record, metadata: OnceCell::new() }
    }

    /// Reports metadata that could not be decoded: a filter must not take it for missing.
    pub fn finish(self) -> Result<()> {
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

//! The log, materialised: its operations folded per record over a segment.
//!
//! Spec: storage-architecture 9, with one difference that the spec recommends: an id that is deleted and
//! added again gets a new place at the end, whether or not a compaction came between.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use prost::Message;
use roaring::RoaringBitmap;

use super::record::RecordSegment;
use super::scan::ScannedRecord;
use crate::blockstore::{DataRecord, Reader};
use crate::error::{Corruption, Error, Result};
use crate::log::{convert, proto};
use crate::types::metadata::apply_update;
use crate::types::{Embedding, Metadata, Operation, OperationRecord};

/// What the log changed since the segment was written.
#[derive(Clone, Default)]
pub struct Tail {
    /// Records that are new or changed, by offset id, in their final form.
    records: BTreeMap<u32, TailRecord>,
    /// Where each id that the log touched is now; `None` when it is deleted.
    by_id: HashMap<String, Option<u32>>,
    /// Offset ids of the segment that are deleted.
    deleted: RoaringBitmap,
    /// Offset ids of the segment whose vector is replaced or deleted.
    stale_vectors: RoaringBitmap,
    /// Records that the segment does not have.
    added: u64,
    /// The largest offset id given out so far, the segment's included.
    max_offset_id: u32,
}

/// A record that the log created or changed, in its final form.
#[derive(Clone)]
pub struct TailRecord {
    pub id: String,
    pub document: Option<String>,
    pub uri: Option<String>,
    pub metadata: Metadata,
    /// The operation that carries the vector; `None` when the segment's still holds.
    vector: Option<Rc<OperationRecord>>,
    /// Whether the segment has a record with this offset id.
    in_segment: bool,
}

impl TailRecord {
    /// The vector, unless the one in the segment still holds.
    pub fn embedding(&self) -> Option<&[f32]> {
        self.vector().map(|vector| &**vector)
    }

    /// The same, to be shared.
    pub fn vector(&self) -> Option<&Embedding> {
        self.vector.as_ref().and_then(|operation| operation.embedding.as_ref())
    }

    /// A record without anything but its id.
    fn new(id: String) -> Self {
        Self { id, document: None, uri: None, metadata: Metadata::new(), vector: None, in_segment: false }
    }

    /// Whether this is a change to a record of the segment (else it is new).
    pub fn in_segment(&self) -> bool {
        self.in_segment
    }

    fn merge(&mut self, operation: &Rc<OperationRecord>) {
        if operation.embedding.is_some() {
            self.vector = Some(Rc::clone(operation));
        }
        if operation.document.is_some() {
            self.document.clone_from(&operation.document);
        }
        if operation.uri.is_some() {
            self.uri.clone_from(&operation.uri);
        }
        if let Some(update) = &operation.metadata {
            apply_update(&mut self.metadata, update);
        }
    }
}

impl Tail {
    /// An empty tail over `segment`.
    pub fn new(segment: &RecordSegment) -> Self {
        Self::after(segment.max_offset_id())
    }

    /// An empty tail over a segment in which this is the largest offset id.
    pub(super) fn after(max_offset_id: u32) -> Self {
        Self { max_offset_id, ..Self::default() }
    }

    /// A tail that adds records under the offset ids that they have.
    pub(super) fn of_records(records: Vec<ScannedRecord>, max_offset_id: u32) -> Self {
        let mut tail = Self::after(max_offset_id);
        for ScannedRecord { offset_id, record } in records {
            let operation = Rc::new(record);
            let mut record = TailRecord::new(operation.id.clone());
            record.merge(&operation);
            tail.by_id.insert(operation.id.clone(), Some(offset_id));
            tail.records.insert(offset_id, record);
        }
        tail.added = tail.records.len() as u64;
        tail
    }

    /// New and changed records by offset id.
    pub fn records(&self) -> &BTreeMap<u32, TailRecord> {
        &self.records
    }

    /// Every id that the log touched: its offset id, or `None` when it is deleted.
    pub fn ids(&self) -> &HashMap<String, Option<u32>> {
        &self.by_id
    }

    /// Offset ids of the segment that are deleted.
    pub fn deleted(&self) -> &RoaringBitmap {
        &self.deleted
    }

    /// Offset ids of the segment whose vector must not be looked at: replaced or deleted.
    pub fn stale_vectors(&self) -> &RoaringBitmap {
        &self.stale_vectors
    }

    /// Number of records that the segment does not have.
    pub fn added(&self) -> u64 {
        self.added
    }

    /// The largest offset id given out so far.
    pub fn max_offset_id(&self) -> u32 {
        self.max_offset_id
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Folds operations into the tail, in order. Looks the ids up in `segment`, all at once.
    pub async fn fold(&mut self, segment: &RecordSegment, operations: &[Rc<OperationRecord>]) -> Result<()> {
        self.apply_all(&Base::load(self, segment, operations).await?, operations)
    }

    /// As [`fold`](Self::fold), over a segment whose index of ids cannot be read: finds the ids among its data, where these can be.
    pub(super) async fn fold_by_data(
        &mut self,
        data: &Reader<u32, DataRecord>,
        operations: &[Rc<OperationRecord>],
    ) -> Result<()> {
        if operations.is_empty() {
            return Ok(());
        }
        self.apply_all(&Base::find(data, operations).await?, operations)
    }

    fn apply_all(&mut self, base: &Base, operations: &[Rc<OperationRecord>]) -> Result<()> {
        operations.iter().try_for_each(|operation| self.apply(base, operation))
    }

    fn apply(&mut self, base: &Base, operation: &Rc<OperationRecord>) -> Result<()> {
        let known = self.by_id.get(&operation.id).copied();
        let offset = known.unwrap_or_else(|| base.offsets.get(&operation.id).copied());
        match (operation.operation, offset) {
            (Operation::Add, Some(_)) | (Operation::Update | Operation::Delete, None) => {}
            (Operation::Add | Operation::Upsert, None) => self.insert(operation)?,
            (Operation::Update | Operation::Upsert, Some(offset)) => self.change(base, offset, operation)?,
            (Operation::Delete, Some(offset)) => self.delete(offset, &operation.id),
        }
        Ok(())
    }

    fn insert(&mut self, operation: &Rc<OperationRecord>) -> Result<()> {
        if operation.embedding.is_none() {
            return Err(Corruption::new("log entry", "a new record without an embedding").into());
        }
        self.max_offset_id = self.max_offset_id.checked_add(1).ok_or_else(|| {
            Error::ResourceExhausted(
                "the collection has used all 2^32 offset ids: copy it to a new one".into(),
            )
        })?;
        let mut record = TailRecord::new(operation.id.clone());
        record.merge(operation);
        self.records.insert(self.max_offset_id, record);
        self.by_id.insert(operation.id.clone(), Some(self.max_offset_id));
        self.added += 1;
        Ok(())
    }

    fn change(&mut self, base: &Base, offset: u32, operation: &Rc<OperationRecord>) -> Result<()> {
        let record = match self.records.entry(offset) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let record = base.record(offset)?;
                self.by_id.insert(operation.id.clone(), Some(offset));
                entry.insert(record)
            }
        };
        record.merge(operation);
        if record.in_segment && operation.embedding.is_some() {
            self.stale_vectors.insert(offset);
        }
        Ok(())
    }

    fn delete(&mut self, offset: u32, id: &str) {
        let in_segment = self.records.remove(&offset).is_none_or(|record| record.in_segment);
        if in_segment {
            self.deleted.insert(offset);
            self.stale_vectors.insert(offset);
        } else {
            self.added -= 1;
        }
        self.by_id.insert(id.to_owned(), None);
    }
}

/// What the segment knows of the records that some operations name.
struct Base {
    offsets: HashMap<String, u32>,
    data: HashMap<u32, DataRecord>,
}

impl Base {
    async fn load(tail: &Tail, segment: &RecordSegment, operations: &[Rc<OperationRecord>]) -> Result<Self> {
        let mut base = Self { offsets: HashMap::new(), data: HashMap::new() };
        let Some(readers) = segment.readers() else { return Ok(base) };
        let unseen: HashSet<&String> = operations
            .iter()
            .map(|operation| &operation.id)
            .filter(|id| !tail.by_id.contains_key(*id))
            .collect();
        let mut ids: Vec<&String> = unseen.into_iter().collect();
        ids.sort_unstable();
        let ids: Vec<String> = ids.into_iter().cloned().collect();
        for (id, offset) in ids.iter().zip(segment.offsets(&ids).await?) {
            if let Some(offset) = offset {
                base.offsets.insert(id.clone(), offset);
            }
        }
        // Only a change needs to see what it changes.
        let mut changed: Vec<u32> = operations
            .iter()
            .filter(|operation| matches!(operation.operation, Operation::Update | Operation::Upsert))
            .filter_map(|operation| base.offsets.get(&operation.id).copied())
            .collect();
        changed.sort_unstable();
        changed.dedup();
        for (offset, data) in changed.iter().zip(readers.data.get_many("", &changed).await?) {
            let data = data.ok_or_else(|| {
                Corruption::new(format!("record {offset}"), "its id is known, but its data is missing")
            })?;
            base.data.insert(*offset, data);
        }
        Ok(base)
    }

    /// By looking at all data. What is damaged has no records.
    async fn find(data: &Reader<u32, DataRecord>, operations: &[Rc<OperationRecord>]) -> Result<Self> {
        let named: HashSet<&str> = operations.iter().map(|operation| operation.id.as_str()).collect();
        let mut base = Self { offsets: HashMap::new(), data: HashMap::new() };
        for index in 0..data.block_count() {
            let block = match data.block_in_passing(index).await {
                Err(error) if error.corruption().is_some() => continue,
                outcome => outcome?,
            };
            for (row, offset) in block.keys_u32()?.iter().enumerate() {
                let Ok(record) = block.owned_value::<DataRecord>(row) else { continue };
                if named.contains(record.id.as_str()) {
                    base.offsets.insert(record.id.clone(), *offset);
                    base.data.insert(*offset, record);
                }
            }
        }
        Ok(base)
    }

    fn record(&self, offset: u32) -> Result<TailRecord> {
        let data = self
            .data
            .get(&offset)
            .ok_or_else(|| Error::Internal(format!("record {offset} is changed, but was not loaded")))?;
        Ok(TailRecord {
            id: data.id.clone(),
            document: data.document.clone(),
            uri: data.uri.clone(),
            metadata: decode_metadata(data.metadata.as_deref())?,
            vector: None,
            in_segment: true,
        })
    }
}

/// Decodes the metadata of a stored record.
pub fn decode_metadata(bytes: Option<&[u8]>) -> Result<Metadata> {
    let Some(bytes) = bytes else { return Ok(Metadata::new()) };
    let message = proto::UpdateMetadata::decode(bytes)
        .map_err(|error| Corruption::new("metadata of a record", error.to_string()))?;
    convert::decode_metadata(message)
}

/// Encodes the metadata of a record for storage; none at all when it is empty.
pub(super) fn encode_metadata(metadata: &Metadata) -> Option<Vec<u8>> {
    (!metadata.is_empty()).then(|| convert::encode_metadata(metadata).encode_to_vec())
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;

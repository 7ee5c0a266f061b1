//! The records of a collection, one block after another, from their data and vectors alone: what an export writes, and what is
//! left of a segment of which something else is damaged.

use std::rc::Rc;

use super::Snapshot;
use super::record::{RecordSegment, SegmentFiles};
use super::tail::{Tail, TailRecord, decode_metadata};
use crate::blockstore::{Block, Blockstore, DataRecord, Reader};
use crate::error::{Corruption, Error, Result};
use crate::limits::{MAX_LOST_IDS, SCANNED_RECORDS};
use crate::types::{Embedding, Metadata, Operation, OperationRecord};

/// A record: its offset id, and the addition that makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScannedRecord {
    pub offset_id: u32,
    pub record: OperationRecord,
}

/// Records that a scan could not read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Losses {
    pub records: u64,
    /// The ids of those that still had one, up to [`MAX_LOST_IDS`].
    pub ids: Vec<String>,
}

/// The blockfiles that records are read from: data and vectors.
type Columns = (Reader<u32, DataRecord>, Reader<u32, Vec<f32>>);

/// A pass over all records, in the order of their offset ids.
pub struct RecordScan {
    columns: Option<Columns>,
    /// Keeps the blocks from being deleted when the collection moves on.
    _segment: Option<Rc<RecordSegment>>,
    tail: Rc<Tail>,
    next_block: usize,
    /// The block that is being shown, and the row from which on.
    current: Option<(Rc<Block>, usize)>,
    /// The offset id from which on the records that only the tail has are still to be shown.
    next_added: u32,
    /// `None`: damage ends the scan. Else it is passed over, and noted.
    losses: Option<Losses>,
}

impl RecordScan {
    /// Of everything that a snapshot holds.
    pub fn of_snapshot(snapshot: &Snapshot) -> Self {
        let readers = snapshot.segment.readers();
        let columns = readers.map(|readers| (readers.data.clone(), readers.embeddings.clone()));
        let scan = Self::new(columns, Rc::clone(&snapshot.tail));
        Self { _segment: Some(Rc::clone(&snapshot.segment)), ..scan }
    }

    /// Of a segment, of which the roots of data and vectors have to be whole, and what `operations` of the log make of it.
    pub async fn of_segment(
        blockstore: &Blockstore,
        files: &SegmentFiles,
        operations: &[Rc<OperationRecord>],
    ) -> Result<Self> {
        let data = blockstore.open(files.offset_id_to_data).await?;
        let embeddings = blockstore.open(files.offset_id_to_embedding).await?;
        let mut tail = Tail::after(files.max_offset_id);
        tail.fold_by_data(&data, operations).await?;
        Ok(Self::new(Some((data, embeddings)), Rc::new(tail)))
    }

    fn new(columns: Option<Columns>, tail: Rc<Tail>) -> Self {
        Self { columns, _segment: None, tail, next_block: 0, current: None, next_added: 0, losses: None }
    }

    /// Passes over what is damaged.
    pub fn tolerant(self) -> Self {
        Self { losses: Some(Losses::default()), ..self }
    }

    /// What has been passed over.
    pub fn losses(&self) -> Losses {
        self.losses.clone().unwrap_or_default()
    }

    /// The next records, perhaps none; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<ScannedRecord>>> {
        if let Some((data, embeddings)) = self.columns.clone() {
            if let Some((block, first)) = self.current.take() {
                return self.stored(&block, first, &embeddings).await.map(Some);
            }
            let index = self.next_block;
            if index < data.block_count() {
                self.next_block += 1;
                match data.block_in_passing(index).await {
                    Ok(block) => return self.stored(&block, 0, &embeddings).await.map(Some),
                    Err(error) => self.lose(error, data.entries_of(index) as u64, None)?,
                }
                return Ok(Some(Vec::new()));
            }
        }
        self.added()
    }

    /// Records of a block of data from a row on, as the tail has changed them.
    async fn stored(
        &mut self,
        block: &Rc<Block>,
        first: usize,
        embeddings: &Reader<u32, Vec<f32>>,
    ) -> Result<Vec<ScannedRecord>> {
        let end = block.len().min(first + SCANNED_RECORDS);
        if end < block.len() {
            self.current = Some((Rc::clone(block), end));
        }
        let tail = Rc::clone(&self.tail);
        let mut rows = Vec::with_capacity(end - first);
        let mut wanted = Vec::new();
        for (row, offset) in block.keys_u32()?.iter().enumerate().take(end).skip(first) {
            if tail.deleted().contains(*offset) {
                continue;
            }
            let changed = tail.records().get(offset);
            if changed.and_then(TailRecord::vector).is_none() {
                wanted.push(*offset);
            }
            rows.push((row, *offset, changed));
        }
        let mut vectors = self.vectors(embeddings, &wanted).await?.into_iter();
        let mut records = Vec::with_capacity(rows.len());
        for (row, offset_id, changed) in rows {
            let vector = match changed.and_then(TailRecord::vector) {
                Some(vector) => Some(vector.clone()),
                None => vectors.next().flatten().map(Embedding::from),
            };
            let record = match changed {
                Some(record) => Ok(of_tail(record)),
                None => of_block(block, row),
            };
            match (record, vector) {
                (Ok(record), Some(vector)) => {
                    let record = OperationRecord { embedding: Some(vector), ..record };
                    records.push(ScannedRecord { offset_id, record });
                }
                (Ok(record), None) => {
                    let missing = Corruption::new(format!("record {offset_id}"), "its embedding is missing");
                    self.lose(missing.into(), 1, Some(record.id))?;
                }
                (Err(error), _) => self.lose(error, 1, None)?,
            }
        }
        Ok(records)
    }

    /// The vectors under these offset ids; where damage is passed over, `None` for those that cannot be read.
    async fn vectors(
        &self,
        embeddings: &Reader<u32, Vec<f32>>,
        offsets: &[u32],
    ) -> Result<Vec<Option<Vec<f32>>>> {
        match embeddings.get_many("", offsets).await {
            Err(error) if self.losses.is_some() && error.corruption().is_some() => {}
            outcome => return outcome,
        }
        let mut vectors = Vec::with_capacity(offsets.len());
        for offset in offsets {
            vectors.push(match embeddings.get("", *offset).await {
                Err(error) if error.corruption().is_some() => None,
                outcome => outcome?,
            });
        }
        Ok(vectors)
    }

    /// The next records that only the tail has.
    fn added(&mut self) -> Result<Option<Vec<ScannedRecord>>> {
        let tail = Rc::clone(&self.tail);
        let mut records = Vec::new();
        for (offset_id, record) in tail.records().range(self.next_added..) {
            if records.len() == SCANNED_RECORDS {
                break;
            }
            self.next_added = offset_id.saturating_add(1);
            if let (false, Some(vector)) = (record.in_segment(), record.vector()) {
                let record = OperationRecord { embedding: Some(vector.clone()), ..of_tail(record) };
                records.push(ScannedRecord { offset_id: *offset_id, record });
            }
        }
        Ok((!records.is_empty()).then_some(records))
    }

    /// Notes records that cannot be read, if that is allowed.
    fn lose(&mut self, error: Error, records: u64, id: Option<String>) -> Result<()> {
        match &mut self.losses {
            Some(losses) if error.corruption().is_some() => {
                losses.records += records;
                losses.ids.extend(id.filter(|_| losses.ids.len() < MAX_LOST_IDS));
                Ok(())
            }
            _ => Err(error),
        }
    }
}

fn of_tail(record: &TailRecord) -> OperationRecord {
    addition(record.id.clone(), record.document.clone(), record.uri.clone(), record.metadata.clone())
}

fn of_block(block: &Block, row: usize) -> Result<OperationRecord> {
    let data: DataRecord = block.owned_value(row)?;
    let metadata = decode_metadata(data.metadata.as_deref())?;
    Ok(addition(data.id, data.document, data.uri, metadata))
}

/// The addition of a record, without its vector.
fn addition(
    id: String,
    document: Option<String>,
    uri: Option<String>,
    metadata: Metadata,
) -> OperationRecord {
    let metadata =
        (!metadata.is_empty()).then(|| metadata.into_iter().map(|(key, value)| (key, Some(value))).collect());
    OperationRecord { operation: Operation::Add, id, embedding: None, document, uri, metadata }
}

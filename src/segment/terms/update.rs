//! The tail of a collection, brought into the posting lists by a compaction.

use std::rc::Rc;

use roaring::RoaringBitmap;

use super::TermIndex;
use super::postings::CHUNK_BITS;
use super::writer::{ChunkChanges, Indexed};
use crate::blockstore::{BlockfileOptions, Blockstore, Bytes, Commit, DataRecord};
use crate::env::Slices;
use crate::error::{Corruption, Result};
use crate::limits::TERM_BATCH_RECORDS;
use crate::segment::record::Readers;
use crate::segment::tail::decode_metadata;
use crate::segment::writer::{HISTORY, HistoryRows};
use crate::segment::{Snapshot, Tail};
use crate::types::Metadata;

/// Writes the posting lists of everything in `snapshot`, and behind them what becomes of its history. Lists that the tail does not touch stay as they are. A segment
/// that has none, as an earlier version wrote it, gets those of all its records.
pub async fn update(
    blockstore: &Blockstore,
    snapshot: &Snapshot,
    history: HistoryRows,
    slices: &Slices<'_>,
) -> Result<Commit<String, Bytes>> {
    let readers = snapshot.segment.readers();
    let base = readers.and_then(|readers| readers.terms.as_ref());
    let mut affected: RoaringBitmap = snapshot.tail.records().keys().copied().collect();
    affected |= snapshot.tail.deleted();
    let mut source = Source { readers, tail: &snapshot.tail, all_new: base.is_none() };
    if let Some(readers) = readers.filter(|_| source.all_new) {
        let all = |offset, _: &str| {
            affected.insert(offset);
            Ok(())
        };
        readers.names.visit_prefix("", all).await?;
    }
    let mut writer = blockstore.ordered(base.map(TermIndex::postings), BlockfileOptions::default());
    let affected: Vec<u32> = affected.into_iter().collect();
    for records in affected.chunk_by(|a, b| a >> CHUNK_BITS == b >> CHUNK_BITS) {
        let mut changes = ChunkChanges::new(records[0] >> CHUNK_BITS, &snapshot.schema);
        for batch in records.chunks(TERM_BATCH_RECORDS) {
            source.note(batch, &mut changes, slices).await?;
        }
        changes.write(&mut writer, slices).await?;
    }
    for (key, row) in history {
        match row {
            Some(row) => writer.set(HISTORY, key, row).await?,
            None => writer.delete(HISTORY, &key).await?,
        }
    }
    writer.commit().await
}

/// Where the old and the new form of a record are.
struct Source<'a> {
    readers: Option<&'a Readers>,
    tail: &'a Rc<Tail>,
    /// Whether the index knows none of the segment's records.
    all_new: bool,
}

impl Source<'_> {
    /// Notes what changes with some records.
    async fn note(
        &mut self,
        batch: &[u32],
        changes: &mut ChunkChanges<'_>,
        slices: &Slices<'_>,
    ) -> Result<()> {
        let is_new =
            |offset: &u32| self.tail.records().get(offset).is_some_and(|record| !record.in_segment());
        let stored: Vec<u32> = batch.iter().copied().filter(|offset| !is_new(offset)).collect();
        let data = match self.readers {
            Some(readers) => readers.data.get_many("", &stored).await?,
            None => vec![None; stored.len()],
        };
        let mut data = data.into_iter();
        for offset in batch {
            let stored = match is_new(offset) {
                true => None,
                false => Some(Stored::decode(*offset, data.next().flatten())?),
            };
            let stored = stored.as_ref().map(Stored::indexed);
            let now = match self.tail.records().get(offset) {
                Some(record) => {
                    Some(Indexed { metadata: &record.metadata, document: record.document.as_deref() })
                }
                None if self.tail.deleted().contains(*offset) => None,
                None => stored,
            };
            changes.note(*offset, stored.filter(|_| !self.all_new), now);
            slices.step().await;
        }
        Ok(())
    }
}

/// A record of the segment.
struct Stored {
    metadata: Metadata,
    document: Option<String>,
}

impl Stored {
    fn decode(offset: u32, data: Option<DataRecord>) -> Result<Self> {
        let data = data.ok_or_else(|| Corruption::new(format!("record {offset}"), "its data is missing"))?;
        Ok(Self { metadata: decode_metadata(data.metadata.as_deref())?, document: data.document })
    }

    fn indexed(&self) -> Indexed<'_> {
        Indexed { metadata: &self.metadata, document: self.document.as_deref() }
    }
}

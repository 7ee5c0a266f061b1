//! Compaction of one collection: its tail becomes part of a new segment.

use std::rc::Rc;

use super::Snapshot;
use super::record::{Readers, RecordSegment, Trash};
use super::tail::{TailRecord, encode_metadata};
use super::terms::{self, TermIndex};
use super::vectors::{self, VectorIndex};
use crate::blockstore::{
    BlockfileOptions, Blockstore, Bytes, Commit, DataRecord, Key, OrderedWriter, Reader, Value,
};
use crate::env::Slices;
use crate::error::Result;
use crate::storage::BlockId;

/// The prefix of a segment's history, among its terms: no chunk has it.
pub(super) const HISTORY: &str = "~";

/// What a compaction does to the rows of the history, ascending: a value, or none for one that goes.
pub type HistoryRows = Vec<(String, Option<Bytes>)>;

/// A segment that was written but is not part of any root yet.
pub struct Compacted {
    pub segment: RecordSegment,
    /// Blocks that it does not share with its predecessor.
    pub added: Vec<BlockId>,
    /// Blocks of its predecessor that it does not share.
    pub removed: Vec<BlockId>,
}

/// Writes the segment that holds everything in `snapshot`, and what becomes of its history. Blocks that the tail does not touch are shared.
/// Pauses between steps as `slices` asks for.
pub async fn compact(
    blockstore: &Blockstore,
    snapshot: &Snapshot,
    history: HistoryRows,
    trash: Rc<Trash>,
    slices: &Slices<'_>,
) -> Result<Compacted> {
    let mut writer = SegmentWriter { blockstore, slices, added: Vec::new(), removed: Vec::new() };
    let base = snapshot.segment.readers();
    let mut readers = Readers {
        ids: writer.write(base.map(|readers| &readers.ids), id_changes(snapshot)).await?,
        names: writer.write(base.map(|readers| &readers.names), name_changes(snapshot)).await?,
        data: writer.write(base.map(|readers| &readers.data), data_changes(snapshot)).await?,
        embeddings: writer
            .write(base.map(|readers| &readers.embeddings), embedding_changes(snapshot))
            .await?,
        vectors: None,
        terms: None,
    };
    let terms = writer.note(terms::update(blockstore, snapshot, history, slices).await?);
    readers.terms = Some(TermIndex::new(terms, snapshot.tail.max_offset_id()));
    let index = base.and_then(|readers| readers.vectors.as_ref());
    let commit = vectors::update(blockstore, index, &readers.embeddings, snapshot, slices).await?;
    readers.vectors = commit.map(|commit| VectorIndex::updated(index, writer.note(commit)));
    let segment = RecordSegment::new(readers, snapshot.tail.max_offset_id(), trash);
    Ok(Compacted { segment, added: writer.added, removed: writer.removed })
}

/// One step of work on the vector index of a segment, which changes no record. `None` when there is none to
/// do. Pauses between steps as `slices` asks for.
pub async fn improve(
    blockstore: &Blockstore,
    snapshot: &Snapshot,
    trash: Rc<Trash>,
    slices: &Slices<'_>,
) -> Result<Option<Compacted>> {
    let Some(readers) = snapshot.segment.readers() else { return Ok(None) };
    let Some(improved) = vectors::improve(blockstore, readers, snapshot, slices).await? else {
        return Ok(None);
    };
    let mut writer = SegmentWriter { blockstore, slices, added: Vec::new(), removed: Vec::new() };
    let vectors = Some(improved.into_index(|commit| writer.note(commit)));
    let segment =
        RecordSegment::new(Readers { vectors, ..readers.clone() }, snapshot.segment.max_offset_id(), trash);
    Ok(Some(Compacted { segment, added: writer.added, removed: writer.removed }))
}

struct SegmentWriter<'a> {
    blockstore: &'a Blockstore,
    slices: &'a Slices<'a>,
    added: Vec<BlockId>,
    removed: Vec<BlockId>,
}

impl SegmentWriter<'_> {
    /// Applies changes, sorted by key, to a blockfile; a change without a value deletes its key.
    async fn write<K: Key, V: Value>(
        &mut self,
        base: Option<&Reader<K, V>>,
        changes: impl Iterator<Item = (K, Option<V>)>,
    ) -> Result<Reader<K, V>> {
        let mut writer: OrderedWriter<K, V> = self.blockstore.ordered(base, BlockfileOptions::default());
        for (key, value) in changes {
            match value {
                Some(value) => writer.set("", key, value).await?,
                None => writer.delete("", key.as_ref()).await?,
            }
            self.slices.step().await;
        }
        Ok(self.note(writer.commit().await?))
    }

    fn note<K: Key, V: Value>(&mut self, commit: Commit<K, V>) -> Reader<K, V> {
        self.added.extend(commit.added);
        self.removed.extend(commit.removed);
        commit.reader
    }
}

fn id_changes(snapshot: &Snapshot) -> impl Iterator<Item = (String, Option<u32>)> {
    let tail = &snapshot.tail;
    // A changed record keeps its offset id; only new and deleted ids are written.
    let is_changed = |offset: Option<u32>| offset.is_none_or(|offset| is_new(tail.records().get(&offset)));
    let mut changed: Vec<&String> =
        tail.ids().iter().filter(|(_, offset)| is_changed(**offset)).map(|(id, _)| id).collect();
    changed.sort_unstable();
    changed.into_iter().map(|id| (id.clone(), tail.ids().get(id).copied().flatten()))
}

fn name_changes(snapshot: &Snapshot) -> impl Iterator<Item = (u32, Option<String>)> {
    let new = snapshot.tail.records().iter().filter(|(_, record)| !record.in_segment());
    with_deleted(snapshot, new.map(|(offset, record)| (*offset, record.id.clone())))
}

fn data_changes(snapshot: &Snapshot) -> impl Iterator<Item = (u32, Option<DataRecord>)> {
    with_deleted(
        snapshot,
        snapshot.tail.records().iter().map(|(offset, record)| (*offset, data_record(record))),
    )
}

fn embedding_changes(snapshot: &Snapshot) -> impl Iterator<Item = (u32, Option<Vec<f32>>)> {
    let changed = snapshot.tail.records().iter();
    with_deleted(
        snapshot,
        changed.filter_map(|(offset, record)| Some((*offset, record.embedding()?.to_vec()))),
    )
}

/// Merges values with the deletions of the tail, in the order of offset ids. No offset id is in both.
fn with_deleted<V>(
    snapshot: &Snapshot,
    values: impl Iterator<Item = (u32, V)>,
) -> impl Iterator<Item = (u32, Option<V>)> {
    let tail = Rc::clone(&snapshot.tail);
    let mut deleted = tail.deleted().iter().collect::<Vec<_>>().into_iter().peekable();
    let mut values = values.peekable();
    std::iter::from_fn(move || match (deleted.peek(), values.peek()) {
        (Some(gone), Some((offset, _))) if gone < offset => deleted.next().map(|gone| (gone, None)),
        (Some(_), None) => deleted.next().map(|gone| (gone, None)),
        _ => values.next().map(|(offset, value)| (offset, Some(value))),
    })
}

fn is_new(record: Option<&TailRecord>) -> bool {
    record.is_some_and(|record| !record.in_segment())
}

fn data_record(record: &TailRecord) -> DataRecord {
    DataRecord {
        id: record.id.clone(),
        metadata: encode_metadata(&record.metadata),
        document: record.document.clone(),
        uri: record.uri.clone(),
    }
}

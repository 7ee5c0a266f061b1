//! What differs between two segments of one collection. Blocks that they share are not read.

use std::collections::HashSet;

use roaring::RoaringBitmap;

use super::record::{Readers, RecordSegment};
use crate::blockstore::{DataRecord, Reader, Value};
use crate::error::Result;
use crate::storage::BlockId;

/// A record in its old and its new form; at least one of them is there.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordChange {
    pub old: Option<DataRecord>,
    pub new: Option<DataRecord>,
    /// The vector of the new form, if it was asked for.
    pub embedding: Option<Vec<f32>>,
}

/// The offset ids of the records that may differ: those in blocks of data or vectors that only one of the two has.
pub async fn unshared(old: &RecordSegment, new: &RecordSegment) -> Result<RoaringBitmap> {
    let (old, new) = (old.readers(), new.readers());
    let data = |readers: Option<&Readers>| readers.map(|readers| readers.data.clone());
    let embeddings = |readers: Option<&Readers>| readers.map(|readers| readers.embeddings.clone());
    let mut offsets = unshared_keys(data(old), data(new)).await?;
    offsets |= &unshared_keys(embeddings(old), embeddings(new)).await?;
    Ok(offsets)
}

async fn unshared_keys<V: Value>(
    old: Option<Reader<u32, V>>,
    new: Option<Reader<u32, V>>,
) -> Result<RoaringBitmap> {
    let ids = |reader: &Option<Reader<u32, V>>| -> HashSet<BlockId> {
        reader.iter().flat_map(Reader::block_ids).collect()
    };
    let (in_old, in_new) = (ids(&old), ids(&new));
    let mut keys = RoaringBitmap::new();
    for (reader, other) in [(old, in_new), (new, in_old)] {
        let Some(reader) = reader else { continue };
        for (index, id) in reader.block_ids().iter().enumerate() {
            if !other.contains(id) {
                keys.extend(reader.block_in_passing(index).await?.keys_u32()?.iter().copied());
            }
        }
    }
    Ok(keys)
}

/// Of the records with these offset ids those that do differ, ascending.
pub async fn changes(
    old: &RecordSegment,
    new: &RecordSegment,
    offsets: &[u32],
    with_embeddings: bool,
) -> Result<Vec<RecordChange>> {
    let old_data = data(old, offsets).await?;
    let new_data = data(new, offsets).await?;
    let (old_vectors, new_vectors) = match with_embeddings {
        true => (embeddings(old, offsets).await?, embeddings(new, offsets).await?),
        false => (vec![None; offsets.len()], vec![None; offsets.len()]),
    };
    let mut changes = Vec::new();
    let rows = old_data.into_iter().zip(new_data).zip(old_vectors.into_iter().zip(new_vectors));
    for ((old, new), (old_vector, embedding)) in rows {
        if old != new || old_vector != embedding {
            changes.push(RecordChange { old, new, embedding });
        }
    }
    Ok(changes)
}

async fn data(segment: &RecordSegment, offsets: &[u32]) -> Result<Vec<Option<DataRecord>>> {
    match segment.readers() {
        Some(readers) => readers.data.get_many("", offsets).await,
        None => Ok(vec![None; offsets.len()]),
    }
}

async fn embeddings(segment: &RecordSegment, offsets: &[u32]) -> Result<Vec<Option<Vec<f32>>>> {
    match segment.readers() {
        Some(readers) => readers.embeddings.get_many("", offsets).await,
        None => Ok(vec![None; offsets.len()]),
    }
}

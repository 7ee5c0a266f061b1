//! The records whose sparse vectors are nearest to one: through the lists of weights, and by a look at the tail.

use std::rc::Rc;

use roaring::RoaringBitmap;

use crate::blockstore::{Block, Bytes};
use crate::env::Slices;
use crate::error::Result;
use crate::execution::operators::filter::Selection;
use crate::index::flat::Mask;
use crate::index::sparse::{Lists, distance};
use crate::index::top_k::{Neighbour, TopK};
use crate::segment::{Snapshot, TailRecord, TermIndex, decode_weights};
use crate::types::MetadataValue;
use crate::types::metadata::SparseVector;

/// A vector that the vectors under a metadata key are compared with.
pub struct SparseQuery<'a> {
    pub key: &'a str,
    pub vector: &'a SparseVector,
    /// Whether dimensions that few records have weigh more (spec: query-semantics 8.4).
    pub bm25: bool,
}

/// The `k` nearest selected records, nearest first, ties by offset id. A record that shares no dimension is not found.
pub async fn nearest(
    snapshot: &Snapshot,
    query: &SparseQuery<'_>,
    k: usize,
    selection: &Selection,
    slices: &Slices<'_>,
) -> Result<Vec<Neighbour>> {
    let stale = stale(snapshot);
    let dimensions = &query.vector.indices;
    let mut weights: Vec<(u32, f32)> = Vec::with_capacity(dimensions.len());
    weights.extend(dimensions.iter().copied().zip(query.vector.values.iter().copied()));
    if query.bm25 {
        let frequencies = frequencies(snapshot, query, &stale).await?;
        for ((_, weight), frequency) in weights.iter_mut().zip(frequencies) {
            *weight *= inverse_frequency(snapshot.count(), frequency);
        }
    }
    let mut top = TopK::new(k.min(usize::try_from(snapshot.count()).unwrap_or(usize::MAX)));
    for (offset, record) in snapshot.tail.records() {
        let selected = match selection {
            Selection::All => true,
            Selection::Only(offsets) => offsets.contains(*offset),
        };
        let Some(vector) = vector_of(record, query.key).filter(|_| selected) else { continue };
        if let Some(distance) = distance(&weights, &vector.indices, &vector.values) {
            top.push(*offset, distance);
        }
    }
    if let Some(terms) = terms(snapshot) {
        let allowed = match selection {
            Selection::All => None,
            Selection::Only(offsets) => Some(offsets - &stale),
        };
        let mask = match &allowed {
            None if stale.is_empty() => Mask::All,
            None => Mask::Exclude(&stale),
            Some(offsets) => Mask::Include(offsets),
        };
        for chunk in terms.chunks(allowed.as_ref()) {
            let rows = terms.weights(query.key, chunk, dimensions).await?;
            search_chunk(chunk, &rows, &weights, mask, &mut top)?;
            slices.step().await;
        }
    }
    Ok(top.into_sorted())
}

fn search_chunk(
    chunk: u32,
    rows: &[Option<(Rc<Block>, usize)>],
    weights: &[(u32, f32)],
    mask: Mask<'_>,
    top: &mut TopK,
) -> Result<()> {
    let mut lists = Lists::default();
    for (row, (_, weight)) in rows.iter().zip(weights) {
        if let Some((block, row)) = row {
            lists.push(*weight, decode_weights(block.value::<Bytes>(*row)?)?);
        }
    }
    if !lists.is_empty() {
        lists.search(chunk, mask, top);
    }
    Ok(())
}

fn terms(snapshot: &Snapshot) -> Option<&TermIndex> {
    snapshot.segment.readers()?.terms.as_ref()
}

/// Records of the segment that are not what they were.
fn stale(snapshot: &Snapshot) -> RoaringBitmap {
    let tail = &snapshot.tail;
    let mut stale = tail.deleted().clone();
    stale.extend(tail.records().iter().filter(|(_, record)| record.in_segment()).map(|(offset, _)| *offset));
    stale
}

fn vector_of<'a>(record: &'a TailRecord, key: &str) -> Option<&'a SparseVector> {
    match record.metadata.get(key) {
        Some(MetadataValue::SparseVector(vector)) => Some(vector),
        _ => None,
    }
}

/// How many live records have each dimension of the query.
async fn frequencies(
    snapshot: &Snapshot,
    query: &SparseQuery<'_>,
    stale: &RoaringBitmap,
) -> Result<Vec<u64>> {
    let dimensions = &query.vector.indices;
    let mut frequencies = vec![0; dimensions.len()];
    for record in snapshot.tail.records().values() {
        let Some(vector) = vector_of(record, query.key) else { continue };
        for (dimension, frequency) in dimensions.iter().zip(&mut frequencies) {
            *frequency += u64::from(vector.indices.binary_search(dimension).is_ok());
        }
    }
    let Some(terms) = terms(snapshot) else { return Ok(frequencies) };
    for chunk in terms.chunks(None) {
        let rows = terms.weights(query.key, chunk, dimensions).await?;
        for (row, frequency) in rows.iter().zip(&mut frequencies) {
            let Some((block, row)) = row else { continue };
            let list = decode_weights(block.value::<Bytes>(*row)?)?;
            *frequency += match stale.is_empty() {
                true => list.len() as u64,
                false => {
                    let offset = |low: u16| chunk << 16 | u32::from(low);
                    list.entries().filter(|(low, _)| !stale.contains(offset(*low))).count() as u64
                }
            };
        }
    }
    Ok(frequencies)
}

/// `ln((n − nₜ + 0.5) / (nₜ + 0.5) + 1)`.
fn inverse_frequency(records: u64, frequency: u64) -> f32 {
    let (n, n_t) = (records as f32, frequency.min(records) as f32);
    ((n - n_t + 0.5) / (n_t + 0.5) + 1.0).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_few_have_weighs_more() {
        assert!((inverse_frequency(10, 1) - (9.5_f32 / 1.5 + 1.0).ln()).abs() < 1e-6);
        assert!(inverse_frequency(10, 1) > inverse_frequency(10, 9));
        assert!(inverse_frequency(10, 20) > 0.0);
    }
}

//! The nearest records of some vectors: through the segment's index, or by a scan of few; and by a scan of the tail.

use crate::distance::Query;
use crate::env::Slices;
use crate::error::{Corruption, Result};
use crate::execution::operators::filter::Selection;
use crate::index::flat::{self, Mask};
use crate::index::top_k::{Neighbour, TopK};
use crate::segment::{Readers, Snapshot, Target};
use crate::types::{HnswConfiguration, SpannConfiguration, VectorStructure};

/// The `k` nearest selected records of each query vector, nearest first, ties by offset id.
pub async fn nearest(
    snapshot: &Snapshot,
    queries: &[Query],
    k: usize,
    selection: &Selection,
    slices: &Slices<'_>,
) -> Result<Vec<Vec<Neighbour>>> {
    let k = k.min(usize::try_from(snapshot.count()).unwrap_or(usize::MAX));
    let mut tops: Vec<TopK> = queries.iter().map(|_| TopK::new(k)).collect();
    if k > 0 {
        // The tail first: what it has found bounds what the segment need be searched for.
        scan_tail(snapshot, queries, selection, &mut tops);
        search_segment(snapshot, queries, k, selection, &mut tops, slices).await?;
    }
    Ok(tops.into_iter().map(TopK::into_sorted).collect())
}

async fn search_segment(
    snapshot: &Snapshot,
    queries: &[Query],
    k: usize,
    selection: &Selection,
    tops: &mut [TopK],
    slices: &Slices<'_>,
) -> Result<()> {
    let Some(readers) = snapshot.segment.readers() else { return Ok(()) };
    let stale = snapshot.tail.stale_vectors();
    let allowed = match selection {
        Selection::All => None,
        Selection::Only(offsets) => Some(offsets - stale),
    };
    let mask = match &allowed {
        None if stale.is_empty() => Mask::All,
        None => Mask::Exclude(stale),
        Some(offsets) => Mask::Include(offsets),
    };
    match &readers.vectors {
        Some(index) => {
            let target = Target {
                embeddings: &readers.embeddings,
                mask,
                max_offset_id: snapshot.segment.max_offset_id(),
                probes: probes(snapshot, k, &mask),
                ef_search: ef_search(snapshot),
            };
            index.search(queries, k, target, tops, slices).await
        }
        None => scan_vectors(snapshot, readers, queries, mask, tops, slices).await,
    }
}

/// Posting lists that a search for `k` records looks into (spec: storage-architecture 7.2).
/// As many more if only a part of the records may be found, as that part is small.
fn probes(snapshot: &Snapshot, k: usize, mask: &Mask<'_>) -> usize {
    let parameters = match &*snapshot.structure {
        VectorStructure::Spann(parameters) => parameters.clone(),
        _ => SpannConfiguration::automatic(),
    };
    let for_k = (20 * k).div_ceil(parameters.split_threshold.max(1) as usize);
    let probes = for_k.max(parameters.search_nprobe as usize);
    match mask {
        Mask::Include(offsets) => {
            let times = snapshot.segment.len() / offsets.len().max(1);
            probes.saturating_mul(usize::try_from(times.max(1)).unwrap_or(usize::MAX))
        }
        Mask::All | Mask::Exclude(_) => probes,
    }
}

/// Nodes of a graph that a search looks around.
fn ef_search(snapshot: &Snapshot) -> usize {
    let ef_search = match &*snapshot.structure {
        VectorStructure::Hnsw(parameters) => parameters.ef_search,
        _ => HnswConfiguration::default().ef_search,
    };
    ef_search as usize
}

/// Compares with every vector that `mask` allows.
async fn scan_vectors(
    snapshot: &Snapshot,
    readers: &Readers,
    queries: &[Query],
    mask: Mask<'_>,
    tops: &mut [TopK],
    slices: &Slices<'_>,
) -> Result<()> {
    let mut scratch = Vec::new();
    for index in 0..readers.embeddings.block_count() {
        if let Mask::Include(offsets) = &mask {
            // A block without a selected record is not read.
            let keys = readers.embeddings.key_range(index);
            if offsets.range_cardinality(keys) == 0 {
                continue;
            }
        }
        let block = readers.embeddings.block(index).await?;
        let vectors = block.f32_lists()?;
        if vectors.uniform_dimension() != snapshot.dimension {
            let place = format!("embeddings, block {index}");
            return Err(Corruption::new(place, "its vectors do not have the collection's dimension").into());
        }
        flat::scan_many(queries, block.keys_u32()?, vectors.values, mask, tops, &mut scratch);
        slices.step().await;
    }
    Ok(())
}

fn scan_tail(snapshot: &Snapshot, queries: &[Query], selection: &Selection, tops: &mut [TopK]) {
    for (offset, record) in snapshot.tail.records() {
        let selected = match selection {
            Selection::All => true,
            Selection::Only(offsets) => offsets.contains(*offset),
        };
        let Some(vector) = record.embedding().filter(|_| selected) else { continue };
        for (query, top) in queries.iter().zip(tops.iter_mut()) {
            top.push(*offset, query.distance(vector));
        }
    }
}

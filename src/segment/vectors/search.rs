//! Searching: codes first, then the exact vectors of those that may be the nearest.

use super::lists::{LIST, parse};
use super::{CODE, Loaded, VectorIndex};
use crate::blockstore::{Bytes, Reader};
use crate::distance::Query;
use crate::env::Slices;
use crate::error::Result;
use crate::index::candidates::{Allowed, Candidate, Candidates, scan_list};
use crate::index::flat::Mask;
use crate::index::spann::HeadQuery;
use crate::index::top_k::TopK;
use crate::limits::{ERROR_BOUND, RERANK_BATCH};
use crate::quantization::{Around, CodeQuery};

/// A query against codes.
struct Probe {
    query: CodeQuery,
    around: Around,
    candidates: Candidates,
}

/// What is searched.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The exact vectors.
    pub embeddings: &'a Reader<u32, Vec<f32>>,
    /// The records that may be found.
    pub mask: Mask<'a>,
    /// No record has a larger offset id.
    pub max_offset_id: u32,
    /// Lists that are looked into.
    pub probes: usize,
}

impl VectorIndex {
    /// Offers the exact distances of the nearest records to `tops`, one for each query.
    pub async fn search(
        &self,
        queries: &[Query],
        k: usize,
        target: Target<'_>,
        tops: &mut [TopK],
        slices: &Slices<'_>,
    ) -> Result<()> {
        let Some(first) = queries.first() else { return Ok(()) };
        let loaded = self.loaded(first.space(), first.dimension()).await?;
        let allowed = Allowed::new(target.mask, target.max_offset_id);
        let mut probes: Vec<Probe> = queries.iter().map(|query| loaded.probe(query, k)).collect();
        self.scan_codes(&loaded, &allowed, &mut probes, slices).await?;
        if !loaded.heads.is_empty() {
            for probe in &mut probes {
                self.probe_lists(&loaded, &allowed, target.probes, probe, slices).await?;
            }
        }
        for ((query, probe), top) in queries.iter().zip(probes).zip(tops) {
            rerank(&loaded, target.embeddings, query, &probe.candidates.into_sorted(), top, slices).await?;
        }
        Ok(())
    }

    async fn scan_codes(
        &self,
        loaded: &Loaded,
        allowed: &Allowed,
        probes: &mut [Probe],
        slices: &Slices<'_>,
    ) -> Result<()> {
        let reader = self.reader();
        for index in reader.blocks_in(CODE, ..) {
            let block = reader.block(index).await?;
            for row in (0..block.len()).filter(|row| block.prefix(*row).is_ok_and(|prefix| prefix == CODE)) {
                let list = parse(&loaded.geometry, block.value::<Bytes>(row)?)?;
                for Probe { query, around, candidates } in &mut *probes {
                    scan_list(query, around, ERROR_BOUND, &list, allowed, |_, _| true, candidates);
                }
                slices.step().await;
            }
        }
        Ok(())
    }
}

impl VectorIndex {
    /// Scans the lists of the heads that are nearest to a query.
    async fn probe_lists(
        &self,
        loaded: &Loaded,
        allowed: &Allowed,
        count: usize,
        probe: &mut Probe,
        slices: &Slices<'_>,
    ) -> Result<()> {
        let near = loaded.heads.nearest(&HeadQuery::new(loaded.geometry.space, &probe.query), count);
        let ids: Vec<u32> = near.iter().map(|near| loaded.heads.id(near.head)).collect();
        let stored = self.reader().find_many(LIST, &ids).await?;
        for (near, stored) in near.iter().zip(stored) {
            // A head whose list is empty has none.
            let Some((block, row)) = stored else { continue };
            let list = parse(&loaded.geometry, block.value::<Bytes>(row)?)?;
            let Probe { query, candidates, .. } = &mut *probe;
            let around = query.around(loaded.heads.center(near.head));
            let is_live = |id, version| loaded.is_live(id, version);
            scan_list(query, &around, ERROR_BOUND, &list, allowed, is_live, candidates);
            slices.step().await;
        }
        Ok(())
    }
}

impl Loaded {
    fn probe(&self, query: &Query, k: usize) -> Probe {
        let query = self.geometry.query(query.vector());
        let around = query.around(&self.info.center);
        Probe { query, around, candidates: Candidates::new(k) }
    }
}

/// Computes the exact distances of candidates, sorted by their lower bounds, until the next cannot be nearer than
/// the `k` nearest found.
async fn rerank(
    loaded: &Loaded,
    embeddings: &Reader<u32, Vec<f32>>,
    query: &Query,
    candidates: &[Candidate],
    top: &mut TopK,
    slices: &Slices<'_>,
) -> Result<()> {
    for batch in candidates.chunks(RERANK_BATCH) {
        let within = batch.partition_point(|candidate| candidate.lower <= top.threshold());
        let wanted: Vec<_> =
            batch[..within].iter().map(|candidate| loaded.row(candidate.offset_id)).collect();
        for (row, vector) in wanted.iter().zip(embeddings.rows(&wanted, query.dimension()).await?) {
            top.push(row.key, query.distance(&vector));
        }
        if within < batch.len() {
            break;
        }
        slices.step().await;
    }
    Ok(())
}

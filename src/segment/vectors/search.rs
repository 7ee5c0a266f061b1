//! Searching: codes first, then the exact vectors of those that may be the nearest.

use super::lists::{LIST, ListSize, parse};
use super::{CODE, Loaded, VectorIndex};
use crate::blockstore::{Bytes, Reader, RowRef};
use crate::distance::Query;
use crate::env::Slices;
use crate::error::Result;
use crate::index::candidates::{Allowed, Candidate, Candidates, scan_list};
use crate::index::flat::Mask;
use crate::index::spann::{HeadQuery, NearHead};
use crate::index::top_k::TopK;
use crate::limits::{
    ERROR_BOUND, FIRST_PROBES, FURTHER_PROBES, MASKED_CODE_NS, PROBE_NS, PROBE_REACH, RERANK_BATCH,
    RERANKED_PER_NEIGHBOUR, ROW_NS,
};
use crate::quantization::{Around, CodeQuery};
use crate::types::Space;
use roaring::RoaringBitmap;

/// What is searched.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The exact vectors.
    pub embeddings: &'a Reader<u32, Vec<f32>>,
    /// The records that may be found.
    pub mask: Mask<'a>,
    /// No record has a larger offset id.
    pub max_offset_id: u32,
    /// Lists that are looked into, at most.
    pub probes: usize,
    /// Nodes of a graph that are looked around, at least.
    pub ef_search: usize,
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
        self.inner.was_searched.set(true);
        let loaded = self.loaded(first.space(), first.dimension(), slices).await?;
        if let Mask::Include(ids) = target.mask
            && loaded.comparing_is_cheaper(ids.len(), k)
        {
            return compare_all(&loaded, queries, ids, &target, tops, slices).await;
        }
        let allowed = Allowed::new(target.mask, target.max_offset_id);
        let searches = queries.iter().zip(tops).map(|(query, top)| Search::new(&loaded, query, k, top));
        let mut searches: Vec<Search<'_>> = searches.collect();
        if let Some(graph) = &loaded.graph {
            let filter = graph.filter(target.mask, &allowed);
            for search in &mut searches {
                // Without estimates nothing says which are near.
                let k = if search.has_estimates() { k } else { usize::MAX };
                graph.offer_nearest(&search.codes, k, target.ef_search, &filter, &mut search.candidates);
                search.rerank(&loaded, target.embeddings, slices).await?;
            }
        }
        self.scan_codes(&loaded, &allowed, &mut searches, slices).await?;
        for search in &mut searches {
            self.probe_lists(&loaded, &allowed, &target, search, slices).await?;
        }
        Ok(())
    }

    /// Scans the codes that are in no list, for all queries in one pass.
    async fn scan_codes(
        &self,
        loaded: &Loaded,
        allowed: &Allowed,
        searches: &mut [Search<'_>],
        slices: &Slices<'_>,
    ) -> Result<()> {
        let reader = self.reader();
        for index in reader.blocks_in(CODE, ..) {
            let block = reader.block(index).await?;
            for row in (0..block.len()).filter(|row| block.prefix(*row).is_ok_and(|prefix| prefix == CODE)) {
                let list = parse(&loaded.geometry, block.value::<Bytes>(row)?)?;
                for Search { codes, around, candidates, .. } in &mut *searches {
                    scan_list(codes, around, ERROR_BOUND, &list, allowed, &|_, _| true, candidates);
                }
                slices.step().await;
            }
        }
        Ok(())
    }

    /// Scans the lists of the nearest heads, some and then more, until the next are beyond reach.
    async fn probe_lists(
        &self,
        loaded: &Loaded,
        allowed: &Allowed,
        target: &Target<'_>,
        search: &mut Search<'_>,
        slices: &Slices<'_>,
    ) -> Result<()> {
        // Without estimates nothing says which lists are near.
        let probes = if search.has_estimates() { target.probes } else { loaded.heads.len() };
        let mut heads = loaded.heads.search(HeadQuery::new(loaded.geometry.space, &search.codes), probes);
        let mut within = heads.take(FIRST_PROBES);
        while !within.is_empty() {
            let ids: Vec<u32> = within.iter().map(|near| loaded.heads.id(near.head)).collect();
            let stored = self.reader().find_many(LIST, &ids).await?;
            for (near, stored) in within.iter().zip(stored) {
                // A list without entries is not stored.
                let Some((block, row)) = stored else { continue };
                let list = parse(&loaded.geometry, block.value::<Bytes>(row)?)?;
                let around = search.codes.around(loaded.heads.center(near.head));
                let is_live = |id, version| loaded.is_live(id, version);
                let (codes, candidates) = (&search.codes, &mut search.candidates);
                scan_list(codes, &around, ERROR_BOUND, &list, allowed, &is_live, candidates);
            }
            within = heads.take(FURTHER_PROBES);
            within.retain(|near| search.reaches(loaded, near));
        }
        search.rerank(loaded, target.embeddings, slices).await
    }
}

/// Offers the exact distances of some records; those of them that the segment does not have are passed over.
async fn compare_all(
    loaded: &Loaded,
    queries: &[Query],
    ids: &RoaringBitmap,
    target: &Target<'_>,
    tops: &mut [TopK],
    slices: &Slices<'_>,
) -> Result<()> {
    let indexed = ids.iter().filter(|id| loaded.rows.get(*id).version != 0);
    let wanted: Vec<RowRef> = indexed.map(|id| loaded.row(id)).collect();
    for wanted in wanted.chunks(RERANK_BATCH) {
        let vectors = target.embeddings.rows(wanted, loaded.geometry.dimension()).await?;
        for (query, top) in queries.iter().zip(&mut *tops) {
            for (row, vector) in wanted.iter().zip(&vectors) {
                top.push(row.key, query.distance(vector));
            }
        }
        slices.step().await;
    }
    Ok(())
}

impl Loaded {
    /// Whether comparing so many exact vectors costs less than finding the `k` nearest of them by their codes.
    fn comparing_is_cheaper(&self, matches: u64, k: usize) -> bool {
        let entries: u64 = self.sizes.values().map(|size| u64::from(size.entries)).sum();
        let scan = (self.info.waiting + entries) * MASKED_CODE_NS + self.heads.len() as u64 * PROBE_NS;
        let reranked = matches.min(RERANKED_PER_NEIGHBOUR * k as u64);
        matches * ROW_NS <= reranked * ROW_NS + scan
    }
}

/// One query under way.
struct Search<'a> {
    query: &'a Query,
    codes: CodeQuery,
    /// Around the center of the codes that are in no list.
    around: Around,
    candidates: Candidates,
    top: &'a mut TopK,
}

impl<'a> Search<'a> {
    fn new(loaded: &Loaded, query: &'a Query, k: usize, top: &'a mut TopK) -> Self {
        let codes = loaded.geometry.query(query.vector());
        let around = codes.around(&loaded.info.center);
        let mut candidates = Candidates::new(k);
        candidates.limit(top.threshold());
        Self { query, codes, around, candidates, top }
    }

    /// Computes the exact distances of the candidates, until the next cannot be nearer than the `k` nearest found.
    async fn rerank(
        &mut self,
        loaded: &Loaded,
        embeddings: &Reader<u32, Vec<f32>>,
        slices: &Slices<'_>,
    ) -> Result<()> {
        let candidates = self.candidates.take_sorted();
        for batch in candidates.chunks(RERANK_BATCH) {
            let within = batch.partition_point(|candidate| candidate.lower <= self.top.threshold());
            let row = |candidate: &Candidate| loaded.row(candidate.offset_id);
            let wanted: Vec<_> = batch[..within].iter().map(row).collect();
            for (row, vector) in wanted.iter().zip(embeddings.rows(&wanted, self.query.dimension()).await?) {
                self.top.push(row.key, self.query.distance(&vector));
            }
            if within < batch.len() {
                break;
            }
            slices.step().await;
        }
        self.candidates.limit(self.top.threshold());
        Ok(())
    }

    /// Whether the list of a head may hold a vector nearer than the `k`-th, as far as estimates tell.
    ///
    /// Of the vectors around a head at distance D, those at radius r have the squared distance D² + r² − 2Dr·cos φ to
    /// the query. In many dimensions φ is near a right angle for nearly all of them; [`PROBE_REACH`] is the cosine
    /// that counts as possible. In few dimensions it is that of a random direction, at as many deviations as a code's
    /// error may have.
    fn reaches(&self, loaded: &Loaded, near: &NearHead) -> bool {
        let farthest = self.candidates.estimate();
        if farthest.is_infinite() || !self.has_estimates() {
            return true;
        }
        let size = loaded.sizes.get(&loaded.heads.id(near.head)).copied();
        let ListSize { squared_radius, .. } = size.unwrap_or_default();
        let radius = squared_radius.sqrt();
        let chance = ERROR_BOUND / (loaded.geometry.dimension() as f32).sqrt();
        let cosine = PROBE_REACH.max(chance).min(1.0);
        let reach = 2.0 * cosine * near.distance.max(0.0).sqrt() * radius;
        match loaded.geometry.space {
            Space::L2 => near.distance + squared_radius - reach <= farthest,
            // Between vectors of length one the squared distance is twice that of cosine.
            Space::Cosine => near.distance + squared_radius - reach <= 2.0 * farthest,
            Space::Ip => near.distance - cosine * self.norm() * radius <= farthest,
        }
    }

    fn has_estimates(&self) -> bool {
        self.around.radius.is_finite()
    }

    fn norm(&self) -> f32 {
        self.codes.vector().iter().map(|component| component * component).sum::<f32>().sqrt()
    }
}

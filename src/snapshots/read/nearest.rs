//! The nearest records of a vector: cells whose centers are near, their lists whose heads are near, the codes in these, and the rows
//! of the best, which are compared exactly. Each is one hop.

use chromatid_vectors::distance::Query;
use roaring::RoaringBitmap;

use super::Snapshot;
use crate::codes::{CodeQuery, code_bytes};
use crate::error::{Error, Result};
use crate::exchange::{Exchange, join};
use crate::filter::Where;
use crate::limits::MAX_RESULTS;
use crate::lists::{Cell, Entry, List, RowPlace};
use crate::manifest::Manifest;
use crate::part::PartRef;
use crate::ranges::Selection;
use crate::record::Row;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Nearest {
    pub vector: Vec<f32>,
    /// How many of them.
    pub k: usize,
    pub filter: Option<Where>,
}

/// A record that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub row: Row,
    /// The exact distance.
    pub distance: f32,
}

/// What a search for ten reads at most, besides the manifest: 23 requests, and with any manifest of a million records less than 1.5 MB.
const RANGES: usize = 23;
const BYTES: u64 = 1_400_000;

/// Of these for heads, and at least for rows; lists have the rest.
const CELL_RANGES: usize = 4;
const CELL_BYTES: u64 = 300_000;
const ROW_RANGES: usize = 9;
const ROW_BYTES: u64 = 200_000;

/// Requests for lists at most: more of them find less than more rows do.
const LIST_RANGES: usize = 12;

/// Results for which a search has this allowance once, for each as many more once again.
const MORE: usize = 40;

/// Times that of it for a search with a filter, whose results lie further apart.
const FILTERED: usize = 2;

/// One whose filter leaves less than one record in so many: as often again. Its results lie further apart still.
const RARE: u64 = 20;

/// A search that finds fewer records than it should begins again with so many times its allowance.
const AGAIN: usize = 4;

/// Rows that are compared exactly beyond the k that codes find, as the estimates of some of the nearest are a little too large. With
/// fewer components than these estimates are rougher, and rows smaller.
const SPARE_ROWS: usize = 12;
const SPARE_DIMENSION: usize = 384;

/// Candidates whose rows are compared if they come along, times k.
const NEAR_ROWS: usize = 8;

/// Records that a filter may leave to be compared one by one, without any list.
const FEW: u64 = 64;

/// A record by its code.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    estimate: f32,
    place: RowPlace,
}

impl Snapshot {
    pub(super) async fn find(&self, exchange: &Exchange, request: Nearest) -> Result<Vec<Found>> {
        let Nearest { vector, k, filter } = request;
        let dimension = self.manifest.identity.dimension;
        if vector.len() != dimension {
            let message = format!("the query has {} components, the records have {dimension}", vector.len());
            return Err(Error::invalid(message));
        }
        if k > MAX_RESULTS {
            return Err(Error::invalid(format!("a snapshot gives at most {MAX_RESULTS} records at once")));
        }
        let turned = self.frame.turn(&vector);
        let mut times = k.div_ceil(MORE).max(1) * if filter.is_some() { FILTERED } else { 1 };
        let allowed = async {
            let live = self.live(exchange).await?;
            match &filter {
                Some(filter) => self.matching(exchange, filter, &live).await,
                None => Ok(live),
            }
        };
        let (allowed, near) = join(allowed, self.cells(exchange, &turned, times)).await;
        let (allowed, mut near) = (allowed?, near?);
        let query = Query::new(self.manifest.identity.space, &vector);
        if filter.is_some() && allowed.len() <= FEW.max(k as u64) {
            let numbers: Vec<u32> = allowed.iter().collect();
            return Ok(ranked(self.rows_of(exchange, &numbers).await?, &query, k));
        }
        if allowed.len() * RARE < u64::from(self.manifest.count()) {
            times *= FILTERED;
        }
        loop {
            let (candidates, used) = self.candidates(exchange, &turned, &near, &allowed, times).await?;
            if candidates.len() >= k || candidates.len() as u64 == allowed.len() {
                let ranges = (RANGES.saturating_mul(times) + 2 * self.over()).saturating_sub(used);
                return self.best(exchange, candidates, &query, k, ranges).await;
            }
            if times > self.manifest.count() as usize {
                return Err(Error::corrupt("list", "the lists do not have all records"));
            }
            times = times.saturating_mul(AGAIN);
            near = self.cells(exchange, &turned, times).await?;
        }
    }

    /// The heads of the lists of all layers in the cells that are nearest.
    async fn cells(&self, exchange: &Exchange, turned: &[f32], times: usize) -> Result<Near> {
        let Manifest { centers, layers, .. } = &*self.manifest;
        let probe = Query::new(self.frame.probe_space(), turned);
        let distance = |cell: usize| probe.distance(&centers[cell].vector());
        let mut cells: Vec<(f32, usize)> = (0..centers.len()).map(|cell| (distance(cell), cell)).collect();
        cells.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let parts_of = |cell: usize| layers.iter().flat_map(move |layer| layer.cells[cell].iter().copied());
        let ranges = CELL_RANGES.saturating_mul(times) + self.over();
        let mut selection = Selection::new(ranges, CELL_BYTES * times as u64);
        let mut taken = Vec::new();
        for (_, cell) in cells {
            // Of a cell all is read or nothing: a newer record must not be missed where an older one is found.
            let parts = parts_of(cell).take_while(|part| selection.take(part)).count();
            if parts == parts_of(cell).count() {
                taken.extend(parts_of(cell).map(|part| (cell, part)));
            }
        }
        let parts: Vec<PartRef> = taken.iter().map(|(_, part)| *part).collect();
        let query = CodeQuery::new(self.frame.probe_space(), turned);
        let mut near = Near { entries: Vec::new(), ranges: selection.ranges(), bytes: selection.bytes() };
        for ((cell, _), bytes) in taken.iter().zip(exchange.read(&parts).await) {
            let around = query.around(&centers[*cell].vector());
            let Cell { entries, heads } = Cell::read(&bytes, turned.len())?;
            let heads = heads.chunks_exact(code_bytes(turned.len()));
            near.entries.extend(heads.map(|head| query.distance(around, head)).zip(entries));
        }
        near.entries.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.first.cmp(&b.1.first)));
        Ok(near)
    }

    /// Layers over the base: each is allowed a request more for its heads, and one for its lists.
    fn over(&self) -> usize {
        self.manifest.layers.len().saturating_sub(1)
    }

    /// What the codes of the lists that are nearest say, the best first.
    async fn candidates(
        &self,
        exchange: &Exchange,
        turned: &[f32],
        near: &Near,
        allowed: &RoaringBitmap,
        times: usize,
    ) -> Result<(Vec<Candidate>, usize)> {
        let ranges = (RANGES - ROW_RANGES).saturating_mul(times) + 2 * self.over();
        let ranges = ranges.saturating_sub(near.ranges);
        let bytes = ((BYTES - ROW_BYTES) * times as u64).saturating_sub(near.bytes);
        let mut selection =
            Selection::new(ranges.min(LIST_RANGES.saturating_mul(times) + self.over()), bytes);
        let any = |entry: &Entry| allowed.range_cardinality(entry.first..entry.first + entry.count) > 0;
        let wanted = near.entries.iter().filter(|(_, entry)| any(entry)).map(|(_, entry)| entry.part);
        let wanted: Vec<PartRef> = wanted.collect();
        wanted.iter().for_each(|part| {
            selection.take(part);
        });
        let parts: Vec<PartRef> = wanted.into_iter().filter(|part| selection.covers(part)).collect();
        let read = exchange.read(&parts).await;
        let mut candidates = Vec::new();
        let query = CodeQuery::new(self.manifest.identity.space, turned);
        for bytes in read {
            score(&List::read(&bytes, turned.len())?, &query, allowed, &mut candidates);
        }
        // A record that lies in two lists counts once, with the better estimate.
        candidates.sort_unstable_by(|a, b| {
            a.place.number.cmp(&b.place.number).then(a.estimate.total_cmp(&b.estimate))
        });
        candidates.dedup_by_key(|candidate| candidate.place.number);
        candidates.sort_unstable_by(|a, b| {
            a.estimate.total_cmp(&b.estimate).then(a.place.number.cmp(&b.place.number))
        });
        Ok((candidates, near.ranges + selection.ranges()))
    }

    /// Compares the best candidates exactly.
    async fn best(
        &self,
        exchange: &Exchange,
        candidates: Vec<Candidate>,
        query: &Query,
        k: usize,
        ranges: usize,
    ) -> Result<Vec<Found>> {
        let mut selection = Selection::new(ranges.max(k / 2), ROW_BYTES * k.div_ceil(10) as u64);
        let spare = SPARE_ROWS * (SPARE_DIMENSION / query.dimension()).clamp(1, 16);
        let mut taken = 0;
        for (place, candidate) in candidates.iter().enumerate() {
            if place >= k + spare && taken >= k {
                break;
            }
            taken += usize::from(selection.take(&candidate.place.part));
        }
        if taken < k.min(candidates.len()) {
            candidates.iter().take(k).for_each(|candidate| selection.force(&candidate.place.part));
        }
        // Candidates whose rows come along cost nothing more.
        let near = candidates
            .iter()
            .take(NEAR_ROWS * k + spare)
            .filter(|candidate| selection.covers(&candidate.place.part));
        let read: Vec<RowPlace> = near.map(|candidate| candidate.place).collect();
        let mut parts: Vec<PartRef> = read.iter().map(|place| place.part).collect();
        parts.sort_unstable();
        parts.dedup();
        let rows = self.rows(exchange, &parts).await?;
        let row = |place: &RowPlace| rows.get(&place.part)?.get(place.at).cloned();
        let rows: Option<Vec<Row>> = read.iter().map(row).collect();
        let rows = rows.ok_or_else(|| Error::corrupt("rows", "a record has no row"))?;
        Ok(ranked(rows, query, k))
    }
}

/// What is near a query.
struct Near {
    /// Lists, the nearest head first.
    entries: Vec<(f32, Entry)>,
    /// Requests that the heads took.
    ranges: usize,
    /// And their bytes.
    bytes: u64,
}

fn score(list: &List, query: &CodeQuery, allowed: &RoaringBitmap, candidates: &mut Vec<Candidate>) {
    let center = list.center.vector();
    let around = query.around(&center);
    for (place, code) in list.places.iter().zip(list.codes.chunks_exact(code_bytes(center.len()))) {
        if allowed.contains(place.number) {
            candidates.push(Candidate { estimate: query.distance(around, code), place: *place });
        }
    }
}

/// The k nearest rows.
fn ranked(rows: Vec<Row>, query: &Query, k: usize) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::with_capacity(rows.len());
    for row in rows {
        found.push(Found { distance: query.distance(&row.vector), row });
    }
    let nan_last = |found: &Found| found.distance.is_nan();
    found.sort_by(|a, b| nan_last(a).cmp(&nan_last(b)).then(a.distance.total_cmp(&b.distance)));
    found.truncate(k);
    found
}

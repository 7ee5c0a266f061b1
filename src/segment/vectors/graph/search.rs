//! Searching a graph: the nearest live, allowed slots by their four-bit codes.

use super::LiveGraph;
use crate::index::candidates::{Allowed, Candidate, Candidates};
use crate::index::flat::Mask;
use crate::index::hnsw::{self, Outcome, Target, ToCodes};
use crate::index::top_k::TopK;
use crate::limits::{GRAPH_CHECKED_FRACTION, GRAPH_FILTERED_EF, GRAPH_RERANKED};
use crate::quantization::CodeQuery;

/// Slots whose distances are estimated at once in a scan: their numbers and estimates stay in the fastest cache.
const SCAN_BATCH: usize = 256;

/// Which slots a search may return.
pub(in crate::segment::vectors) enum Filter<'a> {
    /// Nearly all: what a search finds is checked afterwards.
    Most(&'a Allowed),
    /// These.
    Slots(hnsw::Allowed),
}

impl LiveGraph {
    /// The live slots of the records that `mask` lets through, which `allowed` holds too.
    pub fn filter<'a>(&self, mask: Mask<'_>, allowed: &'a Allowed) -> Filter<'a> {
        let masked = match mask {
            Mask::All => 0,
            Mask::Exclude(ids) => ids.len(),
            Mask::Include(_) => u64::MAX,
        };
        let excluded = masked.saturating_add(self.dead() as u64);
        if excluded <= (self.graph.links.len() / GRAPH_CHECKED_FRACTION) as u64 {
            return Filter::Most(allowed);
        }
        Filter::Slots(self.allowed_slots(allowed))
    }

    fn allowed_slots(&self, allowed: &Allowed) -> hnsw::Allowed {
        let slots = 0..self.graph.slots.len() as u32;
        hnsw::Allowed::new(slots.filter(|slot| self.is_allowed(*slot, allowed)))
    }

    fn is_allowed(&self, slot: u32, allowed: &Allowed) -> bool {
        self.live.contains(slot) && allowed.contains(self.offset_id(slot))
    }

    fn offset_id(&self, slot: u32) -> u32 {
        self.graph.slots[slot as usize].offset_id
    }

    /// Offers the records that may be the `k` nearest to `query`: somewhat more than `k`, for estimates err. `ef`
    /// nodes are looked around.
    pub fn offer_nearest(
        &self,
        query: &CodeQuery,
        k: usize,
        ef: usize,
        filter: &Filter<'_>,
        candidates: &mut Candidates,
    ) {
        let target = ToCodes::new(&self.graph.codes, query.vector());
        let wanted = k.saturating_add(k / 2).saturating_add(GRAPH_RERANKED);
        let ef = ef.max(wanted);
        let found = match filter {
            Filter::Slots(slots) => self.nearest_of(&target, wanted, ef, slots),
            Filter::Most(allowed) => {
                let found = self.checked(&target, wanted, ef, allowed);
                found.unwrap_or_else(|| self.nearest_of(&target, wanted, ef, &self.allowed_slots(allowed)))
            }
        };
        for (slot, estimate) in found {
            // Four-bit codes have no bounds: whatever is found is compared exactly.
            let lower = f32::NEG_INFINITY;
            candidates.offer(Candidate { offset_id: self.offset_id(slot), estimate, lower });
        }
    }

    /// The `wanted` nearest allowed among the `ef` nearest of all; `None` if they are fewer, though there are more.
    fn checked(
        &self,
        target: &ToCodes<'_>,
        wanted: usize,
        ef: usize,
        allowed: &Allowed,
    ) -> Option<Vec<(u32, f32)>> {
        if self.graph.links.scan_is_cheaper(self.live.len(), wanted, ef) {
            return None;
        }
        let Outcome::Found(found) =
            self.graph.links.search(target, ef, ef, None, &mut self.graph.scratch.borrow_mut())
        else {
            return None;
        };
        let found = found.iter().filter(|found| self.is_allowed(found.node, allowed)).take(wanted);
        let found: Vec<_> = found.map(|found| (found.node, found.distance)).collect();
        (found.len() == wanted).then_some(found)
    }

    /// The `wanted` nearest of `slots`: by the graph, or where that is dearer by a scan of them.
    fn nearest_of(
        &self,
        target: &ToCodes<'_>,
        wanted: usize,
        ef: usize,
        slots: &hnsw::Allowed,
    ) -> Vec<(u32, f32)> {
        let ef = ef.saturating_mul(GRAPH_FILTERED_EF);
        let scratch = &mut self.graph.scratch.borrow_mut();
        match self.graph.links.search(target, wanted, ef, Some(slots), scratch) {
            Outcome::Found(found) => found.iter().map(|found| (found.node, found.distance)).collect(),
            Outcome::Scan => self.scan(target, wanted, slots),
        }
    }

    fn scan(&self, target: &ToCodes<'_>, wanted: usize, slots: &hnsw::Allowed) -> Vec<(u32, f32)> {
        let matches: Vec<u32> =
            (0..self.graph.slots.len() as u32).filter(|slot| slots.contains(*slot)).collect();
        let (mut top, mut distances) = (TopK::new(wanted), Vec::new());
        for batch in matches.chunks(SCAN_BATCH) {
            target.distances(batch, &mut distances);
            batch.iter().zip(&distances).for_each(|(slot, distance)| top.push(*slot, *distance));
        }
        top.into_sorted().iter().map(|near| (near.offset_id, near.distance)).collect()
    }
}

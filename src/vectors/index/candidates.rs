//! What a scan of codes leaves to be looked at: every record that may be among the `k` nearest.
//!
//! A code gives an estimate of the distance and a bound of its error. The `k`-th smallest upper bound met
//! so far is a distance that `k` records are within; a record whose lower bound lies beyond it cannot be
//! among the nearest. How many candidates remain is therefore decided by the bounds, not by a constant.

use super::posting::CodeList;
use super::top_k::TopK;
use crate::limits::CANDIDATES_RESERVED;
use crate::quantization::{Around, CodeQuery, LANES};
use roaring::RoaringBitmap;

use super::flat::Mask;

/// A record that may be near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub offset_id: u32,
    /// The estimated distance.
    pub estimate: f32,
    /// The distance is hardly below this (see the `epsilon` of [`CodeQuery::scan_block`]).
    pub lower: f32,
}

/// Gathers the candidates of one query.
#[derive(Debug, Clone)]
pub struct Candidates {
    /// The `k` smallest upper bounds.
    uppers: TopK,
    /// The `k` smallest estimates.
    estimates: TopK,
    kept: Vec<Candidate>,
    /// A distance that the `k` nearest are known to be within.
    limit: f32,
    /// The records that were offered, a bit for each.
    seen: Vec<u64>,
    /// Number of kept candidates at which those that fell behind are dropped.
    prune_at: usize,
}

impl Candidates {
    /// For the `k` nearest.
    pub fn new(k: usize) -> Self {
        Self {
            uppers: TopK::new(k),
            estimates: TopK::new(k),
            kept: Vec::new(),
            limit: f32::INFINITY,
            seen: Vec::new(),
            prune_at: CANDIDATES_RESERVED,
        }
    }

    /// A record whose lower bound is greater than this cannot be among the `k` nearest.
    pub fn threshold(&self) -> f32 {
        self.uppers.threshold().min(self.limit)
    }

    /// About where the `k`-th nearest is.
    pub fn estimate(&self) -> f32 {
        self.estimates.threshold().min(self.limit)
    }

    /// Notes that `k` records are within `distance`.
    pub fn limit(&mut self, distance: f32) {
        self.limit = self.limit.min(distance);
    }

    /// Offers a record. One that lies in several lists counts once, else its bounds would stand for several records.
    pub fn offer(&mut self, candidate: Candidate) {
        if candidate.lower > self.threshold() || self.has_seen(candidate.offset_id) {
            return;
        }
        self.uppers.push(candidate.offset_id, 2.0 * candidate.estimate - candidate.lower);
        self.estimates.push(candidate.offset_id, candidate.estimate);
        self.kept.push(candidate);
        if self.kept.len() >= self.prune_at {
            self.prune();
            self.prune_at = CANDIDATES_RESERVED.max(2 * self.kept.len());
        }
    }

    /// Whether the record was offered before; from now on it was.
    fn has_seen(&mut self, offset_id: u32) -> bool {
        let (word, bit) = (offset_id as usize / 64, 1 << (offset_id % 64));
        if self.seen.len() <= word {
            self.seen.resize((word + 1).next_power_of_two(), 0);
        }
        let seen = self.seen[word] & bit != 0;
        self.seen[word] |= bit;
        seen
    }

    fn prune(&mut self) {
        let threshold = self.threshold();
        self.kept.retain(|candidate| candidate.lower <= threshold);
    }

    /// Takes the candidates, by ascending lower bound. What is offered later is bounded by them as well.
    pub fn take_sorted(&mut self) -> Vec<Candidate> {
        self.prune();
        let mut taken = std::mem::take(&mut self.kept);
        taken.sort_unstable_by(|a, b| a.lower.total_cmp(&b.lower).then(a.offset_id.cmp(&b.offset_id)));
        taken
    }
}

/// Which records a search may return, for many quick questions: a bit for each offset id.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// `None`: every record.
    words: Option<Vec<u64>>,
}

impl Allowed {
    /// The records up to `max_offset_id` that `mask` lets through.
    pub fn new(mask: Mask<'_>, max_offset_id: u32) -> Self {
        let words = match mask {
            Mask::All => None,
            Mask::Include(ids) => {
                let mut words = vec![0; max_offset_id as usize / 64 + 1];
                for_each_up_to(ids, max_offset_id, |word, bit| words[word] |= bit);
                Some(words)
            }
            Mask::Exclude(ids) => {
                let mut words = vec![u64::MAX; max_offset_id as usize / 64 + 1];
                for_each_up_to(ids, max_offset_id, |word, bit| words[word] &= !bit);
                Some(words)
            }
        };
        Self { words }
    }

    /// Whether a record may be returned.
    #[inline]
    pub fn contains(&self, offset_id: u32) -> bool {
        match &self.words {
            None => true,
            Some(words) => {
                words.get(offset_id as usize / 64).is_some_and(|word| word >> (offset_id % 64) & 1 == 1)
            }
        }
    }

    /// The lanes of a block of a list whose records may be returned.
    fn lanes(&self, list: &CodeList<'_>, block: usize) -> u32 {
        let lanes = list.lanes(block);
        if self.words.is_none() {
            return lanes;
        }
        let first = block * LANES;
        let count = (list.len() - first).min(LANES);
        (0..count).fold(0, |mask, lane| mask | u32::from(self.contains(list.offset_id(first + lane))) << lane)
    }
}

fn for_each_up_to(ids: &RoaringBitmap, max_offset_id: u32, mut visit: impl FnMut(usize, u64)) {
    for id in ids.range(..=max_offset_id) {
        visit(id as usize / 64, 1 << (id % 64));
    }
}

/// Offers the live, allowed entries of a list to `candidates`. `is_live` is asked about an offset id and the
/// version of its entry, for those few that are near enough.
pub fn scan_list(
    query: &CodeQuery,
    around: &Around,
    epsilon: f32,
    list: &CodeList<'_>,
    allowed: &Allowed,
    is_live: &dyn Fn(u32, u16) -> bool,
    candidates: &mut Candidates,
) {
    let (mut estimates, mut lowers) = ([0.0; LANES], [0.0; LANES]);
    let codes = list.codes();
    for block in 0..codes.blocks().len() {
        let lanes = allowed.lanes(list, block);
        if lanes == 0 {
            continue;
        }
        let threshold = candidates.threshold();
        let bytes = codes.block(block);
        let mut near =
            lanes & query.scan_block(around, epsilon, threshold, bytes, &mut estimates, &mut lowers);
        while near != 0 {
            let lane = near.trailing_zeros() as usize;
            near &= near - 1;
            let entry = block * LANES + lane;
            let offset_id = list.offset_id(entry);
            if is_live(offset_id, list.version(entry)) {
                candidates.offer(Candidate { offset_id, estimate: estimates[lane], lower: lowers[lane] });
            }
        }
    }
}

//! From parts to the ranges of packs that are asked for: near ones together.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::limits::MERGE_GAP_BYTES;
use crate::part::PartRef;

/// One request: bytes `start..end` of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub pack: u32,
    pub start: u32,
    pub end: u32,
    /// The parts that lie in it, by offset.
    pub parts: Vec<PartRef>,
}

impl Range {
    /// Bytes that come.
    pub fn length(&self) -> u32 {
        self.end - self.start
    }
}

/// The ranges that hold `parts`, by pack and offset. Parts at most [`MERGE_GAP_BYTES`] apart are in one.
pub fn plan(parts: &[PartRef]) -> Vec<Range> {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    parts.dedup();
    let mut ranges: Vec<Range> = Vec::new();
    for part in parts {
        match ranges.last_mut() {
            Some(last) if last.pack == part.pack && near(last.end, part.offset) => {
                last.end = last.end.max(part.end());
                last.parts.push(part);
            }
            _ => {
                let (start, end) = (part.offset, part.end());
                ranges.push(Range { pack: part.pack, start, end, parts: vec![part] });
            }
        }
    }
    ranges
}

fn near(end: u32, start: u32) -> bool {
    start.saturating_sub(end) <= MERGE_GAP_BYTES
}

/// Parts chosen one after the other, the most wanted first, within what they may cost together.
#[derive(Debug)]
pub struct Selection {
    max_ranges: usize,
    max_bytes: u64,
    ranges: usize,
    bytes: u64,
    /// By pack and start the end of each range.
    ends: BTreeMap<(u32, u32), u32>,
}

impl Selection {
    /// Of so many ranges and bytes at most; the first part is always taken.
    pub fn new(max_ranges: usize, max_bytes: u64) -> Self {
        Self { max_ranges, max_bytes, ranges: 0, bytes: 0, ends: BTreeMap::new() }
    }

    /// Requests of what was taken.
    pub fn ranges(&self) -> usize {
        self.ranges
    }

    /// Bytes of these requests.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes a part if there is room for it; whether it did.
    pub fn take(&mut self, part: &PartRef) -> bool {
        let with = self.with(part);
        let fits = with.ranges <= self.max_ranges.max(self.ranges) && with.bytes <= self.max_bytes;
        if self.ranges == 0 || fits {
            self.add(part, with);
            return true;
        }
        false
    }

    /// Takes a part whatever it costs.
    pub fn force(&mut self, part: &PartRef) {
        let with = self.with(part);
        self.add(part, with);
    }

    fn add(&mut self, part: &PartRef, with: With) {
        with.merged.into_iter().flatten().for_each(|key| {
            self.ends.remove(&key);
        });
        self.ends.insert((part.pack, with.start), with.end);
        (self.ranges, self.bytes) = (with.ranges, with.bytes);
    }

    /// What there would be with a part: it joins the ranges before and after it that are near.
    fn with(&self, part: &PartRef) -> With {
        let place = (part.pack, part.offset);
        let before = self.ends.range(..=place).next_back();
        let after = self.ends.range((Bound::Excluded(place), Bound::Unbounded)).next();
        let before = before.filter(|((pack, _), end)| *pack == part.pack && near(**end, part.offset));
        let after = after.filter(|((pack, start), _)| *pack == part.pack && near(part.end(), *start));
        let mut with = With {
            start: part.offset,
            end: part.end(),
            ranges: self.ranges + 1,
            bytes: self.bytes,
            merged: [before, after].map(|range| range.map(|(key, _)| *key)),
        };
        for ((_, start), end) in [before, after].into_iter().flatten() {
            with.start = with.start.min(*start);
            with.end = with.end.max(*end);
            with.ranges -= 1;
            with.bytes -= u64::from(end - start);
        }
        with.bytes += u64::from(with.end - with.start);
        with
    }

    /// Whether a part lies in what comes anyway.
    pub fn covers(&self, part: &PartRef) -> bool {
        let before = self.ends.range(..=(part.pack, part.offset)).next_back();
        before.is_some_and(|((pack, _), end)| *pack == part.pack && part.end() <= *end)
    }
}

/// A selection with one part more.
struct With {
    start: u32,
    end: u32,
    ranges: usize,
    bytes: u64,
    /// The ranges that become one with the part.
    merged: [Option<(u32, u32)>; 2],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(pack: u32, offset: u32, length: u32) -> PartRef {
        PartRef { pack, offset, length, hash: [0; 16] }
    }

    fn bounds(ranges: &[Range]) -> Vec<(u32, u32, u32)> {
        ranges.iter().map(|range| (range.pack, range.start, range.end)).collect()
    }

    #[test]
    fn near_parts_of_a_pack_are_one_range() {
        let parts =
            [part(1, 0, 10), part(0, 100_000, 10), part(0, 0, 10), part(0, 32_778, 5), part(0, 0, 10)];
        let ranges = plan(&parts);
        assert_eq!(bounds(&ranges), [(0, 0, 32_783), (0, 100_000, 100_010), (1, 0, 10)]);
        assert_eq!(ranges[0].parts.len(), 2);
    }

    #[test]
    fn a_selection_keeps_to_its_bounds() {
        let mut selection = Selection::new(2, 100_000);
        assert!(selection.take(&part(0, 0, 10)));
        assert!(selection.take(&part(0, 80_000, 10)));
        assert!(!selection.take(&part(1, 0, 10)), "a third range");
        // Between the two and near both: one range instead of two.
        assert!(!selection.take(&part(0, 10_000, 95_000)), "too many bytes");
        assert!(selection.take(&part(0, 30_000, 20_000)));
        assert_eq!((selection.ranges(), selection.bytes()), (1, 80_010));
        assert!(selection.covers(&part(0, 60_000, 10)) && !selection.covers(&part(0, 80_000, 11)));
        assert!(selection.take(&part(1, 0, 10)));
        selection.force(&part(2, 0, 1 << 20));
        assert_eq!(selection.ranges(), 3);
    }
}

//! Which parts of the block file are free: best fit over coalesced extents.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Corruption;
use crate::limits::PAGE_BYTES;

/// Where a block lies: content bytes from `offset`, a multiple of [`PAGE_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub offset: u64,
    pub length: u64,
}

impl Extent {
    /// Bytes that it occupies: its length in whole pages.
    fn reserved(self) -> u64 {
        self.length.div_ceil(PAGE_BYTES) * PAGE_BYTES
    }

    /// End of its content.
    pub fn end(self) -> u64 {
        self.offset + self.length
    }
}

/// Free space below `end`, and everything from `end` on.
#[derive(Debug, Default)]
pub struct Allocator {
    /// Offset → length of each free extent; no two touch.
    free: BTreeMap<u64, u64>,
    /// The same as (length, offset), for the best fit.
    by_length: BTreeSet<(u64, u64)>,
    /// End of the last extent in use.
    end: u64,
}

impl Allocator {
    /// The allocator of a file in which exactly `used` is taken. Overlap is corruption.
    pub fn new(used: impl IntoIterator<Item = Extent>) -> Result<Self, Corruption> {
        let shared = |offset| {
            Corruption::new("directory of blocks", format!("two blocks share the bytes at {offset}"))
        };
        let mut ends = BTreeMap::new();
        for extent in used.into_iter().filter(|extent| extent.length > 0) {
            if ends.insert(extent.offset, extent.offset + extent.reserved()).is_some() {
                return Err(shared(extent.offset));
            }
        }
        let mut allocator = Self::default();
        for (offset, end) in ends {
            if offset < allocator.end {
                return Err(shared(offset));
            }
            if offset > allocator.end {
                allocator.insert(allocator.end, offset - allocator.end);
            }
            allocator.end = end;
        }
        Ok(allocator)
    }

    /// End of the last extent in use: the file need not be longer.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Takes the smallest free extent that holds `length` bytes, or grows the file.
    pub fn allocate(&mut self, length: u64) -> Extent {
        let extent = Extent { offset: self.end, length };
        let reserved = extent.reserved();
        if reserved == 0 {
            return Extent { offset: 0, length };
        }
        let Some(&(found, offset)) = self.by_length.range((reserved, 0)..).next() else {
            self.end += reserved;
            return extent;
        };
        self.remove(offset, found);
        if found > reserved {
            self.insert(offset + reserved, found - reserved);
        }
        Extent { offset, length }
    }

    /// As [`allocate`](Self::allocate), but before an extent in use; `None` if nothing free there is large enough.
    pub fn allocate_before(&mut self, used: Extent) -> Option<Extent> {
        let reserved = used.reserved();
        let fits = self.by_length.range((reserved.max(1), 0)..);
        let (found, offset) = fits.copied().find(|(_, offset)| *offset < used.offset)?;
        self.remove(offset, found);
        if found > reserved {
            self.insert(offset + reserved, found - reserved);
        }
        Some(Extent { offset, length: used.length })
    }

    /// Free bytes below [`end`](Self::end).
    pub fn free(&self) -> u64 {
        self.free.values().sum()
    }

    /// Gives back what [`allocate`](Self::allocate) returned.
    pub fn release(&mut self, extent: Extent) {
        let mut offset = extent.offset;
        let mut length = extent.reserved();
        if length == 0 {
            return;
        }
        if let Some((&before, &size)) = self.free.range(..offset).next_back()
            && before + size == offset
        {
            self.remove(before, size);
            offset = before;
            length += size;
        }
        if let Some(&size) = self.free.get(&(offset + length)) {
            self.remove(offset + length, size);
            length += size;
        }
        if offset + length == self.end {
            self.end = offset;
        } else {
            self.insert(offset, length);
        }
    }

    fn insert(&mut self, offset: u64, length: u64) {
        self.free.insert(offset, length);
        self.by_length.insert((length, offset));
    }

    fn remove(&mut self, offset: u64, length: u64) {
        self.free.remove(&offset);
        self.by_length.remove(&(length, offset));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn overlap(a: Extent, b: Extent) -> bool {
        a.reserved() > 0
            && b.reserved() > 0
            && a.offset < b.offset + b.reserved()
            && b.offset < a.offset + a.reserved()
    }

    proptest! {
        #[test]
        fn extents_never_overlap_and_all_space_comes_back(
            steps in proptest::collection::vec((any::<bool>(), 0u64..20_000, any::<proptest::sample::Index>()), 1..200)
        ) {
            let mut allocator = Allocator::default();
            let mut used: Vec<Extent> = Vec::new();
            for (release, length, pick) in steps {
                if release && !used.is_empty() {
                    allocator.release(used.swap_remove(pick.index(used.len())));
                } else {
                    let extent = allocator.allocate(length);
                    prop_assert_eq!(extent.length, length);
                    prop_assert_eq!(extent.offset % PAGE_BYTES, 0);
                    prop_assert!(used.iter().all(|other| !overlap(extent, *other)));
                    used.push(extent);
                }
                let end = used.iter().filter(|extent| extent.length > 0);
                let end = end.map(|extent| extent.offset + extent.reserved()).max().unwrap_or(0);
                prop_assert_eq!(allocator.end(), end);
                // The allocator of the same file opened again is the same allocator.
                let reopened = Allocator::new(used.iter().copied()).unwrap();
                prop_assert_eq!(&reopened.free, &allocator.free);
                prop_assert_eq!(&reopened.by_length, &allocator.by_length);
            }
            for extent in used {
                allocator.release(extent);
            }
            prop_assert_eq!(allocator.end(), 0);
            prop_assert!(allocator.free.is_empty() && allocator.by_length.is_empty());
        }
    }

    #[test]
    fn the_smallest_hole_that_fits_is_taken() {
        let mut allocator = Allocator::default();
        let extents: Vec<Extent> =
            [3, 1, 2, 1, 1].iter().map(|pages| allocator.allocate(pages * PAGE_BYTES)).collect();
        allocator.release(extents[0]);
        allocator.release(extents[2]);
        assert_eq!(allocator.allocate(PAGE_BYTES + 1).offset, extents[2].offset);
        assert_eq!(allocator.allocate(PAGE_BYTES).offset, extents[0].offset);
    }

    #[test]
    fn overlapping_extents_are_corrupt() {
        let extent = |offset, length| Extent { offset, length };
        assert!(Allocator::new([extent(0, 5_000), extent(4_096, 1)]).is_err());
        assert!(Allocator::new([extent(0, 5_000), extent(8_192, 1), extent(0, 0)]).is_ok());
    }
}

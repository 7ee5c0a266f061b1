//! The records of a term, within one chunk of offset ids: a posting list.
//!
//! | bytes | |
//! |---|---|
//! | `0`, then u16 each | the low halves of the offset ids, ascending, little-endian: up to [`MAX_LISTED`] |
//! | `1`, then a bitmap | in the portable serialisation of the Roaring format specification, runs included: more |

use roaring::RoaringBitmap;

use crate::blockstore::Bytes;
use crate::error::{Corruption, Result};

/// Bits of an offset id within its chunk: one container of a bitmap.
pub const CHUNK_BITS: u32 = 16;

const LISTED: u8 = 0;
const BITMAP: u8 = 1;

/// Records that are listed: the header of a bitmap would be half of what they take.
const MAX_LISTED: u64 = 16;

/// A change of a posting list: the low half of an offset id, and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change(u32);

const REMOVED: u32 = 0;
const ADDED: u32 = 1;
/// Removed and added again.
const KEPT: u32 = 2;

impl Change {
    /// The record gets the term if it is `present`, else it loses it.
    pub fn new(offset: u32, present: bool) -> Self {
        Self((offset & ((1 << CHUNK_BITS) - 1)) << 2 | if present { ADDED } else { REMOVED })
    }

    /// Adds a change to those of a term. Those of a record come one after another.
    pub fn join(self, changes: &mut Vec<Change>) {
        match changes.last_mut() {
            Some(last) if last.low() == self.low() => {
                if last.state() != self.state() {
                    last.0 = self.low() << 2 | KEPT;
                }
            }
            _ => changes.push(self),
        }
    }

    /// Whether any of some changes changes anything.
    pub fn any(changes: &[Change]) -> bool {
        changes.iter().any(|change| change.state() != KEPT)
    }

    fn low(self) -> u32 {
        self.0 >> 2
    }

    fn state(self) -> u32 {
        self.0 & 3
    }
}

/// Adds the records of a posting list of `chunk` to `found`.
pub fn read_into(found: &mut RoaringBitmap, chunk: u32, bytes: &[u8]) -> Result<()> {
    match bytes.split_first() {
        Some((&LISTED, lows)) if lows.len() % 2 == 0 => {
            let offset = |low: &[u8]| chunk << CHUNK_BITS | u32::from(low[0]) | u32::from(low[1]) << 8;
            found.extend(lows.chunks_exact(2).map(offset));
            Ok(())
        }
        Some((&BITMAP, bitmap)) => {
            let bitmap = RoaringBitmap::deserialize_from(bitmap)
                .map_err(|error| Corruption::new("posting list", error.to_string()))?;
            *found |= &bitmap;
            Ok(())
        }
        _ => Err(Corruption::new("posting list", "it has no form that is known").into()),
    }
}

/// The posting list after some changes; `None` if no record is left.
pub fn apply(chunk: u32, old: Option<&[u8]>, changes: &[Change]) -> Result<Option<Bytes>> {
    let mut records = RoaringBitmap::new();
    if let Some(old) = old {
        read_into(&mut records, chunk, old)?;
    }
    for change in changes {
        let offset = chunk << CHUNK_BITS | change.low();
        match change.state() {
            ADDED => _ = records.insert(offset),
            REMOVED => _ = records.remove(offset),
            _ => {}
        }
    }
    Ok((!records.is_empty()).then(|| encode(records)))
}

fn encode(mut records: RoaringBitmap) -> Bytes {
    let mut bytes = Vec::new();
    if records.len() <= MAX_LISTED {
        bytes.push(LISTED);
        for offset in records {
            bytes.extend_from_slice(&(offset as u16).to_le_bytes());
        }
    } else {
        records.optimize();
        bytes.reserve_exact(1 + records.serialized_size());
        bytes.push(BITMAP);
        records.serialize_into(&mut bytes).expect("writing to a vector does not fail");
    }
    Bytes(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn read(chunk: u32, bytes: &Bytes) -> Vec<u32> {
        let mut found = RoaringBitmap::new();
        read_into(&mut found, chunk, &bytes.0).unwrap();
        found.into_iter().collect()
    }

    #[test]
    fn few_records_take_few_bytes_and_so_do_runs() {
        let list = |offsets: &mut dyn Iterator<Item = u32>| {
            let changes: Vec<Change> = offsets.map(|offset| Change::new(offset, true)).collect();
            apply(3, None, &changes).unwrap().unwrap()
        };
        assert_eq!(list(&mut [7].into_iter()).0, [LISTED, 7, 0]);
        assert!(list(&mut (0..65_536)).0.len() < 20);
        assert!(list(&mut (0..65_536).step_by(3)).0.len() < 8_300);
        assert_eq!(read(3, &list(&mut [7, 9].into_iter())), [3 << 16 | 7, 3 << 16 | 9]);
    }

    #[test]
    fn what_a_record_loses_and_gets_again_it_keeps() {
        let mut changes = Vec::new();
        for (offset, present) in [(1, false), (1, true), (1, true), (2, true), (2, true), (3, false)] {
            Change::new(offset, present).join(&mut changes);
        }
        assert_eq!(changes.len(), 3);
        assert!(!Change::any(&changes[..1]) && Change::any(&changes[1..2]) && Change::any(&changes[2..]));
        let old = apply(0, None, &[Change::new(1, true), Change::new(3, true)]).unwrap().unwrap();
        assert_eq!(read(0, &apply(0, Some(&old.0), &changes).unwrap().unwrap()), [1, 2]);
    }

    #[test]
    fn unknown_forms_are_corrupt() {
        for bytes in [&[][..], &[2, 0, 0], &[LISTED, 1], &[BITMAP, 1, 2, 3]] {
            assert!(read_into(&mut RoaringBitmap::new(), 0, bytes).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn changes_add_up(
            chunk in 0..3_u32,
            steps in prop::collection::vec(prop::collection::btree_map(0..60_u32, any::<bool>(), 0..30), 0..6),
        ) {
            let mut model = BTreeSet::new();
            let mut bytes = None;
            for step in steps {
                let changes: Vec<Change> = step.iter().map(|(low, present)| Change::new(*low, *present)).collect();
                for (low, present) in step {
                    if present { model.insert(chunk << 16 | low); } else { model.remove(&(chunk << 16 | low)); }
                }
                bytes = apply(chunk, bytes.as_ref().map(|bytes: &Bytes| bytes.0.as_slice()), &changes).unwrap();
                let found = bytes.as_ref().map_or(Vec::new(), |bytes| read(chunk, bytes));
                prop_assert_eq!(found, model.iter().copied().collect::<Vec<_>>());
            }
        }
    }
}

//! Lists of weights, changed by a compaction.

use crate::blockstore::Bytes;
use crate::error::{Corruption, Result};
use crate::index::sparse::{self, Malformed, Weights};

/// What becomes of a record's weight in a dimension: the low half of its offset id, and the weight; `None` takes it away.
pub type WeightChange = (u16, Option<f32>);

/// Adds a change to those of a dimension, which come ascending; the last one of a record counts.
pub fn join(changes: &mut Vec<WeightChange>, change: WeightChange) {
    match changes.last_mut() {
        Some(last) if last.0 == change.0 => *last = change,
        _ => changes.push(change),
    }
}

/// A list of weights as it lies in a block.
pub fn decode(bytes: &[u8]) -> Result<Weights<'_>> {
    Weights::decode(bytes)
        .map_err(|Malformed| Corruption::new("list of weights", "it has no form that is known").into())
}

/// The list after some changes; `None` if no weight is left.
pub fn apply(old: Option<&[u8]>, changes: &[WeightChange]) -> Result<Option<Bytes>> {
    let mut old = old.map(decode).transpose()?.into_iter().flat_map(Weights::entries).peekable();
    let mut entries = Vec::new();
    for (low, weight) in changes {
        while let Some(entry) = old.next_if(|(other, _)| other < low) {
            entries.push(entry);
        }
        old.next_if(|(other, _)| other == low);
        entries.extend(weight.map(|weight| (*low, weight)));
    }
    entries.extend(old);
    Ok((!entries.is_empty()).then(|| Bytes(sparse::encode(&entries))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn changes_add_up(
            steps in prop::collection::vec(
                prop::collection::btree_map(any::<u16>().prop_map(|low| low % 40 * 1_000), prop::option::of(-1.0..1.0_f32), 0..20),
                0..6,
            ),
        ) {
            let (mut model, mut bytes) = (BTreeMap::new(), None);
            for step in steps {
                let changes: Vec<WeightChange> = step.iter().map(|(low, weight)| (*low, *weight)).collect();
                for (low, weight) in step {
                    match weight {
                        Some(weight) => _ = model.insert(low, weight),
                        None => _ = model.remove(&low),
                    }
                }
                bytes = apply(bytes.as_ref().map(|bytes: &Bytes| bytes.0.as_slice()), &changes).unwrap();
                let found: BTreeMap<u16, f32> =
                    bytes.iter().flat_map(|bytes| decode(&bytes.0).unwrap().entries()).collect();
                prop_assert_eq!(&found, &model);
            }
        }
    }

    #[test]
    fn the_last_change_of_a_record_counts() {
        let mut changes = Vec::new();
        for change in [(1, None), (1, Some(2.0)), (3, Some(1.0)), (3, None)] {
            join(&mut changes, change);
        }
        assert_eq!(changes, [(1, Some(2.0)), (3, None)]);
    }
}

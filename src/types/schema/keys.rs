//! The metadata keys that records were written with: a schema reports an entry for each.

use super::names::Index;
use crate::limits::MAX_REPORTED_KEYS;
use crate::types::metadata::{HIDDEN_PREFIX, MetadataValue};

/// Metadata keys, each with the types of the values that were written under it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetadataKeys {
    /// Ascending by key. A type is the bit of the index that its values go to.
    keys: Vec<(String, u8)>,
}

impl MetadataKeys {
    /// Takes in a value that was written; whether it is the first of its type under its key. Hidden keys and values that are not
    /// stored are passed over, and so are new keys once there are very many.
    pub fn note(&mut self, key: &str, value: &MetadataValue) -> bool {
        if key.starts_with(HIDDEN_PREFIX) || value.is_empty_array() {
            return false;
        }
        self.insert(key, Index::of(value).bit())
    }

    /// Takes in types that were stored.
    pub fn insert(&mut self, key: &str, types: u8) -> bool {
        match self.keys.binary_search_by(|(known, _)| known.as_str().cmp(key)) {
            Ok(place) => {
                let known = &mut self.keys[place].1;
                let is_new = *known | types != *known;
                *known |= types;
                is_new
            }
            Err(_) if self.keys.len() == MAX_REPORTED_KEYS => false,
            Err(place) => {
                self.keys.insert(place, (key.to_owned(), types));
                true
            }
        }
    }

    /// The keys with their types as bits, ascending.
    pub fn stored(&self) -> &[(String, u8)] {
        &self.keys
    }

    /// Each key once for each type.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Index)> {
        self.keys.iter().flat_map(|(key, types)| {
            let written = Index::OF_METADATA.into_iter().filter(move |index| types & index.bit() != 0);
            written.map(move |index| (key.as_str(), index))
        })
    }
}

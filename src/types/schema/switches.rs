//! Which indexes an entry of a schema mentions, and which of them are on: what writes and filters ask for each value.

use serde_json::Value;

use super::enabled;
use super::names::Index;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Switches {
    mentioned: u8,
    on: u8,
}

impl Switches {
    /// Reads the value types of a key, or of the defaults.
    pub fn of(types: &Value) -> Self {
        let mut switches = Self::default();
        for index in Index::ALL {
            if let Some(on) = enabled(types, index) {
                switches.mentioned |= index.bit();
                switches.on |= if on { index.bit() } else { 0 };
            }
        }
        switches
    }

    /// `None` when the index is not mentioned.
    pub fn get(self, index: Index) -> Option<bool> {
        (self.mentioned & index.bit() != 0).then_some(self.on & index.bit() != 0)
    }
}

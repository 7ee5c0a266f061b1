//! Memory beside the cache that counts against its budget.

use super::Blockstore;

/// Bytes that somebody holds of what blockfiles say, in another form than their blocks. As long as it exists, the cache
/// makes do with as much less.
#[derive(Debug)]
pub struct Reservation {
    store: Blockstore,
    bytes: usize,
}

impl Reservation {
    pub(super) fn new(store: &Blockstore, bytes: usize) -> Self {
        store.change_reserved(0, bytes);
        Self { store: store.clone(), bytes }
    }

    /// Takes other memory into account instead.
    pub fn resize(&mut self, bytes: usize) {
        self.store.change_reserved(self.bytes, bytes);
        self.bytes = bytes;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.store.change_reserved(self.bytes, 0);
    }
}

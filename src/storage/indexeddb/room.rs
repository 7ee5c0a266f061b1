//! Room that is kept for deletions and compactions on a full device.

use web_sys::IdbTransaction;

use super::{Ending, IndexedDbStorage, Refusal, bytes, failed};
use crate::error::StorageError;
use crate::limits::ROOM_BYTES;
use crate::storage::Result;

/// Its key in `meta`.
const ROOM: &str = "room";

impl IndexedDbStorage {
    /// Deletes the room that is kept for a full device, in a transaction of its own, as room is counted when one ends. True if there may have
    /// been some. A value of this size is a file of its own in browsers, whose bytes are free at once.
    pub(super) async fn give_room(&self) -> bool {
        if self.has_room.replace(Some(false)) == Some(false) {
            return false;
        }
        let deleted = async {
            let transaction = self.begin("readwrite")?;
            let meta = transaction.object_store("meta").map_err(failed("giving room"))?;
            meta.delete(&ROOM.into()).map_err(failed("giving room"))?;
            Ending::of(transaction, Refusal::default()).wait("giving room").await
        };
        deleted.await.is_ok()
    }

    /// Puts it there, unless it is: what takes room for good is refused without.
    pub(super) async fn keep_room(&self) -> Result<()> {
        if self.has_room.get().is_none() {
            let requests = |transaction: &IdbTransaction| {
                Ok(vec![transaction.object_store("meta")?.count_with_key(&ROOM.into())?])
            };
            let count = self.read("looking for room", requests, |results| Ok(results[0].as_f64()));
            self.has_room.set(Some(count.await? == Some(1.0)));
        }
        if self.has_room.get() == Some(false) {
            // Noise, as zeros would be compressed.
            let mut noise = vec![0; ROOM_BYTES];
            getrandom::fill(&mut noise).map_err(|error| StorageError::failed("keeping room", error))?;
            let noise = bytes(&noise);
            let requests = |transaction: &IdbTransaction, _: &Refusal| {
                transaction.object_store("meta")?.put_with_key(&noise, &ROOM.into()).map(drop)
            };
            self.attempt("keeping room for deletions", &requests)?.wait("keeping room for deletions").await?;
            self.has_room.set(Some(true));
        }
        Ok(())
    }
}

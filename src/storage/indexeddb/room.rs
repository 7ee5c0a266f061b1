//! Room that is kept for deletions and compactions on a full device.
//!
//! Values of this size are files of their own in browsers: when one is deleted its bytes are free at once, those of small ones are not.

use std::cell::Cell;

use web_sys::IdbTransaction;

use super::{IndexedDbStorage, Refusal, bytes, failed};
use crate::error::StorageError;
use crate::limits::{ROOM_BYTES, SMALL_ROOM_BYTES};
use crate::storage::Result;

/// A row of `meta` that is deleted when a write finds no room.
pub(super) struct Room {
    key: &'static str,
    bytes: usize,
    /// `None` if nobody has looked yet.
    is_there: Cell<Option<bool>>,
}

/// What a write may use of the rooms that are kept: each those of the ones before it too. A compaction that finds no room all the same must not
/// take what deletions need, nor these what an opening needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    None,
    Blocks,
    Log,
    Opening,
}

/// The rooms of a store that was just opened.
pub(super) fn rooms() -> [Room; 3] {
    let rooms = [("room", ROOM_BYTES), ("log room", SMALL_ROOM_BYTES), ("last room", SMALL_ROOM_BYTES)];
    rooms.map(|(key, bytes)| Room { key, bytes, is_there: Cell::new(None) })
}

impl IndexedDbStorage {
    /// Bytes of the rooms that are there.
    pub(super) fn room_bytes(&self) -> u64 {
        let there = self.rooms.iter().filter(|room| room.is_there.get() == Some(true));
        there.map(|room| room.bytes as u64).sum()
    }

    /// Deletes one of the rooms, in a transaction of its own, as room is counted when one ends. True if there may have been one.
    pub(super) async fn give_room(&self, to: Use) -> bool {
        for room in self.rooms.iter().take(to as usize) {
            let may_be_there = room.is_there.replace(Some(false)) != Some(false);
            if may_be_there && self.give(room).await.is_ok_and(|was_there| was_there) {
                return true;
            }
        }
        false
    }

    async fn give(&self, room: &Room) -> Result<bool> {
        let operation = "giving room back";
        let transaction = self.begin("readwrite")?;
        let meta = transaction.object_store("meta").map_err(failed(operation))?;
        let count = meta.count_with_key(&room.key.into()).map_err(failed(operation))?;
        meta.delete(&room.key.into()).map_err(failed(operation))?;
        self.ending(transaction, Refusal::default()).wait(operation).await?;
        Ok(count.result().map_err(failed(operation))?.as_f64() == Some(1.0))
    }

    /// Puts them there, unless they are: what takes room for good is refused without. The last one first, as an opening needs it.
    pub(super) async fn keep_room(&self) -> Result<()> {
        for room in self.rooms.iter().rev() {
            if room.is_there.get().is_none() {
                let requests = |transaction: &IdbTransaction| {
                    Ok(vec![transaction.object_store("meta")?.count_with_key(&room.key.into())?])
                };
                let count = self.read("looking for room", requests, |results| {
                    Ok(results.first().and_then(|count| count.as_f64()))
                });
                room.is_there.set(Some(count.await? == Some(1.0)));
            }
            if room.is_there.get() == Some(false) {
                self.make(room).await?;
            }
        }
        Ok(())
    }

    async fn make(&self, room: &Room) -> Result<()> {
        let operation = "keeping room for deletions";
        // Noise, as zeros would be compressed.
        let mut noise = vec![0; room.bytes];
        getrandom::fill(&mut noise).map_err(|error| StorageError::failed(operation, error))?;
        let noise = bytes(&noise);
        let requests = |transaction: &IdbTransaction, _: &Refusal| {
            transaction.object_store("meta")?.put_with_key(&noise, &room.key.into()).map(drop)
        };
        self.attempt(operation, &requests)?.wait(operation).await?;
        room.is_there.set(Some(true));
        Ok(())
    }
}

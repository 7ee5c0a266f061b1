//! Where bytes live: the one asynchronous contract of the engine, and its backends.
//!
//! A store holds three things, and every backend keeps each in its natural form:
//!
//! * **blocks**: immutable bytes by id, written in batches, read whole, deleted, listed;
//! * **log**: ordered [frames](frame), each acknowledged only when durable, read from a sequence
//!   number, dropped below one;
//! * **root**: one small record, replaced atomically together with its generation.
//!
//! A commit is: write blocks, [`flush`](Storage::flush), [`write_root`](Storage::write_root).
//! Recovery is: read the root, then the log after it. Nothing relies on the order of writes between
//! two flushes, and nothing good is overwritten before its replacement is durable.

use std::fmt;
use std::rc::Rc;

use arrow::buffer::Buffer;
use futures::future::LocalBoxFuture;

use crate::error::StorageError;

#[cfg(target_arch = "wasm32")]
pub mod adapter;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod file;
pub mod frame;
#[cfg(target_arch = "wasm32")]
pub mod indexeddb;
pub mod memory;
#[cfg(target_arch = "wasm32")]
pub mod opfs;
pub mod sealed;
#[cfg(any(not(target_arch = "wasm32"), feature = "conformance"))]
pub mod sim;

pub use frame::{ChainEnd, Frame, Payload};
pub use sealed::{Cipher, Lock};

/// The result of a storage operation.
pub type Result<T> = std::result::Result<T, StorageError>;

/// A storage operation under way. Not `Send`: a store belongs to one thread.
pub type Pending<'a, T> = LocalBoxFuture<'a, Result<T>>;

/// The name of a block: 128 random bits, shown as a UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub [u8; 16]);

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&uuid::Uuid::from_bytes(self.0), f)
    }
}

impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// When a log append is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// After the platform has flushed it: survives power loss.
    #[default]
    Strict,
    /// When it was handed to the platform: survives the end of the tab or worker. The owner of the
    /// store calls [`Storage::flush`] within 250 ms.
    Relaxed,
}

/// The root record as read back: its generation and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Grows by one with every commit; 0 is never written.
    pub generation: u64,
    pub bytes: Vec<u8>,
}

/// What a log held when it was read, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogContents {
    /// Verified frames in ascending, contiguous sequence order.
    pub frames: Vec<Frame>,
    /// Bytes of an unfinished append that followed the last good frame and were cut off.
    /// Never an acknowledged frame: those are flushed before they are acknowledged.
    pub torn_bytes: u64,
    /// The last frame ever appended, even if it was dropped since: the next frame follows it.
    pub end: ChainEnd,
}

/// Some bytes of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockPart {
    pub id: BlockId,
    /// Where they start in the block.
    pub offset: u32,
    pub length: u32,
}

/// Bytes that a store occupies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Blocks that exist.
    pub blocks: u64,
    /// Bytes of their content.
    pub block_bytes: u64,
    /// Bytes of the log.
    pub log_bytes: u64,
    /// Bytes on the device in all, with free extents and the backend's own records.
    pub total_bytes: u64,
}

/// The storage contract. See the [module](self) for the three things it holds.
///
/// Every backend passes `conformance::run`. Calls on one store may overlap in time; each is
/// atomic towards the others, and effects are as if they ran in the order in which they were called.
/// After an operation has failed with anything but [`StorageError::QuotaExceeded`], the owner closes
/// the store, opens it again and recovers; it never retries a failed flush.
pub trait Storage {
    /// `memory`, `opfs`, `indexeddb`, `files`, `adapter` or `sim`.
    fn backend(&self) -> &'static str;

    /// What the payloads of log frames are sealed with, if the store is encrypted ([`sealed`]).
    fn cipher(&self) -> Option<Rc<dyn Cipher>> {
        None
    }

    /// Reads a block whole into 64-byte aligned memory; `None` if there is no such block.
    /// Its checksum is the reader's business (`blockstore`).
    fn read_block(&self, id: BlockId) -> Pending<'_, Option<Buffer>>;

    /// Reads several blocks, results in the order of `ids`. Backends with a cheaper way than one
    /// call each (a single transaction) override it.
    fn read_blocks<'a>(&'a self, ids: &'a [BlockId]) -> Pending<'a, Vec<Option<Buffer>>> {
        Box::pin(async move {
            let mut blocks = Vec::with_capacity(ids.len());
            for id in ids {
                blocks.push(self.read_block(*id).await?);
            }
            Ok(blocks)
        })
    }

    /// Whether [`read_parts`](Self::read_parts) reads only what it is asked for.
    fn reads_parts(&self) -> bool {
        false
    }

    /// Reads parts of blocks, results in the order of `parts`; `None` for a part that does not lie in its
    /// block, or whose block does not exist. Nothing but the reader's own checksums covers a part. Backends
    /// that cannot read less than a block read the whole of it.
    fn read_parts<'a>(&'a self, parts: &'a [BlockPart]) -> Pending<'a, Vec<Option<Buffer>>> {
        Box::pin(parts_of_whole_blocks(self, parts))
    }

    /// Writes new blocks. They are readable at once and durable after the next [`flush`](Self::flush).
    /// An id is never written twice.
    fn write_blocks(&self, blocks: Vec<(BlockId, Buffer)>) -> Pending<'_, ()>;

    /// Deletes blocks; ids that do not exist are passed over. The space may be used again only when
    /// the deletion itself is durable or the blocks were never part of a root.
    fn delete_blocks(&self, ids: Vec<BlockId>) -> Pending<'_, ()>;

    /// The ids of all blocks, in no particular order.
    fn list_blocks(&self) -> Pending<'_, Vec<BlockId>>;

    /// Appends frames that continue the chain of the log, in order. When it returns they survive what
    /// [`Durability`] says. On an error none of them was acknowledged.
    fn append_log(&self, frames: Vec<Frame>, durability: Durability) -> Pending<'_, ()>;

    /// As [`append_log`](Self::append_log), of frames that give room back: they may use what [`reserve`](Self::reserve) keeps.
    fn append_kept(&self, frames: Vec<Frame>, durability: Durability) -> Pending<'_, ()> {
        self.append_log(frames, durability)
    }

    /// Makes sure that `bytes` can be appended to the log and that there is room beyond them for what gives room back: deletions,
    /// and the compactions that follow. Asked before every append that takes room for good. A backend that cannot keep room need not do anything.
    ///
    /// # Errors
    /// [`StorageError::QuotaExceeded`], and nothing has changed.
    fn reserve(&self, bytes: u64) -> Pending<'_, ()> {
        let _ = bytes;
        Box::pin(std::future::ready(Ok(())))
    }

    /// Reads and verifies the log from sequence number `from` on.
    ///
    /// An unfinished last append is cut off and counted. A bad frame that is followed by a good one
    /// is [`StorageError::Corrupt`], and nothing is changed.
    fn read_log(&self, from: u64) -> Pending<'_, LogContents>;

    /// Forgets frames with a sequence number below `below`. Called only after a root that no longer
    /// needs them is durable. Space is reclaimed at the backend's leisure; after a crash, forgotten
    /// frames may be there again, so a reader asks from where its root says.
    fn drop_log(&self, below: u64) -> Pending<'_, ()>;

    /// The current root; `None` in a store that never had one. A store that had one and cannot
    /// read it answers [`StorageError::Corrupt`].
    fn read_root(&self) -> Pending<'_, Option<Root>>;

    /// Replaces the root atomically and durably. `root.generation` is one more than the current one,
    /// `root.bytes` at most [`crate::limits::MAX_ROOT_BYTES`].
    fn write_root(&self, root: Root) -> Pending<'_, ()>;

    /// Makes everything written so far durable.
    fn flush(&self) -> Pending<'_, ()>;

    /// Makes everything durable and gives some space back to the device that is free but kept, if that is worth it. True when there
    /// may be more to give back. A backend that keeps none need not do anything.
    fn shrink(&self) -> Pending<'_, bool> {
        Box::pin(async move {
            self.flush().await?;
            Ok(false)
        })
    }

    /// What the store occupies now.
    fn usage(&self) -> Pending<'_, Usage>;

    /// Flushes and lets go of every handle. Later calls answer [`StorageError::Closed`].
    fn close(&self) -> Pending<'_, ()>;

    /// Removes everything, for `reset`: afterwards the store is as new.
    fn clear(&self) -> Pending<'_, ()>;
}

/// Parts of blocks for a backend that reads blocks whole.
async fn parts_of_whole_blocks<S: Storage + ?Sized>(
    store: &S,
    parts: &[BlockPart],
) -> Result<Vec<Option<Buffer>>> {
    let mut found = Vec::with_capacity(parts.len());
    for part in parts {
        let block = store.read_block(part.id).await?;
        found.push(block.and_then(|block| slice(&block, part)));
    }
    Ok(found)
}

/// The bytes of a part, not copied; `None` if the block ends before it.
fn slice(block: &Buffer, part: &BlockPart) -> Option<Buffer> {
    let (offset, length) = (part.offset as usize, part.length as usize);
    let inside = offset.checked_add(length).is_some_and(|end| end <= block.len());
    inside.then(|| block.slice_with_length(offset, length))
}

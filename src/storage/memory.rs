//! The store in memory: for tests, for private windows and for users who ask for it.
//!
//! Useful as the reference of what every other backend does; not durable in any way.

use std::cell::RefCell;
use std::collections::BTreeMap;

use arrow::alloc::ALIGNMENT;
use arrow::buffer::{Buffer, MutableBuffer};
use futures::future::ready;

use super::{
    BlockId, BlockPart, ChainEnd, Durability, Frame, LogContents, Pending, Result, Root, Storage, Usage,
};
use crate::error::StorageError;
use crate::limits::{MAX_BLOCK_BYTES, MAX_ROOT_BYTES};

/// A store that lives as long as this value.
#[derive(Debug)]
pub struct MemoryStorage {
    /// `None` once closed.
    contents: RefCell<Option<Contents>>,
}

#[derive(Debug, Default)]
struct Contents {
    blocks: BTreeMap<BlockId, Buffer>,
    log: BTreeMap<u64, Frame>,
    end: ChainEnd,
    root: Option<Root>,
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self { contents: RefCell::new(Some(Contents::default())) }
    }
}

impl MemoryStorage {
    /// Runs `operation` at once, so that calls take effect in the order in which they were made.
    fn with<T: 'static>(&self, operation: impl FnOnce(&mut Contents) -> Result<T>) -> Pending<'_, T> {
        let result = match self.contents.borrow_mut().as_mut() {
            Some(contents) => operation(contents),
            None => Err(StorageError::Closed),
        };
        Box::pin(ready(result))
    }
}

impl Storage for MemoryStorage {
    fn backend(&self) -> &'static str {
        "memory"
    }

    fn read_block(&self, id: BlockId) -> Pending<'_, Option<Buffer>> {
        self.with(|contents| Ok(contents.blocks.get(&id).cloned()))
    }

    fn reads_parts(&self) -> bool {
        true
    }

    fn read_parts<'a>(&'a self, parts: &'a [BlockPart]) -> Pending<'a, Vec<Option<Buffer>>> {
        self.with(|contents| {
            let part = |part: &BlockPart| super::slice(contents.blocks.get(&part.id)?, part);
            Ok(parts.iter().map(part).collect())
        })
    }

    fn write_blocks(&self, blocks: Vec<(BlockId, Buffer)>) -> Pending<'_, ()> {
        self.with(|contents| {
            check_new_blocks(&blocks, |id| contents.blocks.contains_key(&id))?;
            contents.blocks.extend(blocks.into_iter().map(|(id, bytes)| (id, aligned(bytes))));
            Ok(())
        })
    }

    fn delete_blocks(&self, ids: Vec<BlockId>) -> Pending<'_, ()> {
        self.with(|contents| {
            for id in ids {
                contents.blocks.remove(&id);
            }
            Ok(())
        })
    }

    fn list_blocks(&self) -> Pending<'_, Vec<BlockId>> {
        self.with(|contents| Ok(contents.blocks.keys().copied().collect()))
    }

    fn append_log(&self, frames: Vec<Frame>, _durability: Durability) -> Pending<'_, ()> {
        self.with(|contents| {
            contents.end = contents.end.append(&frames)?;
            contents.log.extend(frames.into_iter().map(|frame| (frame.sequence, frame)));
            Ok(())
        })
    }

    fn read_log(&self, from: u64) -> Pending<'_, LogContents> {
        self.with(|contents| {
            let frames = contents.log.range(from..).map(|(_, frame)| frame.clone()).collect();
            Ok(LogContents { frames, torn_bytes: 0, end: contents.end })
        })
    }

    fn drop_log(&self, below: u64) -> Pending<'_, ()> {
        self.with(|contents| {
            contents.log = contents.log.split_off(&below);
            Ok(())
        })
    }

    fn read_root(&self) -> Pending<'_, Option<Root>> {
        self.with(|contents| Ok(contents.root.clone()))
    }

    fn write_root(&self, root: Root) -> Pending<'_, ()> {
        self.with(|contents| {
            check_new_root(&root, contents.root.as_ref().map_or(0, |root| root.generation))?;
            contents.root = Some(root);
            Ok(())
        })
    }

    fn flush(&self) -> Pending<'_, ()> {
        self.with(|_| Ok(()))
    }

    fn usage(&self) -> Pending<'_, Usage> {
        self.with(|contents| {
            let block_bytes = contents.blocks.values().map(|block| block.len() as u64).sum();
            let log_bytes = contents.log.values().map(|frame| frame.bytes.len() as u64).sum();
            let root_bytes = contents.root.as_ref().map_or(0, |root| root.bytes.len() as u64);
            Ok(Usage {
                blocks: contents.blocks.len() as u64,
                block_bytes,
                log_bytes,
                total_bytes: block_bytes + log_bytes + root_bytes,
            })
        })
    }

    fn close(&self) -> Pending<'_, ()> {
        let result = self.contents.borrow_mut().take().map(drop).ok_or(StorageError::Closed);
        Box::pin(ready(result))
    }

    fn clear(&self) -> Pending<'_, ()> {
        self.with(|contents| {
            *contents = Contents::default();
            Ok(())
        })
    }
}

/// `bytes` where readers expect them: copied if they do not start at a 64-byte boundary.
fn aligned(bytes: Buffer) -> Buffer {
    if bytes.as_ptr().align_offset(ALIGNMENT) == 0 {
        return bytes;
    }
    let mut copy = MutableBuffer::with_capacity(bytes.len());
    copy.extend_from_slice(&bytes);
    copy.into()
}

/// The rules that every backend checks before it writes blocks: ids are new, sizes are in bounds.
pub(super) fn check_new_blocks(blocks: &[(BlockId, Buffer)], exists: impl Fn(BlockId) -> bool) -> Result<()> {
    let refuse = |detail: String| Err(StorageError::failed("writing blocks", detail));
    let mut seen = std::collections::BTreeSet::new();
    for (id, bytes) in blocks {
        if bytes.len() > MAX_BLOCK_BYTES {
            return refuse(format!("block {id} has {} bytes, more than a block may have", bytes.len()));
        }
        if exists(*id) || !seen.insert(*id) {
            return refuse(format!("block {id} was written before"));
        }
    }
    Ok(())
}

/// The rules that every backend checks before it writes a root; `current` is 0 if there is none.
pub(super) fn check_new_root(root: &Root, current: u64) -> Result<()> {
    let refuse = |detail: String| Err(StorageError::failed("writing the root", detail));
    if current.checked_add(1) != Some(root.generation) {
        return refuse(format!("generation {} cannot follow {current}", root.generation));
    }
    if root.bytes.len() > MAX_ROOT_BYTES {
        return refuse(format!("{} bytes are more than a root may have", root.bytes.len()));
    }
    Ok(())
}

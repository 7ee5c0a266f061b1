//! The store without a device: everything in memory, gone when it is dropped.
//!
//! Useful for tests and for ephemeral clients; every contract of [`Storage`] holds but durability.

use std::cell::RefCell;
use std::collections::BTreeMap;

use arrow::buffer::Buffer;

use super::{BlockId, Durability, Frame, LogContents, Pending, Result, Root, Storage, Usage};
use crate::error::{Corruption, StorageError};
use crate::limits::MAX_ROOT_BYTES;

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    blocks: BTreeMap<BlockId, Buffer>,
    log: Vec<Frame>,
    root: Option<Root>,
    closed: bool,
}

impl MemoryStorage {
    /// Runs one operation on the open state; nothing is awaited, so each is atomic.
    fn with<T: 'static>(&self, operation: impl FnOnce(&mut State) -> Result<T>) -> Pending<'_, T> {
        let mut state = self.state.borrow_mut();
        let result = if state.closed { Err(StorageError::Closed) } else { operation(&mut state) };
        Box::pin(std::future::ready(result))
    }
}

impl Storage for MemoryStorage {
    fn backend(&self) -> &'static str {
        "memory"
    }

    fn read_block(&self, id: BlockId) -> Pending<'_, Option<Buffer>> {
        self.with(|state| Ok(state.blocks.get(&id).cloned()))
    }

    fn write_blocks(&self, blocks: Vec<(BlockId, Buffer)>) -> Pending<'_, ()> {
        self.with(|state| {
            if blocks.iter().any(|(id, _)| state.blocks.contains_key(id)) {
                return Err(StorageError::failed("writing blocks", "an id is written twice"));
            }
            state.blocks.extend(blocks);
            Ok(())
        })
    }

    fn delete_blocks(&self, ids: Vec<BlockId>) -> Pending<'_, ()> {
        self.with(|state| {
            for id in &ids {
                state.blocks.remove(id);
            }
            Ok(())
        })
    }

    fn list_blocks(&self) -> Pending<'_, Vec<BlockId>> {
        self.with(|state| Ok(state.blocks.keys().copied().collect()))
    }

    fn append_log(&self, frames: Vec<Frame>, _durability: Durability) -> Pending<'_, ()> {
        self.with(|state| {
            state.log.extend(frames);
            Ok(())
        })
    }

    fn read_log(&self, from: u64) -> Pending<'_, LogContents> {
        self.with(|state| {
            let frames: Vec<Frame> =
                state.log.iter().filter(|frame| frame.sequence >= from).cloned().collect();
            let follows = |pair: &[Frame]| {
                pair[1].sequence == pair[0].sequence + 1 && pair[1].previous() == pair[0].checksum()
            };
            if !frames.windows(2).all(follows) {
                return Err(Corruption::new("log", "the chain of its frames is broken").into());
            }
            Ok(LogContents { frames, torn_bytes: 0 })
        })
    }

    fn drop_log(&self, below: u64) -> Pending<'_, ()> {
        self.with(|state| {
            state.log.retain(|frame| frame.sequence >= below);
            Ok(())
        })
    }

    fn read_root(&self) -> Pending<'_, Option<Root>> {
        self.with(|state| Ok(state.root.clone()))
    }

    fn write_root(&self, root: Root) -> Pending<'_, ()> {
        self.with(|state| {
            let current = state.root.as_ref().map_or(0, |root| root.generation);
            if root.generation != current + 1 || root.bytes.len() > MAX_ROOT_BYTES {
                return Err(StorageError::failed("writing the root", "wrong generation or too large"));
            }
            state.root = Some(root);
            Ok(())
        })
    }

    fn flush(&self) -> Pending<'_, ()> {
        self.with(|_| Ok(()))
    }

    fn usage(&self) -> Pending<'_, Usage> {
        self.with(|state| {
            let block_bytes = state.blocks.values().map(|block| block.len() as u64).sum();
            let log_bytes = state.log.iter().map(|frame| frame.bytes.len() as u64).sum();
            let root_bytes = state.root.as_ref().map_or(0, |root| root.bytes.len() as u64);
            Ok(Usage {
                blocks: state.blocks.len() as u64,
                block_bytes,
                log_bytes,
                total_bytes: block_bytes + log_bytes + root_bytes,
            })
        })
    }

    fn close(&self) -> Pending<'_, ()> {
        self.with(|state| {
            state.closed = true;
            Ok(())
        })
    }

    fn clear(&self) -> Pending<'_, ()> {
        self.with(|state| {
            *state = State::default();
            Ok(())
        })
    }
}

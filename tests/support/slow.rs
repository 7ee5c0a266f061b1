//! A storage that takes its time and can be made to fail: for what a synchronous one never shows.

use std::cell::{Cell, RefCell};

use arrow::buffer::Buffer;
use chromatid::error::StorageError;
use chromatid::storage::memory::MemoryStorage;
use chromatid::storage::{BlockId, Durability, Frame, LogContents, Pending, Result, Root, Storage, Usage};

use super::env::turns;

/// What happens at a change, counted from 0.
#[derive(Debug, Clone)]
pub struct Trouble {
    pub at: u64,
    pub error: StorageError,
    /// The change takes place all the same: an answer that was lost.
    pub done: bool,
}

/// Storage in memory whose every call waits before it takes effect.
pub struct SlowStorage {
    memory: MemoryStorage,
    latency: u32,
    /// Changes so far.
    pub changes: Cell<u64>,
    /// Blocks that were read so far, whole or in part.
    pub reads: Cell<u64>,
    pub trouble: RefCell<Option<Trouble>>,
}

impl SlowStorage {
    /// Empty; each call gives `latency` turns to others.
    pub fn new(latency: u32, trouble: Option<Trouble>) -> Self {
        let trouble = RefCell::new(trouble);
        Self {
            memory: MemoryStorage::default(),
            latency,
            changes: Cell::new(0),
            reads: Cell::new(0),
            trouble,
        }
    }

    fn slowly<'a, T: 'a>(&'a self, call: impl Future<Output = Result<T>> + 'a) -> Pending<'a, T> {
        Box::pin(async move {
            turns(self.latency).await;
            call.await
        })
    }

    fn change<'a>(&'a self, call: impl Future<Output = Result<()>> + 'a) -> Pending<'a, ()> {
        Box::pin(async move {
            turns(self.latency).await;
            let now = self.changes.replace(self.changes.get() + 1);
            let trouble = self.trouble.borrow().clone().filter(|trouble| trouble.at == now);
            match trouble {
                None => call.await,
                Some(Trouble { error, done, .. }) => {
                    if done {
                        call.await?;
                    }
                    Err(error)
                }
            }
        })
    }
}

impl Storage for SlowStorage {
    fn backend(&self) -> &'static str {
        "sim"
    }

    fn read_block(&self, id: BlockId) -> Pending<'_, Option<Buffer>> {
        self.slowly(async move {
            self.reads.set(self.reads.get() + 1);
            self.memory.read_block(id).await
        })
    }

    fn write_blocks(&self, blocks: Vec<(BlockId, Buffer)>) -> Pending<'_, ()> {
        self.change(async move { self.memory.write_blocks(blocks).await })
    }

    fn delete_blocks(&self, ids: Vec<BlockId>) -> Pending<'_, ()> {
        self.change(async move { self.memory.delete_blocks(ids).await })
    }

    fn list_blocks(&self) -> Pending<'_, Vec<BlockId>> {
        self.slowly(async move { self.memory.list_blocks().await })
    }

    fn append_log(&self, frames: Vec<Frame>, durability: Durability) -> Pending<'_, ()> {
        self.change(async move { self.memory.append_log(frames, durability).await })
    }

    fn read_log(&self, from: u64) -> Pending<'_, LogContents> {
        self.slowly(async move { self.memory.read_log(from).await })
    }

    fn drop_log(&self, below: u64) -> Pending<'_, ()> {
        self.change(async move { self.memory.drop_log(below).await })
    }

    fn read_root(&self) -> Pending<'_, Option<Root>> {
        self.slowly(async move { self.memory.read_root().await })
    }

    fn write_root(&self, root: Root) -> Pending<'_, ()> {
        self.change(async move { self.memory.write_root(root).await })
    }

    fn flush(&self) -> Pending<'_, ()> {
        self.change(async move { self.memory.flush().await })
    }

    fn usage(&self) -> Pending<'_, Usage> {
        self.slowly(async move { self.memory.usage().await })
    }

    fn close(&self) -> Pending<'_, ()> {
        // What it holds can be opened again.
        self.slowly(async { Ok(()) })
    }

    fn clear(&self) -> Pending<'_, ()> {
        self.change(async move { self.memory.clear().await })
    }
}

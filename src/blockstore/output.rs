//! Finished blocks on their way to the storage.

use arrow::buffer::Buffer;

use super::Blockstore;
use super::pace::Pace;
use crate::error::Result;
use crate::limits::BLOCK_WRITE_BATCH_BYTES;
use crate::storage::BlockId;

/// Gathers finished blocks and writes them in batches of about [`BLOCK_WRITE_BATCH_BYTES`].
#[derive(Debug)]
pub(crate) struct Output {
    store: Blockstore,
    pace: Pace,
    added: Vec<BlockId>,
    waiting: Vec<(BlockId, Buffer)>,
    waiting_bytes: usize,
}

impl Output {
    pub(crate) fn new(store: &Blockstore) -> Self {
        Self {
            store: store.clone(),
            pace: Pace::background(store),
            added: Vec::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty()
    }

    /// A new block id: a random UUID (version 4).
    pub(crate) fn new_id(&self) -> BlockId {
        let mut bytes = [0; 16];
        self.store.env().random(&mut bytes);
        BlockId(uuid::Builder::from_random_bytes(bytes).into_uuid().into_bytes())
    }

    pub(crate) async fn push(&mut self, id: BlockId, bytes: Buffer) -> Result<()> {
        self.added.push(id);
        self.waiting_bytes += bytes.len();
        self.waiting.push((id, bytes));
        if self.waiting_bytes >= BLOCK_WRITE_BATCH_BYTES {
            self.write().await?;
        }
        self.pace.step().await;
        Ok(())
    }

    /// Writes the rest and returns the ids of everything that was written.
    pub(crate) async fn finish(mut self) -> Result<Vec<BlockId>> {
        self.write().await?;
        Ok(self.added)
    }

    async fn write(&mut self) -> Result<()> {
        self.waiting_bytes = 0;
        Ok(self.store.storage().write_blocks(std::mem::take(&mut self.waiting)).await?)
    }
}

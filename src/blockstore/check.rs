//! Looking blockfiles through for damage, whatever their types are.

use std::collections::HashSet;

use super::block::Block;
use super::ipc::Place;
use super::root::Root;
use super::{Blockstore, MISSING};
use crate::env::Slices;
use crate::error::{Corruption, Result};
use crate::storage::BlockId;

/// What a blockfile consists of, and what of that is damaged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    pub blocks: u64,
    /// Bytes that were read and found whole.
    pub bytes: u64,
    pub damage: Vec<Corruption>,
}

impl Blockstore {
    /// Reads the root of a blockfile and looks whether its blocks are among `existing`; with `deep` it reads and verifies them.
    /// Blocks that are `whole` already are not read again, and those that prove to be join them.
    pub async fn check(
        &self,
        root: BlockId,
        existing: &HashSet<BlockId>,
        whole: &mut HashSet<BlockId>,
        deep: bool,
        slices: &Slices<'_>,
    ) -> Result<Checked> {
        let mut checked = Checked { blocks: 1, ..Checked::default() };
        let opened = match self.load_root(root).await {
            Ok(opened) => opened,
            Err(error) => {
                checked.damage.push(error.corruption().cloned().ok_or(error)?);
                return Ok(checked);
            }
        };
        for (id, count) in opened.block_ids.iter().zip(opened.counts.iter()) {
            checked.blocks += 1;
            if whole.contains(id) {
                continue;
            }
            if !existing.contains(id) {
                checked.damage.push(Corruption::new(format!("block {id}"), MISSING));
            } else if deep {
                match self.check_block(*id, *count, &opened).await {
                    Ok(bytes) => {
                        checked.bytes += bytes;
                        whole.insert(*id);
                    }
                    Err(error) => checked.damage.push(error.corruption().cloned().ok_or(error)?),
                }
                slices.step().await;
            }
        }
        Ok(checked)
    }

    /// Reads a block past the cache, which may hold what the device has lost since. Answers its bytes.
    async fn check_block(&self, id: BlockId, count: u32, root: &Root) -> Result<u64> {
        let bytes = self.storage().read_block(id).await?.ok_or_else(|| Place::Block(id).corrupt(MISSING))?;
        let length = bytes.len() as u64;
        let block = Block::open(id, bytes, root.header.key_type, root.header.value_type)?;
        if block.len() != count as usize {
            return Err(Place::Block(id).corrupt("it has other entries than its root says"));
        }
        Ok(length)
    }
}

//! A store whose bytes are encrypted: over any other storage, block by block.
//!
//! Every block, the root, and (by the log, which asks for the [cipher](Storage::cipher)) the payload of every frame is sealed on its own,
//! bound to its place: its block id, the generation of the root, the sequence number of the frame. Sealed bytes that are moved or altered do
//! not open. What is not hidden: how many blocks there are, their ids and lengths, and when they were written.
//!
//! The key of the store is random. A block with a name of its own, the *header*, keeps it, wrapped with the key of the caller; all of
//! that is the business of the [`Lock`].

use std::rc::Rc;

use arrow::buffer::{Buffer, MutableBuffer};
use xxhash_rust::xxh3::xxh3_64;

use super::{BlockId, Durability, Frame, LogContents, Pending, Result, Root, Storage, Usage};
use crate::error::{Corruption, StorageError};
use crate::limits::SEALED_BYTES;

/// The name of the header. No other block has it: they are random.
const HEADER: BlockId = BlockId(*b"chromatid\0header");

const LOCKED: &str = "the store is encrypted: open it with its key";

/// Seals bytes, and opens them again at the same place only.
pub trait Cipher {
    /// What is sealed is [`SEALED_BYTES`] longer.
    fn seal<'a>(&'a self, place: &'a [u8], plain: &'a [u8]) -> Pending<'a, Vec<u8>>;

    /// `None` for bytes that were not sealed with this key at this place.
    fn open<'a>(&'a self, place: &'a [u8], sealed: &'a [u8]) -> Pending<'a, Option<Vec<u8>>>;
}

/// The caller's key.
pub trait Lock {
    /// A new key for a store, and the header that keeps it.
    fn create(&self) -> Pending<'_, (Rc<dyn Cipher>, Vec<u8>)>;

    /// The key that a header keeps; `None` if the caller's key is not the one that it was wrapped with.
    fn unlock<'a>(&'a self, header: &'a [u8]) -> Pending<'a, Option<Rc<dyn Cipher>>>;
}

/// Puts the encryption between `storage` and who uses it; without a lock none, if the store has none.
///
/// # Errors
/// `Key` if the lock does not fit the store: nothing is changed then.
pub async fn unlock(storage: Rc<dyn Storage>, lock: Option<&dyn Lock>) -> Result<Rc<dyn Storage>> {
    let header = storage.read_block(HEADER).await?;
    let (cipher, header) = match (header, lock) {
        (None, None) => return Ok(storage),
        (Some(_), None) => return Err(key(LOCKED)),
        (Some(header), Some(lock)) => {
            let header = check(&header)?.to_vec();
            let cipher = lock.unlock(&header).await?;
            let cipher =
                cipher.ok_or_else(|| key("the store is encrypted with another key or passphrase"))?;
            (cipher, header)
        }
        (None, Some(lock)) => {
            if !is_new(&*storage).await? {
                let reason = "the store is not encrypted: open it without a key, or choose another name";
                return Err(key(reason));
            }
            let (cipher, header) = lock.create().await?;
            write_header(&*storage, &header).await?;
            (cipher, header)
        }
    };
    Ok(Rc::new(SealedStorage { storage, cipher, header }))
}

/// Refuses an encrypted store that was not unlocked.
pub async fn check_opened(storage: &dyn Storage) -> Result<()> {
    match storage.cipher() {
        None if storage.read_block(HEADER).await?.is_some() => Err(key(LOCKED)),
        _ => Ok(()),
    }
}

async fn is_new(storage: &dyn Storage) -> Result<bool> {
    let is_empty = storage.read_root().await?.is_none() && storage.list_blocks().await?.is_empty();
    Ok(is_empty && storage.read_log(1).await?.frames.is_empty())
}

/// The checksum tells damage from a wrong key.
async fn write_header(storage: &dyn Storage, header: &[u8]) -> Result<()> {
    let mut bytes = xxh3_64(header).to_le_bytes().to_vec();
    bytes.extend_from_slice(header);
    storage.write_blocks(vec![(HEADER, aligned(&bytes))]).await?;
    storage.flush().await
}

fn check(bytes: &[u8]) -> Result<&[u8]> {
    let damaged = || Corruption::new("the header of an encrypted store", "its checksum is wrong");
    let (checksum, header) = bytes.split_at_checked(8).ok_or_else(damaged)?;
    if xxh3_64(header).to_le_bytes() != *checksum {
        return Err(damaged().into());
    }
    Ok(header)
}

fn key(reason: &'static str) -> StorageError {
    StorageError::Key { reason }
}

struct SealedStorage {
    storage: Rc<dyn Storage>,
    cipher: Rc<dyn Cipher>,
    header: Vec<u8>,
}

impl SealedStorage {
    async fn open_block(&self, id: BlockId, sealed: &[u8]) -> Result<Buffer> {
        let plain = self.cipher.open(&id.0, sealed).await?;
        let damaged =
            || Corruption::new(format!("block {id}"), "it was not sealed with the key of the store");
        Ok(aligned(&plain.ok_or_else(damaged)?))
    }
}

impl Storage for SealedStorage {
    fn backend(&self) -> &'static str {
        self.storage.backend()
    }

    fn cipher(&self) -> Option<Rc<dyn Cipher>> {
        Some(Rc::clone(&self.cipher))
    }

    fn read_block(&self, id: BlockId) -> Pending<'_, Option<Buffer>> {
        Box::pin(async move {
            match self.storage.read_block(id).await? {
                Some(sealed) => Ok(Some(self.open_block(id, &sealed).await?)),
                None => Ok(None),
            }
        })
    }

    fn read_blocks<'a>(&'a self, ids: &'a [BlockId]) -> Pending<'a, Vec<Option<Buffer>>> {
        Box::pin(async move {
            let mut blocks = self.storage.read_blocks(ids).await?;
            for (id, block) in ids.iter().zip(&mut blocks) {
                if let Some(sealed) = block.take() {
                    *block = Some(self.open_block(*id, &sealed).await?);
                }
            }
            Ok(blocks)
        })
    }

    fn write_blocks(&self, mut blocks: Vec<(BlockId, Buffer)>) -> Pending<'_, ()> {
        Box::pin(async move {
            for (id, bytes) in &mut blocks {
                *bytes = aligned(&self.cipher.seal(&id.0, bytes).await?);
            }
            self.storage.write_blocks(blocks).await
        })
    }

    fn delete_blocks(&self, ids: Vec<BlockId>) -> Pending<'_, ()> {
        self.storage.delete_blocks(ids)
    }

    fn list_blocks(&self) -> Pending<'_, Vec<BlockId>> {
        Box::pin(async move {
            let mut ids = self.storage.list_blocks().await?;
            ids.retain(|id| *id != HEADER);
            Ok(ids)
        })
    }

    fn append_log(&self, frames: Vec<Frame>, durability: Durability) -> Pending<'_, ()> {
        self.storage.append_log(frames, durability)
    }

    fn append_kept(&self, frames: Vec<Frame>, durability: Durability) -> Pending<'_, ()> {
        self.storage.append_kept(frames, durability)
    }

    fn reserve(&self, bytes: u64) -> Pending<'_, ()> {
        self.storage.reserve(bytes)
    }

    fn read_log(&self, from: u64) -> Pending<'_, LogContents> {
        self.storage.read_log(from)
    }

    fn drop_log(&self, below: u64) -> Pending<'_, ()> {
        self.storage.drop_log(below)
    }

    fn read_root(&self) -> Pending<'_, Option<Root>> {
        Box::pin(async move {
            let Some(Root { generation, bytes }) = self.storage.read_root().await? else { return Ok(None) };
            let plain = self.cipher.open(&place_of_root(generation), &bytes).await?;
            let damaged = || Corruption::new("the root", "it was not sealed with the key of the store");
            Ok(Some(Root { generation, bytes: plain.ok_or_else(damaged)? }))
        })
    }

    fn write_root(&self, root: Root) -> Pending<'_, ()> {
        Box::pin(async move {
            let bytes = self.cipher.seal(&place_of_root(root.generation), &root.bytes).await?;
            self.storage.write_root(Root { bytes, ..root }).await
        })
    }

    fn flush(&self) -> Pending<'_, ()> {
        self.storage.flush()
    }

    fn shrink(&self) -> Pending<'_, bool> {
        self.storage.shrink()
    }

    /// Without the header, which is none of the store's own blocks.
    fn usage(&self) -> Pending<'_, Usage> {
        Box::pin(async move {
            let usage = self.storage.usage().await?;
            let header = self.header.len() as u64 + 8;
            Ok(Usage {
                blocks: usage.blocks.saturating_sub(1),
                block_bytes: usage.block_bytes.saturating_sub(header),
                ..usage
            })
        })
    }

    fn close(&self) -> Pending<'_, ()> {
        self.storage.close()
    }

    fn clear(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            self.storage.clear().await?;
            write_header(&*self.storage, &self.header).await
        })
    }
}

fn place_of_root(generation: u64) -> [u8; 12] {
    let mut place = *b"root\0\0\0\0\0\0\0\0";
    place[4..].copy_from_slice(&generation.to_le_bytes());
    place
}

/// The place of a frame of the log.
pub fn place_of_frame(sequence: u64) -> [u8; 11] {
    let mut place = *b"log\0\0\0\0\0\0\0\0";
    place[3..].copy_from_slice(&sequence.to_le_bytes());
    place
}

fn aligned(bytes: &[u8]) -> Buffer {
    let mut copy = MutableBuffer::with_capacity(bytes.len());
    copy.extend_from_slice(bytes);
    copy.into()
}

const _: () = assert!(SEALED_BYTES == 12 + 16, "a nonce and a tag of AES-GCM");

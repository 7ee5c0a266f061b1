//! Parts: what is read and verified at once. Whatever points to one holds its place and its hash, so that the manifest is the root
//! of a tree of hashes over everything that it reaches.

use sha2::{Digest, Sha256};

use crate::codec::{Reader, Writer};
use crate::error::{Error, Result};
use crate::limits::{MAX_PACK_BYTES, MAX_PACKS, MAX_PART_BYTES};

/// The first half of a SHA-256: 2¹²⁸ attempts to make other bytes of a given hash.
pub type Hash = [u8; 16];

/// The hash of the bytes of a part.
pub fn hash(bytes: &[u8]) -> Hash {
    let digest = sha256(bytes);
    let mut hash = Hash::default();
    hash.copy_from_slice(&digest[..16]);
    hash
}

/// What a pack is named by.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Where a part lies, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartRef {
    /// Which of the manifest's packs.
    pub pack: u32,
    /// Bytes of the pack before it.
    pub offset: u32,
    /// Its bytes.
    pub length: u32,
    pub hash: Hash,
}

impl PartRef {
    /// The fewest bytes that one takes where it is written.
    pub const LEAST_BYTES: usize = 19;

    /// The end of its bytes in the pack.
    pub fn end(&self) -> u32 {
        self.offset + self.length
    }

    pub fn write(&self, out: &mut Writer) {
        out.varint(u64::from(self.pack));
        out.varint(u64::from(self.offset));
        out.varint(u64::from(self.length));
        out.raw(&self.hash);
    }

    /// Reads one, which lies in a pack that there may be, and is as long as a part may be.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let pack = reader.number_u32(MAX_PACKS as u32 - 1)?;
        let offset = reader.number_u32(MAX_PACK_BYTES as u32)?;
        let length = reader.number_u32(MAX_PART_BYTES as u32)?;
        if offset + length > MAX_PACK_BYTES as u32 {
            return Err(reader.fault("a part reaches beyond its pack"));
        }
        Ok(Self { pack, offset, length, hash: reader.hash()? })
    }

    /// Whether these are its bytes.
    pub fn verify(&self, bytes: &[u8]) -> Result<()> {
        let (expected, found) = (self.length, bytes.len());
        if found != expected as usize {
            let reason = format!(
                "{found} bytes came for {expected} of pack {} from {}: the host may compress or cut off packs",
                self.pack, self.offset
            );
            return Err(Error::corrupt("part", reason));
        }
        if hash(bytes) != self.hash {
            let reason = format!(
                "the {expected} bytes of pack {} from {} are not those that were published",
                self.pack, self.offset
            );
            return Err(Error::corrupt("part", reason));
        }
        Ok(())
    }
}

//! Packs: immutable files of parts, named by the SHA-256 of their content.

use crate::codec::{Reader, Writer};
use crate::error::{Error, Result};
use crate::limits::{BLOB_BYTES, MAX_PACK_BYTES, MAX_PACKS, MAX_PART_BYTES};
use crate::part::{PartRef, hash, sha256};

/// A pack as the manifest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackName {
    pub sha256: [u8; 32],
    pub length: u32,
}

impl PackName {
    /// The name of its file: `<64 hexadecimal digits>.cidp`.
    pub fn file_name(&self) -> String {
        let digits = self.sha256.iter().map(|byte| format!("{byte:02x}"));
        digits.chain([".cidp".to_owned()]).collect()
    }

    pub fn write(&self, out: &mut Writer) {
        out.raw(&self.sha256);
        out.varint(u64::from(self.length));
    }

    pub fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let sha256 = reader.digest()?;
        let length = reader.number_u32(MAX_PACK_BYTES as u32)?;
        Ok(Self { sha256, length })
    }
}

/// What parts are about. Those of one kind lie together, so that what is read together is near each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Heads of lists.
    Cells,
    /// Tables and bitmaps.
    Index,
    /// Posting lists.
    Lists,
    /// Rows.
    Rows,
}

const KINDS: usize = 4;

/// Takes a finished pack: its name and its bytes.
pub type Sink<'a> = dyn FnMut(PackName, Vec<u8>) -> Result<()> + 'a;

/// Puts parts into packs.
pub struct Packs<'a> {
    /// Packs of older layers, then those of this one; none while a pack is open.
    names: Vec<Option<PackName>>,
    open: [Option<Open>; KINDS],
    sink: &'a mut Sink<'a>,
}

struct Open {
    number: u32,
    bytes: Vec<u8>,
}

impl<'a> Packs<'a> {
    /// After the packs of older layers.
    pub fn new(older: Vec<PackName>, sink: &'a mut Sink<'a>) -> Self {
        Self { names: older.into_iter().map(Some).collect(), open: Default::default(), sink }
    }

    /// Adds a part.
    pub fn add(&mut self, kind: Kind, bytes: &[u8]) -> Result<PartRef> {
        if bytes.len() > MAX_PART_BYTES {
            let message =
                "a record or an entry of an index is too large for a snapshot: it may have 2 MiB at most";
            return Err(Error::invalid(message));
        }
        let full = |open: &Open| open.bytes.len() + bytes.len() > MAX_PACK_BYTES;
        if self.open[kind as usize].as_ref().is_some_and(full) {
            self.close(kind as usize)?;
        }
        let names = &mut self.names;
        let open = self.open[kind as usize].get_or_insert_with(|| {
            names.push(None);
            Open { number: names.len() as u32 - 1, bytes: Vec::new() }
        });
        let (pack, offset) = (open.number, open.bytes.len() as u32);
        open.bytes.extend_from_slice(bytes);
        Ok(PartRef { pack, offset, length: bytes.len() as u32, hash: hash(bytes) })
    }

    /// Adds bytes of any length, in parts of [`BLOB_BYTES`].
    pub fn add_blob(&mut self, kind: Kind, bytes: &[u8]) -> Result<Vec<PartRef>> {
        bytes.chunks(BLOB_BYTES).map(|chunk| self.add(kind, chunk)).collect()
    }

    /// Closes all packs and names them.
    pub fn finish(mut self) -> Result<Vec<PackName>> {
        for kind in 0..KINDS {
            self.close(kind)?;
        }
        let names: Vec<PackName> = self.names.into_iter().flatten().collect();
        if names.len() > MAX_PACKS {
            return Err(Error::invalid(
                "the collection is too large for a snapshot: it may have 512 GiB at most",
            ));
        }
        Ok(names)
    }

    fn close(&mut self, kind: usize) -> Result<()> {
        if let Some(Open { number, bytes }) = self.open[kind].take() {
            let name = PackName { sha256: sha256(&bytes), length: bytes.len() as u32 };
            self.names[number as usize] = Some(name);
            (self.sink)(name, bytes)?;
        }
        Ok(())
    }
}

//! Which tenants, databases and collections exist, where their segments lie, and the one atomic commit.
//!
//! The catalogue is held in memory. Its changes are entries of the log; a [commit](SysDb::commit) writes
//! the rows that changed into a blockfile and swaps the store's root. Recovery is: read the root, the
//! rows, then the log after them.

mod catalog;
mod proto;
mod requests;
mod rows;

pub use catalog::{Catalog, Compaction};
pub use requests::{Applied, Request};
pub use rows::{
    CollectionRow, DatabaseRow, FunctionRow, IMPORTS, RowKey, SHADOWS, Version, decode_database,
    decode_function, decode_info, encode_database, encode_function, encode_info, encode_tenant, uuid,
};

use std::cell::{Cell, RefCell};

use prost::Message;

use crate::blockstore::{BlockfileOptions, Blockstore, Bytes, Commit, Reader};
use crate::error::{Corruption, Error, Result};
use crate::storage::{BlockId, Root};

/// Version of the manifest that this build writes: its blocks may be compressed. A newer one is refused untouched.
const FORMAT: u32 = 2;

/// The first version that was ever written. What it wrote is read as it is; the first commit makes it [`FORMAT`].
const FIRST_FORMAT: u32 = 1;

/// The number of reachable blocks in the manifest of a store that may hold others. No store with a
/// manifest has none, so the next opening finds that a sweep is due.
const UNCOUNTED: u64 = 0;

/// The durable part of the catalogue.
pub struct SysDb {
    blockstore: Blockstore,
    rows: RefCell<Option<Reader<String, Bytes>>>,
    generation: Cell<u64>,
    blocks: Cell<u64>,
}

/// Where the log has to be read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStart {
    /// First sequence number that is still needed.
    pub sequence: u64,
    /// Checksum of the frame before it.
    pub checksum: u64,
    /// The catalogue holds its own changes up to this sequence number.
    pub catalogue: u64,
}

/// What a commit makes durable, in one step.
pub struct Change {
    /// Encoded rows of the catalogue; `None` deletes one.
    pub rows: Vec<(RowKey, Option<Vec<u8>>)>,
    pub log: LogStart,
    /// Blocks that become reachable, and blocks that stop being so.
    pub added: u64,
    pub removed: u64,
    /// Whether these are all changes: the storage holds nothing that the root does not reach.
    pub swept: bool,
}

impl SysDb {
    /// Reads the root and the catalogue.
    pub async fn open(blockstore: &Blockstore) -> Result<(Self, Catalog, LogStart)> {
        let sysdb = Self {
            blockstore: blockstore.clone(),
            rows: RefCell::new(None),
            generation: Cell::new(0),
            blocks: Cell::new(0),
        };
        let Some(root) = blockstore.storage().read_root().await? else {
            return Ok((sysdb, Catalog::default(), LogStart { sequence: 1, checksum: 0, catalogue: 0 }));
        };
        let manifest = proto::Manifest::decode(root.bytes.as_slice())
            .map_err(|error| Corruption::new("the manifest", error.to_string()))?;
        if !(FIRST_FORMAT..=FORMAT).contains(&manifest.format) {
            return Err(Error::Unimplemented(format!(
                "the store was written in format {} by a newer version of chromatid; this one reads up to format {FORMAT}. \
                 Update chromatid; nothing was changed",
                manifest.format
            )));
        }
        if manifest.log_start == 0 {
            return Err(Corruption::new("the manifest", "a log that starts at frame 0").into());
        }
        let rows = blockstore.open(rows::block_id(&manifest.catalogue)?).await?;
        let catalog = Catalog::load(&rows).await?;
        sysdb.rows.replace(Some(rows));
        sysdb.generation.set(root.generation);
        sysdb.blocks.set(manifest.blocks);
        let log = LogStart {
            sequence: manifest.log_start,
            checksum: manifest.log_checksum,
            catalogue: manifest.catalogue_position,
        };
        Ok((sysdb, catalog, log))
    }

    /// Writes the changed rows and swaps the root. Everything that was written to the store before is
    /// durable with it. Returns the blocks of the catalogue that are no longer reachable.
    pub async fn commit(&self, change: Change) -> Result<Vec<BlockId>> {
        let base = self.rows.borrow().clone();
        let mut writer = self.blockstore.unordered(base.as_ref(), BlockfileOptions::default());
        for (key, row) in change.rows {
            match row {
                Some(row) => writer.set(key.prefix(), key.key(), Bytes(row)).await?,
                None => writer.delete(key.prefix(), &key.key()).await?,
            }
        }
        let Commit { reader, added, removed } = writer.commit().await?;
        let reachable = (self.blocks.get() + change.added + added.len() as u64)
            .saturating_sub(change.removed + removed.len() as u64);
        let blocks = if change.swept { reachable } else { UNCOUNTED };
        let manifest = proto::Manifest {
            format: FORMAT,
            catalogue: reader.root().0.to_vec(),
            catalogue_position: change.log.catalogue,
            log_start: change.log.sequence,
            log_checksum: change.log.checksum,
            blocks,
        };
        let storage = self.blockstore.storage();
        storage.flush().await?;
        let root = Root { generation: self.generation.get() + 1, bytes: manifest.encode_to_vec() };
        storage.write_root(root).await?;
        self.generation.set(self.generation.get() + 1);
        self.blocks.set(blocks);
        self.rows.replace(Some(reader));
        Ok(removed)
    }

    /// Number of commits so far.
    pub fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// Number of blocks that are reachable from the root; 0 when they have to be counted first.
    pub fn blocks(&self) -> u64 {
        self.blocks.get()
    }

    /// Says how many blocks are reachable, after they were counted.
    pub fn set_blocks(&self, blocks: u64) {
        self.blocks.set(blocks);
    }

    /// The roots of all blockfiles that the durable root names, whatever the log has changed since.
    pub async fn roots(&self) -> Result<Vec<BlockId>> {
        let rows = self.rows.borrow().clone();
        let Some(rows) = rows else { return Ok(Vec::new()) };
        let catalog = Catalog::load(&rows).await?;
        Ok(catalog.roots().chain([rows.root()]).collect())
    }

    /// The root of the catalogue's own blockfile.
    pub fn root(&self) -> Option<BlockId> {
        self.rows.borrow().as_ref().map(Reader::root)
    }
}

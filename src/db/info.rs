//! What a database says of itself.

use serde::Serialize;

use super::Db;
use crate::error::Result;
use crate::types::{CollectionId, CollectionRef, ReadLevel};

/// Storage, sizes, cache and recovery of an open database.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    /// Version of chromatid.
    pub version: &'static str,
    /// The backend: `opfs`, `indexeddb`, `memory`, `adapter`.
    pub storage: &'static str,
    /// `strict` or `relaxed`.
    pub durability: &'static str,
    /// Commits so far.
    pub generation: u64,
    pub collections: usize,
    pub records: u64,
    pub sizes: Sizes,
    pub cache: Cache,
    pub recovery: RecoveryInfo,
    pub log: LogInfo,
}

/// Bytes on the device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sizes {
    pub blocks: u64,
    pub block_bytes: u64,
    pub log_bytes: u64,
    pub total_bytes: u64,
}

/// The block cache.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cache {
    pub bytes: usize,
    pub budget: usize,
    pub entries: usize,
    pub hits: u64,
    pub misses: u64,
}

/// What the opening found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecoveryInfo {
    pub replayed_operations: u64,
    pub torn_bytes: u64,
    pub milliseconds: f64,
}

/// What a recovery would have to replay now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogInfo {
    pub entries: usize,
    pub operations: usize,
    pub bytes: usize,
}

/// How far the segments have followed the log (spec: rest-api 4.9).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexingStatus {
    pub num_indexed_ops: u64,
    pub num_unindexed_ops: u64,
    pub total_ops: u64,
    /// 0 to 1; 1 when there are no operations.
    pub op_indexing_progress: f32,
}

impl Db {
    pub async fn info(&self) -> Result<Info> {
        let store = self.store();
        let usage = self.inner.storage.usage().await?;
        let cache = store.blockstore.cache_stats();
        let (entries, bytes) = store.log.size();
        let ids: Vec<CollectionId> = {
            let catalog = store.catalog.borrow();
            catalog.rows().filter(|row| !row.is_hidden()).map(|row| row.id).collect()
        };
        let (mut records, mut operations) = (0, 0);
        for id in &ids {
            if let Some(state) = store.collection(*id) {
                records += state.snapshot_at(ReadLevel::IndexAndWal).await?.count();
                operations += state.pending().0;
            }
        }
        Ok(Info {
            version: env!("CARGO_PKG_VERSION"),
            storage: self.inner.storage.backend(),
            durability: match self.inner.options.durability {
                crate::storage::Durability::Strict => "strict",
                crate::storage::Durability::Relaxed => "relaxed",
            },
            generation: store.sysdb.generation(),
            collections: ids.len(),
            records,
            sizes: Sizes {
                blocks: usage.blocks,
                block_bytes: usage.block_bytes,
                log_bytes: usage.log_bytes,
                total_bytes: usage.total_bytes,
            },
            cache: Cache {
                bytes: cache.bytes,
                budget: cache.budget,
                entries: cache.entries,
                hits: cache.hits,
                misses: cache.misses,
            },
            recovery: RecoveryInfo {
                replayed_operations: store.recovery.replayed_operations,
                torn_bytes: store.recovery.torn_bytes,
                milliseconds: store.recovery.milliseconds,
            },
            log: LogInfo { entries, operations, bytes },
        })
    }

    /// How much of a collection's log is compacted.
    pub fn indexing_status(&self, tenant: &str, database: &str, collection: &str) -> Result<IndexingStatus> {
        let id = CollectionRef::parse(collection)?.id;
        let state = self.state(tenant, database, id)?;
        let indexed = self.store().catalog.borrow().row(id).map_or(0, |row| row.operations);
        let unindexed = state.pending().0 as u64;
        let total = indexed + unindexed;
        let progress = if total == 0 { 1.0 } else { indexed as f32 / total as f32 };
        Ok(IndexingStatus {
            num_indexed_ops: indexed,
            num_unindexed_ops: unindexed,
            total_ops: total,
            op_indexing_progress: progress,
        })
    }
}

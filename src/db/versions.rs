//! Forks and versions of collections (spec: rest-api 5).

use serde::Serialize;
use uuid::Uuid;

use super::Db;
use super::catalogue::{unknown_id, unknown_name};
use crate::error::{Error, Result};
use crate::execution::orchestrators::compact;
use crate::log::proto::{Change, Fork, Restore};
use crate::sysdb::{CollectionRow, Version, encode_info};
use crate::types::{Collection, CollectionId, CollectionRef, validation};

/// A version of a collection that can be read and restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionInfo {
    pub version: u32,
    /// Sequence number of the log up to which it holds everything.
    pub log_position: u64,
    /// When it was written, in milliseconds since the Unix epoch.
    pub written_ms: u64,
    /// Whether it is what the collection was last compacted to; else an earlier one.
    pub is_current: bool,
}

impl VersionInfo {
    fn new(version: &Version, is_current: bool) -> Self {
        Self {
            version: version.version,
            log_position: version.log_position,
            written_ms: version.written_ms,
            is_current,
        }
    }
}

impl Db {
    /// A new collection with all that another has, or that one of its versions had. It takes as much room as the two come to
    /// differ.
    ///
    /// # Errors
    /// `InvalidArgument` for a bad name, `NotFound` for the collection or its version, `AlreadyExists` for the name.
    pub async fn fork_collection(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        new_name: &str,
    ) -> Result<Collection> {
        validation::collection_name("new_name", new_name)?;
        let CollectionRef { id, version } = CollectionRef::parse(collection)?;
        let store = self.store();
        let _naming = store.naming.lock().await;
        // A compaction under way may give up the version that is forked.
        let _committing = store.committing.lock().await;
        let source = self.row(tenant, database, id)?;
        if let Some(version) = version {
            source.find_version(version).ok_or_else(|| unknown_version(id, version))?;
        }
        if store.catalog.borrow().row_by_name(source.database, new_name).is_some() {
            return Err(Error::AlreadyExists(format!("Collection [{new_name}] already exists")));
        }
        self.check_forks(&source)?;
        let fork = CollectionId(self.new_uuid());
        let row = CollectionRow { id: fork, name: new_name.into(), ..source };
        let change = Fork { info: Some(encode_info(&row)), source: id.0.as_bytes().to_vec(), version };
        store.change(Change::ForkCollection(change)).await?;
        let catalog = store.catalog.borrow();
        catalog.row(fork).map_or_else(|| Err(unknown_name(new_name)), |row| catalog.show(row))
    }

    /// Number of forks that come, directly or not, from the same collection as this one.
    pub fn fork_count(&self, tenant: &str, database: &str, collection: &str) -> Result<usize> {
        let row = self.row(tenant, database, CollectionRef::parse(collection)?.id)?;
        Ok(self.store().catalog.borrow().fork_count(&row))
    }

    /// The versions that can be read and restored, oldest first; the last one is what the collection was last compacted to.
    pub fn versions(&self, tenant: &str, database: &str, collection: &str) -> Result<Vec<VersionInfo>> {
        let row = self.row(tenant, database, CollectionRef::parse(collection)?.id)?;
        let kept = row.versions.iter().map(|version| VersionInfo::new(version, false));
        let current = row.current_version().map(|version| VersionInfo::new(&version, true));
        Ok(kept.chain(current).collect())
    }

    /// Makes what the collection is now a version. Later ones push it out as they do those of the background's compactions.
    ///
    /// # Errors
    /// `InvalidArgument` if the store keeps no versions.
    pub async fn save_version(&self, tenant: &str, database: &str, collection: &str) -> Result<VersionInfo> {
        let store = self.store();
        if store.keep_versions == 0 {
            return Err(Error::InvalidArgument(
                "Versions are not kept: open the store with a number of versions to keep".into(),
            ));
        }
        let id = CollectionRef::parse(collection)?.current()?;
        let state = self.state(tenant, database, id)?;
        compact::compact(&store, &state).await?;
        let current = self.row(tenant, database, id)?.current_version();
        let empty = || Error::InvalidArgument(format!("Collection [{id}] was never written to"));
        Ok(VersionInfo::new(&current.ok_or_else(empty)?, true))
    }

    /// Makes the collection what one of its versions was. What it is now becomes a version itself.
    pub async fn restore_version(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        version: u32,
    ) -> Result<()> {
        let store = self.store();
        let id = CollectionRef::parse(collection)?.current()?;
        let state = self.state(tenant, database, id)?;
        if store.shadow_of(id).is_some() {
            // The replicas would not hear of what is gone.
            return Err(Error::InvalidArgument(
                "A linked collection cannot be restored: fork the version, or unlink the collection first"
                    .into(),
            ));
        }
        let is_kept = || self.row(tenant, database, id).map(|row| row.find_version(version).is_some());
        if !is_kept()? {
            return Err(unknown_version(id, version));
        }
        // One more than usual, so that the version is not the one that goes.
        compact::compact_and_keep(&store, &state, store.keep_versions + 1).await?;
        // A compaction of the background must not push it out either.
        let _committing = store.committing.lock().await;
        if !is_kept()? {
            return Err(unknown_version(id, version));
        }
        let change = Restore { collection: id.0.as_bytes().to_vec(), version };
        store.change(Change::RestoreVersion(change)).await
    }

    /// The row of a collection that belongs to this tenant and database.
    pub(super) fn row(&self, tenant: &str, database: &str, id: CollectionId) -> Result<CollectionRow> {
        let store = self.store();
        let catalog = store.catalog.borrow();
        let owner: Option<Uuid> = catalog.database(tenant, database).map(|row| row.id);
        let row = catalog.row(id).filter(|row| Some(row.database) == owner);
        row.cloned().ok_or_else(|| unknown_id(id))
    }
}

pub(super) fn unknown_version(id: CollectionId, version: u32) -> Error {
    Error::NotFound(format!("Version {version} of collection [{id}] is not kept"))
}

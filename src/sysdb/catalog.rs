//! The catalogue in memory: look-ups, and the changes of the log applied to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use prost::Message;
use uuid::Uuid;

use super::rows::{self, CollectionRow, DatabaseRow, RowKey};
use crate::blockstore::{Bytes, Reader};
use crate::error::{Error, Result};
use crate::log::proto::{Change, Database, Tenant as TenantMessage};
use crate::segment::SegmentFiles;
use crate::types::{Collection, CollectionId, DatabaseInfo, OperationRecord, Tenant};

/// What a compaction changes in the row of its collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compaction {
    pub collection: CollectionId,
    pub segment: SegmentFiles,
    /// The segment holds the log up to here.
    pub log_position: u64,
    /// Operations that it took in.
    pub operations: u64,
}

impl Compaction {
    fn apply(&self, row: &mut CollectionRow) {
        row.segment = Some(self.segment);
        row.log_position = self.log_position;
        row.version += 1;
        row.operations += self.operations;
    }
}

/// All tenants, databases and collections.
#[derive(Debug, Default)]
pub struct Catalog {
    tenants: BTreeMap<String, Tenant>,
    databases: HashMap<Uuid, DatabaseRow>,
    collections: HashMap<CollectionId, CollectionRow>,
    names: HashMap<(Uuid, String), CollectionId>,
    /// Rows that differ from the last commit.
    dirty: BTreeSet<RowKey>,
}

impl Catalog {
    /// Reads all rows.
    pub async fn load(reader: &Reader<String, Bytes>) -> Result<Self> {
        let mut catalog = Self::default();
        for (prefix, _, Bytes(row)) in reader.all().await? {
            match prefix.as_str() {
                "tenant" => catalog.put_tenant(rows::decode_tenant(rows::decode::<TenantMessage>(&row)?)),
                "database" => catalog.put_database(rows::decode_database(rows::decode::<Database>(&row)?)?),
                "collection" => catalog.put_collection(rows::decode_collection(&row)?),
                _ => {
                    return Err(Error::Unimplemented(format!(
                        "the catalogue has rows of kind {prefix}, which a newer version of chromatid wrote"
                    )));
                }
            }
        }
        catalog.dirty.clear();
        Ok(catalog)
    }

    /// Applies a change of the log. Records are not the catalogue's business.
    pub fn apply(&mut self, change: &Change, sequence: u64) -> Result<()> {
        match change {
            Change::Records(_) => {}
            Change::PutTenant(tenant) => self.put_tenant(rows::decode_tenant(tenant.clone())),
            Change::PutDatabase(database) => {
                let row = rows::decode_database(database.clone())?;
                self.put_database(DatabaseRow { created: sequence, ..row });
            }
            Change::DeleteDatabase(id) => self.delete_database(rows::uuid(id)?),
            Change::PutCollection(info) => {
                let row = rows::decode_info(info.clone())?;
                let row = match self.collections.get(&row.id) {
                    Some(old) => CollectionRow {
                        created: old.created,
                        // A modification never takes the dimension back that a write has fixed meanwhile.
                        dimension: old.dimension.or(row.dimension),
                        segment: old.segment,
                        log_position: old.log_position,
                        version: old.version,
                        operations: old.operations,
                        metadata_keys: old.metadata_keys.clone(),
                        ..row
                    },
                    None => CollectionRow { created: sequence, ..row },
                };
                self.put_collection(row);
            }
            Change::DeleteCollection(id) => self.delete_collection(CollectionId(rows::uuid(id)?)),
        }
        Ok(())
    }

    fn put_tenant(&mut self, tenant: Tenant) {
        self.dirty.insert(RowKey::Tenant(tenant.name.clone()));
        self.tenants.insert(tenant.name.clone(), tenant);
    }

    fn put_database(&mut self, row: DatabaseRow) {
        self.dirty.insert(RowKey::Database(row.id));
        self.databases.insert(row.id, row);
    }

    fn put_collection(&mut self, row: CollectionRow) {
        self.dirty.insert(RowKey::Collection(row.id));
        if let Some(old) = self.collections.get(&row.id) {
            self.names.remove(&(old.database, old.name.clone()));
        }
        self.names.insert((row.database, row.name.clone()), row.id);
        self.collections.insert(row.id, row);
    }

    fn delete_database(&mut self, id: Uuid) {
        self.databases.remove(&id);
        self.dirty.insert(RowKey::Database(id));
        let members: Vec<_> =
            self.collections.values().filter(|row| row.database == id).map(|row| row.id).collect();
        for collection in members {
            self.delete_collection(collection);
        }
    }

    fn delete_collection(&mut self, id: CollectionId) {
        if let Some(row) = self.collections.remove(&id) {
            self.names.remove(&(row.database, row.name));
        }
        self.dirty.insert(RowKey::Collection(id));
    }

    /// Fixes the dimension of a collection, unless it is fixed already.
    pub fn fix_dimension(&mut self, id: CollectionId, dimension: usize) {
        if let Some(row) = self.collections.get_mut(&id)
            && row.dimension.is_none()
        {
            row.dimension = Some(dimension);
            self.dirty.insert(RowKey::Collection(id));
        }
    }

    /// Takes in the metadata keys that records were written with; the row changes only by one that is new.
    pub fn note_metadata(&mut self, id: CollectionId, operations: &[Rc<OperationRecord>]) {
        let Some(row) = self.collections.get_mut(&id) else { return };
        let mut has_new = false;
        for metadata in operations.iter().filter_map(|operation| operation.metadata.as_ref()) {
            for (key, value) in metadata {
                has_new |= value.as_ref().is_some_and(|value| row.metadata_keys.note(key, value));
            }
        }
        if has_new {
            self.dirty.insert(RowKey::Collection(id));
        }
    }

    /// The row that a collection has after a compaction, encoded; `None` when it was deleted meanwhile.
    pub fn compacted_row(&self, compaction: &Compaction) -> Option<Vec<u8>> {
        let mut row = self.collections.get(&compaction.collection)?.clone();
        compaction.apply(&mut row);
        Some(rows::encode_collection(&row))
    }

    /// Notes a compaction that has been committed.
    pub fn set_compacted(&mut self, compaction: &Compaction) {
        if let Some(row) = self.collections.get_mut(&compaction.collection) {
            compaction.apply(row);
        }
    }

    pub fn has_changes(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// The rows that changed since the last commit, encoded; they count as unchanged from now on.
    pub fn take_changes(&mut self) -> Vec<(RowKey, Option<Vec<u8>>)> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty
            .into_iter()
            .map(|key| {
                let row = self.encode(&key);
                (key, row)
            })
            .collect()
    }

    /// Takes [`take_changes`](Self::take_changes) back after a commit that failed.
    pub fn restore_changes(&mut self, keys: impl IntoIterator<Item = RowKey>) {
        self.dirty.extend(keys);
    }

    /// The stored form of a row; `None` when there is none.
    pub fn encode(&self, key: &RowKey) -> Option<Vec<u8>> {
        match key {
            RowKey::Tenant(name) => {
                self.tenants.get(name).map(|row| rows::encode_tenant(row).encode_to_vec())
            }
            RowKey::Database(id) => {
                self.databases.get(id).map(|row| rows::encode_database(row).encode_to_vec())
            }
            RowKey::Collection(id) => self.collections.get(id).map(rows::encode_collection),
        }
    }

    pub fn tenant(&self, name: &str) -> Option<&Tenant> {
        self.tenants.get(name)
    }

    /// The tenant with this resource name, or with this name when it has none.
    pub fn tenant_by_resource_name(&self, name: &str) -> Option<&Tenant> {
        let by_resource = self.tenants.values().find(|tenant| tenant.resource_name.as_deref() == Some(name));
        by_resource.or_else(|| self.tenants.get(name))
    }

    pub fn database(&self, tenant: &str, name: &str) -> Option<&DatabaseRow> {
        self.databases.values().find(|row| row.tenant == tenant && row.name == name)
    }

    /// The databases of a tenant in the order of their creation.
    pub fn databases(&self, tenant: &str) -> Vec<DatabaseInfo> {
        let rows = self.databases.values().filter(|row| row.tenant == tenant);
        in_order_of_creation(rows, |row| row.created)
            .into_iter()
            .map(|row| DatabaseInfo { id: row.id, name: row.name.clone(), tenant: row.tenant.clone() })
            .collect()
    }

    pub fn row(&self, id: CollectionId) -> Option<&CollectionRow> {
        self.collections.get(&id)
    }

    pub fn row_by_name(&self, database: Uuid, name: &str) -> Option<&CollectionRow> {
        self.collections.get(self.names.get(&(database, name.to_owned()))?)
    }

    /// All collections, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = &CollectionRow> {
        self.collections.values()
    }

    /// The collections of a database in the order of their creation.
    pub fn rows_of(&self, database: Uuid) -> Vec<&CollectionRow> {
        let rows = self.collections.values().filter(|row| row.database == database);
        in_order_of_creation(rows, |row| row.created)
    }

    /// The collection as the API shows it.
    pub fn show(&self, row: &CollectionRow) -> Result<Collection> {
        let database = self
            .databases
            .get(&row.database)
            .ok_or_else(|| Error::Internal(format!("collection {} has no database", row.id)))?;
        Ok(Collection {
            id: row.id,
            name: row.name.clone(),
            configuration: row.configuration.clone(),
            schema: row.schema.report(&row.metadata_keys),
            metadata: row.metadata.clone(),
            dimension: row.dimension,
            tenant: database.tenant.clone(),
            database: database.name.clone(),
            log_position: row.log_position,
            version: row.version,
        })
    }
}

fn in_order_of_creation<'a, R>(rows: impl Iterator<Item = &'a R>, created: fn(&R) -> u64) -> Vec<&'a R> {
    let rows: Vec<&R> = rows.collect();
    let mut order: Vec<(u64, usize)> = Vec::with_capacity(rows.len());
    rows.iter().enumerate().for_each(|(place, row)| order.push((created(row), place)));
    order.sort_unstable();
    order.into_iter().map(|(_, place)| rows[place]).collect()
}

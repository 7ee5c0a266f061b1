//! The catalogue in memory: look-ups, and the changes of the log applied to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use prost::Message;
use uuid::Uuid;

use super::proto;
use super::requests::{Applied, Request, Requests};
use super::rows::{self, CollectionRow, DatabaseRow, FunctionRow, Inherited, LinkRow, RowKey};
use crate::blockstore::{Bytes, Reader};
use crate::error::{Error, Result};
use crate::log::proto::{Change, CollectionInfo, Database, Fork, Link, Restore, Tenant as TenantMessage};
use crate::segment::SegmentFiles;
use crate::storage::BlockId;
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
    /// When, in milliseconds since the Unix epoch.
    pub written_ms: u64,
    /// How many earlier versions are kept.
    pub keep: usize,
}

impl Compaction {
    fn apply(&self, row: &mut CollectionRow) {
        // What changes no record makes no version: whoever knows the number of one finds it under that.
        if self.log_position > row.log_position {
            row.keep_current(self.keep);
            row.version += 1;
        }
        row.segment = Some(self.segment);
        row.log_position = self.log_position;
        row.operations += self.operations;
        row.written_ms = self.written_ms;
        row.inherited.retain(|part| part.up_to > self.log_position);
    }
}

impl CollectionRow {
    /// Puts the current version among the earlier ones, of which the last `keep` stay.
    fn keep_current(&mut self, keep: usize) {
        self.versions.extend(self.current_version());
        let surplus = self.versions.len().saturating_sub(keep);
        self.versions.drain(..surplus);
    }
}

/// All tenants, databases and collections.
#[derive(Debug, Default)]
pub struct Catalog {
    tenants: BTreeMap<String, Tenant>,
    databases: HashMap<Uuid, DatabaseRow>,
    collections: HashMap<CollectionId, CollectionRow>,
    names: HashMap<(Uuid, String), CollectionId>,
    requests: Requests,
    /// Rows that differ from the last commit.
    dirty: BTreeSet<RowKey>,
}

impl Catalog {
    /// Reads all rows.
    pub async fn load(reader: &Reader<String, Bytes>) -> Result<Self> {
        let mut catalog = Self::default();
        for (prefix, key, Bytes(row)) in reader.all().await? {
            match prefix.as_str() {
                "tenant" => catalog.put_tenant(rows::decode_tenant(rows::decode::<TenantMessage>(&row)?)),
                "database" => catalog.put_database(rows::decode_database(rows::decode::<Database>(&row)?)?),
                "collection" => catalog.put_collection(rows::decode_collection(&row)?),
                "client" => {
                    catalog.requests.insert(rows::parse_uuid(&key)?, rows::decode::<proto::Client>(&row)?)
                }
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
            Change::PutCollection(info) => self.put_info(info, sequence)?,
            Change::ReplaceCollection(replacement) => {
                self.delete_collection(CollectionId(rows::uuid(&replacement.replaced)?));
                self.put_info(&replacement.info.clone().unwrap_or_default(), sequence)?;
            }
            Change::DeleteCollection(id) => self.delete_collection(CollectionId(rows::uuid(id)?)),
            Change::ForkCollection(fork) => self.fork(fork, sequence)?,
            Change::RestoreVersion(restore) => self.restore(restore, sequence)?,
            Change::PutFunction(function) => {
                let (input, function) = rows::decode_function(function.clone())?;
                self.put_function(input, function);
            }
            Change::DeleteFunction(function) => {
                let (input, function) = rows::decode_function(function.clone())?;
                self.change_row(input, |row| {
                    row.functions.retain(|other| other.function.id != function.function.id);
                });
            }
            Change::PutLink(link) => self.put_link(link, sequence)?,
            Change::DeleteLink(id) => self.delete_link(CollectionId(rows::uuid(id)?)),
        }
        Ok(())
    }

    /// Creates a collection, or changes what the user says of it.
    fn put_info(&mut self, info: &CollectionInfo, sequence: u64) -> Result<()> {
        let row = rows::decode_info(info.clone())?;
        let row = match self.collections.get(&row.id) {
            // A modification never takes the dimension back that a write has fixed meanwhile.
            Some(old) => CollectionRow {
                name: row.name,
                database: row.database,
                metadata: row.metadata,
                configuration: row.configuration,
                schema: row.schema,
                dimension: old.dimension.or(row.dimension),
                ..old.clone()
            },
            None => CollectionRow { created: sequence, ..row },
        };
        self.put_collection(row);
        Ok(())
    }

    /// Links a collection, or changes what is agreed about it. Its shadow is made with the link.
    fn put_link(&mut self, message: &Link, sequence: u64) -> Result<()> {
        let shadow = rows::decode_info(message.shadow.clone().unwrap_or_default())?;
        let link = LinkRow { shadow: shadow.id, settings: message.settings.clone() };
        let collection = CollectionId(rows::uuid(&message.collection)?);
        if self.collections.contains_key(&collection) && !self.collections.contains_key(&shadow.id) {
            self.put_collection(CollectionRow { created: sequence, ..shadow });
        }
        self.change_row(collection, |row| row.link = Some(link));
        Ok(())
    }

    fn delete_link(&mut self, id: CollectionId) {
        let mut link = None;
        self.change_row(id, |row| link = row.link.take());
        if let Some(link) = link {
            self.delete_collection(link.shadow);
        }
    }

    fn change_row(&mut self, id: CollectionId, change: impl FnOnce(&mut CollectionRow)) {
        if let Some(row) = self.collections.get_mut(&id) {
            change(row);
            self.dirty.insert(RowKey::Collection(id));
        }
    }

    /// Attaches a function, or notes how far it has come.
    pub fn put_function(&mut self, input: CollectionId, function: FunctionRow) {
        self.change_row(input, |row| {
            match row.functions.iter_mut().find(|other| other.function.id == function.function.id) {
                Some(other) => *other = function,
                None => row.functions.push(function),
            }
        });
    }

    /// A source that is gone, with its version, leaves the fork empty: whoever forks has made sure that it is not.
    fn fork(&mut self, fork: &Fork, sequence: u64) -> Result<()> {
        let info = fork.info.clone().unwrap_or_default();
        let mut row = CollectionRow { created: sequence, ..rows::decode_info(info)? };
        let source = self.collections.get(&CollectionId(rows::uuid(&fork.source)?));
        if let Some(source) = source {
            row.lineage = source.lineage;
            row.dimension = source.dimension;
            row.metadata_keys = source.metadata_keys.clone();
            let base = match fork.version {
                Some(version) => source.find_version(version),
                None => source.current_version(),
            };
            if let Some(base) = base {
                row.segment = Some(base.segment);
                row.log_position = base.log_position;
                row.operations = base.operations;
                row.written_ms = base.written_ms;
            }
            match fork.version {
                None => {
                    row.inherited = source.inherited.clone();
                    row.inherited.push(Inherited { source: source.id, up_to: sequence });
                }
                // What came after that version is not the fork's, although it came before the fork.
                Some(_) => row.log_position = sequence,
            }
        }
        self.put_collection(row);
        Ok(())
    }

    fn restore(&mut self, restore: &Restore, sequence: u64) -> Result<()> {
        self.change_row(CollectionId(rows::uuid(&restore.collection)?), |row| {
            if let Some(version) = row.find_version(restore.version) {
                let keep = row.versions.len() + 1;
                row.keep_current(keep);
                row.segment = Some(version.segment);
                row.operations = version.operations;
                row.written_ms = version.written_ms;
                row.version += 1;
                row.log_position = sequence;
                row.inherited.clear();
            }
        });
        Ok(())
    }

    /// Forgets earlier versions of a collection that are damaged. A function that goes on from one sees everything anew.
    pub fn forget_segments(&mut self, id: CollectionId, is_damaged: impl Fn(&SegmentFiles) -> bool) {
        self.change_row(id, |row| {
            row.versions.retain(|version| !is_damaged(&version.segment));
            for function in &mut row.functions {
                function.base = function.base.filter(|base| !is_damaged(base));
            }
        });
    }

    /// Whether blocks of a collection's segment may be part of others: of forks, versions, or what functions go on from.
    pub fn is_shared(&self, id: CollectionId) -> bool {
        let Some(row) = self.collections.get(&id) else { return false };
        let is_relative = |other: &CollectionRow| other.lineage == row.lineage && other.id != id;
        row.segments().count() > 1 || self.collections.values().any(is_relative)
    }

    /// How many forks there are of the collection that this one comes from in the end.
    pub fn fork_count(&self, row: &CollectionRow) -> usize {
        let is_fork = |other: &&CollectionRow| other.lineage == row.lineage && other.id != row.lineage;
        self.collections.values().filter(is_fork).count()
    }

    /// The collections for which an entry of the log of `collection` is meant.
    pub fn readers_of(&self, collection: CollectionId, sequence: u64) -> Vec<CollectionId> {
        let needs = self.collections.values().filter(|row| row.needs(collection, sequence));
        needs.map(|row| row.id).collect()
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
        self.dirty.insert(RowKey::Collection(id));
        if let Some(row) = self.collections.remove(&id) {
            self.names.remove(&(row.database, row.name));
            if let Some(link) = row.link {
                self.delete_collection(link.shadow);
            }
        }
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

    /// Notes what a request of a client has done.
    pub fn note_request(&mut self, request: &Request, applied: Applied) {
        self.dirty.extend(self.requests.note(request, applied).into_iter().map(RowKey::Client));
    }

    /// What a request of a client has done; `None` if it was not done, or is not known any more.
    pub fn applied(&self, client: Uuid, number: u64) -> Option<Applied> {
        self.requests.find(client, number)
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
            RowKey::Client(id) => self.requests.encode(*id).map(|row| row.encode_to_vec()),
        }
    }

    /// All tenants by their names.
    pub fn tenants(&self) -> impl Iterator<Item = &Tenant> {
        self.tenants.values()
    }

    /// The databases of all tenants, in no particular order.
    pub fn all_databases(&self) -> impl Iterator<Item = &DatabaseRow> {
        self.databases.values()
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

    /// The roots of all blockfiles of all collections, some more than once.
    pub fn roots(&self) -> impl Iterator<Item = BlockId> {
        self.collections.values().flat_map(CollectionRow::segments).flat_map(|files| files.roots())
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

//! Imports of what [`super::export`] has written, by this store or another.
//!
//! Everything in the file is checked as if a client had sent it. Nothing is made before all tenants, databases and collections of the file
//! have been read, and what was made is taken back if the rest cannot be.

use std::collections::HashMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Db;
use super::catalogue::{unknown_id, unknown_name};
use super::quotas::Quota;
use crate::error::{Error, Result, StorageError};
use crate::execution::store::Store;
use crate::limits::MAX_DIMENSION;
use crate::log::archive::{ArchiveReader, End, Item};
use crate::log::convert;
use crate::log::proto::{Change, Records, Replacement};
use crate::sysdb::{CollectionRow, IMPORTS, decode_database, decode_info, encode_info, uuid};
use crate::types::{CollectionId, Embedding, Embeddings, Operation, OperationRecord, RecordSet, validation};

/// What becomes of collections that exist already, by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Existing {
    /// The import is refused, and changes nothing.
    #[default]
    Refuse,
    /// They get the records that they do not have, and stay as they are otherwise. So an import that was interrupted is finished.
    Merge,
    /// They are deleted once the whole import is there, which then takes their names.
    Replace,
}

/// How an import is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ImportRequest {
    pub existing: Existing,
}

/// What an import has made so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Imported {
    pub collections: u64,
    /// Records that were read: those that a collection had already count too.
    pub records: u64,
    /// Records that the export says that it could not read.
    pub lost: u64,
}

/// An import under way.
#[derive(Default)]
pub(super) struct Import {
    reader: ArchiveReader,
    existing: Existing,
    tenants: Vec<(String, Option<String>)>,
    /// Tenant and name of each database of the file, by its id there.
    databases: Vec<(Uuid, (String, String))>,
    announced: Vec<CollectionRow>,
    /// Where the records of each collection of the file go; `None` until the first are met.
    targets: Option<HashMap<CollectionId, Target>>,
    /// Collections that it has made.
    made: Vec<Target>,
    imported: Imported,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    tenant: String,
    database: String,
    name: String,
    id: CollectionId,
    /// The name of a collection that it takes the place of at the end.
    replaces: Option<String>,
}

impl Db {
    /// Begins an import; answers a number for [`push_import`](Self::push_import).
    pub fn begin_import(&self, request: ImportRequest) -> u32 {
        let number = self.next_number();
        let import = Import { existing: request.existing, ..Import::default() };
        self.inner.imports.borrow_mut().insert(number, Some(import));
        number
    }

    /// Takes in a piece of the file, of any size. Answers what has been made so far.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no export, `AlreadyExists` for a collection that exists, and what the creation of collections and
    /// the writing of records may answer. Then the import has ended, and the collections that it made are deleted.
    pub async fn push_import(&self, number: u32, bytes: &[u8]) -> Result<Imported> {
        let mut import = self.take_import(number)?;
        match import.push(self, bytes).await {
            Ok(()) => {
                let imported = import.imported;
                if let Some(place) = self.inner.imports.borrow_mut().get_mut(&number) {
                    *place = Some(import);
                }
                Ok(imported)
            }
            Err(error) => {
                self.inner.imports.borrow_mut().remove(&number);
                import.take_back(self).await;
                Err(error)
            }
        }
    }

    /// Ends an import. One that is given up, or has not got the whole file, leaves nothing of the collections that it made.
    ///
    /// # Errors
    /// `InvalidArgument` if the file is not complete.
    pub async fn end_import(&self, number: u32, is_given_up: bool) -> Result<Imported> {
        let import = self.take_import(number)?;
        self.inner.imports.borrow_mut().remove(&number);
        if import.reader.is_complete() && !is_given_up {
            return Ok(import.imported);
        }
        import.take_back(self).await;
        if is_given_up {
            return Ok(Imported::default());
        }
        Err(Error::InvalidArgument(
            "the export ends too early: it is cut short, or still being written".into(),
        ))
    }

    fn take_import(&self, number: u32) -> Result<Import> {
        let import = self.inner.imports.borrow_mut().get_mut(&number).and_then(Option::take);
        let message = || format!("no import is under way under number {number}: begin it again");
        import.ok_or_else(|| Error::NotFound(message()))
    }
}

impl Import {
    async fn push(&mut self, db: &Db, bytes: &[u8]) -> Result<()> {
        self.reader.push(bytes);
        while let Some(item) = self.reader.read_item()? {
            match item {
                Item::Change(change) => match *change {
                    Change::Records(records) => {
                        self.prepare(db).await?;
                        self.write(db, records).await?;
                    }
                    change => self.announce(change)?,
                },
                Item::End(end) => {
                    self.prepare(db).await?;
                    self.check_end(end)?;
                    self.replace(db).await?;
                }
            }
            db.env().pause().await;
        }
        Ok(())
    }

    /// Notes what there will have to be.
    fn announce(&mut self, change: Change) -> Result<()> {
        if self.targets.is_some() {
            return Err(strange("a collection after the first records"));
        }
        match change {
            Change::PutTenant(tenant) => {
                validation::tenant_name(&tenant.name)?;
                self.tenants.push((tenant.name, tenant.resource_name));
            }
            Change::PutDatabase(database) => {
                let database = decode_database(database).map_err(unreadable)?;
                validation::database_name(&database.name)?;
                self.databases.push((database.id, (database.tenant, database.name)));
            }
            Change::PutCollection(info) => {
                let row = decode_info(info).map_err(unreadable)?;
                validation::collection_name("name", &row.name)?;
                if let Some(metadata) = &row.metadata {
                    validation::collection_metadata("metadata", metadata)?;
                }
                if row.dimension.is_some_and(|dimension| dimension == 0 || dimension > MAX_DIMENSION) {
                    return Err(strange("a collection of a dimension that none can have"));
                }
                self.announced.push(row);
            }
            _ => return Err(strange("a change that none has")),
        }
        Ok(())
    }

    /// Makes what was announced, or refuses all of it.
    async fn prepare(&mut self, db: &Db) -> Result<()> {
        if self.targets.is_some() {
            return Ok(());
        }
        let mut places = Vec::with_capacity(self.announced.len());
        for row in &self.announced {
            let place = self.databases.iter().find(|(id, _)| *id == row.database);
            let (tenant, database) =
                place.map(|(_, place)| place).ok_or_else(|| strange("a collection without a database"))?;
            let exists = match db.get_collection(tenant, database, &row.name) {
                Ok(collection) => Some(collection.id),
                Err(Error::NotFound(_)) => None,
                Err(error) => return Err(error),
            };
            if exists.is_some() && self.existing == Existing::Refuse {
                return Err(Error::AlreadyExists(format!(
                    "Collection [{}] already exists: import with `merge` or `replace`, or delete it first",
                    row.name
                )));
            }
            places.push((tenant.clone(), database.clone(), exists));
        }
        self.make_places(db).await?;
        let mut targets = HashMap::new();
        for (row, (tenant, database, exists)) in std::mem::take(&mut self.announced).into_iter().zip(places) {
            let source = row.id;
            let mut target = Target { tenant, database, name: row.name.clone(), id: source, replaces: None };
            match exists {
                Some(id) if self.existing == Existing::Merge => target.id = id,
                _ => {
                    target.replaces = exists.map(|_| row.name.clone());
                    db.create_imported(&mut target, row).await?;
                    self.made.push(target.clone());
                }
            }
            targets.insert(source, target);
        }
        self.imported.collections = targets.len() as u64;
        self.targets = Some(targets);
        Ok(())
    }

    async fn make_places(&self, db: &Db) -> Result<()> {
        for (name, resource_name) in &self.tenants {
            if db.get_tenant(name).is_err() {
                db.create_tenant(name).await?;
                if let Some(resource_name) = resource_name {
                    db.update_tenant(name, resource_name).await?;
                }
            }
        }
        for (_, (tenant, name)) in &self.databases {
            if db.get_database(tenant, name).is_err() {
                db.create_database(tenant, name).await?;
            }
        }
        Ok(())
    }

    async fn write(&mut self, db: &Db, records: Records) -> Result<()> {
        let source = CollectionId(uuid(&records.collection).map_err(unreadable)?);
        let target = self.targets.as_ref().and_then(|targets| targets.get(&source));
        let target = target.ok_or_else(|| strange("records of no collection"))?;
        let mut operations = Vec::with_capacity(records.records.len());
        for record in records.records {
            operations.push(convert::decode_operation(record).map_err(unreadable)?);
        }
        let count = operations.len() as u64;
        let set = record_set(operations)?;
        let state = db.store().collection(target.id).ok_or_else(|| unknown_id(target.id))?;
        db.write_to(&state, Operation::Add, set).await?;
        self.imported.records += count;
        Ok(())
    }

    fn check_end(&mut self, end: End) -> Result<()> {
        if (end.collections, end.records) != (self.imported.collections, self.imported.records) {
            return Err(strange("another number of records than it says"));
        }
        self.imported.lost = end.lost;
        Ok(())
    }

    /// Gives what was made the names of what it replaces.
    async fn replace(&mut self, db: &Db) -> Result<()> {
        for target in &mut self.made {
            let Some(name) = target.replaces.take() else { continue };
            db.replace_collection(target, &name).await?;
            target.name = name;
        }
        Ok(())
    }

    /// Deletes what was made, as far as the store lets it.
    async fn take_back(self, db: &Db) {
        let store = db.store();
        let _naming = store.naming.lock().await;
        for Target { id, .. } in self.made {
            // By its id: somebody may have given its name to another meanwhile.
            if store.catalog.borrow().row(id).is_some() {
                // Whatever keeps it from going is what the import fails with already.
                let _ = store.change(Change::DeleteCollection(id.0.as_bytes().to_vec())).await;
            }
        }
    }
}

impl Db {
    /// Creates a collection as an export describes it, under its own id if that is free. One that will replace another is kept apart until it does.
    async fn create_imported(&self, target: &mut Target, row: CollectionRow) -> Result<()> {
        let store = self.store();
        let _naming = store.naming.lock().await;
        let row = {
            let catalog = store.catalog.borrow();
            let database = catalog.database(&target.tenant, &target.database).map(|database| database.id);
            let home = database.ok_or_else(|| unknown_name(&target.name))?;
            let id = if catalog.row(row.id).is_none() { row.id } else { CollectionId(self.new_uuid()) };
            let (database, name) = match target.replaces {
                Some(_) => (IMPORTS, id.to_string()),
                None => (home, row.name),
            };
            if catalog.row_by_name(database, &name).is_some() {
                return Err(Error::AlreadyExists(format!("Collection [{name}] already exists")));
            }
            let count = catalog.rows_of(home).len() + 1;
            self.quotas().check_new(Quota::Collections, "Create Collection", &name, count)?;
            CollectionRow { id, name, database, lineage: id, ..row }
        };
        store.change(Change::PutCollection(encode_info(&row))).await?;
        (target.id, target.name) = (row.id, row.name);
        Ok(())
    }
}

impl Db {
    /// Gives a collection the place of the one of that name, which goes, in one step.
    async fn replace_collection(&self, target: &Target, name: &str) -> Result<()> {
        let store = self.store();
        let _naming = store.naming.lock().await;
        let (row, replaced) = {
            let catalog = store.catalog.borrow();
            let mut row = catalog.row(target.id).cloned().ok_or_else(|| unknown_id(target.id))?;
            let database = catalog.database(&target.tenant, &target.database);
            row.database = database.ok_or_else(|| unknown_name(name))?.id;
            row.name = name.to_owned();
            let replaced = catalog.row_by_name(row.database, name).map(|replaced| replaced.id);
            (row, replaced)
        };
        let info = encode_info(&row);
        let change = match replaced {
            Some(id) => Change::ReplaceCollection(Replacement {
                info: Some(info),
                replaced: id.0.as_bytes().to_vec(),
            }),
            // It was deleted meanwhile.
            None => Change::PutCollection(info),
        };
        store.change(change).await
    }
}

/// Deletes what imports have made that ended with whoever had the store open before.
pub(super) async fn drop_unfinished(store: &Rc<Store>) -> Result<()> {
    let left: Vec<_> = {
        let catalog = store.catalog.borrow();
        catalog.rows_of(IMPORTS).iter().map(|row| row.id).collect()
    };
    for id in left {
        match store.change(Change::DeleteCollection(id.0.as_bytes().to_vec())).await {
            // A full store is opened all the same: who opens it next may have more luck.
            Ok(()) | Err(Error::Storage(StorageError::QuotaExceeded { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The columns of additions.
fn record_set(operations: Vec<OperationRecord>) -> Result<RecordSet> {
    let mut set = RecordSet::default();
    let mut vectors: Vec<Option<Embedding>> = Vec::with_capacity(operations.len());
    let (mut documents, mut uris, mut metadatas) = (Vec::new(), Vec::new(), Vec::new());
    for record in operations {
        if record.operation != Operation::Add {
            return Err(strange("a record that is no addition"));
        }
        set.ids.push(record.id);
        vectors.push(record.embedding);
        documents.push(record.document);
        uris.push(record.uri);
        metadatas.push(record.metadata);
    }
    let rows: Vec<Option<&[f32]>> = vectors.iter().map(Option::as_deref).collect();
    set.embeddings = Some(Embeddings::from_rows(&rows)?);
    set.documents = Some(documents);
    set.uris = Some(uris);
    set.metadatas = Some(metadatas);
    Ok(set)
}

/// What is whole by its checksums and makes no sense: somebody else made it.
fn strange(what: &str) -> Error {
    Error::InvalidArgument(format!("this is no export of chromatid: it has {what}"))
}

/// A message of the file that cannot be decoded is not damage of the store.
fn unreadable(error: Error) -> Error {
    match error.corruption() {
        Some(corruption) => strange(&format!("a {} with {}", corruption.place, corruption.reason)),
        None => error,
    }
}

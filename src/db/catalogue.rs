//! Tenants, databases and collections (spec: rest-api 3).

use std::rc::Rc;

use uuid::Uuid;

use super::quotas::Quota;
use super::{DEFAULT_DATABASE, DEFAULT_TENANT, Db};
use crate::error::{Error, Result};
use crate::execution::store::Store;
use crate::log::proto::Change;
use crate::sysdb::{CollectionRow, DatabaseRow, encode_database, encode_info, encode_tenant};
use crate::types::metadata::stored;
use crate::types::{
    Collection, CollectionConfiguration, CollectionId, CollectionRef, CreateCollection, DatabaseInfo, Schema,
    Tenant, UpdateCollection, validation,
};

/// Gives a store that nothing was ever written to the default tenant and database.
pub(super) async fn create_defaults(store: &Rc<Store>) -> Result<()> {
    // The tenant comes last and is never deleted: without it, the creation was not finished.
    if store.catalog.borrow().tenant(DEFAULT_TENANT).is_some() {
        return Ok(());
    }
    let tenant = Tenant { name: DEFAULT_TENANT.into(), resource_name: None };
    // The nil UUID, as in Chroma: the same database in every store.
    let database = DatabaseRow {
        id: Uuid::nil(),
        name: DEFAULT_DATABASE.into(),
        tenant: DEFAULT_TENANT.into(),
        created: 0,
    };
    store.change(Change::PutDatabase(encode_database(&database))).await?;
    store.change(Change::PutTenant(encode_tenant(&tenant))).await
}

impl Db {
    /// # Errors
    /// `InvalidArgument` for a bad name, `AlreadyExists`.
    pub async fn create_tenant(&self, name: &str) -> Result<()> {
        validation::tenant_name(name)?;
        let store = self.store();
        let _naming = store.naming.lock().await;
        if store.catalog.borrow().tenant(name).is_some() {
            return Err(Error::AlreadyExists(format!("Tenant [{name}] already exists")));
        }
        let tenant = Tenant { name: name.into(), resource_name: None };
        store.change(Change::PutTenant(encode_tenant(&tenant))).await
    }

    pub fn get_tenant(&self, name: &str) -> Result<Tenant> {
        let store = self.store();
        let catalog = store.catalog.borrow();
        catalog.tenant(name).cloned().ok_or_else(|| Error::NotFound(format!("Tenant [{name}] not found")))
    }

    /// Sets the resource name by which a tenant is found in a CRN. It can be set once.
    pub async fn update_tenant(&self, name: &str, resource_name: &str) -> Result<()> {
        let store = self.store();
        let _naming = store.naming.lock().await;
        let tenant = self.get_tenant(name)?;
        match &tenant.resource_name {
            Some(current) if current == resource_name => return Ok(()),
            Some(_) => {
                return Err(Error::AlreadyExists(format!("Tenant [{name}] already has a resource name")));
            }
            None => {}
        }
        let tenant = Tenant { resource_name: Some(resource_name.into()), ..tenant };
        store.change(Change::PutTenant(encode_tenant(&tenant))).await
    }

    /// The tenant is not required to exist, as in Chroma.
    pub async fn create_database(&self, tenant: &str, name: &str) -> Result<()> {
        validation::database_name(name)?;
        let store = self.store();
        let _naming = store.naming.lock().await;
        if store.catalog.borrow().database(tenant, name).is_some() {
            return Err(Error::AlreadyExists(format!("Database [{name}] already exists")));
        }
        let count = store.catalog.borrow().databases(tenant).len() + 1;
        self.quotas().check_new(Quota::Databases, "Create Database", name, count)?;
        let row = DatabaseRow { id: self.new_uuid(), name: name.into(), tenant: tenant.into(), created: 0 };
        store.change(Change::PutDatabase(encode_database(&row))).await
    }

    pub fn get_database(&self, tenant: &str, name: &str) -> Result<DatabaseInfo> {
        validation::database_path_name(name)?;
        let store = self.store();
        let catalog = store.catalog.borrow();
        let row = catalog.database(tenant, name).ok_or_else(|| {
            Error::NotFound(format!("Database [{name}] not found. Are you sure it exists?"))
        })?;
        Ok(DatabaseInfo { id: row.id, name: row.name.clone(), tenant: row.tenant.clone() })
    }

    /// The databases of a tenant in the order of their creation; none for an unknown tenant.
    pub fn list_databases(&self, tenant: &str, limit: Option<u32>, offset: u32) -> Vec<DatabaseInfo> {
        let databases = self.store().catalog.borrow().databases(tenant);
        page(databases, limit, offset).collect()
    }

    /// Deletes a database with its collections.
    pub async fn delete_database(&self, tenant: &str, name: &str) -> Result<()> {
        let store = self.store();
        let _naming = store.naming.lock().await;
        let id = store.catalog.borrow().database(tenant, name).map(|row| row.id);
        let id = id.ok_or_else(|| Error::NotFound(format!("Database [{name}] not found")))?;
        store.change(Change::DeleteDatabase(id.as_bytes().to_vec())).await
    }

    /// Creates a collection, or with `get_or_create` answers the existing one untouched.
    pub async fn create_collection(
        &self,
        tenant: &str,
        database: &str,
        request: CreateCollection,
    ) -> Result<Collection> {
        validation::collection_name("name", &request.name)?;
        if let Some(metadata) = &request.metadata {
            validation::collection_metadata("metadata", metadata)?;
        }
        if let Some(schema) = &request.schema {
            schema.validate()?;
        }
        let configuration =
            CollectionConfiguration::resolve(request.configuration, request.metadata.as_ref())?;
        let (schema, configuration) = Schema::resolve(request.schema, configuration)?;
        let store = self.store();
        let _naming = store.naming.lock().await;
        let database_id = store.catalog.borrow().database(tenant, database).map(|row| row.id);
        let database_id = database_id
            .ok_or_else(|| Error::InvalidArgument(format!("Database [{database}] does not exist")))?;
        if let Some(row) = store.catalog.borrow().row_by_name(database_id, &request.name) {
            return match request.get_or_create {
                true => store.catalog.borrow().show(row),
                false => Err(Error::AlreadyExists(format!("Collection [{}] already exists", request.name))),
            };
        }
        let count = store.catalog.borrow().rows_of(database_id).len() + 1;
        self.quotas().check_new(Quota::Collections, "Create Collection", &request.name, count)?;
        let row = CollectionRow {
            metadata: request.metadata.and_then(stored),
            schema: Rc::new(schema),
            ..CollectionRow::new(CollectionId(self.new_uuid()), request.name, database_id, configuration)
        };
        store.change(Change::PutCollection(encode_info(&row))).await?;
        let catalog = store.catalog.borrow();
        catalog.row(row.id).map_or_else(|| Err(unknown_name(&row.name)), |row| catalog.show(row))
    }

    pub fn get_collection(&self, tenant: &str, database: &str, name: &str) -> Result<Collection> {
        let store = self.store();
        let catalog = store.catalog.borrow();
        let database = catalog.database(tenant, database);
        let row = database.and_then(|database| catalog.row_by_name(database.id, name));
        catalog.show(row.ok_or_else(|| unknown_name(name))?)
    }

    pub fn get_collection_by_id(&self, tenant: &str, database: &str, id: &str) -> Result<Collection> {
        let invalid = |_| Error::validation("collection_id", "Invalid collection ID format, expected UUID");
        let id = Uuid::try_parse(id).map(CollectionId).map_err(invalid)?;
        let store = self.store();
        let catalog = store.catalog.borrow();
        let row = catalog.row(id).map(|row| catalog.show(row)).transpose()?;
        row.filter(|collection| collection.tenant == tenant && collection.database == database)
            .ok_or_else(|| unknown_name(&id.to_string()))
    }

    /// Finds a collection by its resource name, `tenant_resource_name:database:collection`.
    pub fn get_collection_by_crn(&self, crn: &str) -> Result<Collection> {
        let parts: Vec<&str> = crn.split(':').collect();
        let [tenant, database, name] = parts[..] else { return Err(bad_crn()) };
        if tenant.is_empty() || database.is_empty() || name.is_empty() {
            return Err(bad_crn());
        }
        let store = self.store();
        let tenant = store.catalog.borrow().tenant_by_resource_name(tenant).map(|tenant| tenant.name.clone());
        self.get_collection(&tenant.ok_or_else(|| unknown_name(name))?, database, name)
    }

    /// The collections of a database in the order of their creation; none for an unknown database.
    pub fn list_collections(
        &self,
        tenant: &str,
        database: &str,
        limit: Option<u32>,
        offset: u32,
    ) -> Result<Vec<Collection>> {
        let store = self.store();
        let catalog = store.catalog.borrow();
        let rows = catalog.database(tenant, database).map(|row| catalog.rows_of(row.id)).unwrap_or_default();
        page(rows, limit, offset).map(|row| catalog.show(row)).collect()
    }

    pub fn count_collections(&self, tenant: &str, database: &str) -> usize {
        let store = self.store();
        let catalog = store.catalog.borrow();
        catalog.database(tenant, database).map_or(0, |row| catalog.rows_of(row.id).len())
    }

    /// Changes a collection's name, metadata or configuration: all of what is asked for, or nothing.
    pub async fn update_collection(
        &self,
        tenant: &str,
        database: &str,
        id: &str,
        request: UpdateCollection,
    ) -> Result<()> {
        if let Some(name) = &request.new_name {
            validation::collection_name("new_name", name)?;
        }
        if let Some(metadata) = &request.new_metadata {
            validation::new_collection_metadata(metadata)?;
        }
        let id = CollectionRef::parse(id)?.current()?;
        let store = self.store();
        let _naming = store.naming.lock().await;
        self.state(tenant, database, id)?;
        let row = store.catalog.borrow().row(id).cloned();
        let mut row = row.ok_or_else(|| unknown_id(id))?;
        if let Some(name) = request.new_name {
            let taken =
                store.catalog.borrow().row_by_name(row.database, &name).is_some_and(|other| other.id != id);
            if taken {
                return Err(Error::AlreadyExists(format!("Collection [{name}] already exists")));
            }
            row.name = name;
        }
        if let Some(metadata) = request.new_metadata {
            row.metadata = stored(metadata);
        }
        if let Some(configuration) = request.new_configuration {
            let old = row.configuration.clone();
            row.configuration.apply_update(configuration)?;
            Rc::make_mut(&mut row.schema).follow(&old, &row.configuration);
        }
        store.change(Change::PutCollection(encode_info(&row))).await
    }

    pub async fn delete_collection(&self, tenant: &str, database: &str, name: &str) -> Result<()> {
        let store = self.store();
        let _naming = store.naming.lock().await;
        let id = self.get_collection(tenant, database, name)?.id;
        store.change(Change::DeleteCollection(id.0.as_bytes().to_vec())).await
    }
}

/// The error for a name, or an id in the place of one, that no collection has.
pub(super) fn unknown_name(name: &str) -> Error {
    Error::NotFound(format!("Collection [{name}] does not exist"))
}

/// The error of a record operation on a collection that does not exist.
pub(super) fn unknown_id(id: CollectionId) -> Error {
    Error::NotFound(format!("Collection [{id}] does not exist."))
}

fn bad_crn() -> Error {
    Error::validation(
        "crn",
        "CRN must be in the format <tenant_resource_name>:<database_name>:<collection_name> with non-empty parts",
    )
}

fn page<T>(items: Vec<T>, limit: Option<u32>, offset: u32) -> impl Iterator<Item = T> {
    items.into_iter().skip(offset as usize).take(limit.map_or(usize::MAX, |limit| limit as usize))
}

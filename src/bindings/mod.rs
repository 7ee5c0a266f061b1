//! The engine as a JavaScript class: decode, call [`Db`], encode. No logic lives here.
//!
//! Vectors cross as one `Float32Array` with a dimension, results as columns. Everything that a call can
//! get wrong comes back as an `Error` with `name`, `code` and `retryable` (see [`error`]).

mod convert;
mod env;
mod error;
mod extensions;
mod json;
mod links;
mod maintenance;
mod metadata;
mod patterns;
mod requests;
#[cfg(feature = "rest")]
mod rest;
mod sealer;

#[cfg(feature = "conformance")]
mod conformance;

use std::cell::Cell;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use js_sys::Object;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::db::{Db, Options, Request};
use crate::error::Error;
use crate::limits::{CACHE_BYTES, MAX_BATCH_SIZE};
use crate::storage::{self, Durability, Lock, Storage};
use crate::text;
use crate::types::{CreateCollection, Operation, ReadLevel, SearchRequest, UpdateCollection};

type JsResult<T = JsValue> = Result<T, JsValue>;

/// How [`Engine::open`] opens a store, beside the storage itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenOptions {
    name: String,
    durability: String,
    cache_bytes: Option<f64>,
    #[serde(default)]
    allow_reset: bool,
    versions: Option<u32>,
    batch_size: Option<u32>,
}

/// An open database.
#[wasm_bindgen]
pub struct Engine {
    db: Db,
    compacting: Rc<Cell<bool>>,
    /// What its writes are made on behalf of.
    request: Option<Request>,
}

#[wasm_bindgen]
impl Engine {
    /// Opens a store; see `pkg/src/engine/engine.ts` for the options.
    pub async fn open(options: JsValue) -> JsResult<Engine> {
        let backend = js_sys::Reflect::get(&options, &"storage".into())?;
        let lock = js_sys::Reflect::get(&options, &"lock".into())?;
        let quotas = convert::quotas(&js_sys::Reflect::get(&options, &"quotas".into())?)?;
        let options: OpenOptions =
            serde_wasm_bindgen::from_value(options).map_err(|error| error::invalid(&error.to_string()))?;
        let durability = match options.durability.as_str() {
            "strict" => Durability::Strict,
            "relaxed" => Durability::Relaxed,
            other => {
                return Err(error::invalid(&format!("durability must be strict or relaxed, not {other}")));
            }
        };
        let cache_bytes = options.cache_bytes.map_or(CACHE_BYTES, |bytes| bytes.max(0.0) as usize);
        let storage = open_storage(backend, &options.name).await?;
        let lock = lock.dyn_ref::<js_sys::Object>().map(JsCast::unchecked_ref::<sealer::StoreLock>);
        let storage = unlock(storage, lock).await?;
        let options = Options {
            durability,
            cache_bytes,
            allow_reset: options.allow_reset,
            versions: options.versions.unwrap_or(0) as usize,
            quotas,
            batch_size: options.batch_size.unwrap_or(MAX_BATCH_SIZE),
        };
        let db = match Db::open(Rc::clone(&storage), Rc::new(env::JsEnv::new()), options).await {
            Ok(db) => db,
            Err(error) => {
                // Let go of the handles: the caller may want to look at the files, or open another store.
                let _ = storage.close().await;
                return Err(error::to_js(error));
            }
        };
        Ok(Engine { db, compacting: Rc::default(), request: None })
    }

    /// Removes a store that is not open.
    pub async fn destroy(backend: String, name: String) -> JsResult<()> {
        let outcome = match backend.as_str() {
            "opfs" => storage::opfs::delete(&name).await,
            "indexeddb" => storage::indexeddb::delete(&name).await,
            other => return Err(error::invalid(&format!("storage {other} has nothing to remove"))),
        };
        outcome.map_err(error::storage_to_js)
    }

    /// Takes the module of regular expressions. Filters that have one need it.
    #[wasm_bindgen(js_name = providePatterns)]
    pub fn provide_patterns(module: patterns::PatternModule) {
        text::provide_patterns(Rc::new(module));
    }

    #[wasm_bindgen(js_name = createTenant)]
    pub async fn create_tenant(&self, name: String) -> JsResult<()> {
        self.run(self.db.create_tenant(&name).boxed_local()).await
    }

    #[wasm_bindgen(js_name = getTenant)]
    pub async fn get_tenant(&self, name: String) -> JsResult {
        to_js(&self.db.get_tenant(&name).map_err(error::to_js)?)
    }

    #[wasm_bindgen(js_name = updateTenant)]
    pub async fn update_tenant(&self, name: String, resource_name: String) -> JsResult<()> {
        self.run(self.db.update_tenant(&name, &resource_name).boxed_local()).await
    }

    #[wasm_bindgen(js_name = createDatabase)]
    pub async fn create_database(&self, tenant: String, name: String) -> JsResult<()> {
        self.run(self.db.create_database(&tenant, &name).boxed_local()).await
    }

    #[wasm_bindgen(js_name = getDatabase)]
    pub async fn get_database(&self, tenant: String, name: String) -> JsResult {
        to_js(&self.db.get_database(&tenant, &name).map_err(error::to_js)?)
    }

    #[wasm_bindgen(js_name = listDatabases)]
    pub async fn list_databases(&self, tenant: String, limit: Option<u32>, offset: Option<u32>) -> JsResult {
        to_js(&self.db.list_databases(&tenant, limit, offset.unwrap_or(0)))
    }

    #[wasm_bindgen(js_name = deleteDatabase)]
    pub async fn delete_database(&self, tenant: String, name: String) -> JsResult<()> {
        self.run(self.db.delete_database(&tenant, &name).boxed_local()).await
    }

    #[wasm_bindgen(js_name = createCollection)]
    pub async fn create_collection(&self, tenant: String, database: String, request: JsValue) -> JsResult {
        let request = CreateCollection::from_json(json::from_js(&request)?).map_err(error::to_js)?;
        json::serialize(
            &self.run(self.db.create_collection(&tenant, &database, request).boxed_local()).await?,
        )
    }

    #[wasm_bindgen(js_name = getCollection)]
    pub async fn get_collection(&self, tenant: String, database: String, name: String) -> JsResult {
        json::serialize(&self.db.get_collection(&tenant, &database, &name).map_err(error::to_js)?)
    }

    #[wasm_bindgen(js_name = getCollectionById)]
    pub async fn get_collection_by_id(&self, tenant: String, database: String, id: String) -> JsResult {
        json::serialize(&self.db.get_collection_by_id(&tenant, &database, &id).map_err(error::to_js)?)
    }

    #[wasm_bindgen(js_name = getCollectionByCrn)]
    pub async fn get_collection_by_crn(&self, crn: String) -> JsResult {
        json::serialize(&self.db.get_collection_by_crn(&crn).map_err(error::to_js)?)
    }

    #[wasm_bindgen(js_name = listCollections)]
    pub async fn list_collections(
        &self,
        tenant: String,
        database: String,
        limit: Option<u32>,
        offset: Option<u32>,
    ) -> JsResult {
        let collections = self.db.list_collections(&tenant, &database, limit, offset.unwrap_or(0));
        json::serialize(&collections.map_err(error::to_js)?)
    }

    #[wasm_bindgen(js_name = countCollections)]
    pub async fn count_collections(&self, tenant: String, database: String) -> JsResult<u32> {
        Ok(self.db.count_collections(&tenant, &database) as u32)
    }

    #[wasm_bindgen(js_name = updateCollection)]
    pub async fn update_collection(
        &self,
        tenant: String,
        database: String,
        id: String,
        request: JsValue,
    ) -> JsResult<()> {
        let request = UpdateCollection::from_json(json::from_js(&request)?).map_err(error::to_js)?;
        self.run(self.db.update_collection(&tenant, &database, &id, request).boxed_local()).await
    }

    #[wasm_bindgen(js_name = deleteCollection)]
    pub async fn delete_collection(&self, tenant: String, database: String, name: String) -> JsResult<()> {
        self.run(self.db.delete_collection(&tenant, &database, &name).boxed_local()).await
    }

    pub async fn add(&self, tenant: String, database: String, id: String, records: JsValue) -> JsResult<()> {
        self.write(tenant, database, id, Operation::Add, records).await
    }

    pub async fn update(
        &self,
        tenant: String,
        database: String,
        id: String,
        records: JsValue,
    ) -> JsResult<()> {
        self.write(tenant, database, id, Operation::Update, records).await
    }

    pub async fn upsert(
        &self,
        tenant: String,
        database: String,
        id: String,
        records: JsValue,
    ) -> JsResult<()> {
        self.write(tenant, database, id, Operation::Upsert, records).await
    }

    pub async fn delete(&self, tenant: String, database: String, id: String, request: JsValue) -> JsResult {
        let request = convert::delete_request(&request)?;
        let deleted = self.run(self.db.delete(&tenant, &database, &id, request).boxed_local()).await?;
        self.after_write();
        let result = Object::new();
        convert::set(&result, "deleted", &JsValue::from_f64(deleted as f64));
        Ok(result.into())
    }

    pub async fn get(&self, tenant: String, database: String, id: String, request: JsValue) -> JsResult {
        let request = convert::get_request(&request)?;
        let result = self.db.get(&tenant, &database, &id, &request).await.map_err(error::to_js)?;
        Ok(convert::get_result(&result))
    }

    pub async fn query(&self, tenant: String, database: String, id: String, request: JsValue) -> JsResult {
        let request = convert::query_request(&request)?;
        let result = self.db.query(&tenant, &database, &id, &request).await.map_err(error::to_js)?;
        Ok(convert::query_result(result))
    }

    /// `{ searches, read_level }` → `{ searches: [columns, with scores and select] }`.
    pub async fn search(&self, tenant: String, database: String, id: String, request: JsValue) -> JsResult {
        let request = search_request(&request)?;
        let results = self.db.search(&tenant, &database, &id, &request).await.map_err(error::to_js)?;
        Ok(convert::search_results(&results))
    }

    pub async fn count(
        &self,
        tenant: String,
        database: String,
        id: String,
        read_level: Option<String>,
    ) -> JsResult<f64> {
        let level = read_level.as_deref().map_or(Ok(ReadLevel::default()), ReadLevel::parse_query_string);
        let level = level.map_err(error::to_js)?;
        Ok(self.db.count(&tenant, &database, &id, level).await.map_err(error::to_js)? as f64)
    }

    #[wasm_bindgen(js_name = indexingStatus)]
    pub async fn indexing_status(&self, tenant: String, database: String, id: String) -> JsResult {
        to_js(&self.db.indexing_status(&tenant, &database, &id).map_err(error::to_js)?)
    }

    /// Nanoseconds since the Unix epoch.
    pub fn heartbeat(&self) -> f64 {
        self.db.heartbeat() as f64
    }

    #[wasm_bindgen(js_name = maxBatchSize)]
    pub fn max_batch_size(&self) -> u32 {
        self.db.batch_size()
    }

    pub async fn reset(&self) -> JsResult<bool> {
        self.db.reset().await.map_err(error::to_js)?;
        Ok(true)
    }

    pub async fn flush(&self) -> JsResult<()> {
        self.db.flush().await.map_err(error::to_js)
    }

    pub async fn compact(&self) -> JsResult<()> {
        self.db.compact().await.map_err(error::to_js)
    }

    pub async fn maintain(&self) -> JsResult<bool> {
        self.db.maintain().await.map_err(error::to_js)
    }

    pub async fn info(&self) -> JsResult {
        let info = to_js(&self.db.info().await.map_err(error::to_js)?)?;
        let memory = Object::new();
        let pages = core::arch::wasm32::memory_size(0);
        convert::set(&memory, "wasm_bytes", &JsValue::from_f64(pages as f64 * 65_536.0));
        js_sys::Reflect::set(&info, &"memory".into(), &memory)?;
        Ok(info)
    }

    pub async fn close(&self) -> JsResult<()> {
        self.db.close().await.map_err(error::to_js)
    }
}

impl Engine {
    /// Makes a call, on behalf of a client if there is one. Boxed: the glue around it is made once a result, not once a call.
    async fn run<T>(&self, call: LocalBoxFuture<'_, Result<T, Error>>) -> JsResult<T> {
        let answer = match self.request {
            Some(request) => self.db.on_behalf(request, call).await,
            None => call.await,
        };
        answer.map_err(error::to_js)
    }

    async fn write(
        &self,
        tenant: String,
        database: String,
        id: String,
        operation: Operation,
        records: JsValue,
    ) -> JsResult<()> {
        let records = convert::record_set(&records)?;
        self.run(self.db.write(&tenant, &database, &id, operation, records).boxed_local()).await?;
        self.after_write();
        Ok(())
    }

    /// Compacts in the background when a tail has grown too large. A failure is not this write's: it is
    /// reported by the next call that needs what failed, and the log still holds everything.
    fn after_write(&self) {
        if self.compacting.get() || !self.db.is_compaction_due() {
            return;
        }
        self.compacting.set(true);
        let (db, compacting) = (self.db.clone(), Rc::clone(&self.compacting));
        wasm_bindgen_futures::spawn_local(async move {
            let _ = db.compact_due().await;
            compacting.set(false);
        });
    }
}

/// Puts the encryption between. The storage is let go of if the key does not fit.
async fn unlock(storage: Rc<dyn Storage>, lock: Option<&sealer::StoreLock>) -> JsResult<Rc<dyn Storage>> {
    let lock = lock.map(|lock| lock as &dyn Lock);
    match storage::sealed::unlock(Rc::clone(&storage), lock).await {
        Ok(unlocked) => Ok(unlocked),
        Err(error) => {
            let _ = storage.close().await;
            Err(error::storage_to_js(error))
        }
    }
}

async fn open_storage(backend: JsValue, name: &str) -> JsResult<Rc<dyn Storage>> {
    Ok(match backend.as_string().as_deref() {
        Some("memory") => Rc::new(storage::memory::MemoryStorage::default()),
        Some("opfs") => Rc::new(storage::opfs::open(name).await.map_err(error::storage_to_js)?),
        Some("indexeddb") => Rc::new(storage::indexeddb::open(name).await.map_err(error::storage_to_js)?),
        Some(other) => {
            let message =
                format!("storage must be opfs, indexeddb, memory, a directory or an adapter, not {other}");
            return Err(error::invalid(&message));
        }
        None if storage::opfs::is_directory(&backend) => {
            let files = storage::opfs::open_in(backend.unchecked_ref());
            Rc::new(files.await.map_err(error::storage_to_js)?)
        }
        None if backend.is_object() => {
            let adapter = storage::adapter::AdapterStorage::open(backend.unchecked_into());
            Rc::new(adapter.await.map_err(error::storage_to_js)?)
        }
        None => return Err(error::invalid("storage must be a name, a directory or an adapter")),
    })
}

fn search_request(request: &JsValue) -> JsResult<SearchRequest> {
    SearchRequest::from_json(&json::from_js(request)?).map_err(error::to_js)
}

/// Encodes a plain structure without user metadata.
fn to_js<T: Serialize>(value: &T) -> JsResult {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(|error| error::internal(&error.to_string()))
}

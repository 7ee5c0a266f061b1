//! What the engine does beyond the calls of Chroma's single node: forks, versions, transactions, facets, live queries, functions.

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use super::{Engine, JsResult, convert, error, json, search_request, to_js};
use crate::db::{WatchedRequest, WatchedResult};
use crate::types::AttachFunction;

#[wasm_bindgen]
impl Engine {
    #[wasm_bindgen(js_name = forkCollection)]
    pub async fn fork_collection(
        &self,
        tenant: String,
        database: String,
        id: String,
        new_name: String,
    ) -> JsResult {
        let fork = self.db.fork_collection(&tenant, &database, &id, &new_name).await;
        json::serialize(&fork.map_err(error::to_js)?)
    }

    #[wasm_bindgen(js_name = forkCount)]
    pub async fn fork_count(&self, tenant: String, database: String, id: String) -> JsResult<u32> {
        Ok(self.db.fork_count(&tenant, &database, &id).map_err(error::to_js)? as u32)
    }

    pub async fn versions(&self, tenant: String, database: String, id: String) -> JsResult {
        to_js(&self.db.versions(&tenant, &database, &id).map_err(error::to_js)?)
    }

    #[wasm_bindgen(js_name = saveVersion)]
    pub async fn save_version(&self, tenant: String, database: String, id: String) -> JsResult {
        to_js(&self.db.save_version(&tenant, &database, &id).await.map_err(error::to_js)?)
    }

    #[wasm_bindgen(js_name = restoreVersion)]
    pub async fn restore_version(
        &self,
        tenant: String,
        database: String,
        id: String,
        version: u32,
    ) -> JsResult<()> {
        self.db.restore_version(&tenant, &database, &id, version).await.map_err(error::to_js)
    }

    /// `{ ...request of get, read_token }` → `{ columns, read_token }`.
    #[wasm_bindgen(js_name = conditionalGet)]
    pub async fn conditional_get(
        &self,
        tenant: String,
        database: String,
        id: String,
        request: JsValue,
    ) -> JsResult {
        let token = convert::token(&request)?;
        let request = convert::get_request(&request)?;
        let found = self.db.conditional_get(&tenant, &database, &id, &request, token).await;
        let (result, token) = found.map_err(error::to_js)?;
        let answer = Object::new();
        convert::set(&answer, "columns", &convert::get_result(&result));
        convert::set(&answer, "read_token", &JsValue::from_f64(token as f64));
        Ok(answer.into())
    }

    #[wasm_bindgen(js_name = conditionalCommit)]
    pub async fn conditional_commit(
        &self,
        tenant: String,
        database: String,
        id: String,
        commit: JsValue,
    ) -> JsResult {
        let commit = convert::commit(&commit)?;
        let committed = self.db.conditional_commit(&tenant, &database, &id, commit).await;
        self.after_write();
        to_js(&committed.map_err(error::to_js)?)
    }

    /// `{ keys, limit, ids, where, where_document }` → `[{ key, distinct, values: [{ value, count }] }]`.
    pub async fn facets(&self, tenant: String, database: String, id: String, request: JsValue) -> JsResult {
        let request = convert::facets_request(&request)?;
        let facets = self.db.facets(&tenant, &database, &id, &request).await.map_err(error::to_js)?;
        Ok(facets.iter().map(convert::facet).collect::<Array>().into())
    }

    /// `kind` is `get`, `query` or `search`, and says what `request` is.
    pub async fn watch(
        &self,
        tenant: String,
        database: String,
        id: String,
        kind: String,
        request: JsValue,
    ) -> JsResult<u32> {
        let request = match kind.as_str() {
            "get" => WatchedRequest::Get(convert::get_request(&request)?),
            "query" => WatchedRequest::Query(convert::query_request(&request)?),
            "search" => WatchedRequest::Search(search_request(&request)?),
            other => {
                return Err(error::invalid(&format!("get, query and search can be watched, not {other}")));
            }
        };
        self.db.watch(&tenant, &database, &id, request).map_err(error::to_js)
    }

    /// What a watched request answers, in the shape of its method; null if it has not changed.
    pub async fn refresh(&self, number: u32) -> JsResult {
        let result = self.db.refresh(number).await.map_err(error::to_js)?;
        Ok(result.map_or(JsValue::NULL, |result| match result {
            WatchedResult::Get(result) => convert::get_result(&result),
            WatchedResult::Query(result) => convert::query_result(result),
            WatchedResult::Search(results) => convert::search_results(&results),
        }))
    }

    pub async fn unwatch(&self, number: u32) {
        self.db.unwatch(number);
    }

    /// Answers when something is written that `seen` does not count yet: the number of changes since the store was opened.
    #[wasm_bindgen(js_name = nextChange)]
    pub async fn next_change(&self, seen: u32) -> JsResult<u32> {
        self.db.next_change(seen).await.map_err(error::to_js)
    }

    /// `{ name, function_id, output_collection, params }` → `{ attached_function, created }`. `callbacks` are the names of functions that the caller has.
    #[wasm_bindgen(js_name = attachFunction)]
    pub async fn attach_function(
        &self,
        tenant: String,
        database: String,
        id: String,
        request: JsValue,
        callbacks: Vec<String>,
    ) -> JsResult {
        let request = AttachFunction::from_json(json::from_js(&request)?).map_err(error::to_js)?;
        let attached = self.db.attach_function(&tenant, &database, &id, request, &callbacks).await;
        let (function, created) = attached.map_err(error::to_js)?;
        let answer = Object::new();
        convert::set(&answer, "attached_function", &to_js(&function)?);
        convert::set(&answer, "created", &JsValue::from_bool(created));
        Ok(answer.into())
    }

    #[wasm_bindgen(js_name = attachedFunction)]
    pub async fn attached_function(
        &self,
        tenant: String,
        database: String,
        id: String,
        name: String,
    ) -> JsResult {
        to_js(&self.db.attached_function(&tenant, &database, &id, &name).map_err(error::to_js)?)
    }

    #[wasm_bindgen(js_name = detachFunction)]
    pub async fn detach_function(
        &self,
        tenant: String,
        database: String,
        id: String,
        name: String,
        delete_output: bool,
    ) -> JsResult<()> {
        let detached = self.db.detach_function(&tenant, &database, &id, &name, delete_output).await;
        detached.map_err(error::to_js)
    }

    /// The functions of these names whose collections have changed.
    #[wasm_bindgen(js_name = pendingFunctions)]
    pub async fn pending_functions(&self, callbacks: Vec<String>) -> JsResult {
        to_js(&self.db.pending_functions(&callbacks))
    }

    /// Begins a run of a function that is called back; answers its number, null if nothing has changed.
    #[wasm_bindgen(js_name = beginFunction)]
    pub async fn begin_function(
        &self,
        tenant: String,
        database: String,
        id: String,
        name: String,
    ) -> JsResult<Option<u32>> {
        self.db.begin_function(&tenant, &database, &id, &name).await.map_err(error::to_js)
    }

    /// The next changes of a run, `[{ old, new }]`; none at the end.
    #[wasm_bindgen(js_name = nextChanges)]
    pub async fn next_changes(&self, run: u32) -> JsResult {
        let changes = self.db.next_changes(run).await.map_err(error::to_js)?;
        let changes: JsResult<Vec<JsValue>> = changes.iter().map(convert::record_change).collect();
        Ok(changes?.into_iter().collect::<Array>().into())
    }

    /// Ends a run with its output, `{ upsert, delete }`, or with null gives it up.
    #[wasm_bindgen(js_name = finishFunction)]
    pub async fn finish_function(&self, run: u32, output: JsValue) -> JsResult<()> {
        let output = if output.is_object() { Some(convert::function_output(&output)?) } else { None };
        self.db.finish_function(run, output).await.map_err(error::to_js)?;
        self.after_write();
        Ok(())
    }
}

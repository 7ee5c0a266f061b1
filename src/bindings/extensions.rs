//! What the engine does beyond the calls of Chroma's single node: forks, versions, transactions, facets, live queries, functions,
//! verification, exports, linked collections.
//!
//! One exported method takes their names: each asynchronous export is more than a kilobyte of glue.

use futures::FutureExt;
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use super::links::link;
use super::maintenance::maintain;
use super::{Engine, JsResult, convert, error, json, search_request, to_js};
use crate::db::{Db, WatchedRequest, WatchedResult};
use crate::types::AttachFunction;

/// The arguments of a call.
pub(super) struct Arguments(Array);

impl Arguments {
    pub(super) fn value(&self, place: u32) -> JsValue {
        self.0.get(place)
    }

    pub(super) fn text(&self, place: u32) -> JsResult<String> {
        let text = self.value(place).as_string();
        text.ok_or_else(|| error::shape(&format!("argument {place} must be a text")))
    }

    pub(super) fn number(&self, place: u32) -> JsResult<u32> {
        let number = self.value(place).as_f64();
        let number = number.filter(|number| *number >= 0.0 && *number <= f64::from(u32::MAX));
        number
            .map(|number| number as u32)
            .ok_or_else(|| error::shape(&format!("argument {place} must be a number")))
    }

    pub(super) fn texts(&self, place: u32) -> Vec<String> {
        Array::from(&self.value(place)).iter().filter_map(|text| text.as_string()).collect()
    }
}

#[wasm_bindgen]
impl Engine {
    /// Calls a method of `pkg/src/engine/engine.ts` that has no export of its own.
    pub async fn extend(&self, method: String, arguments: Array) -> JsResult {
        let arguments = Arguments(arguments);
        match method.as_str() {
            "refresh" => refresh(&self.db, arguments.number(0)?).await,
            "unwatch" => {
                self.db.unwatch(arguments.number(0)?);
                Ok(JsValue::UNDEFINED)
            }
            "nextChange" => {
                self.db.next_change(arguments.number(0)?).await.map_err(error::to_js).map(JsValue::from)
            }
            "pendingFunctions" => to_js(&self.db.pending_functions(&arguments.texts(0))),
            "nextChanges" => next_changes(&self.db, arguments.number(0)?).await,
            "finishFunction" => {
                finish_function(self, arguments.number(0)?, &arguments.value(1)).await?;
                self.after_write();
                Ok(JsValue::UNDEFINED)
            }
            method => {
                if let Some(answer) = maintain(self, method, &arguments).await? {
                    return Ok(answer);
                }
                if let Some(answer) = link(self, method, &arguments).await? {
                    return Ok(answer);
                }
                let answer = of_collection(self, method, &arguments).await;
                if method == "conditionalCommit" {
                    self.after_write();
                }
                answer
            }
        }
    }
}

/// A call that is about a collection: tenant, database and id come first.
async fn of_collection(engine: &Engine, method: &str, arguments: &Arguments) -> JsResult {
    let db = &engine.db;
    let (tenant, database, id) = (&arguments.text(0)?, &arguments.text(1)?, &arguments.text(2)?);
    let request = arguments.value(3);
    match method {
        "forkCollection" => {
            let name = arguments.text(3)?;
            json::serialize(&engine.run(db.fork_collection(tenant, database, id, &name).boxed_local()).await?)
        }
        "forkCount" => {
            let count = db.fork_count(tenant, database, id).map_err(error::to_js)?;
            Ok(JsValue::from_f64(count as f64))
        }
        "versions" => to_js(&db.versions(tenant, database, id).map_err(error::to_js)?),
        "saveVersion" => to_js(&db.save_version(tenant, database, id).await.map_err(error::to_js)?),
        "restoreVersion" => {
            let version = arguments.number(3)?;
            engine.run(db.restore_version(tenant, database, id, version).boxed_local()).await?;
            Ok(JsValue::UNDEFINED)
        }
        // `{ ...request of get, read_token }` → `{ columns, read_token }`
        "conditionalGet" => {
            let token = convert::token(&request)?;
            let request = convert::get_request(&request)?;
            let found = db.conditional_get(tenant, database, id, &request, token).await;
            let (result, token) = found.map_err(error::to_js)?;
            let answer = Object::new();
            convert::set(&answer, "columns", &convert::get_result(&result));
            convert::set(&answer, "read_token", &JsValue::from_f64(token as f64));
            Ok(answer.into())
        }
        "conditionalCommit" => {
            let commit = convert::commit(&request)?;
            to_js(&engine.run(db.conditional_commit(tenant, database, id, commit).boxed_local()).await?)
        }
        // `{ keys, limit, ids, where, where_document }` → `[{ key, distinct, values: [{ value, count }] }]`
        "facets" => {
            let request = convert::facets_request(&request)?;
            let facets = db.facets(tenant, database, id, &request).await.map_err(error::to_js)?;
            Ok(facets.iter().map(convert::facet).collect::<Array>().into())
        }
        "watch" => {
            let request = watched_request(&arguments.text(3)?, &arguments.value(4))?;
            db.watch(tenant, database, id, request).map_err(error::to_js).map(JsValue::from)
        }
        // `{ name, function_id, output_collection, params }`, names of callbacks → `{ attached_function, created }`
        "attachFunction" => {
            let request = AttachFunction::from_json(json::from_js(&request)?).map_err(error::to_js)?;
            let callbacks = arguments.texts(4);
            let attached = db.attach_function(tenant, database, id, request, &callbacks);
            let (function, created) = engine.run(attached.boxed_local()).await?;
            let answer = Object::new();
            convert::set(&answer, "attached_function", &to_js(&function)?);
            convert::set(&answer, "created", &JsValue::from_bool(created));
            Ok(answer.into())
        }
        "attachedFunction" => {
            let name = arguments.text(3)?;
            to_js(&db.attached_function(tenant, database, id, &name).map_err(error::to_js)?)
        }
        "detachFunction" => {
            let (name, delete_output) = (arguments.text(3)?, arguments.value(4).is_truthy());
            engine.run(db.detach_function(tenant, database, id, &name, delete_output).boxed_local()).await?;
            Ok(JsValue::UNDEFINED)
        }
        "beginFunction" => {
            let begun = db.begin_function(tenant, database, id, &arguments.text(3)?).await;
            Ok(begun.map_err(error::to_js)?.map_or(JsValue::NULL, JsValue::from))
        }
        other => Err(error::invalid(&format!("the engine has no method {other}"))),
    }
}

/// `kind` is the name of a method, and says what `request` is.
fn watched_request(kind: &str, request: &JsValue) -> JsResult<WatchedRequest> {
    match kind {
        "get" => Ok(WatchedRequest::Get(convert::get_request(request)?)),
        "query" => Ok(WatchedRequest::Query(convert::query_request(request)?)),
        "search" => Ok(WatchedRequest::Search(search_request(request)?)),
        "facets" => Ok(WatchedRequest::Facets(convert::facets_request(request)?)),
        "count" => Ok(WatchedRequest::Count),
        other => {
            Err(error::invalid(&format!("get, query, search, facets and count can be watched, not {other}")))
        }
    }
}

/// What a watched request answers, in the shape of its method; null if it has not changed.
async fn refresh(db: &Db, number: u32) -> JsResult {
    let result = db.refresh(number).await.map_err(error::to_js)?;
    Ok(result.map_or(JsValue::NULL, |result| match result {
        WatchedResult::Get(result) => convert::get_result(&result),
        WatchedResult::Query(result) => convert::query_result(result),
        WatchedResult::Search(results) => convert::search_results(&results),
        WatchedResult::Facets(facets) => facets.iter().map(convert::facet).collect::<Array>().into(),
        WatchedResult::Count(count) => JsValue::from_f64(count as f64),
    }))
}

/// `[{ old, new }]`; none at the end.
async fn next_changes(db: &Db, run: u32) -> JsResult {
    let changes = db.next_changes(run).await.map_err(error::to_js)?;
    let changes: JsResult<Vec<JsValue>> = changes.iter().map(convert::record_change).collect();
    Ok(changes?.into_iter().collect::<Array>().into())
}

/// The output is `{ upsert, delete }`; null gives the run up.
async fn finish_function(engine: &Engine, run: u32, output: &JsValue) -> JsResult<()> {
    let output = if output.is_object() { Some(convert::function_output(output)?) } else { None };
    engine.run(engine.db.finish_function(run, output).boxed_local()).await
}

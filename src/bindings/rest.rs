//! The HTTP API as methods of the engine: requests and answers as plain objects, bodies as bytes.

use js_sys::{Object, Uint8Array};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::{Engine, JsResult, convert, error, to_js};
use crate::rest::{self, Identity, Request, routes};

/// A request without its body; see `pkg/src/server/engine.ts`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    method: String,
    path: String,
    query: String,
    content_type: Option<String>,
    identity: Option<Identity>,
    #[serde(default)]
    longest_wait: u32,
}

#[wasm_bindgen]
impl Engine {
    /// What a request is about, before its body is there: `{ action, tenant, database }`, or undefined for one that leads nowhere, which
    /// [`handle`](Self::handle) answers without looking at anything. The body, where it is there, makes the action exact.
    pub fn route(method: &str, path: &str, body: Option<Vec<u8>>) -> JsResult {
        let Ok(routes::Found::Endpoint(endpoint, parameters)) = routes::find(method, path) else {
            return Ok(JsValue::UNDEFINED);
        };
        let action = rest::action(endpoint, &body.unwrap_or_default());
        let route = Object::new();
        for (name, value) in
            [("action", action), ("tenant", &parameters.tenant), ("database", &parameters.database)]
        {
            convert::set(&route, name, &JsValue::from_str(value));
        }
        Ok(route.into())
    }

    /// Version of chromatid.
    pub fn version() -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    /// Answers a request: `{ status, body, contentType, allow, write, wait }`.
    pub async fn handle(&self, head: JsValue, body: Vec<u8>) -> JsResult {
        let head: Head =
            serde_wasm_bindgen::from_value(head).map_err(|fault| error::internal(&fault.to_string()))?;
        let request = Request {
            method: &head.method,
            path: &head.path,
            query: &head.query,
            content_type: head.content_type.as_deref(),
            body: &body,
            longest_wait: head.longest_wait,
            identity: head.identity.as_ref(),
        };
        let response = rest::handle(&self.db, &request).await;
        self.after_write();
        let answer = Object::new();
        convert::set(&answer, "status", &JsValue::from_f64(response.status.into()));
        convert::set(&answer, "body", &Uint8Array::from(response.body.as_slice()));
        convert::set(&answer, "contentType", &JsValue::from_str(response.content_type));
        convert::set(&answer, "allow", &to_js(&response.allow)?);
        convert::set(&answer, "write", &to_js(&response.write.map(|number| number as f64))?);
        convert::set(&answer, "wait", &JsValue::from_f64(response.wait.into()));
        Ok(answer.into())
    }
}

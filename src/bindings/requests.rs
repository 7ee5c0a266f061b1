//! Writes on behalf of clients that may have to ask again: `pkg/src/engine/requests.ts`.

use std::rc::Rc;

use js_sys::Object;
use uuid::Uuid;
use wasm_bindgen::prelude::*;

use super::{Engine, JsResult, convert, error};
use crate::db::Request;

#[wasm_bindgen]
impl Engine {
    /// The same store, for one write: what it does is noted as the request `number` of `client` (a UUID), which has all answers to its
    /// requests below `acknowledged`.
    #[wasm_bindgen(js_name = onBehalf)]
    pub fn on_behalf(&self, client: &str, number: f64, acknowledged: f64) -> JsResult<Engine> {
        let request =
            Request { client: uuid(client)?, number: number as u64, acknowledged: acknowledged as u64 };
        Ok(Engine { db: self.db.clone(), compacting: Rc::clone(&self.compacting), request: Some(request) })
    }

    /// `{ sequence, operations }` of a request that has been done, else null.
    pub fn applied(&self, client: &str, number: f64) -> JsResult {
        let Some(applied) = self.db.applied(uuid(client)?, number as u64) else { return Ok(JsValue::NULL) };
        let answer = Object::new();
        convert::set(&answer, "sequence", &JsValue::from_f64(applied.sequence as f64));
        convert::set(&answer, "operations", &JsValue::from_f64(applied.operations as f64));
        Ok(answer.into())
    }
}

fn uuid(text: &str) -> JsResult<Uuid> {
    Uuid::parse_str(text).map_err(|_| error::invalid("a client must be named by a UUID"))
}

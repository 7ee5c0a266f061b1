//! Verification, repair, exports and imports: `pkg/src/engine/engine.ts`.

use js_sys::Uint8Array;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use super::extensions::Arguments;
use super::{Engine, JsResult, error, to_js};

/// Calls a method of these; `None` if there is none of that name.
pub(super) async fn maintain(
    engine: &Engine,
    method: &str,
    arguments: &Arguments,
) -> JsResult<Option<JsValue>> {
    let db = &engine.db;
    Ok(Some(match method {
        "verify" => to_js(&db.verify(arguments.value(0).is_truthy()).await.map_err(error::to_js)?)?,
        "repair" => to_js(&db.repair().await.map_err(error::to_js)?)?,
        "beginExport" => db.begin_export(request(arguments.value(0))?).await.map_err(error::to_js)?.into(),
        "nextExport" => match db.next_export(arguments.number(0)?).await.map_err(error::to_js)? {
            Some(bytes) => Uint8Array::from(bytes.as_slice()).into(),
            None => JsValue::NULL,
        },
        "endExport" => to_js(&db.end_export(arguments.number(0)?).map_err(error::to_js)?)?,
        "beginImport" => db.begin_import(request(arguments.value(0))?).into(),
        "pushImport" => {
            let bytes = arguments.value(1).dyn_into::<Uint8Array>();
            let bytes = bytes.map_err(|_| error::shape("argument 1 must be bytes"))?.to_vec();
            let imported = db.push_import(arguments.number(0)?, &bytes).await.map_err(error::to_js)?;
            engine.after_write();
            to_js(&imported)?
        }
        "endImport" => {
            let given_up = arguments.value(1).is_truthy();
            to_js(&db.end_import(arguments.number(0)?, given_up).await.map_err(error::to_js)?)?
        }
        _ => return Ok(None),
    }))
}

fn request<T: DeserializeOwned>(value: JsValue) -> JsResult<T> {
    serde_wasm_bindgen::from_value(value).map_err(|error| error::shape(&error.to_string()))
}

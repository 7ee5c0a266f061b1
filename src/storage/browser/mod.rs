//! What the storages of the browser share: errors by name, promises, pauses.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::Result;
use crate::error::StorageError;

#[cfg(feature = "conformance")]
pub mod conformance;

/// The member `name` of `object`; `undefined` if there is none or it cannot be had.
pub fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Whether `object` has a method called `name`.
pub fn has_method(object: &JsValue, name: &str) -> bool {
    member(object, name).is_function()
}

/// `name: message` of a thrown value.
pub fn describe(thrown: &JsValue) -> String {
    let text = |name| member(thrown, name).as_string().unwrap_or_default();
    match (text("name"), text("message")) {
        (name, message) if name.is_empty() && message.is_empty() => format!("{thrown:?}"),
        (name, message) => format!("{name}: {message}"),
    }
}

/// The storage error for what the platform threw while `operation` (names of the DOM standard).
pub fn storage_error(backend: &'static str, operation: &'static str, thrown: &JsValue) -> StorageError {
    match member(thrown, "name").as_string().as_deref() {
        Some("QuotaExceededError") => StorageError::QuotaExceeded { operation },
        Some("NoModificationAllowedError") => StorageError::Locked { detail: describe(thrown) },
        Some("SecurityError" | "NotSupportedError") => {
            StorageError::Unsupported { backend, detail: describe(thrown) }
        }
        _ => StorageError::failed(operation, describe(thrown)),
    }
}

/// Waits for `value` if it is a promise.
pub async fn settled(value: JsValue) -> std::result::Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&value)).await
}

/// Pauses for `ms` milliseconds.
pub async fn sleep(ms: f64) -> Result<()> {
    let global = js_sys::global();
    let timer: Function = member(&global, "setTimeout")
        .dyn_into()
        .map_err(|_| StorageError::failed("waiting", "there is no setTimeout here"))?;
    let promise = Promise::new(&mut |resolve, reject| {
        if let Err(error) = timer.call2(&global, &resolve, &JsValue::from_f64(ms)) {
            // A promise that is being made takes the rejection; nothing else can go wrong here.
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        }
    });
    settled(promise.into()).await.map(drop).map_err(|error| StorageError::failed("waiting", describe(&error)))
}

//! Errors as JavaScript sees them.

use wasm_bindgen::JsValue;

use crate::error::{Error, StorageError};

/// An `Error` with Chroma's `name`, the HTTP status as `code`, and `retryable`.
pub fn to_js(error: Error) -> JsValue {
    let object = js_sys::Error::new(&error.to_string());
    object.set_name(error.name());
    let set = |name: &str, value: JsValue| {
        // Fails on a frozen object only, which a new error is not.
        let _ = js_sys::Reflect::set(&object, &name.into(), &value);
    };
    set("code", JsValue::from_f64(f64::from(error.code())));
    set("retryable", JsValue::from_bool(error.retryable()));
    object.into()
}

pub fn storage_to_js(error: StorageError) -> JsValue {
    to_js(match error {
        StorageError::Corrupt(corruption) => Error::Corrupt(corruption),
        error => Error::Storage(error),
    })
}

pub fn invalid(message: &str) -> JsValue {
    to_js(Error::InvalidArgument(message.into()))
}

/// A request of the wrong shape.
pub fn shape(message: &str) -> JsValue {
    to_js(Error::shape(message))
}

pub fn internal(message: &str) -> JsValue {
    to_js(Error::Internal(message.into()))
}

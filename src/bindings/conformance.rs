//! The suites that run in a browser: storage backends, SIMD kernels, and what is written.

use wasm_bindgen::prelude::*;

/// Runs the storage conformance suite on a backend; resolves to the names of the checks that passed.
#[wasm_bindgen]
pub async fn run_storage_conformance(kind: String) -> Result<Vec<String>, JsValue> {
    crate::storage::conformance::run_in_browser(kind)
        .await
        .map_err(|failure| js_sys::Error::new(&failure).into())
}

/// Compares the SIMD kernels of this build with the reference.
#[wasm_bindgen]
pub fn run_distance_selftest() -> Result<(), JsValue> {
    crate::distance::selftest().map_err(|failure| js_sys::Error::new(&failure).into())
}

/// Compares the kernels of quantised codes of this build with plain sums.
#[wasm_bindgen]
pub fn run_quantization_selftest() -> Result<(), JsValue> {
    crate::quantization::selftest().map_err(|failure| js_sys::Error::new(&failure).into())
}

/// The digests of the files of a store that lived through everything: those of every other machine.
#[wasm_bindgen]
pub async fn run_determinism() -> Result<String, JsValue> {
    crate::db::determinism::digests().await.map_err(|failure| js_sys::Error::new(&failure.to_string()).into())
}

//! chromatid: Chroma's collections, filters, vector and text search where the user is.
//!
//! The engine is one crate that builds natively and for `wasm32-unknown-unknown`. Modules depend on
//! each other in one direction only:
//!
//! `limits, error, env → text → types → distance → quantization → storage → blockstore → {log, index} →
//! segment → sysdb → execution → db → rest → bindings`
//!
//! `tests/architecture.rs` fails on an edge against it. `docs/ARCHITECTURE.md` says what each is for.

pub mod blockstore;
pub mod db;
pub mod env;
pub mod error;
pub mod execution;
pub mod limits;
pub mod log;
#[cfg(feature = "rest")]
pub mod rest;
pub mod segment;
pub mod storage;
pub mod sysdb;
pub mod text;
pub mod types;

pub use chromatid_vectors::{distance, index, quantization};

#[cfg(target_arch = "wasm32")]
pub mod bindings;

//! Search structures over vectors and text: pure and synchronous, without storage.

pub mod flat;
pub mod hnsw;
pub mod top_k;

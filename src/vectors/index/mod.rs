//! Search structures over vectors and text: pure and synchronous, without storage.

pub mod candidates;
pub mod flat;
pub mod hnsw;
pub mod posting;
pub mod spann;
pub mod sparse;
pub mod top_k;

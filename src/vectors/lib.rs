//! Vectors: how far apart they are, exactly and roughly, and which of many are the nearest. Pure and synchronous, without storage.
//!
//! A package of its own because it is compiled for speed, while the rest of the engine is compiled for size: a query
//! spends its time here, a page its bytes there. The engine has its modules under their names.
//!
//! `limits, space → distance → quantization → index`

pub mod distance;
pub mod index;
pub mod limits;
pub mod quantization;
mod space;

pub use space::Space;

//! Snapshots: a collection as immutable files that are searched where they lie, by reading ranges of them.
//!
//! A snapshot is a [`manifest`], which may be signed, and *packs* of *parts* ([`part`], [`pack`]). Whatever points to a part holds its
//! hash: nothing that is read is believed before it is verified, up to the manifest. Pure and synchronous: [`build`] gives packs
//! to a function, and what [`read`]s is given the parts that it asks for ([`exchange`]).
//!
//! `limits → error → codec → part → … → build, read → module`

pub mod build;
pub mod center;
mod codec;
mod codes;
mod error;
pub mod exchange;
pub mod filter;
#[cfg(test)]
mod hostile;
mod ids;
pub mod limits;
mod lists;
pub mod manifest;
#[cfg(feature = "module")]
mod module;
pub mod pack;
pub mod part;
pub mod ranges;
pub mod read;
pub mod record;
mod table;
mod terms;

pub use error::{Error, Result};

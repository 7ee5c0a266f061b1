//! Regular expressions over documents.
//!
//! A [`Program`] matches in linear time, by a lazily built automaton in bounded memory, and says what every text that matches
//! contains ([`Requirement`]), so that an index can tell which documents to look at. Natively the engine links this; in
//! WebAssembly it is a module of its own ([`module`]), loaded when a filter first has a pattern.

mod program;
mod requirement;
mod wire;

#[cfg(feature = "module")]
mod module;

pub use program::{Fault, Limits, Program};
pub use requirement::Requirement;
pub use wire::Malformed;

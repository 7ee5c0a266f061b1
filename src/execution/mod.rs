//! How requests are answered: pure operators, and the orchestrators that feed them from storage.
//!
//! * [`collection`]: one open collection, its segment, its tail and what is not folded in yet;
//! * [`operators`]: steps over blocks and tails that are already in memory;
//! * [`selections`]: what filters that were asked before selected;
//! * [`store`]: an open store, and how a write passes through it;
//! * [`orchestrators`]: get, query, count, delete, compact, collect garbage. They alone call storage.

pub mod collection;
pub mod edits;
pub mod functions;
pub mod operators;
pub mod orchestrators;
pub mod selections;
pub mod store;

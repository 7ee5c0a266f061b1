//! The requests, from an open collection to a result.

#[cfg(feature = "rest")]
pub mod changes;
pub mod compact;
pub mod count;
pub mod delete;
pub mod facets;
pub mod garbage;
pub mod get;
pub mod query;
pub mod repair;
pub mod search;
pub mod verify;
pub mod watch;

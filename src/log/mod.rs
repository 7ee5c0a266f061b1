//! What was acknowledged but is not in a segment yet.
//!
//! The log is one sequence of [frames](crate::storage::frame) for the whole store; each carries one
//! [`LogEntry`], a write or a change of the catalogue, as protobuf (`docs/chromatid.proto`). Appends
//! that arrive together are flushed together (group commit): a flush costs about 2 ms whatever it
//! carries.

pub mod archive;
pub mod convert;
pub mod proto;
mod writer;

pub use proto::LogEntry;
pub use writer::{Log, Replay, ReplayedEntry, Room};

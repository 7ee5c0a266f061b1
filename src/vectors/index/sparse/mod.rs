//! The nearest sparse vectors, through posting lists of weights.
//!
//! Each dimension has a list of the vectors that have a weight in it, in windows of [`WINDOW`] offset ids. A list knows the largest
//! and the smallest weight of each window, so a search passes over windows that cannot hold anything near enough
//! (block-max MaxScore: Turtle & Flood, 1995; Ding & Suel, SIGIR 2011). What it finds is what comparing all vectors finds, to the bit.

mod postings;
mod search;

#[cfg(test)]
mod tests;

pub use postings::{Malformed, Weights, encode};
pub use search::{Lists, distance};

/// Offset ids of a window.
pub const WINDOW: usize = 4_096;

/// Offset ids of the records in one list, at most.
pub const CHUNK: usize = 65_536;

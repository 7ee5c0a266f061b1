//! The inverted index of a segment: for each term of metadata and documents the records that have it.
//!
//! One blockfile, `(chunk, kind, field) → term → posting list`. A chunk is 65,536 offset ids, so that what is added touches the
//! lists of the last chunk alone, and a list is at most one container of a bitmap. Kinds and terms: [`field`]; lists: [`postings`].
//!
//! Sparse vectors whose key has an index have a list of weights for each dimension ([`weights`]), which a search walks.
//!
//! Numbers of both types share one order ([`numbers`]); documents are cut into grams ([`crate::text`]).

mod field;
mod lookup;
mod numbers;
mod postings;
mod runs;
mod update;
mod weights;
mod writer;

pub use field::{Field, Kind, Term, visit_terms};
pub use lookup::{TermIndex, TermRange, numbers};
pub(super) use update::update;
pub use weights::decode as decode_weights;

#[cfg(test)]
mod tests;

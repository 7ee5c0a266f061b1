//! Requests and results of the read operations, by columns.

use super::metadata::Metadata;
use super::record::Embeddings;
use super::where_clause::Where;

/// Which sections a result carries besides the ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Include {
    pub distances: bool,
    pub documents: bool,
    pub embeddings: bool,
    pub metadatas: bool,
    pub uris: bool,
}

/// How much of the log a read takes into account (spec: rest-api 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadLevel {
    /// Everything that was acknowledged.
    #[default]
    IndexAndWal,
    /// Only what has been compacted.
    IndexOnly,
    /// The index and at most [`crate::limits::BOUNDED_WAL_OPERATIONS`] operations of the log.
    IndexAndBoundedWal,
}

/// A `get`: which records, and what of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GetRequest {
    /// Only these ids; unknown ones are passed over.
    pub ids: Option<Vec<String>>,
    pub filter: Option<Where>,
    /// Rows at most; `None` for all.
    pub limit: Option<u32>,
    /// Rows to pass over first.
    pub offset: u32,
    pub include: Include,
}

/// A `delete`: which records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteRequest {
    pub ids: Option<Vec<String>>,
    pub filter: Option<Where>,
    /// Delete at most so many of the matches, in insertion order. Needs a filter.
    pub limit: Option<u32>,
}

/// A nearest neighbour query for one or more vectors.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryRequest {
    pub embeddings: Embeddings,
    pub n_results: u32,
    pub ids: Option<Vec<String>>,
    pub filter: Option<Where>,
    pub include: Include,
}

/// Records by columns in insertion order. A section that was not asked for is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GetResult {
    pub ids: Vec<String>,
    pub embeddings: Option<Embeddings>,
    pub documents: Option<Vec<Option<String>>>,
    pub uris: Option<Vec<Option<String>>>,
    pub metadatas: Option<Vec<Option<Metadata>>>,
}

/// The nearest records of each query vector, nearest first, ties in insertion order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryResult {
    /// One entry a query vector.
    pub rows: Vec<GetResult>,
    /// Distances parallel to `rows`, when asked for.
    pub distances: Option<Vec<Vec<f32>>>,
}

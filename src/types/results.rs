//! Requests and results of the read operations, by columns.

use super::metadata::Metadata;
use super::record::Embeddings;
use super::where_clause::Where;
use crate::error::{Error, Result};

/// Which sections a result carries besides the ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Include {
    pub distances: bool,
    pub documents: bool,
    pub embeddings: bool,
    pub metadatas: bool,
    pub uris: bool,
}

impl Include {
    /// What a `get` answers unless told otherwise.
    pub const GET_DEFAULT: Self =
        Self { distances: false, documents: true, embeddings: false, metadatas: true, uris: false };

    /// What a `query` answers unless told otherwise.
    pub const QUERY_DEFAULT: Self = Self { distances: true, ..Self::GET_DEFAULT };

    /// Reads the `include` member of a request. An unknown name is a 422 that says where it stands.
    pub fn parse<S: AsRef<str>>(names: &[S]) -> Result<Self> {
        let mut include = Self::default();
        for (index, name) in names.iter().enumerate() {
            match name.as_ref() {
                "distances" => include.distances = true,
                "documents" => include.documents = true,
                "embeddings" => include.embeddings = true,
                "metadatas" => include.metadatas = true,
                "uris" => include.uris = true,
                unknown => {
                    return Err(Error::shape(format_args!(
                        "include[{index}]: unknown variant `{unknown}`, expected one of `distances`, \
                         `documents`, `embeddings`, `metadatas`, `uris`"
                    )));
                }
            }
        }
        Ok(include)
    }
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

impl ReadLevel {
    /// Reads the `read_level` member of a request body; an unknown name is a 422.
    pub fn parse(name: &str) -> Result<Self> {
        Self::from_name(name).map_err(Error::shape)
    }

    /// Reads the `read_level` parameter of a query string; an unknown name is a 400.
    pub fn parse_query_string(name: &str) -> Result<Self> {
        Self::from_name(name)
            .map_err(|reason| Error::InvalidArgument(format!("Failed to deserialize query string: {reason}")))
    }

    fn from_name(name: &str) -> Result<Self, String> {
        match name {
            "index_and_wal" => Ok(Self::IndexAndWal),
            "index_only" => Ok(Self::IndexOnly),
            "index_and_bounded_wal" => Ok(Self::IndexAndBoundedWal),
            unknown => Err(format!(
                "read_level: unknown variant `{unknown}`, expected one of `index_and_wal`, `index_only`, \
                 `index_and_bounded_wal`"
            )),
        }
    }
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

/// Which metadata keys' values are counted, among which records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FacetsRequest {
    pub keys: Vec<String>,
    pub ids: Option<Vec<String>>,
    pub filter: Option<Where>,
    /// Values of a key at most, the most frequent ones.
    pub limit: u32,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn include_reads_the_five_names_in_any_order() {
        let include = Include::parse(&["uris", "distances", "uris"]).unwrap();
        assert_eq!(include, Include { uris: true, distances: true, ..Include::default() });
        assert_eq!(Include::parse::<&str>(&[]).unwrap(), Include::default());
        assert_eq!(Include::parse(&["documents", "metadatas"]).unwrap(), Include::GET_DEFAULT);
        assert_eq!(Include::parse(&["metadatas", "documents", "distances"]).unwrap(), Include::QUERY_DEFAULT);
        assert!(Include::parse(&["embeddings"]).unwrap().embeddings);
    }

    #[test]
    fn include_says_which_name_is_unknown_and_where() {
        let error =
            Include::parse(&["uris".to_owned(), "distances".to_owned(), "bogus".to_owned()]).unwrap_err();
        assert_eq!(error.code(), 422);
        assert_eq!(
            error.to_string(),
            "Failed to deserialize the JSON body into the target type: include[2]: unknown variant `bogus`, \
             expected one of `distances`, `documents`, `embeddings`, `metadatas`, `uris`"
        );
    }

    #[test]
    fn read_levels_are_known_by_name_in_bodies_and_query_strings() {
        for (name, level) in [
            ("index_and_wal", ReadLevel::IndexAndWal),
            ("index_only", ReadLevel::IndexOnly),
            ("index_and_bounded_wal", ReadLevel::IndexAndBoundedWal),
        ] {
            assert_eq!(ReadLevel::parse(name).unwrap(), level);
            assert_eq!(ReadLevel::parse_query_string(name).unwrap(), level);
        }
        let reason = "read_level: unknown variant `bogus`, expected one of `index_and_wal`, `index_only`, \
                      `index_and_bounded_wal`";
        let body = ReadLevel::parse("bogus").unwrap_err();
        assert_eq!(
            (body.code(), body.to_string()),
            (422, format!("Failed to deserialize the JSON body into the target type: {reason}"))
        );
        let query = ReadLevel::parse_query_string("bogus").unwrap_err();
        assert_eq!(
            (query.code(), query.to_string()),
            (400, format!("Failed to deserialize query string: {reason}"))
        );
    }
}

//! The rules of a schema (spec: schema-and-config 2.2), in Chroma's order and words.

use serde_json::Value;

use super::names::{DOCUMENT_KEY, EMBEDDING_KEY, Index};
use super::{SchemaRequest, config, enabled};
use crate::error::{Error, Result};

const BOTH_INDEXES: &str = "Both spann and hnsw config cannot be present at the same time.";

impl SchemaRequest {
    /// Checks what can be said of the schema alone.
    pub fn validate(&self) -> Result<()> {
        let fault =
            self.fault_of_defaults().or_else(|| self.fault_of_keys()).or_else(|| self.fault_of_cmek());
        fault.map_or(Ok(()), |fault| Err(Error::validation("schema", fault)))
    }

    fn fault_of_defaults(&self) -> Option<String> {
        let defaults = self.0.get("defaults")?;
        let fault = if enabled(defaults, Index::Vector) == Some(true) {
            "Vector index cannot be enabled by default. It can only be enabled on #embedding field."
        } else if has_both_indexes(defaults) {
            BOTH_INDEXES
        } else if enabled(defaults, Index::SparseVector) == Some(true) {
            "Sparse vector index cannot be enabled by default. Please enable sparse vector index on specific keys."
        } else if enabled(defaults, Index::Fts) == Some(true) {
            "Full text search / regular expression index cannot be enabled by default. It can only be enabled on \
             #document field."
        } else {
            return None;
        };
        Some(fault.into())
    }

    fn fault_of_keys(&self) -> Option<String> {
        let keys = self.0.get("keys")?.as_object()?;
        keys.iter().find_map(|(key, types)| {
            fault_of_name(key, types)
                .or_else(|| fault_of_vector_index(key, types))
                .or_else(|| fault_of_sparse_index(types).map(str::to_owned))
                .or_else(|| fault_of_text_index(key, types))
        })
    }

    /// Keys of other providers than Chroma's one are labels, and their names are not looked at.
    fn fault_of_cmek(&self) -> Option<String> {
        let resource = self.0.get("cmek")?.get("gcp")?.as_str()?;
        let fits = names_a_key(resource);
        (!fits).then(|| format!("CMEK does not match expected pattern: Gcp({resource:?})"))
    }
}

fn fault_of_name(key: &str, types: &Value) -> Option<String> {
    let only = |value_type: &str| {
        let known = Index::ALL.into_iter().map(Index::value_type);
        known.filter(|name| *name != value_type).all(|name| types.get(name).is_none())
    };
    match key {
        DOCUMENT_KEY if !only("string") => {
            Some(format!("Document field cannot have any value types other than string: {key}"))
        }
        EMBEDDING_KEY if !only("float_list") => {
            Some(format!("Embedding field cannot have any value types other than float_list: {key}"))
        }
        DOCUMENT_KEY | EMBEDDING_KEY => None,
        _ if key.starts_with('#') => Some(format!(
            "key cannot begin with '#'. Keys starting with '#' are reserved for system use: {key}"
        )),
        _ => None,
    }
}

fn fault_of_vector_index(key: &str, types: &Value) -> Option<String> {
    let source = config(types, Index::Vector)?.get("source_key");
    if enabled(types, Index::Vector) == Some(true) && key != EMBEDDING_KEY {
        Some(format!("Vector index can only be enabled on #embedding field: {key}"))
    } else if source.is_some_and(|source| source != DOCUMENT_KEY) {
        Some("Vector index can only source from #document".into())
    } else if has_both_indexes(types) {
        Some(BOTH_INDEXES.into())
    } else {
        None
    }
}

fn fault_of_sparse_index(types: &Value) -> Option<&'static str> {
    let config = config(types, Index::SparseVector)?;
    let source = config.get("source_key")?.as_str()?;
    if enabled(types, Index::SparseVector) == Some(true) && config.get("embedding_function").is_none() {
        Some(
            "If source_key is provided then embedding_function must also be provided since there is no default \
             embedding function.",
        )
    } else if source.starts_with('#') && source != DOCUMENT_KEY {
        Some(
            "source_key cannot begin with '#'. The only valid key starting with '#' is Key.DOCUMENT or '#document'.",
        )
    } else {
        None
    }
}

fn fault_of_text_index(key: &str, types: &Value) -> Option<String> {
    let on = |index| enabled(types, index) == Some(true);
    if on(Index::Fts) && key != DOCUMENT_KEY {
        Some(format!(
            "Full text search / regular expression index can only be enabled on #document field: {key}"
        ))
    } else if on(Index::String) && key == DOCUMENT_KEY {
        Some(format!("String inverted index can not be enabled on #document key: {key}"))
    } else {
        None
    }
}

fn has_both_indexes(types: &Value) -> bool {
    let has = |name| config(types, Index::Vector).is_some_and(|config| config.get(name).is_some());
    has("hnsw") && has("spann")
}

/// Whether a text is `projects/P/locations/L/keyRings/R/cryptoKeys/K` with something in each place.
fn names_a_key(resource: &str) -> bool {
    let Some(mut rest) = resource.strip_prefix("projects/") else { return false };
    for next in ["/locations/", "/keyRings/", "/cryptoKeys/"] {
        // The first place that leaves something before it: what comes later may be in the rest too.
        let found = rest.char_indices().nth(1).and_then(|(start, _)| {
            let at = rest[start..].find(next)?;
            Some(start + at + next.len())
        });
        let Some(end) = found else { return false };
        rest = &rest[end..];
    }
    !rest.is_empty() && !resource.contains('\n')
}

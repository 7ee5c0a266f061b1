//! What of a collection is indexed: the schema (spec: schema-and-config 2).
//!
//! A schema is kept as the JSON that reports it, completed and in one spelling: so members that nobody knows come back, and what the
//! engine asks is read from a table of [`Switches`].

mod keys;
mod names;
mod parse;
mod resolve;
mod switches;
mod validate;
mod vector;

pub use keys::MetadataKeys;
pub use parse::SchemaRequest;

use serde_json::{Map, Value};

use super::metadata::MetadataValue;
use super::where_clause::{Condition, Where};
use crate::error::{Corruption, Error, Result};
use names::{DOCUMENT_KEY, Index};
use switches::Switches;

/// The complete schema of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    json: Map<String, Value>,
    /// Whether it follows from the configuration, so that it need not be stored.
    derived: bool,
    defaults: Switches,
    /// The keys with entries of their own, ascending.
    keys: Vec<(String, Switches)>,
}

/// How the sparse vectors of a key are indexed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SparseIndexConfig<'a> {
    /// Whether weights of a query are multiplied by how rare their dimensions are.
    pub bm25: bool,
    /// `wand` or `max_score`, where one was asked for.
    pub algorithm: Option<&'a str>,
    /// Where clients take the texts from that they embed.
    pub source_key: Option<&'a str>,
    /// What they embed them with.
    pub embedding_function: Option<&'a Value>,
}

impl Schema {
    fn new(json: Map<String, Value>) -> Self {
        let defaults = json.get("defaults").map(Switches::of).unwrap_or_default();
        let mut keys = Vec::new();
        for (key, types) in json.get("keys").and_then(Value::as_object).into_iter().flatten() {
            keys.push((key.clone(), Switches::of(types)));
        }
        Self { json, derived: false, defaults, keys }
    }

    /// Whether values like this one are indexed under a key.
    pub fn is_indexed(&self, key: &str, value: &MetadataValue) -> bool {
        self.is_on(key, Index::of(value))
    }

    /// Whether a filter may have to find values like this one: those that are indexed, and as a number of the one type finds
    /// those of the other, all numbers under a key where one of the types is.
    pub fn is_findable(&self, key: &str, value: &MetadataValue) -> bool {
        let is_number = matches!(Index::of(value), Index::Int | Index::Float);
        self.is_indexed(key, value)
            || is_number && (self.is_on(key, Index::Int) || self.is_on(key, Index::Float))
    }

    /// Whether the texts of documents are indexed.
    pub fn fts_enabled(&self) -> bool {
        self.is_on(DOCUMENT_KEY, Index::Fts)
    }

    /// The index of the sparse vectors under a key; `None` when there is none.
    pub fn sparse_index(&self, key: &str) -> Option<SparseIndexConfig<'_>> {
        if !self.is_on(key, Index::SparseVector) {
            return None;
        }
        let config = config(self.json.get("keys")?.get(key)?, Index::SparseVector)?;
        let text = |name| config.get(name).and_then(Value::as_str);
        Some(SparseIndexConfig {
            bm25: config.get("bm25").and_then(Value::as_bool) == Some(true),
            algorithm: text("algorithm"),
            source_key: text("source_key"),
            embedding_function: config.get("embedding_function"),
        })
    }

    /// The switch of an index for a key: that of its own entry if it has one, else the default.
    fn is_on(&self, key: &str, index: Index) -> bool {
        let place = self.keys.binary_search_by(|(known, _)| known.as_str().cmp(key));
        let own = place.ok().and_then(|place| self.keys[place].1.get(index));
        own.or_else(|| self.defaults.get(index)) == Some(true)
    }

    /// Checks that what a filter asks for is indexed.
    ///
    /// # Errors
    /// `InvalidArgument` for the first condition whose index is switched off.
    pub fn check_filter(&self, filter: &Where) -> Result<()> {
        let off = |key: &str, index: Index| {
            Err(Error::InvalidArgument(format!(
                "Cannot filter using metadata key '{key}' with type '{}' because indexing is disabled",
                index.type_in_messages()
            )))
        };
        match filter {
            Where::And(members) | Where::Or(members) => {
                members.iter().try_for_each(|member| self.check_filter(member))
            }
            Where::Metadata { key, condition } => match index_of(condition) {
                Some(index) if !self.is_on(key, index) => off(key, index),
                _ => Ok(()),
            },
            Where::Document(_) if !self.fts_enabled() => Err(Error::InvalidArgument(
                "Cannot filter using full-text search because FTS indexing is disabled".into(),
            )),
            Where::Document(_) | Where::Id { .. } => Ok(()),
        }
    }

    /// The schema as the API shows it: with an entry, copied from the defaults, for each metadata key and type of value that records
    /// were written with.
    pub fn report(&self, written: &MetadataKeys) -> Value {
        let mut json = self.json.clone();
        let defaults = self.json.get("defaults");
        if let Some(Value::Object(keys)) = json.get_mut("keys") {
            for (key, index) in written.iter() {
                let entry = keys.entry(key).or_insert_with(|| Value::Object(Map::new()));
                let default = defaults.and_then(|defaults| defaults.get(index.value_type()));
                if let (Value::Object(types), Some(default)) = (entry, default) {
                    types.entry(index.value_type()).or_insert_with(|| default.clone());
                }
            }
        }
        Value::Object(json)
    }

    /// The form in which it is stored; `None` when [`of`](Self::of) makes it from the configuration.
    pub fn to_stored(&self) -> Option<Vec<u8>> {
        let text = || serde_json::to_vec(&self.json).expect("JSON values always have a text");
        (!self.derived).then(text)
    }

    /// Reads what [`to_stored`](Self::to_stored) wrote.
    pub fn from_stored(bytes: &[u8]) -> Result<Self> {
        let corrupt = |reason: String| Corruption::new("collection schema", reason);
        let json = serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
        let SchemaRequest(json) = serde_json::from_value(json).map_err(|error| corrupt(error.to_string()))?;
        Ok(Self::new(json))
    }
}

/// The index that has to answer a condition: that of its operands.
fn index_of(condition: &Condition) -> Option<Index> {
    let operand = match condition {
        Condition::Compare(_, operand) | Condition::Contains(operand) | Condition::NotContains(operand) => {
            Some(operand)
        }
        Condition::In(operands) | Condition::NotIn(operands) => operands.first(),
    };
    operand.map(Index::of_operand)
}

/// Whether an index is switched on in the entry of a key; `None` when it is not mentioned there.
fn enabled(types: &Value, index: Index) -> Option<bool> {
    types.get(index.value_type())?.get(index.name())?.get("enabled")?.as_bool()
}

/// The config of an index in the entry of a key.
fn config(types: &Value, index: Index) -> Option<&Map<String, Value>> {
    types.get(index.value_type())?.get(index.name())?.get("config")?.as_object()
}

/// As [`config`], to change it.
fn config_mut(types: &mut Value, index: Index) -> Option<&mut Map<String, Value>> {
    types.get_mut(index.value_type())?.get_mut(index.name())?.get_mut("config")?.as_object_mut()
}

#[cfg(test)]
mod tests;

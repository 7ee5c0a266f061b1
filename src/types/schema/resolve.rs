//! From what was asked for to the schema and the configuration of a new collection (spec: schema-and-config 2.1, 2.3).

use serde_json::{Map, Value};

use super::names::{EMBEDDING_KEY, Index};
use super::vector::{vector_config, vector_request};
use super::{Schema, SchemaRequest, config, config_mut};
use crate::error::{Error, Result};
use crate::types::configuration::{CollectionConfiguration, is_default_function};

/// What a collection has that asks for nothing, but for the parameters of its vectors.
const DEFAULT: &[u8] = br##"{
    "defaults": {
        "string": {
            "fts_index": {"enabled": false, "config": {}},
            "string_inverted_index": {"enabled": true, "config": {}}
        },
        "int": {"int_inverted_index": {"enabled": true, "config": {}}},
        "float": {"float_inverted_index": {"enabled": true, "config": {}}},
        "bool": {"bool_inverted_index": {"enabled": true, "config": {}}},
        "float_list": {"vector_index": {"enabled": false, "config": {}}},
        "sparse_vector": {
            "sparse_vector_index": {
                "enabled": false,
                "config": {"embedding_function": {"type": "unknown"}, "bm25": false}
            }
        }
    },
    "keys": {
        "#document": {
            "string": {
                "fts_index": {"enabled": true, "config": {}},
                "string_inverted_index": {"enabled": false, "config": {}}
            }
        },
        "#embedding": {"float_list": {"vector_index": {"enabled": true, "config": {"source_key": "#document"}}}}
    }
}"##;

impl Schema {
    /// The schema of a collection of which only the configuration was said.
    pub fn of(configuration: &CollectionConfiguration) -> Self {
        let mut json = default_json();
        let vectors = vector_config(configuration);
        for config in configs(&mut json, Index::Vector).into_iter().flatten() {
            config.extend(vectors.clone());
        }
        Self { derived: true, ..Self::new(json) }
    }

    /// The schema and the configuration of a new collection. Only one of what was asked for may differ from the
    /// defaults; that one says both.
    pub fn resolve(
        request: Option<SchemaRequest>,
        configuration: CollectionConfiguration,
    ) -> Result<(Self, CollectionConfiguration)> {
        let Some(request) = request else { return Ok((Self::of(&configuration), configuration)) };
        let merged = Self::merged(request)?;
        let own = merged.configuration()?;
        match (merged.is_default(), configuration.is_default()) {
            (false, true) => Ok((merged, own)),
            (false, false) => {
                Err(unreconciled("Cannot set both collection config and schema simultaneously"))
            }
            (true, _) => {
                let known = |function: &Value| function["type"] == "known";
                let function = configuration.embedding_function.or(own.embedding_function.filter(known));
                let configuration = CollectionConfiguration { embedding_function: function, ..configuration };
                Ok((Self::of(&configuration), configuration))
            }
        }
    }

    /// Lays what was asked for over the defaults.
    fn merged(SchemaRequest(mut json): SchemaRequest) -> Result<Self> {
        fill(&mut json, default_json());
        for config in configs(&mut json, Index::Vector).into_iter().flatten() {
            let configuration = configuration(config)?;
            config.extend(vector_config(&configuration));
        }
        Ok(Self::new(json))
    }

    /// The configuration that the schema stands for: that of the index of `#embedding`.
    fn configuration(&self) -> Result<CollectionConfiguration> {
        let types = self.json.get("keys").and_then(|keys| keys.get(EMBEDDING_KEY));
        let config = types.and_then(|types| config(types, Index::Vector));
        config.map_or_else(|| Ok(CollectionConfiguration::default()), configuration)
    }

    /// Whether nothing differs from what a collection has that asks for nothing.
    fn is_default(&self) -> bool {
        let without_functions = |mut json: Map<String, Value>| {
            for index in [Index::Vector, Index::SparseVector] {
                for config in configs(&mut json, index).into_iter().flatten() {
                    if is_default_function(config.get(FUNCTION)) {
                        config.remove(FUNCTION);
                    }
                }
            }
            json
        };
        let default = Self::of(&CollectionConfiguration::default());
        without_functions(self.json.clone()) == without_functions(default.json)
    }

    /// Takes in a change of the configuration: what it changes does so by default and for the embeddings.
    pub fn follow(&mut self, old: &CollectionConfiguration, new: &CollectionConfiguration) {
        let (old, new) = (vector_config(old), vector_config(new));
        for config in configs(&mut self.json, Index::Vector).into_iter().flatten() {
            for (name, value) in &new {
                let before = old.get(name);
                match (config.get_mut(name), value) {
                    _ if before == Some(value) => {}
                    _ if name == FUNCTION => _ = config.insert(name.clone(), value.clone()),
                    (Some(Value::Object(parameters)), Value::Object(new)) => {
                        let is_new = |(name, value): &(&String, &Value)| {
                            before.and_then(|before| before.get(name.as_str())) != Some(*value)
                        };
                        let changes = new.iter().filter(is_new);
                        parameters.extend(changes.map(|(name, value)| (name.clone(), value.clone())));
                    }
                    _ => {}
                }
            }
        }
    }
}

const FUNCTION: &str = "embedding_function";

fn default_json() -> Map<String, Value> {
    match serde_json::from_slice(DEFAULT) {
        Ok(Value::Object(json)) => json,
        _ => Map::new(),
    }
}

/// The configs of an index by default and for the embeddings.
fn configs(json: &mut Map<String, Value>, index: Index) -> [Option<&mut Map<String, Value>>; 2] {
    let mut found = [None, None];
    for (name, value) in json.iter_mut() {
        match name.as_str() {
            "defaults" => found[0] = config_mut(value, index),
            "keys" => {
                found[1] = value.get_mut(EMBEDDING_KEY).and_then(|types| config_mut(types, index));
            }
            _ => {}
        }
    }
    found
}

/// The configuration that the config of a vector index stands for.
fn configuration(config: &Map<String, Value>) -> Result<CollectionConfiguration> {
    let configuration = CollectionConfiguration::asked(vector_request(config).map_err(Error::shape)?);
    match configuration.fault() {
        None => Ok(configuration),
        Some((index, fault)) => {
            let index = index.to_uppercase();
            Err(unreconciled(format_args!("Invalid {index} configuration: {fault}")))
        }
    }
}

/// Gives objects the members that they lack, at every level.
fn fill(json: &mut Map<String, Value>, default: Map<String, Value>) {
    for (name, default) in default {
        match (json.get_mut(&name), default) {
            (None, default) => _ = json.insert(name, default),
            (Some(Value::Object(members)), Value::Object(default)) => fill(members, default),
            (Some(_), _) => {}
        }
    }
}

fn unreconciled(reason: impl std::fmt::Display) -> Error {
    Error::InvalidArgument(format!("Failed to reconcile schema: {reason}"))
}

//! The config of a vector index in a schema, beside the configuration of a collection: one holds what the other holds.

use serde_json::{Map, Value};

use crate::types::configuration::{CollectionConfiguration, ConfigurationRequest};

/// A schema has the space beside the parameters of the index, a configuration among them.
const SPACE: &str = "space";

/// Reads a config as the request for a configuration that it stands for; without parameters it is one for `hnsw`.
///
/// # Errors
/// What is wrong with its shape.
pub fn vector_request(config: &Map<String, Value>) -> Result<ConfigurationRequest, String> {
    let mut members = Map::new();
    for name in ["hnsw", "spann", "embedding_function"] {
        if let Some(value) = config.get(name) {
            if name != "embedding_function" && value.get(SPACE).is_some() {
                return Err(format!("{name}: unknown field `{SPACE}`: it is a member of the config itself"));
            }
            members.insert(name.into(), value.clone());
        }
    }
    if let Some(space) = config.get(SPACE) {
        let index = if members.contains_key("spann") { "spann" } else { "hnsw" };
        let parameters = members.entry(index).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(parameters) = parameters {
            parameters.insert(SPACE.into(), space.clone());
        }
    }
    serde_json::from_value(Value::Object(members)).map_err(|error| error.to_string())
}

/// The config that says the same as a configuration, with every parameter.
pub fn vector_config(configuration: &CollectionConfiguration) -> Map<String, Value> {
    let stored = serde_json::from_slice(&configuration.to_stored());
    let Ok(Value::Object(mut config)) = stored else { return Map::new() };
    config.retain(|_, value| !value.is_null());
    for index in ["hnsw", "spann"] {
        if let Some(Value::Object(parameters)) = config.get_mut(index) {
            // How clusters are kept is the engine's choice.
            parameters.remove("quantize");
            if let Some(space) = parameters.remove(SPACE) {
                config.insert(SPACE.into(), space);
            }
        }
    }
    config
}

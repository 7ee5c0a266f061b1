//! Embedding functions in configurations and schemas (spec: schema-and-config 1.4): kept verbatim for the clients, which build
//! them again.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::limits::MAX_KEPT_JSON_DEPTH;

/// Reads an embedding function: checks its shape and keeps it as it is.
pub(super) fn embedding_function<'de, D>(deserializer: D) -> Result<Option<Value>, D::Error>
where
    D: Deserializer<'de>,
{
    /// What an embedding function has to look like; only read, to see whether it can be.
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Shape {
        Legacy,
        Known {
            #[serde(rename = "name")]
            _name: String,
            #[serde(rename = "config")]
            _config: serde_json::Map<String, Value>,
        },
        Unknown,
    }

    let value = Option::<Value>::deserialize(deserializer)?;
    if let Some(value) = &value {
        Shape::deserialize(value).map_err(serde::de::Error::custom)?;
        if nests_deeper(value, MAX_KEPT_JSON_DEPTH) {
            let fault = format!("an embedding function nested more than {MAX_KEPT_JSON_DEPTH} levels deep");
            return Err(serde::de::Error::custom(fault));
        }
    }
    Ok(value)
}

/// Whether a function is what Chroma takes for none in particular.
pub fn is_default_function(function: Option<&Value>) -> bool {
    function.is_none_or(|function| {
        function["type"] == "unknown" || function["type"] == "known" && function["name"] == "default"
    })
}

/// Whether a value has more than `levels` of arrays and objects in each other. Texts of deeper ones could not be read back.
pub fn nests_deeper(value: &Value, levels: usize) -> bool {
    let deeper = |member| levels == 0 || nests_deeper(member, levels - 1);
    match value {
        Value::Array(members) => levels == 0 || members.iter().any(deeper),
        Value::Object(members) => levels == 0 || members.values().any(deeper),
        _ => false,
    }
}

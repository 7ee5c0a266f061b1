//! The shape of a schema in a request (spec: schema-and-config 2). What is said in another spelling is respelt, what is `null` is
//! absent, and members that nobody knows are kept.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::names::Index;
use super::vector::vector_request;
use crate::limits::MAX_KEPT_JSON_DEPTH;
use crate::types::configuration::{ConfigurationRequest, nests_deeper};

/// Value types in the order in which they are looked at.
const VALUE_TYPES: [&str; 6] = ["string", "float_list", "sparse_vector", "int", "float", "bool"];

/// The schema of a creation request: the members that are known have the right shape.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaRequest(pub(super) Map<String, Value>);

impl<'de> Deserialize<'de> for SchemaRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?;
        read(json).map(Self).map_err(serde::de::Error::custom)
    }
}

/// What is wrong, after the path to it.
type Shape<T = ()> = Result<T, String>;

fn read(mut json: Value) -> Shape<Map<String, Value>> {
    let path = "schema";
    if nests_deeper(&json, MAX_KEPT_JSON_DEPTH) {
        return Err(format!("{path}: nested more than {MAX_KEPT_JSON_DEPTH} levels deep"));
    }
    let members = object(path, &mut json)?;
    respell(path, members, "key_overrides", "keys")?;
    for name in ["defaults", "keys"] {
        if !members.contains_key(name) {
            return Err(format!("{path}: missing field `{name}`"));
        }
    }
    if let Some(defaults) = members.get_mut("defaults") {
        value_types("schema.defaults", defaults)?;
    }
    if let Some(keys) = members.get_mut("keys") {
        for (key, types) in object("schema.keys", keys)? {
            value_types(&format!("schema.keys.{key}"), types)?;
        }
    }
    match members.get("cmek") {
        None => {}
        Some(Value::Null) => _ = members.remove("cmek"),
        Some(Value::Object(cmek)) if cmek.len() == 1 && cmek.values().all(Value::is_string) => {}
        Some(other) => return Err(invalid("schema.cmek", other, "a provider with the name of a key")),
    }
    Ok(std::mem::take(members))
}

fn value_types(path: &str, json: &mut Value) -> Shape {
    let types = object(path, json)?;
    for name in VALUE_TYPES {
        respell(path, types, &format!("#{name}"), name)?;
        match types.get_mut(name) {
            None => {}
            Some(Value::Null) => _ = types.remove(name),
            Some(indexes) => value_type(&format!("{path}.{name}"), name, indexes)?,
        }
    }
    Ok(())
}

fn value_type(path: &str, name: &str, json: &mut Value) -> Shape {
    let indexes = object(path, json)?;
    for index in Index::ALL.into_iter().filter(|index| index.value_type() == name) {
        let name = index.name();
        respell(path, indexes, &format!("${name}"), name)?;
        match indexes.get_mut(name) {
            None => {}
            Some(Value::Null) => _ = indexes.remove(name),
            Some(json) => index_type(&format!("{path}.{name}"), index, json)?,
        }
    }
    Ok(())
}

/// `{"enabled": bool, "config": object}`.
fn index_type(path: &str, index: Index, json: &mut Value) -> Shape {
    let members = object(path, json)?;
    match members.get("enabled") {
        Some(Value::Bool(_)) => {}
        Some(other) => return Err(invalid(&format!("{path}.enabled"), other, "a boolean")),
        None => return Err(format!("{path}: missing field `enabled`")),
    }
    let config = members.get_mut("config").ok_or_else(|| format!("{path}: missing field `config`"))?;
    let path = format!("{path}.config");
    let config = object(&path, config)?;
    config.retain(|_, value| !value.is_null());
    match index {
        Index::Fts => {
            variant(&path, config, "algorithm", &["trigram", "token_bitmap"])?;
            // The default one is never reported.
            if config.get("algorithm").is_some_and(|algorithm| algorithm == "trigram") {
                config.remove("algorithm");
            }
        }
        Index::Vector => {
            text(&path, config, "source_key")?;
            vector_request(config).map_err(|fault| format!("{path}: {fault}"))?;
        }
        Index::SparseVector => {
            text(&path, config, "source_key")?;
            variant(&path, config, "algorithm", &["wand", "max_score"])?;
            if let Some(other) = config.get("bm25").filter(|value| !value.is_boolean()) {
                return Err(invalid(&format!("{path}.bm25"), other, "a boolean"));
            }
            embedding_function(config).map_err(|fault| format!("{path}: {fault}"))?;
        }
        Index::String | Index::Int | Index::Float | Index::Bool => {}
    }
    Ok(())
}

/// Checks the function of a sparse index as that of a configuration is.
fn embedding_function(config: &Map<String, Value>) -> Shape {
    let name = "embedding_function";
    let Some(function) = config.get(name) else { return Ok(()) };
    let mut members = Map::new();
    members.insert(name.into(), function.clone());
    match serde_json::from_value::<ConfigurationRequest>(Value::Object(members)) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Gives a member the name that it is known by.
fn respell(path: &str, members: &mut Map<String, Value>, alias: &str, name: &str) -> Shape {
    if let Some(value) = members.remove(alias)
        && members.insert(name.into(), value).is_some()
    {
        return Err(format!("{path}: duplicate field `{name}`"));
    }
    Ok(())
}

fn object<'a>(path: &str, json: &'a mut Value) -> Shape<&'a mut Map<String, Value>> {
    match json {
        Value::Object(members) => Ok(members),
        other => Err(invalid(path, other, "an object")),
    }
}

fn text(path: &str, members: &Map<String, Value>, name: &str) -> Shape {
    match members.get(name) {
        None | Some(Value::String(_)) => Ok(()),
        Some(other) => Err(invalid(&format!("{path}.{name}"), other, "a string")),
    }
}

fn variant(path: &str, members: &Map<String, Value>, name: &str, known: &[&str; 2]) -> Shape {
    text(path, members, name)?;
    match members.get(name).and_then(Value::as_str) {
        Some(given) if !known.contains(&given) => {
            let [one, other] = known;
            Err(format!("{path}.{name}: unknown variant `{given}`, expected `{one}` or `{other}`"))
        }
        _ => Ok(()),
    }
}

fn invalid(path: &str, given: &Value, expected: &str) -> String {
    let given = match given {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "sequence",
        Value::Object(_) => "map",
    };
    format!("{path}: invalid type: {given}, expected {expected}")
}

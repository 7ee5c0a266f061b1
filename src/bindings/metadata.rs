//! Record metadata across the boundary: the one place where it is converted.

use js_sys::{Array, Float64Array, Object};
use serde::{Serialize, Serializer};
use wasm_bindgen::prelude::*;

use super::{JsResult, error, json};
use crate::types::{Metadata, MetadataValue, SparseVector, UpdateMetadata};

/// Reads the metadata of one record. Null deletes a key (or sets none); `undefined` members are left out.
pub fn from_js(value: &JsValue, index: usize) -> JsResult<UpdateMetadata> {
    let Some(object) = value.dyn_ref::<Object>().filter(|_| !Array::is_array(value)) else {
        return Err(error::shape(&format!("metadatas[{index}]: invalid type: expected a map")));
    };
    let mut metadata = UpdateMetadata::new();
    for entry in Object::entries(object).iter() {
        let entry = Array::from(&entry);
        let (key, value) = (entry.get(0).as_string().unwrap_or_default(), entry.get(1));
        if value.is_undefined() {
            continue;
        }
        let value = if value.is_null() { None } else { Some(value_from_js(&value, index, &key)?) };
        metadata.insert(key, value);
    }
    Ok(metadata)
}

fn value_from_js(value: &JsValue, index: usize, key: &str) -> JsResult<MetadataValue> {
    if let Some(value) = value.as_bool() {
        return Ok(MetadataValue::Bool(value));
    }
    if let Some(text) = value.as_string() {
        return Ok(MetadataValue::Str(text));
    }
    if let Some(number) = value.as_f64() {
        return Ok(json::as_integer(number).map_or(MetadataValue::Float(number), MetadataValue::Int));
    }
    if value.is_bigint() {
        return Ok(MetadataValue::Int(json::int_from_bigint(value)?));
    }
    if Array::is_array(value) {
        if let Some(array) = array_from_js(&Array::from(value)) {
            return Ok(array);
        }
    } else if let Some(vector) = sparse_from_js(value) {
        return Ok(MetadataValue::SparseVector(vector));
    }
    Err(error::shape(&format!(
        "metadatas[{index}].{key}: data did not match any variant of untagged enum UpdateMetadataValue"
    )))
}

/// A homogeneous array; integers with floats between them become floats.
fn array_from_js(array: &Array) -> Option<MetadataValue> {
    let values: Vec<JsValue> = array.iter().collect();
    if values.iter().all(|value| value.as_bool().is_some()) {
        return Some(MetadataValue::BoolArray(values.iter().filter_map(JsValue::as_bool).collect()));
    }
    if values.iter().all(JsValue::is_string) {
        return Some(MetadataValue::StrArray(values.iter().filter_map(JsValue::as_string).collect()));
    }
    let integer = |value: &JsValue| match value.as_f64() {
        Some(number) => json::as_integer(number),
        None if value.is_bigint() => json::int_from_bigint(value).ok(),
        None => None,
    };
    if let Some(integers) = values.iter().map(integer).collect::<Option<Vec<i64>>>() {
        return Some(MetadataValue::IntArray(integers));
    }
    let floats = values.iter().map(JsValue::as_f64).collect::<Option<Vec<f64>>>()?;
    Some(MetadataValue::FloatArray(floats))
}

fn sparse_from_js(value: &JsValue) -> Option<SparseVector> {
    let member = |name: &str| js_sys::Reflect::get(value, &name.into()).ok();
    let kind = member("#type")?;
    if !kind.is_undefined() && kind.as_string().as_deref() != Some("sparse_vector") {
        return None;
    }
    let indices = numbers(&member("indices")?)?;
    let values = numbers(&member("values")?)?;
    let exact = |number: &f64| (*number as u32 as f64 == *number).then_some(*number as u32);
    let tokens = member("tokens").filter(|tokens| !tokens.is_undefined() && !tokens.is_null());
    let tokens = match tokens {
        Some(tokens) => Some(strings(&tokens)?),
        None => None,
    };
    Some(SparseVector {
        indices: indices.iter().map(exact).collect::<Option<_>>()?,
        values: values.iter().map(|value| *value as f32).collect(),
        tokens,
    })
}

fn numbers(value: &JsValue) -> Option<Vec<f64>> {
    if Array::is_array(value) {
        return Array::from(value).iter().map(|number| number.as_f64()).collect();
    }
    js_sys::ArrayBuffer::is_view(value).then(|| Float64Array::new(value).to_vec())
}

fn strings(value: &JsValue) -> Option<Vec<String>> {
    Array::is_array(value).then(|| Array::from(value).iter().map(|text| text.as_string()).collect())?
}

/// Writes the metadata of some records. Through one text, where that says the same: a call of the host for each value takes longer than
/// writing and parsing all of them.
pub fn column_to_js(column: &[Option<Metadata>]) -> JsValue {
    let parsed = json_of(column).and_then(|text| js_sys::JSON::parse(&text).ok());
    parsed.unwrap_or_else(|| column.iter().map(|row| to_js(row.as_ref())).collect::<Array>().into())
}

fn json_of(column: &[Option<Metadata>]) -> Option<String> {
    let is_exact = column.iter().flatten().flat_map(Metadata::values).all(is_exact_in_json);
    let rows: Vec<Option<Row<'_>>> = column.iter().map(|row| row.as_ref().map(Row)).collect();
    is_exact.then(|| serde_json::to_string(&rows).ok()).flatten()
}

/// Whether parsing its JSON gives what [`value_to_js`] does: not of integers that are written as bigints, nor of what is no number.
fn is_exact_in_json(value: &MetadataValue) -> bool {
    match value {
        MetadataValue::Bool(_)
        | MetadataValue::Str(_)
        | MetadataValue::BoolArray(_)
        | MetadataValue::StrArray(_) => true,
        MetadataValue::Int(value) => json::is_safe(*value),
        MetadataValue::IntArray(values) => values.iter().all(|value| json::is_safe(*value)),
        MetadataValue::Float(value) => value.is_finite(),
        MetadataValue::FloatArray(values) => values.iter().all(|value| value.is_finite()),
        MetadataValue::SparseVector(vector) => vector.values.iter().all(|value| value.is_finite()),
    }
}

struct Row<'a>(&'a Metadata);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, Value(value))))
    }
}

/// A value in JSON, as JavaScript is to see it: the shortest text of a number of 32 bits is another number with 64.
struct Value<'a>(&'a MetadataValue);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let MetadataValue::SparseVector(vector) = self.0 else { return self.0.serialize(serializer) };
        let weights: Vec<f64> = vector.values.iter().map(|value| f64::from(*value)).collect();
        vector.serialize_with(serializer, &weights)
    }
}

/// Writes the metadata of one record; null when it has none.
pub fn to_js(metadata: Option<&Metadata>) -> JsValue {
    match metadata {
        None => JsValue::NULL,
        Some(metadata) => {
            json::object(metadata.iter().map(|(key, value)| (key.as_str(), value_to_js(value))))
        }
    }
}

pub fn value_to_js(value: &MetadataValue) -> JsValue {
    fn array<T>(values: &[T], convert: impl Fn(&T) -> JsValue) -> JsValue {
        values.iter().map(convert).collect::<Array>().into()
    }
    match value {
        MetadataValue::Bool(value) => JsValue::from_bool(*value),
        MetadataValue::Int(value) => json::int_to_js(*value),
        MetadataValue::Float(value) => JsValue::from_f64(*value),
        MetadataValue::Str(value) => JsValue::from_str(value),
        MetadataValue::BoolArray(values) => array(values, |value| JsValue::from_bool(*value)),
        MetadataValue::IntArray(values) => array(values, |value| json::int_to_js(*value)),
        MetadataValue::FloatArray(values) => array(values, |value| JsValue::from_f64(*value)),
        MetadataValue::StrArray(values) => array(values, |value| JsValue::from_str(value)),
        MetadataValue::SparseVector(vector) => {
            let mut members = vec![
                ("#type", JsValue::from_str("sparse_vector")),
                ("indices", array(&vector.indices, |index| JsValue::from_f64(f64::from(*index)))),
                ("values", array(&vector.values, |value| JsValue::from_f64(f64::from(*value)))),
            ];
            if let Some(tokens) = &vector.tokens {
                members.push(("tokens", array(tokens, |token| JsValue::from_str(token))));
            }
            json::object(members.into_iter())
        }
    }
}

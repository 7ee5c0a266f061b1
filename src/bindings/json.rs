//! JSON values across the boundary: as `JSON.stringify` and `JSON.parse` would carry them, without text.

use js_sys::{Array, BigInt, Object};
use serde::Serialize;
use serde_json::{Map, Number, Value};
use wasm_bindgen::prelude::*;

use super::{JsResult, error};
use crate::limits::MAX_JSON_DEPTH;

/// The largest integer that a JavaScript number holds exactly together with its neighbours, 2^53 − 1.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// Reads a JSON-shaped JavaScript value. Members that are `undefined` are left out, as in `JSON.stringify`;
/// integral numbers become integers, bigints must fit an i64.
pub fn from_js(value: &JsValue) -> JsResult<Value> {
    from_js_at(value, 0)
}

fn from_js_at(value: &JsValue, depth: usize) -> JsResult<Value> {
    if depth > MAX_JSON_DEPTH {
        return Err(error::invalid(&format!("the request is nested more than {MAX_JSON_DEPTH} levels deep")));
    }
    if value.is_null() || value.is_undefined() {
        return Ok(Value::Null);
    }
    if let Some(value) = value.as_bool() {
        return Ok(Value::Bool(value));
    }
    if let Some(text) = value.as_string() {
        return Ok(Value::String(text));
    }
    if let Some(number) = value.as_f64() {
        return Ok(number_from_js(number));
    }
    if value.is_bigint() {
        return Ok(Value::Number(int_from_bigint(value)?.into()));
    }
    if Array::is_array(value) {
        let values = Array::from(value);
        return values
            .iter()
            .map(|value| from_js_at(&value, depth + 1))
            .collect::<JsResult<_>>()
            .map(Value::Array);
    }
    let Some(object) = value.dyn_ref::<Object>() else {
        return Err(error::shape("a value that is neither data nor null"));
    };
    if value.is_function() {
        return Ok(Value::Null);
    }
    let mut members = Map::new();
    for entry in Object::entries(object).iter() {
        let entry = Array::from(&entry);
        let value = entry.get(1);
        if !value.is_undefined() && !value.is_function() {
            members.insert(entry.get(0).as_string().unwrap_or_default(), from_js_at(&value, depth + 1)?);
        }
    }
    Ok(Value::Object(members))
}

/// A number as JSON text would carry it: integral ones are integers while they fit, infinities null.
fn number_from_js(number: f64) -> Value {
    match as_integer(number) {
        Some(int) => Value::Number(int.into()),
        None => Number::from_f64(number).map_or(Value::Null, Value::Number),
    }
}

/// The integer that a JavaScript number stands for. Only safe ones: above, neighbours collapse, and the number
/// is a float.
pub fn as_integer(number: f64) -> Option<i64> {
    (number.trunc() == number && number.abs() <= MAX_SAFE_INTEGER).then_some(number as i64)
}

/// Reads a bigint; one outside i64 is refused, as it could only be stored as something else.
pub fn int_from_bigint(value: &JsValue) -> JsResult<i64> {
    i64::try_from(value.clone())
        .map_err(|_| error::invalid("an integer does not fit 64 bits: store it as a string"))
}

/// Whether a JavaScript number holds an integer exactly.
pub fn is_safe(int: i64) -> bool {
    int.unsigned_abs() as f64 <= MAX_SAFE_INTEGER
}

/// An integer as a number, or as a bigint when a number cannot hold it exactly.
pub fn int_to_js(int: i64) -> JsValue {
    if is_safe(int) { JsValue::from_f64(int as f64) } else { BigInt::from(int).into() }
}

/// Writes a JSON value. Objects are built from entries, so that `__proto__` is a member like any other.
pub fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(value) => JsValue::from_bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(int) => int_to_js(int),
            None => JsValue::from_f64(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => JsValue::from_str(text),
        Value::Array(values) => values.iter().map(to_js).collect::<Array>().into(),
        Value::Object(members) => object(members.iter().map(|(key, value)| (key.as_str(), to_js(value)))),
    }
}

/// A plain object with these members as its own, whatever their names.
pub fn object<'a>(members: impl Iterator<Item = (&'a str, JsValue)>) -> JsValue {
    let entries: Array = members.map(|(key, value)| Array::of2(&JsValue::from_str(key), &value)).collect();
    Object::from_entries(&entries).map_or(JsValue::NULL, JsValue::from)
}

/// Writes what serialises as JSON.
pub fn serialize<T: Serialize>(value: &T) -> JsResult {
    let value = serde_json::to_value(value).map_err(|error| error::internal(&error.to_string()))?;
    Ok(to_js(&value))
}

//! Filters by the words of the spec (query-semantics 4, 5 and 9), straight from their JSON.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;

use regex::Regex;
use serde_json::{Map, Value};

use super::record::Record;

/// Whether a record passes a `where`.
pub fn passes(clause: &Value, record: &Record) -> bool {
    let (key, operand) = only_member(clause);
    match key {
        "$and" => members(operand).iter().all(|member| passes(member, record)),
        "$or" => members(operand).iter().any(|member| passes(member, record)),
        "#document" => document_passes(operand, record.document.as_deref()),
        "#id" => value_passes(operand, Some(&Value::String(record.id.clone()))),
        key => value_passes(operand, record.metadata.get(key)),
    }
}

/// Whether a document passes a `where_document`.
pub fn document_passes(clause: &Value, document: Option<&str>) -> bool {
    let (operator, operand) = only_member(clause);
    let contains = |text: &Value| document.is_some_and(|document| document.contains(text.as_str().unwrap()));
    match operator {
        "$and" => members(operand).iter().all(|member| document_passes(member, document)),
        "$or" => members(operand).iter().any(|member| document_passes(member, document)),
        "$contains" => contains(operand),
        "$not_contains" => !contains(operand),
        "$regex" => matches(operand, document),
        "$not_regex" => !matches(operand, document),
        unknown => panic!("the model does not know {unknown}"),
    }
}

/// By the crate whose syntax it is.
fn matches(pattern: &Value, document: Option<&str>) -> bool {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    let source = pattern.as_str().unwrap();
    document.is_some_and(|document| {
        COMPILED.with_borrow_mut(|compiled| {
            let new = || Regex::new(source).expect("a pattern");
            compiled.entry(source.to_owned()).or_insert_with(new).is_match(document)
        })
    })
}

fn value_passes(condition: &Value, value: Option<&Value>) -> bool {
    let Value::Object(condition) = condition else {
        return value.is_some_and(|value| equal(value, condition));
    };
    let (operator, operand) = single(condition);
    let scalar = value.filter(|value| !value.is_array());
    let is_in = || scalar.is_some_and(|value| members(operand).iter().any(|member| equal(value, member)));
    let contains = || {
        let members = value.and_then(Value::as_array);
        members.is_some_and(|members| members.iter().any(|member| equal(member, operand)))
    };
    let order = || order(scalar?, operand);
    match operator {
        "$eq" => scalar.is_some_and(|value| equal(value, operand)),
        "$ne" => !scalar.is_some_and(|value| equal(value, operand)),
        "$in" => is_in(),
        "$nin" => !is_in(),
        "$contains" => contains(),
        "$not_contains" => !contains(),
        "$gt" => order().is_some_and(|order| order.is_gt()),
        "$gte" => order().is_some_and(|order| order.is_ge()),
        "$lt" => order().is_some_and(|order| order.is_lt()),
        "$lte" => order().is_some_and(|order| order.is_le()),
        unknown => panic!("the model does not know {unknown}"),
    }
}

/// Numbers are equal as numbers, everything else only to its own kind.
fn equal(value: &Value, operand: &Value) -> bool {
    match order(value, operand) {
        Some(order) => order.is_eq(),
        None => !value.is_array() && value == operand,
    }
}

/// Integers are compared as such: as floats some that differ are equal.
fn order(value: &Value, operand: &Value) -> Option<Ordering> {
    match (value.as_i64(), operand.as_i64()) {
        (Some(value), Some(operand)) => Some(value.cmp(&operand)),
        _ => value.as_f64()?.partial_cmp(&operand.as_f64()?),
    }
}

fn members(list: &Value) -> &Vec<Value> {
    list.as_array().expect("a list")
}

fn only_member(clause: &Value) -> (&str, &Value) {
    single(clause.as_object().expect("a clause is an object"))
}

fn single(object: &Map<String, Value>) -> (&str, &Value) {
    let (key, value) = object.iter().next().expect("a clause has one member");
    (key, value)
}

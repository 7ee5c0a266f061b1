//! Where an outcome differs from what the corpus says.

use std::collections::BTreeSet;

use serde_json::{Number, Value, json};

/// Distances, scores and vectors are f32: Chroma's sums round otherwise than ours.
const TOLERANCE: f64 = 1e-5;

/// How the engine's outcome of a step differs from what is expected of it.
pub fn judge(step: &Value, outcome: &Value) -> Option<String> {
    let other = step.get("ours").unwrap_or(step);
    let expected = match other.get("error") {
        Some(error) => json!({"error": error}),
        None => json!({"answer": other["answer"]}),
    };
    let (mut expected, mut actual) = (expected, outcome.clone());
    if step["order"] == "any" {
        sort(&mut expected);
        sort(&mut actual);
    }
    if let (Some(expected), Some(actual)) = (expected.get("answer"), actual.get_mut("answer")) {
        keep_what_is_told(expected, actual, step);
    }
    if [&expected, &actual].iter().all(|outcome| outcome["error"]["status"] == 422) {
        // How a fault of shape is worded is up to the parser.
        for outcome in [&mut expected, &mut actual] {
            outcome["error"]["message"].take();
        }
    }
    difference(&expected, &actual, "")
}

/// Lists whose order means nothing.
fn sort(outcome: &mut Value) {
    if let Some(answers) = outcome.get_mut("answer").and_then(Value::as_array_mut) {
        answers.sort_by_key(Value::to_string);
    }
}

/// Of a collection and of its status, an expectation may tell some members.
fn keep_what_is_told(expected: &Value, actual: &mut Value, step: &Value) {
    let in_part = ["create_collection", "get_collection", "get_collection_by_id", "indexing_status"];
    if !in_part.iter().any(|call| step["call"] == *call) {
        return;
    }
    if let (Some(expected), Some(actual)) = (expected.as_object(), actual.as_object_mut()) {
        actual.retain(|name, _| expected.contains_key(name));
    }
}

fn difference(expected: &Value, actual: &Value, at: &str) -> Option<String> {
    match (expected, actual) {
        (Value::Number(left), Value::Number(right)) if same_number(left, right) => None,
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(index, (left, right))| difference(left, right, &format!("{at}[{index}]")))
        }
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            names.into_iter().find_map(|name| match (left.get(name), right.get(name)) {
                (Some(left), Some(right)) => difference(left, right, &format!("{at}.{name}")),
                (Some(left), None) => Some(format!("{at}.{name}: expected {left}, got nothing")),
                (None, right) => Some(format!("{at}.{name}: expected nothing, got {}", right?)),
            })
        }
        (expected, actual) if expected == actual => None,
        (expected, actual) => Some(format!("{at}: expected {expected}, got {actual}")),
    }
}

/// `1` and `1.0` are two values.
fn same_number(expected: &Number, actual: &Number) -> bool {
    if !expected.is_f64() || !actual.is_f64() {
        return expected == actual;
    }
    let (expected, actual) = (expected.as_f64().unwrap(), actual.as_f64().unwrap());
    (expected - actual).abs() <= TOLERANCE * expected.abs().max(1.0)
}

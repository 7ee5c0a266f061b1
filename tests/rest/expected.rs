//! What was recorded, and how an answer differs from it.

use std::collections::BTreeSet;

use chromatid::rest::Response;
use serde::Deserialize;
use serde_json::Value;

/// Distances and vectors are f32: Chroma's sums round otherwise than ours.
const TOLERANCE: f64 = 1e-5;

#[derive(Debug, Deserialize)]
pub struct Exchange {
    pub section: u32,
    pub about: Option<String>,
    pub method: String,
    /// `{DB}` stands for the default database, and most paths are below `/api/v2`.
    pub path: String,
    /// As it was sent.
    pub body: Option<String>,
    #[serde(default)]
    pub on_an_empty_server: bool,
    #[serde(flatten)]
    pub answer: Expected,
    /// What is answered instead.
    pub ours: Option<Expected>,
}

#[derive(Debug, Deserialize)]
pub struct Expected {
    pub status: Option<u16>,
    /// Only the members that are told are compared, where `in_part`; `…` stands for anything.
    pub answer: Option<Value>,
    #[serde(default)]
    pub empty: bool,
    /// Number of ids, where they were too many to record.
    pub count: Option<usize>,
    /// The handler of the server panicked.
    #[serde(default)]
    pub crashed: bool,
    #[serde(default)]
    pub in_part: bool,
    /// Why ours differs.
    #[allow(dead_code)]
    pub because: Option<String>,
}

impl Exchange {
    pub fn full_path(&self) -> String {
        let path = self.path.replace("{DB}", "/tenants/default_tenant/databases/default_database");
        if path.starts_with("/api/") {
            path
        } else {
            format!("/api/v2{}", path.strip_suffix('/').unwrap_or(&path))
        }
    }
}

pub fn difference(expected: &Expected, response: &Response) -> Option<String> {
    let text = String::from_utf8_lossy(&response.body);
    if expected.crashed {
        return Some(format!("the server crashed; answered {} {text}", response.status));
    }
    if expected.status != Some(response.status) {
        return Some(format!("expected {expected:?}, got {} {text}", response.status));
    }
    if expected.empty {
        return (!response.body.is_empty()).then(|| format!("expected nothing, got {text}"));
    }
    let actual: Value = match serde_json::from_slice(&response.body) {
        Ok(actual) => actual,
        Err(fault) => return Some(format!("{fault}: {text}")),
    };
    if let Some(count) = expected.count {
        let ids = actual["ids"].as_array().map_or(0, Vec::len);
        return (ids != count).then(|| format!("expected {count} ids, got {ids}"));
    }
    let answer = expected.answer.as_ref()?;
    let in_part = expected.in_part
        || answer.as_object().is_some_and(|told| told.len() == 1 && told.contains_key("ids"));
    compare(answer, &actual, in_part, "")
}

fn compare(expected: &Value, actual: &Value, in_part: bool, at: &str) -> Option<String> {
    match (expected, actual) {
        (Value::String(text), _) if text == "…" => None,
        (Value::String(text), Value::String(_)) if text == "<uuid>" || text.starts_with("<id of") => None,
        (Value::Number(left), Value::Number(right)) => {
            let is_same = if left.is_f64() || right.is_f64() {
                let (left, right) = (left.as_f64().unwrap(), right.as_f64().unwrap());
                expected.is_f64() == actual.is_f64()
                    && (left - right).abs() <= TOLERANCE * left.abs().max(1.0)
            } else {
                left == right || at.ends_with("nanosecond heartbeat")
            };
            (!is_same).then(|| format!("{at}: expected {left}, got {right}"))
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(index, (left, right))| compare(left, right, in_part, &format!("{at}[{index}]")))
        }
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            // How many cores a machine has.
            let mut names = names.into_iter().filter(|name| *name != "num_threads");
            names.find_map(|name| match (left.get(name), right.get(name)) {
                (Some(left), Some(right)) => compare(left, right, in_part, &format!("{at}.{name}")),
                (Some(left), None) => Some(format!("{at}.{name}: expected {left}, got nothing")),
                (None, _) if in_part => None,
                (None, right) => Some(format!("{at}.{name}: expected nothing, got {}", right?)),
            })
        }
        (expected, actual) if expected == actual => None,
        (expected, actual) => Some(format!("{at}: expected {expected}, got {actual}")),
    }
}

//! Whether requests and answers are as the description says.

use std::collections::BTreeMap;

use chromatid::rest::routes::{Endpoint, Found, find};
use chromatid::rest::{Request, Response};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::operations::{COMMON, operation, refusals};

pub struct Judge {
    document: Value,
    /// By the place of the schema in the document.
    validators: BTreeMap<String, Validator>,
    /// Requests that were answered with 2xx, and with 422.
    accepted: usize,
    refused: usize,
    problems: Vec<String>,
}

impl Judge {
    pub fn new(document: Value) -> Self {
        Self { document, validators: BTreeMap::new(), accepted: 0, refused: 0, problems: Vec::new() }
    }

    pub fn look(&mut self, request: &Request<'_>, response: &Response) {
        let Ok(Found::Endpoint(endpoint, _)) = find(request.method, request.path) else { return };
        let told = operation(endpoint.call);
        let is_told = response.status == told.status || refusals(endpoint).contains(&response.status);
        if !is_told && !COMMON.contains(&response.status) {
            self.problem(request, format!("{} is not described", response.status));
        }
        let status = if is_told { response.status.to_string() } else { "default".into() };
        self.answer(endpoint, &status, request, response);
        if told.body.is_some() {
            self.body(endpoint, request, response.status);
        }
    }

    /// An answer is as described, and has no members beside those.
    fn answer(&mut self, endpoint: &Endpoint, status: &str, request: &Request<'_>, response: &Response) {
        let answer: Value = match serde_json::from_slice(&response.body) {
            Ok(answer) => answer,
            Err(_) if response.content_type != "application/json" => return,
            Err(fault) => return self.problem(request, format!("the answer is no JSON: {fault}")),
        };
        let mut answers = self.operation(endpoint)["responses"][status].clone();
        if let Some(reference) = answers["$ref"].as_str() {
            answers = self.document.pointer(&reference[1..]).unwrap().clone();
        }
        let schema = &answers["content"]["application/json"]["schema"];
        let place = format!("answer {schema}");
        let fault = self
            .validator(&place, schema, true)
            .iter_errors(&answer)
            .next()
            .map(|fault| format!("{fault}, at {} of the answer {answer}", fault.instance_path()));
        if let Some(fault) = fault {
            self.problem(request, fault);
        }
    }

    /// What is accepted has the shape that is described, and what has not that shape is refused for it.
    fn body(&mut self, endpoint: &Endpoint, request: &Request<'_>, status: u16) {
        let Ok(body) = serde_json::from_slice::<Value>(request.body) else { return };
        let schema = self.operation(endpoint)["requestBody"]["content"]["application/json"]["schema"].clone();
        let validator = self.validator(&format!("body {schema}"), &schema, false);
        let fault = validator
            .iter_errors(&body)
            .next()
            .map(|fault| format!("{fault}, at {} by {}", fault.instance_path(), fault.schema_path()));
        match (status, fault) {
            (200..300, Some(fault)) => self.problem(request, format!("accepted, but {fault}")),
            (200..300, None) => self.accepted += 1,
            (422, None) => self.problem(request, "refused, but as described".into()),
            (422, Some(_)) => self.refused += 1,
            _ => {}
        }
    }

    fn operation(&self, endpoint: &Endpoint) -> &Value {
        &self.document["paths"][endpoint.pattern][endpoint.method.to_lowercase()]
    }

    fn validator(&mut self, place: &str, schema: &Value, is_closed: bool) -> &Validator {
        let components = &self.document["components"];
        self.validators.entry(place.to_owned()).or_insert_with(|| {
            let mut schema = json!({"allOf": [schema], "components": components});
            if is_closed {
                close(&mut schema);
            }
            let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
            options.should_validate_formats(true).build(&schema).unwrap()
        })
    }

    fn problem(&mut self, request: &Request<'_>, what: String) {
        let body: String = String::from_utf8_lossy(request.body).chars().take(300).collect();
        self.problems.push(format!("{} {} {body}\n    {what}", request.method, request.path));
    }

    /// Fails if something was not as described, or if too little was looked at.
    pub fn verdict(&self, accepted: usize, refused: usize) {
        assert!(self.problems.is_empty(), "{} problems\n{}", self.problems.len(), self.problems.join("\n"));
        let looked_at = (self.accepted, self.refused);
        assert!(looked_at.0 >= accepted && looked_at.1 >= refused, "looked at {looked_at:?} only");
    }
}

/// Allows no members but those that are named.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            let is_open = ["additionalProperties", "unevaluatedProperties"]
                .iter()
                .all(|name| !members.contains_key(*name));
            if members.get("properties").is_some_and(Value::is_object)
                && members.contains_key("type")
                && is_open
            {
                members.insert("additionalProperties".into(), json!(false));
            }
        }
        Value::Array(members) => members.iter_mut().for_each(close),
        _ => {}
    }
}

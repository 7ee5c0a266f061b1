//! The description of the HTTP API: it is made here, it is complete, and what is sent and answered is as it says.

#[path = "openapi/document.rs"]
mod document;
#[path = "openapi/judge.rs"]
mod judge;
#[path = "openapi/operations.rs"]
pub mod operations;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chromatid::rest::Request;
use futures::executor::block_on;
use serde_json::Value;

use crate::conformance::engine;
use crate::rest::server::Server;
use crate::rest::{expected, fuzz};
use judge::Judge;

/// Writes the description anew.
const UPDATE: &str = "CHROMATID_UPDATE_OPENAPI";

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rest/openapi.json");

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/cases");

/// It is part of the module for servers.
const MAX_BYTES: usize = 61_000;

#[test]
fn the_description_is_up_to_date() {
    let made = document::document().to_string();
    assert!(made.len() <= MAX_BYTES, "{} bytes", made.len());
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(FILE, &made).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    assert!(
        committed == made,
        "src/rest/openapi.json is not what the routes say: run this test with {UPDATE}=1"
    );
}

#[test]
fn the_description_is_served() {
    let server = Server::new();
    let get = |path| server.send(&Request { method: "GET", path, ..Request::default() });
    let answer = get("/openapi.json");
    assert_eq!((answer.status, answer.content_type), (200, "application/json"));
    assert_eq!(serde_json::from_slice::<Value>(&answer.body).unwrap(), document::document());
    let page = get("/docs");
    assert_eq!((page.status, page.content_type), (200, "text/html; charset=utf-8"));
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.starts_with("<!doctype html>") && !page.contains("://"), "it needs nothing from elsewhere");
}

#[test]
fn references_lead_somewhere_and_nothing_is_left_over() {
    let document = document::document();
    let mut used = BTreeSet::new();
    references(&document, &mut used);
    for reference in &used {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
    for kind in ["schemas", "parameters", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(used.contains(reference.as_str()), "{reference} is never used");
        }
    }
}

#[test]
fn operations_have_names_of_their_own() {
    let document = document::document();
    let mut names = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for (_, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} stands for two");
        }
    }
    assert_eq!(names.len(), chromatid::rest::routes::ENDPOINTS.len());
}

#[test]
fn recorded_exchanges_are_as_described() {
    let recorded = include_str!("fixtures/rest/recorded.json");
    let exchanges: Vec<expected::Exchange> = serde_json::from_str(recorded).unwrap();
    let mut judge = Judge::new(document::document());
    let mut server = Server::new();
    for exchange in &exchanges {
        server.exchange(exchange, &mut |request, response| judge.look(request, response));
    }
    judge.verdict(290, 40);
}

#[test]
fn the_corpus_is_as_described() {
    let mut judge = Judge::new(document::document());
    for area in files(Path::new(CASES)) {
        for file in files(&area) {
            let scenario: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let steps = scenario["steps"].as_array().unwrap();
            block_on(engine::run(steps, false, &mut |request, response| judge.look(request, response)));
        }
    }
    judge.verdict(1_000, 200);
}

/// What is refused is another matter: `1.0` is an integer to a schema, and a member that comes twice comes once.
#[test]
fn strange_requests_that_are_accepted_are_as_described() {
    let mut judge = Judge::new(document::document());
    for seed in 0..40 {
        let told = fuzz::run(seed, 40, &mut |request, response| {
            if response.status < 300 && !is_list(request.body) {
                judge.look(request, response);
            }
        });
        assert_eq!(told, Ok(()));
    }
    judge.verdict(200, 0);
}

/// The members of an object in their order, without names: taken, as in Chroma, and nobody sends it.
fn is_list(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"[")
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(members) => members.iter().for_each(|member| references(member, found)),
        _ => {}
    }
}

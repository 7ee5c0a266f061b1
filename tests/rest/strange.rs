//! Requests that nobody would send. Without variables some thousand, the same each time; `CHROMATID_FUZZ_SECONDS` says how long to go on, and
//! `CHROMATID_FUZZ_SEED` with which seed to begin.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use chromatid::rest::{Request, Response};
use serde_json::Value;

use super::fuzz;
use super::server::Server;
use crate::support::variable;

const SEEDS: u64 = 60;
const REQUESTS: usize = 40;

#[test]
fn no_input_takes_it_down() {
    let first = variable::number("CHROMATID_FUZZ_SEED").unwrap_or(0);
    let seconds = variable::number("CHROMATID_FUZZ_SECONDS");
    let start = Instant::now();
    let goes_on = |seed: u64| match seconds {
        Some(seconds) => start.elapsed() < Duration::from_secs(seconds),
        None => seed < first + SEEDS,
    };
    for seed in (first..).take_while(|seed| goes_on(*seed)) {
        if seconds.is_some() {
            // What ends the process says nothing more.
            eprintln!("CHROMATID_FUZZ_SEED={seed}");
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| fuzz::run(seed, REQUESTS, &mut |_, _| {})));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => panic!("{fault}"),
            Err(_) => panic!("it panicked: {}", fuzz::current()),
        }
    }
}

fn answered(body: &str) -> Response {
    let path = "/api/v2/tenants/default_tenant/databases/default_database/collections";
    let server = Server::new();
    server.send(&Request { method: "POST", path, body: body.as_bytes(), ..Request::default() })
}

#[test]
fn bodies_that_are_no_json_are_refused_before_anything_else() {
    for body in
        ["", "{", "\u{feff}{}", "NaN", r#"{"name": "\ud800"}"#, r#"{"name": 01}"#, r#"{"name": "abc"} {}"#]
    {
        assert_eq!(answered(body).status, 400, "{body}");
    }
}

#[test]
fn what_is_passed_over_may_be_of_any_depth() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(answered(&format!(r#"{{"name": "deep", "unknown": {deep}}}"#)).status, 200);
    assert_eq!(answered(&format!(r#"{{"name": "deep", "metadata": {{"a": {deep}}}}}"#)).status, 400);
}

#[test]
fn names_of_prototypes_are_names() {
    let response = answered(r#"{"name": "constructor", "metadata": {"__proto__": 1, "toString": "x"}}"#);
    assert_eq!(response.status, 200);
    assert!(String::from_utf8(response.body).unwrap().contains(r#""__proto__":1"#));
}

#[test]
fn what_is_as_large_as_it_may_be_is_stored() {
    let server = Server::new();
    let post = |path: &str, body: &str| {
        let path = format!("/api/v2/tenants/default_tenant/databases/default_database/collections{path}");
        let response = server.send(&Request {
            method: "POST",
            path: &path,
            body: body.as_bytes(),
            ..Request::default()
        });
        (response.status, serde_json::from_slice::<Value>(&response.body).unwrap())
    };
    let id = post("", r#"{"name": "large"}"#).1["id"].as_str().unwrap().to_owned();
    let vector = |dimension: usize| format!("[{}]", vec!["0.5"; dimension].join(","));
    let add = |id_of_record: &str, dimension: usize| {
        let body = format!(r#"{{"ids": ["{id_of_record}"], "embeddings": [{}]}}"#, vector(dimension));
        post(&format!("/{id}/add"), &body).0
    };
    assert_eq!(add("too long", 16_385), 400);
    let name = "x".repeat(10 * 1024 * 1024);
    assert_eq!(add(&name, 16_384), 201);
    let found = post(
        &format!("/{id}/query"),
        &format!(r#"{{"query_embeddings": [{}], "include": []}}"#, vector(16_384)),
    );
    assert_eq!((found.0, found.1["ids"][0][0].as_str().map(str::len)), (200, Some(name.len())));
}

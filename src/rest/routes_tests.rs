use std::collections::BTreeSet;

use super::*;

const COLLECTIONS: &str = "/api/v2/tenants/t/databases/d/collections";

fn found(method: &str, path: &str) -> (Call, Parameters) {
    match find(method, path) {
        Ok(Found::Endpoint(endpoint, parameters)) => (endpoint.call, parameters),
        other => panic!("{method} {path}: {other:?}"),
    }
}

fn allowed(method: &str, path: &str) -> String {
    match find(method, path) {
        Ok(Found::OtherMethods(methods)) => methods,
        other => panic!("{method} {path}: {other:?}"),
    }
}

#[test]
fn every_endpoint_is_found_by_its_own_path() {
    for endpoint in ENDPOINTS {
        let path = endpoint.pattern.replace(['{', '}'], "");
        assert_eq!(found(endpoint.method, &path).0, endpoint.call, "{}", endpoint.pattern);
    }
}

#[test]
fn no_two_endpoints_are_the_same() {
    let mut seen = BTreeSet::new();
    assert!(ENDPOINTS.iter().all(|endpoint| seen.insert((endpoint.method, endpoint.pattern))));
}

#[test]
fn parameters_are_decoded_segment_by_segment() {
    let (call, parameters) = found("GET", "/api/v2/tenants/a%2Fb/databases/d%20%C3%A9/collections/x%25y%3Az");
    assert_eq!(call, Call::GetCollection);
    let expected = Parameters {
        tenant: "a/b".into(),
        database: "d é".into(),
        collection: "x%y:z".into(),
        name: String::new(),
    };
    assert_eq!(parameters, expected);
    // What is no code stands for itself, and so does a plus sign.
    assert_eq!(found("GET", "/api/v2/tenants/%zz+%").1.tenant, "%zz+%");
    // What separates segments once it is decoded does not separate them.
    assert_eq!(found("GET", "/api/v2/tenants/%2e%2e").1.tenant, "..");
}

#[test]
fn names_and_numbers_have_places_of_their_own() {
    assert_eq!(found("POST", &format!("{COLLECTIONS}/c/versions/7/restore")).1.name, "7");
    assert_eq!(found("GET", &format!("{COLLECTIONS}/c/functions/f")).1.name, "f");
    assert_eq!(found("GET", "/api/v2/collections/t:d:c").1.collection, "t:d:c");
    // A collection may be called as a part of a path is.
    assert_eq!(found("GET", &format!("{COLLECTIONS}/by-id")).0, Call::GetCollection);
    assert_eq!(found("GET", &format!("{COLLECTIONS}/by-id/c")).0, Call::GetCollectionById);
    assert_eq!(found("GET", &format!("{COLLECTIONS}/count/count")).0, Call::Count);
}

#[test]
fn head_is_get() {
    assert_eq!(found("HEAD", "/api/v2/heartbeat").0, Call::Heartbeat);
    assert_eq!(found("HEAD", "/docs").0, Call::Docs);
    assert_eq!(allowed("HEAD", "/api/v2/reset"), "POST");
}

#[test]
fn slashes_count_but_for_one_behind_the_prefix() {
    assert_eq!(found("GET", "/api/v2").0, Call::Heartbeat);
    assert_eq!(found("GET", "/api/v2/").0, Call::Heartbeat);
    for path in [
        "/api/v2//",
        "/api/v2/heartbeat/",
        "//api/v2/heartbeat",
        "/api/v2/tenants//databases",
        "api/v2",
        "/",
        "",
    ] {
        assert_eq!(find("GET", path), Ok(Found::Nothing), "{path}");
    }
    assert_eq!(find("GET", &format!("{COLLECTIONS}/")), Ok(Found::Nothing));
}

#[test]
fn other_methods_are_told_those_of_the_path() {
    assert_eq!(allowed("POST", "/api/v2/heartbeat"), "GET,HEAD");
    assert_eq!(allowed("PUT", "/api/v2/tenants"), "POST");
    assert_eq!(allowed("DELETE", COLLECTIONS), "GET,POST,HEAD");
    assert_eq!(allowed("POST", &format!("{COLLECTIONS}/c")), "GET,PUT,DELETE,HEAD");
    assert_eq!(allowed("DELETE", &format!("{COLLECTIONS}/c/versions")), "GET,POST,HEAD");
    // Methods are told apart by case.
    assert_eq!(allowed("get", "/api/v2/version"), "GET,HEAD");
    assert_eq!(allowed("", "/openapi.json"), "GET,HEAD");
    assert_eq!(find("POST", "/api/v2/nothing"), Ok(Found::Nothing));
}

#[test]
fn the_first_api_is_gone() {
    for method in ["GET", "HEAD"] {
        assert_eq!(find(method, "/api/v1/heartbeat"), Ok(Found::Retired));
        assert_eq!(find(method, "/api/v1/any/thing"), Ok(Found::Retired));
    }
    assert_eq!(allowed("POST", "/api/v1/collections"), "GET,HEAD");
    assert_eq!(find("GET", "/api/v1"), Ok(Found::Nothing));
    assert_eq!(find("GET", "/api/v3/heartbeat"), Ok(Found::Nothing));
}

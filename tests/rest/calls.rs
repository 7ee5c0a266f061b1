//! Calls that nothing was recorded of: transactions, facets, versions and functions; and the types of bodies.

use std::rc::Rc;

use chromatid::db::{Db, Options};
use chromatid::rest::{self, Request};
use chromatid::storage::memory::MemoryStorage;
use futures::executor::block_on;
use serde_json::{Value, json};

use crate::support::env::seeded;

/// A collection of three records behind the API.
struct Things {
    db: Db,
    id: String,
}

impl Things {
    fn new() -> Self {
        let options = Options { versions: 2, ..Options::default() };
        let db = block_on(Db::open(Rc::new(MemoryStorage::default()), seeded(1, 0.01), options)).unwrap();
        let mut things = Self { db, id: String::new() };
        things.id =
            things.ok("POST", "/collections", &json!({"name": "things"}))["id"].as_str().unwrap().into();
        let records = json!({
            "ids": ["a", "b", "c"], "embeddings": [[0, 0], [1, 0], [0, 2]],
            "metadatas": [{"colour": "red", "n": 1}, {"colour": "blue", "n": 2}, {"colour": "red"}],
        });
        assert_eq!(things.send("POST", "/add", &records).0, 201);
        things
    }

    /// `path` is within the collection, or begins with `/collections`.
    fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.send_as(Some("application/json"), method, path, body)
    }

    fn send_as(&self, content_type: Option<&str>, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let database = "/api/v2/tenants/default_tenant/databases/default_database";
        let path = match path.strip_prefix('@') {
            Some(version) => format!("{database}/collections/{}@{version}", self.id),
            None if path.starts_with("/collections") => format!("{database}{path}"),
            None => format!("{database}/collections/{}{path}", self.id),
        };
        let body = body.to_string();
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let request =
            Request { method, path, query, content_type, body: body.as_bytes(), ..Request::default() };
        let response = block_on(rest::handle(&self.db, &request));
        (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
    }

    fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.send(method, path, body);
        assert_eq!(status, 200, "{method} {path} {body}: {answer}");
        answer
    }

    fn get(&self, path: &str) -> Value {
        self.ok("GET", path, &Value::Null)
    }
}

#[test]
fn bodies_are_json_whatever_kind_of_json() {
    let things = Things::new();
    let status = |content_type| things.send_as(content_type, "POST", "/get", &json!({})).0;
    assert_eq!(status(None), 200);
    assert_eq!(status(Some("application/json; charset=utf-8")), 200);
    assert_eq!(status(Some("application/vnd.api+json")), 200);
    for other in ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=json"]
    {
        assert_eq!(status(Some(other)), 415, "{other}");
    }
    // Where no body is read its type means nothing.
    assert_eq!(things.send_as(Some("text/plain"), "GET", "/count", &Value::Null).0, 200);
}

#[test]
fn a_transaction_reads_with_its_token_and_commits_once() {
    let things = Things::new();
    let read = things.ok("POST", "/conditional/get", &json!({"ids": ["a"], "include": ["metadatas"]}));
    let token = &read["read_token"];
    assert!(token.is_u64(), "{read}");
    assert_eq!(read["metadatas"], json!([{"colour": "red", "n": 1}]));
    let commit = json!({"read_token": token, "read_ids": ["a"], "operations": [
        {"operation": "update", "payload": {"ids": ["a"], "metadatas": [{"n": 10}]}},
        {"operation": "add", "payload": {"ids": ["d"], "embeddings": ["AACAPwAAgD8="]}},
        {"operation": "delete", "payload": {"ids": ["b"]}},
    ]});
    let done = things.ok("POST", "/conditional/commit", &commit);
    assert_eq!(done["record_count"], 3);
    assert!(done["first_inserted_record_offset"].is_u64(), "{done}");
    assert_eq!(things.get("/count"), 3);
    // The state as the token names it does not change, and what was written since is in the way of a second commit.
    let again = json!({"ids": ["a", "b", "d"], "read_token": token});
    assert_eq!(things.ok("POST", "/conditional/get", &again)["ids"], json!(["a", "b"]));
    let (status, refused) = things.send("POST", "/conditional/commit", &commit);
    assert_eq!((status, &refused["error"]), (409, &json!("ConditionalWriteConflictError")));
}

#[test]
fn commits_of_the_wrong_kind_are_refused() {
    let things = Things::new();
    let commit = |body: Value| {
        let (status, answer) = things.send("POST", "/conditional/commit", &body);
        (status, answer["message"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(commit(json!({"operations": []})).0, 200);
    assert_eq!(commit(json!({"read_token": null, "operations": []})).0, 200);
    assert_eq!(commit(json!({"read_token": 0, "operations": []})).0, 400);
    assert_eq!(commit(json!({"read_ids": ["a"], "operations": []})).0, 400);
    for body in [
        json!({}),
        json!({"operations": [{}]}),
        json!({"operations": [{"operation": "replace", "payload": {"ids": ["a"]}}]}),
        json!({"operations": [{"operation": "update"}]}),
        json!({"operations": [{"operation": "add", "payload": {"ids": ["a"]}}]}),
        json!({"read_token": -1, "operations": []}),
        json!({"read_ids": null, "operations": []}),
    ] {
        let (status, message) = commit(body.clone());
        assert_eq!(status, 422, "{body}: {message}");
    }
    let bad_vector =
        json!({"operations": [{"operation": "add", "payload": {"ids": ["a"], "embeddings": ["AAA="]}}]});
    assert_eq!(commit(bad_vector).0, 400);
    assert_eq!(things.get("/count"), 3);
}

#[test]
fn facets_are_the_most_frequent_values() {
    let things = Things::new();
    let facets = things.ok("POST", "/facets", &json!({"keys": ["colour", "none"], "limit": 1}));
    let expected = json!([
        {"key": "colour", "distinct": 2, "values": [{"value": "red", "count": 2}]},
        {"key": "none", "distinct": 0, "values": []},
    ]);
    assert_eq!(facets, expected);
    let filtered = json!({"keys": ["colour"], "where": {"n": {"$gt": 1}}});
    assert_eq!(things.ok("POST", "/facets", &filtered)[0]["values"], json!([{"value": "blue", "count": 1}]));
    assert_eq!(things.send("POST", "/facets", &json!({})).0, 422);
    assert_eq!(things.send("POST", "/facets", &json!({"keys": ["a"], "limit": -1})).0, 422);
}

#[test]
fn versions_are_saved_read_and_restored() {
    let things = Things::new();
    let saved = things.ok("POST", "/versions", &Value::Null);
    assert_eq!(saved["is_current"], true);
    let version = saved["version"].as_u64().unwrap();
    things.ok("POST", "/delete", &json!({"ids": ["a"]}));
    things.ok("POST", "/versions", &Value::Null);
    let listed = things.get("/versions");
    assert!(listed.as_array().unwrap().len() >= 2, "{listed}");
    assert_eq!(things.get("/count"), 2);
    assert_eq!(
        things.ok("POST", &format!("@{version}/get"), &json!({"include": []}))["ids"],
        json!(["a", "b", "c"])
    );
    let records = json!({"ids": ["z"], "embeddings": [[0, 0]]});
    assert_eq!(things.send("POST", &format!("@{version}/add"), &records).0, 400);
    assert_eq!(things.send("POST", "@99/get", &json!({})).0, 404);
    assert_eq!(things.send("POST", "@x/get", &json!({})).0, 400);
    assert_eq!(things.ok("POST", &format!("/versions/{version}/restore"), &Value::Null), json!({}));
    assert_eq!(things.get("/count"), 3);
    assert_eq!(things.send("POST", "/versions/99/restore", &Value::Null).0, 404);
    assert_eq!(things.send("POST", "/versions/-1/restore", &Value::Null).0, 400);
}

#[test]
fn functions_are_attached_shown_and_detached() {
    let things = Things::new();
    let attach = json!({"name": "counter", "function_id": "record_counter", "output_collection": "counted"});
    let attached = things.ok("POST", "/functions/attach", &attach);
    assert_eq!(
        (&attached["created"], &attached["attached_function"]["function_name"]),
        (&json!(true), &json!("record_counter"))
    );
    assert_eq!(things.ok("POST", "/functions/attach", &attach)["created"], false);
    let other = json!({"name": "counter", "function_id": "statistics", "output_collection": "counted"});
    assert_eq!(things.send("POST", "/functions/attach", &other).0, 409);
    let shown = &things.get("/functions/counter")["attached_function"];
    assert_eq!(
        (&shown["input_collection_id"], &shown["output_collection_id"]),
        (&json!(things.id), &Value::Null)
    );
    block_on(things.db.compact()).unwrap();
    assert!(things.get("/functions/counter")["attached_function"]["output_collection_id"].is_string());
    assert_eq!(
        things.ok("POST", "/attached_functions/counter/detach", &json!({"delete_output": true})),
        json!({"success": true})
    );
    assert_eq!(things.send("GET", "/functions/counter", &Value::Null).0, 404);
    assert_eq!(things.send("GET", "/collections/counted", &Value::Null).0, 404);
    let unknown = json!({"name": "x", "function_id": "nothing", "output_collection": "out"});
    assert_eq!(things.send("POST", "/functions/attach", &unknown).0, 404);
    let input = json!({"input_collection_id": things.id});
    assert_eq!(things.send("POST", "/attached_functions/counter/add_input", &input).0, 501);
}

#[test]
fn what_has_changed_is_told_from_a_cursor_on() {
    let things = Things::new();
    let first = things.get("/changes");
    assert_eq!((&first["changes"], &first["more"]), (&json!([]), &json!(false)));
    things.ok("POST", "/update", &json!({"ids": ["b"], "metadatas": [{"n": 3}]}));
    things.ok("POST", "/delete", &json!({"ids": ["a", "never"]}));
    let cursor = |answer: &Value| answer["cursor"].as_str().unwrap().to_owned();
    let page = things.get(&format!("/changes?after={}&limit=1&wait=20", cursor(&first)));
    assert_eq!(
        (&page["changes"][0]["id"], &page["changes"][0]["kind"], &page["more"]),
        (&json!("b"), &json!("put"), &json!(true))
    );
    let page = things.get(&format!("/changes?after={}", cursor(&page)));
    assert_eq!(
        (&page["changes"][0]["id"], &page["changes"][0]["kind"], &page["more"]),
        (&json!("a"), &json!("delete"), &json!(false))
    );
    let refused = |query: &str| things.send("GET", &format!("/changes?{query}"), &Value::Null);
    for (query, status, said) in [
        ("after=7-0000000000000000", 410, "compare everything"),
        ("after=yesterday", 400, "pass on what an answer had"),
        ("after=-", 400, "pass on what an answer had"),
        ("limit=0", 400, "from 1 to 10000"),
        ("limit=10001", 400, "from 1 to 10000"),
        ("wait=soon", 400, "wait: invalid digit"),
    ] {
        let (found, answer) = refused(query);
        assert_eq!(found, status, "{query}");
        assert!(answer["message"].as_str().unwrap().contains(said), "{query}: {answer}");
    }
    assert_eq!(refused("after=7-0000000000000000").1["error"], "StaleReadError");
}

#[test]
fn who_wants_to_wait_is_told_how_long_and_only_for_nothing() {
    let things = Things::new();
    let path = format!(
        "/api/v2/tenants/default_tenant/databases/default_database/collections/{}/changes",
        things.id
    );
    let wait = |query: &str, longest_wait| {
        let request = Request { method: "GET", path: &path, query, longest_wait, ..Request::default() };
        let response = block_on(rest::handle(&things.db, &request));
        assert_eq!(response.status, 200);
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        (response.wait, answer["cursor"].as_str().unwrap().to_owned())
    };
    let (first, cursor) = wait("wait=20", 25);
    assert_eq!(first, 0);
    assert_eq!(wait(&format!("after={cursor}&wait=20"), 25).0, 20);
    assert_eq!(wait(&format!("after={cursor}&wait=99"), 25).0, 25);
    assert_eq!(wait(&format!("after={cursor}&wait=20"), 0).0, 0);
    assert_eq!(wait(&format!("after={cursor}"), 25).0, 0);
    things.ok("POST", "/delete", &json!({"ids": ["a"]}));
    assert_eq!(wait(&format!("after={cursor}&wait=20"), 25).0, 0);
}

//! What a known sender may reach.

use chromatid::rest::{Identity, Request, Response};
use serde_json::{Value, json};

use super::server::Server;

fn identity(tenant: &str, databases: &[&str]) -> Identity {
    let databases = databases.iter().map(|name| (*name).to_owned()).collect();
    Identity { user_id: "somebody".into(), tenant: tenant.into(), databases }
}

fn send(server: &Server, identity: Option<&Identity>, (method, path, body): (&str, &str, &str)) -> Response {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = format!("/api/v2{path}");
    server.send(&Request {
        method,
        path: &path,
        query,
        body: body.as_bytes(),
        identity,
        ..Request::default()
    })
}

fn answer(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// Two tenants with two databases each, of which each has the collection `things`.
fn server() -> Server {
    let server = Server::new();
    let call = |path: &str, body: &str| {
        let response = send(&server, None, ("POST", path, body));
        assert_eq!(response.status, 200, "{path} {body}");
    };
    for tenant in ["ours", "theirs"] {
        call("/tenants", &format!(r#"{{"name": "{tenant}"}}"#));
        for database in ["first", "second"] {
            call(&format!("/tenants/{tenant}/databases"), &format!(r#"{{"name": "{database}"}}"#));
            call(&format!("/tenants/{tenant}/databases/{database}/collections"), r#"{"name": "things"}"#);
        }
        let path = format!("/tenants/{tenant}");
        let named = send(&server, None, ("PATCH", &path, &format!(r#"{{"resource_name": "{tenant}-crn"}}"#)));
        assert_eq!(named.status, 200);
    }
    server
}

fn id_of(server: &Server, tenant: &str, database: &str) -> String {
    let path = format!("/tenants/{tenant}/databases/{database}/collections/things");
    answer(&send(server, None, ("GET", &path, "")))["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_path_that_names_what_is_not_the_senders_is_refused() {
    let server = server();
    let sender = identity("ours", &["first"]);
    let (ours, theirs) = (id_of(&server, "ours", "first"), id_of(&server, "theirs", "first"));
    let allowed = [
        ("GET", "/tenants/ours".to_owned()),
        ("GET", "/tenants/ours/databases/first".to_owned()),
        ("GET", "/tenants/ours/databases/first/collections".to_owned()),
        ("GET", format!("/tenants/ours/databases/first/collections/{ours}/count")),
        ("GET", "/tenants/%6furs/databases/f%69rst".to_owned()),
    ];
    for (method, path) in &allowed {
        assert_eq!(send(&server, Some(&sender), (method, path, "")).status, 200, "{path}");
    }
    let refused = [
        ("GET", "/tenants/theirs".to_owned(), "tenant [theirs]"),
        ("GET", "/tenants/theirs/databases".to_owned(), "tenant [theirs]"),
        ("GET", "/tenants/nobodys/databases/first".to_owned(), "tenant [nobodys]"),
        ("GET", "/tenants/theirs/databases/first/collections".to_owned(), "tenant [theirs]"),
        ("GET", "/tenants/ours/databases/second/collections".to_owned(), "database [second]"),
        ("DELETE", "/tenants/ours/databases/second".to_owned(), "database [second]"),
        ("GET", "/tenants/ours/databases/nobodys".to_owned(), "database [nobodys]"),
        ("GET", format!("/tenants/theirs/databases/first/collections/{theirs}/count"), "tenant [theirs]"),
        ("POST", "/tenants/*/databases/*/collections".to_owned(), "tenant [*]"),
    ];
    for (method, path, what) in &refused {
        let response = send(&server, Some(&sender), (method, path, "{}"));
        let told = json!({"error": "ChromaError", "message": format!("The identity is not for {what}")});
        assert_eq!((response.status, answer(&response)), (403, told), "{path}");
    }
    // By way of what is the sender's nothing else is reached.
    let path = format!("/tenants/ours/databases/first/collections/{theirs}/count");
    assert_eq!(send(&server, Some(&sender), ("GET", &path, "")).status, 404);
}

#[test]
fn what_is_about_all_is_for_those_who_are_for_all() {
    let server = server();
    let statuses = |sender: &Identity| {
        let tenant = send(&server, Some(sender), ("POST", "/tenants", r#"{"name": "a third"}"#)).status;
        (tenant, send(&server, Some(sender), ("POST", "/reset", "")).status)
    };
    assert_eq!(statuses(&identity("ours", &["*"])), (403, 403));
    assert_eq!(statuses(&identity("*", &["first"])), (200, 403));
    assert_eq!(statuses(&identity("*", &["*"])), (409, 200));
}

#[test]
fn every_tenant_and_every_database_may_be_the_senders() {
    let server = server();
    let read = |sender: &Identity, tenant: &str, database: &str| {
        let path = format!("/tenants/{tenant}/databases/{database}/collections_count");
        send(&server, Some(sender), ("GET", &path, "")).status
    };
    let sender = identity("*", &["first"]);
    assert_eq!((read(&sender, "ours", "first"), read(&sender, "theirs", "first")), (200, 200));
    assert_eq!(read(&sender, "theirs", "second"), 403);
    let sender = identity("ours", &["*"]);
    assert_eq!((read(&sender, "ours", "second"), read(&sender, "theirs", "second")), (200, 403));
    let nothing = identity("ours", &[]);
    assert_eq!(read(&nothing, "ours", "first"), 403);
}

#[test]
fn only_databases_of_the_sender_are_listed_and_created() {
    let server = server();
    let sender = identity("ours", &["second", "third"]);
    let list = |page: &str| {
        let path = format!("/tenants/ours/databases{page}");
        let listed = answer(&send(&server, Some(&sender), ("GET", &path, "")));
        listed.as_array().unwrap().iter().map(|database| database["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(list(""), ["second"]);
    let create = |name: &str| {
        let body = format!(r#"{{"name": "{name}"}}"#);
        send(&server, Some(&sender), ("POST", "/tenants/ours/databases", &body)).status
    };
    assert_eq!((create("first"), create("fourth"), create("third")), (403, 403, 200));
    assert_eq!(list(""), ["second", "third"]);
    // Pages are of what is shown.
    assert_eq!(
        (list("?limit=1"), list("?offset=1"), list("?limit=0")),
        (vec![json!("second")], vec![json!("third")], vec![])
    );
}

#[test]
fn a_resource_name_of_somebody_elses_does_not_exist() {
    let server = server();
    let sender = identity("ours", &["first"]);
    let find = |crn: &str| send(&server, Some(&sender), ("GET", &format!("/collections/{crn}"), ""));
    assert_eq!(find("ours-crn:first:things").status, 200);
    let unknown = find("nobodys-crn:first:things");
    assert_eq!(unknown.status, 404);
    for crn in ["ours-crn:second:things", "theirs-crn:first:things"] {
        assert_eq!(find(crn), unknown, "{crn}");
    }
}

#[test]
fn what_is_about_nothing_needs_nothing() {
    let server = server();
    let nobody = identity("", &[]);
    for path in ["", "/heartbeat", "/healthcheck", "/version", "/pre-flight-checks", "/chromatid"] {
        assert_eq!(send(&server, Some(&nobody), ("GET", path, "")).status, 200, "{path}");
    }
    let shown = send(&server, Some(&nobody), ("GET", "/auth/identity", ""));
    assert_eq!(answer(&shown), json!({"user_id": "somebody", "tenant": "", "databases": []}));
}

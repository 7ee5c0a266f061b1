//! Steps as requests to the engine's HTTP API.

use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE, DEFAULT_TENANT, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::rest::{self, Request, Response};
use chromatid::storage::memory::MemoryStorage;
use serde_json::{Value, json};

/// Members of a collection that say nothing about behaviour: how often it was compacted, how many cores a machine has.
const INCIDENTAL: [&str; 2] = ["log_position", "version"];

/// Sees requests with their answers.
pub type Observer<'a> = &'a mut dyn FnMut(&Request<'_>, &Response);

/// Runs the steps of one scenario on an empty database; `compact` brings everything into segments after each step.
pub async fn run(steps: &[Value], compact: bool, observe: Observer<'_>) -> Vec<Value> {
    let storage = Rc::new(MemoryStorage::default());
    let mut world = World {
        db: Db::open(storage, Rc::new(NativeEnv), Options::default()).await.unwrap(),
        names: Vec::new(),
    };
    let mut outcomes = Vec::new();
    for step in steps {
        let outcome = world.call(step, observe).await;
        outcomes.push(world.without_ids(outcome, step));
        if compact {
            world.db.compact().await.unwrap();
        }
    }
    outcomes
}

struct World {
    db: Db,
    /// The ids of the collections and their names.
    names: Vec<(String, String)>,
}

impl World {
    async fn call(&mut self, step: &Value, observe: Observer<'_>) -> Value {
        let (method, path) = route(step, &self.id(step));
        let body = step.get("body").map(Value::to_string).unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let request = Request { method, path, query, body: body.as_bytes(), ..Request::default() };
        let response = rest::handle(&self.db, &request).await;
        observe(&request, &response);
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        if response.status >= 300 {
            return json!({"error": {
                "status": response.status, "name": answer["error"], "message": without_place(&answer["message"]),
            }});
        }
        let answer = match step["call"].as_str().unwrap() {
            "create_collection" => {
                let text = |name: &str| answer[name].as_str().unwrap().to_owned();
                self.names.push((text("id"), text("name")));
                show(answer)
            }
            "get_collection" | "get_collection_by_id" | "get_collection_by_crn" => show(answer),
            "list_collections" => answer.as_array().unwrap().iter().cloned().map(show_briefly).collect(),
            _ => answer,
        };
        json!({"answer": answer})
    }

    /// The id of the step's collection: the latest of that name.
    fn id(&self, step: &Value) -> String {
        if let Some(id) = step["id"].as_str() {
            return id.to_owned();
        }
        let mut latest = self.names.iter().rev();
        latest.find(|(_, name)| step["collection"] == **name).map(|(id, _)| id.clone()).unwrap_or_default()
    }

    /// Ids are new in every run: they become the names of their collections, and others nameless.
    fn without_ids(&self, outcome: Value, step: &Value) -> Value {
        let mut text = outcome.to_string();
        for (id, name) in &self.names {
            text = text.replace(id, &format!("<id of {name}>"));
        }
        let mut outcome: Value = serde_json::from_str(&text).unwrap();
        let asked = step.to_string();
        if let Some(answer) = outcome.get_mut("answer") {
            rename(answer, &|id| !asked.contains(id));
        }
        outcome
    }
}

/// The ids of databases.
fn rename(answer: &mut Value, is_new: &impl Fn(&str) -> bool) {
    match answer {
        Value::Array(answers) => answers.iter_mut().for_each(|answer| rename(answer, is_new)),
        Value::Object(members) => {
            let id = members.get("id").and_then(Value::as_str);
            if id.is_some_and(|id| uuid::Uuid::try_parse(id).is_ok() && is_new(id)) {
                members.insert("id".into(), json!("<id>"));
            }
        }
        _ => {}
    }
}

/// Where in the text of a body a fault lies depends on how it was written.
fn without_place(message: &Value) -> String {
    let message = message.as_str().unwrap();
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

/// Method and path of a step's request.
fn route(step: &Value, id: &str) -> (&'static str, String) {
    let text = |name: &str| step[name].as_str();
    let name = text("name").unwrap_or_default();
    let tenant = format!("/api/v2/tenants/{}", text("tenant").unwrap_or(DEFAULT_TENANT));
    let database = format!("{tenant}/databases/{}", text("database").unwrap_or(DEFAULT_DATABASE));
    let parameters: Vec<String> = ["limit", "offset", "read_level"]
        .iter()
        .filter_map(|name| {
            let value = step.get(*name)?;
            Some(format!("{name}={}", value.as_str().map_or(value.to_string(), str::to_owned)))
        })
        .collect();
    let collection = format!("{database}/collections/{id}");
    let (method, path) = match text("call").unwrap() {
        "create_tenant" => ("POST", "/api/v2/tenants".into()),
        "get_tenant" => ("GET", format!("/api/v2/tenants/{name}")),
        "create_database" => ("POST", format!("{tenant}/databases")),
        "get_database" => ("GET", format!("{tenant}/databases/{name}")),
        "list_databases" => ("GET", format!("{tenant}/databases")),
        "delete_database" => ("DELETE", format!("{tenant}/databases/{name}")),
        "create_collection" => ("POST", format!("{database}/collections")),
        "get_collection" => ("GET", format!("{database}/collections/{name}")),
        "get_collection_by_id" => ("GET", format!("{database}/collections/by-id/{id}")),
        "get_collection_by_crn" => ("GET", format!("/api/v2/collections/{name}")),
        "list_collections" => ("GET", format!("{database}/collections")),
        "count_collections" => ("GET", format!("{database}/collections_count")),
        "delete_collection" => ("DELETE", format!("{database}/collections/{name}")),
        "modify" => ("PUT", collection),
        call @ ("count" | "indexing_status") => ("GET", format!("{collection}/{call}")),
        call => ("POST", format!("{collection}/{call}")),
    };
    (method, format!("{path}?{}", parameters.join("&")))
}

fn show(mut collection: Value) -> Value {
    if let Some(members) = collection.as_object_mut() {
        members.retain(|name, _| !INCIDENTAL.contains(&name.as_str()));
        members.get_mut("schema").map(without_threads);
    }
    collection
}

/// As lists are recorded.
fn show_briefly(collection: Value) -> Value {
    let mut collection = show(collection);
    collection.as_object_mut().map(|members| members.remove("schema"));
    collection
}

fn without_threads(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        members.remove("num_threads");
        members.values_mut().for_each(without_threads);
    }
}

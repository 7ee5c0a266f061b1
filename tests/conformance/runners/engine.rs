//! Steps as calls of the engine.

use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE, DEFAULT_TENANT, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::error::{Error, Result};
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    CreateCollection, DeleteRequest, GetRequest, Operation, QueryRequest, ReadLevel, RecordSet,
    SearchRequest, SearchResult, UpdateCollection,
};
use serde_json::{Value, json};

/// Members of a collection that say nothing about behaviour: how often it was compacted, how many cores a machine has.
const INCIDENTAL: [&str; 2] = ["log_position", "version"];

/// Runs the steps of one scenario on an empty database; `compact` brings everything into segments after each step.
pub async fn run(steps: &[Value], compact: bool) -> Vec<Value> {
    let storage = Rc::new(MemoryStorage::default());
    let mut world = World {
        db: Db::open(storage, Rc::new(NativeEnv), Options::default()).await.unwrap(),
        names: Vec::new(),
    };
    let mut outcomes = Vec::new();
    for step in steps {
        let outcome = match world.call(step).await {
            Ok(answer) => json!({"answer": answer}),
            Err(error) => json!({"error": {
                "status": error.code(), "name": error.name(), "message": error.to_string(),
            }}),
        };
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
    async fn call(&mut self, step: &Value) -> Result<Value> {
        let db = self.db.clone();
        let text = |name: &str| step[name].as_str();
        let tenant = text("tenant").unwrap_or(DEFAULT_TENANT);
        let database = text("database").unwrap_or(DEFAULT_DATABASE);
        let name = text("name").unwrap_or_default();
        let limit = step["limit"].as_u64().map(|limit| limit as u32);
        let offset = step["offset"].as_u64().unwrap_or(0) as u32;
        let body = &step["body"];
        match text("call").unwrap() {
            "create_tenant" => done(db.create_tenant(member(body, "name")?).await),
            "get_tenant" => Ok(json!(db.get_tenant(name)?)),
            "create_database" => done(db.create_database(tenant, member(body, "name")?).await),
            "get_database" => Ok(json!(db.get_database(tenant, name)?)),
            "list_databases" => Ok(json!(db.list_databases(tenant, limit, offset))),
            "delete_database" => done(db.delete_database(tenant, name).await),
            "create_collection" => {
                let request = CreateCollection::from_json(body.clone())?;
                let created = db.create_collection(tenant, database, request).await?;
                self.names.push((created.id.to_string(), created.name.clone()));
                Ok(show(json!(created)))
            }
            "get_collection" => Ok(show(json!(db.get_collection(tenant, database, name)?))),
            "get_collection_by_id" => {
                Ok(show(json!(db.get_collection_by_id(tenant, database, &self.id(step))?)))
            }
            "get_collection_by_crn" => Ok(show(json!(db.get_collection_by_crn(name)?))),
            "list_collections" => {
                let listed = db.list_collections(tenant, database, limit, offset)?;
                Ok(listed.into_iter().map(|collection| show_briefly(json!(collection))).collect())
            }
            "count_collections" => Ok(json!(db.count_collections(tenant, database))),
            "delete_collection" => done(db.delete_collection(tenant, database, name).await),
            call => self.records(call, tenant, database, step).await,
        }
    }

    async fn records(&self, call: &str, tenant: &str, database: &str, step: &Value) -> Result<Value> {
        let (db, body, id) = (&self.db, &step["body"], &self.id(step));
        let write = async |operation| {
            let records = RecordSet::from_json(body.clone(), operation)?;
            done(db.write(tenant, database, id, operation, records).await)
        };
        match call {
            "add" => write(Operation::Add).await,
            "update" => write(Operation::Update).await,
            "upsert" => write(Operation::Upsert).await,
            "modify" => {
                let request = UpdateCollection::from_json(body.clone())?;
                done(db.update_collection(tenant, database, id, request).await)
            }
            "delete" => {
                let request = DeleteRequest::from_json(body)?;
                Ok(json!({"deleted": db.delete(tenant, database, id, request).await?}))
            }
            "get" => {
                let found = db.get(tenant, database, id, &GetRequest::from_json(body)?).await?;
                Ok(found.to_json(&include(body, &["documents", "metadatas"])))
            }
            "query" => {
                let found = db.query(tenant, database, id, &QueryRequest::from_json(body)?).await?;
                Ok(found.to_json(&include(body, &["documents", "metadatas", "distances"])))
            }
            "search" => {
                let found = db.search(tenant, database, id, &SearchRequest::from_json(body)?).await?;
                Ok(SearchResult::to_json(&found))
            }
            "count" => {
                let level = step["read_level"].as_str();
                let level = level.map_or(Ok(ReadLevel::default()), ReadLevel::parse_query_string)?;
                Ok(json!(db.count(tenant, database, id, level).await?))
            }
            "indexing_status" => Ok(json!(db.indexing_status(tenant, database, id)?)),
            unknown => panic!("no call is known as {unknown}"),
        }
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

fn done(result: Result<()>) -> Result<Value> {
    result.map(|()| json!({}))
}

/// A text of a body that has no decoder of its own.
fn member<'a>(body: &'a Value, name: &str) -> Result<&'a str> {
    let value = body.get(name).ok_or_else(|| Error::shape(format_args!("missing field `{name}`")))?;
    value.as_str().ok_or_else(|| {
        Error::shape(format_args!("{name}: invalid type: integer `{value}`, expected a string"))
    })
}

/// The sections as the request named them.
fn include<'a>(body: &'a Value, default: &[&'a str]) -> Vec<&'a str> {
    match body["include"].as_array() {
        Some(names) => names.iter().filter_map(Value::as_str).collect(),
        None => default.to_vec(),
    }
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

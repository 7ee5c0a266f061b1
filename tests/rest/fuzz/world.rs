//! A database with something in it, and all that a client can see of it.

use std::cell::Cell;
use std::rc::Rc;

use chromatid::db::{Db, Options};
use chromatid::rest::{self, Request, Response};
use chromatid::storage::memory::MemoryStorage;
use futures::executor::block_on;
use serde_json::{Value, json};

use crate::support::env::seeded;

/// Collections and records beyond which a world is left: looking at it takes time.
const MAX_COLLECTIONS: usize = 24;
const MAX_STATE_BYTES: usize = 400_000;

pub struct World {
    db: Db,
    storage: Rc<MemoryStorage>,
    seed: u64,
    /// Ids of the collections that are there from the beginning.
    pub ids: Vec<String>,
    has_grown: Cell<bool>,
}

const DATABASE: &str = "/api/v2/tenants/default_tenant/databases/default_database";

impl World {
    pub fn new(seed: u64) -> Self {
        let storage = Rc::new(MemoryStorage::default());
        let db = open(&storage, seed).unwrap();
        let mut world = Self { db, storage, seed, ids: Vec::new(), has_grown: Cell::new(false) };
        let sparse = json!({"defaults": {}, "keys": {"sparse": {"sparse_vector": {"sparse_vector_index": {"enabled": true, "config": {}}}}}});
        for (name, dimension, schema) in
            [("plain", 2, Value::Null), ("sparse", 3, sparse), ("empty", 0, Value::Null)]
        {
            let made = world.call("POST", "/collections", &json!({"name": name, "schema": schema}));
            let id = made["id"].as_str().unwrap().to_owned();
            if dimension > 0 {
                world.call("POST", &format!("/collections/{id}/add"), &records(dimension));
            }
            world.ids.push(id);
        }
        // Half of the records lie in segments, half in the log.
        block_on(world.db.compact()).unwrap();
        let function =
            json!({"name": "counter", "function_id": "record_counter", "output_collection": "counted"});
        world.call("POST", &format!("/collections/{}/functions/attach", world.ids[0]), &function);
        world.call("POST", &format!("/collections/{}/upsert", world.ids[0]), &records(2));
        world
    }

    pub fn send(&self, request: &Request<'_>) -> Response {
        block_on(rest::handle(&self.db, request))
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let (path, body) = (format!("{DATABASE}{path}"), body.to_string());
        self.get(&Request { method, path: &path, body: body.as_bytes(), ..Request::default() })
    }

    fn get(&self, request: &Request<'_>) -> Value {
        let response = self.send(request);
        let text = String::from_utf8_lossy(&response.body);
        assert!(response.status < 300, "{} {}: {} {text}", request.method, request.path, response.status);
        serde_json::from_str(&text).unwrap()
    }

    /// Everything that is stored in the databases of the usual tenants, as it is shown.
    pub fn state(&self) -> String {
        let mut state = String::new();
        let mut collections = 0;
        for tenant in ["default_tenant", "ten1", "nope"] {
            let path = format!("/api/v2/tenants/{tenant}/databases");
            let databases = self.get(&Request { method: "GET", path: &path, ..Request::default() });
            state += &databases.to_string();
            for database in databases.as_array().into_iter().flatten() {
                let path = format!("{path}/{}/collections", database["name"].as_str().unwrap_or_default());
                let found = self.get(&Request { method: "GET", path: &path, ..Request::default() });
                for collection in found.as_array().into_iter().flatten() {
                    collections += 1;
                    state += &self.show(&path, collection);
                }
            }
        }
        let is_usual = (2..=MAX_COLLECTIONS).contains(&collections) && state.len() <= MAX_STATE_BYTES;
        self.has_grown.set(!is_usual);
        state
    }

    fn show(&self, path: &str, collection: &Value) -> String {
        let id = collection["id"].as_str().unwrap_or_default();
        let body = br#"{"include": ["embeddings", "documents", "metadatas", "uris"]}"#;
        let path = format!("{path}/{id}/get");
        let records = self.get(&Request { method: "POST", path: &path, body, ..Request::default() });
        format!("{collection}{records}")
    }

    /// Opens it again, where it has to be what it was, and brings everything into segments.
    pub fn settle(&mut self) -> Result<(), String> {
        let before = self.state();
        // Other random numbers: they name blocks.
        self.db = open(&self.storage, !self.seed)?;
        if self.state() != before {
            return Err("what was accepted is another state when it is opened again".into());
        }
        block_on(self.db.compact())
            .map_err(|fault| format!("what was accepted cannot be compacted: {fault}"))?;
        self.state();
        Ok(())
    }

    /// Whether there is too much in it, or too little.
    pub fn has_grown(&self) -> bool {
        self.has_grown.get()
    }
}

fn open(storage: &Rc<MemoryStorage>, seed: u64) -> Result<Db, String> {
    let options = Options { allow_reset: true, versions: 3, ..Options::default() };
    let opened = block_on(Db::open(Rc::<MemoryStorage>::clone(storage), seeded(seed, 0.01), options));
    opened.map_err(|fault| format!("it cannot be opened: {fault}"))
}

fn records(dimension: usize) -> Value {
    let numbers = 0..12;
    let vector =
        |number| (0..dimension).map(|place| f64::from(number) + place as f64 / 4.0).collect::<Vec<_>>();
    let metadata = |number| {
        json!({
            "n": number, "f": f64::from(number) / 2.0, "s": format!("text {number}"), "b": number % 2 == 0,
            "list": [number, number + 1], "sparse": {"indices": [number, number + 5], "values": [1.0, 0.5]},
        })
    };
    json!({
        "ids": numbers.clone().map(|number| format!("r{number}")).collect::<Vec<_>>(),
        "embeddings": numbers.clone().map(vector).collect::<Vec<_>>(),
        "documents": numbers.clone().map(|number| format!("document {number} of them")).collect::<Vec<_>>(),
        "metadatas": numbers.map(metadata).collect::<Vec<_>>(),
    })
}

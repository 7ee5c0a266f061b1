//! A database behind the HTTP API, and the names of its collections.

use std::rc::Rc;

use chromatid::db::{Db, Options};
use chromatid::env::NativeEnv;
use chromatid::rest::{self, Request, Response};
use chromatid::storage::memory::MemoryStorage;
use futures::executor::block_on;
use serde_json::Value;

use super::expected::Exchange;

pub struct Server {
    db: Db,
    /// Ids of collections and databases with their names, in the order of their creation.
    pub names: Vec<(String, String)>,
}

impl Server {
    pub fn new() -> Self {
        let options = Options { allow_reset: true, ..Options::default() };
        let storage = Rc::new(MemoryStorage::default());
        let db = block_on(Db::open(storage, Rc::new(NativeEnv), options)).unwrap();
        Self { db, names: Vec::new() }
    }

    pub fn send(&self, request: &Request<'_>) -> Response {
        block_on(rest::handle(&self.db, request))
    }

    /// Sends what was recorded, with this run's ids, and answers with names in the place of ids. `observe` sees it with the ids.
    pub fn exchange(
        &mut self,
        exchange: &Exchange,
        observe: &mut dyn FnMut(&Request<'_>, &Response),
    ) -> Response {
        if exchange.on_an_empty_server {
            *self = Self::new();
        }
        let path = self.with_ids(&exchange.full_path());
        let body = self.with_ids(exchange.body.as_deref().unwrap_or_default());
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let content_type = (exchange.about.as_deref() == Some("wrong content type")).then_some("text/plain");
        let request = Request {
            method: &exchange.method,
            path,
            query,
            content_type,
            body: body.as_bytes(),
            longest_wait: 0,
            identity: None,
        };
        let mut response = self.send(&request);
        observe(&request, &response);
        self.learn(&response);
        let mut text = String::from_utf8(response.body).unwrap();
        for (id, name) in &self.names {
            text = text.replace(id, &format!("<id of {name}>"));
        }
        response.body = text.into_bytes();
        response
    }

    fn with_ids(&self, text: &str) -> String {
        let mut text = text.replace("<uuid>", "<id of misc>");
        for (id, name) in self.names.iter().rev() {
            text = text.replace(&format!("<id of {name}>"), id);
        }
        text
    }

    /// Notes what was created. Collections keep the names that they had first.
    fn learn(&mut self, response: &Response) {
        let Ok(answer) = serde_json::from_slice::<Value>(&response.body) else { return };
        let shown = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
        for member in shown {
            if let (Some(id), Some(name)) = (member["id"].as_str(), member["name"].as_str())
                && !self.names.iter().any(|(known, _)| known == id)
            {
                let name = if name.len() > 500 { "long name" } else { name };
                self.names.push((id.into(), name.into()));
            }
        }
    }
}

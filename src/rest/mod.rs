//! Chroma's v2 HTTP API over [`Db`] (spec: rest-api): method, path, query, content type and body in; status and body out.
//!
//! What a request may say and what is wrong with it is decided here and in [`crate::types`]; who sends it, and how large it may be,
//! by whoever has the connection. [`routes::find`] tells them what a request is about before its body is there. What a sender may reach is
//! decided here again ([`scope`]).

mod answers;
mod bodies;
mod calls;
mod place;
mod query;
pub mod routes;
mod scope;
mod vectors;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::db::Db;
use crate::error::{Error, Result};
use routes::{Call, Found};

/// A request, as it came over the wire.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    pub method: &'a str,
    /// With the prefix `/api/v2`, percent-encoded.
    pub path: &'a str,
    /// What follows the question mark.
    pub query: &'a str,
    /// Absent counts as JSON.
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
    /// For how long a request that asks for it may wait for changes, in seconds. Whoever has the connection waits, by answering once more.
    pub longest_wait: u32,
    /// Who sends it. Without one nothing is refused: whoever has the connection has let everybody in.
    pub identity: Option<&'a Identity>,
}

/// Who sends a request, and which databases they may use (spec: rest-api 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub user_id: String,
    /// `*` for all.
    pub tenant: String,
    /// Of that tenant, or of all; `*` for all.
    pub databases: Vec<String>,
}

/// An answer, as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub body: Vec<u8>,
    /// Of the body, if there is one.
    pub content_type: &'static str,
    /// The methods that the path has, where the request had another one.
    pub allow: Option<String>,
    /// Of a write, its number, as what has changed tells it.
    pub write: Option<u64>,
    /// For how many seconds the sender would rather wait for another answer than have this one, which says that nothing has changed.
    pub wait: u32,
}

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

impl Response {
    fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status, body, content_type, allow: None, write: None, wait: 0 }
    }

    fn json(status: u16, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(|fault| Error::Internal(fault.to_string()))?;
        Ok(Self::new(status, JSON, body))
    }

    fn empty(status: u16) -> Self {
        Self::new(status, JSON, Vec::new())
    }

    /// The body of an error (spec: rest-api 1.2).
    fn error(status: u16, name: &str, message: &str) -> Self {
        let body = serde_json::json!({"error": name, "message": message});
        Self::new(status, JSON, body.to_string().into_bytes())
    }
}

impl From<Error> for Response {
    fn from(error: Error) -> Self {
        Self::error(error.code(), error.name(), &error.to_string())
    }
}

/// Answers a request. Every fault of it is an answer too.
pub async fn handle(db: &Db, request: &Request<'_>) -> Response {
    match routes::find(request.method, request.path) {
        Ok(Found::Endpoint(endpoint, parameters)) => {
            let answer = match scope::check(request.identity, endpoint.call, &parameters) {
                Ok(()) => calls::answer(db, endpoint.call, &parameters, request).await,
                Err(refusal) => Err(refusal),
            };
            answer.unwrap_or_else(Response::from)
        }
        Ok(Found::OtherMethods(allow)) => Response { allow: Some(allow), ..Response::empty(405) },
        Ok(Found::Retired) => {
            Response::error(410, "Unimplemented", "The v1 API is deprecated. Please use /v2 apis")
        }
        Ok(Found::Nothing) => Response::empty(404),
        Err(error) => error.into(),
    }
}

/// The name under which Chroma authorises a call. That of creating a collection depends on the body.
pub fn action(endpoint: &routes::Endpoint, body: &[u8]) -> &'static str {
    if endpoint.call == Call::CreateCollection {
        let body: Option<Value> = serde_json::from_slice(body).ok();
        if body.is_some_and(|body| body["get_or_create"] == true) {
            return "db:get_or_create_collection";
        }
    }
    endpoint.action
}

impl Request<'_> {
    /// Reads the body as JSON.
    fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        bodies::read(self.json()?)
    }

    /// Reads the body as a JSON object.
    fn read_object<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        bodies::read_object(self.json()?)
    }

    /// The body, if it is said to be JSON.
    fn json(&self) -> Result<&[u8]> {
        if !self.content_type.is_none_or(is_json) {
            return Err(Error::UnsupportedMedia(
                "Expected request with `Content-Type: application/json`".into(),
            ));
        }
        Ok(self.body)
    }
}

/// `application/json`, or anything whose structure is that of JSON.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

#[cfg(test)]
mod tests;

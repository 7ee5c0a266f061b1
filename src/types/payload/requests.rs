//! Bodies of get, query and delete as JSON (spec: rest-api 4.4–4.6). Unknown members are passed over; null ones are absent, but
//! for those that have no value without them.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::entries;
use crate::error::{Error, Result};
use crate::types::record::Embeddings;
use crate::types::results::{DeleteRequest, GetRequest, Include, QueryRequest};
use crate::types::where_clause::Where;

/// Hits a query that does not say how many.
const N_RESULTS: u32 = 10;

impl GetRequest {
    /// Reads the body of a get. A body of the wrong shape is a 422 that says where, a filter that is none a 400.
    pub fn from_json(body: &Value) -> Result<Self> {
        let body = Body::of(body)?;
        Ok(Self {
            ids: body.ids()?,
            limit: body.count("limit")?,
            offset: body.count("offset")?.unwrap_or(0),
            include: body.include()?.unwrap_or(Include::GET_DEFAULT),
            filter: body.filter()?,
        })
    }
}

impl QueryRequest {
    /// Reads the body of a query, as [`GetRequest::from_json`] does. Components beyond an f32 are infinite.
    pub fn from_json(body: &Value) -> Result<Self> {
        let body = Body::of(body)?;
        let vectors = body.0.get("query_embeddings");
        let vectors = vectors.ok_or_else(|| Error::shape("missing field `query_embeddings`"))?;
        let vectors: Vec<Vec<f32>> = entries("query_embeddings", vectors.clone())?;
        let (ids, include, n_results) = (body.ids()?, body.include()?, body.count("n_results")?);
        let filter = body.filter()?;
        let rows: Vec<Option<Vec<f32>>> = vectors.into_iter().map(Some).collect();
        Ok(Self {
            embeddings: Embeddings::from_rows(&rows)?,
            n_results: n_results.unwrap_or(N_RESULTS),
            ids,
            filter,
            include: include.unwrap_or(Include::QUERY_DEFAULT),
        })
    }
}

impl DeleteRequest {
    /// Reads the body of a delete, as [`GetRequest::from_json`] does.
    pub fn from_json(body: &Value) -> Result<Self> {
        let body = Body::of(body)?;
        Ok(Self { ids: body.ids()?, limit: body.count("limit")?, filter: body.filter()? })
    }
}

struct Body<'a>(&'a Map<String, Value>);

impl<'a> Body<'a> {
    fn of(body: &'a Value) -> Result<Self> {
        body.as_object().map(Self).ok_or_else(|| Error::shape("invalid type: expected an object"))
    }

    /// A member that is there and not null.
    fn member(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn ids(&self) -> Result<Option<Vec<String>>> {
        self.member("ids").map(|ids| entries("ids", ids.clone())).transpose()
    }

    fn count(&self, name: &str) -> Result<Option<u32>> {
        let read =
            |value| u32::deserialize(value).map_err(|fault| Error::shape(format_args!("{name}: {fault}")));
        self.member(name).map(read).transpose()
    }

    fn include(&self) -> Result<Option<Include>> {
        let read = |names: &Value| Include::parse(&entries::<String>("include", names.clone())?);
        self.0.get("include").map(read).transpose()
    }

    fn filter(&self) -> Result<Option<Where>> {
        Where::parse_request(self.0.get("where"), self.0.get("where_document"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault<T: std::fmt::Debug>(read: Result<T>) -> (u16, String) {
        let error = read.unwrap_err();
        let message = error.to_string();
        let prefix = "Failed to deserialize the JSON body into the target type: ";
        (error.code(), message.strip_prefix(prefix).map(str::to_owned).unwrap_or(message))
    }

    #[test]
    fn absent_and_null_members_have_their_defaults() {
        let get = GetRequest { include: Include::GET_DEFAULT, ..GetRequest::default() };
        assert_eq!(GetRequest::from_json(&json!({})).unwrap(), get);
        let nulls = json!({"ids": null, "where": null, "where_document": null, "limit": null, "foo": 1});
        assert_eq!(GetRequest::from_json(&nulls).unwrap(), get);
        let query = QueryRequest::from_json(&json!({"query_embeddings": [[1, 2.5]]})).unwrap();
        assert_eq!((query.n_results, query.include), (10, Include::QUERY_DEFAULT));
        assert_eq!(query.embeddings.row(0), Some(&[1.0, 2.5][..]));
        assert_eq!(DeleteRequest::from_json(&json!({})).unwrap(), DeleteRequest::default());
    }

    #[test]
    fn faults_say_where_they_are() {
        let get = |body: Value| fault(GetRequest::from_json(&body));
        let query = |body: Value| fault(QueryRequest::from_json(&body));
        for (told, status, message) in [
            (get(json!({"limit": -1})), 422, "limit: invalid value: integer `-1`, expected u32"),
            (get(json!({"ids": "a"})), 422, "ids: invalid type: string \"a\", expected a sequence"),
            (get(json!({"include": null})), 422, "include: invalid type: null, expected a sequence"),
            (get(json!({"where": {}})), 400, "Invalid where clause"),
            (query(json!({})), 422, "missing field `query_embeddings`"),
            (
                query(json!({"query_embeddings": [[1], [1, 2]]})),
                400,
                "Inconsistent dimensions in provided embeddings",
            ),
            (
                query(json!({"query_embeddings": ["AAAA"]})),
                422,
                "query_embeddings[0]: invalid type: string \"AAAA\", expected a sequence",
            ),
            (fault(DeleteRequest::from_json(&json!([]))), 422, "invalid type: expected an object"),
        ] {
            assert_eq!(told, (status, message.to_owned()));
        }
    }
}

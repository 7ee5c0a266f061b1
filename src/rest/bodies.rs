//! The bodies of requests (spec: rest-api 3, 4, 7). Unknown members are passed over; null ones are absent, but for those that have no value
//! without them.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::error::Category;

use super::place;
use super::vectors::Vectors;
use crate::db::{Commit, ConditionalOperation};
use crate::error::{Error, Result};
use crate::types::{
    DeleteRequest, Embeddings, FacetsRequest, GetRequest, Include, MetadataValue, Operation, QueryRequest,
    RecordSet, UpdateMetadata, Where,
};

/// Reads a body. One that is no JSON is a 400, one of the wrong shape a 422; both say where.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let read =
        serde_path_to_error::deserialize(&mut json).map_err(|fault| match fault.inner().classify() {
            Category::Data => shape(body, &fault),
            _ => broken(&fault),
        })?;
    json.end().map_err(|fault| broken(&fault))?;
    Ok(read)
}

/// Reads a body that is an object. [`read`] takes the members of one in their order too, as a list: Chroma does so for some calls.
pub fn read_object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Error::shape("invalid type: sequence, expected a map at line 1 column 0"));
    }
    read(body)
}

/// What is read whole (schemas) says itself where in it a fault lies.
fn shape(body: &[u8], fault: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let (path, told) = (fault.path().to_string(), fault.inner().to_string());
    match told.strip_prefix(&path) {
        Some(rest) if rest.starts_with(['.', ':', '[']) => {
            let told = told.rsplit_once(" at line ").map_or(&*told, |(told, _)| told);
            place::located(body, Error::shape(told))
        }
        _ => Error::shape(fault),
    }
}

fn broken(fault: &dyn fmt::Display) -> Error {
    Error::InvalidArgument(format!("Failed to parse the request body as JSON: {fault}"))
}

#[derive(Deserialize)]
pub struct Named {
    pub name: String,
}

#[derive(Deserialize)]
pub struct NewName {
    pub new_name: String,
}

#[derive(Deserialize)]
pub struct UpdateTenant {
    pub resource_name: String,
}

#[derive(Deserialize)]
pub struct Detach {
    #[serde(default)]
    pub delete_output: bool,
}

#[derive(Deserialize)]
pub struct AddInput {
    #[serde(rename = "input_collection_id")]
    _input_collection_id: uuid::Uuid,
}

/// What a result carries besides the ids, by its names in requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    Distances,
    Documents,
    Embeddings,
    Metadatas,
    Uris,
}

const GET_SECTIONS: [Section; 2] = [Section::Documents, Section::Metadatas];
const QUERY_SECTIONS: [Section; 3] = [Section::Documents, Section::Metadatas, Section::Distances];

fn get_sections() -> Vec<Section> {
    GET_SECTIONS.to_vec()
}

fn query_sections() -> Vec<Section> {
    QUERY_SECTIONS.to_vec()
}

fn included(sections: &[Section]) -> Include {
    let has = |section| sections.contains(&section);
    Include {
        distances: has(Section::Distances),
        documents: has(Section::Documents),
        embeddings: has(Section::Embeddings),
        metadatas: has(Section::Metadatas),
        uris: has(Section::Uris),
    }
}

/// Metadata of a write. With `NULLS` a null deletes its key.
#[derive(Debug)]
struct Changes<const NULLS: bool>(UpdateMetadata);

impl<'de, const NULLS: bool> Deserialize<'de> for Changes<NULLS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<const NULLS: bool>;

        impl<'de, const NULLS: bool> Visitor<'de> for Members<NULLS> {
            type Value = UpdateMetadata;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<UpdateMetadata, A::Error> {
                let mut changes = UpdateMetadata::new();
                while let Some(key) = members.next_key()? {
                    let Change::<NULLS>(value) = members.next_value()?;
                    changes.insert(key, value);
                }
                Ok(changes)
            }
        }

        deserializer.deserialize_map(Members::<NULLS>).map(Self)
    }
}

struct Change<const NULLS: bool>(Option<MetadataValue>);

impl<'de, const NULLS: bool> Deserialize<'de> for Change<NULLS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match MetadataValue::from_json(&value) {
            None if NULLS && value.is_null() => Ok(Self(None)),
            None => {
                let name = if NULLS { "UpdateMetadataValue" } else { "MetadataValue" };
                let fault = format_args!("data did not match any variant of untagged enum {name}");
                Err(serde::de::Error::custom(fault))
            }
            value => Ok(Self(value)),
        }
    }
}

/// The columns of a write. An update may leave out vectors, and all of them.
#[derive(Deserialize)]
struct Columns<Vectors, const NULLS: bool> {
    ids: Vec<String>,
    embeddings: Vectors,
    documents: Option<Vec<Option<String>>>,
    uris: Option<Vec<Option<String>>>,
    metadatas: Option<Vec<Option<Changes<NULLS>>>>,
}

impl<V, const NULLS: bool> Columns<V, NULLS> {
    fn into_records(self, embeddings: impl FnOnce(V) -> Result<Option<Embeddings>>) -> Result<RecordSet> {
        let change = |changes: Option<Changes<NULLS>>| changes.map(|Changes(changes)| changes);
        Ok(RecordSet {
            ids: self.ids,
            embeddings: embeddings(self.embeddings)?,
            documents: self.documents,
            uris: self.uris,
            metadatas: self.metadatas.map(|metadatas| metadatas.into_iter().map(change).collect()),
        })
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
pub struct AddBody(Columns<Vectors<false>, false>);

#[derive(Deserialize)]
#[serde(transparent)]
pub struct UpsertBody(Columns<Vectors<false>, true>);

#[derive(Deserialize)]
#[serde(transparent)]
pub struct UpdateBody(Columns<Option<Vectors<true>>, true>);

impl AddBody {
    pub fn into_records(self) -> Result<RecordSet> {
        self.0.into_records(|vectors| vectors.into_embeddings().map(Some))
    }
}

impl UpsertBody {
    pub fn into_records(self) -> Result<RecordSet> {
        self.0.into_records(|vectors| vectors.into_embeddings().map(Some))
    }
}

impl UpdateBody {
    pub fn into_records(self) -> Result<RecordSet> {
        self.0.into_records(|vectors| vectors.map(Vectors::into_embeddings).transpose())
    }
}

#[derive(Deserialize)]
pub struct GetBody {
    ids: Option<Vec<String>>,
    r#where: Option<Value>,
    where_document: Option<Value>,
    limit: Option<u32>,
    offset: Option<u32>,
    #[serde(default = "get_sections")]
    pub include: Vec<Section>,
    /// Of a transaction's first read; plain reads pass it over.
    pub read_token: Option<u64>,
}

impl GetBody {
    pub fn request(&mut self) -> Result<GetRequest> {
        Ok(GetRequest {
            ids: self.ids.take(),
            filter: Where::parse_request(self.r#where.as_ref(), self.where_document.as_ref())?,
            limit: self.limit,
            offset: self.offset.unwrap_or(0),
            include: included(&self.include),
        })
    }
}

#[derive(Deserialize)]
pub struct QueryBody {
    query_embeddings: Vec<Vec<Component>>,
    n_results: Option<u32>,
    ids: Option<Vec<String>>,
    r#where: Option<Value>,
    where_document: Option<Value>,
    #[serde(default = "query_sections")]
    pub include: Vec<Section>,
}

/// A number as an f32: one beyond it is infinite, which queries may be.
#[derive(Deserialize)]
#[serde(from = "f64")]
struct Component(f32);

impl From<f64> for Component {
    fn from(number: f64) -> Self {
        Self(number as f32)
    }
}

/// Results of a query that does not say how many.
const N_RESULTS: u32 = 10;

impl QueryBody {
    pub fn request(&mut self) -> Result<QueryRequest> {
        let filter = Where::parse_request(self.r#where.as_ref(), self.where_document.as_ref())?;
        let row =
            |row: Vec<Component>| Some(row.into_iter().map(|Component(number)| number).collect::<Vec<_>>());
        let rows: Vec<_> = std::mem::take(&mut self.query_embeddings).into_iter().map(row).collect();
        Ok(QueryRequest {
            embeddings: Embeddings::from_rows(&rows)?,
            n_results: self.n_results.unwrap_or(N_RESULTS),
            ids: self.ids.take(),
            filter,
            include: included(&self.include),
        })
    }
}

#[derive(Deserialize)]
pub struct DeleteBody {
    ids: Option<Vec<String>>,
    r#where: Option<Value>,
    where_document: Option<Value>,
    limit: Option<u32>,
}

impl DeleteBody {
    pub fn into_request(self) -> Result<DeleteRequest> {
        let filter = Where::parse_request(self.r#where.as_ref(), self.where_document.as_ref())?;
        Ok(DeleteRequest { ids: self.ids, limit: self.limit, filter })
    }
}

#[derive(Deserialize)]
pub struct FacetsBody {
    keys: Vec<String>,
    #[serde(default = "facet_values")]
    limit: u32,
    ids: Option<Vec<String>>,
    r#where: Option<Value>,
    where_document: Option<Value>,
}

/// Values of a key that are answered unless the request says how many.
fn facet_values() -> u32 {
    10
}

impl FacetsBody {
    pub fn into_request(self) -> Result<FacetsRequest> {
        let filter = Where::parse_request(self.r#where.as_ref(), self.where_document.as_ref())?;
        Ok(FacetsRequest { keys: self.keys, ids: self.ids, filter, limit: self.limit })
    }
}

#[derive(Deserialize)]
pub struct CommitBody {
    read_token: Option<u64>,
    #[serde(default)]
    read_ids: Vec<String>,
    operations: Vec<Payload>,
}

/// A write of a transaction, with the body of its own route.
#[derive(Deserialize)]
#[serde(tag = "operation", content = "payload", rename_all = "lowercase")]
enum Payload {
    Add(AddBody),
    Update(UpdateBody),
    Upsert(UpsertBody),
    Delete(DeleteBody),
}

impl CommitBody {
    pub fn into_commit(self) -> Result<Commit> {
        let write = |operation, records| Ok(ConditionalOperation::Write(operation, records));
        let operation = |payload| match payload {
            Payload::Add(body) => write(Operation::Add, body.into_records()?),
            Payload::Update(body) => write(Operation::Update, body.into_records()?),
            Payload::Upsert(body) => write(Operation::Upsert, body.into_records()?),
            Payload::Delete(body) => body.into_request().map(ConditionalOperation::Delete),
        };
        let operations = self.operations.into_iter().map(operation).collect::<Result<_>>()?;
        Ok(Commit { read_token: self.read_token, read_ids: self.read_ids, operations })
    }
}

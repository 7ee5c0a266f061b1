//! Requests and results across the boundary.

use std::cell::RefCell;

use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use super::{JsResult, error, json, metadata};
use crate::blockstore::DataRecord;
use crate::db::{Commit, ConditionalOperation, Facet, Quotas};
use crate::segment::{RecordChange, decode_metadata};
use crate::types::{
    DeleteRequest, Embeddings, FacetsRequest, GetRequest, GetResult, Include, Metadata, Operation,
    QueryRequest, QueryResult, RecordSet, SearchResult, UpdateMetadata, Where,
};

thread_local! {
    /// The names of members as JavaScript strings. Each call would decode some ten of them anew, a microsecond each.
    static NAMES: RefCell<Vec<(&'static str, JsValue)>> = const { RefCell::new(Vec::new()) };
}

fn js_name(name: &'static str) -> JsValue {
    NAMES.with_borrow_mut(|names| match names.iter().find(|(known, _)| *known == name) {
        Some((_, value)) => value.clone(),
        None => {
            let value = JsValue::from_str(name);
            names.push((name, value.clone()));
            value
        }
    })
}

/// Sets a member of an object that was just created.
pub fn set(object: &Object, name: &'static str, value: &JsValue) {
    // Fails on frozen objects only.
    let _ = Reflect::set(object, &js_name(name), value);
}

/// A member of a request; `None` when it is absent, undefined or null.
pub fn member(request: &JsValue, name: &'static str) -> JsResult<Option<JsValue>> {
    let value = Reflect::get(request, &js_name(name)).map_err(|_| error::shape("expected an object"))?;
    Ok((!value.is_undefined() && !value.is_null()).then_some(value))
}

/// Reads the columns of an add, update or upsert.
pub fn record_set(request: &JsValue) -> JsResult<RecordSet> {
    record_set_with(request, metadata::from_js)
}

/// As [`record_set`], with metadata in a form of its own.
pub fn record_set_with(
    request: &JsValue,
    read: fn(&JsValue, usize) -> JsResult<UpdateMetadata>,
) -> JsResult<RecordSet> {
    Ok(RecordSet {
        ids: texts(request, "ids")?,
        embeddings: member(request, "embeddings")?.map(|value| matrix(&value)).transpose()?,
        documents: member(request, "documents")?
            .map(|value| optional_strings(&value, "documents"))
            .transpose()?,
        uris: member(request, "uris")?.map(|value| optional_strings(&value, "uris")).transpose()?,
        metadatas: member(request, "metadatas")?.map(|value| metadatas(&value, read)).transpose()?,
    })
}

pub fn get_request(request: &JsValue) -> JsResult<GetRequest> {
    Ok(GetRequest {
        ids: ids(request)?,
        filter: filter(request)?,
        limit: unsigned(request, "limit")?,
        offset: unsigned(request, "offset")?.unwrap_or(0),
        include: include(request)?.unwrap_or(Include::GET_DEFAULT),
    })
}

pub fn query_request(request: &JsValue) -> JsResult<QueryRequest> {
    let embeddings = member(request, "query_embeddings")?;
    let embeddings = embeddings.ok_or_else(|| error::shape("missing field `query_embeddings`"))?;
    Ok(QueryRequest {
        embeddings: matrix(&embeddings)?,
        n_results: unsigned(request, "n_results")?.unwrap_or(10),
        ids: ids(request)?,
        filter: filter(request)?,
        include: include(request)?.unwrap_or(Include::QUERY_DEFAULT),
    })
}

pub fn delete_request(request: &JsValue) -> JsResult<DeleteRequest> {
    Ok(DeleteRequest { ids: ids(request)?, filter: filter(request)?, limit: unsigned(request, "limit")? })
}

/// Writes columns; a section that was not asked for is null.
pub fn get_result(result: &GetResult) -> JsValue {
    get_result_with(result, metadatas_to_js)
}

/// As [`get_result`], with metadata in a form of its own.
pub fn get_result_with(result: &GetResult, write: fn(Option<&[Option<Metadata>]>) -> JsValue) -> JsValue {
    let columns = Object::new();
    set(&columns, "ids", &strings_to_js(&result.ids));
    set(&columns, "embeddings", &result.embeddings.as_ref().map_or(JsValue::NULL, matrix_to_js));
    set(&columns, "documents", &optional_strings_to_js(result.documents.as_deref()));
    set(&columns, "uris", &optional_strings_to_js(result.uris.as_deref()));
    set(&columns, "metadatas", &write(result.metadatas.as_deref()));
    columns.into()
}

/// Writes the columns for each query.
pub fn query_result(result: QueryResult) -> JsValue {
    let columns = Object::new();
    set(&columns, "rows", &result.rows.iter().map(get_result).collect::<Array>());
    let distances = result.distances.map(|distances| {
        let arrays =
            distances.iter().map(|distances| JsValue::from(Float32Array::from(distances.as_slice())));
        JsValue::from(arrays.collect::<Array>())
    });
    set(&columns, "distances", &distances.unwrap_or(JsValue::NULL));
    columns.into()
}

/// Writes the columns for each search.
pub fn search_results(results: &[SearchResult]) -> JsValue {
    let searches = Object::new();
    set(&searches, "searches", &results.iter().map(search_result).collect::<Array>());
    searches.into()
}

/// Writes the values of a key and how many records have each.
pub fn facet((key, facet): &(String, Facet)) -> JsValue {
    let object = Object::new();
    set(&object, "key", &JsValue::from_str(key));
    set(&object, "distinct", &JsValue::from_f64(facet.distinct as f64));
    let values = facet.values.iter().map(|(value, count)| {
        let entry = Object::new();
        set(&entry, "value", &metadata::value_to_js(value));
        set(&entry, "count", &JsValue::from_f64(*count as f64));
        entry
    });
    set(&object, "values", &values.collect::<Array>());
    object.into()
}

pub fn facets_request(request: &JsValue) -> JsResult<FacetsRequest> {
    Ok(FacetsRequest {
        keys: texts(request, "keys")?,
        ids: ids(request)?,
        filter: filter(request)?,
        limit: unsigned(request, "limit")?.unwrap_or(10),
    })
}

/// The `read_token` of a conditional request.
pub fn token(request: &JsValue) -> JsResult<Option<u64>> {
    let token = member(request, "read_token")?.and_then(|token| token.as_f64());
    Ok(token.map(|token| token as u64))
}

/// Reads `{ read_token, read_ids, operations: [{ operation, payload }] }`.
pub fn commit(request: &JsValue) -> JsResult<Commit> {
    let read_ids = member(request, "read_ids")?.map(|ids| strings(&ids, "read_ids")).transpose()?;
    let mut commit = Commit {
        read_token: token(request)?,
        read_ids: read_ids.unwrap_or_default(),
        operations: Vec::new(),
    };
    let operations =
        member(request, "operations")?.ok_or_else(|| error::shape("missing field `operations`"))?;
    for entry in Array::from(&operations).iter() {
        let payload = member(&entry, "payload")?.ok_or_else(|| error::shape("missing field `payload`"))?;
        let name = member(&entry, "operation")?.and_then(|name| name.as_string()).unwrap_or_default();
        let operation = match name.as_str() {
            "add" => Operation::Add,
            "update" => Operation::Update,
            "upsert" => Operation::Upsert,
            "delete" => {
                commit.operations.push(ConditionalOperation::Delete(delete_request(&payload)?));
                continue;
            }
            other => return Err(error::shape(&format!("operations: unknown variant `{other}`"))),
        };
        commit.operations.push(ConditionalOperation::Write(operation, record_set(&payload)?));
    }
    Ok(commit)
}

/// Writes a record in its old and its new form.
pub fn record_change(change: &RecordChange) -> JsResult<JsValue> {
    let object = Object::new();
    set(&object, "old", &stored_record(change.old.as_ref())?);
    let new = stored_record(change.new.as_ref())?;
    if let (Some(record), Some(vector)) = (new.dyn_ref::<Object>(), &change.embedding) {
        set(record, "embedding", &Float32Array::from(vector.as_slice()));
    }
    set(&object, "new", &new);
    Ok(object.into())
}

fn stored_record(record: Option<&DataRecord>) -> JsResult<JsValue> {
    let Some(record) = record else { return Ok(JsValue::NULL) };
    let text = |text: &Option<String>| text.as_deref().map_or(JsValue::NULL, JsValue::from_str);
    let decoded = decode_metadata(record.metadata.as_deref()).map_err(error::to_js)?;
    let object = Object::new();
    set(&object, "id", &JsValue::from_str(&record.id));
    set(&object, "document", &text(&record.document));
    set(&object, "uri", &text(&record.uri));
    set(&object, "metadata", &metadata::to_js(Some(&decoded).filter(|decoded| !decoded.is_empty())));
    Ok(object.into())
}

/// Reads `{ upsert, delete }`: columns of a write, and ids.
pub fn function_output(output: &JsValue) -> JsResult<(Option<RecordSet>, Vec<String>)> {
    let upserted = member(output, "upsert")?.map(|records| record_set(&records)).transpose()?;
    let deleted = member(output, "delete")?.map(|ids| strings(&ids, "delete")).transpose()?;
    Ok((upserted, deleted.unwrap_or_default()))
}

/// Reads an object of quotas by their names.
pub fn quotas(object: &JsValue) -> JsResult<Quotas> {
    let mut quotas = Quotas::default();
    let Some(object) = object.dyn_ref::<Object>() else { return Ok(quotas) };
    for entry in Object::entries(object).iter() {
        let entry = Array::from(&entry);
        let name = entry.get(0).as_string().unwrap_or_default();
        let limit = entry.get(1).as_f64().filter(|limit| *limit >= 0.0);
        let limit =
            limit.ok_or_else(|| error::invalid(&format!("the quota {name} must be a number from 0 on")))?;
        quotas.set(&name, limit as u64).map_err(error::to_js)?;
    }
    Ok(quotas)
}

/// As [`get_result`], with the scores.
pub fn search_result(result: &SearchResult) -> JsValue {
    let columns = Object::new();
    set(&columns, "ids", &strings_to_js(&result.ids));
    set(&columns, "embeddings", &result.embeddings.as_ref().map_or(JsValue::NULL, matrix_to_js));
    set(&columns, "documents", &optional_strings_to_js(result.documents.as_deref()));
    set(&columns, "metadatas", &metadatas_to_js(result.metadatas.as_deref()));
    let scores = result.scores.as_deref();
    set(&columns, "scores", &scores.map_or(JsValue::NULL, |scores| Float32Array::from(scores).into()));
    set(&columns, "select", &strings_to_js(&result.select));
    columns.into()
}

pub fn strings_to_js(values: &[String]) -> JsValue {
    values.iter().map(|value| JsValue::from_str(value)).collect::<Array>().into()
}

fn metadatas_to_js(metadatas: Option<&[Option<Metadata>]>) -> JsValue {
    metadatas.map_or(JsValue::NULL, metadata::column_to_js)
}

fn matrix_to_js(embeddings: &Embeddings) -> JsValue {
    let matrix = Object::new();
    set(&matrix, "data", &Float32Array::from(embeddings.data.as_slice()));
    set(&matrix, "dimension", &JsValue::from_f64(embeddings.dimension as f64));
    matrix.into()
}

fn matrix(value: &JsValue) -> JsResult<Embeddings> {
    let data = member(value, "data")?.and_then(|data| data.dyn_into::<Float32Array>().ok());
    let data = data.ok_or_else(|| error::shape("embeddings: expected data as a Float32Array"))?;
    let dimension =
        unsigned(value, "dimension")?.ok_or_else(|| error::shape("embeddings: missing dimension"))?;
    let present = member(value, "present")?.and_then(|present| present.dyn_into::<Uint8Array>().ok());
    Ok(Embeddings {
        data: data.to_vec(),
        dimension: dimension as usize,
        present: present.map(|present| present.to_vec().into_iter().map(|flag| flag != 0).collect()),
    })
}

/// A column of texts that a request must have.
pub fn texts(request: &JsValue, name: &'static str) -> JsResult<Vec<String>> {
    let column = member(request, name)?.ok_or_else(|| error::shape(&format!("missing field `{name}`")))?;
    strings(&column, name)
}

fn ids(request: &JsValue) -> JsResult<Option<Vec<String>>> {
    member(request, "ids")?.map(|value| strings(&value, "ids")).transpose()
}

fn filter(request: &JsValue) -> JsResult<Option<Where>> {
    let json = |name| member(request, name)?.map(|value| json::from_js(&value)).transpose();
    let (metadata, document) = (json("where")?, json("where_document")?);
    Where::parse_request(metadata.as_ref(), document.as_ref()).map_err(error::to_js)
}

fn include(request: &JsValue) -> JsResult<Option<Include>> {
    let Some(names) = member(request, "include")? else { return Ok(None) };
    Include::parse(&strings(&names, "include")?).map(Some).map_err(error::to_js)
}

fn unsigned(request: &JsValue, name: &'static str) -> JsResult<Option<u32>> {
    let Some(value) = member(request, name)? else { return Ok(None) };
    let number = value.as_f64().filter(|number| *number as u32 as f64 == *number);
    let number = number.ok_or_else(|| error::shape(&format!("{name}: invalid value, expected u32")))?;
    Ok(Some(number as u32))
}

fn strings(value: &JsValue, name: &str) -> JsResult<Vec<String>> {
    let expected = |index: u32| error::shape(&format!("{name}[{index}]: invalid type, expected a string"));
    let values = array(value, name)?;
    (0..values.length()).map(|index| values.get(index).as_string().ok_or_else(|| expected(index))).collect()
}

fn optional_strings(value: &JsValue, name: &str) -> JsResult<Vec<Option<String>>> {
    let values = array(value, name)?;
    let text = |index: u32| match values.get(index) {
        value if value.is_null() || value.is_undefined() => Ok(None),
        value => match value.as_string() {
            Some(text) => Ok(Some(text)),
            None => Err(error::shape(&format!("{name}[{index}]: invalid type, expected a string"))),
        },
    };
    (0..values.length()).map(text).collect()
}

fn metadatas(
    value: &JsValue,
    read: fn(&JsValue, usize) -> JsResult<UpdateMetadata>,
) -> JsResult<Vec<Option<UpdateMetadata>>> {
    let values = array(value, "metadatas")?;
    let row = |(index, value): (usize, JsValue)| match value.is_null() || value.is_undefined() {
        true => Ok(None),
        false => read(&value, index).map(Some),
    };
    values.iter().enumerate().map(row).collect()
}

fn array(value: &JsValue, name: &str) -> JsResult<Array> {
    if Array::is_array(value) {
        return Ok(Array::from(value));
    }
    Err(error::shape(&format!("{name}: invalid type, expected a sequence")))
}

fn optional_strings_to_js(values: Option<&[Option<String>]>) -> JsValue {
    let text = |value: &Option<String>| value.as_deref().map_or(JsValue::NULL, JsValue::from_str);
    values.map_or(JsValue::NULL, |values| values.iter().map(text).collect::<Array>().into())
}

//! Linked collections across the boundary: `pkg/src/engine/engine.ts`.
//!
//! Metadata of records crosses as JSON text here, which keeps `1` and `1.0` apart: what goes on to a remote collection has to be what was written.

use futures::FutureExt;
use js_sys::Array;
use wasm_bindgen::prelude::*;

use super::extensions::Arguments;
use super::{Engine, JsResult, convert, error, metadata, to_js};
use crate::db::{Replicated, ReplicatedRecord, Replication, Row};
use crate::types::{Metadata, UpdateMetadata};

/// Calls a method of these; `None` if there is none of that name.
pub(super) async fn link(engine: &Engine, method: &str, arguments: &Arguments) -> JsResult<Option<JsValue>> {
    let db = &engine.db;
    if method == "links" {
        return to_js(&db.links()).map(Some);
    }
    if !matches!(method, "linkCollection" | "unlinkCollection" | "exactRecords" | "shadowRows" | "replicate")
    {
        return Ok(None);
    }
    let (tenant, database, id) = (&arguments.text(0)?, &arguments.text(1)?, &arguments.text(2)?);
    Ok(Some(match method {
        "linkCollection" => {
            let linking = db.link_collection(tenant, database, id, arguments.text(3)?);
            engine.run(linking.boxed_local()).await?;
            JsValue::UNDEFINED
        }
        "unlinkCollection" => {
            engine.run(db.unlink_collection(tenant, database, id).boxed_local()).await?;
            JsValue::UNDEFINED
        }
        "exactRecords" => {
            let request = convert::get_request(&arguments.value(3))?;
            let found = db.get(tenant, database, id, &request).await.map_err(error::to_js)?;
            convert::get_result_with(&found, exact_metadatas)
        }
        "shadowRows" => {
            let request = convert::get_request(&arguments.value(3))?;
            let rows = db.shadow_rows(tenant, database, id, &request).await;
            convert::get_result(&rows.map_err(error::to_js)?)
        }
        _ => {
            let replication = replication(&arguments.value(3))?;
            let conflicts = engine.run(db.replicate(tenant, database, id, replication).boxed_local()).await?;
            engine.after_write();
            convert::strings_to_js(&conflicts)
        }
    }))
}

fn exact_metadatas(metadatas: Option<&[Option<Metadata>]>) -> JsValue {
    let text = |row: &Option<Metadata>| {
        let text = row.as_ref().and_then(|row| serde_json::to_string(row).ok());
        text.map_or(JsValue::NULL, |text| JsValue::from_str(&text))
    };
    metadatas.map_or(JsValue::NULL, |rows| rows.iter().map(text).collect::<Array>().into())
}

/// Reads `{ ids, edited, changes, rows, records, link_rows: { ids, rows } }`.
fn replication(request: &JsValue) -> JsResult<Replication> {
    let ids = convert::texts(request, "ids")?;
    let column = |name| convert::member(request, name).map(|column| Array::from(&column.unwrap_or_default()));
    let (edited, changes, rows) = (column("edited")?, column("changes")?, column("rows")?);
    let mut replication = Replication::default();
    for (place, id) in (0..).zip(ids) {
        let change = match changes.get(place).as_string().as_deref() {
            Some("keep") => Replicated::Keep,
            Some("put") => Replicated::Put,
            Some("delete") => Replicated::Delete,
            _ => return Err(error::shape("changes: expected keep, put or delete")),
        };
        let edited = edited.get(place).as_f64().map(|stamp| stamp as i64);
        replication.changes.push(ReplicatedRecord { id, edited, change, row: row(&rows.get(place))? });
    }
    if let Some(records) = convert::member(request, "records")? {
        replication.records = convert::record_set_with(&records, exact_metadata)?;
    }
    if let Some(link_rows) = convert::member(request, "link_rows")? {
        let rows = convert::member(&link_rows, "rows")?.unwrap_or_default();
        let rows = Array::from(&rows);
        for (place, id) in (0..).zip(convert::texts(&link_rows, "ids")?) {
            replication.rows.push((id, row(&rows.get(place))?));
        }
    }
    Ok(replication)
}

/// Reads `{ metadata, document }`; null for none.
fn row(value: &JsValue) -> JsResult<Option<Row>> {
    if !value.is_object() {
        return Ok(None);
    }
    let metadata = convert::member(value, "metadata")?;
    let metadata = metadata.map(|metadata| metadata::from_js(&metadata, 0)).transpose()?;
    let document = convert::member(value, "document")?.and_then(|document| document.as_string());
    Ok(Some(Row { metadata: metadata.unwrap_or_default(), document }))
}

fn exact_metadata(value: &JsValue, index: usize) -> JsResult<UpdateMetadata> {
    let text = value.as_string().ok_or_else(|| error::shape("metadatas: expected JSON text"))?;
    serde_json::from_str(&text).map_err(|error| error::shape(&format!("metadatas[{index}]: {error}")))
}

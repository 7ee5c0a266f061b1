//! Records as they are published, and rows: what a snapshot holds of each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::codec::{Reader, Writer};
use crate::error::{Error, Result};
use crate::limits::ROWS_PER_PART;
use crate::part::{Hash, hash};

/// Metadata of a record: booleans, numbers, texts, arrays of one of these, and sparse vectors as objects.
pub type Metadata = BTreeMap<String, Value>;

/// A record without its vector.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Record {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// A record with its vector, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub record: Record,
    pub vector: Vec<f32>,
}

const DOCUMENT: u8 = 1;
const URI: u8 = 2;
const METADATA: u8 = 4;

/// Appends a row: the id, which members follow, these (metadata as JSON, keys ascending), and the components as f32.
pub fn write_row(record: &Record, vector: &[f32], out: &mut Writer) -> Result<()> {
    out.bytes(record.id.as_bytes());
    let metadata = record.metadata.as_ref().filter(|metadata| !metadata.is_empty());
    let member = |present: bool, flag: u8| if present { flag } else { 0 };
    out.u8(member(record.document.is_some(), DOCUMENT)
        | member(record.uri.is_some(), URI)
        | member(metadata.is_some(), METADATA));
    for text in [&record.document, &record.uri].into_iter().flatten() {
        out.bytes(text.as_bytes());
    }
    if let Some(metadata) = metadata {
        let json = serde_json::to_vec(metadata).map_err(|error| Error::invalid(error.to_string()))?;
        out.bytes(&json);
    }
    vector.iter().for_each(|component| out.f32(*component));
    Ok(())
}

/// Reads what [`write_row`] wrote.
fn read_row(reader: &mut Reader<'_>, dimension: usize) -> Result<Row> {
    let id = reader.text()?.to_owned();
    let members = reader.u8()?;
    if members > DOCUMENT | URI | METADATA {
        return Err(reader.fault("a row with unknown members"));
    }
    let mut text = |flag: u8| (members & flag != 0).then(|| reader.text().map(str::to_owned)).transpose();
    let (document, uri) = (text(DOCUMENT)?, text(URI)?);
    let metadata = match members & METADATA {
        0 => None,
        _ => {
            let json = serde_json::from_slice(reader.bytes()?);
            Some(json.map_err(|error| reader.fault(format!("metadata: {error}")))?)
        }
    };
    let components = reader.raw(dimension.saturating_mul(4))?;
    let vector = components.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(Row { record: Record { id, document, uri, metadata }, vector })
}

/// The rows of a part.
pub fn read_rows(bytes: &[u8], dimension: usize) -> Result<Vec<Row>> {
    let mut reader = Reader::new("rows", bytes);
    let mut rows = Vec::new();
    while reader.remaining() > 0 {
        if rows.len() == ROWS_PER_PART {
            return Err(reader.fault("too many rows"));
        }
        rows.push(read_row(&mut reader, dimension)?);
    }
    Ok(rows)
}

/// What tells whether a record has changed since it was published.
pub fn row_digest(record: &Record, vector: &[f32]) -> Result<Hash> {
    let mut out = Writer::new();
    write_row(record, vector, &mut out)?;
    Ok(hash(&out.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_come_back_as_they_were() {
        let metadata = serde_json::from_value(json!({"a": 1, "b": 0.1, "c": ["x"], "d": true})).unwrap();
        let full = Record {
            id: "ä".into(),
            document: Some(String::new()),
            uri: Some("u".into()),
            metadata: Some(metadata),
        };
        let bare = Record { id: "b".into(), ..Record::default() };
        let mut out = Writer::new();
        write_row(&full, &[1.0, -0.0], &mut out).unwrap();
        write_row(&bare, &[f32::MAX, 2.5], &mut out).unwrap();
        let rows = read_rows(&out.into_bytes(), 2).unwrap();
        assert_eq!(rows[0], Row { record: full, vector: vec![1.0, -0.0] });
        assert_eq!(rows[1], Row { record: bare, vector: vec![f32::MAX, 2.5] });
    }
}

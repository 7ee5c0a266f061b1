//! Bodies of the record operations as JSON: writes here (spec: rest-api 4.1–4.3), reads and deletes in [`requests`], what is
//! answered in [`answers`].

mod answers;
mod base64;
mod requests;

use serde::Deserialize;
use serde_json::Value;

use super::metadata::{MetadataValue, UpdateMetadata};
use super::record::{Embeddings, Operation, RecordSet};
use super::validation::embedding_rows;
use crate::error::{Error, Result};

impl RecordSet {
    /// Reads the body of an add, update or upsert. Unknown members are passed over, null ones are absent.
    /// A body of the wrong shape is a 422 that says where, a vector that cannot be one is a 400; all
    /// other rules are for [`super::validation::record_set`] to check.
    pub fn from_json(mut body: Value, operation: Operation) -> Result<Self> {
        let Some(members) = body.as_object_mut() else {
            return Err(Error::shape("invalid type: expected an object"));
        };
        let ids = members.remove("ids").ok_or_else(|| Error::shape("missing field `ids`"))?;
        let embeddings = members.remove("embeddings");
        if embeddings.is_none() && operation != Operation::Update {
            return Err(Error::shape("missing field `embeddings`"));
        }
        let mut column = |name| members.remove(name).filter(|column| !column.is_null());
        let documents = column("documents").map(|column| texts("documents", column)).transpose()?;
        let uris = column("uris").map(|column| texts("uris", column)).transpose()?;
        let metadatas = column("metadatas").map(changes).transpose()?;
        Ok(Self {
            ids: entries("ids", ids)?,
            embeddings: read_embeddings(embeddings, operation)?,
            documents,
            uris,
            metadatas,
        })
    }
}

/// Reads a list, entry by entry, so that a fault says where it is.
fn entries<T: for<'de> Deserialize<'de>>(name: &str, column: Value) -> Result<Vec<T>> {
    let column =
        Vec::<Value>::deserialize(column).map_err(|fault| Error::shape(format_args!("{name}: {fault}")))?;
    let entry = |(index, value)| {
        T::deserialize(value).map_err(|fault| Error::shape(format_args!("{name}[{index}]: {fault}")))
    };
    column.into_iter().enumerate().map(entry).collect()
}

fn texts(name: &str, column: Value) -> Result<Vec<Option<String>>> {
    entries(name, column)
}

fn changes(column: Value) -> Result<Vec<Option<UpdateMetadata>>> {
    let objects: Vec<Option<serde_json::Map<String, Value>>> = entries("metadatas", column)?;
    let change = |(index, object): (usize, serde_json::Map<_, _>)| {
        let mut change = UpdateMetadata::new();
        for member in object {
            let (key, value) = read_member(index, member)?;
            change.insert(key, value);
        }
        Ok(change)
    };
    let objects = objects.into_iter().enumerate();
    objects.map(|(index, object)| object.map(|object| change((index, object))).transpose()).collect()
}

fn read_member(index: usize, (key, value): (String, Value)) -> Result<(String, Option<MetadataValue>)> {
    if value.is_null() {
        return Ok((key, None));
    }
    match MetadataValue::from_json(&value) {
        Some(value) => Ok((key, Some(value))),
        None => Err(Error::shape(format_args!(
            "metadatas[{index}].{key}: data did not match any variant of untagged enum UpdateMetadataValue"
        ))),
    }
}

/// Vectors are lists of numbers or base64 texts, in one request all the same; only an update may leave
/// some out, or all.
fn read_embeddings(json: Option<Value>, operation: Operation) -> Result<Option<Embeddings>> {
    let update = operation == Operation::Update;
    let Some(json) = json.filter(|json| !(update && json.is_null())) else { return Ok(None) };
    let mismatch = || {
        let payload = if update { "UpdateEmbeddingsPayload" } else { "EmbeddingsPayload" };
        Error::shape(format_args!("embeddings: data did not match any variant of untagged enum {payload}"))
    };
    let Value::Array(rows) = json else { return Err(mismatch()) };
    if !update && rows.iter().any(Value::is_null) {
        return Err(mismatch());
    }
    let rows: Vec<Option<Vec<f32>>> = if rows.iter().all(|row| row.is_null() || row.is_string()) {
        let row =
            |(index, row): (usize, &Value)| row.as_str().map(|text| base64::vector(index, text)).transpose();
        rows.iter().enumerate().map(row).collect::<Result<_>>()?
    } else {
        Deserialize::deserialize(Value::Array(rows)).map_err(|_: serde_json::Error| mismatch())?
    };
    embedding_rows(&rows).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(body: Value, operation: Operation) -> (u16, String) {
        let error = RecordSet::from_json(body, operation).unwrap_err();
        let message = error.to_string();
        let prefix = "Failed to deserialize the JSON body into the target type: ";
        (error.code(), message.strip_prefix(prefix).map(str::to_owned).unwrap_or(message))
    }

    #[test]
    fn a_body_gives_its_columns() {
        let body = json!({
            "ids": ["a", "b"], "embeddings": [[1, 2.5], [0, -1]], "documents": ["x", null], "uris": null,
            "metadatas": [{"k": 1, "gone": null}, null], "foo": 1,
        });
        let expected = RecordSet {
            ids: vec!["a".into(), "b".into()],
            embeddings: Some(Embeddings { data: vec![1.0, 2.5, 0.0, -1.0], dimension: 2, present: None }),
            documents: Some(vec![Some("x".into()), None]),
            uris: None,
            metadatas: Some(vec![
                Some(UpdateMetadata::from([
                    ("gone".into(), None),
                    ("k".into(), Some(MetadataValue::Int(1))),
                ])),
                None,
            ]),
        };
        assert_eq!(RecordSet::from_json(body, Operation::Upsert).unwrap(), expected);
    }

    #[test]
    fn base64_and_numbers_give_the_same_vectors() {
        let rows = |embeddings: Value| {
            let body = json!({"ids": ["b1"], "embeddings": embeddings});
            RecordSet::from_json(body, Operation::Update).unwrap().embeddings
        };
        assert_eq!(rows(json!(["AADAPwAAIEAAAGBA", null])), rows(json!([[1.5, 2.5, 3.5], null])));
        assert_eq!(rows(json!([null])).unwrap().present, Some(vec![false]));
        assert_eq!(rows(json!([])).unwrap().len(), 0);
        assert_eq!(rows(json!(null)), None);
        assert_eq!(
            RecordSet::from_json(json!({"ids": []}), Operation::Update).unwrap(),
            RecordSet::default()
        );
    }

    #[test]
    fn recorded_faults_of_shape_say_where_they_are() {
        let payload = "embeddings: data did not match any variant of untagged enum EmbeddingsPayload";
        let value = "metadatas[0].a: data did not match any variant of untagged enum UpdateMetadataValue";
        let with_metadata =
            |metadata: Value| json!({"ids": ["m"], "embeddings": [[1]], "metadatas": [metadata]});
        for (body, message) in [
            (json!({"ids": ["e1"]}), "missing field `embeddings`"),
            (json!({"embeddings": []}), "missing field `ids`"),
            (json!({"ids": ["e1"], "embeddings": null}), payload),
            (json!({"ids": ["e1"], "embeddings": [null]}), payload),
            (json!({"ids": ["e1"], "embeddings": [[1, 2, null]]}), payload),
            (json!({"ids": ["e1"], "embeddings": [["a"]]}), payload),
            (json!({"ids": ["e1"], "embeddings": ["AACAPwAAgD8AAABA", [1, 2, 3]]}), payload),
            (
                json!({"ids": [1], "embeddings": [[1, 2, 3]]}),
                "ids[0]: invalid type: integer `1`, expected a string",
            ),
            (json!({"ids": null, "embeddings": []}), "ids: invalid type: null, expected a sequence"),
            (with_metadata(json!({"a": [1, "x"]})), value),
            (with_metadata(json!({"a": [[1]]})), value),
            (with_metadata(json!({"a": {"x": 1}})), value),
        ] {
            assert_eq!(fault(body.clone(), Operation::Upsert), (422, message.into()), "{body}");
        }
        assert_eq!(fault(json!([]), Operation::Add).0, 422);
        assert_eq!(
            fault(json!({"ids": ["a"], "documents": [1]}), Operation::Update),
            (422, "documents[0]: invalid type: integer `1`, expected a string".into())
        );
    }

    #[test]
    fn recorded_faults_of_vectors_have_their_messages() {
        let add =
            |embeddings: Value| fault(json!({"ids": ["e1", "e2"], "embeddings": embeddings}), Operation::Add);
        for (embeddings, message) in [
            (json!([[1, 2, 3], [1, 2]]), "Inconsistent dimensions in provided embeddings"),
            (json!([[]]), "Validation error: embeddings: Each embedding must have at least 1 dimension"),
            (json!([""]), "Validation error: embeddings: Each embedding must have at least 1 dimension"),
            (
                json!([[1, 2, 1e40]]),
                "Validation error: embeddings: Embeddings must not contain NaN or Infinity values",
            ),
            (json!(["!!!"]), "Invalid base64 string: Invalid symbol 33, offset 0."),
            (json!(["AADAfwAAgD8AAABA"]), "Non-finite float value at embedding index 0: NaN"),
        ] {
            assert_eq!(add(embeddings), (400, message.into()));
        }
    }
}

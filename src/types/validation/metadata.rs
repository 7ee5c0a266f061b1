//! Metadata of collections and records (spec: rest-api 1.3).

use crate::error::{Error, Result};
use crate::types::metadata::{DOCUMENT_KEY, Metadata, MetadataValue, URI_KEY, UpdateMetadata};

/// Checks the metadata of a collection that is to be created. `field` is the member of the request that
/// holds it, for the message.
pub fn collection_metadata(field: &str, metadata: &Metadata) -> Result<()> {
    check_collection(field, metadata.iter().map(|(key, value)| (key, Some(value))))
}

/// Checks the `new_metadata` of a collection. Nulls count as members: they are dropped only later.
pub fn new_collection_metadata(metadata: &UpdateMetadata) -> Result<()> {
    check_collection("new_metadata", metadata.iter().map(|(key, value)| (key, value.as_ref())))
}

fn check_collection<'a>(
    field: &str,
    members: impl ExactSizeIterator<Item = (&'a String, Option<&'a MetadataValue>)>,
) -> Result<()> {
    if members.len() == 0 {
        return Err(Error::validation(field, "Metadata cannot be empty"));
    }
    for (key, value) in members {
        if let Some(fault) = key_fault(key) {
            return Err(Error::validation(field, fault));
        }
        if let Some(MetadataValue::SparseVector(_)) = value {
            let rule = format_args!("Sparse vectors are not supported in collection metadata: {key}");
            return Err(Error::validation(field, rule));
        }
    }
    Ok(())
}

/// Checks the metadata of the record at `index`, which may be a change with nulls.
pub(super) fn record_metadata(index: usize, metadata: &UpdateMetadata) -> Result<()> {
    for (key, value) in metadata {
        if key_fault(key).is_some() {
            return Err(invalid_record(index, ""));
        }
        if key == DOCUMENT_KEY || key == URI_KEY {
            return Err(invalid_record(index, &format!(": the key '{key}' is reserved")));
        }
        if let Some(MetadataValue::SparseVector(vector)) = value
            && let Err(fault) = vector.validate()
        {
            return Err(invalid_record(index, &format!(": {fault}")));
        }
    }
    Ok(())
}

fn invalid_record(index: usize, detail: &str) -> Error {
    Error::validation("metadatas", format_args!("Invalid metadata at index {index}{detail}"))
}

fn key_fault(key: &str) -> Option<String> {
    if key.is_empty() {
        Some("Metadata key cannot be empty".into())
    } else if key.starts_with(['#', '$']) {
        Some(format!("Metadata key cannot start with '#' or '$': {key}"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::metadata::SparseVector;

    fn metadata<const N: usize>(entries: [(&str, MetadataValue); N]) -> Metadata {
        entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    fn change<const N: usize>(entries: [(&str, Option<MetadataValue>); N]) -> UpdateMetadata {
        entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    fn message(result: Result<()>) -> String {
        let error = result.unwrap_err();
        assert_eq!(error.code(), 400);
        error.to_string()
    }

    #[test]
    fn collection_metadata_has_members_with_proper_keys() {
        let one = MetadataValue::Int(1);
        collection_metadata("metadata", &metadata([("a", one.clone()), ("chroma:x", one.clone())])).unwrap();
        collection_metadata("metadata", &metadata([("a", MetadataValue::IntArray(vec![1, 2]))])).unwrap();
        for (given, expected) in [
            (metadata([]), "Validation error: metadata: Metadata cannot be empty"),
            (metadata([("", one.clone())]), "Validation error: metadata: Metadata key cannot be empty"),
            (
                metadata([("#a", one.clone())]),
                "Validation error: metadata: Metadata key cannot start with '#' or '$': #a",
            ),
            (
                metadata([("$a", one.clone())]),
                "Validation error: metadata: Metadata key cannot start with '#' or '$': $a",
            ),
            (
                metadata([("sv", MetadataValue::SparseVector(SparseVector::default()))]),
                "Validation error: metadata: Sparse vectors are not supported in collection metadata: sv",
            ),
        ] {
            assert_eq!(message(collection_metadata("metadata", &given)), expected);
        }
    }

    #[test]
    fn new_metadata_may_hold_nulls_but_not_be_empty() {
        new_collection_metadata(&change([("k", None)])).unwrap();
        new_collection_metadata(&change([("k", Some(MetadataValue::Bool(true)))])).unwrap();
        assert_eq!(
            message(new_collection_metadata(&change([]))),
            "Validation error: new_metadata: Metadata cannot be empty"
        );
        assert_eq!(
            message(new_collection_metadata(&change([("#k", None)]))),
            "Validation error: new_metadata: Metadata key cannot start with '#' or '$': #k"
        );
    }

    #[test]
    fn record_metadata_says_which_record_is_wrong() {
        record_metadata(0, &change([("a", None), ("chroma:x", Some(MetadataValue::Int(1)))])).unwrap();
        record_metadata(0, &change([])).unwrap();
        for key in ["", "#a", "$a"] {
            for value in [None, Some(MetadataValue::Int(1))] {
                assert_eq!(
                    message(record_metadata(3, &change([(key, value)]))),
                    "Validation error: metadatas: Invalid metadata at index 3"
                );
            }
        }
    }

    #[test]
    fn the_places_of_document_and_uri_cannot_be_written_as_metadata() {
        for key in [DOCUMENT_KEY, URI_KEY] {
            for value in [None, Some(MetadataValue::Str("x".into()))] {
                assert_eq!(
                    message(record_metadata(1, &change([(key, value)]))),
                    format!(
                        "Validation error: metadatas: Invalid metadata at index 1: the key '{key}' is reserved"
                    )
                );
            }
        }
    }

    #[test]
    fn sparse_vectors_are_checked() {
        let sparse = |indices: &[u32], values: &[f32], tokens: Option<&[&str]>| {
            let tokens = tokens.map(|tokens| tokens.iter().map(|token| token.to_string()).collect());
            let vector = SparseVector { indices: indices.to_vec(), values: values.to_vec(), tokens };
            record_metadata(0, &change([("sv", Some(MetadataValue::SparseVector(vector)))]))
        };
        sparse(&[], &[], None).unwrap();
        sparse(&[1, 5], &[0.5, -0.25], Some(&["a", "b"])).unwrap();
        let prefix = "Validation error: metadatas: Invalid metadata at index 0: Sparse vector";
        let length = "indices, values, and tokens (when present) must have the same length";
        let order = "indices must be sorted in strictly ascending order (no duplicates)";
        for (result, rule) in [
            (sparse(&[1, 2], &[1.0], None), length),
            (sparse(&[1], &[1.0], Some(&[])), length),
            (sparse(&[2, 1], &[1.0, 1.0], None), order),
            (sparse(&[1, 1], &[1.0, 1.0], None), order),
            (sparse(&[1], &[f32::INFINITY], None), "values must not contain NaN or Infinity values"),
        ] {
            assert_eq!(message(result), format!("{prefix} {rule}"));
        }
    }
}

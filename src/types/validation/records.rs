//! Bodies of the record operations (spec: rest-api 4.1–4.6).

use super::metadata::record_metadata;
use crate::error::{Error, Result};
use crate::limits::{MAX_DIMENSION, MAX_PAYLOAD_BYTES};
use crate::types::record::{Embeddings, INCONSISTENT_DIMENSIONS, Operation, RecordSet};
use crate::types::results::DeleteRequest;

/// The matrix of the rows of an add, update or upsert, which lie one after another in `data` and end at `ends`. Those of `gaps` are not given,
/// which only those of an update may be. Faults come in Chroma's order: what is wrong within a row before what is wrong between them.
pub fn embedding_matrix(data: Vec<f32>, ends: &[usize], gaps: &[usize]) -> Result<Embeddings> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let mut rows: Vec<Option<&[f32]>> = starts.zip(ends).map(|(start, &end)| data.get(start..end)).collect();
    for &gap in gaps {
        if let Some(row) = rows.get_mut(gap) {
            *row = None;
        }
    }
    check_components(rows.iter().flatten().copied())?;
    let dimension = rows.first().copied().flatten().map_or(0, <[f32]>::len);
    let is_matrix =
        gaps.is_empty() && dimension > 0 && rows.iter().flatten().all(|row| row.len() == dimension);
    if is_matrix {
        return Ok(Embeddings { data, dimension, present: None });
    }
    Embeddings::from_rows(&rows)
}

/// Checks the columns of a write, in Chroma's order (spec: rest-api 4.1), against a collection that holds
/// vectors of `dimension` components, or none yet. Answers the dimension that the collection has once the
/// write is done; a write that fails leaves it as it is.
///
/// Repeated ids and batches above [`crate::limits::MAX_BATCH_SIZE`] pass, as they do in Chroma; a request
/// heavier than [`MAX_PAYLOAD_BYTES`] does not.
pub fn record_set(
    records: &RecordSet,
    operation: Operation,
    dimension: Option<usize>,
) -> Result<Option<usize>> {
    let bytes = records.payload_bytes();
    if bytes > MAX_PAYLOAD_BYTES {
        let message = format!("Payload too large: {bytes} bytes, at most {MAX_PAYLOAD_BYTES} in one request");
        return Err(Error::InvalidArgument(message));
    }
    check_presence(records, operation)?;
    let given = records.embeddings.as_ref().filter(|rows| rows.rows().next().is_some());
    if let Some(rows) = given {
        check_components(rows.rows())?;
    }
    for (index, metadata) in records.metadatas.iter().flatten().enumerate() {
        if let Some(metadata) = metadata {
            record_metadata(index, metadata)?;
        }
    }
    if let Some(rows) = &records.embeddings {
        check_consistency(rows)?;
    }
    if let Some(rows) = given {
        check_dimension(rows.dimension, dimension)?;
    }
    check_lengths(records)?;
    if records.ids.iter().any(String::is_empty) {
        return Err(Error::InvalidArgument("Empty ID, ID must have at least one character".into()));
    }
    Ok(given.map_or(dimension, |rows| Some(rows.dimension)))
}

/// Checks the vectors of a query against a collection of `dimension`. A collection that was never written
/// answers every query with nothing, so there is nothing to check. Infinity is allowed.
pub fn query_embeddings(embeddings: &Embeddings, dimension: Option<usize>) -> Result<()> {
    check_consistency(embeddings)?;
    if embeddings.rows().count() != embeddings.len() {
        return Err(Error::shape("query_embeddings: invalid type: null, expected a sequence"));
    }
    if embeddings.is_empty() { Ok(()) } else { check_dimension(embeddings.dimension, dimension) }
}

/// Checks what a delete names: a request that names nothing deletes nothing, an empty list of ids needs a
/// filter, and so does a limit.
pub fn delete_request(request: &DeleteRequest) -> Result<()> {
    if request.filter.is_some() {
        return Ok(());
    }
    if request.ids.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::validation("ids, where", "Either ids or where must be specified"));
    }
    if request.limit.is_some() {
        let rule = "limit can only be specified when a where clause is provided";
        return Err(Error::validation("limit, where", rule));
    }
    Ok(())
}

/// An add or upsert has a vector for every record.
fn check_presence(records: &RecordSet, operation: Operation) -> Result<()> {
    if !matches!(operation, Operation::Add | Operation::Upsert) {
        return Ok(());
    }
    match &records.embeddings {
        None => Err(Error::shape("missing field `embeddings`")),
        Some(rows) if rows.present.iter().flatten().any(|present| !present) => {
            Err(Error::shape("embeddings: data did not match any variant of untagged enum EmbeddingsPayload"))
        }
        Some(_) => Ok(()),
    }
}

fn check_components<'a>(rows: impl Iterator<Item = &'a [f32]>) -> Result<()> {
    for row in rows {
        if row.is_empty() {
            return Err(Error::validation("embeddings", "Each embedding must have at least 1 dimension"));
        }
        if row.len() > MAX_DIMENSION {
            let rule = format_args!(
                "Each embedding must have at most {MAX_DIMENSION} dimensions, got {}",
                row.len()
            );
            return Err(Error::validation("embeddings", rule));
        }
        if row.iter().any(|component| !component.is_finite()) {
            return Err(Error::validation(
                "embeddings",
                "Embeddings must not contain NaN or Infinity values",
            ));
        }
    }
    Ok(())
}

fn check_consistency(rows: &Embeddings) -> Result<()> {
    if rows.is_consistent() { Ok(()) } else { Err(Error::InvalidArgument(INCONSISTENT_DIMENSIONS.into())) }
}

fn check_dimension(given: usize, expected: Option<usize>) -> Result<()> {
    match expected {
        Some(expected) if expected != given => Err(Error::InvalidArgument(format!(
            "Collection expecting embedding with dimension of {expected}, got {given}"
        ))),
        _ => Ok(()),
    }
}

fn check_lengths(records: &RecordSet) -> Result<()> {
    let lengths = [
        records.embeddings.as_ref().map(Embeddings::len),
        records.documents.as_ref().map(Vec::len),
        records.uris.as_ref().map(Vec::len),
        records.metadatas.as_ref().map(Vec::len),
    ];
    if lengths.into_iter().flatten().any(|length| length != records.ids.len()) {
        return Err(Error::InvalidArgument(
            "Inconsistent number of IDs, embeddings, documents, URIs and metadatas".into(),
        ));
    }
    Ok(())
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;

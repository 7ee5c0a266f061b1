//! The shadow of a linked collection: which of its rows a write changes.
//!
//! A shadow holds what is known about the replicas of each record, in rows that are records themselves: their metadata is written and searched as any
//! other. What synchronisation keeps there is its own; the engine notes the edits.

use std::rc::Rc;

use super::collection::Batch;
use crate::types::{Embedding, MetadataValue, Operation, OperationRecord, UpdateMetadata};

/// What the ids of rows about a record begin with. Rows about the link as a whole begin otherwise.
pub const RECORD_PREFIX: &str = "r:";

/// The metadata key of the time of the last edit that synchronisation has not dealt with.
pub const EDITED: &str = "e";

/// The row about a record.
pub fn row_id(record: &str) -> String {
    format!("{RECORD_PREFIX}{record}")
}

/// Notes that a user has written these records, at `stamp`. Whether a write has changed anything is found out by who looks at the row.
pub fn of_users(batch: &Batch, stamp: i64) -> Batch {
    let vector = row_vector();
    let rows = batch.iter().map(|operation| {
        let edited = UpdateMetadata::from([(EDITED.to_owned(), Some(MetadataValue::Int(stamp)))]);
        Rc::new(upsert(row_id(&operation.id), Some(edited), None, vector.clone()))
    });
    rows.collect()
}

/// Writes a row; its metadata is merged with what the row has.
pub fn upsert(
    id: String,
    metadata: Option<UpdateMetadata>,
    document: Option<String>,
    vector: Embedding,
) -> OperationRecord {
    let embedding = Some(vector);
    OperationRecord { operation: Operation::Upsert, id, embedding, document, uri: None, metadata }
}

/// The vector that rows have, as records must: one component, so that nothing indexes it.
pub fn row_vector() -> Embedding {
    Embedding::from(vec![0.0])
}

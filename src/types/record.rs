//! Records on their way in: what a write carries, by columns and one by one.

use super::metadata::UpdateMetadata;

/// What a write does with each of its records (spec: rest-api 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Insert; an existing id is passed over.
    Add,
    /// Change; an unknown id is passed over.
    Update,
    /// Insert or change.
    Upsert,
    /// Remove; an unknown id is passed over.
    Delete,
}

/// Vectors of one dimension, row-major in one allocation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Embeddings {
    /// Components of all rows, `rows × dimension`.
    pub data: Vec<f32>,
    /// Components of each row.
    pub dimension: usize,
    /// Which rows are given, one flag a row; `None` when all are. A row that is not given occupies its
    /// place in `data` all the same. Only an update may leave rows out.
    pub present: Option<Vec<bool>>,
}

impl Embeddings {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match &self.present {
            Some(present) => present.len(),
            None if self.dimension == 0 => 0,
            None => self.data.len() / self.dimension,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row, if it is given.
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        if self.present.as_ref().is_some_and(|present| !present[index]) {
            return None;
        }
        self.data.get(index * self.dimension..(index + 1) * self.dimension)
    }
}

/// The columns of an add, update or upsert, as a client sends them. Columns other than `ids` may be
/// absent; where present they have one entry for each id (checked by [`super::validation`]).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordSet {
    pub ids: Vec<String>,
    pub embeddings: Option<Embeddings>,
    pub documents: Option<Vec<Option<String>>>,
    pub uris: Option<Vec<Option<String>>>,
    pub metadatas: Option<Vec<Option<UpdateMetadata>>>,
}

/// One operation on one record, as the log carries it. Absent fields are left as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationRecord {
    pub operation: Operation,
    pub id: String,
    pub embedding: Option<Vec<f32>>,
    pub document: Option<String>,
    pub uri: Option<String>,
    pub metadata: Option<UpdateMetadata>,
}

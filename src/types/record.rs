//! Records on their way in: what a write carries, by columns and one by one.

use std::fmt;
use std::ops::{Deref, Range};
use std::rc::Rc;

use super::metadata::{MetadataValue, UpdateMetadata};
use crate::error::{Error, Result};

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
    /// Gathers rows; a row that is `None` is not given. Rows of different length are refused with
    /// Chroma's message. Whether the dimension and the components are acceptable is for
    /// [`super::validation`] to say.
    pub fn from_rows<R: AsRef<[f32]>>(rows: &[Option<R>]) -> Result<Self> {
        let mut given = rows.iter().flatten().map(|row| row.as_ref().len());
        let dimension = given.next().unwrap_or(0);
        if given.any(|length| length != dimension) {
            return Err(Error::InvalidArgument(INCONSISTENT_DIMENSIONS.into()));
        }
        let mut data = Vec::with_capacity(rows.len() * dimension);
        for row in rows {
            match row {
                Some(row) => data.extend_from_slice(row.as_ref()),
                None => data.resize(data.len() + dimension, 0.0),
            }
        }
        // Rows without components can only be counted by their flags.
        let flags = dimension == 0 || rows.iter().any(Option::is_none);
        let present = flags.then(|| rows.iter().map(Option::is_some).collect());
        Ok(Self { data, dimension, present })
    }

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

    /// The row, if there is one and it is given.
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        self.data.get(self.place(index)?)
    }

    /// Where in `data` the row should lie, unless it is not given.
    fn place(&self, index: usize) -> Option<Range<usize>> {
        if self.present.as_ref().is_some_and(|present| present.get(index) != Some(&true)) {
            return None;
        }
        let start = index.checked_mul(self.dimension)?;
        Some(start..start.checked_add(self.dimension)?)
    }

    /// Takes the matrix apart into its rows, which share its memory; `None` for those that are not given.
    fn into_rows(mut self) -> impl Iterator<Item = Option<Embedding>> {
        let data = Rc::new(std::mem::take(&mut self.data));
        (0..).map(move |index| {
            let components = self.place(index).filter(|place| place.end <= data.len())?;
            Some(Embedding { data: Rc::clone(&data), components })
        })
    }

    /// The rows that are given.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        (0..self.len()).filter_map(|index| self.row(index))
    }

    /// Whether `data` holds exactly `rows × dimension` components.
    pub fn is_consistent(&self) -> bool {
        self.len().checked_mul(self.dimension) == Some(self.data.len())
    }
}

/// The vector of one record. Those of one write share its memory.
#[derive(Clone)]
pub struct Embedding {
    data: Rc<Vec<f32>>,
    components: Range<usize>,
}

impl From<Vec<f32>> for Embedding {
    fn from(vector: Vec<f32>) -> Self {
        Self { components: 0..vector.len(), data: Rc::new(vector) }
    }
}

impl Deref for Embedding {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.data[self.components.clone()]
    }
}

impl PartialEq for Embedding {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Embedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// Chroma's message for rows of different length.
pub(super) const INCONSISTENT_DIMENSIONS: &str = "Inconsistent dimensions in provided embeddings";

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
    pub embedding: Option<Embedding>,
    pub document: Option<String>,
    pub uri: Option<String>,
    pub metadata: Option<UpdateMetadata>,
}

impl OperationRecord {
    /// The deletion of a record.
    pub fn deletion(id: String) -> Self {
        Self { operation: Operation::Delete, id, embedding: None, document: None, uri: None, metadata: None }
    }
}

impl RecordSet {
    /// Bytes of everything in the set: what a request with it weighs.
    pub fn payload_bytes(&self) -> usize {
        let texts = |column: &Option<Vec<Option<String>>>| {
            column.iter().flatten().flatten().map(String::len).sum::<usize>()
        };
        let value_bytes =
            |value: &Option<MetadataValue>| value.as_ref().map_or(0, MetadataValue::payload_bytes);
        let metadata = self.metadatas.iter().flatten().flatten().flatten();
        self.ids.iter().map(String::len).sum::<usize>()
            + self.embeddings.as_ref().map_or(0, |rows| size_of_val(rows.data.as_slice()))
            + texts(&self.documents)
            + texts(&self.uris)
            + metadata.map(|(key, value)| key.len() + value_bytes(value)).sum::<usize>()
    }

    /// Takes the columns apart into one operation for each id, in order. The set must have passed
    /// [`super::validation::record_set`].
    ///
    /// Metadata arrives as the log wants it: an add carries no deletions, elsewhere an empty array is
    /// one, and metadata that changes nothing is absent. A delete carries ids alone.
    pub fn into_operations(self, operation: Operation) -> Vec<OperationRecord> {
        if operation == Operation::Delete {
            return self.ids.into_iter().map(OperationRecord::deletion).collect();
        }
        let mut documents = self.documents.into_iter().flatten();
        let mut uris = self.uris.into_iter().flatten();
        let mut metadatas = self.metadatas.into_iter().flatten();
        let mut embeddings = self.embeddings.map(Embeddings::into_rows).into_iter().flatten();
        let record = |id| OperationRecord {
            operation,
            id,
            embedding: embeddings.next().flatten(),
            document: documents.next().flatten(),
            uri: uris.next().flatten(),
            metadata: metadatas.next().flatten().and_then(|change| normalize_change(change, operation)),
        };
        self.ids.into_iter().map(record).collect()
    }
}

/// Brings a metadata change into its one form, see [`RecordSet::into_operations`].
fn normalize_change(mut change: UpdateMetadata, operation: Operation) -> Option<UpdateMetadata> {
    for value in change.values_mut() {
        if value.as_ref().is_some_and(MetadataValue::is_empty_array) {
            *value = None;
        }
    }
    if operation == Operation::Add {
        change.retain(|_, value| value.is_some());
    }
    (!change.is_empty()).then_some(change)
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;

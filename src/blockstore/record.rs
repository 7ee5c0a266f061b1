//! Values of several columns: data records and posting lists.

use super::column::{ColumnBuilder, NullableBuilder, NullableColumn, VarBuilder, VarColumn};
use super::ipc::{BatchEncoder, BatchReader, Check};
use super::value::{OFFSET, Value, ValueColumn, ValueType};
use crate::error::Result;

/// A record without its vector. Vectors lie in a blockfile of their own (`u32 → Vec<f32>`), so that
/// documents are never read for a distance, nor vectors for a filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataRecord {
    pub id: String,
    /// Protobuf.
    pub metadata: Option<Vec<u8>>,
    pub document: Option<String>,
    pub uri: Option<String>,
}

/// A [`DataRecord`] inside of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataRecordRef<'a> {
    pub id: &'a str,
    pub metadata: Option<&'a [u8]>,
    pub document: Option<&'a str>,
    pub uri: Option<&'a str>,
}

/// The columns of data records, so that a scan can read one of them alone. Rows are those of the
/// block; a row that does not exist is `None`.
#[derive(Debug, Clone)]
pub struct DataRecordColumns {
    ids: VarColumn<u8>,
    metadata: NullableColumn,
    documents: NullableColumn,
    uris: NullableColumn,
}

impl DataRecordColumns {
    pub(crate) fn decode(batch: &mut BatchReader<'_>) -> Check<Self> {
        let rows = batch.rows();
        batch.column(rows)?;
        Ok(Self {
            ids: batch.utf8(rows)?,
            metadata: batch.nullable_binary(rows)?,
            documents: batch.nullable_utf8(rows)?,
            uris: batch.nullable_utf8(rows)?,
        })
    }

    pub fn id(&self, row: usize) -> Option<&str> {
        self.ids.text(row)
    }

    pub fn metadata(&self, row: usize) -> Option<&[u8]> {
        self.metadata.get(row)
    }

    pub fn document(&self, row: usize) -> Option<&str> {
        self.documents.text(row)
    }

    pub fn uri(&self, row: usize) -> Option<&str> {
        self.uris.text(row)
    }
}

#[doc(hidden)]
#[derive(Debug, Default)]
pub struct DataRecordBuilder {
    ids: VarBuilder<u8>,
    metadata: NullableBuilder,
    documents: NullableBuilder,
    uris: NullableBuilder,
}

impl ColumnBuilder for DataRecordBuilder {
    fn bytes(&self) -> usize {
        self.ids.bytes() + self.metadata.bytes() + self.documents.bytes() + self.uris.bytes()
    }

    fn split_off(&mut self, row: usize) -> Self {
        Self {
            ids: self.ids.split_off(row),
            metadata: self.metadata.split_off(row),
            documents: self.documents.split_off(row),
            uris: self.uris.split_off(row),
        }
    }

    fn encode<'a>(&'a self, batch: &mut BatchEncoder<'a>) {
        batch.column(self.ids.rows());
        self.ids.encode(batch);
        self.metadata.encode(batch);
        self.documents.encode(batch);
        self.uris.encode(batch);
    }
}

impl Value for DataRecord {
    const TYPE: ValueType = ValueType::DataRecord;
    type Ref<'a> = DataRecordRef<'a>;
    type Builder = DataRecordBuilder;

    fn to_owned(value: DataRecordRef<'_>) -> Result<Self> {
        Ok(DataRecord {
            id: value.id.into(),
            metadata: value.metadata.map(<[u8]>::to_vec),
            document: value.document.map(str::to_owned),
            uri: value.uri.map(str::to_owned),
        })
    }

    fn size(&self) -> usize {
        let metadata = self.metadata.as_ref().map_or(0, Vec::len);
        let texts = [&self.document, &self.uri].into_iter().flatten().map(String::len).sum::<usize>();
        // Four offsets and three validity bits.
        4 * OFFSET + 1 + self.id.len() + metadata + texts
    }

    fn push(value: &Self, builder: &mut Self::Builder) {
        let value = DataRecordRef {
            id: &value.id,
            metadata: value.metadata.as_deref(),
            document: value.document.as_deref(),
            uri: value.uri.as_deref(),
        };
        Self::push_ref(value, builder);
    }

    fn push_ref(value: DataRecordRef<'_>, builder: &mut Self::Builder) {
        builder.ids.push(value.id.as_bytes());
        builder.metadata.push(value.metadata);
        builder.documents.push(value.document.map(str::as_bytes));
        builder.uris.push(value.uri.map(str::as_bytes));
    }

    fn read(column: &ValueColumn, row: usize) -> Option<DataRecordRef<'_>> {
        match column {
            ValueColumn::DataRecord(columns) => Some(DataRecordRef {
                id: columns.id(row)?,
                metadata: columns.metadata(row),
                document: columns.document(row),
                uri: columns.uri(row),
            }),
            _ => None,
        }
    }
}

/// A posting list of vectors (spec: storage-architecture 7.2): parallel arrays; `embeddings` row-major,
/// `offset_ids.len() * dimension` components. The lengths are the caller's business.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PostingList {
    pub offset_ids: Vec<u32>,
    pub versions: Vec<u32>,
    pub embeddings: Vec<f32>,
}

/// A [`PostingList`] inside of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PostingListRef<'a> {
    pub offset_ids: &'a [u32],
    pub versions: &'a [u32],
    pub embeddings: &'a [f32],
}

#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct PostingListColumns {
    offset_ids: VarColumn<u32>,
    versions: VarColumn<u32>,
    embeddings: VarColumn<f32>,
}

impl PostingListColumns {
    pub(crate) fn decode(batch: &mut BatchReader<'_>) -> Check<Self> {
        let rows = batch.rows();
        batch.column(rows)?;
        Ok(Self { offset_ids: batch.list(rows)?, versions: batch.list(rows)?, embeddings: batch.list(rows)? })
    }
}

#[doc(hidden)]
#[derive(Debug, Default)]
pub struct PostingListBuilder {
    offset_ids: VarBuilder<u32>,
    versions: VarBuilder<u32>,
    embeddings: VarBuilder<f32>,
}

impl ColumnBuilder for PostingListBuilder {
    fn bytes(&self) -> usize {
        self.offset_ids.bytes() + self.versions.bytes() + self.embeddings.bytes()
    }

    fn split_off(&mut self, row: usize) -> Self {
        Self {
            offset_ids: self.offset_ids.split_off(row),
            versions: self.versions.split_off(row),
            embeddings: self.embeddings.split_off(row),
        }
    }

    fn encode<'a>(&'a self, batch: &mut BatchEncoder<'a>) {
        batch.column(self.offset_ids.rows());
        self.offset_ids.encode(batch);
        self.versions.encode(batch);
        self.embeddings.encode(batch);
    }
}

impl Value for PostingList {
    const TYPE: ValueType = ValueType::PostingList;
    type Ref<'a> = PostingListRef<'a>;
    type Builder = PostingListBuilder;

    fn to_owned(value: PostingListRef<'_>) -> Result<Self> {
        Ok(PostingList {
            offset_ids: value.offset_ids.to_vec(),
            versions: value.versions.to_vec(),
            embeddings: value.embeddings.to_vec(),
        })
    }

    fn size(&self) -> usize {
        let components = self.offset_ids.len() + self.versions.len() + self.embeddings.len();
        3 * OFFSET + 4 * components
    }

    fn push(value: &Self, builder: &mut Self::Builder) {
        let value = PostingListRef {
            offset_ids: &value.offset_ids,
            versions: &value.versions,
            embeddings: &value.embeddings,
        };
        Self::push_ref(value, builder);
    }

    fn push_ref(value: PostingListRef<'_>, builder: &mut Self::Builder) {
        builder.offset_ids.push(value.offset_ids);
        builder.versions.push(value.versions);
        builder.embeddings.push(value.embeddings);
    }

    fn read(column: &ValueColumn, row: usize) -> Option<PostingListRef<'_>> {
        match column {
            ValueColumn::PostingList(columns) => Some(PostingListRef {
                offset_ids: columns.offset_ids.get(row)?,
                versions: columns.versions.get(row)?,
                embeddings: columns.embeddings.get(row)?,
            }),
            _ => None,
        }
    }
}

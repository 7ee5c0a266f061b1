//! Values of a blockfile.

use std::fmt;

use arrow::buffer::ScalarBuffer;
use roaring::RoaringBitmap;

use super::column::{ColumnBuilder, NullableBuilder, NullableColumn, VarBuilder, VarColumn};
use super::ipc::{BatchEncoder, BatchReader, Check};
use crate::error::{Corruption, Result};

/// The type of a blockfile's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    String,
    U32,
    U32List,
    F32List,
    RoaringBitmap,
    Bytes,
    DataRecord,
    PostingList,
}

impl ValueType {
    /// Every value type.
    pub const ALL: [ValueType; 8] = [
        ValueType::String,
        ValueType::U32,
        ValueType::U32List,
        ValueType::F32List,
        ValueType::RoaringBitmap,
        ValueType::Bytes,
        ValueType::DataRecord,
        ValueType::PostingList,
    ];

    /// The name that a root holds.
    pub fn name(self) -> &'static str {
        match self {
            ValueType::String => "string",
            ValueType::U32 => "u32",
            ValueType::U32List => "u32_list",
            ValueType::F32List => "f32_list",
            ValueType::RoaringBitmap => "roaring_bitmap",
            ValueType::Bytes => "bytes",
            ValueType::DataRecord => "data_record",
            ValueType::PostingList => "posting_list",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.name() == name)
    }
}

/// A type that can be the value of a blockfile. Sealed, as [`Key`](super::Key).
pub trait Value: Clone + PartialEq + fmt::Debug + 'static {
    const TYPE: ValueType;

    /// The borrowed form, a view into a block.
    type Ref<'a>: Copy;

    #[doc(hidden)]
    type Builder: ColumnBuilder;

    /// Copies a view, or decodes it: a bitmap's bytes are looked at only here.
    fn to_owned(value: Self::Ref<'_>) -> Result<Self>;

    /// Bytes that it adds to a block.
    fn size(&self) -> usize;

    #[doc(hidden)]
    fn push(value: &Self, builder: &mut Self::Builder);

    /// Copies a row of another block without decoding it.
    #[doc(hidden)]
    fn push_ref(value: Self::Ref<'_>, builder: &mut Self::Builder);

    /// The value of a row; `None` if there is no such row or the column has another type.
    #[doc(hidden)]
    fn read(column: &ValueColumn, row: usize) -> Option<Self::Ref<'_>>;
}

/// The value column of a verified block.
#[derive(Debug, Clone)]
pub enum ValueColumn {
    String(VarColumn<u8>),
    U32(ScalarBuffer<u32>),
    U32List(VarColumn<u32>),
    F32List(VarColumn<f32>),
    Binary(VarColumn<u8>),
    DataRecord(DataRecordColumns),
    PostingList(PostingListColumns),
}

impl ValueColumn {
    pub(crate) fn decode(value_type: ValueType, batch: &mut BatchReader<'_>) -> Check<Self> {
        let rows = batch.rows();
        Ok(match value_type {
            ValueType::String => ValueColumn::String(batch.utf8(rows)?),
            ValueType::U32 => ValueColumn::U32(batch.fixed(rows)?),
            ValueType::U32List => ValueColumn::U32List(batch.list(rows)?),
            ValueType::F32List => ValueColumn::F32List(batch.list(rows)?),
            ValueType::RoaringBitmap | ValueType::Bytes => ValueColumn::Binary(batch.binary(rows)?),
            ValueType::DataRecord => {
                batch.column(rows)?;
                ValueColumn::DataRecord(DataRecordColumns {
                    ids: batch.utf8(rows)?,
                    metadata: batch.nullable_binary(rows)?,
                    documents: batch.nullable_utf8(rows)?,
                    uris: batch.nullable_utf8(rows)?,
                })
            }
            ValueType::PostingList => {
                batch.column(rows)?;
                ValueColumn::PostingList(PostingListColumns {
                    offset_ids: batch.list(rows)?,
                    versions: batch.list(rows)?,
                    embeddings: batch.list(rows)?,
                })
            }
        })
    }
}

/// Bytes of an offset in a column of varying length.
const OFFSET: usize = size_of::<i32>();

impl Value for String {
    const TYPE: ValueType = ValueType::String;
    type Ref<'a> = &'a str;
    type Builder = VarBuilder<u8>;

    fn to_owned(value: &str) -> Result<Self> {
        Ok(value.into())
    }

    fn size(&self) -> usize {
        OFFSET + self.len()
    }

    fn push(value: &Self, builder: &mut Self::Builder) {
        builder.push(value.as_bytes());
    }

    fn push_ref(value: &str, builder: &mut Self::Builder) {
        builder.push(value.as_bytes());
    }

    fn read(column: &ValueColumn, row: usize) -> Option<&str> {
        match column {
            ValueColumn::String(values) => values.text(row),
            _ => None,
        }
    }
}

impl Value for u32 {
    const TYPE: ValueType = ValueType::U32;
    type Ref<'a> = u32;
    type Builder = Vec<u32>;

    fn to_owned(value: u32) -> Result<Self> {
        Ok(value)
    }

    fn size(&self) -> usize {
        size_of::<u32>()
    }

    fn push(value: &Self, builder: &mut Self::Builder) {
        builder.push(*value);
    }

    fn push_ref(value: u32, builder: &mut Self::Builder) {
        builder.push(value);
    }

    fn read(column: &ValueColumn, row: usize) -> Option<u32> {
        match column {
            ValueColumn::U32(values) => values.get(row).copied(),
            _ => None,
        }
    }
}

macro_rules! list_value {
    ($item:ty, $variant:ident) => {
        impl Value for Vec<$item> {
            const TYPE: ValueType = ValueType::$variant;
            type Ref<'a> = &'a [$item];
            type Builder = VarBuilder<$item>;

            fn to_owned(value: &[$item]) -> Result<Self> {
                Ok(value.to_vec())
            }

            fn size(&self) -> usize {
                OFFSET + size_of_val(self.as_slice())
            }

            fn push(value: &Self, builder: &mut Self::Builder) {
                builder.push(value);
            }

            fn push_ref(value: &[$item], builder: &mut Self::Builder) {
                builder.push(value);
            }

            fn read(column: &ValueColumn, row: usize) -> Option<&[$item]> {
                match column {
                    ValueColumn::$variant(values) => values.get(row),
                    _ => None,
                }
            }
        }
    };
}
list_value!(u32, U32List);
list_value!(f32, F32List);

/// Uninterpreted bytes: catalogue rows, sparse posting blocks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl Value for Bytes {
    const TYPE: ValueType = ValueType::Bytes;
    type Ref<'a> = &'a [u8];
    type Builder = VarBuilder<u8>;

    fn to_owned(value: &[u8]) -> Result<Self> {
        Ok(Bytes(value.to_vec()))
    }

    fn size(&self) -> usize {
        OFFSET + self.0.len()
    }

    fn push(value: &Self, builder: &mut Self::Builder) {
        builder.push(&value.0);
    }

    fn push_ref(value: &[u8], builder: &mut Self::Builder) {
        builder.push(value);
    }

    fn read(column: &ValueColumn, row: usize) -> Option<&[u8]> {
        match column {
            ValueColumn::Binary(values) => values.get(row),
            _ => None,
        }
    }
}

/// In the portable serialisation of the Roaring format specification.
impl Value for RoaringBitmap {
    const TYPE: ValueType = ValueType::RoaringBitmap;
    type Ref<'a> = &'a [u8];
    type Builder = VarBuilder<u8>;

    fn to_owned(mut value: &[u8]) -> Result<Self> {
        let corrupt = |reason: String| Corruption::new("roaring bitmap", reason);
        let bitmap =
            RoaringBitmap::deserialize_from(&mut value).map_err(|error| corrupt(error.to_string()))?;
        if !value.is_empty() {
            return Err(corrupt(format!("{} bytes follow its end", value.len())).into());
        }
        Ok(bitmap)
    }

    fn size(&self) -> usize {
        OFFSET + self.serialized_size()
    }

    fn push(value: &Self, builder: &mut Self::Builder) {
        builder.push_with(|bytes| {
            value.serialize_into(bytes).expect("writing to a vector does not fail");
        });
    }

    fn push_ref(value: &[u8], builder: &mut Self::Builder) {
        builder.push(value);
    }

    fn read(column: &ValueColumn, row: usize) -> Option<&[u8]> {
        match column {
            ValueColumn::Binary(values) => values.get(row),
            _ => None,
        }
    }
}

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

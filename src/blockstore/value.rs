//! Values of a blockfile.

use std::fmt;

use arrow::buffer::ScalarBuffer;
use roaring::RoaringBitmap;

use super::column::{ColumnBuilder, VarBuilder, VarColumn};
use super::ipc::{BatchReader, Check};
use super::record::{DataRecordColumns, PostingListColumns};
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
            ValueType::DataRecord => ValueColumn::DataRecord(DataRecordColumns::decode(batch)?),
            ValueType::PostingList => ValueColumn::PostingList(PostingListColumns::decode(batch)?),
        })
    }
}

/// Bytes of an offset in a column of varying length.
pub(crate) const OFFSET: usize = size_of::<i32>();

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

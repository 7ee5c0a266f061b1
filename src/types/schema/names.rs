//! The names in a schema: value types, the indexes that each may have, and the special keys.

use crate::types::metadata::MetadataValue;
use crate::types::where_clause::Scalar;

/// The key under which a schema has the index of documents.
pub const DOCUMENT_KEY: &str = "#document";

/// The key under which it has the index of embeddings.
pub const EMBEDDING_KEY: &str = "#embedding";

/// An index that a schema can switch. The first five are those of metadata; their numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    String = 0,
    Int = 1,
    Float = 2,
    Bool = 3,
    SparseVector = 4,
    Fts = 5,
    Vector = 6,
}

impl Index {
    pub const ALL: [Self; 7] =
        [Self::String, Self::Int, Self::Float, Self::Bool, Self::SparseVector, Self::Fts, Self::Vector];

    /// The indexes that values of metadata go to.
    pub const OF_METADATA: [Self; 5] = [Self::String, Self::Int, Self::Float, Self::Bool, Self::SparseVector];

    /// The index that a value of metadata goes to; elements of an array go where such a value would.
    pub fn of(value: &MetadataValue) -> Self {
        match value {
            MetadataValue::Str(_) | MetadataValue::StrArray(_) => Self::String,
            MetadataValue::Int(_) | MetadataValue::IntArray(_) => Self::Int,
            MetadataValue::Float(_) | MetadataValue::FloatArray(_) => Self::Float,
            MetadataValue::Bool(_) | MetadataValue::BoolArray(_) => Self::Bool,
            MetadataValue::SparseVector(_) => Self::SparseVector,
        }
    }

    /// The index that answers for an operand.
    pub fn of_operand(operand: &Scalar) -> Self {
        match operand {
            Scalar::Str(_) => Self::String,
            Scalar::Int(_) => Self::Int,
            Scalar::Float(_) => Self::Float,
            Scalar::Bool(_) => Self::Bool,
        }
    }

    /// The value type that has this index.
    pub fn value_type(self) -> &'static str {
        match self {
            Self::String | Self::Fts => "string",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::SparseVector => "sparse_vector",
            Self::Vector => "float_list",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string_inverted_index",
            Self::Int => "int_inverted_index",
            Self::Float => "float_inverted_index",
            Self::Bool => "bool_inverted_index",
            Self::SparseVector => "sparse_vector_index",
            Self::Fts => "fts_index",
            Self::Vector => "vector_index",
        }
    }

    /// The type as Chroma's messages about filters name it.
    pub fn type_in_messages(self) -> &'static str {
        match self {
            Self::String | Self::Fts => "Str",
            Self::Int => "Int",
            Self::Float => "Float",
            Self::Bool => "Bool",
            Self::SparseVector => "SparseVector",
            Self::Vector => "FloatList",
        }
    }

    pub fn bit(self) -> u8 {
        1 << self as u8
    }
}

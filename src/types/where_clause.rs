//! Filters: the tree that `where` and `where_document` are parsed into (spec: query-semantics 1–4).

use super::metadata::MetadataValue;

/// A filter over records.
#[derive(Debug, Clone, PartialEq)]
pub enum Where {
    /// All members match; an empty list matches every record.
    And(Vec<Where>),
    /// Some member matches; an empty list matches none.
    Or(Vec<Where>),
    /// A condition on one metadata key.
    Metadata { key: String, condition: Condition },
    /// A condition on the document.
    Document(DocumentCondition),
    /// The record's id is (or with `negated`: is not) one of these.
    Id { ids: Vec<String>, negated: bool },
}

/// A condition on the value of a metadata key. Negative conditions are the exact complement of their
/// positive twins: they match records without the key.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    Compare(Comparison, Scalar),
    In(Vec<Scalar>),
    NotIn(Vec<Scalar>),
    /// The value is an array with this element.
    Contains(Scalar),
    NotContains(Scalar),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// An operand.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
}

#[derive(Debug, Clone, PartialEq)]
pub enum DocumentCondition {
    /// Literal, case-sensitive substring. The empty one is in every document.
    Contains(String),
    /// Also matches records without a document.
    NotContains(String),
}

impl Where {
    /// Parses the `where` of get, query and delete. Every fault of grammar is Chroma's one
    /// `Invalid where clause`; a tree beyond [`crate::limits`] says which bound it passed.
    pub fn parse(json: &serde_json::Value) -> crate::error::Result<Self> {
        let _ = (json, MetadataValue::Bool(true));
        todo!("types helper")
    }

    /// Parses a `where_document`; its one fault is `Invalid where document clause`.
    pub fn parse_document(json: &serde_json::Value) -> crate::error::Result<Self> {
        let _ = json;
        todo!("types helper")
    }
}

impl Condition {
    /// Whether a record whose metadata holds `value` under the key (or `None`) matches.
    pub fn matches(&self, value: Option<&MetadataValue>) -> bool {
        let _ = value;
        todo!("types helper")
    }
}

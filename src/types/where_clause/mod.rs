//! Filters: the tree that `where` and `where_document` are parsed into (spec: query-semantics 1–5).

mod evaluate;
mod parse;

use std::hash::{Hash, Hasher};
use std::mem;

use crate::text::Pattern;

pub use evaluate::{RecordView, compare_int_with_float};
pub(super) use parse::INVALID_WHERE;

/// A filter over records.
#[derive(Debug, Clone, PartialEq, Hash)]
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
#[derive(Debug, Clone, PartialEq, Hash)]
pub enum Condition {
    Compare(Comparison, Scalar),
    In(Vec<Scalar>),
    NotIn(Vec<Scalar>),
    /// The value is an array with this element.
    Contains(Scalar),
    NotContains(Scalar),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        mem::discriminant(self).hash(state);
        match self {
            Scalar::Bool(value) => value.hash(state),
            Scalar::Int(value) => value.hash(state),
            // Zeros of both signs are equal.
            Scalar::Float(value) => (value + 0.0).to_bits().hash(state),
            Scalar::Str(value) => value.hash(state),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Hash)]
pub enum DocumentCondition {
    /// Literal, case-sensitive substring. The empty one is in every document.
    Contains(String),
    /// Also matches records without a document.
    NotContains(String),
    /// The pattern matches somewhere in the document. One that can match nothing at all is in every document.
    Regex(Pattern),
    /// Also matches records without a document.
    NotRegex(Pattern),
}

impl Where {
    /// The filter that every record passes.
    pub const fn everything() -> Self {
        Where::And(Vec::new())
    }

    /// The filter that no record passes.
    pub const fn nothing() -> Self {
        Where::Or(Vec::new())
    }

    /// Whether [`evaluate`](Self::evaluate) may ask for metadata values.
    pub fn needs_metadata(&self) -> bool {
        self.any_leaf(&|leaf| matches!(leaf, Where::Metadata { .. }))
    }

    /// Whether [`evaluate`](Self::evaluate) may ask for documents.
    pub fn needs_documents(&self) -> bool {
        self.any_leaf(&|leaf| matches!(leaf, Where::Document(_)))
    }

    /// Whether [`evaluate`](Self::evaluate) may ask for ids.
    pub fn needs_ids(&self) -> bool {
        self.any_leaf(&|leaf| matches!(leaf, Where::Id { .. }))
    }

    /// Bytes of the filter's texts and operands, roughly: what keeping it costs.
    pub fn payload_bytes(&self) -> usize {
        let own: usize = match self {
            Where::And(members) | Where::Or(members) => members.iter().map(Where::payload_bytes).sum(),
            Where::Metadata { key, condition } => key.len() + condition.payload_bytes(),
            Where::Document(DocumentCondition::Contains(text) | DocumentCondition::NotContains(text)) => {
                text.len()
            }
            Where::Document(DocumentCondition::Regex(pattern) | DocumentCondition::NotRegex(pattern)) => {
                pattern.bytes()
            }
            Where::Id { ids, .. } => ids.iter().map(|id| size_of::<String>() + id.len()).sum(),
        };
        size_of::<Where>() + own
    }

    fn any_leaf(&self, test: &impl Fn(&Where) -> bool) -> bool {
        match self {
            Where::And(members) | Where::Or(members) => members.iter().any(|member| member.any_leaf(test)),
            leaf => test(leaf),
        }
    }
}

impl Condition {
    fn payload_bytes(&self) -> usize {
        let operands = match self {
            Condition::In(operands) | Condition::NotIn(operands) => operands.as_slice(),
            Condition::Compare(_, operand)
            | Condition::Contains(operand)
            | Condition::NotContains(operand) => std::slice::from_ref(operand),
        };
        let text = |operand: &Scalar| if let Scalar::Str(text) = operand { text.len() } else { 0 };
        operands.iter().map(|operand| size_of::<Scalar>() + text(operand)).sum()
    }

    /// Whether this is the complement of a positive condition, so that records without the key match.
    pub fn is_negative(&self) -> bool {
        matches!(
            self,
            Condition::Compare(Comparison::NotEqual, _) | Condition::NotIn(_) | Condition::NotContains(_)
        )
    }
}

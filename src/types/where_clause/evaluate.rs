//! Which records a filter matches (spec: query-semantics 4, 5 and 9).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Comparison, Condition, DocumentCondition, Scalar, Where};
use crate::types::metadata::MetadataValue;

/// What a filter looks at in a record. A scan asks [`Where::needs_metadata`] and its siblings first, and
/// loads only what is needed; the other methods are then never called.
pub trait RecordView {
    fn id(&self) -> &str;

    /// The value under a metadata key, `None` when the record has none.
    fn metadata_value(&self, key: &str) -> Option<Cow<'_, MetadataValue>>;

    /// The document, `None` when the record has none.
    fn document(&self) -> Option<&str>;
}

impl Where {
    /// Whether `record` passes the filter.
    pub fn evaluate(&self, record: &impl RecordView) -> bool {
        match self {
            Where::And(members) => members.iter().all(|member| member.evaluate(record)),
            Where::Or(members) => members.iter().any(|member| member.evaluate(record)),
            Where::Metadata { key, condition } => condition.matches(record.metadata_value(key).as_deref()),
            Where::Document(condition) => condition.matches(record.document()),
            Where::Id { ids, negated } => ids.iter().any(|id| id == record.id()) != *negated,
        }
    }
}

impl Condition {
    /// Whether a record whose metadata holds `value` under the key (or `None`) matches.
    ///
    /// Comparisons and lists look at scalars only, containment at arrays only. Integers and floats
    /// compare as the real numbers that they are; a string or boolean never equals anything of
    /// another type and has no order.
    pub fn matches(&self, value: Option<&MetadataValue>) -> bool {
        match self {
            Condition::Compare(comparison, operand) => compare(*comparison, value, operand),
            Condition::In(operands) => is_in(value, operands),
            Condition::NotIn(operands) => !is_in(value, operands),
            Condition::Contains(operand) => value.is_some_and(|value| operand.is_element_of(value)),
            Condition::NotContains(operand) => !value.is_some_and(|value| operand.is_element_of(value)),
        }
    }
}

impl DocumentCondition {
    /// Whether a record with this document (or without one) matches.
    pub fn matches(&self, document: Option<&str>) -> bool {
        match self {
            DocumentCondition::Contains(text) => document.is_some_and(|document| document.contains(text)),
            DocumentCondition::NotContains(text) => !document.is_some_and(|document| document.contains(text)),
            DocumentCondition::Regex(pattern) => document.is_some_and(|document| pattern.is_match(document)),
            DocumentCondition::NotRegex(pattern) => {
                !document.is_some_and(|document| pattern.is_match(document))
            }
        }
    }
}

fn compare(comparison: Comparison, value: Option<&MetadataValue>, operand: &Scalar) -> bool {
    let equal = || value.is_some_and(|value| operand.equals(value));
    let order = || value.and_then(|value| operand.order_of(value));
    match comparison {
        Comparison::Equal => equal(),
        Comparison::NotEqual => !equal(),
        Comparison::Greater => order().is_some_and(Ordering::is_gt),
        Comparison::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
        Comparison::Less => order().is_some_and(Ordering::is_lt),
        Comparison::LessOrEqual => order().is_some_and(Ordering::is_le),
    }
}

fn is_in(value: Option<&MetadataValue>, operands: &[Scalar]) -> bool {
    value.is_some_and(|value| operands.iter().any(|operand| operand.equals(value)))
}

impl Scalar {
    /// Whether a scalar value equals the operand. Arrays and sparse vectors equal nothing.
    fn equals(&self, value: &MetadataValue) -> bool {
        match (self, value) {
            (Scalar::Bool(operand), MetadataValue::Bool(value)) => operand == value,
            (Scalar::Str(operand), MetadataValue::Str(value)) => operand == value,
            _ => self.order_of(value) == Some(Ordering::Equal),
        }
    }

    /// How a number stands to the operand; `None` unless both are numbers.
    fn order_of(&self, value: &MetadataValue) -> Option<Ordering> {
        match value {
            MetadataValue::Int(value) => self.order_of_int(*value),
            MetadataValue::Float(value) => self.order_of_float(*value),
            _ => None,
        }
    }

    fn order_of_int(&self, value: i64) -> Option<Ordering> {
        match self {
            Scalar::Int(operand) => Some(value.cmp(operand)),
            Scalar::Float(operand) => compare_int_with_float(value, *operand),
            Scalar::Bool(_) | Scalar::Str(_) => None,
        }
    }

    fn order_of_float(&self, value: f64) -> Option<Ordering> {
        match self {
            Scalar::Int(operand) => compare_int_with_float(*operand, value).map(Ordering::reverse),
            Scalar::Float(operand) => value.partial_cmp(operand),
            Scalar::Bool(_) | Scalar::Str(_) => None,
        }
    }

    fn is_element_of(&self, value: &MetadataValue) -> bool {
        match (self, value) {
            (Scalar::Bool(operand), MetadataValue::BoolArray(values)) => values.contains(operand),
            (Scalar::Str(operand), MetadataValue::StrArray(values)) => values.contains(operand),
            (_, MetadataValue::IntArray(values)) => {
                values.iter().any(|value| self.order_of_int(*value) == Some(Ordering::Equal))
            }
            (_, MetadataValue::FloatArray(values)) => {
                values.iter().any(|value| self.order_of_float(*value) == Some(Ordering::Equal))
            }
            _ => false,
        }
    }
}

/// Compares an integer with a float as real numbers, without rounding either; `None` for NaN.
///
/// Converting the integer to a float would call 2^53 + 1 and 2^53 equal.
pub fn compare_int_with_float(int: i64, float: f64) -> Option<Ordering> {
    /// 2^63, the first float above every `i64`; its negation is the least `i64`.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        None
    } else if float >= BEYOND {
        Some(Ordering::Less)
    } else if float < -BEYOND {
        Some(Ordering::Greater)
    } else {
        // In range, so the conversion truncates exactly; what it cut off decides between equals.
        let fraction = float.fract();
        let order = int.cmp(&(float as i64));
        Some(order.then_with(|| 0.0.partial_cmp(&fraction).unwrap_or(Ordering::Equal)))
    }
}

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;

//! What a posting list is about: a field of records, and a term in it.

use super::numbers::{term_of_float, term_of_int};
use crate::limits::MAX_TERM_BYTES;
use crate::types::MetadataValue;
use crate::types::where_clause::Scalar;

/// What of a record a term is in. The first character of a prefix of the blockfile, after the chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The record itself; its one term is empty.
    Record,
    BoolElement,
    NumberElement,
    TextElement,
    Bool,
    Number,
    Text,
    /// A gram of the document; the empty term is that there is one.
    Document,
    /// A dimension of sparse vectors. Its lists hold weights ([`crate::index::sparse`]).
    Weights,
}

impl Kind {
    /// The letter that stands for the kind; that of elements is the capital of that of scalars.
    pub fn letter(self) -> char {
        match self {
            Kind::Record => '0',
            Kind::BoolElement => 'B',
            Kind::NumberElement => 'N',
            Kind::TextElement => 'S',
            Kind::Bool => 'b',
            Kind::Number => 'n',
            Kind::Text => 's',
            Kind::Document => 't',
            Kind::Weights => 'w',
        }
    }
}

/// A field: a kind and, for metadata, the key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field {
    kind: Kind,
    key: String,
}

impl Field {
    pub const RECORD: Field = Field { kind: Kind::Record, key: String::new() };
    pub const DOCUMENT: Field = Field { kind: Kind::Document, key: String::new() };

    /// The field of metadata under a key.
    pub fn new(kind: Kind, key: &str) -> Self {
        Self { kind, key: cut(key).to_owned() }
    }

    /// The sparse vectors under a key. It is never cut: nobody looks at what a search by weights finds.
    pub fn of_weights(key: &str) -> Self {
        Self { kind: Kind::Weights, key: key.to_owned() }
    }

    /// The prefix of the field's terms in a chunk.
    pub fn prefix(&self, chunk: u32) -> String {
        format!("{chunk:04x}{}{}", self.kind.letter(), self.key)
    }

    /// Whether no other field can have the same prefix.
    pub fn is_exact(&self) -> bool {
        is_whole(&self.key)
    }
}

/// Shows the kind and the term of each scalar in a metadata value to `visit`.
pub fn visit_terms(value: &MetadataValue, mut visit: impl FnMut(Kind, String)) {
    match value {
        MetadataValue::Bool(value) => visit(Kind::Bool, term_of_bool(*value)),
        MetadataValue::Int(value) => visit(Kind::Number, term_of_int(*value)),
        MetadataValue::Float(value) => {
            term_of_float(*value).into_iter().for_each(|term| visit(Kind::Number, term));
        }
        MetadataValue::Str(text) => visit(Kind::Text, cut(text).to_owned()),
        MetadataValue::BoolArray(values) => {
            values.iter().for_each(|value| visit(Kind::BoolElement, term_of_bool(*value)));
        }
        MetadataValue::IntArray(values) => {
            values.iter().for_each(|value| visit(Kind::NumberElement, term_of_int(*value)));
        }
        MetadataValue::FloatArray(values) => {
            let terms = values.iter().filter_map(|value| term_of_float(*value));
            terms.for_each(|term| visit(Kind::NumberElement, term));
        }
        MetadataValue::StrArray(values) => {
            values.iter().for_each(|text| visit(Kind::TextElement, cut(text).to_owned()));
        }
        // No condition looks into it.
        MetadataValue::SparseVector(_) => {}
    }
}

/// The term of a dimension.
pub fn term_of_dimension(dimension: u32) -> String {
    format!("{dimension:08x}")
}

/// An operand as a term: of a scalar value or, with `element`, of an array's element. `None` if no value equals it.
pub struct Term {
    pub kind: Kind,
    pub text: String,
    /// Whether no other value has the same term.
    pub is_exact: bool,
}

impl Term {
    pub fn of(operand: &Scalar, element: bool) -> Option<Self> {
        let (scalar, of_array, text, is_exact) = match operand {
            Scalar::Bool(value) => (Kind::Bool, Kind::BoolElement, term_of_bool(*value), true),
            Scalar::Int(value) => (Kind::Number, Kind::NumberElement, term_of_int(*value), true),
            Scalar::Float(value) => (Kind::Number, Kind::NumberElement, term_of_float(*value)?, true),
            Scalar::Str(text) => (Kind::Text, Kind::TextElement, cut(text).to_owned(), is_whole(text)),
        };
        Some(Self { kind: if element { of_array } else { scalar }, text, is_exact })
    }
}

fn term_of_bool(value: bool) -> String {
    String::from(if value { "1" } else { "0" })
}

/// The beginning of a text that is long: terms are kept in roots too, and are compared all the time.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TERM_BYTES)]
}

/// Whether a text is what it was cut to, and nothing longer is cut to it.
fn is_whole(text: &str) -> bool {
    text.len() + char::MAX.len_utf8() <= MAX_TERM_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_share_their_beginning() {
        let text = |length: usize| Term::of(&Scalar::Str("ß".repeat(length)), false).unwrap();
        assert!(text(10).is_exact);
        assert!(!text(MAX_TERM_BYTES).is_exact);
        assert_eq!(text(MAX_TERM_BYTES).text, text(2 * MAX_TERM_BYTES).text);
        let longest_exact = Term::of(&Scalar::Str("x".repeat(MAX_TERM_BYTES - 4)), true).unwrap();
        assert!(longest_exact.is_exact && longest_exact.kind == Kind::TextElement);
        assert!(!Field::new(Kind::Text, &"k".repeat(1_000)).is_exact());
    }

    #[test]
    fn kinds_are_ordered_as_their_letters() {
        use Kind::{Bool, BoolElement, Document, Number, NumberElement, Record, Text, TextElement, Weights};
        let kinds = [Record, BoolElement, NumberElement, TextElement, Bool, Number, Text, Document, Weights];
        assert!(kinds.is_sorted() && kinds.map(Kind::letter).is_sorted());
    }
}

//! Vectors in the bodies of writes: lists of numbers, or base64 of little-endian f32s (spec: rest-api 1.3).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, Result};
use crate::types::Embeddings;
use crate::types::validation::embedding_matrix;

/// The vectors of a write, one after another in one allocation. With `GAPS` some may be null: those of an update.
#[derive(Debug, Default)]
pub struct Vectors<const GAPS: bool> {
    data: Vec<f32>,
    /// Where each row ends in `data`; null rows have no components.
    ends: Vec<usize>,
    /// Rows that are null.
    gaps: Vec<usize>,
    form: Form,
    /// The first row of base64 that is no vector. It is told after what is wrong with the shape of the body.
    fault: Option<Error>,
    /// Bytes of the row that is being decoded.
    bytes: Vec<u8>,
}

/// A request has vectors of one form only.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
enum Form {
    #[default]
    Unknown,
    Numbers,
    Base64,
    /// Of both forms, or of none.
    Mismatch,
}

impl<const GAPS: bool> Vectors<GAPS> {
    /// The matrix of the rows.
    ///
    /// # Errors
    /// `InvalidArgument` for base64 that is no vector, and for rows that break a rule.
    pub fn into_embeddings(self) -> Result<Embeddings> {
        match self.fault {
            Some(fault) => Err(fault),
            None => embedding_matrix(self.data, &self.ends, &self.gaps),
        }
    }

    fn note(&mut self, form: Form) {
        if self.form == Form::Unknown {
            self.form = form;
        } else if self.form != form {
            self.form = Form::Mismatch;
        }
    }

    fn push_base64(&mut self, text: &str) {
        self.note(Form::Base64);
        if let Err(fault) = self.decode(text) {
            self.fault.get_or_insert(fault);
        }
    }

    fn decode(&mut self, text: &str) -> Result<()> {
        self.bytes.clear();
        STANDARD
            .decode_vec(text, &mut self.bytes)
            .map_err(|reason| Error::InvalidArgument(format!("Invalid base64 string: {reason}")))?;
        let (components, rest) = self.bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(Error::InvalidArgument(format!(
                "Invalid byte length: {} bytes cannot be converted to f32 values (must be divisible by 4)",
                self.bytes.len()
            )));
        }
        let start = self.data.len();
        self.data.extend(components.iter().copied().map(f32::from_le_bytes));
        // No JSON number could have stood for them. The index is that of the component, as Chroma tells it.
        match self.data[start..].iter().enumerate().find(|(_, component)| !component.is_finite()) {
            Some((index, component)) => Err(Error::InvalidArgument(format!(
                "Non-finite float value at embedding index {index}: {component}"
            ))),
            None => Ok(()),
        }
    }
}

impl<'de, const GAPS: bool> Deserialize<'de> for Vectors<GAPS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut vectors = Self::default();
        Rows(&mut vectors).deserialize(deserializer)?;
        if vectors.form == Form::Mismatch {
            let payload = if GAPS { "UpdateEmbeddingsPayload" } else { "EmbeddingsPayload" };
            return Err(D::Error::custom(format_args!(
                "data did not match any variant of untagged enum {payload}"
            )));
        }
        Ok(vectors)
    }
}

/// What is none of the two forms is noted and read over: a fault in the syntax that follows comes first.
macro_rules! mismatches {
    ($mark:expr; $($visit:ident: $type:ty),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<Self::Value, E> {
            $mark(self)
        })*

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            $mark(self)
        }
    };
}

/// The list of rows.
struct Rows<'a, const GAPS: bool>(&'a mut Vectors<GAPS>);

impl<const GAPS: bool> Rows<'_, GAPS> {
    fn mismatch<E>(self) -> Result<(), E> {
        self.0.form = Form::Mismatch;
        Ok(())
    }
}

impl<'de, const GAPS: bool> DeserializeSeed<'de> for Rows<'_, GAPS> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, const GAPS: bool> Visitor<'de> for Rows<'_, GAPS> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of vectors")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while rows.next_element_seed(Row(&mut *self.0))?.is_some() {
            self.0.ends.push(self.0.data.len());
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.mismatch()
    }

    mismatches!(Self::mismatch; visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

/// One row.
struct Row<'a, const GAPS: bool>(&'a mut Vectors<GAPS>);

impl<const GAPS: bool> Row<'_, GAPS> {
    fn mismatch<E>(self) -> Result<(), E> {
        self.0.form = Form::Mismatch;
        Ok(())
    }
}

impl<'de, const GAPS: bool> DeserializeSeed<'de> for Row<'_, GAPS> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, const GAPS: bool> Visitor<'de> for Row<'_, GAPS> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a vector")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut components: A) -> Result<(), A::Error> {
        self.0.note(Form::Numbers);
        while let Some(component) = components.next_element_seed(Component)? {
            match component {
                Some(component) => self.0.data.push(component),
                None => self.0.form = Form::Mismatch,
            }
        }
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.push_base64(text);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        if !GAPS {
            return self.mismatch();
        }
        self.0.gaps.push(self.0.ends.len());
        Ok(())
    }

    mismatches!(Self::mismatch; visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
}

/// One component; `None` for what is no number. Numbers beyond an f32 are infinite.
struct Component;

impl Component {
    fn mismatch<E>(self) -> Result<Option<f32>, E> {
        Ok(None)
    }
}

impl<'de> DeserializeSeed<'de> for Component {
    type Value = Option<f32>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<f32>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Component {
    type Value = Option<f32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Option<f32>, E> {
        Ok(Some(number as f32))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Option<f32>, E> {
        Ok(Some(number as f32))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Option<f32>, E> {
        Ok(Some(number as f32))
    }

    fn visit_unit<E>(self) -> Result<Option<f32>, E> {
        self.mismatch()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Option<f32>, A::Error> {
        while members.next_element::<IgnoredAny>()?.is_some() {}
        self.mismatch()
    }

    mismatches!(Self::mismatch; visit_bool: bool, visit_str: &str);
}

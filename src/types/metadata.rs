//! Metadata of records and collections: typed values under string keys.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Metadata of a record or collection. Keys are unique; order carries no meaning.
pub type Metadata = BTreeMap<String, MetadataValue>;

/// A change to a record's metadata: a value sets its key, `None` deletes it, other keys stay.
pub type UpdateMetadata = BTreeMap<String, Option<MetadataValue>>;

/// Where Chroma keeps a record's document among its metadata. Here documents have a place of their own,
/// so no record has this key, and writes to it are refused.
pub const DOCUMENT_KEY: &str = "chroma:document";

/// As [`DOCUMENT_KEY`], for the uri.
pub const URI_KEY: &str = "chroma:uri";

/// Record metadata keys that begin so are stored and filtered, but never shown.
pub const HIDDEN_PREFIX: &str = "chroma:";

/// One metadata value (spec: rest-api 1.3).
#[derive(Debug, Clone, PartialEq)]
pub enum MetadataValue {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    BoolArray(Vec<bool>),
    IntArray(Vec<i64>),
    FloatArray(Vec<f64>),
    StrArray(Vec<String>),
    SparseVector(SparseVector),
}

impl MetadataValue {
    /// Whether this is an array without members: accepted on input, never stored.
    pub fn is_empty_array(&self) -> bool {
        match self {
            MetadataValue::BoolArray(values) => values.is_empty(),
            MetadataValue::IntArray(values) => values.is_empty(),
            MetadataValue::FloatArray(values) => values.is_empty(),
            MetadataValue::StrArray(values) => values.is_empty(),
            _ => false,
        }
    }

    /// Bytes of the value itself, as a request's payload counts them.
    pub fn payload_bytes(&self) -> usize {
        match self {
            MetadataValue::Bool(_) => size_of::<bool>(),
            MetadataValue::Int(_) => size_of::<i64>(),
            MetadataValue::Float(_) => size_of::<f64>(),
            MetadataValue::Str(text) => text.len(),
            MetadataValue::BoolArray(values) => size_of_val(values.as_slice()),
            MetadataValue::IntArray(values) => size_of_val(values.as_slice()),
            MetadataValue::FloatArray(values) => size_of_val(values.as_slice()),
            MetadataValue::StrArray(values) => values.iter().map(String::len).sum(),
            MetadataValue::SparseVector(vector) => {
                let tokens = vector.tokens.iter().flatten().map(String::len).sum::<usize>();
                size_of_val(vector.indices.as_slice()) + size_of_val(vector.values.as_slice()) + tokens
            }
        }
    }

    /// Reads a JSON value in the order of the spec: boolean, integer that fits i64, other number as
    /// float, string, sparse vector, homogeneous array (a mix of integers and floats becomes floats).
    /// `None` for everything else.
    pub fn from_json(value: &serde_json::Value) -> Option<Self> {
        use serde_json::Value;
        match value {
            Value::Bool(value) => Some(MetadataValue::Bool(*value)),
            Value::Number(number) => Some(match number.as_i64() {
                Some(int) => MetadataValue::Int(int),
                None => MetadataValue::Float(number.as_f64()?),
            }),
            Value::String(text) => Some(MetadataValue::Str(text.clone())),
            Value::Object(_) => SparseVector::deserialize(value).ok().map(MetadataValue::SparseVector),
            Value::Array(values) => Self::array_from_json(values),
            Value::Null => None,
        }
    }

    fn array_from_json(values: &[serde_json::Value]) -> Option<Self> {
        let all = |test: fn(&serde_json::Value) -> bool| values.iter().all(test);
        if all(|value| value.is_boolean()) {
            return Some(MetadataValue::BoolArray(
                values.iter().filter_map(|value| value.as_bool()).collect(),
            ));
        }
        if all(|value| value.is_i64()) {
            return Some(MetadataValue::IntArray(values.iter().filter_map(|value| value.as_i64()).collect()));
        }
        if all(|value| value.is_number()) {
            return Some(MetadataValue::FloatArray(
                values.iter().filter_map(|value| value.as_f64()).collect(),
            ));
        }
        if all(|value| value.is_string()) {
            return Some(MetadataValue::StrArray(
                values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect(),
            ));
        }
        None
    }
}

impl<'de> Deserialize<'de> for MetadataValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        MetadataValue::from_json(&value).ok_or_else(|| {
            serde::de::Error::custom("data did not match any variant of untagged enum MetadataValue")
        })
    }
}

impl Serialize for MetadataValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            MetadataValue::Bool(value) => value.serialize(serializer),
            MetadataValue::Int(value) => value.serialize(serializer),
            MetadataValue::Float(value) => value.serialize(serializer),
            MetadataValue::Str(value) => value.serialize(serializer),
            MetadataValue::BoolArray(values) => values.serialize(serializer),
            MetadataValue::IntArray(values) => values.serialize(serializer),
            MetadataValue::FloatArray(values) => values.serialize(serializer),
            MetadataValue::StrArray(values) => values.serialize(serializer),
            MetadataValue::SparseVector(vector) => vector.serialize(serializer),
        }
    }
}

/// A sparse vector: `values[i]` at dimension `indices[i]`, indices strictly ascending.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SparseVector {
    pub indices: Vec<u32>,
    pub values: Vec<f32>,
    /// The text behind each index, when the embedding function gave it.
    pub tokens: Option<Vec<String>>,
}

impl SparseVector {
    /// Checks the rules of the spec; the error says which one is broken.
    pub fn validate(&self) -> Result<(), &'static str> {
        let length = self.indices.len();
        if self.values.len() != length || self.tokens.as_ref().is_some_and(|tokens| tokens.len() != length) {
            return Err("Sparse vector indices, values, and tokens (when present) must have the same length");
        }
        if !self.indices.is_sorted_by(|left, right| left < right) {
            return Err("Sparse vector indices must be sorted in strictly ascending order (no duplicates)");
        }
        if self.values.iter().any(|value| !value.is_finite()) {
            return Err("Sparse vector values must not contain NaN or Infinity values");
        }
        Ok(())
    }
}

const SPARSE_TYPE: &str = "sparse_vector";

impl<'de> Deserialize<'de> for SparseVector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "#type")]
            kind: Option<String>,
            indices: Vec<u32>,
            values: Vec<f32>,
            tokens: Option<Vec<String>>,
        }
        let wire = Wire::deserialize(deserializer)?;
        if wire.kind.is_some_and(|kind| kind != SPARSE_TYPE) {
            return Err(serde::de::Error::custom("#type must be sparse_vector"));
        }
        Ok(Self { indices: wire.indices, values: wire.values, tokens: wire.tokens })
    }
}

impl Serialize for SparseVector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize_with(serializer, &self.values)
    }
}

impl SparseVector {
    /// Serialises it with its values in another type of number.
    pub fn serialize_with<S: Serializer>(
        &self,
        serializer: S,
        values: &[impl Serialize],
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("#type", SPARSE_TYPE)?;
        map.serialize_entry("indices", &self.indices)?;
        map.serialize_entry("values", values)?;
        if let Some(tokens) = &self.tokens {
            map.serialize_entry("tokens", tokens)?;
        }
        map.end()
    }
}

/// What a collection stores of the metadata that it was given: nulls and empty arrays are dropped, and
/// metadata with nothing in it is none (spec: rest-api 1.3, 3.7).
pub fn stored<V: Into<Option<MetadataValue>>>(given: BTreeMap<String, V>) -> Option<Metadata> {
    let kept = |(key, value): (String, V)| {
        let value: Option<MetadataValue> = value.into();
        value.filter(|value| !value.is_empty_array()).map(|value| (key, value))
    };
    let mut metadata = Metadata::new();
    metadata.extend(given.into_iter().filter_map(kept));
    (!metadata.is_empty()).then_some(metadata)
}

/// A record's metadata as results show it: without the keys that begin with [`HIDDEN_PREFIX`], and
/// `None` when nothing is left (spec: query-semantics 9).
pub fn visible(mut metadata: Metadata) -> Option<Metadata> {
    metadata.retain(|key, _| !key.starts_with(HIDDEN_PREFIX));
    (!metadata.is_empty()).then_some(metadata)
}

/// Applies a change to metadata: sets, and deletes where the change holds `None`.
/// Empty arrays set nothing (they delete, as the key then has no value).
pub fn apply_update(metadata: &mut Metadata, update: &UpdateMetadata) {
    for (key, value) in update {
        match value {
            Some(value) if !value.is_empty_array() => {
                metadata.insert(key.clone(), value.clone());
            }
            _ => {
                metadata.remove(key);
            }
        }
    }
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;

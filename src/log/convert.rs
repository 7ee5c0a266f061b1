//! Between the engine's types and the messages of the log.

use std::rc::Rc;

use prost::Message;
use prost::encoding::{self, WireType};

use super::proto;
use crate::error::{Corruption, Result};
use crate::storage::Payload;
use crate::types::{
    Embedding, Metadata, MetadataValue, Operation, OperationRecord, SparseVector, UpdateMetadata,
};

/// Encodes one write to a collection as a log entry ([`proto::LogEntry`] with [`proto::Records`]).
///
/// Vectors are most of a write: they go from where they are into the entry, as little-endian bytes, and
/// nowhere between. So the fields around them are written here one by one.
pub fn encode_records(
    write: Write<'_>,
    shadow: Option<Write<'_>>,
    output_of: Option<&proto::Function>,
    request: Option<&proto::Request>,
) -> Payload {
    let (write, shadow) = (WriteParts::new(write), shadow.map(WriteParts::new));
    let function = output_of.map_or(0, |function| field_length(OUTPUT_OF, function.encoded_len()));
    let shadow_field = shadow.as_ref().map_or(0, |shadow| field_length(SHADOW, shadow.length));
    let length = write.length + function + shadow_field;
    let request_field = request.map_or(0, |request| field_length(REQUEST, request.encoded_len()));
    let mut payload = Payload::with_capacity(field_length(RECORDS, length) + request_field);
    let into = payload.buffer();
    begin_field(RECORDS, length, into);
    write.encode(into);
    if let Some(function) = output_of {
        begin_field(OUTPUT_OF, function.encoded_len(), into);
        function.encode_raw(into);
    }
    if let Some(shadow) = shadow {
        begin_field(SHADOW, shadow.length, into);
        shadow.encode(into);
    }
    if let Some(request) = request {
        begin_field(REQUEST, request.encoded_len(), into);
        request.encode_raw(into);
    }
    payload
}

/// Operations on the records of one collection.
#[derive(Clone, Copy)]
pub struct Write<'a> {
    /// Its id.
    pub collection: &'a [u8],
    pub operations: &'a [Rc<OperationRecord>],
}

/// The collection and the records of a [`proto::Records`] on their way into the log.
struct WriteParts<'a> {
    collection: &'a [u8],
    records: Vec<OperationParts<'a>>,
    length: usize,
}

impl<'a> WriteParts<'a> {
    fn new(write: Write<'a>) -> Self {
        let records: Vec<_> =
            write.operations.iter().map(|operation| OperationParts::new(operation)).collect();
        let lengths = records.iter().map(|part| field_length(RECORD, part.length()));
        let length = field_length(COLLECTION, write.collection.len()) + lengths.sum::<usize>();
        Self { collection: write.collection, records, length }
    }

    fn encode(self, into: &mut Vec<u8>) {
        begin_field(COLLECTION, self.collection.len(), into);
        into.extend_from_slice(self.collection);
        for part in self.records {
            begin_field(RECORD, part.length(), into);
            part.encode(into);
        }
    }
}

/// Tags of the fields of [`proto::LogEntry`], [`proto::Records`], [`proto::OperationRecord`] and [`proto::Vector`]
/// on the way to a vector.
const RECORDS: u32 = 1;
const REQUEST: u32 = 15;
const COLLECTION: u32 = 1;
const RECORD: u32 = 2;
const OUTPUT_OF: u32 = 3;
const SHADOW: u32 = 4;
const VECTOR: u32 = 2;
const DIMENSION: u32 = 1;
const COMPONENTS: u32 = 2;

/// Bytes of a field of `length` bytes, with its key and its length.
fn field_length(tag: u32, length: usize) -> usize {
    encoding::key_len(tag) + encoding::encoded_len_varint(length as u64) + length
}

fn begin_field(tag: u32, length: usize, into: &mut Vec<u8>) {
    encoding::encode_key(tag, WireType::LengthDelimited, into);
    encoding::encode_varint(length as u64, into);
}

/// An operation on its way into the log: its vector, and a message of the rest.
struct OperationParts<'a> {
    rest: proto::OperationRecord,
    rest_length: usize,
    vector: Option<&'a [f32]>,
}

impl<'a> OperationParts<'a> {
    fn new(record: &'a OperationRecord) -> Self {
        let rest = encode_rest(record);
        Self { rest_length: rest.encoded_len(), rest, vector: record.embedding.as_deref() }
    }

    fn length(&self) -> usize {
        let vector = self.vector.map_or(0, |vector| field_length(VECTOR, vector_length(vector)));
        self.rest_length + vector
    }

    fn encode(&self, into: &mut Vec<u8>) {
        self.rest.encode_raw(into);
        let Some(vector) = self.vector else { return };
        begin_field(VECTOR, vector_length(vector), into);
        encoding::int32::encode(DIMENSION, &(vector.len() as i32), into);
        begin_field(COMPONENTS, size_of_val(vector), into);
        for component in vector {
            into.extend_from_slice(&component.to_le_bytes());
        }
    }
}

/// Bytes of a [`proto::Vector`]. Its encoding is the default one, which is not written.
fn vector_length(vector: &[f32]) -> usize {
    let dimension = encoding::int32::encoded_len(DIMENSION, &(vector.len() as i32));
    dimension + field_length(COMPONENTS, size_of_val(vector))
}

/// Encodes an operation without its vector.
fn encode_rest(record: &OperationRecord) -> proto::OperationRecord {
    let operation = match record.operation {
        Operation::Add => proto::Operation::Add,
        Operation::Update => proto::Operation::Update,
        Operation::Upsert => proto::Operation::Upsert,
        Operation::Delete => proto::Operation::Delete,
    };
    proto::OperationRecord {
        id: record.id.clone(),
        vector: None,
        metadata: record.metadata.as_ref().map(encode_update),
        operation: operation.into(),
        document: record.document.clone(),
        uri: record.uri.clone(),
    }
}

/// Decodes one operation; the error says what the message lacks.
pub fn decode_operation(message: proto::OperationRecord) -> Result<OperationRecord> {
    let operation = match proto::Operation::try_from(message.operation) {
        Ok(proto::Operation::Add) => Operation::Add,
        Ok(proto::Operation::Update) => Operation::Update,
        Ok(proto::Operation::Upsert) => Operation::Upsert,
        Ok(proto::Operation::Delete) => Operation::Delete,
        Err(_) => return Err(corrupt("unknown operation")),
    };
    Ok(OperationRecord {
        operation,
        id: message.id,
        embedding: message.vector.map(decode_vector).transpose()?.map(Embedding::from),
        document: message.document,
        uri: message.uri,
        metadata: message.metadata.map(decode_update).transpose()?,
    })
}

fn decode_vector(message: proto::Vector) -> Result<Vec<f32>> {
    let components = message.vector.len() / 4;
    if message.encoding != proto::ScalarEncoding::Float32 as i32
        || !message.vector.len().is_multiple_of(4)
        || usize::try_from(message.dimension) != Ok(components)
    {
        return Err(corrupt("a vector whose length does not fit its dimension"));
    }
    let mut vector = Vec::with_capacity(components);
    for bytes in message.vector.chunks_exact(4) {
        vector.push(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    }
    Ok(vector)
}

/// Encodes the metadata of a record or collection.
pub fn encode_metadata(metadata: &Metadata) -> proto::UpdateMetadata {
    encoded(metadata.iter().map(|(key, value)| (key.clone(), encode_value(Some(value)))))
}

/// Decodes metadata; a key without a value is passed over.
pub fn decode_metadata(message: proto::UpdateMetadata) -> Result<Metadata> {
    let mut metadata = Metadata::new();
    for (key, value) in message.metadata {
        if let Some(value) = decode_value(value)? {
            metadata.insert(key, value);
        }
    }
    Ok(metadata)
}

fn encode_update(update: &UpdateMetadata) -> proto::UpdateMetadata {
    encoded(update.iter().map(|(key, value)| (key.clone(), encode_value(value.as_ref()))))
}

fn encoded(values: impl Iterator<Item = (String, proto::UpdateMetadataValue)>) -> proto::UpdateMetadata {
    let mut message = proto::UpdateMetadata::default();
    message.metadata.extend(values);
    message
}

fn decode_update(message: proto::UpdateMetadata) -> Result<UpdateMetadata> {
    let mut update = UpdateMetadata::new();
    for (key, value) in message.metadata {
        update.insert(key, decode_value(value)?);
    }
    Ok(update)
}

fn encode_value(value: Option<&MetadataValue>) -> proto::UpdateMetadataValue {
    use proto::Value;
    let value = value.map(|value| match value {
        MetadataValue::Bool(value) => Value::Bool(*value),
        MetadataValue::Int(value) => Value::Int(*value),
        MetadataValue::Float(value) => Value::Float(*value),
        MetadataValue::Str(value) => Value::String(value.clone()),
        MetadataValue::BoolArray(values) => Value::BoolList(proto::BoolList { values: values.clone() }),
        MetadataValue::IntArray(values) => Value::IntList(proto::IntList { values: values.clone() }),
        MetadataValue::FloatArray(values) => Value::FloatList(proto::FloatList { values: values.clone() }),
        MetadataValue::StrArray(values) => Value::StringList(proto::StringList { values: values.clone() }),
        MetadataValue::SparseVector(vector) => Value::SparseVector(proto::SparseVector {
            indices: vector.indices.clone(),
            values: vector.values.clone(),
            tokens: vector.tokens.clone().unwrap_or_default(),
        }),
    });
    proto::UpdateMetadataValue { value }
}

fn decode_value(message: proto::UpdateMetadataValue) -> Result<Option<MetadataValue>> {
    use proto::Value;
    let Some(value) = message.value else { return Ok(None) };
    Ok(Some(match value {
        Value::Bool(value) => MetadataValue::Bool(value),
        Value::Int(value) => MetadataValue::Int(value),
        Value::Float(value) => MetadataValue::Float(value),
        Value::String(value) => MetadataValue::Str(value),
        Value::BoolList(list) => MetadataValue::BoolArray(list.values),
        Value::IntList(list) => MetadataValue::IntArray(list.values),
        Value::FloatList(list) => MetadataValue::FloatArray(list.values),
        Value::StringList(list) => MetadataValue::StrArray(list.values),
        Value::SparseVector(vector) => {
            let tokens = (!vector.tokens.is_empty()).then_some(vector.tokens);
            let vector = SparseVector { indices: vector.indices, values: vector.values, tokens };
            vector.validate().map_err(corrupt)?;
            MetadataValue::SparseVector(vector)
        }
    }))
}

fn corrupt(reason: &str) -> crate::error::Error {
    Corruption::new("log entry", reason).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::storage::Frame;

    fn value() -> impl Strategy<Value = MetadataValue> {
        prop_oneof![
            any::<bool>().prop_map(MetadataValue::Bool),
            any::<i64>().prop_map(MetadataValue::Int),
            any::<f64>()
                .prop_filter("compared by equality", |value| !value.is_nan())
                .prop_map(MetadataValue::Float),
            ".{0,12}".prop_map(MetadataValue::Str),
            prop::collection::vec(any::<bool>(), 0..4).prop_map(MetadataValue::BoolArray),
            prop::collection::vec(any::<i64>(), 0..4).prop_map(MetadataValue::IntArray),
            prop::collection::vec(-1e9..1e9f64, 0..4).prop_map(MetadataValue::FloatArray),
            prop::collection::vec(".{0,6}", 0..4).prop_map(MetadataValue::StrArray),
            prop::collection::btree_map(any::<u32>(), -1e3..1e3f32, 0..4).prop_map(|entries| {
                MetadataValue::SparseVector(SparseVector {
                    indices: entries.keys().copied().collect(),
                    values: entries.values().copied().collect(),
                    tokens: None,
                })
            }),
        ]
    }

    fn operation() -> impl Strategy<Value = OperationRecord> {
        let kind = prop_oneof![
            Just(Operation::Add),
            Just(Operation::Update),
            Just(Operation::Upsert),
            Just(Operation::Delete)
        ];
        let update = prop::collection::btree_map(".{0,8}", prop::option::of(value()), 0..5);
        (
            kind,
            ".{0,20}",
            prop::option::of(prop::collection::vec(-1e6..1e6f32, 1..40)),
            prop::option::of(".{0,40}"),
            prop::option::of(".{0,20}"),
            prop::option::of(update),
        )
            .prop_map(|(operation, id, embedding, document, uri, metadata)| OperationRecord {
                operation,
                id,
                embedding: embedding.map(Embedding::from),
                document,
                uri,
                metadata,
            })
    }

    proptest! {
        #[test]
        fn writes_survive_the_log(
            operations in prop::collection::vec(operation(), 0..6),
            id in any::<[u8; 16]>(),
            request in prop::option::of((any::<[u8; 16]>(), any::<u64>(), any::<u64>())),
            with_shadow in any::<bool>(),
        ) {
            let request = request.map(|(client, number, acknowledged)| {
                proto::Request { client: client.to_vec(), number, acknowledged }
            });
            let shared: Vec<_> = operations.iter().cloned().map(Rc::new).collect();
            let write = Write { collection: &id, operations: &shared };
            let payload = encode_records(write, with_shadow.then_some(write), None, request.as_ref());
            let length = payload.len();
            let frame = Frame::enclose(1, 0, payload);
            let entry = proto::LogEntry::decode(frame.payload()).unwrap();
            prop_assert_eq!(entry.encoded_len(), length, "nothing is said twice, or in more bytes than it takes");
            prop_assert_eq!(entry.request, request);
            let Some(proto::Change::Records(records)) = entry.change else { panic!("these are records") };
            prop_assert_eq!(&records.collection, &id);
            if let Some(shadow) = &records.shadow {
                prop_assert_eq!((&shadow.collection, &shadow.records), (&records.collection, &records.records));
            }
            prop_assert_eq!(records.shadow.is_some(), with_shadow);
            let decoded: Result<Vec<_>> = records.records.into_iter().map(decode_operation).collect();
            prop_assert_eq!(decoded.unwrap(), operations);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(message) = proto::OperationRecord::decode(bytes.as_slice()) {
                let _ = decode_operation(message);
            }
        }
    }

    #[test]
    fn a_vector_that_contradicts_its_dimension_is_corrupt() {
        let vector = proto::Vector { dimension: 3, vector: vec![0; 8], encoding: 0 };
        let message = proto::OperationRecord {
            id: "a".into(),
            vector: Some(vector),
            ..proto::OperationRecord::default()
        };
        assert!(matches!(decode_operation(message), Err(crate::error::Error::Corrupt(_))));
    }
}

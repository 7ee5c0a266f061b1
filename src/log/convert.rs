//! Between the engine's types and the messages of the log.

use super::proto;
use crate::error::{Corruption, Result};
use crate::types::{Metadata, MetadataValue, Operation, OperationRecord, SparseVector, UpdateMetadata};

/// Encodes one operation. Vectors become little-endian bytes.
pub fn encode_operation(record: &OperationRecord) -> proto::OperationRecord {
    let operation = match record.operation {
        Operation::Add => proto::Operation::Add,
        Operation::Update => proto::Operation::Update,
        Operation::Upsert => proto::Operation::Upsert,
        Operation::Delete => proto::Operation::Delete,
    };
    proto::OperationRecord {
        id: record.id.clone(),
        vector: record.embedding.as_deref().map(encode_vector),
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
        embedding: message.vector.map(decode_vector).transpose()?,
        document: message.document,
        uri: message.uri,
        metadata: message.metadata.map(decode_update).transpose()?,
    })
}

fn encode_vector(vector: &[f32]) -> proto::Vector {
    let mut bytes = Vec::with_capacity(size_of_val(vector));
    for component in vector {
        bytes.extend_from_slice(&component.to_le_bytes());
    }
    proto::Vector {
        dimension: vector.len() as i32,
        vector: bytes,
        encoding: proto::ScalarEncoding::Float32.into(),
    }
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
    let values = metadata.iter().map(|(key, value)| (key.clone(), encode_value(Some(value))));
    proto::UpdateMetadata { metadata: values.collect() }
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
    let values = update.iter().map(|(key, value)| (key.clone(), encode_value(value.as_ref())));
    proto::UpdateMetadata { metadata: values.collect() }
}

fn decode_update(message: proto::UpdateMetadata) -> Result<UpdateMetadata> {
    message.metadata.into_iter().map(|(key, value)| Ok((key, decode_value(value)?))).collect()
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
            prop::option::of(prop::collection::vec(-1e6..1e6f32, 0..40)),
            prop::option::of(".{0,40}"),
            prop::option::of(".{0,20}"),
            prop::option::of(update),
        )
            .prop_map(|(operation, id, embedding, document, uri, metadata)| OperationRecord {
                operation,
                id,
                embedding,
                document,
                uri,
                metadata,
            })
    }

    proptest! {
        #[test]
        fn operations_survive_the_log(record in operation()) {
            let bytes = encode_operation(&record).encode_to_vec();
            let message = proto::OperationRecord::decode(bytes.as_slice()).unwrap();
            prop_assert_eq!(decode_operation(message).unwrap(), record);
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
        let mut message = encode_operation(&OperationRecord {
            operation: Operation::Add,
            id: "a".into(),
            embedding: Some(vec![1.0, 2.0]),
            document: None,
            uri: None,
            metadata: None,
        });
        message.vector.as_mut().unwrap().dimension = 3;
        assert!(matches!(decode_operation(message), Err(crate::error::Error::Corrupt(_))));
    }
}

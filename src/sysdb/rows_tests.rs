use serde_json::json;

use super::*;
use crate::types::{ConfigurationRequest, MetadataValue, SchemaRequest};

fn row() -> CollectionRow {
    let request: ConfigurationRequest = serde_json::from_value(json!({"hnsw": {"space": "cosine"}})).unwrap();
    let configuration = CollectionConfiguration::resolve(Some(request), None).unwrap();
    CollectionRow {
        dimension: Some(3),
        created: 4,
        log_position: 5,
        version: 6,
        operations: 7,
        ..CollectionRow::new(
            CollectionId(Uuid::from_u128(1)),
            "name".into(),
            Uuid::from_u128(2),
            configuration,
        )
    }
}

#[test]
fn a_schema_that_follows_from_the_configuration_is_not_stored() {
    let row = row();
    let info = encode_info(&row);
    assert_eq!(info.schema, None);
    // As an earlier version, which knew no schemas, wrote it.
    assert_eq!(decode_info(info).unwrap().schema, row.schema);
}

#[test]
fn a_row_comes_back_whole() {
    let schema: SchemaRequest =
        serde_json::from_value(json!({"defaults": {}, "keys": {"k": {}}, "cmek": {"other": "label"}}))
            .unwrap();
    let (schema, configuration) = Schema::resolve(Some(schema), CollectionConfiguration::default()).unwrap();
    let mut row = CollectionRow { schema: Rc::new(schema), configuration, ..row() };
    row.metadata_keys.note("k", &MetadataValue::Int(1));
    row.metadata_keys.note("k", &MetadataValue::Str("x".into()));
    row.metadata_keys.note("j", &MetadataValue::SparseVector(Default::default()));
    let files = |number: u8| SegmentFiles {
        user_id_to_offset_id: BlockId([number; 16]),
        offset_id_to_user_id: BlockId([number + 1; 16]),
        offset_id_to_data: BlockId([number + 2; 16]),
        offset_id_to_embedding: BlockId([number + 3; 16]),
        vectors: None,
        terms: Some(BlockId([number + 4; 16])),
        max_offset_id: 9,
    };
    row.segment = Some(files(1));
    row.written_ms = 8;
    row.versions =
        vec![Version { version: 1, segment: files(11), log_position: 2, operations: 3, written_ms: 4 }];
    row.lineage = CollectionId(Uuid::from_u128(3));
    row.inherited = vec![Inherited { source: CollectionId(Uuid::from_u128(4)), up_to: 5 }];
    row.functions = vec![FunctionRow {
        function: AttachedFunction {
            id: Uuid::from_u128(5),
            name: "counter".into(),
            function_name: "record_counter".into(),
            output_collection: "counts".into(),
            output_collection_id: Some(CollectionId(Uuid::from_u128(6))),
            params: Some("{}".into()),
            completion_offset: 7,
        },
        base: Some(files(21)),
    }];
    assert_eq!(decode_collection(&encode_collection(&row)).unwrap(), row);
}

use serde_json::json;

use super::*;
use crate::types::{ConfigurationRequest, MetadataValue, SchemaRequest};

fn row() -> CollectionRow {
    let request: ConfigurationRequest = serde_json::from_value(json!({"hnsw": {"space": "cosine"}})).unwrap();
    let configuration = CollectionConfiguration::resolve(Some(request), None).unwrap();
    CollectionRow {
        id: CollectionId(Uuid::from_u128(1)),
        name: "name".into(),
        database: Uuid::from_u128(2),
        metadata: None,
        schema: Rc::new(Schema::of(&configuration)),
        configuration,
        dimension: Some(3),
        created: 4,
        segment: None,
        log_position: 5,
        version: 6,
        operations: 7,
        metadata_keys: MetadataKeys::default(),
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
    assert_eq!(decode_collection(&encode_collection(&row)).unwrap(), row);
}

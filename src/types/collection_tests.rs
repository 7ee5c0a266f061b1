use serde_json::{Value, json};

use super::*;
use crate::types::metadata::MetadataValue;

/// The part of a 422 after Chroma's prefix.
fn shape_fault<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.name()), (422, "ChromaError"));
    let message = error.to_string();
    let prefix = "Failed to deserialize the JSON body into the target type: ";
    message.strip_prefix(prefix).unwrap_or_else(|| panic!("{message}")).to_owned()
}

#[test]
fn ids_are_uuids_of_any_version() {
    let text = "00000000-0000-0000-0000-000000000000";
    assert_eq!(CollectionId::parse(text).unwrap().to_string(), text);
    let text = "5f0c3a62-8a4e-7c1d-b1aa-2f1f0c4f1a11";
    assert_eq!(CollectionId::parse(&text.to_uppercase()).unwrap().to_string(), text);
    for text in ["", "notauuid", "renamed", "5f0c3a62-8a4e-7c1d-b1aa-2f1f0c4f1a1"] {
        let error = CollectionId::parse(text).unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            (400, "Collection ID is not a valid UUIDv4"),
            "{text}"
        );
    }
}

#[test]
fn a_creation_needs_only_a_name() {
    let create = CreateCollection::from_json(json!({"name": "col1", "unknown": 1})).unwrap();
    assert_eq!(create, CreateCollection { name: "col1".into(), ..Default::default() });
    let create = CreateCollection::from_json(json!({
        "name": "col1", "get_or_create": true, "metadata": null, "configuration": null, "schema": null,
    }))
    .unwrap();
    assert_eq!(create, CreateCollection { name: "col1".into(), get_or_create: true, ..Default::default() });
}

#[test]
fn a_creation_carries_metadata_configuration_and_schema() {
    let create = CreateCollection::from_json(json!({
        "name": "c", "metadata": {"a": 1, "b": 1.5}, "configuration": {}, "schema": {"defaults": {}, "keys": {}},
    }))
    .unwrap();
    let metadata = create.metadata.unwrap();
    assert_eq!(metadata["a"], MetadataValue::Int(1));
    assert_eq!(metadata["b"], MetadataValue::Float(1.5));
    assert_eq!(create.configuration, Some(ConfigurationRequest::default()));
    assert_eq!(create.schema, serde_json::from_value(json!({"defaults": {}, "keys": {}})).unwrap());
}

#[test]
fn recorded_faults_of_shape_give_the_reason() {
    let value = "data did not match any variant of untagged enum MetadataValue";
    for (body, reason) in [
        (json!({}), "missing field `name`"),
        (json!({"name": "abd", "metadata": {"a": null}}), value),
        (json!({"name": "abe", "metadata": {"a": {"b": 1}}}), value),
        (
            json!({"name": "hnsw2", "configuration": {"hnsw": {"space": "foo"}}}),
            "unknown variant `foo`, expected one of `l2`, `cosine`, `ip`",
        ),
        (
            json!({"name": "hnsw3", "configuration": {"hnsw": {"bogus": 1}}}),
            "unknown field `bogus`, expected one of `space`, `ef_construction`, `ef_search`, `max_neighbors`, \
             `num_threads`, `resize_factor`, `sync_threshold`, `batch_size`",
        ),
        (
            json!({"name": "hnsw11", "configuration": {"embedding_function": {"type": "known"}}}),
            "missing field `name`",
        ),
    ] {
        assert_eq!(shape_fault(CreateCollection::from_json(body.clone())), reason, "{body}");
    }
}

#[test]
fn a_modification_may_name_anything_or_nothing() {
    assert_eq!(UpdateCollection::from_json(json!({})).unwrap(), UpdateCollection::default());
    let nothing = json!({"new_name": null, "new_metadata": null, "new_configuration": null});
    assert_eq!(UpdateCollection::from_json(nothing).unwrap(), UpdateCollection::default());
    let update =
        UpdateCollection::from_json(json!({"new_name": "n", "new_metadata": {"k": null, "j": 1}})).unwrap();
    assert_eq!(update.new_name.as_deref(), Some("n"));
    let expected = UpdateMetadata::from([("k".into(), None), ("j".into(), Some(MetadataValue::Int(1)))]);
    assert_eq!(update.new_metadata, Some(expected));
}

#[test]
fn a_modification_cannot_name_what_is_fixed() {
    let expected =
        "`ef_search`, `max_neighbors`, `num_threads`, `resize_factor`, `sync_threshold`, `batch_size`";
    for (field, value) in [("space", json!("ip")), ("ef_construction", json!(50)), ("bogus", Value::Null)] {
        let body = json!({"new_configuration": {"hnsw": {field: value}}});
        assert_eq!(
            shape_fault(UpdateCollection::from_json(body)),
            format!("unknown field `{field}`, expected one of {expected}")
        );
    }
    let body = json!({"new_configuration": {"spann": {"space": "ip"}}});
    assert_eq!(
        shape_fault(UpdateCollection::from_json(body)),
        "unknown field `space`, expected `search_nprobe` or `ef_search`"
    );
}

#[test]
fn a_collection_is_shown_as_recorded() {
    let collection = Collection {
        id: CollectionId(Uuid::nil()),
        name: "col1".into(),
        configuration: CollectionConfiguration::default(),
        schema: json!({"defaults": {}, "keys": {}}),
        metadata: None,
        dimension: None,
        tenant: "default_tenant".into(),
        database: "default_database".into(),
        log_position: 0,
        version: 0,
    };
    assert_eq!(
        serde_json::to_value(collection).unwrap(),
        json!({
            "id": "00000000-0000-0000-0000-000000000000",
            "name": "col1",
            "configuration_json": {
                "hnsw": {
                    "space": "l2", "ef_construction": 100, "ef_search": 100, "max_neighbors": 16,
                    "resize_factor": 1.2, "sync_threshold": 1000
                },
                "spann": null,
                "embedding_function": null
            },
            "schema": {"defaults": {}, "keys": {}},
            "metadata": null,
            "dimension": null,
            "tenant": "default_tenant",
            "database": "default_database",
            "log_position": 0,
            "version": 0
        })
    );
}

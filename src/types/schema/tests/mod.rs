use serde_json::json;

use super::*;
use crate::types::configuration::{
    CollectionConfiguration, ConfigurationRequest, HnswConfiguration, Space, UpdateConfiguration,
    VectorStructure,
};

mod lookups;
mod shapes;

const GCP: &str = "projects/p/locations/l/keyRings/r/cryptoKeys/k";

fn request(json: Value) -> SchemaRequest {
    serde_json::from_value(json).unwrap()
}

fn configured(json: Value) -> CollectionConfiguration {
    let request: ConfigurationRequest = serde_json::from_value(json).unwrap();
    CollectionConfiguration::resolve(Some(request), None).unwrap()
}

fn resolve_with(schema: Value, configuration: Value) -> Result<(Schema, CollectionConfiguration)> {
    let schema = request(schema);
    schema.validate()?;
    Schema::resolve(Some(schema), configured(configuration))
}

fn resolve(schema: Value) -> Result<(Schema, CollectionConfiguration)> {
    resolve_with(schema, json!({}))
}

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.name()), (400, "InvalidArgumentError"), "{error}");
    error.to_string()
}

fn report(schema: &Schema) -> Value {
    schema.report(&MetadataKeys::default())
}

/// A schema with some keys beside what has to be there.
fn with_keys(keys: Value) -> Value {
    json!({"defaults": {}, "keys": keys})
}

fn index(value_type: &str, index: &str, enabled: bool, config: Value) -> Value {
    json!({value_type: {index: {"enabled": enabled, "config": config}}})
}

fn inverted(value_type: &str, enabled: bool) -> Value {
    index(value_type, &format!("{value_type}_inverted_index"), enabled, json!({}))
}

fn embedding(config: Value) -> Value {
    with_keys(json!({"#embedding": index("float_list", "vector_index", true, config)}))
}

fn sparse(config: Value) -> Value {
    index("sparse_vector", "sparse_vector_index", true, config)
}

/// The recorded answer of a plain collection; the number of threads is this engine's.
fn default_report() -> Value {
    let hnsw = json!({
        "ef_construction": 100, "max_neighbors": 16, "ef_search": 100, "num_threads": 1, "batch_size": 100,
        "sync_threshold": 1000, "resize_factor": 1.2
    });
    json!({
        "defaults": {
            "string": {
                "fts_index": {"enabled": false, "config": {}},
                "string_inverted_index": {"enabled": true, "config": {}}
            },
            "float_list": {"vector_index": {"enabled": false, "config": {"space": "l2", "hnsw": hnsw}}},
            "sparse_vector": {
                "sparse_vector_index": {
                    "enabled": false,
                    "config": {"embedding_function": {"type": "unknown"}, "bm25": false}
                }
            },
            "int": {"int_inverted_index": {"enabled": true, "config": {}}},
            "float": {"float_inverted_index": {"enabled": true, "config": {}}},
            "bool": {"bool_inverted_index": {"enabled": true, "config": {}}}
        },
        "keys": {
            "#document": {
                "string": {
                    "fts_index": {"enabled": true, "config": {}},
                    "string_inverted_index": {"enabled": false, "config": {}}
                }
            },
            "#embedding": {
                "float_list": {
                    "vector_index": {
                        "enabled": true,
                        "config": {"space": "l2", "source_key": "#document", "hnsw": hnsw}
                    }
                }
            }
        }
    })
}

/// What a schema says of the embeddings.
fn vectors(schema: &Schema) -> Value {
    report(schema)["keys"]["#embedding"]["float_list"]["vector_index"]["config"].clone()
}

fn default_vectors(schema: &Schema) -> Value {
    report(schema)["defaults"]["float_list"]["vector_index"]["config"].clone()
}

#[test]
fn a_collection_that_asks_for_nothing_has_the_recorded_schema() {
    let default = CollectionConfiguration::default();
    assert_eq!(report(&Schema::of(&default)), default_report());
    let asked = resolve(json!({"defaults": {}, "keys": {}})).unwrap();
    assert_eq!(asked, (Schema::of(&default), default.clone()));
    assert_eq!(Schema::resolve(None, default.clone()).unwrap(), (Schema::of(&default), default));
}

#[test]
fn a_switched_off_key_is_reported_as_recorded() {
    let (schema, configuration) = resolve(with_keys(json!({"cat": inverted("string", false)}))).unwrap();
    let mut expected = default_report();
    expected["keys"]["cat"] = json!({"string": {"string_inverted_index": {"enabled": false, "config": {}}}});
    assert_eq!(report(&schema), expected);
    assert_eq!(configuration, CollectionConfiguration::default());
}

#[test]
fn the_vectors_of_the_schema_are_those_of_the_configuration() {
    let (schema, configuration) =
        resolve(embedding(json!({"space": "cosine", "hnsw": {"ef_search": 77}}))).unwrap();
    assert_eq!(configuration, configured(json!({"hnsw": {"space": "cosine", "ef_search": 77}})));
    let expected = vectors(&Schema::of(&configuration));
    assert_eq!(vectors(&schema), expected);
    assert_eq!(
        default_vectors(&schema),
        default_report()["defaults"]["float_list"]["vector_index"]["config"]
    );

    let (schema, configuration) =
        resolve(embedding(json!({"space": "ip", "spann": {"search_nprobe": 77}}))).unwrap();
    assert_eq!(configuration, configured(json!({"spann": {"space": "ip", "search_nprobe": 77}})));
    assert!(matches!(configuration.structure(), VectorStructure::Spann(_)));
    let spann = vectors(&schema);
    assert_eq!(spann["spann"]["search_nprobe"], 77);
    assert_eq!(spann["spann"]["split_threshold"], 50);
    assert_eq!([&spann["hnsw"], &spann["spann"]["space"]], [&Value::Null, &Value::Null]);
}

#[test]
fn what_is_said_of_default_vectors_alone_is_kept_and_has_no_effect() {
    let defaults = index("float_list", "vector_index", false, json!({"space": "cosine"}));
    let (schema, configuration) = resolve(json!({"defaults": defaults, "keys": {}})).unwrap();
    assert_eq!(configuration.space(), Space::L2);
    assert_eq!(default_vectors(&schema)["space"], "cosine");
}

#[test]
fn a_configuration_is_told_by_the_schema_of_its_collection() {
    let function = json!({"type": "known", "name": "f", "config": {"a": 1}});
    let configuration = json!({"hnsw": {"space": "cosine"}, "embedding_function": function});
    let (schema, own) = resolve_with(json!({"defaults": {}, "keys": {}}), configuration.clone()).unwrap();
    assert_eq!(own, configured(configuration));
    for config in [vectors(&schema), default_vectors(&schema)] {
        assert_eq!([&config["space"], &config["embedding_function"]], [&json!("cosine"), &function]);
    }
    assert_eq!(vectors(&schema)["source_key"], "#document");
}

#[test]
fn schema_and_configuration_cannot_both_differ_from_the_defaults() {
    let conflict = "Failed to reconcile schema: Cannot set both collection config and schema simultaneously";
    let asked = embedding(json!({"space": "cosine"}));
    for configuration in [
        json!({"hnsw": {"space": "ip"}}),
        json!({"spann": {}}),
        json!({"embedding_function": {"type": "legacy"}}),
        json!({"embedding_function": {"type": "known", "name": "f", "config": {}}}),
    ] {
        assert_eq!(message(resolve_with(asked.clone(), configuration)), conflict);
    }
    for different in [
        with_keys(json!({"k": {}})),
        with_keys(json!({"#document": index("string", "fts_index", false, json!({}))})),
        with_keys(json!({"#embedding": index("float_list", "vector_index", false, json!({}))})),
        json!({"defaults": inverted("int", false), "keys": {}}),
        json!({"defaults": {}, "keys": {}, "cmek": {"gcp": GCP}}),
        embedding(json!({"embedding_function": {"type": "legacy"}})),
    ] {
        let result = resolve_with(different.clone(), json!({"hnsw": {"space": "ip"}}));
        assert_eq!(message(result), conflict, "{different}");
        assert!(resolve(different).is_ok());
    }
    for same in [
        json!({"defaults": inverted("int", true), "keys": {}}),
        embedding(json!({"space": "l2", "hnsw": {"ef_search": 100}})),
        embedding(json!({"embedding_function": {"type": "unknown"}})),
    ] {
        let (_, configuration) = resolve_with(same, json!({"hnsw": {"space": "ip"}})).unwrap();
        assert_eq!(configuration.space(), Space::Ip);
    }
}

#[test]
fn the_default_function_of_a_configuration_gives_way_to_a_schema() {
    let default = json!({"type": "known", "name": "default", "config": {}});
    let configuration = json!({"embedding_function": default});
    let asked = json!({"defaults": inverted("string", false), "keys": {}});
    let (_, own) = resolve_with(asked, configuration.clone()).unwrap();
    assert_eq!(own.embedding_function, None);

    let (schema, own) = resolve_with(json!({"defaults": {}, "keys": {}}), configuration).unwrap();
    assert_eq!(own.embedding_function.as_ref(), Some(&default));
    assert_eq!(vectors(&schema)["embedding_function"], default);
    assert_eq!(default_vectors(&schema)["embedding_function"], default);

    let (_, own) = resolve(embedding(json!({"embedding_function": default}))).unwrap();
    assert_eq!(own.embedding_function, Some(default));
}

#[test]
fn parameters_out_of_range_are_refused_where_vectors_are_indexed() {
    for (config, fault) in [
        (
            json!({"spann": {"search_nprobe": 777}}),
            "Invalid SPANN configuration: search_nprobe: must be between 0 and 128, got 777",
        ),
        (
            json!({"hnsw": {"batch_size": 1}}),
            "Invalid HNSW configuration: batch_size: must be at least 2, got 1",
        ),
    ] {
        assert_eq!(message(resolve(embedding(config))), format!("Failed to reconcile schema: {fault}"));
    }
}

#[test]
fn the_rules_have_chromas_words() {
    let source = json!({"source_key": "#document"});
    let function = json!({"type": "known", "name": "f", "config": {}});
    let both = json!({"hnsw": {}, "spann": {}});
    let both_message = "Both spann and hnsw config cannot be present at the same time.";
    let vector = |enabled, config| index("float_list", "vector_index", enabled, config);
    let fts = |enabled| index("string", "fts_index", enabled, json!({}));
    let defaults = |types: Value| json!({"defaults": types, "keys": {}});
    for (schema, fault) in [
        (
            defaults(vector(true, json!({}))),
            "Vector index cannot be enabled by default. It can only be enabled on #embedding field.",
        ),
        (defaults(vector(false, both.clone())), both_message),
        (embedding(both), both_message),
        (
            defaults(sparse(json!({}))),
            "Sparse vector index cannot be enabled by default. Please enable sparse vector index on specific keys.",
        ),
        (
            defaults(fts(true)),
            "Full text search / regular expression index cannot be enabled by default. It can only be enabled on \
             #document field.",
        ),
        (
            with_keys(json!({"#foo": {}})),
            "key cannot begin with '#'. Keys starting with '#' are reserved for system use: #foo",
        ),
        (
            with_keys(json!({"#document": {"int": {}}})),
            "Document field cannot have any value types other than string: #document",
        ),
        (
            with_keys(json!({"#embedding": {"string": {}}})),
            "Embedding field cannot have any value types other than float_list: #embedding",
        ),
        (
            with_keys(json!({"cat": vector(true, json!({}))})),
            "Vector index can only be enabled on #embedding field: cat",
        ),
        (embedding(json!({"source_key": "foo"})), "Vector index can only source from #document"),
        (
            with_keys(json!({"sp": sparse(source)})),
            "If source_key is provided then embedding_function must also be provided since there is no default \
             embedding function.",
        ),
        (
            with_keys(json!({"sp": sparse(json!({"source_key": "#id", "embedding_function": function}))})),
            "source_key cannot begin with '#'. The only valid key starting with '#' is Key.DOCUMENT or '#document'.",
        ),
        (
            with_keys(json!({"cat": fts(true)})),
            "Full text search / regular expression index can only be enabled on #document field: cat",
        ),
        (
            with_keys(json!({"#document": inverted("string", true)})),
            "String inverted index can not be enabled on #document key: #document",
        ),
    ] {
        assert_eq!(
            message(resolve(schema.clone())),
            format!("Validation error: schema: {fault}"),
            "{schema}"
        );
    }
}

#[test]
fn keys_of_chromas_provider_have_a_form_and_others_are_labels() {
    let with = |cmek: Value| json!({"defaults": {}, "keys": {}, "cmek": cmek});
    assert_eq!(
        message(resolve(with(json!({"gcp": "bad"})))),
        "Validation error: schema: CMEK does not match expected pattern: Gcp(\"bad\")"
    );
    for bad in [
        "projects//locations/l/keyRings/r/cryptoKeys/k",
        "projects/p/locations/l/keyRings/r/cryptoKeys/",
        "projects/p/locations/l/cryptoKeys/k/keyRings/r",
        "x/projects/p/locations/l/keyRings/r/cryptoKeys/k",
    ] {
        message(resolve(with(json!({"gcp": bad}))));
    }
    let odd = "projects/p/locations/locations/l/keyRings/é/cryptoKeys/cryptoKeys/k";
    for good in [json!({"gcp": GCP}), json!({"gcp": odd}), json!({"webcrypto": "any"})] {
        let (schema, _) = resolve(with(good.clone())).unwrap();
        assert_eq!(report(&schema)["cmek"], good);
    }
}

#[test]
fn keys_that_were_written_are_reported_with_their_types() {
    let asked = json!({"defaults": inverted("int", false), "keys": {"cat": inverted("string", false)}});
    let (schema, _) = resolve(asked).unwrap();
    let mut written = MetadataKeys::default();
    for (key, value, is_new) in [
        ("n", MetadataValue::Int(1), true),
        ("n", MetadataValue::IntArray(vec![1]), false),
        ("n", MetadataValue::Float(1.5), true),
        ("cat", MetadataValue::Str("x".into()), true),
        ("cat", MetadataValue::Bool(true), true),
        ("sp", MetadataValue::SparseVector(Default::default()), true),
        ("empty", MetadataValue::StrArray(Vec::new()), false),
        ("chroma:hidden", MetadataValue::Int(1), false),
    ] {
        assert_eq!(written.note(key, &value), is_new, "{key}");
    }
    let mut expected = report(&schema);
    let defaults = expected["defaults"].clone();
    expected["keys"]["n"] = json!({"int": defaults["int"], "float": defaults["float"]});
    expected["keys"]["cat"]["bool"] = defaults["bool"].clone();
    expected["keys"]["sp"] = json!({"sparse_vector": defaults["sparse_vector"]});
    assert_eq!(schema.report(&written), expected);

    let mut restored = MetadataKeys::default();
    for (key, types) in written.stored() {
        restored.insert(key, *types);
    }
    assert_eq!(restored, written);
}

#[test]
fn very_many_keys_are_not_kept() {
    let limit = crate::limits::MAX_REPORTED_KEYS;
    let mut written = MetadataKeys::default();
    for id in 0..=limit {
        assert_eq!(written.note(&format!("key {id}"), &MetadataValue::Int(1)), id < limit);
    }
    assert!(written.note("key 0", &MetadataValue::Bool(true)));
    assert_eq!(written.stored().len(), limit);
}

#[test]
fn a_schema_follows_its_configuration() {
    let update = |configuration: &mut CollectionConfiguration, schema: &mut Schema, change: Value| {
        let old = configuration.clone();
        let change: UpdateConfiguration = serde_json::from_value(change).unwrap();
        configuration.apply_update(change).unwrap();
        schema.follow(&old, configuration);
    };
    let function = json!({"type": "known", "name": "f", "config": {}});

    let mut configuration = CollectionConfiguration::default();
    let mut schema = Schema::of(&configuration);
    update(
        &mut configuration,
        &mut schema,
        json!({"hnsw": {"ef_search": 50}, "embedding_function": function}),
    );
    assert_eq!(schema, Schema::of(&configuration));

    let asked = json!({
        "defaults": index("float_list", "vector_index", false, json!({"hnsw": {"max_neighbors": 32}})),
        "keys": embedding(json!({"space": "cosine"}))["keys"]
    });
    let (mut schema, mut configuration) = resolve(asked).unwrap();
    update(
        &mut configuration,
        &mut schema,
        json!({"hnsw": {"ef_search": 50}, "embedding_function": function}),
    );
    let expected = HnswConfiguration { space: Space::Cosine, ef_search: 50, ..Default::default() };
    assert_eq!(configuration.hnsw, Some(expected));
    assert_eq!(vectors(&schema)["hnsw"]["ef_search"], 50);
    let defaults = default_vectors(&schema);
    assert_eq!([&defaults["hnsw"]["ef_search"], &defaults["hnsw"]["max_neighbors"]], [50, 32]);
    assert_eq!([&vectors(&schema)["embedding_function"], &defaults["embedding_function"]], [&function; 2]);

    let (mut schema, mut configuration) = resolve(embedding(json!({"spann": {"search_nprobe": 9}}))).unwrap();
    let before = default_vectors(&schema);
    update(&mut configuration, &mut schema, json!({"spann": {"search_nprobe": 10}}));
    assert_eq!(vectors(&schema)["spann"]["search_nprobe"], 10);
    assert_eq!(default_vectors(&schema), before);
}

#[test]
fn a_stored_schema_comes_back_whole() {
    assert_eq!(Schema::of(&configured(json!({"spann": {}}))).to_stored(), None);
    let asked = json!({
        "defaults": inverted("bool", false),
        "keys": {"cat": {"bogus": [1, null, {"x": 1.5}]}, "sp": sparse(json!({"bm25": true}))},
        "cmek": {"gcp": GCP}, "more": {"a": "é"}
    });
    let (schema, _) = resolve(asked).unwrap();
    assert_eq!(Schema::from_stored(&schema.to_stored().unwrap()).unwrap(), schema);
    for bytes in [&b""[..], b"{", b"[]", b"{}", b"{\"defaults\":{},\"keys\":{\"k\":1}}"] {
        assert!(matches!(Schema::from_stored(bytes), Err(Error::Corrupt(_))), "{bytes:?}");
    }
}

//! What writes and filters ask a schema.

use serde_json::{Value, json};

use super::{index, inverted, message, report, resolve, sparse, with_keys};
use crate::types::configuration::CollectionConfiguration;
use crate::types::schema::SparseIndexConfig;
use crate::types::{MetadataValue, Schema, Where};

#[test]
fn indexes_are_looked_up_under_their_key_and_then_in_the_defaults() {
    let asked = json!({
        "defaults": inverted("int", false),
        "keys": {"a": inverted("int", true), "b": inverted("string", false), "c": {"string": {}}}
    });
    let (schema, _) = resolve(asked).unwrap();
    let text = MetadataValue::Str("x".into());
    for (key, value, indexed) in [
        ("a", MetadataValue::Int(1), true),
        ("b", MetadataValue::Int(1), false),
        ("zzz", MetadataValue::IntArray(vec![1]), false),
        ("a", text.clone(), true),
        ("b", text.clone(), false),
        ("b", MetadataValue::StrArray(vec![]), false),
        ("c", text, true),
        ("b", MetadataValue::Float(1.0), true),
        ("b", MetadataValue::BoolArray(vec![true]), true),
        ("b", MetadataValue::SparseVector(Default::default()), false),
    ] {
        assert_eq!(schema.is_indexed(key, &value), indexed, "{key} {value:?}");
    }
    assert!(schema.fts_enabled());
    let (schema, _) =
        resolve(with_keys(json!({"#document": index("string", "fts_index", false, json!({}))}))).unwrap();
    assert!(!schema.fts_enabled());
}

#[test]
fn sparse_indexes_are_those_that_were_asked_for() {
    let function = json!({"type": "known", "name": "chroma_bm25", "config": {"k": 1.5}});
    let config = json!({
        "bm25": true, "algorithm": "max_score", "source_key": "#document", "embedding_function": function
    });
    let off = index("sparse_vector", "sparse_vector_index", false, json!({"bm25": true}));
    let keys = json!({"words": sparse(config), "plain": sparse(json!({})), "off": off});
    let (schema, _) = resolve(with_keys(keys.clone())).unwrap();
    let expected = SparseIndexConfig {
        bm25: true,
        algorithm: Some("max_score"),
        source_key: Some("#document"),
        embedding_function: Some(&function),
    };
    assert_eq!(schema.sparse_index("words"), Some(expected));
    assert!(schema.is_indexed("words", &MetadataValue::SparseVector(Default::default())));
    let plain = schema.sparse_index("plain").unwrap();
    assert_eq!((plain.bm25, plain.algorithm, plain.embedding_function), (false, None, None));
    for key in ["off", "other", "#document"] {
        assert_eq!(schema.sparse_index(key), None, "{key}");
    }
    for key in ["words", "plain", "off"] {
        assert_eq!(report(&schema)["keys"][key], keys[key]);
    }
}

#[test]
fn filters_need_the_index_of_their_operands() {
    let asked = json!({
        "defaults": inverted("float", false),
        "keys": {
            "s": inverted("string", false), "i": inverted("int", false), "b": inverted("bool", false),
            "f": inverted("float", true), "#document": index("string", "fts_index", false, json!({}))
        }
    });
    let (schema, _) = resolve(asked).unwrap();
    let check = |clause: Value| schema.check_filter(&Where::parse(&clause).unwrap());
    for (clause, key, name) in [
        (json!({"s": "x"}), "s", "Str"),
        (json!({"s": {"$ne": "x"}}), "s", "Str"),
        (json!({"s": {"$in": ["x", "y"]}}), "s", "Str"),
        (json!({"s": {"$contains": "x"}}), "s", "Str"),
        (json!({"i": {"$nin": [1]}}), "i", "Int"),
        (json!({"b": {"$not_contains": true}}), "b", "Bool"),
        (json!({"any": {"$gt": 1.5}}), "any", "Float"),
        (json!({"$and": [{"i": "x"}, {"$or": [{"f": 1.5}, {"i": 1}]}]}), "i", "Int"),
    ] {
        assert_eq!(
            message(check(clause.clone())),
            format!(
                "Cannot filter using metadata key '{key}' with type '{name}' because indexing is disabled"
            ),
            "{clause}"
        );
    }
    for clause in [
        json!({"s": 1}),
        json!({"i": "x"}),
        json!({"f": {"$lt": 1.5}}),
        json!({"any": {"$in": [1, 2]}}),
        json!({"#id": {"$in": ["a"]}}),
        json!({"$or": []}),
    ] {
        check(clause).unwrap();
    }
    let fts = "Cannot filter using full-text search because FTS indexing is disabled";
    assert_eq!(message(check(json!({"#document": {"$contains": "x"}}))), fts);
    let document = Where::parse_document(&json!({"$not_contains": "x"})).unwrap();
    assert_eq!(message(schema.check_filter(&document)), fts);
    assert!(Schema::of(&CollectionConfiguration::default()).check_filter(&document).is_ok());
}

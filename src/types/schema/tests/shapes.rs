//! What a request may look like.

use serde_json::{Value, json};

use super::{embedding, index, report, request, resolve, sparse, with_keys};
use crate::types::{CreateCollection, SchemaRequest};

fn fault(schema: Value) -> String {
    let error = CreateCollection::from_json(json!({"name": "name", "schema": schema})).unwrap_err();
    assert_eq!((error.code(), error.name()), (422, "ChromaError"));
    let prefix = "Failed to deserialize the JSON body into the target type: ";
    error.to_string().strip_prefix(prefix).unwrap().to_owned()
}

#[test]
fn faults_of_shape_name_their_place() {
    let string = |index: Value| with_keys(json!({"k": {"string": {"string_inverted_index": index}}}));
    let spann = json!({"spann": {"bogus": 1}});
    let vectors = "schema.keys.#embedding.float_list.vector_index.config";
    let sparse_config = "schema.keys.sp.sparse_vector.sparse_vector_index.config";
    let sparse_key = |config: Value| with_keys(json!({"sp": sparse(config)}));
    for (schema, expected) in [
        (json!({}), "schema: missing field `defaults`".to_owned()),
        (json!({"keys": {}}), "schema: missing field `defaults`".into()),
        (json!({"defaults": {}}), "schema: missing field `keys`".into()),
        (json!([]), "schema: invalid type: sequence, expected an object".into()),
        (
            json!({"defaults": null, "keys": {}}),
            "schema.defaults: invalid type: null, expected an object".into(),
        ),
        (json!({"defaults": {}, "keys": 1}), "schema.keys: invalid type: number, expected an object".into()),
        (
            json!({"defaults": {}, "keys": {}, "key_overrides": {}}),
            "schema: duplicate field `keys`".into(),
        ),
        (with_keys(json!({"k": null})), "schema.keys.k: invalid type: null, expected an object".into()),
        (
            with_keys(json!({"k": {"int": {}, "#int": {}}})),
            "schema.keys.k: duplicate field `int`".into(),
        ),
        (
            with_keys(json!({"k": {"int": "x"}})),
            "schema.keys.k.int: invalid type: string, expected an object".into(),
        ),
        (
            string(json!({"config": {}})),
            "schema.keys.k.string.string_inverted_index: missing field `enabled`".into(),
        ),
        (
            string(json!({"enabled": true})),
            "schema.keys.k.string.string_inverted_index: missing field `config`".into(),
        ),
        (
            string(json!({"enabled": 1, "config": {}})),
            "schema.keys.k.string.string_inverted_index.enabled: invalid type: number, expected a boolean"
                .into(),
        ),
        (
            with_keys(json!({"#document": index("string", "fts_index", true, json!({"algorithm": "x"}))})),
            "schema.keys.#document.string.fts_index.config.algorithm: unknown variant `x`, expected `trigram` or \
             `token_bitmap`"
                .into(),
        ),
        (
            embedding(json!({"space": "foo"})),
            format!("{vectors}: unknown variant `foo`, expected one of `l2`, `cosine`, `ip`"),
        ),
        (
            embedding(json!({"hnsw": {"space": "l2"}})),
            format!("{vectors}: hnsw: unknown field `space`: it is a member of the config itself"),
        ),
        (
            embedding(json!({"source_key": 1})),
            format!("{vectors}.source_key: invalid type: number, expected a string"),
        ),
        (
            embedding(json!({"embedding_function": {"type": "known", "name": "n"}})),
            format!("{vectors}: missing field `config`"),
        ),
        (
            sparse_key(json!({"bm25": 1})),
            format!("{sparse_config}.bm25: invalid type: number, expected a boolean"),
        ),
        (
            sparse_key(json!({"algorithm": "x"})),
            format!("{sparse_config}.algorithm: unknown variant `x`, expected `wand` or `max_score`"),
        ),
        (
            sparse_key(json!({"embedding_function": "x"})),
            format!("{sparse_config}: invalid type: string \"x\", expected internally tagged enum Shape"),
        ),
        (
            json!({"defaults": {}, "keys": {}, "cmek": {"gcp": 1}}),
            "schema.cmek: invalid type: map, expected a provider with the name of a key".into(),
        ),
    ] {
        assert_eq!(fault(schema.clone()), expected, "{schema}");
    }
    assert!(
        fault(embedding(spann)).starts_with(&format!("{vectors}: unknown field `bogus`, expected one of"))
    );
}

#[test]
fn other_spellings_are_understood_and_not_reported() {
    let asked = request(json!({
        "defaults": {"#int": {"$int_inverted_index": {"enabled": false, "config": {}}}, "float": null},
        "key_overrides": {"#document": {"#string": {"$fts_index": {"enabled": true, "config": {"algorithm": "trigram"}}}}},
        "cmek": null
    }));
    let plain = request(json!({
        "defaults": index("int", "int_inverted_index", false, json!({})),
        "keys": {"#document": index("string", "fts_index", true, json!({}))}
    }));
    assert_eq!(asked, plain);
    assert_eq!(
        request(with_keys(json!({"k": {"bool": {"bool_inverted_index": null}}}))),
        request(with_keys(json!({"k": {"bool": {}}})))
    );
}

#[test]
fn a_tokenising_index_is_kept_as_asked() {
    let config = json!({"algorithm": "token_bitmap"});
    let (schema, _) =
        resolve(with_keys(json!({"#document": index("string", "fts_index", true, config.clone())}))).unwrap();
    assert_eq!(report(&schema)["keys"]["#document"]["string"]["fts_index"]["config"], config);
}

#[test]
fn members_that_nobody_knows_come_back() {
    let asked = json!({
        "defaults": {"decimal": {"a": [1]}, "string": {"prefix_index": {"enabled": true}}},
        "keys": {"cat": {"bogus": 1}, "sp": sparse(json!({"pruning": {"x": 0.5}}))},
        "source": "other"
    });
    let (schema, _) = resolve(asked.clone()).unwrap();
    let report = report(&schema);
    assert_eq!(report["defaults"]["decimal"], asked["defaults"]["decimal"]);
    assert_eq!(report["defaults"]["string"]["prefix_index"], json!({"enabled": true}));
    assert_eq!(
        [&report["keys"]["cat"], &report["keys"]["sp"]],
        [&asked["keys"]["cat"], &asked["keys"]["sp"]]
    );
    assert_eq!(report["source"], "other");
}

#[test]
fn what_nests_too_deeply_to_be_read_back_is_refused() {
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let with = |inner: Value| json!({"defaults": {}, "keys": {}, "more": inner});
    serde_json::from_value::<SchemaRequest>(with(nested(63))).unwrap();
    assert_eq!(fault(with(nested(64))), "schema: nested more than 64 levels deep");
    let function = |levels| json!({"type": "known", "name": "n", "config": {"deep": nested(levels)}});
    let create = |function: Value| {
        let configuration = json!({"embedding_function": function});
        CreateCollection::from_json(json!({"name": "name", "configuration": configuration}))
    };
    create(function(62)).unwrap();
    let error = create(function(63)).unwrap_err();
    assert_eq!(error.code(), 422);
    assert!(error.to_string().ends_with("an embedding function nested more than 64 levels deep"));
}

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

#[test]
fn values_have_the_types_that_chroma_gives_them() {
    use MetadataValue::*;
    for (text, expected) in [
        ("true", Bool(true)),
        ("1", Int(1)),
        ("-5", Int(-5)),
        ("9007199254740993", Int(9_007_199_254_740_993)),
        ("9223372036854775807", Int(i64::MAX)),
        ("-9223372036854775808", Int(i64::MIN)),
        ("9223372036854775808", Float(9_223_372_036_854_775_808.0)),
        ("3.0", Float(3.0)),
        ("1e300", Float(1e300)),
        (r#""x""#, Str("x".into())),
        ("[]", BoolArray(vec![])),
        ("[true, false]", BoolArray(vec![true, false])),
        ("[1, 2, 3]", IntArray(vec![1, 2, 3])),
        ("[1, 2.5]", FloatArray(vec![1.0, 2.5])),
        (r#"["x", "y"]"#, StrArray(vec!["x".into(), "y".into()])),
        (
            r##"{"#type": "sparse_vector", "indices": [1, 5], "values": [0.5, 0.25]}"##,
            SparseVector(super::SparseVector { indices: vec![1, 5], values: vec![0.5, 0.25], tokens: None }),
        ),
        (
            r#"{"indices": [1], "values": [1], "tokens": ["a"]}"#,
            SparseVector(super::SparseVector {
                indices: vec![1],
                values: vec![1.0],
                tokens: Some(vec!["a".into()]),
            }),
        ),
    ] {
        assert_eq!(serde_json::from_str::<MetadataValue>(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn anything_else_is_no_value() {
    for text in [
        "null",
        r#"[1, "x"]"#,
        "[[1]]",
        "[null]",
        "[true, 1]",
        r#"{"x": 1}"#,
        r##"{"#type": "other", "indices": [], "values": []}"##,
        r#"{"indices": [-1], "values": [1]}"#,
    ] {
        let error = serde_json::from_str::<MetadataValue>(text).unwrap_err();
        assert!(
            error.to_string().starts_with("data did not match any variant of untagged enum MetadataValue"),
            "{text}: {error}"
        );
    }
    let change: UpdateMetadata = serde_json::from_str(r#"{"a": null, "b": 1}"#).unwrap();
    assert_eq!(change, UpdateMetadata::from([("a".into(), None), ("b".into(), Some(MetadataValue::Int(1)))]));
}

#[test]
fn integral_floats_and_sparse_vectors_are_printed_as_such() {
    assert_eq!(serde_json::to_string(&MetadataValue::Float(3.0)).unwrap(), "3.0");
    let vector = SparseVector { indices: vec![1], values: vec![0.1], tokens: None };
    assert_eq!(
        serde_json::to_string(&vector).unwrap(),
        r##"{"#type":"sparse_vector","indices":[1],"values":[0.1]}"##
    );
}

fn any_value() -> impl Strategy<Value = MetadataValue> {
    let float = || any::<f64>().prop_filter("JSON has only finite numbers", |float| float.is_finite());
    let sparse = prop::collection::btree_map(any::<u32>(), any::<f32>(), 0..4)
        .prop_filter("finite", |entries| entries.values().all(|value| value.is_finite()))
        .prop_flat_map(|entries| {
            let count = entries.len();
            (Just(entries), prop::option::of(prop::collection::vec(".{0,3}", count)))
        })
        .prop_map(|(entries, tokens)| SparseVector {
            indices: entries.keys().copied().collect(),
            values: entries.values().copied().collect(),
            tokens,
        });
    // An empty array has no type of its own: it is read as one of booleans, and never stored.
    prop_oneof![
        any::<bool>().prop_map(MetadataValue::Bool),
        any::<i64>().prop_map(MetadataValue::Int),
        float().prop_map(MetadataValue::Float),
        (-9i32..9).prop_map(|int| MetadataValue::Float(f64::from(int))),
        ".{0,8}".prop_map(MetadataValue::Str),
        prop::collection::vec(any::<bool>(), 0..4).prop_map(MetadataValue::BoolArray),
        prop::collection::vec(any::<i64>(), 1..4).prop_map(MetadataValue::IntArray),
        prop::collection::vec(float(), 1..4).prop_map(MetadataValue::FloatArray),
        prop::collection::vec(".{0,8}", 1..4).prop_map(MetadataValue::StrArray),
        sparse.prop_map(MetadataValue::SparseVector),
    ]
}

proptest! {
    #[test]
    fn values_come_back_from_json_as_they_were(value in any_value()) {
        let text = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(&serde_json::from_str::<MetadataValue>(&text).unwrap(), &value, "{}", text);
        let tree = serde_json::to_value(&value).unwrap();
        prop_assert_eq!(MetadataValue::from_json(&tree), Some(value));
    }

    #[test]
    fn a_change_sets_and_deletes_what_it_names_and_keeps_the_rest(
        before in prop::collection::btree_map("[a-e]", any_value(), 0..5),
        change in prop::collection::btree_map("[a-e]", prop::option::of(any_value()), 0..5),
    ) {
        let mut after = before.clone();
        apply_update(&mut after, &change);
        for key in ["a", "b", "c", "d", "e"] {
            let expected = match change.get(key) {
                None => before.get(key),
                Some(None) => None,
                Some(Some(MetadataValue::BoolArray(values))) if values.is_empty() => None,
                Some(value) => value.as_ref(),
            };
            prop_assert_eq!(after.get(key), expected);
        }
    }
}

#[test]
fn collections_store_what_is_left_without_nulls_and_empty_arrays() {
    let given = |json: Value| serde_json::from_value::<UpdateMetadata>(json).unwrap();
    assert_eq!(stored(given(json!({"k": null}))), None);
    assert_eq!(stored(given(json!({"k": []}))), None);
    assert_eq!(
        stored(given(json!({"k": null, "j": 1, "l": []}))),
        Some(Metadata::from([("j".into(), MetadataValue::Int(1))]))
    );
    let created = Metadata::from([("a".into(), MetadataValue::IntArray(vec![1, 2]))]);
    assert_eq!(stored(created.clone()), Some(created));
}

#[test]
fn hidden_keys_are_not_shown() {
    let metadata = |json: Value| serde_json::from_value::<Metadata>(json).unwrap();
    assert_eq!(visible(metadata(json!({}))), None);
    assert_eq!(visible(metadata(json!({"chroma:x": 1}))), None);
    assert_eq!(
        visible(metadata(json!({"chroma:x": 1, "chroma": 2, "k": 3}))),
        Some(metadata(json!({"chroma": 2, "k": 3})))
    );
}

#[test]
fn a_value_weighs_its_bytes() {
    for (value, bytes) in [
        (json!(true), 1),
        (json!(1), 8),
        (json!("äx"), 3),
        (json!([true, false]), 2),
        (json!([1.5]), 8),
        (json!([1, 2]), 16),
        (json!(["ab", "c"]), 3),
        (json!({"indices": [1, 2], "values": [1, 2], "tokens": ["a", "bc"]}), 19),
    ] {
        assert_eq!(MetadataValue::from_json(&value).unwrap().payload_bytes(), bytes, "{value}");
    }
}

use serde_json::json;

use super::*;
use crate::limits::MAX_PATTERN_BYTES;

fn invalid(json: &Value) -> String {
    let error = Where::parse(json).unwrap_err();
    assert_eq!((error.code(), error.name()), (400, "InvalidArgumentError"));
    error.to_string()
}

#[test]
fn every_recorded_fault_of_grammar_has_the_one_message() {
    for clause in [
        json!({"s": {"$gt": "a"}}),
        json!({"b": {"$gt": true}}),
        json!({"s": {"$in": []}}),
        json!({"s": {"$in": ["x", 1]}}),
        json!({"s": {"$in": [1, "x"]}}),
        json!({"s": {"$in": [true, 1]}}),
        json!({"i": {"$in": [1, 2.5]}}),
        json!({"i": {"$in": [[1]]}}),
        json!({"i": {"$in": [null]}}),
        json!({"i": {"$in": 1}}),
        json!({"i": [1, 2]}),
        json!({"i": null}),
        json!({"i": {}}),
        json!({"i": {"$eq": null}}),
        json!({"i": {"$eq": [1]}}),
        json!({"i": {"$eq": {"$eq": 1}}}),
        json!({"i": {"$exists": true}}),
        json!({"i": {"eq": 1}}),
        json!({"i": {"$gt": 0, "$lt": 3}}),
        json!({"i": {"$gte": 0}, "s": "x"}),
        json!({}),
        json!([]),
        json!("x"),
        json!(1),
        json!(null),
        json!({"$not": {"i": 1}}),
        json!({"$and": {"i": 1}}),
        json!({"$and": [1]}),
        json!({"$and": [{}]}),
        json!({"$gt": 1}),
        json!({"tags": {"$contains": ["red"]}}),
        json!({"#document": {"$contains": 1}}),
        json!({"#document": {"$regex": 1}}),
        json!({"s": {"$regex": "x"}}),
        json!({"s": {"$not_regex": "x"}}),
        json!({"#id": {"$regex": "x"}}),
        json!({"i": 9_223_372_036_854_775_808_u64}),
        json!({"k": {"$gte": 9_223_372_036_854_775_808_u64}}),
    ] {
        assert_eq!(invalid(&clause), "Invalid where clause", "{clause}");
    }
}

#[test]
fn every_recorded_fault_of_a_document_clause_has_the_one_message() {
    for clause in [
        json!({"$contains": 1}),
        json!({"$contains": "x", "$not_contains": "y"}),
        json!({}),
        json!("x"),
        json!(null),
        json!({"$matches": "x"}),
        json!({"foo": "x"}),
        json!({"$and": {"$contains": "x"}}),
        json!({"$or": ["x"]}),
        json!({"$and": [{"foo": "x"}]}),
    ] {
        let error = Where::parse_document(&clause).unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            (400, "Invalid where document clause"),
            "{clause}"
        );
    }
}

#[test]
fn operands_keep_their_type() {
    let operand = |clause| match Where::parse(&clause).unwrap() {
        Where::Metadata { condition: Condition::Compare(Comparison::Equal, operand), .. } => operand,
        other => panic!("{other:?}"),
    };
    assert_eq!(operand(json!({"k": 1})), Scalar::Int(1));
    assert_eq!(operand(json!({"k": 1.0})), Scalar::Float(1.0));
    assert_eq!(operand(json!({"k": i64::MIN})), Scalar::Int(i64::MIN));
    assert_eq!(operand(json!({"k": i64::MAX})), Scalar::Int(i64::MAX));
    assert_eq!(operand(json!({"k": {"$eq": "1"}})), Scalar::Str("1".into()));
    assert_eq!(operand(json!({"k": {"$eq": true}})), Scalar::Bool(true));
    assert_eq!(
        Where::parse(&json!({"k": {"$in": [1.5, 2]}})).unwrap(),
        Where::Metadata {
            key: "k".into(),
            condition: Condition::In(vec![Scalar::Float(1.5), Scalar::Int(2)])
        }
    );
}

#[test]
fn the_text_of_documents_is_not_an_indexed_string() {
    let message = "Cannot filter using metadata key '#document' with type 'Str' because indexing is disabled";
    for clause in [
        json!({"#document": "Hello World"}),
        json!({"#document": {"$eq": "Hello World"}}),
        json!({"#document": {"$ne": "x"}}),
        json!({"#document": {"$in": ["x"]}}),
        json!({"$or": [{"k": 1}, {"#document": {"$nin": ["x"]}}]}),
    ] {
        assert_eq!(invalid(&clause), message, "{clause}");
    }
    // The type of the operand decides, and only strings are switched off.
    assert_eq!(Where::parse(&json!({"#document": 1})).unwrap(), Where::nothing());
    assert_eq!(Where::parse(&json!({"#document": {"$ne": 1}})).unwrap(), Where::everything());
}

#[test]
fn faults_of_grammar_come_before_refusals() {
    assert_eq!(invalid(&json!({"$and": [{"#document": "x"}, {"k": null}]})), "Invalid where clause");
    assert_eq!(
        invalid(&json!({"$and": [{"#document": {"$regex": "x"}}, {"k": null}]})),
        "Invalid where clause"
    );
}

#[test]
fn faults_of_regular_expressions_are_reported_as_recorded() {
    for (pattern, message) in [
        ("[", "regex parse error:\n    [\n    ^\nerror: unclosed character class"),
        ("(a)\\1", "regex parse error:\n    (a)\\1\n       ^^\nerror: backreferences are not supported"),
        (
            "(?=a)",
            "regex parse error:\n    (?=a)\n    ^^^\n\
             error: look-around, including look-ahead and look-behind, is not supported",
        ),
        (
            "(?-u:\\xFF)",
            "regex parse error:\n    (?-u:\\xFF)\n         ^^^^\nerror: pattern can match invalid UTF-8",
        ),
    ] {
        for operator in ["$regex", "$not_regex"] {
            for error in [
                Where::parse(&json!({"#document": {operator: pattern}})).unwrap_err(),
                Where::parse_document(&json!({"$and": [{operator: pattern}]})).unwrap_err(),
            ] {
                assert_eq!((error.code(), error.name()), (400, "InvalidArgumentError"));
                assert_eq!(error.to_string(), format!("Regex syntax errror: {message}"));
            }
        }
    }
}

#[test]
fn regular_expressions_are_bounded() {
    let refused = |clause: &Value| Where::parse_document(clause).unwrap_err().to_string();
    let long = refused(&json!({"$regex": "a".repeat(MAX_PATTERN_BYTES + 1)}));
    assert!(long.starts_with("Regular expression too large"), "{long}");
    let large = refused(&json!({"$not_regex": r"(?:\w{100}){100}"}));
    assert!(large.starts_with("Regular expression too large"), "{large}");
    let many: Vec<Value> = (0..=MAX_PATTERNS).map(|_| json!({"$regex": "a"})).collect();
    assert!(refused(&json!({"$or": many})).contains("more than"));
    assert!(Where::parse_document(&json!({"$or": many[1..]})).is_ok());
}

#[test]
fn conditions_on_ids_become_id_filters() {
    let ids =
        |ids: &[&str], negated| Where::Id { ids: ids.iter().map(|id| id.to_string()).collect(), negated };
    for (clause, expected) in [
        (json!({"#id": "a"}), ids(&["a"], false)),
        (json!({"#id": {"$eq": "a"}}), ids(&["a"], false)),
        (json!({"#id": {"$ne": "a"}}), ids(&["a"], true)),
        (json!({"#id": {"$in": ["a", "b"]}}), ids(&["a", "b"], false)),
        (json!({"#id": {"$nin": ["a", "b"]}}), ids(&["a", "b"], true)),
        (json!({"#id": 1}), Where::nothing()),
        (json!({"#id": {"$nin": [1]}}), Where::everything()),
        (json!({"#id": {"$contains": "a"}}), Where::nothing()),
    ] {
        assert_eq!(Where::parse(&clause).unwrap(), expected, "{clause}");
    }
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!({"k": 1}), |inner, _| json!({"$and": [inner]}))
}

/// Frees a deep tree level by level: dropping it in one piece would recurse.
fn dismantle(mut value: Value) {
    while let Some(inner) = value.get_mut("$and").and_then(|members| members.get_mut(0)) {
        let inner = inner.take();
        value = inner;
    }
}

#[test]
fn nesting_is_bounded_however_deep_it_goes() {
    Where::parse(&nested(MAX_WHERE_DEPTH)).unwrap();
    assert_eq!(
        invalid(&nested(MAX_WHERE_DEPTH + 1)),
        format!("Invalid where clause: $and and $or are nested more than {MAX_WHERE_DEPTH} deep")
    );
    let mut deep = json!({"$contains": "x"});
    for _ in 0..100_000 {
        deep = Value::from_iter([("$and".to_owned(), Value::from(vec![deep]))]);
    }
    assert!(invalid(&deep).contains("nested more than"));
    let error = Where::parse_document(&deep).unwrap_err();
    assert!(error.to_string().starts_with("Invalid where document clause: "), "{error}");
    dismantle(deep);
}

#[test]
fn predicates_and_lists_are_bounded() {
    let clause = |members: usize| json!({"$or": vec![json!({"k": 1}); members]});
    Where::parse(&clause(MAX_WHERE_PREDICATES)).unwrap();
    assert_eq!(
        invalid(&clause(MAX_WHERE_PREDICATES + 1)),
        format!("Invalid where clause: more than {MAX_WHERE_PREDICATES} predicates")
    );
    let clause = |members: usize| json!({"k": {"$in": vec![1; members]}});
    Where::parse(&clause(MAX_IN_LIST)).unwrap();
    assert_eq!(
        invalid(&clause(MAX_IN_LIST + 1)),
        format!("Invalid where clause: more than {MAX_IN_LIST} members in a list")
    );
}

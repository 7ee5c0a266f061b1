use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::types::metadata::Metadata;

/// A record in plain columns.
struct Record {
    id: &'static str,
    metadata: Metadata,
    document: Option<String>,
}

impl RecordView for Record {
    fn id(&self) -> &str {
        self.id
    }

    fn metadata_value(&self, key: &str) -> Option<Cow<'_, MetadataValue>> {
        self.metadata.get(key).map(Cow::Borrowed)
    }

    fn document(&self) -> Option<&str> {
        self.document.as_deref()
    }
}

/// The six records that the recorded filters of the specification ran against.
fn recorded_seed() -> Vec<Record> {
    let metadatas = json!([
        {"i": 1, "f": 1.5, "s": "x", "b": true, "m": 1},
        {"i": 2, "f": 2.0, "s": "Y", "b": false, "m": 1.5},
        {"i": -3, "m": "1"},
        {},
        {"tags": ["red", "blue"], "nums": [1, 2], "fl": [1.5, 2.5], "bo": [true]},
        {"tags": "red", "nums": 1, "i": 3, "m": 2.0}
    ]);
    let metadatas: Vec<Metadata> = serde_json::from_value(metadatas).unwrap();
    let documents = [
        Some("Hello World"),
        Some("hello world 100%"),
        Some("foo_bar"),
        Some("Straße ÜBER a.b"),
        Some("x"),
        None,
    ];
    ["a", "b", "c", "d", "e", "g"]
        .into_iter()
        .zip(metadatas)
        .zip(documents)
        .map(|((id, metadata), document)| Record { id, metadata, document: document.map(str::to_owned) })
        .collect()
}

/// The ids that pass, in one string.
fn matches(filter: &Where) -> String {
    recorded_seed().iter().filter(|record| filter.evaluate(*record)).map(|record| record.id).collect()
}

#[test]
fn metadata_filters_match_as_recorded() {
    let cases = [
        (json!({"i": 1}), "a"),
        (json!({"i": {"$eq": 1}}), "a"),
        (json!({"i": {"$eq": 1.0}}), "a"),
        (json!({"i": {"$ne": 1}}), "bcdeg"),
        (json!({"i": {"$ne": 99}}), "abcdeg"),
        (json!({"zzz": {"$ne": 1}}), "abcdeg"),
        (json!({"zzz": 1}), ""),
        (json!({"s": {"$ne": "x"}}), "bcdeg"),
        (json!({"i": {"$in": [1, 2]}}), "ab"),
        (json!({"i": {"$nin": [1, 2]}}), "cdeg"),
        (json!({"zzz": {"$nin": [1]}}), "abcdeg"),
        (json!({"i": {"$gt": 1}}), "bg"),
        (json!({"i": {"$gt": 1.5}}), "bg"),
        (json!({"i": {"$lt": 0}}), "c"),
        (json!({"f": {"$gt": 1}}), "ab"),
        (json!({"f": {"$gte": 2}}), "b"),
        (json!({"f": 2}), "b"),
        (json!({"f": {"$eq": 2}}), "b"),
        (json!({"f": 1}), ""),
        (json!({"m": 1}), "a"),
        (json!({"m": "1"}), "c"),
        (json!({"m": {"$gt": 1}}), "bg"),
        (json!({"m": {"$ne": 1}}), "bcdeg"),
        (json!({"m": {"$in": [1]}}), "a"),
        (json!({"m": {"$in": ["1"]}}), "c"),
        (json!({"b": true}), "a"),
        (json!({"b": false}), "b"),
        (json!({"b": {"$ne": true}}), "bcdeg"),
        (json!({"b": {"$in": [true, false]}}), "ab"),
        (json!({"b": {"$nin": [true]}}), "bcdeg"),
        (json!({"b": 1}), ""),
        (json!({"s": "X"}), ""),
        (json!({"tags": {"$contains": "red"}}), "e"),
        (json!({"tags": {"$not_contains": "red"}}), "abcdg"),
        (json!({"tags": "red"}), "g"),
        (json!({"tags": {"$ne": "red"}}), "abcde"),
        (json!({"tags": {"$in": ["red"]}}), "g"),
        (json!({"nums": {"$contains": 1}}), "e"),
        (json!({"nums": 1}), "g"),
        (json!({"nums": {"$gt": 1}}), ""),
        (json!({"fl": {"$contains": 1.5}}), "e"),
        (json!({"bo": {"$contains": true}}), "e"),
        (json!({"tags": {"$contains": ""}}), ""),
        (json!({"tags": {"$contains": "re"}}), ""),
        (json!({"s": {"$contains": "x"}}), ""),
        (json!({"#document": {"$contains": "Hello"}}), "a"),
        (json!({"#embedding": 1}), ""),
        (json!({"#metadata": "x"}), ""),
        (json!({"": 1}), ""),
        (json!({"a.b": 1}), ""),
        (json!({"$and": []}), "abcdeg"),
        (json!({"$or": []}), ""),
        (json!({"$and": [{"i": 1}]}), "a"),
        (json!({"$or": [{"i": 1}]}), "a"),
        (json!({"$and": [{"i": {"$gt": 0}}, {"s": "x"}]}), "a"),
        (json!({"$or": [{"i": 1}, {"$and": [{"i": 2}, {"b": false}]}]}), "ab"),
    ];
    for (clause, expected) in cases {
        assert_eq!(matches(&Where::parse(&clause).unwrap()), expected, "{clause}");
    }
}

/// Where the recorded server truncates a float operand, drops a number's type or cannot look at ids, the
/// specification (query-semantics 9) chooses otherwise.
#[test]
fn filters_differ_from_the_recorded_server_where_it_is_defective() {
    let cases = [
        (json!({"i": {"$eq": 1.5}}), ""),
        (json!({"i": {"$in": [1.5]}}), ""),
        (json!({"i": {"$in": [1.5, 2]}}), "b"),
        (json!({"i": {"$gte": 1.5}}), "bg"),
        (json!({"i": {"$lt": 1.5}}), "ac"),
        (json!({"i": {"$lte": 1.5}}), "ac"),
        (json!({"m": 1.5}), "b"),
        (json!({"m": {"$gte": 1.5}}), "bg"),
        (json!({"nums": {"$contains": 1.0}}), "e"),
        (json!({"#id": "a"}), "a"),
        (json!({"#id": {"$in": ["a", "b", "zz"]}}), "ab"),
        (json!({"#id": {"$ne": "a"}}), "bcdeg"),
        (json!({"#id": {"$nin": ["a", "b"]}}), "cdeg"),
        (json!({"chroma:document": "Hello World"}), ""),
        (json!({"chroma:document": {"$ne": "Hello World"}}), "abcdeg"),
    ];
    for (clause, expected) in cases {
        assert_eq!(matches(&Where::parse(&clause).unwrap()), expected, "{clause}");
    }
}

#[test]
fn document_filters_match_as_recorded() {
    let cases = [
        (json!({"$contains": "Hello"}), "a"),
        (json!({"$contains": "hello"}), "b"),
        (json!({"$contains": "HELLO"}), ""),
        (json!({"$not_contains": "Hello"}), "bcdeg"),
        (json!({"$contains": ""}), "abcde"),
        (json!({"$not_contains": ""}), "g"),
        (json!({"$contains": "o_b"}), "c"),
        (json!({"$contains": "0%"}), "b"),
        (json!({"$contains": "%"}), "b"),
        (json!({"$contains": "_"}), "c"),
        (json!({"$contains": "ß"}), "d"),
        (json!({"$contains": "über"}), ""),
        (json!({"$contains": "ÜBER"}), "d"),
        (json!({"$contains": "\\"}), ""),
        (json!({"$regex": "^Hello"}), "a"),
        (json!({"$regex": "(?i)^hello"}), "ab"),
        (json!({"$regex": "wor.d$"}), ""),
        (json!({"$regex": "\\d+"}), "b"),
        (json!({"$regex": "\\bworld\\b"}), "b"),
        (json!({"$regex": ""}), "abcde"),
        (json!({"$regex": ".*"}), "abcde"),
        (json!({"$regex": "\\p{Lu}{4}"}), "d"),
        (json!({"$regex": "a.b"}), "d"),
        (json!({"$regex": "a\\.b"}), "d"),
        (json!({"$not_regex": "^Hello"}), "bcdeg"),
        (json!({"$not_regex": ".*"}), "g"),
        (json!({"$or": [{"$contains": "foo"}, {"$regex": "^H"}]}), "ac"),
        (json!({"$and": [{"$contains": "world"}, {"$not_contains": "100"}]}), ""),
        (json!({"$or": [{"$contains": "foo"}, {"$contains": "Hello"}]}), "ac"),
        (json!({"$and": []}), "abcdeg"),
        (json!({"$or": []}), ""),
        (json!({"$and": [{"$contains": "Hello"}]}), "a"),
    ];
    for (clause, expected) in cases {
        assert_eq!(matches(&Where::parse_document(&clause).unwrap()), expected, "{clause}");
    }
}

#[test]
fn both_filters_of_a_request_have_to_match() {
    let metadata = json!({"i": {"$gt": 0}});
    let document = json!({"$contains": "ello"});
    let filter = Where::parse_request(Some(&metadata), Some(&document)).unwrap().unwrap();
    assert_eq!(matches(&filter), "ab");
    let filter = Where::parse_request(None, Some(&document)).unwrap().unwrap();
    assert_eq!(matches(&filter), "ab");
    let filter = Where::parse_request(Some(&metadata), Some(&Value::Null)).unwrap().unwrap();
    assert_eq!(matches(&filter), "abg");
    assert_eq!(Where::parse_request(None, None).unwrap(), None);
    assert_eq!(Where::parse_request(Some(&Value::Null), Some(&Value::Null)).unwrap(), None);
}

#[test]
fn a_filter_knows_what_it_looks_at() {
    let needs = |clause: Value| {
        let filter = Where::parse(&clause).unwrap();
        (filter.needs_metadata(), filter.needs_documents(), filter.needs_ids())
    };
    assert_eq!(needs(json!({"$and": []})), (false, false, false));
    assert_eq!(needs(json!({"#score": 1})), (false, false, false));
    assert_eq!(needs(json!({"k": 1})), (true, false, false));
    assert_eq!(needs(json!({"$or": [{"#document": {"$contains": "x"}}]})), (false, true, false));
    assert_eq!(needs(json!({"$and": [{"$or": [{"#id": "x"}]}, {"k": 1}]})), (true, false, true));
}

#[test]
fn integers_and_floats_compare_as_real_numbers() {
    use Ordering::{Equal, Greater, Less};
    const TWO_53: i64 = 1 << 53;
    for (int, float, expected) in [
        (1, 1.0, Some(Equal)),
        (0, -0.0, Some(Equal)),
        (1, 1.5, Some(Less)),
        (-1, -1.5, Some(Greater)),
        (0, 5e-324, Some(Less)),
        (0, -5e-324, Some(Greater)),
        (TWO_53, TWO_53 as f64, Some(Equal)),
        (TWO_53 + 1, TWO_53 as f64, Some(Greater)),
        (-TWO_53 - 1, -(TWO_53 as f64), Some(Less)),
        // What 9223372036854775807 becomes when it is read as a float.
        (i64::MAX, i64::MAX as f64, Some(Less)),
        (i64::MAX, 9_223_372_036_854_774_784.0, Some(Greater)),
        (i64::MIN, -9_223_372_036_854_775_808.0, Some(Equal)),
        (i64::MIN, -9_223_372_036_854_777_856.0, Some(Greater)),
        (i64::MAX, f64::INFINITY, Some(Less)),
        (i64::MIN, f64::NEG_INFINITY, Some(Greater)),
        (0, f64::NAN, None),
    ] {
        assert_eq!(compare_int_with_float(int, float), expected, "{int} against {float}");
    }
}

#[test]
fn nan_equals_nothing_and_zeros_are_equal() {
    let equals = |operand, value| Condition::Compare(Comparison::Equal, operand).matches(Some(&value));
    assert!(!equals(Scalar::Float(f64::NAN), MetadataValue::Float(f64::NAN)));
    assert!(
        Condition::Compare(Comparison::NotEqual, Scalar::Float(f64::NAN))
            .matches(Some(&MetadataValue::Float(f64::NAN)))
    );
    assert!(equals(Scalar::Float(-0.0), MetadataValue::Float(0.0)));
    assert!(equals(Scalar::Int(0), MetadataValue::Float(-0.0)));
}

/// A finite float as `mantissa × 2^exponent`, exactly.
fn parts(float: f64) -> (i128, i32) {
    let bits = float.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i128;
    let (mantissa, exponent) =
        if exponent == 0 { (fraction, -1074) } else { (fraction | (1 << 52), exponent - 1075) };
    (if float.is_sign_negative() { -mantissa } else { mantissa }, exponent)
}

/// Integer arithmetic only: scales both sides by a power of two until they are integers.
fn compare_exactly(int: i64, float: f64) -> Ordering {
    let (mantissa, exponent) = parts(float);
    let int = i128::from(int);
    if mantissa == 0 {
        int.cmp(&0)
    } else if exponent >= 0 {
        // A mantissa of 53 bits shifted by more than 64 is beyond every i64.
        let scaled = if exponent > 64 { mantissa.signum() << 100 } else { mantissa << exponent };
        int.cmp(&scaled)
    } else if exponent >= -63 {
        (int << -exponent).cmp(&mantissa)
    } else {
        // |float| < 2^53 × 2^-64 < 1, so only its sign matters beside an integer.
        if int == 0 { 0.cmp(&mantissa) } else { int.cmp(&0) }
    }
}

fn any_int() -> impl Strategy<Value = i64> {
    let power = (0..63u32, -2i64..=2, any::<bool>()).prop_map(|(power, offset, negative)| {
        let value = (1i64 << power).saturating_add(offset);
        if negative { -value } else { value }
    });
    prop_oneof![any::<i64>(), -4i64..=4, power, Just(i64::MAX), Just(i64::MIN)]
}

/// Floats near the integers as well as anywhere else; finite.
fn any_float() -> impl Strategy<Value = f64> {
    let near_int = (any_int(), -3i64..=3).prop_map(|(int, ulps)| {
        let float = int as f64;
        f64::from_bits(float.to_bits().wrapping_add_signed(ulps))
    });
    let halves = (-8i32..=8).prop_map(|half| f64::from(half) / 2.0);
    prop_oneof![any::<f64>(), near_int, halves].prop_filter("finite", |float| float.is_finite())
}

/// The values of one case: few, so that operands and values meet often. The last of a numeric pool is
/// any number at all.
fn any_pool() -> impl Strategy<Value = Vec<Value>> {
    const TWO_53: i64 = 1 << 53;
    let wild = prop_oneof![any_int().prop_map(Value::from), any_float().prop_map(Value::from)];
    let numbers = |numbers: Value| {
        let numbers = numbers.as_array().unwrap().clone();
        wild.clone().prop_map(move |wild| numbers.iter().cloned().chain([wild]).collect())
    };
    prop_oneof![
        1 => Just(vec![json!(true), json!(false), json!(1)]),
        2 => Just(vec![json!(""), json!("a"), json!("ab"), json!("1")]),
        2 => numbers(json!([0, -0.0, 1, 1.0, 1.5, 2])),
        2 => numbers(json!([TWO_53, TWO_53 + 1, TWO_53 as f64, i64::MAX, i64::MAX as f64])),
        2 => numbers(json!([true, 1, 1.0, "1", "a"])),
    ]
}

fn any_scalar_json(pool: &[Value]) -> BoxedStrategy<Value> {
    prop::sample::select(pool.to_vec()).boxed()
}

fn any_number_json(pool: &[Value]) -> BoxedStrategy<Value> {
    let numbers: Vec<_> = pool.iter().filter(|value| value.is_number()).cloned().collect();
    prop::sample::select(if numbers.is_empty() { vec![json!(1)] } else { numbers }).boxed()
}

/// A list that `$in` accepts: as many of the drawn values as agree with the first.
fn any_list_json(pool: &[Value]) -> impl Strategy<Value = Value> + use<> {
    prop::collection::vec(any_scalar_json(pool), 1..5).prop_map(|mut members| {
        let first = members[0].clone();
        members.retain(|member| match &first {
            Value::Number(first) if first.is_f64() => member.is_number(),
            Value::Number(_) => member.is_i64(),
            Value::String(_) => member.is_string(),
            _ => member.is_boolean(),
        });
        Value::from(members)
    })
}

fn any_predicate_json(pool: &[Value]) -> impl Strategy<Value = Value> + use<> {
    let key = prop_oneof![4 => Just("k"), 1 => Just("absent")];
    let with = |operators: &'static [&'static str], operand: BoxedStrategy<Value>| {
        (prop::sample::select(operators), operand).prop_map(|(operator, operand)| json!({operator: operand}))
    };
    let operand = prop_oneof![
        any_scalar_json(pool),
        with(&["$eq", "$ne", "$contains", "$not_contains"], any_scalar_json(pool)),
        with(&["$gt", "$gte", "$lt", "$lte"], any_number_json(pool)),
        with(&["$in", "$nin"], any_list_json(pool).boxed()),
    ];
    let document = with(&["$contains", "$not_contains"], "[ab]{0,2}".prop_map(Value::from).boxed());
    let id = with(&["$eq", "$ne"], "[rs]".prop_map(Value::from).boxed());
    prop_oneof![
        6 => (key, operand).prop_map(|(key, operand)| json!({key: operand})),
        1 => document.prop_map(|operand| json!({"#document": operand})),
        1 => id.prop_map(|operand| json!({"#id": operand})),
    ]
}

fn any_where_json(pool: &[Value]) -> impl Strategy<Value = Value> + use<> {
    any_predicate_json(pool).prop_recursive(3, 16, 3, |clause| {
        (prop::sample::select(vec!["$and", "$or"]), prop::collection::vec(clause, 0..3))
            .prop_map(|(operator, members)| json!({operator: members}))
    })
}

fn any_metadata_json(pool: &[Value]) -> impl Strategy<Value = Value> + use<> {
    prop_oneof![
        1 => Just(json!({})),
        4 => any_scalar_json(pool).prop_map(|value| json!({"k": value})),
        4 => any_list_json(pool).prop_map(|value| json!({"k": as_stored(value)})),
    ]
}

/// A list as metadata holds it: integers among floats have become floats (spec: rest-api 1.3).
fn as_stored(list: Value) -> Value {
    match list.as_array() {
        Some(members) if members.iter().any(Value::is_f64) => {
            members.iter().map(|member| member.as_f64().map_or_else(|| member.clone(), Value::from)).collect()
        }
        _ => list,
    }
}

/// The specification read word by word, on JSON, sharing no code with the engine.
mod naive {
    use super::*;

    fn order(left: &Value, right: &Value) -> Option<Ordering> {
        if !left.is_number() || !right.is_number() {
            return None;
        }
        match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            (Some(left), None) => Some(compare_exactly(left, right.as_f64()?)),
            (None, Some(right)) => Some(compare_exactly(right, left.as_f64()?).reverse()),
            (None, None) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        }
    }

    fn equal(left: &Value, right: &Value) -> bool {
        match order(left, right) {
            Some(order) => order == Ordering::Equal,
            None => !left.is_array() && left == right,
        }
    }

    pub fn evaluate(clause: &Value, id: &str, metadata: &Value, document: Option<&str>) -> bool {
        let (key, operand) = clause.as_object().unwrap().iter().next().unwrap();
        let recurse = |member: &Value| evaluate(member, id, metadata, document);
        match key.as_str() {
            "$and" => return operand.as_array().unwrap().iter().all(recurse),
            "$or" => return operand.as_array().unwrap().iter().any(recurse),
            _ => {}
        }
        let shorthand = json!({"$eq": operand});
        let condition = if operand.is_object() { operand } else { &shorthand };
        let (operator, operand) = condition.as_object().unwrap().iter().next().unwrap();
        match operator.as_str() {
            "$ne" => return !evaluate(&json!({key: {"$eq": operand}}), id, metadata, document),
            "$nin" => return !evaluate(&json!({key: {"$in": operand}}), id, metadata, document),
            "$not_contains" => {
                return !evaluate(&json!({key: {"$contains": operand}}), id, metadata, document);
            }
            _ => {}
        }
        if key == "#document" {
            return document.is_some_and(|document| document.contains(operand.as_str().unwrap()));
        }
        let id = Value::from(id);
        let Some(value) = (if key == "#id" { Some(&id) } else { metadata.get(key) }) else { return false };
        match operator.as_str() {
            "$eq" => equal(value, operand),
            "$gt" => order(value, operand) == Some(Ordering::Greater),
            "$lt" => order(value, operand) == Some(Ordering::Less),
            "$gte" => matches!(order(value, operand), Some(Ordering::Greater | Ordering::Equal)),
            "$lte" => matches!(order(value, operand), Some(Ordering::Less | Ordering::Equal)),
            "$in" => operand.as_array().unwrap().iter().any(|operand| equal(value, operand)),
            "$contains" => {
                value.as_array().is_some_and(|members| members.iter().any(|member| equal(member, operand)))
            }
            other => panic!("{other} is not generated"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn comparison_agrees_with_exact_arithmetic(int in any_int(), float in any_float()) {
        prop_assert_eq!(compare_int_with_float(int, float), Some(compare_exactly(int, float)));
    }

    #[test]
    fn evaluation_agrees_with_the_specification(
        (clause, metadata) in any_pool().prop_flat_map(|pool| (any_where_json(&pool), any_metadata_json(&pool))),
        document in prop::option::of("[ab]{0,3}"),
    ) {
        let expected = naive::evaluate(&clause, "r", &metadata, document.as_deref());
        let record = Record { id: "r", metadata: serde_json::from_value(metadata).unwrap(), document };
        prop_assert_eq!(Where::parse(&clause).unwrap().evaluate(&record), expected);
    }

    #[test]
    fn negative_conditions_are_complements(
        (operand, list, metadata) in any_pool().prop_flat_map(|pool| {
            (any_scalar_json(&pool), any_list_json(&pool), any_metadata_json(&pool))
        }),
        document in prop::option::of("[ab]{0,3}"),
    ) {
        let record = Record { id: "r", metadata: serde_json::from_value(metadata).unwrap(), document };
        let passes = |key: &str, operator: &str, operand: &Value| {
            Where::parse(&json!({key: {operator: operand}})).unwrap().evaluate(&record)
        };
        for key in ["k", "absent", "#id", "#score"] {
            prop_assert_ne!(passes(key, "$eq", &operand), passes(key, "$ne", &operand));
            prop_assert_ne!(passes(key, "$in", &list), passes(key, "$nin", &list));
            prop_assert_ne!(passes(key, "$contains", &operand), passes(key, "$not_contains", &operand));
        }
        let text = Value::from("a");
        prop_assert_ne!(passes("#document", "$contains", &text), passes("#document", "$not_contains", &text));
    }
}

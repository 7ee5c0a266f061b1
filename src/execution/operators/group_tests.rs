//! Groups keep what they are asked to, in order.

use super::*;

fn record(offset_id: u32, score: f32, metadata: &[(&str, MetadataValue)]) -> Scored {
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
    Scored { offset_id, score, metadata: Some(metadata.collect()) }
}

fn group_by(largest: bool, keys: &[&str], k: u32) -> GroupBy {
    let key = |key: &&str| match *key {
        "#score" => AggregateKey::Score,
        key => AggregateKey::Metadata(key.to_owned()),
    };
    let aggregate = Aggregate { largest, keys: keys.iter().map(key).collect(), k };
    GroupBy { keys: vec!["of".into()], aggregate }
}

fn kept(records: &[Scored], group_by: &GroupBy) -> Vec<u32> {
    keep(records.to_vec(), group_by).into_iter().map(|record| record.offset_id).collect()
}

fn text(text: &str) -> MetadataValue {
    MetadataValue::Str(text.into())
}

#[test]
fn the_best_of_each_group_are_kept_best_first() {
    let records = [
        record(1, 0.1, &[("of", text("a"))]),
        record(2, 0.2, &[("of", text("a"))]),
        record(3, 0.3, &[("of", text("b"))]),
        record(4, 0.4, &[("of", text("a"))]),
        record(5, 0.5, &[]),
        record(6, 0.6, &[]),
    ];
    assert_eq!(kept(&records, &group_by(false, &["#score"], 1)), [1, 3, 5]);
    assert_eq!(kept(&records, &group_by(false, &["#score"], 2)), [1, 2, 3, 5, 6]);
    assert_eq!(kept(&records, &group_by(true, &["#score"], 1)), [3, 4, 6]);
}

#[test]
fn values_decide_and_equal_ones_leave_it_to_the_score() {
    let year = |year| ("year", MetadataValue::Int(year));
    let records = [
        record(1, 0.1, &[year(2020)]),
        record(2, 0.2, &[year(2024)]),
        record(3, 0.3, &[year(2024)]),
        record(4, 0.4, &[]),
    ];
    assert_eq!(kept(&records, &group_by(true, &["year"], 1)), [2]);
    assert_eq!(kept(&records, &group_by(true, &["year"], 3)), [1, 2, 3]);
    assert_eq!(kept(&records, &group_by(false, &["year"], 1)), [4], "a missing value is the smallest");
    assert_eq!(kept(&records, &group_by(true, &["year", "#score"], 1)), [3]);
}

#[test]
fn values_of_different_types_are_different_groups_in_the_order_of_types() {
    let values = [
        None,
        Some(MetadataValue::Bool(true)),
        Some(MetadataValue::Int(1)),
        Some(MetadataValue::Float(1.0)),
        Some(text("1")),
        Some(MetadataValue::SparseVector(crate::types::SparseVector::default())),
        Some(MetadataValue::BoolArray(vec![true])),
        Some(MetadataValue::IntArray(vec![1])),
        Some(MetadataValue::FloatArray(vec![1.0])),
        Some(MetadataValue::StrArray(vec!["1".into()])),
    ];
    for pair in values.windows(2) {
        assert_eq!(compare(pair[0].as_ref(), pair[1].as_ref()), Ordering::Less, "{pair:?}");
        assert_eq!(compare(pair[1].as_ref(), pair[1].as_ref()), Ordering::Equal, "{pair:?}");
    }
    let floats = |values: &[f64]| Some(MetadataValue::FloatArray(values.to_vec()));
    assert_eq!(compare(floats(&[1.0]).as_ref(), floats(&[1.0, 0.0]).as_ref()), Ordering::Less);
    assert_eq!(compare(floats(&[2.0]).as_ref(), floats(&[1.0, 0.0]).as_ref()), Ordering::Greater);
}

//! Small random collections of every kind of metadata, published again and again with changes, against a naive reader.

mod support;

use std::collections::BTreeSet;

use chromatid_snapshots::exchange::Budget;
use chromatid_snapshots::filter::Where;
use chromatid_snapshots::read::{Get, Nearest};
use chromatid_snapshots::record::Record;
use chromatid_vectors::Space;
use chromatid_vectors::distance::Query;
use serde_json::{Value, json};
use support::{Host, Publication, Random, Records, identity, record};

const SPACES: [Space; 3] = [Space::L2, Space::Cosine, Space::Ip];

#[test]
fn what_is_published_is_found_through_all_layers() {
    let mut seen = BTreeSet::new();
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let (space, dimension) = (SPACES[seed as usize % 3], 1 + random.below(9));
        let mut next = 30 + random.below(300);
        let mut records = Records((0..next).map(|id| record(&mut random, id, dimension)).collect());
        let mut host = Host::publish(&records, identity(1, space, dimension)).unwrap();
        check(&host, &records, &mut random);
        for _ in 0..7 {
            change(&mut records, &mut random, &mut next, dimension);
            let (publication, _) = host.publish_changes(&records).unwrap();
            seen.insert(publication as u8);
            check(&host, &records, &mut random);
        }
    }
    assert_eq!(seen.len(), 3, "unchanged, layers and rewrites all occur");
}

/// Edits, deletes and adds a few records, or none.
fn change(records: &mut Records, random: &mut Random, next: &mut usize, dimension: usize) {
    for _ in 0..random.below(6) {
        let at = random.below(records.0.len());
        match random.below(3) {
            0 if records.0.len() > 20 => {
                records.0.remove(at);
            }
            1 => {
                records.0.push(record(random, *next, dimension));
                *next += 1;
            }
            _ => {
                let id = records.0[at].0.id.trim_start_matches("id-").parse().unwrap();
                records.0[at] = record(random, id, dimension);
            }
        }
    }
}

fn check(host: &Host, records: &Records, random: &mut Random) {
    assert_eq!(host.snapshot.manifest.count() as usize, records.0.len());
    let all = host.finish(host.snapshot.get(Get::default(), Budget::NONE)).unwrap();
    let mut found: Vec<_> = all.rows.into_iter().map(|row| (row.record, row.vector)).collect();
    let mut expected = records.0.clone();
    found.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    expected.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    assert_eq!(found, expected);
    for _ in 0..6 {
        let filter = filter(random, 2);
        check_get(host, records, &filter, random);
        check_nearest(host, records, &filter, random);
    }
    check_ids(host, records, random);
}

fn check_get(host: &Host, records: &Records, filter: &Value, random: &mut Random) {
    let expected: BTreeSet<&str> = matching(records, filter).map(|(record, _)| record.id.as_str()).collect();
    let parsed = Some(Where::parse(filter).unwrap());
    let request = Get { filter: parsed, ..Get::default() };
    let found = host.finish(host.snapshot.get(request.clone(), Budget::NONE)).unwrap();
    let ids: Vec<String> = found.rows.into_iter().map(|row| row.record.id).collect();
    assert_eq!(ids.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected, "{filter}");
    assert_eq!(found.count as usize, expected.len());
    let (offset, limit) = (random.below(ids.len() + 2), random.below(10));
    let page =
        host.finish(host.snapshot.get(Get { offset, limit: Some(limit), ..request }, Budget::NONE)).unwrap();
    let page: Vec<String> = page.rows.into_iter().map(|row| row.record.id).collect();
    assert!(page.iter().eq(ids.iter().skip(offset).take(limit)), "{filter}: pages follow each other");
}

/// As few records as these are all looked at, so the answer is exact.
fn check_nearest(host: &Host, records: &Records, filter: &Value, random: &mut Random) {
    let identity = &host.snapshot.manifest.identity;
    let vector = random.vector(identity.dimension);
    let query = Query::new(identity.space, &vector);
    let mut expected: Vec<f32> =
        matching(records, filter).map(|(_, vector)| query.distance(vector)).collect();
    expected.sort_by(f32::total_cmp);
    let k = 1 + random.below(8);
    expected.truncate(k);
    let request = Nearest { vector, k, filter: Some(Where::parse(filter).unwrap()) };
    let found = host.finish(host.snapshot.nearest(request, Budget::NONE)).unwrap();
    let distances: Vec<f32> = found.iter().map(|found| found.distance).collect();
    // All but the last few, which estimates of few components may miss.
    assert_eq!(distances.len(), expected.len(), "{filter}");
    assert!(distances.is_sorted());
    for found in &found {
        let record = records.0.iter().find(|(record, _)| record.id == found.row.record.id).unwrap();
        assert_eq!(found.distance, query.distance(&record.1));
        assert!(matches(&record.0, filter));
    }
    if let (Some(nearest), Some(expected)) = (distances.first(), expected.first()) {
        assert!(nearest <= &(expected + 0.5), "{nearest} for {expected}");
    }
}

fn check_ids(host: &Host, records: &Records, random: &mut Random) {
    let known = &records.0[random.below(records.0.len())].0.id;
    let ids = Some(vec!["nobody".to_owned(), known.clone(), known.clone()]);
    let found = host.finish(host.snapshot.get(Get { ids, ..Get::default() }, Budget::NONE)).unwrap();
    assert_eq!(found.rows.iter().map(|row| &row.record.id).collect::<Vec<_>>(), [known]);
}

fn filter(random: &mut Random, depth: usize) -> Value {
    if depth > 0 && random.below(3) == 0 {
        let operator = ["$and", "$or"][random.below(2)];
        let members: Vec<Value> = (0..1 + random.below(3)).map(|_| filter(random, depth - 1)).collect();
        return json!({ operator: members });
    }
    let number = random.below(20);
    match random.below(12) {
        0 => json!({ "color": pick(random, ["red", "ä", "", "none"]) }),
        1 => json!({ "color": { "$ne": "red" } }),
        2 => json!({ "color": { "$in": ["red", "blue"] } }),
        3 => json!({ "rank": { "$nin": [number, 3] } }),
        4 => json!({ "rank": { ["$gt", "$gte", "$lt", "$lte"][random.below(4)]: number } }),
        5 => json!({ "weight": { ["$gt", "$gte", "$lt", "$lte"][random.below(4)]: number as f64 / 4.0 } }),
        6 => json!({ "weight": { "$eq": random.below(3) } }),
        7 => json!({ "good": random.below(2) == 0 }),
        8 => json!({ "tags": { "$contains": pick(random, ["a", "b", "z"]) } }),
        9 => json!({ "sizes": { "$not_contains": random.below(4) as f64 } }),
        10 => json!({ "#id": { ["$in", "$nin"][random.below(2)]: ["id-1", "id-2", "nobody"] } }),
        _ => json!({ "long": { "$eq": "x".repeat(122) + "red" } }),
    }
}

fn pick<const N: usize>(random: &mut Random, texts: [&'static str; N]) -> &'static str {
    texts[random.below(N)]
}

fn matching<'a>(records: &'a Records, filter: &'a Value) -> impl Iterator<Item = &'a (Record, Vec<f32>)> {
    records.0.iter().filter(move |(record, _)| matches(record, filter))
}

/// The naive meaning of a filter.
fn matches(record: &Record, filter: &Value) -> bool {
    let (key, operand) = filter.as_object().and_then(|members| members.iter().next()).unwrap();
    let all = |operand: &Value| operand.as_array().unwrap().clone();
    match key.as_str() {
        "$and" => all(operand).iter().all(|member| matches(record, member)),
        "$or" => all(operand).iter().any(|member| matches(record, member)),
        _ => {
            let id = Value::from(record.id.clone());
            let value = match key.as_str() {
                "#id" => Some(&id),
                key => record.metadata.as_ref().and_then(|metadata| metadata.get(key)),
            };
            let (operator, operand) = match operand.as_object().and_then(|members| members.iter().next()) {
                Some((operator, operand)) => (operator.as_str(), operand),
                None => ("$eq", operand),
            };
            holds(value, operator, operand)
        }
    }
}

fn holds(value: Option<&Value>, operator: &str, operand: &Value) -> bool {
    let same = |a: &Value, b: &Value| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    };
    let is = |operand: &Value| value.is_some_and(|value| same(value, operand));
    let has = || {
        let elements = value.and_then(Value::as_array);
        elements.is_some_and(|elements| elements.iter().any(|element| same(element, operand)))
    };
    let listed = || operand.as_array().unwrap().iter().any(is);
    let compared = |test: fn(f64, f64) -> bool| {
        let number = value.and_then(Value::as_f64);
        number.is_some_and(|number| test(number, operand.as_f64().unwrap()))
    };
    match operator {
        "$eq" => is(operand),
        "$ne" => !is(operand),
        "$in" => listed(),
        "$nin" => !listed(),
        "$contains" => has(),
        "$not_contains" => !has(),
        "$gt" => compared(|a, b| a > b),
        "$gte" => compared(|a, b| a >= b),
        "$lt" => compared(|a, b| a < b),
        "$lte" => compared(|a, b| a <= b),
        other => panic!("{other}"),
    }
}

#[test]
fn the_nearest_of_thousands_are_found() {
    let mut random = Random::new(5);
    let dimension = 32;
    let records = Records((0..4_000).map(|id| record(&mut random, id, dimension)).collect());
    for space in SPACES {
        let host = Host::publish(&records, identity(1, space, dimension)).unwrap();
        let mut right = 0;
        for _ in 0..20 {
            let vector = random.vector(dimension);
            let query = Query::new(space, &vector);
            let mut exact: Vec<(f32, &str)> = records
                .0
                .iter()
                .map(|(record, vector)| (query.distance(vector), record.id.as_str()))
                .collect();
            exact.sort_by(|a, b| a.0.total_cmp(&b.0));
            let request = Nearest { vector, k: 10, filter: None };
            let found = host.finish(host.snapshot.nearest(request, Budget::NONE)).unwrap();
            right += found
                .iter()
                .filter(|found| exact[..10].iter().any(|(_, id)| *id == found.row.record.id))
                .count();
        }
        assert!(right >= 180, "{space:?}: {right} of 200");
    }
}

/// As many as there are, and more than the allowance of a few, are found too.
#[test]
fn many_results_and_rare_ones_are_all_found() {
    let mut random = Random::new(3);
    let mut records = Records((0..2_500).map(|id| record(&mut random, id, 24)).collect());
    for (at, (record, _)) in records.0.iter_mut().enumerate() {
        record.metadata = serde_json::from_value(json!({ "hundredth": at % 100, "tenth": at % 10 })).ok();
    }
    let host = Host::publish(&records, identity(1, Space::L2, 24)).unwrap();
    for (k, filter, expected) in [
        (2_500, None, 2_500),
        (3_000, None, 2_500),
        (100, None, 100),
        (20, Some(json!({ "hundredth": 7 })), 20),
        (400, Some(json!({ "tenth": 3 })), 250),
    ] {
        let filter = filter.map(|filter| Where::parse(&filter).unwrap());
        let request = Nearest { vector: random.vector(24), k, filter };
        let found = host.finish(host.snapshot.nearest(request, Budget::NONE)).unwrap();
        let ids: BTreeSet<&str> = found.iter().map(|found| found.row.record.id.as_str()).collect();
        assert_eq!((found.len(), ids.len()), (expected, expected));
    }
}

#[test]
fn the_same_records_give_the_same_bytes_and_one_change_few() {
    let mut random = Random::new(9);
    let mut records = Records((0..3_000).map(|id| record(&mut random, id, 16)).collect());
    let mut host = Host::publish(&records, identity(1, Space::Cosine, 16)).unwrap();
    let again = Host::publish(&records, identity(1, Space::Cosine, 16)).unwrap();
    assert_eq!(host.packs, again.packs);
    assert_eq!(host.publish_changes(&records).unwrap(), (Publication::Unchanged, 0));
    let all: usize = host.packs.values().map(Vec::len).sum();
    for at in (0..3_000).step_by(100) {
        records.0[at].0.document = Some("edited".into());
    }
    let (publication, bytes) = host.publish_changes(&records).unwrap();
    assert_eq!(publication, Publication::Layer);
    assert!(bytes * 20 < all, "{bytes} new bytes of {all}");
}

#[test]
fn a_budget_is_an_error_and_not_a_surprise() {
    let mut random = Random::new(2);
    let records = Records((0..500).map(|id| record(&mut random, id, 8)).collect());
    let host = Host::publish(&records, identity(1, Space::L2, 8)).unwrap();
    let request = Nearest { vector: vec![0.0; 8], k: 3, filter: None };
    let few_bytes = Budget { max_bytes: 1_000, ..Budget::NONE };
    let error = host.finish(host.snapshot.nearest(request.clone(), few_bytes)).unwrap_err();
    assert_eq!(error.name(), "SnapshotBudgetError");
    assert!(error.to_string().contains("maxBytes"), "{error}");
    let one_request = Budget { max_requests: 1, ..Budget::NONE };
    let error = host.finish(host.snapshot.nearest(request, one_request)).unwrap_err();
    assert!(error.to_string().contains("maxRequests"), "{error}");
}

#[test]
fn what_snapshots_do_not_have_is_said() {
    let text = Where::parse(&json!({ "#document": { "$contains": "x" } })).unwrap_err();
    assert_eq!(text.name(), "SnapshotUnsupportedError");
    for wrong in [
        json!([]),
        json!({}),
        json!({ "a": { "$gt": "x" } }),
        json!({ "$and": 1 }),
        json!({ "a": { "$in": [] } }),
    ] {
        assert_eq!(Where::parse(&wrong).unwrap_err().name(), "InvalidArgumentError", "{wrong}");
    }
}

#[test]
fn an_empty_collection_is_a_snapshot() {
    let host = Host::publish(&Records::default(), identity(1, Space::L2, 4)).unwrap();
    assert_eq!(host.finish(host.snapshot.get(Get::default(), Budget::NONE)).unwrap().count, 0);
    let request = Nearest { vector: vec![0.0; 4], k: 3, filter: None };
    assert!(host.finish(host.snapshot.nearest(request, Budget::NONE)).unwrap().is_empty());
}

//! Filters, searches, configurations and schemas, as JSON.

use std::sync::LazyLock;

use chromatid::storage::sim::Xorshift;
use chromatid::types::{
    AttachFunction, CollectionConfiguration, CreateCollection, Metadata, MetadataValue, Schema,
    SearchRequest, UpdateCollection, Where,
};
use serde_json::{Value, json};

use crate::harness::{Memory, fuzz};
use crate::mutate;

/// A value takes 32 bytes whatever it is, and is read from two bytes; patterns take what they may.
const MEMORY: Memory = Memory { least: 40 << 20, per_byte: 256 };

/// Bodies that were recorded, by what they are asked of, and what they do not have.
static BODIES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let recorded: Vec<Value> = serde_json::from_str(include_str!("../fixtures/rest/recorded.json")).unwrap();
    let further: Vec<Value> = serde_json::from_str(include_str!("../rest/fuzz/templates.json")).unwrap();
    let body = |of: &Value| serde_json::from_str(of["body"].as_str()?).ok();
    let bodies = recorded.iter().chain(&further).filter_map(body).filter(Value::is_object);
    bodies.chain(own()).collect()
});

fn own() -> Vec<Value> {
    let index = |enabled: bool| json!({"enabled": enabled, "config": {}});
    vec![
        json!({"where": {"$and": [{"a": {"$in": [1, 2]}}, {"$or": [{"b": {"$ne": "x"}}, {"c": {"$gt": 1.5}}]}]}}),
        json!({"where": {"a": {"$contains": 1}}, "where_document": {"$not_contains": "x"}}),
        json!({"where_document": {"$and": [{"$regex": "a+"}, {"$or": [{"$contains": "b"}, {"$not_regex": "c"}]}]}}),
        json!({"where": {"#document": {"$regex": "[a-z]{2,7}"}, "#id": {"$in": ["a"]}}}),
        json!({"searches": [{
            "filter": {"a": {"$nin": [true]}},
            "rank": {"$sum": [{"$knn": {"query": [1, 2], "limit": 5}}, {"$mul": [{"$val": 0.5}, {"$abs": {"$knn": {"query": {"indices": [1], "values": [2]}, "key": "s"}}}]}]},
            "group_by": {"keys": ["a"], "aggregate": {"$min_k": {"keys": ["#score"], "k": 2}}},
            "limit": {"limit": 3, "offset": 1}, "select": {"keys": ["#score", "#document", "a"]},
        }]}),
        json!({"name": "abc", "schema": {"defaults": {"string": {"string_inverted_index": index(false)}}, "keys": {
            "#embedding": {"float_list": {"vector_index": {"enabled": true, "config": {"space": "l2", "hnsw": {"ef_search": 5}}}}},
            "s": {"sparse_vector": {"sparse_vector_index": index(true)}},
        }}}),
        json!({"name": "abc", "configuration": {"spann": {"space": "ip", "search_nprobe": 5}, "embedding_function": {"type": "known", "name": "f", "config": {}}}}),
        json!({"metadata": {"a": [1.5, 2.5], "s": {"#type": "sparse_vector", "indices": [1], "values": [1.0]}}}),
    ]
}

/// Everything that a body may be read as.
fn read(text: &str) {
    let Ok(body) = serde_json::from_str::<Value>(text) else { return };
    for part in [&body, &body["where"], &body["filter"]] {
        if let Ok(filter) = Where::parse(part) {
            let _ = (
                filter.payload_bytes(),
                filter.needs_metadata(),
                filter.needs_documents(),
                filter.needs_ids(),
            );
        }
    }
    let _ = Where::parse_document(&body["where_document"]);
    let _ = Where::parse_request(Some(&body["where"]), Some(&body["where_document"]));
    let _ = SearchRequest::from_json(&body).map(|request| {
        request
            .searches
            .iter()
            .filter_map(|search| search.rank.as_ref())
            .map(|rank| rank.knns().len())
            .sum::<usize>()
    });
    let _ = MetadataValue::from_json(&body["metadata"]);
    let _ = serde_json::from_value::<Metadata>(body["metadata"].clone());
    let _ = (UpdateCollection::from_json(body.clone()), AttachFunction::from_json(body.clone()));
    if let Ok(request) = CreateCollection::from_json(body)
        && let Ok(configuration) = CollectionConfiguration::resolve(request.configuration, None)
        && let Ok((schema, configuration)) = Schema::resolve(request.schema, configuration)
    {
        // What is kept is read back as it was.
        let stored = CollectionConfiguration::from_stored(&configuration.to_stored());
        assert_eq!(stored.as_ref(), Ok(&configuration));
        if let Some(stored) = schema.to_stored() {
            assert_eq!(Schema::from_stored(&stored).map(|schema| schema.to_stored()), Ok(Some(stored)));
        }
    }
}

#[test]
fn bodies() {
    BODIES.iter().for_each(|body| read(&body.to_string()));
    let make = |random: &mut Xorshift| {
        let body = &BODIES[random.below(BODIES.len() as u64) as usize];
        mutate::body(random, body.clone())
    };
    fuzz("bodies", 15_000, MEMORY, make, String::len, |text| read(text));
}

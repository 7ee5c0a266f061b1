//! Payloads are read and refused as a server does it (spec: observed-behaviour 23).

use serde_json::{Value, json};

use super::*;
use crate::error::Error;
use crate::limits::{MAX_RANK_DEPTH, MAX_RANK_NODES, MAX_SEARCHES};

fn parse(search: Value) -> crate::error::Result<Search> {
    let request = SearchRequest::from_json(&json!({ "searches": [search] }))?;
    assert_eq!(request.searches.len(), 1);
    Ok(request.searches.into_iter().next().unwrap_or_default())
}

fn fault(search: Value) -> (u16, String) {
    let error = parse(search).expect_err("the payload is refused");
    let prefix = "Failed to deserialize the JSON body into the target type: ";
    (error.code(), error.to_string().replace(prefix, ""))
}

#[test]
fn an_empty_search_asks_for_everything_in_order() {
    assert_eq!(parse(json!({})).unwrap(), Search::default());
    let nothing = json!({
        "filter": null, "rank": null, "group_by": {}, "limit": {}, "select": {"keys": []}, "bogus": 1
    });
    assert_eq!(parse(nothing).unwrap(), Search::default());
    assert_eq!(parse(json!({ "filter": {} })).unwrap(), Search::default());
    assert_eq!(SearchRequest::from_json(&json!({ "searches": [] })).unwrap(), SearchRequest::default());
}

#[test]
fn a_whole_search_is_read() {
    let search = parse(json!({
        "filter": {"#id": {"$in": ["a"]}},
        "rank": {"$sum": [
            {"$knn": {"query": [1, 0.5]}},
            {"$mul": [{"$val": 2}, {"$knn": {"query": [0, 1], "limit": 3, "default": 9, "return_rank": true}}]},
        ]},
        "group_by": {"keys": ["a", "b"], "aggregate": {"$max_k": {"keys": ["c", "#score"], "k": 2}}},
        "limit": {"offset": 1, "limit": 5},
        "select": {"keys": ["title", "#score", "title"]},
    }));
    let search = search.unwrap();
    let Some(Rank::Sum(operands)) = &search.rank else { panic!("{search:?}") };
    let usual = Knn {
        query: KnnQuery::Dense(vec![1.0, 0.5]),
        key: EMBEDDING_KEY.into(),
        limit: 16,
        default: None,
        return_rank: false,
    };
    assert_eq!(operands[0], Rank::Knn(usual));
    let knns = search.rank.as_ref().map(Rank::knns).unwrap_or_default();
    assert_eq!(knns.len(), 2);
    assert_eq!((knns[1].limit, knns[1].default, knns[1].return_rank), (3, Some(9.0), true));
    let aggregate = Aggregate {
        largest: true,
        keys: vec![AggregateKey::Metadata("c".into()), AggregateKey::Score],
        k: 2,
    };
    assert_eq!(search.group_by, Some(GroupBy { keys: vec!["a".into(), "b".into()], aggregate }));
    assert_eq!((search.offset, search.limit), (1, Some(5)));
    assert_eq!(search.select.keys, ["#score", "title"]);
    assert!(search.filter.is_some() && search.select.score() && search.select.metadata());
    assert!(!search.select.document() && !search.select.embedding());
}

#[test]
fn bodies_of_the_wrong_shape_say_where() {
    for (search, expected) in [
        (json!({"filter": {"a": {"$bogus": 1}}}), "searches[0].filter: Invalid where clause"),
        (json!({"filter": {"a": 1, "b": 2}}), "searches[0].filter: Invalid where clause"),
        (
            json!({"rank": {"$knn": {"query": "text"}}}),
            "searches[0].rank.$knn.query: data did not match any variant of untagged enum QueryVector",
        ),
        (json!({"rank": {"$knn": {}}}), "searches[0].rank.$knn: missing field `query`"),
        (json!({"rank": {"$sub": {"left": {"$val": 1}}}}), "searches[0].rank.$sub: missing field `right`"),
        (json!({"rank": {"$val": "x"}}), "searches[0].rank.$val: invalid type: string \"x\", expected f32"),
        (
            json!({"rank": {"$sum": 1}}),
            "searches[0].rank.$sum: invalid type: integer `1`, expected a sequence",
        ),
        (
            json!({"limit": {"limit": -1}}),
            "searches[0].limit.limit: invalid value: integer `-1`, expected u32",
        ),
        (json!({"limit": 5}), "searches[0].limit: invalid type: integer `5`, expected struct Limit"),
        (
            json!({"select": ["#document"]}),
            "searches[0].select: invalid type: sequence, expected struct Select",
        ),
        (
            json!({"rank": {"$val": 1}, "group_by": {"keys": ["a"], "aggregate": {"$bogus": {}}}}),
            "searches[0].group_by.aggregate: unknown variant `$bogus`, expected `$min_k` or `$max_k`",
        ),
        (
            json!({"rank": {"$bogus": 1}}),
            "searches[0].rank: unknown variant `$bogus`, expected one of `$abs`, `$div`, `$exp`, `$knn`, `$log`, \
             `$max`, `$min`, `$mul`, `$sub`, `$sum`, `$val`",
        ),
    ] {
        assert_eq!(fault(search), (422, expected.to_owned()));
    }
    let missing = SearchRequest::from_json(&json!({})).unwrap_err();
    assert_eq!((missing.code(), missing.to_string().ends_with("missing field `searches`")), (422, true));
    let level = SearchRequest::from_json(&json!({"searches": [{}], "read_level": "bogus"})).unwrap_err();
    assert!(level.to_string().contains("read_level: unknown variant `bogus`"), "{level}");
}

#[test]
fn rules_that_are_broken_are_named() {
    let grouped = |keys: Value, aggregate: Value| json!({"rank": {"$val": 1}, "group_by": {"keys": keys, "aggregate": aggregate}});
    let smallest = |keys: Value, k: u32| json!({"$min_k": {"keys": keys, "k": k}});
    let both = "group_by keys and aggregate must both be specified or both be omitted";
    for (search, expected) in [
        (json!({"group_by": {"keys": ["a"]}}), both),
        (grouped(json!([]), smallest(json!(["#score"]), 1)), both),
        (
            grouped(json!(["#document"]), smallest(json!(["#score"]), 1)),
            "group_by keys must be metadata fields (cannot use #score, #document, #embedding, or #metadata)",
        ),
        (
            grouped(json!(["a"]), smallest(json!(["#document"]), 1)),
            "aggregate keys must be metadata fields or #score (cannot use #document, #embedding, or #metadata)",
        ),
        (grouped(json!(["a"]), smallest(json!([]), 1)), "aggregate keys must not be empty"),
        (grouped(json!(["a"]), smallest(json!(["b"]), 0)), "aggregate k must be greater than 0"),
    ] {
        assert_eq!(fault(search), (400, format!("Validation error: searches[0].group_by: {expected}")));
    }
    let unranked = json!({"group_by": {"keys": ["a"], "aggregate": smallest(json!(["b"]), 1)}});
    let expected = "Validation error: searches[0].__all__: group_by requires rank expression to be specified";
    assert_eq!(fault(unranked), (400, expected.to_owned()));
    for rank in [json!({}), json!([]), json!(1), json!({"$val": 1, "$abs": {"$val": 1}})] {
        let expected = "Failed to parse the request body as JSON: searches[0].rank: expected value";
        assert_eq!(fault(json!({ "rank": rank })), (400, expected.to_owned()));
    }
    for (query, expected) in [
        (
            json!({"indices": [1, 2], "values": [1]}),
            "Sparse vector indices, values, and tokens (when present) must have the same length",
        ),
        (
            json!({"indices": [2, 1], "values": [1, 1]}),
            "Sparse vector indices must be sorted in strictly ascending order (no duplicates)",
        ),
    ] {
        let expected =
            format!("Validation error: searches[0].rank: Invalid sparse vector in KNN query: {expected}");
        assert_eq!(fault(json!({"rank": {"$knn": {"query": query}}})), (400, expected));
    }
}

#[test]
fn no_expression_is_too_deep_or_too_wide_for_the_stack() {
    let deep = |levels: usize| (0..levels).fold(json!({"$val": 1}), |inner, _| json!({"$abs": inner}));
    assert!(parse(json!({"rank": deep(MAX_RANK_DEPTH)})).is_ok());
    assert_eq!(fault(json!({"rank": deep(MAX_RANK_DEPTH + 1)})).0, 400);
    let wide = |nodes: usize| json!({"$sum": vec![json!({"$val": 1}); nodes]});
    assert!(parse(json!({"rank": wide(MAX_RANK_NODES - 1)})).is_ok());
    assert_eq!(fault(json!({"rank": wide(MAX_RANK_NODES)})).0, 400);
    let many = SearchRequest::from_json(&json!({"searches": vec![json!({}); MAX_SEARCHES + 1]}));
    assert!(matches!(many, Err(Error::InvalidArgument(_))));
}

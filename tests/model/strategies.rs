//! Random clients.

use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::chroma::{Kind, Row};
use crate::support::probe::Selection;
use crate::support::step::Step;

/// One thing that a client does, or that happens to it.
#[derive(Debug, Clone)]
pub enum Action {
    Step(Step),
    Get {
        name: &'static str,
        selection: Selection,
        limit: Option<u32>,
        offset: u32,
        include: [bool; 4],
    },
    Query {
        name: &'static str,
        selection: Selection,
        vectors: Vec<Vec<f32>>,
        n_results: u32,
    },
    /// Open again, with or without closing before.
    Reopen {
        close: bool,
    },
}

const NAMES: [&str; 3] = ["alpha", "beta", "gamma"];
/// Components of the vectors of every collection; now and then a client gets them wrong.
const DIMENSION: usize = 3;

/// How large the things are that a client writes.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Different ids.
    pub ids: u32,
    /// Records in one write, at most.
    pub rows: usize,
    /// Bytes by which ids and documents are longer than they need be, so that few fit a block.
    pub padding: usize,
}

pub fn actions(sizes: Sizes, count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Action>> {
    // The two collections that most actions are about exist from the start.
    vec(action(sizes), count).prop_map(|actions| {
        let create = |(name, space)| Action::Step(Step::Create { name, space });
        [("alpha", "l2"), ("beta", "cosine")].map(create).into_iter().chain(actions).collect()
    })
}

fn action(sizes: Sizes) -> impl Strategy<Value = Action> {
    prop_oneof![
        10 => write(sizes).prop_map(Action::Step),
        4 => delete(sizes).prop_map(Action::Step),
        1 => catalogue().prop_map(Action::Step),
        2 => Just(Action::Step(Step::Compact)),
        1 => Just(Action::Step(Step::Maintain)),
        1 => any::<bool>().prop_map(|close| Action::Reopen { close }),
        6 => get(sizes),
        5 => query(sizes),
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just("alpha"), 5 => Just("beta"), 1 => Just("gamma")]
}

fn catalogue() -> impl Strategy<Value = Step> {
    let space = prop::sample::select(vec!["l2", "ip", "cosine"]);
    let any_name = || prop::sample::select(NAMES.to_vec());
    prop_oneof![
        3 => (any_name(), space).prop_map(|(name, space)| Step::Create { name, space }),
        1 => (any_name(), any_name()).prop_map(|(from, to)| Step::Rename { from, to }),
        1 => any_name().prop_map(|name| Step::Drop { name }),
        2 => (any_name(), any_name()).prop_map(|(from, to)| Step::Fork { from, to }),
    ]
}

fn id(sizes: Sizes) -> impl Strategy<Value = String> {
    (0..sizes.ids).prop_map(move |number| format!("{number}{}", "-".repeat(sizes.padding)))
}

fn write(sizes: Sizes) -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        3 => Just(Kind::Add),
        3 => Just(Kind::Update),
        3 => Just(Kind::Upsert),
    ];
    (name(), kind).prop_flat_map(move |(name, kind)| {
        let length = prop_oneof![30 => Just(DIMENSION), 1 => Just(DIMENSION + 1)];
        length.prop_flat_map(move |length| {
            vec(row(sizes, length, kind == Kind::Update), 1..=sizes.rows).prop_map(move |rows| Step::Write {
                name,
                kind,
                rows,
            })
        })
    })
}

fn row(sizes: Sizes, length: usize, sparse: bool) -> impl Strategy<Value = Row> {
    let embedding =
        (any::<bool>(), vector(length)).prop_map(move |(given, vector)| (given || !sparse).then_some(vector));
    (id(sizes), embedding, of(document(sizes)), weighted(0.2, "[a-z]{1,5}"), of(metadata()))
        .prop_map(|(id, embedding, document, uri, metadata)| Row { id, embedding, document, uri, metadata })
}

/// Small whole numbers: sums of their squares and products are exact in every precision, and ties common.
fn vector(length: usize) -> impl Strategy<Value = Vec<f32>> {
    vec((-2..=2_i8).prop_map(f32::from), length)
}

fn document(sizes: Sizes) -> impl Strategy<Value = String> {
    "[abß ]{0,6}".prop_map(move |text| text + &"x".repeat(sizes.padding))
}

fn metadata() -> impl Strategy<Value = Map<String, Value>> {
    let member = prop_oneof![
        (-2..5_i64).prop_map(|number| ("n", json!(number))),
        (-2..5_i64).prop_map(|number| ("n", json!(number as f64 / 2.0))),
        "[ab]".prop_map(|text| ("kind", json!(text))),
        any::<bool>().prop_map(|flag| ("flag", json!(flag))),
        vec("[ab]", 0..3).prop_map(|tags| ("tags", json!(tags))),
        vec(0..3_i64, 0..3).prop_map(|numbers| ("list", json!(numbers))),
        "[ab]".prop_map(|text| ("n", json!(text))),
        prop::sample::select(vec!["n", "kind", "flag", "tags"]).prop_map(|key| (key, Value::Null)),
    ];
    vec(member, 0..4)
        .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn clause(sizes: Sizes) -> impl Strategy<Value = Value> {
    let order = prop::sample::select(vec!["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]);
    let list = prop::sample::select(vec!["$in", "$nin"]);
    let contains = prop::sample::select(vec!["$contains", "$not_contains"]);
    let equality = prop::sample::select(vec!["$eq", "$ne"]);
    let leaf = prop_oneof![
        (order, -3..6_i64, any::<bool>()).prop_map(|(operator, number, whole)| {
            if whole {
                json!({"n": {operator: number}})
            } else {
                json!({"n": {operator: number as f64 / 2.0}})
            }
        }),
        (equality.clone(), "[ab]").prop_map(|(operator, text)| json!({"kind": {operator: text}})),
        (equality, any::<bool>()).prop_map(|(operator, flag)| json!({"flag": {operator: flag}})),
        (list.clone(), vec(-1..4_i64, 1..4)).prop_map(|(operator, list)| json!({"n": {operator: list}})),
        (list.clone(), vec("[ab]", 1..3)).prop_map(|(operator, list)| json!({"kind": {operator: list}})),
        (list, vec(id(sizes), 1..4)).prop_map(|(operator, list)| json!({"#id": {operator: list}})),
        (contains.clone(), "[ab]").prop_map(|(operator, text)| json!({"tags": {operator: text}})),
        (contains.clone(), 0..3_i64).prop_map(|(operator, number)| json!({"list": {operator: number}})),
        (contains, "[abß]{0,4}").prop_map(|(operator, text)| json!({"#document": {operator: text}})),
        pattern().prop_map(|clause| json!({"#document": clause})),
        (-1..3_i64).prop_map(|number| json!({"n": number})),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        (any::<bool>(), vec(inner, 1..3))
            .prop_map(|(all, members)| if all { json!({"$and": members}) } else { json!({"$or": members}) })
    })
}

/// A condition by a regular expression.
fn pattern() -> impl Strategy<Value = Value> {
    let pattern = prop::sample::select(vec![
        "", "^a", "b$", "a.b", "(?i)AB", "aba|bb", "(ab)+a", "[ab]{3}", r"\bß", "a?bab", "ß+", "abx",
    ]);
    (pattern, any::<bool>()).prop_map(|(text, positive)| {
        if positive { json!({"$regex": text}) } else { json!({"$not_regex": text}) }
    })
}

fn document_clause() -> impl Strategy<Value = Value> {
    let contains = ("[abß]{0,4}", any::<bool>()).prop_map(|(text, positive)| {
        if positive { json!({"$contains": text}) } else { json!({"$not_contains": text}) }
    });
    let leaf = prop_oneof![3 => contains, 1 => pattern()];
    leaf.prop_recursive(1, 3, 2, |inner| {
        (any::<bool>(), vec(inner, 1..3))
            .prop_map(|(all, members)| if all { json!({"$and": members}) } else { json!({"$or": members}) })
    })
}

fn selection(sizes: Sizes) -> impl Strategy<Value = Selection> {
    (weighted(0.3, vec(id(sizes), 1..6)), weighted(0.6, clause(sizes)), weighted(0.2, document_clause()))
        .prop_map(|(ids, clause, document)| Selection { ids, clause, document })
}

fn delete(sizes: Sizes) -> impl Strategy<Value = Step> {
    let ids = || vec(id(sizes), 1..4);
    prop_oneof![
        (name(), ids()).prop_map(|(name, ids)| Step::Delete {
            name,
            ids: Some(ids),
            clause: None,
            limit: None
        }),
        (name(), weighted(0.3, ids()), clause(sizes), of(0..4_u32))
            .prop_map(|(name, ids, clause, limit)| Step::Delete { name, ids, clause: Some(clause), limit }),
    ]
}

fn get(sizes: Sizes) -> impl Strategy<Value = Action> {
    (
        name(),
        selection(sizes),
        weighted(0.4, 0..6_u32),
        prop_oneof![2 => Just(0), 1 => 0..6_u32],
        any::<[bool; 4]>(),
    )
        .prop_map(|(name, selection, limit, offset, include)| Action::Get {
            name,
            selection,
            limit,
            offset,
            include,
        })
}

fn query(sizes: Sizes) -> impl Strategy<Value = Action> {
    let length = prop_oneof![20 => Just(DIMENSION), 1 => Just(DIMENSION + 1)];
    let vectors = length.prop_flat_map(|length| vec(vector(length), 1..4));
    (name(), selection(sizes), vectors, 1..7_u32).prop_map(|(name, selection, vectors, n_results)| {
        Action::Query { name, selection, vectors, n_results }
    })
}

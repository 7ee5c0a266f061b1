//! What goes on when a crash or a failure strikes. Steps of one group are called together.

use serde_json::{Value, json};

use crate::support::chroma::{Kind, Row};
use crate::support::step::Step;

/// A name for messages, and the steps.
pub type Workload = (&'static str, Vec<Vec<Step>>);

pub fn all() -> Vec<Workload> {
    vec![
        ("insert", insert()),
        ("upsert", upsert()),
        ("delete", deletions()),
        ("mixed", mixed()),
        ("compaction", compaction()),
        ("collections", collections()),
        ("catalogue", catalogue()),
        ("forks", forks()),
        ("garbage", garbage()),
        ("shrink", shrink()),
    ]
}

fn insert() -> Vec<Vec<Step>> {
    vec![
        one(create("alpha")),
        one(write("alpha", Kind::Add, &[1, 2, 3])),
        one(write("alpha", Kind::Add, &[4])),
        vec![
            write("alpha", Kind::Add, &[5, 6]),
            write("alpha", Kind::Add, &[6, 7]),
            write("alpha", Kind::Add, &[8]),
        ],
        one(write("alpha", Kind::Add, &(10..40).collect::<Vec<_>>())),
        one(write("alpha", Kind::Add, &[9])),
    ]
}

fn upsert() -> Vec<Vec<Step>> {
    vec![
        one(create("alpha")),
        one(write("alpha", Kind::Upsert, &[1, 2, 3, 4])),
        one(write("alpha", Kind::Upsert, &[2, 5])),
        one(Step::Compact),
        one(write("alpha", Kind::Upsert, &[1, 3, 6])),
        vec![write("alpha", Kind::Upsert, &[1, 2]), write("alpha", Kind::Upsert, &[2, 3])],
        one(Step::Compact),
        vec![write("alpha", Kind::Upsert, &[6, 7]), Step::Compact, write("alpha", Kind::Upsert, &[7, 8])],
        one(write("alpha", Kind::Upsert, &(1..9).collect::<Vec<_>>())),
    ]
}

/// What was compacted goes, and what was not; by ids, by filters, and all of it; and comes again.
fn deletions() -> Vec<Vec<Step>> {
    vec![
        one(create("alpha")),
        one(write("alpha", Kind::Add, &(1..10).collect::<Vec<_>>())),
        one(delete("alpha", Some(&["1", "none"]), None)),
        one(Step::Compact),
        one(delete("alpha", Some(&["2", "3"]), None)),
        vec![delete("alpha", Some(&["4"]), None), write("alpha", Kind::Add, &[4, 11])],
        one(delete("alpha", None, Some(json!({"kind": "a"})))),
        one(Step::Compact),
        one(write("alpha", Kind::Add, &[2, 12])),
        vec![Step::Compact, delete("alpha", Some(&["2", "5"]), None)],
        one(delete("alpha", None, Some(json!({"n": {"$gte": 0}})))),
        one(Step::Compact),
        one(Step::Maintain),
        one(write("alpha", Kind::Add, &[1])),
    ]
}

fn mixed() -> Vec<Vec<Step>> {
    vec![
        one(create("alpha")),
        one(write("alpha", Kind::Add, &[1, 2, 3, 4, 5])),
        one(write("alpha", Kind::Upsert, &[2, 6])),
        one(write("alpha", Kind::Update, &[3, 9])),
        one(delete("alpha", Some(&["1", "9"]), None)),
        vec![delete("alpha", Some(&["2"]), None), write("alpha", Kind::Add, &[2, 1])],
        one(delete("alpha", None, Some(json!({"n": {"$lt": 2}})))),
        one(write("alpha", Kind::Upsert, &[1])),
    ]
}

fn compaction() -> Vec<Vec<Step>> {
    vec![
        one(create("alpha")),
        one(write("alpha", Kind::Add, &(1..12).collect::<Vec<_>>())),
        one(Step::Compact),
        one(write("alpha", Kind::Upsert, &[1, 20])),
        one(delete("alpha", Some(&["2", "3"]), None)),
        one(Step::Compact),
        one(write("alpha", Kind::Add, &[2])),
        // What is written meanwhile stays in the log.
        vec![Step::Compact, write("alpha", Kind::Update, &[4])],
        one(write("alpha", Kind::Upsert, &[3, 4])),
    ]
}

fn collections() -> Vec<Vec<Step>> {
    vec![
        one(create("alpha")),
        one(create("beta")),
        one(write("alpha", Kind::Add, &[1, 2])),
        one(write("beta", Kind::Add, &[1])),
        one(Step::Compact),
        one(Step::Drop { name: "alpha" }),
        one(write("beta", Kind::Add, &[2])),
        one(Step::Compact),
        one(create("alpha")),
        one(write("alpha", Kind::Add, &[7])),
        one(Step::Rename { from: "beta", to: "gamma" }),
        one(Step::Maintain),
        one(write("gamma", Kind::Add, &[3])),
        one(Step::Drop { name: "gamma" }),
    ]
}

/// Forks of what is compacted, of what is not, and of forks; their sources change, are compacted and go.
fn forks() -> Vec<Vec<Step>> {
    let fork = |from, to| Step::Fork { from, to };
    vec![
        one(create("alpha")),
        one(write("alpha", Kind::Add, &[1, 2, 3, 4])),
        one(Step::Compact),
        one(write("alpha", Kind::Upsert, &[2, 5])),
        one(fork("alpha", "beta")),
        one(write("alpha", Kind::Update, &[1])),
        vec![write("beta", Kind::Add, &[6]), fork("beta", "gamma"), write("beta", Kind::Add, &[7])],
        // The source moves on while the forks still need what it has dropped.
        vec![Step::Compact, fork("gamma", "delta")],
        one(delete("beta", Some(&["1", "2"]), None)),
        one(Step::Drop { name: "alpha" }),
        one(write("gamma", Kind::Upsert, &[3, 8])),
        one(Step::Maintain),
        one(Step::Compact),
        one(Step::Drop { name: "beta" }),
        one(Step::Maintain),
        one(write("gamma", Kind::Add, &[9])),
    ]
}

/// What nothing reaches is left behind by collections, by forks and by compactions, and collected while work goes on.
fn garbage() -> Vec<Vec<Step>> {
    vec![
        one(create("alpha")),
        one(create("beta")),
        one(write("alpha", Kind::Add, &(1..8).collect::<Vec<_>>())),
        one(write("beta", Kind::Add, &[1, 2])),
        one(Step::Compact),
        one(Step::Fork { from: "alpha", to: "gamma" }),
        one(delete("alpha", Some(&["1", "2"]), None)),
        one(Step::Compact),
        one(Step::Drop { name: "alpha" }),
        vec![Step::Maintain, write("gamma", Kind::Upsert, &[3, 9])],
        one(Step::Compact),
        one(Step::Drop { name: "gamma" }),
        vec![Step::Maintain, write("beta", Kind::Add, &[5])],
        one(Step::Maintain),
        one(write("beta", Kind::Add, &[6])),
    ]
}

/// The blocks of one collection lie before those of another and go, so that the others move.
fn shrink() -> Vec<Vec<Step>> {
    vec![
        one(create("alpha")),
        one(write("alpha", Kind::Add, &(1..20).collect::<Vec<_>>())),
        one(Step::Compact),
        one(create("beta")),
        one(write("beta", Kind::Add, &(1..10).collect::<Vec<_>>())),
        one(Step::Compact),
        one(Step::Drop { name: "alpha" }),
        one(Step::Maintain),
        vec![Step::Maintain, write("beta", Kind::Upsert, &[2, 11])],
        one(Step::Compact),
        one(Step::Maintain),
        one(write("beta", Kind::Add, &[12])),
    ]
}

/// Enough changes of the catalogue that maintenance commits them without a compaction.
fn catalogue() -> Vec<Vec<Step>> {
    let mut steps = vec![one(create("alpha")), one(write("alpha", Kind::Add, &[1, 2])), one(Step::Compact)];
    for _ in 0..3 {
        steps.push(one(create("beta")));
        steps.push(one(Step::Rename { from: "beta", to: "gamma" }));
        steps.push(one(Step::Drop { name: "gamma" }));
    }
    steps.push(one(create("gamma")));
    steps.push(one(Step::Maintain));
    steps.push(one(Step::Drop { name: "alpha" }));
    steps.push(one(Step::Maintain));
    steps.push(one(write("gamma", Kind::Add, &[5])));
    steps
}

fn one(step: Step) -> Vec<Step> {
    vec![step]
}

fn create(name: &'static str) -> Step {
    Step::Create { name, space: "l2" }
}

pub fn write(name: &'static str, kind: Kind, numbers: &[u32]) -> Step {
    let row = |number: &u32| Row {
        id: number.to_string(),
        embedding: Some(vec![*number as f32, -1.0]),
        document: (!number.is_multiple_of(3)).then(|| format!("{kind:?} b{number}").repeat(8)),
        uri: number.is_multiple_of(4).then(|| format!("uri:{number}")),
        metadata: json!({"n": number % 5, "kind": if number.is_multiple_of(2) { "a" } else { "b" }})
            .as_object()
            .cloned(),
    };
    Step::Write { name, kind, rows: numbers.iter().map(row).collect() }
}

pub fn delete(name: &'static str, ids: Option<&[&str]>, clause: Option<Value>) -> Step {
    let ids = ids.map(|ids| ids.iter().map(|id| id.to_string()).collect());
    Step::Delete { name, ids, clause, limit: None }
}

//! Histories of a collection with each kind of index.

use serde_json::json;

use super::{Change, Workload, ids, records};

/// From no codes to codes, and changes of them.
pub fn codes() -> Workload {
    Workload {
        configuration: json!({"hnsw": {"space": "l2"}}),
        before: vec![Change::Upsert(records(0..1_000, 0)), Change::Compact],
        under_test: vec![
            Change::Upsert(records(1_000..1_100, 0)),
            Change::Maintain,
            Change::Upsert(records((0..1_200).step_by(20), 1)),
            Change::Delete(ids((5..1_000).step_by(19))),
            Change::Compact,
        ],
    }
}

/// Lists are founded, filled and split; then most of their vectors change or go, and they are scrubbed and dissolved.
pub fn lists() -> Workload {
    let spann = json!({
        "space": "l2", "split_threshold": 50, "merge_threshold": 25, "nreplica_count": 2, "search_nprobe": 128,
        "reassign_neighbor_count": 8,
    });
    Workload {
        configuration: json!({ "spann": spann }),
        before: vec![Change::Upsert(records(0..1_000, 0)), Change::Compact],
        under_test: vec![
            Change::Upsert(records(1_000..1_100, 0)),
            Change::Maintain,
            Change::Upsert(records((0..1_050).step_by(2), 1)),
            Change::Delete(ids((1..1_050).step_by(2))),
            Change::Maintain,
        ],
    }
}

/// A graph grows, and nodes of it change or go.
pub fn graphs() -> Workload {
    Workload {
        configuration: json!({"hnsw": {"space": "l2", "ef_construction": 16, "max_neighbors": 8}}),
        before: vec![Change::Upsert(records(0..1_000, 0)), Change::Compact],
        under_test: vec![
            Change::Upsert(records(1_000..1_100, 0)),
            Change::Maintain,
            Change::Upsert(records((0..1_000).step_by(10), 1)),
            Change::Delete(ids((5..1_000).step_by(10))),
            Change::Maintain,
            Change::Upsert(records(2_000..3_050, 0)),
            Change::Maintain,
            Change::Upsert(records(4_000..4_010, 0)),
        ],
    }
}

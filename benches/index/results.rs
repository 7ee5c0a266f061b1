//! What was measured, as a row of the results that `npm run bench` writes.

use std::fs;

use serde_json::{Value, json};

/// One life of a collection.
pub struct Measured {
    /// Whether its configuration asks for a graph.
    pub asks_for_graph: bool,
    /// Of the processor, until nothing was left to index.
    pub build_seconds: f64,
    /// Of each query, in microseconds.
    pub times: Vec<f64>,
    pub recall: f64,
    pub stored_bytes: u64,
}

/// A file of results with one row.
pub fn of(directory: &str, n: usize, measured: &Measured) -> Value {
    let read = fs::read_to_string(format!("{directory}/set.json")).expect("the description of the set");
    let description: Value = serde_json::from_str(&read).expect("a description");
    let set = description["name"].as_str().expect("the name of the set");
    let mut times = measured.times.clone();
    times.sort_by(f64::total_cmp);
    let milliseconds = |share: f64| times[(times.len() as f64 * share) as usize] / 1e3;
    let mean = times.iter().sum::<f64>() / times.len() as f64 / 1e3;
    let search = json!({
        "knob": null, "filter": "all", "queries": times.len(), "recall": measured.recall, "p50_ms": milliseconds(0.5),
        "p99_ms": milliseconds(0.99), "mean_ms": mean, "queries_per_second": 1e3 / mean, "cpu_ms": null,
    });
    let ingest = json!({
        "add_ms": measured.build_seconds * 1e3, "persist_ms": 0, "settle_ms": 0,
        "vectors_per_second": n as f64 / measured.build_seconds, "cpu_ms": measured.build_seconds * 1e3,
    });
    let row = json!({
        "store": if measured.asks_for_graph { "chromatid hnsw" } else { "chromatid" }, "version": env!("CARGO_PKG_VERSION"),
        "runs_in": "native", "set": set, "n": n, "measured": "", "load_average": 0, "failure": null, "ingest": ingest,
        "search": [search], "cold_search": null, "more": null, "remove": null, "cold_open": null, "memory": null,
        "stored_bytes": measured.stored_bytes, "code_bytes": null,
    });
    json!({ "schema": 1, "measured": "", "machine": {}, "sets": { set: description }, "rows": [row] })
}

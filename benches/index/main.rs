//! A collection's life through the whole engine on files, on vectors in files: time, memory, bytes and recall.
//!
//! `cargo bench --bench index -- DIRECTORY N [CONFIGURATION] [ROW]`, where the directory has `base.f16.bin`, `queries.f16.bin` and
//! `nN/all.i32.bin` (the exact neighbours, 100 a query) as `benches/data` makes them, and the configuration
//! is that of a collection, as JSON. Into the file ROW goes what was measured, for `node benches/native/run.mjs --add=ROW`. Memory is what the engine's heap held at most, the vectors that the benchmark holds not
//! counted; time is that of the processor, where the system tells it.

mod files;
mod heap;
mod results;
mod stored;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::storage::Storage;
use chromatid::types::MetadataValue;
use chromatid::types::{CreateCollection, Embeddings, Include, Operation, QueryRequest, RecordSet};
use futures::executor::block_on;
use results::Measured;
use serde_json::json;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

const DIMENSION: usize = 384;
const K: usize = 10;
const NEIGHBOURS: usize = 100;
const BATCH: usize = 1_000;
const PASSES: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(directory), Some(n)) = (arguments.next(), arguments.next()) else {
        println!("index: no data set was named; see the top of benches/index/main.rs");
        return;
    };
    let n: usize = n.parse().expect("the number of vectors");
    let configuration = arguments.next().unwrap_or_else(|| r#"{"hnsw": {"space": "cosine"}}"#.into());
    let configuration: serde_json::Value = serde_json::from_str(&configuration).expect("a configuration");
    let row = arguments.next();
    let base = halves(&format!("{directory}/base.f16.bin"), n * DIMENSION);
    let queries = halves(&format!("{directory}/queries.f16.bin"), usize::MAX);
    let exact = integers(&format!("{directory}/n{n}/all.i32.bin"));
    let store = std::env::temp_dir().join(format!("chromatid-bench-{}", std::process::id()));
    fs::create_dir(&store).expect("a directory for the store");
    let measured = block_on(run(&store, &base, &queries, &exact, configuration));
    if let Some(row) = row {
        fs::write(&row, results::of(&directory, n, &measured).to_string()).expect("a file for the row");
    }
    fs::remove_dir_all(&store).expect("the store to be removed");
}

async fn run(
    directory: &Path,
    base: &[f32],
    queries: &[f32],
    exact: &[i32],
    configuration: serde_json::Value,
) -> Measured {
    let asks_for_graph = configuration["hnsw"]["ef_search"].is_number();
    let n = base.len() / DIMENSION;
    let mut phases = Phases::new(n);
    let (db, _) = open(directory).await;
    let request =
        CreateCollection::from_json(json!({"name": "bench", "configuration": configuration})).unwrap();
    let id = db.create_collection(T, D, request).await.unwrap().id.to_string();
    for (batch, vectors) in base.chunks(BATCH * DIMENSION).enumerate() {
        db.write(T, D, &id, Operation::Add, records(batch * BATCH, vectors)).await.unwrap();
        db.compact_due().await.unwrap();
    }
    phases.end("add and compact");
    let mut step = 0;
    while db.maintain().await.unwrap() {
        step += 1;
        phases.end(&format!("step {step}"));
    }
    phases.end("last step");
    let build_seconds = phases.total();
    let mut times = Vec::new();
    let mut recall = 0.0;
    for pass in 0..=PASSES {
        let (of_pass, found) = search(&db, &id, queries, exact, &format!("pass {pass}")).await;
        if pass > 0 {
            times.extend(of_pass);
            recall = found;
        }
    }
    phases.end("searches");
    db.close().await.unwrap();
    drop(db);

    phases.end("close");
    let (db, storage) = open(directory).await;
    search(&db, &id, queries, exact, "reopened").await;
    phases.end("reopen and search");
    let stored_bytes = stored::print(&*storage, directory, n, DIMENSION * size_of::<f32>()).await;
    Measured { asks_for_graph, build_seconds, times, recall, stored_bytes }
}

async fn open(directory: &Path) -> (Db, Rc<dyn Storage>) {
    let storage: Rc<dyn Storage> = Rc::new(files::open(directory));
    let db = Db::open(Rc::clone(&storage), Rc::new(NativeEnv), Options::default()).await;
    (db.unwrap(), storage)
}

/// As the benchmark in the browser has them.
fn records(first: usize, vectors: &[f32]) -> RecordSet {
    let rows = first..first + vectors.len() / DIMENSION;
    let metadata = |row: usize| {
        let number = |n: usize| Some(MetadataValue::Int(n as i64));
        Some(BTreeMap::from([("tenth".into(), number(row % 10)), ("hundredth".into(), number(row % 100))]))
    };
    RecordSet {
        ids: rows.clone().map(|row| format!("row-{row}")).collect(),
        embeddings: Some(Embeddings { data: vectors.to_vec(), dimension: DIMENSION, present: None }),
        metadatas: Some(rows.map(metadata).collect()),
        ..RecordSet::default()
    }
}

/// The times of the queries in microseconds, ascending, and the recall.
async fn search(db: &Db, id: &str, queries: &[f32], exact: &[i32], name: &str) -> (Vec<f64>, f64) {
    let mut times = Vec::new();
    let mut found = 0;
    for (query, exact) in queries.chunks(DIMENSION).zip(exact.chunks(NEIGHBOURS)) {
        let request = QueryRequest {
            embeddings: Embeddings { data: query.to_vec(), dimension: DIMENSION, present: None },
            n_results: K as u32,
            ids: None,
            filter: None,
            include: Include { distances: true, ..Include::default() },
        };
        let started = Instant::now();
        let result = db.query(T, D, id, &request).await.unwrap();
        times.push(started.elapsed().as_secs_f64() * 1e6);
        let ids = &result.rows[0].ids;
        found += exact[..K].iter().filter(|exact| ids.contains(&format!("row-{exact}"))).count();
    }
    times.sort_by(f64::total_cmp);
    let recall = found as f64 / (times.len() * K) as f64;
    let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("{name}: p50 {p50:.0} us, p99 {p99:.0} us, recall@{K} {recall:.4}");
    (times, recall)
}

/// Prints what each part of the run took.
struct Phases {
    vectors: usize,
    /// Held by the benchmark itself.
    own: usize,
    started: f64,
    phase: f64,
    most: usize,
}

impl Phases {
    fn new(vectors: usize) -> Self {
        heap::peak();
        let started = seconds();
        Self { vectors, own: heap::held(), started, phase: started, most: 0 }
    }

    fn end(&mut self, name: &str) {
        let now = seconds();
        let megabytes = |bytes: usize| bytes.saturating_sub(self.own) as f64 / 1e6;
        let peak = heap::peak();
        self.most = self.most.max(peak);
        let (taken, peak, held) = (now - self.phase, megabytes(peak), megabytes(heap::held()));
        println!("{name:18} {taken:8.2} s   heap at most {peak:6.1} MB, then {held:6.1} MB");
        self.phase = now;
    }

    /// The seconds.
    fn total(&self) -> f64 {
        let taken = seconds() - self.started;
        let most = self.most.saturating_sub(self.own) as f64 / 1e6;
        println!(
            "{} vectors in {taken:.2} s: {:.0}/s, heap at most {most:.1} MB",
            self.vectors,
            self.vectors as f64 / taken
        );
        taken
    }
}

/// Of the processor, else of the clock.
fn seconds() -> f64 {
    let schedule = fs::read_to_string("/proc/self/schedstat").ok();
    let nanoseconds = schedule.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    match nanoseconds {
        Some(nanoseconds) => nanoseconds / 1e9,
        None => std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0.0, |since| since.as_secs_f64()),
    }
}

/// The first `count` of a file, or as many as there are.
fn halves(path: &str, count: usize) -> Vec<f32> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let halves = bytes.as_chunks().0.iter().take(count);
    halves.map(|half| half_to_single(u16::from_le_bytes(*half))).collect()
}

fn integers(path: &str) -> Vec<i32> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    bytes.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect()
}

/// IEEE 754 binary16, finite.
fn half_to_single(half: u16) -> f32 {
    let sign = if half >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(half >> 10 & 31);
    let fraction = f32::from(half & 1023) / 1024.0;
    sign * if exponent == 0 {
        fraction * 2_f32.powi(-14)
    } else {
        (1.0 + fraction) * 2_f32.powi(exponent - 15)
    }
}

//! Queries through the whole engine on memory, on vectors in files: time and recall.
//!
//! `cargo bench --bench index -- DIRECTORY N [CONFIGURATION]`, where the directory has `base.f16.bin`, `queries.f16.bin` and
//! `nN/all.i32.bin` (the exact neighbours, 100 a query) as `benches/data` makes them, and the configuration
//! is that of a collection, as JSON.

use std::fs;
use std::rc::Rc;
use std::time::Instant;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{CreateCollection, Embeddings, Include, Operation, QueryRequest, RecordSet};
use futures::executor::block_on;
use serde_json::json;

const DIMENSION: usize = 384;
const K: usize = 10;
const NEIGHBOURS: usize = 100;
const BATCH: usize = 1_000;
const PASSES: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(directory), Some(n)) = (arguments.next(), arguments.next()) else {
        println!("index: no data set was named; see the top of benches/index.rs");
        return;
    };
    let n: usize = n.parse().expect("the number of vectors");
    let configuration = arguments.next().unwrap_or_else(|| r#"{"hnsw": {"space": "cosine"}}"#.into());
    let configuration: serde_json::Value = serde_json::from_str(&configuration).expect("a configuration");
    let base = halves(&format!("{directory}/base.f16.bin"));
    let queries = halves(&format!("{directory}/queries.f16.bin"));
    let exact = integers(&format!("{directory}/n{n}/all.i32.bin"));
    block_on(run(&base[..n * DIMENSION], &queries, &exact, configuration));
}

async fn run(base: &[f32], queries: &[f32], exact: &[i32], configuration: serde_json::Value) {
    let db =
        Db::open(Rc::new(MemoryStorage::default()), Rc::new(NativeEnv), Options::default()).await.unwrap();
    let request =
        CreateCollection::from_json(json!({"name": "bench", "configuration": configuration})).unwrap();
    let id = db.create_collection(T, D, request).await.unwrap().id.to_string();

    let started = Instant::now();
    for (batch, vectors) in base.chunks(BATCH * DIMENSION).enumerate() {
        let ids = (0..vectors.len() / DIMENSION).map(|row| (batch * BATCH + row).to_string()).collect();
        let embeddings = Some(Embeddings { data: vectors.to_vec(), dimension: DIMENSION, present: None });
        db.write(T, D, &id, Operation::Add, RecordSet { ids, embeddings, ..RecordSet::default() })
            .await
            .unwrap();
        db.compact_due().await.unwrap();
    }
    let inserted = started.elapsed();
    while db.maintain().await.unwrap() {}
    let settled = started.elapsed();
    let n = base.len() / DIMENSION;
    println!("{n} vectors: {:.0}/s, settled after {settled:.1?}", n as f64 / inserted.as_secs_f64());

    for pass in 0..PASSES {
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
            let result = db.query(T, D, &id, &request).await.unwrap();
            times.push(started.elapsed().as_secs_f64() * 1e6);
            let ids = &result.rows[0].ids;
            found += exact[..K].iter().filter(|exact| ids.contains(&exact.to_string())).count();
        }
        times.sort_by(f64::total_cmp);
        let recall = found as f64 / (times.len() * K) as f64;
        let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        println!("pass {pass}: p50 {p50:.0} us, p99 {p99:.0} us, recall@{K} {recall:.4}");
    }
}

fn halves(path: &str) -> Vec<f32> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    bytes.as_chunks().0.iter().map(|half| half_to_single(u16::from_le_bytes(*half))).collect()
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

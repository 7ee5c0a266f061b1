//! Finding the nearest heads: by a scan of all their codes, and by a graph.
//!
//! `cargo bench --bench heads`. Recall is of the 32 nearest by their exact distances.

use std::time::Instant;

use chromatid::index::spann::{GraphParameters, HeadQuery, Heads, SharedHeadGraph};
use chromatid::quantization::CodeQuery;
use chromatid::types::Space;
use vectors::{DIMENSION, components};

#[path = "measure/vectors.rs"]
mod vectors;

const NEAREST: usize = 32;
const QUERIES: usize = 200;
/// Vectors differ in so many directions, as those of real texts do.
const DIRECTIONS: usize = 32;

fn main() {
    for count in [256, 1_024, 4_096] {
        let rows = rows(count + QUERIES);
        let (centers, queries) = rows.split_at(count * DIMENSION);
        let mut heads = Heads::new(Space::L2, vec![0.0; DIMENSION], SharedHeadGraph::default());
        for (id, center) in centers.chunks_exact(DIMENSION).enumerate() {
            heads.push(id as u32, center);
        }
        let queries: Vec<CodeQuery> =
            queries.chunks_exact(DIMENSION).map(|query| CodeQuery::new(Space::L2, query.to_vec())).collect();
        let exact: Vec<f32> = queries.iter().map(|query| farthest_wanted(&heads, query)).collect();
        ask(&format!("{count} heads, scanned"), &heads, &queries, &exact);
        for ef_search in [100, 200] {
            let started = Instant::now();
            heads.build_graph(GraphParameters { ef_construction: 200, ef_search });
            println!("{count} heads, graph built in {:.2?}", started.elapsed());
            ask(&format!("{count} heads, ef_search {ef_search}"), &heads, &queries, &exact);
        }
    }
}

/// Rows that lie near a plane of some directions.
fn rows(count: usize) -> Vec<f32> {
    let directions = components(DIRECTIONS * DIMENSION);
    let weights = components(count * DIRECTIONS);
    let noise = components(count * DIMENSION);
    let mut rows: Vec<f32> = noise.iter().map(|noise| noise / 2.0).collect();
    for (row, weights) in rows.chunks_exact_mut(DIMENSION).zip(weights.chunks_exact(DIRECTIONS)) {
        for (direction, weight) in directions.chunks_exact(DIMENSION).zip(weights) {
            row.iter_mut().zip(direction).for_each(|(component, part)| *component += weight * part);
        }
    }
    rows
}

fn farthest_wanted(heads: &Heads, query: &CodeQuery) -> f32 {
    let query = HeadQuery::new(Space::L2, query);
    let mut distances: Vec<f32> = (0..heads.len()).map(|head| query.distance(heads.center(head))).collect();
    distances.sort_by(f32::total_cmp);
    distances[NEAREST - 1]
}

fn ask(name: &str, heads: &Heads, queries: &[CodeQuery], exact: &[f32]) {
    let mut found = 0;
    let mut times: Vec<f64> = Vec::new();
    for (query, farthest) in queries.iter().zip(exact) {
        let started = Instant::now();
        let near = heads.search(HeadQuery::new(Space::L2, query), NEAREST).take(NEAREST);
        times.push(started.elapsed().as_secs_f64() * 1e6);
        found += near.iter().filter(|near| near.distance <= *farthest).count();
    }
    times.sort_by(f64::total_cmp);
    let recall = found as f64 / (queries.len() * NEAREST) as f64;
    println!("{name}: median {:.0} µs, recall {recall:.3}", times[times.len() / 2]);
}

//! Throughput of the distance kernels and of the flat scan, next to a plain read of the same memory.
//!
//! `cargo bench --bench distance` prints the best of several rounds: on a shared machine the fastest is
//! what the code can do, the mean what the neighbours let it do.

use chromatid::distance::Query;
use chromatid::index::flat::{Mask, scan, scan_many};
use chromatid::index::top_k::TopK;
use chromatid::types::Space;
use measure::{DIMENSION, components, megabytes, plain_read};
use std::hint::black_box;

mod measure;

/// Nearest neighbours kept by a scan.
const K: usize = 10;

/// Queries that share a pass.
const QUERIES: usize = 4;

fn main() {
    for rows in [1_000, 10_000, 100_000] {
        let matrix = components(rows * DIMENSION);
        let vector = components(DIMENSION);
        println!(
            "{rows} rows of {DIMENSION} components, {:.1} MB",
            megabytes(size_of_val(matrix.as_slice()))
        );

        report("plain read", &matrix, 1, || {
            black_box(plain_read(black_box(&matrix)));
        });
        let mut out = Vec::new();
        for space in [Space::L2, Space::Ip, Space::Cosine] {
            let query = Query::new(space, &vector);
            report(&format!("distances {space:?}"), &matrix, 1, || {
                query.distances(black_box(&matrix), &mut out);
                black_box(&out);
            });
        }

        let offset_ids: Vec<u32> = (0..rows as u32).collect();
        let query = Query::new(Space::L2, &vector);
        report(&format!("scan L2, k = {K}"), &matrix, 1, || {
            let mut top = TopK::new(K);
            scan(&query, &offset_ids, black_box(&matrix), Mask::All, &mut top, &mut out);
            black_box(top.into_sorted());
        });
        let queries = vec![query; QUERIES];
        report(&format!("scan L2, {QUERIES} queries"), &matrix, QUERIES, || {
            let mut tops = vec![TopK::new(K); QUERIES];
            scan_many(&queries, &offset_ids, black_box(&matrix), Mask::All, &mut tops, &mut out);
            black_box(tops);
        });
        println!();
    }
}

/// Measures a `pass` that compares `queries` vectors with each row of `matrix`.
fn report(name: &str, matrix: &[f32], queries: usize, pass: impl FnMut()) {
    measure::report(name, matrix.len() / DIMENSION * queries, DIMENSION * size_of::<f32>(), pass);
}

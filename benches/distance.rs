//! Throughput of the distance kernels and of the flat scan, next to a plain read of the same memory.
//!
//! `cargo bench --bench distance` prints the best of several rounds: on a shared machine the fastest is
//! what the code can do, the mean what the neighbours let it do.

use chromatid::distance::Query;
use chromatid::index::flat::{Mask, scan, scan_many};
use chromatid::index::top_k::TopK;
use chromatid::types::Space;
use std::hint::black_box;
use std::time::Instant;

const DIMENSION: usize = 384;

/// Bytes that each measurement passes over, so that small matrices are read many times.
const BYTES: usize = 1 << 31;

/// Nearest neighbours kept by a scan.
const K: usize = 10;

/// Queries that share a pass.
const QUERIES: usize = 4;

fn main() {
    for rows in [1_000, 10_000, 100_000] {
        let matrix = components(rows * DIMENSION);
        let vector = components(DIMENSION);
        println!("{rows} rows of {DIMENSION} components, {:.1} MB", megabytes(&matrix));

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

/// Prints the best time of one `pass` over `matrix` as bytes and vectors compared per second.
fn report(name: &str, matrix: &[f32], queries: usize, mut pass: impl FnMut()) {
    let passes = (BYTES / size_of_val(matrix) / queries).max(5);
    let best = (0..passes)
        .map(|_| {
            let start = Instant::now();
            pass();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    let compared = (matrix.len() * queries) as f64;
    println!(
        "  {name:<20} {:8.3} ms {:8.1} GB/s {:8.2} M vectors/s",
        best * 1e3,
        compared * size_of::<f32>() as f64 / best / 1e9,
        compared / DIMENSION as f64 / best / 1e6,
    );
}

/// Looks at every word once with as little arithmetic as there can be.
fn plain_read(matrix: &[f32]) -> u32 {
    let (chunks, rest) = matrix.as_chunks::<64>();
    let mut seen = [0u32; 64];
    for chunk in chunks {
        for (seen, component) in seen.iter_mut().zip(chunk) {
            *seen |= component.to_bits();
        }
    }
    rest.iter().map(|component| component.to_bits()).chain(seen).fold(0, |all, word| all | word)
}

/// Components between −1 and 1, the same every time.
fn components(count: usize) -> Vec<f32> {
    let mut state = 0x2545_f491u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn megabytes(matrix: &[f32]) -> f64 {
    size_of_val(matrix) as f64 / 1e6
}

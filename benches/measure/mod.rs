//! What the benchmarks share: vectors, a plain read to compare with, and how a time is taken and printed.

use std::time::Instant;

mod vectors;

pub use vectors::{DIMENSION, components};

/// Bytes that each measurement passes over, so that small sets are read many times.
const BYTES: usize = 1 << 31;

/// Rounds of a measurement, at least and at most.
const ROUNDS: (usize, usize) = (5, 500);

/// Prints the best time of one `pass` over `vectors` of `bytes` each, as bytes and vectors compared per second.
pub fn report(name: &str, vectors: usize, bytes: usize, mut pass: impl FnMut()) {
    let passes = (BYTES / (vectors * bytes).max(1)).clamp(ROUNDS.0, ROUNDS.1);
    let best = (0..passes)
        .map(|_| {
            let start = Instant::now();
            pass();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    println!(
        "  {name:<24} {:9.4} ms {:8.1} GB/s {:8.2} M vectors/s",
        best * 1e3,
        (vectors * bytes) as f64 / best / 1e9,
        vectors as f64 / best / 1e6,
    );
}

/// Looks at every word once with as little arithmetic as there can be.
pub fn plain_read(matrix: &[f32]) -> u32 {
    let (chunks, rest) = matrix.as_chunks::<64>();
    let mut seen = [0u32; 64];
    for chunk in chunks {
        for (seen, component) in seen.iter_mut().zip(chunk) {
            *seen |= component.to_bits();
        }
    }
    rest.iter().map(|component| component.to_bits()).chain(seen).fold(0, |all, word| all | word)
}

pub fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

//! Throughput of the kernels over quantised codes, next to a plain read of as many bytes, and what it takes to
//! make the codes and their queries.
//!
//! `cargo bench --bench codes`; the best of several rounds, as in `distance`.

use chromatid::quantization::{CodeQuery, Encoder, LANES, NibbleCodes, PackedCodes, Rotation};
use chromatid::types::Space;
use measure::{DIMENSION, components, megabytes, plain_read, report};
use std::hint::black_box;

mod measure;

/// Vectors that are encoded; longer lists repeat them.
const DISTINCT: usize = 1_024;

/// Rows of a batch: about the neighbours of a graph's node.
const BATCH: usize = 24;

fn main() {
    let matrix = components(DISTINCT * DIMENSION);
    let center = components(DIMENSION).iter().map(|x| x / 2.0).collect::<Vec<f32>>();
    let query = components(2 * DIMENSION)[DIMENSION..].to_vec();
    prepare(&center, &query);
    for len in [1_000, 10_000, 100_000, 1_000_000] {
        binary(len, &matrix, &center, &query);
        nibbles(len.min(100_000), &matrix, &center, &query);
        println!();
    }
}

/// What a vector or a query costs before any code is compared.
fn prepare(center: &[f32], query: &[f32]) {
    const TIMES: usize = 1_000;
    println!("preparing vectors of {DIMENSION} components");
    let each = |name: &str, action: &mut dyn FnMut()| {
        report(name, TIMES, DIMENSION * size_of::<f32>(), || (0..TIMES).for_each(|_| action()));
    };
    let rotation = Rotation::new(DIMENSION, 1);
    let mut vector = query.to_vec();
    each("rotate", &mut || rotation.rotate(black_box(&mut vector)));
    let encoder = Encoder::new(Space::Cosine, center.to_vec());
    let mut bits = vec![0; DIMENSION.div_ceil(8)];
    each("encode, 1 bit", &mut || {
        black_box(encoder.encode(black_box(query), &mut bits));
    });
    let mut codes = NibbleCodes::new(Space::Cosine, center.to_vec());
    codes.push(query);
    each("encode, 4 bits", &mut || codes.set(0, black_box(query)));
    each("query, 1 bit", &mut || {
        black_box(CodeQuery::new(Space::Cosine, query.to_vec()));
    });
    each("query, 4 bits", &mut || {
        black_box(codes.query(black_box(query)));
    });
    let prepared = CodeQuery::new(Space::Cosine, query.to_vec());
    each("query to a center", &mut || {
        black_box(prepared.around(black_box(center)));
    });
    println!();
}

fn binary(len: usize, matrix: &[f32], center: &[f32], query: &[f32]) {
    let encoder = Encoder::new(Space::Cosine, center.to_vec());
    let mut packed = PackedCodes::new(DIMENSION);
    let mut bits = vec![0; DIMENSION.div_ceil(8)];
    for vector in matrix.chunks_exact(DIMENSION).cycle().take(len) {
        let factors = encoder.encode(vector, &mut bits);
        packed.push(&bits, factors);
    }
    let bytes = packed.as_bytes().len();
    println!("{len} codes of 1 bit, {:.1} MB", megabytes(bytes));
    let as_many = components(bytes / size_of::<f32>());
    report("plain read", len, bytes / len, || {
        black_box(plain_read(black_box(&as_many)));
    });
    let query = CodeQuery::new(Space::Cosine, query.to_vec());
    let around = query.around(center);
    let (mut estimates, mut lower) = ([0.0; LANES], [0.0; LANES]);
    report("scan", len, bytes / len, || {
        let blocks = black_box(&packed).codes().blocks();
        let passed =
            blocks.map(|block| query.scan_block(&around, 1.9, 0.5, block, &mut estimates, &mut lower));
        black_box(passed.map(u32::count_ones).sum::<u32>());
    });
    by_popcount(len, bytes / len);
}

/// The paper's other way to the same inner products, without the estimates that are made of them: bits in common with each bit plane of the
/// query. Counted by the processor's instruction where it has one.
fn by_popcount(len: usize, bytes: usize) {
    const WORDS: usize = DIMENSION / 64;
    let word = |at: usize| (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let codes: Vec<[u64; WORDS]> =
        (0..len).map(|row| std::array::from_fn(|at| word(row * WORDS + at))).collect();
    let planes: [[u64; WORDS]; 4] =
        std::array::from_fn(|plane| std::array::from_fn(|at| word(plane * 31 + at)));
    report("popcount", len, bytes, || {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("popcnt") {
            // SAFETY: the processor has the instruction.
            black_box(unsafe { sum_with_popcnt(black_box(&codes), black_box(&planes)) });
            return;
        }
        black_box(sum_of_products(black_box(&codes), black_box(&planes)));
    });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
unsafe fn sum_with_popcnt<const WORDS: usize>(codes: &[[u64; WORDS]], planes: &[[u64; WORDS]; 4]) -> u64 {
    sum_of_products(codes, planes)
}

#[inline(always)]
fn sum_of_products<const WORDS: usize>(codes: &[[u64; WORDS]], planes: &[[u64; WORDS]; 4]) -> u64 {
    let product = |code: &[u64; WORDS]| {
        let plane = |(weight, plane): (usize, &[u64; WORDS])| {
            let common = code.iter().zip(plane).map(|(a, b)| (a & b).count_ones());
            u64::from(common.sum::<u32>()) << weight
        };
        planes.iter().enumerate().map(plane).sum::<u64>()
    };
    codes.iter().map(product).sum()
}

fn nibbles(len: usize, matrix: &[f32], center: &[f32], query: &[f32]) {
    let mut distinct = NibbleCodes::new(Space::Cosine, center.to_vec());
    matrix.chunks_exact(DIMENSION).for_each(|vector| distinct.push(vector));
    let row = NibbleCodes::row_bytes(DIMENSION);
    let rows: Vec<u8> = distinct.as_bytes().iter().copied().cycle().take(len * row).collect();
    println!("{len} codes of 4 bits, {:.1} MB", megabytes(rows.len()));
    let as_many = components(rows.len() / size_of::<f32>());
    report("plain read", len, row, || {
        black_box(plain_read(black_box(&as_many)));
    });
    let codes = NibbleCodes::from_bytes(Space::Cosine, center.to_vec(), rows).expect("the rows are whole");
    let query = codes.query(query);
    let in_order = 0..len as u32;
    // A step that shares no factor with a power of ten visits every row once.
    let anywhere: Vec<u32> =
        in_order.clone().map(|i| (u64::from(i) * 2_654_435_761 % len as u64) as u32).collect();
    report("query, in order", len, row, || {
        black_box(in_order.clone().map(|i| query.distance(black_box(&codes), i)).sum::<f32>());
    });
    report("query, anywhere", len, row, || {
        black_box(anywhere.iter().map(|&i| query.distance(black_box(&codes), i)).sum::<f32>());
    });
    let mut out = Vec::new();
    report("query, batches anywhere", len, row, || {
        for rows in anywhere.chunks(BATCH) {
            query.distances(black_box(&codes), rows, &mut out);
            black_box(&out);
        }
    });
    report("code to code, in order", len, row, || {
        black_box(in_order.clone().map(|i| black_box(&codes).between(0, i)).sum::<f32>());
    });
}

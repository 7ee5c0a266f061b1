//! What an index may expect of the codes, on 5,000 real sentence embeddings.

use super::{dot, rotated};
use crate::Space;
use crate::quantization::{CodeQuery, Encoder, LANES, NibbleCodes, PackedCodes, Rotation};
use std::fs;
use std::path::Path;

const DIMENSION: usize = 384;
const K: usize = 10;
const QUERIES: usize = 40;

/// Vectors of a fixture, in half precision, rotated.
fn vectors(part: &str, rotation: &Rotation) -> Vec<Vec<f32>> {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/wordnet-5k");
    let bytes = fs::read(fixture.join(format!("wordnet-5k.{part}.f16.bin"))).expect("the fixture is there");
    let half = |bytes: &[u8; 2]| {
        let bits = u32::from(u16::from_le_bytes(*bytes));
        // The exponents' biases differ by 112; the product is exact for subnormal numbers too.
        let magnitude = f32::from_bits((bits & 0x7fff) << 13) * 2f32.powi(112);
        if bits >> 15 == 1 { -magnitude } else { magnitude }
    };
    let components: Vec<f32> = bytes.as_chunks().0.iter().map(half).collect();
    components.chunks_exact(DIMENSION).map(|vector| rotated(rotation, vector)).collect()
}

/// All distances, and the places of the ten nearest.
fn exact(base: &[Vec<f32>], query: &[f32]) -> (Vec<f32>, Vec<usize>) {
    let distances: Vec<f32> = base.iter().map(|vector| 1.0 - dot(vector, query) as f32).collect();
    let nearest = nearest(&distances, K);
    (distances, nearest)
}

fn nearest(distances: &[f32], k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..distances.len()).collect();
    order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
    order.truncate(k);
    order
}

#[test]
fn bounds_leave_few_vectors_to_look_at_and_lose_hardly_a_neighbour() {
    let rotation = Rotation::new(DIMENSION, 1);
    let (base, queries) = (vectors("base", &rotation), vectors("queries", &rotation));
    let encoder = Encoder::new(Space::Cosine, vec![0.0; DIMENSION]);
    let mut packed = PackedCodes::new(DIMENSION);
    let mut bits = [0; DIMENSION / 8];
    for vector in &base {
        let factors = encoder.encode(vector, &mut bits);
        packed.push(&bits, factors);
    }
    let (mut found, mut looked_at) = (0, 0);
    for query in &queries[..QUERIES] {
        let (distances, nearest) = exact(&base, query);
        let threshold = distances[nearest[K - 1]];
        let query = CodeQuery::new(Space::Cosine, query.clone());
        let around = query.around(encoder.center());
        let (mut estimates, mut lower) = ([0.0; LANES], [0.0; LANES]);
        for (i, block) in packed.codes().blocks().enumerate() {
            let passed = query.scan_block(&around, 1.9, threshold, block, &mut estimates, &mut lower);
            let places = (0..LANES).filter(|lane| passed >> lane & 1 == 1).map(|lane| i * LANES + lane);
            for place in places.filter(|&place| place < base.len()) {
                looked_at += 1;
                found += usize::from(nearest.contains(&place));
            }
        }
    }
    assert!(found * 100 >= QUERIES * K * 99, "{found} of {}", QUERIES * K);
    assert!(looked_at < QUERIES * base.len() / 50, "{looked_at} of {}", QUERIES * base.len());
}

#[test]
fn the_neighbours_are_among_the_nearest_four_bit_codes() {
    let rotation = Rotation::new(DIMENSION, 1);
    let (base, queries) = (vectors("base", &rotation), vectors("queries", &rotation));
    let mut codes = NibbleCodes::new(Space::Cosine, vec![0.0; DIMENSION]);
    base.iter().for_each(|vector| codes.push(vector));
    let all: Vec<u32> = (0..base.len() as u32).collect();
    let (mut among_ten, mut among_twenty) = (0, 0);
    for query in &queries[..QUERIES] {
        let (_, expected) = exact(&base, query);
        let mut estimates = Vec::new();
        codes.query(query).distances(&codes, &all, &mut estimates);
        let order = nearest(&estimates, 2 * K);
        among_ten += order[..K].iter().filter(|place| expected.contains(place)).count();
        among_twenty += order.iter().filter(|place| expected.contains(place)).count();
    }
    assert!(among_ten * 100 >= QUERIES * K * 94, "{among_ten} of {}", QUERIES * K);
    assert!(among_twenty * 1000 >= QUERIES * K * 995, "{among_twenty} of {}", QUERIES * K);
}

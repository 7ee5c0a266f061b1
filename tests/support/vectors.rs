//! Vectors for searches: real ones from the fixtures, and a seeded mixture of clusters.

use std::collections::BTreeMap;
use std::fs;

pub const DIMENSION: usize = 384;

const CLUSTERS: usize = 40;

fn halves(name: &str) -> Vec<Vec<f32>> {
    let path = format!("{}/tests/fixtures/wordnet-5k/wordnet-5k.{name}.f16.bin", env!("CARGO_MANIFEST_DIR"));
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let values: Vec<f32> = bytes.as_chunks().0.iter().map(|half| single(u16::from_le_bytes(*half))).collect();
    values.chunks(DIMENSION).map(<[f32]>::to_vec).collect()
}

/// IEEE 754 binary16, finite.
fn single(half: u16) -> f32 {
    let sign = if half >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(half >> 10 & 31), f32::from(half & 1023) / 1024.0);
    sign * if exponent == 0 {
        fraction * 2_f32.powi(-14)
    } else {
        (1.0 + fraction) * 2_f32.powi(exponent - 15)
    }
}

/// 5,000 embeddings of glosses, and 100 of others.
pub fn wordnet() -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    (halves("base"), halves("queries"))
}

/// Points around random centers.
pub struct Mixture {
    state: u64,
    centers: Vec<Vec<f32>>,
}

impl Mixture {
    pub fn new(seed: u64) -> Self {
        let mut mixture = Self { state: seed, centers: Vec::new() };
        mixture.centers = (0..CLUSTERS).map(|_| (0..DIMENSION).map(|_| mixture.gauss()).collect()).collect();
        mixture
    }

    /// SplitMix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// The sum of uniform numbers: near enough to a normal distribution.
    fn gauss(&mut self) -> f32 {
        (0..6).map(|_| (self.random() >> 40) as f32 / (1 << 24) as f32 - 0.5).sum::<f32>() * 1.41
    }

    pub fn next(&mut self) -> Vec<f32> {
        let center = self.random() as usize % CLUSTERS;
        (0..DIMENSION).map(|i| self.centers[center][i] + self.gauss()).collect()
    }

    /// Some of the ids, each once.
    pub fn choose<V>(&mut self, records: &BTreeMap<String, V>, count: usize) -> Vec<String> {
        let ids: Vec<_> = records.keys().collect();
        let mut chosen: Vec<String> =
            (0..count.min(ids.len())).map(|_| ids[self.random() as usize % ids.len()].clone()).collect();
        chosen.sort();
        chosen.dedup();
        chosen
    }
}

//! Two bits a component: codes that are small to fetch, and near enough that the rows of some twenty decide.
//!
//! As RaBitQ extended to several bits (Gao et al., SIGMOD 2025): a vector o is stored as the direction of r = o − c on the grid
//! g = v − 1.5, v in 0..4, and with s = ‖r‖² / ⟨g, r⟩ the estimate ⟨r, x⟩ ≈ s·⟨g, x⟩ is right on average over the rotation that all
//! vectors pass first. What does not depend on the query is folded into two factors of a code, so that a query is prepared once for
//! the codes around all centers:
//!
//! | | l2: ‖o − q‖² | ip and cosine: 1 − ⟨o, q⟩ |
//! | --- | --- | --- |
//! | estimate | ‖q − c‖² + add + scale·⟨g, q⟩ | 1 − ⟨c, q⟩ + add + scale·⟨g, q⟩ |
//! | add | ‖r‖² + 2s·⟨g, c⟩ | s·⟨g, c⟩ − ⟨r, c⟩ |
//! | scale | −2s | −s |
//!
//! One bit would need twice as many rows for the same recall, and three bits read a third fewer codes in the same bytes: both were
//! measured to find less within the budget of a query.
//!
//! A code is `add` and `scale` as f32, then four components a byte, the first in the lowest bits; places beyond the last are zero.

use chromatid_vectors::Space;
use chromatid_vectors::quantization::is_representable;

const FACTOR_BYTES: usize = 8;

/// Components of a byte.
const GROUP: usize = 4;

/// Steps of the grid that are tried, in deviations of a component; the best for normally distributed ones is 0.996.
const STEPS: [f32; 7] = [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35];

/// Bytes of a code.
pub const fn code_bytes(dimension: usize) -> usize {
    FACTOR_BYTES + dimension.div_ceil(GROUP)
}

/// Appends the code of a turned vector around `center`. One that codes cannot represent is far from everything.
pub fn encode(space: Space, center: &[f32], vector: &[f32], out: &mut Vec<u8>) {
    let residual: Vec<f32> = vector.iter().zip(center).map(|(x, c)| x - c).collect();
    let mut factors = (f32::MAX, 0.0);
    let mut levels = vec![0; residual.len()];
    if is_representable(vector) && is_representable(center) {
        let squared = dot(&residual, &residual);
        let grid = best(&residual, squared, &mut levels);
        let of_grid = |vector: &[f32]| -> f64 {
            levels.iter().zip(vector).map(|(level, x)| (f64::from(*level) - 1.5) * f64::from(*x)).sum()
        };
        let scale = if grid > 0.0 { squared / grid } else { 0.0 };
        factors = match space {
            Space::L2 => ((squared + 2.0 * scale * of_grid(center)) as f32, (-2.0 * scale) as f32),
            Space::Cosine | Space::Ip => {
                ((scale * of_grid(center) - dot(&residual, center)) as f32, -scale as f32)
            }
        };
    }
    out.extend(factors.0.to_le_bytes());
    out.extend(factors.1.to_le_bytes());
    out.extend(levels.chunks(GROUP).map(|group| group.iter().rev().fold(0, |byte, level| byte << 2 | level)));
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Writes the levels of the grid point with nearly the least angle to `residual`, and gives ⟨g, r⟩.
fn best(residual: &[f32], squared: f64, levels: &mut [u8]) -> f64 {
    let deviation = (squared / residual.len() as f64).sqrt() as f32;
    let angle = |step: f32| {
        let inverse = 1.0 / (deviation * step);
        let (mut product, mut norm) = (0.0_f32, 0.0_f32);
        for x in residual {
            let magnitude = if x.abs() * inverse < 1.0 { 0.5 } else { 1.5 };
            product += magnitude * x.abs();
            norm += magnitude * magnitude;
        }
        product / norm.sqrt()
    };
    let best = STEPS.into_iter().map(|step| (angle(step), step));
    let (_, step) = best.fold((f32::MIN, 1.0), |best, this| if this.0 > best.0 { this } else { best });
    let inverse = 1.0 / (deviation * step);
    let mut product = 0.0;
    for (level, x) in levels.iter_mut().zip(residual) {
        let outer = x.abs() * inverse >= 1.0;
        *level = match (*x >= 0.0, outer) {
            (true, true) => 3,
            (true, false) => 2,
            (false, false) => 1,
            (false, true) => 0,
        };
        product += (f64::from(*level) - 1.5) * f64::from(*x);
    }
    if product.is_finite() { product } else { 0.0 }
}

/// A turned query, prepared for codes around all centers.
pub struct CodeQuery {
    space: Space,
    vector: Vec<f32>,
    /// For each four components and each byte of a code their part of ⟨g, q⟩.
    tables: Vec<[f32; 256]>,
}

impl CodeQuery {
    pub fn new(space: Space, turned: &[f32]) -> Self {
        let tables = turned.chunks(GROUP).map(|group| {
            std::array::from_fn(|byte| {
                let level = |at: usize| (byte >> (2 * at) & 3) as f32 - 1.5;
                group.iter().enumerate().map(|(at, x)| level(at) * x).sum()
            })
        });
        Self { space, tables: tables.collect(), vector: turned.to_vec() }
    }

    /// What the estimates of codes around `center` have in common.
    pub fn around(&self, center: &[f32]) -> f32 {
        match self.space {
            Space::L2 => {
                let difference: Vec<f32> = self.vector.iter().zip(center).map(|(q, c)| q - c).collect();
                dot(&difference, &difference) as f32
            }
            Space::Cosine | Space::Ip => (1.0 - dot(&self.vector, center)) as f32,
        }
    }

    /// The estimated distance of a code of [`code_bytes`]; `around` is that of its center.
    pub fn distance(&self, around: f32, code: &[u8]) -> f32 {
        let (factors, groups) = code.split_at(FACTOR_BYTES);
        let factor =
            |at: usize| f32::from_le_bytes([factors[at], factors[at + 1], factors[at + 2], factors[at + 3]]);
        let mut sums = [0.0_f32; 4];
        for (groups, tables) in groups.chunks(4).zip(self.tables.chunks(4)) {
            for ((sum, byte), table) in sums.iter_mut().zip(groups).zip(tables) {
                *sum += table[usize::from(*byte)];
            }
        }
        let grid = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        around + factor(0) + factor(4) * grid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chromatid_vectors::distance::Query;

    /// Components between −1 and 1 from a seed.
    fn vector(seed: u64, dimension: usize) -> Vec<f32> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..dimension).map(|_| next()).collect()
    }

    #[test]
    fn estimates_are_near_the_distances() {
        for space in [Space::L2, Space::Cosine, Space::Ip] {
            for seed in 0..50 {
                let dimension = 128 + seed as usize % 5;
                let ready = |seed| Query::new(space, &vector(seed, dimension)).into_vector();
                let (record, query) = (ready(seed + 1), ready(seed + 1_000));
                let center: Vec<f32> =
                    record.iter().zip(ready(seed + 77)).map(|(a, b)| (a + b) / 2.0).collect();
                let mut code = Vec::new();
                encode(space, &center, &record, &mut code);
                assert_eq!(code.len(), code_bytes(dimension));
                let prepared = CodeQuery::new(space, &query);
                let estimate = prepared.distance(prepared.around(&center), &code);
                let exact = Query::new(space, &query).distance(&record);
                let unit = if space == Space::Cosine { 1.0 } else { dimension as f32 / 3.0 };
                assert!((estimate - exact).abs() < 0.15 * unit, "{space:?}: {estimate} for {exact}");
            }
        }
    }

    #[test]
    fn a_center_and_what_is_beyond_codes_have_an_estimate() {
        let center = vector(1, 6);
        let query = CodeQuery::new(Space::L2, &vector(2, 6));
        let mut code = Vec::new();
        encode(Space::L2, &center, &center, &mut code);
        assert_eq!(query.distance(query.around(&center), &code), query.around(&center));
        code.clear();
        encode(Space::L2, &center, &[f32::NAN; 6], &mut code);
        assert!(query.distance(query.around(&center), &code) >= f32::MAX);
    }
}

//! Checks of the kernels against plain sums that need nothing but this machine, so that they also run in a
//! browser.

use super::kernels::{self, MAX_ENTRY, NIBBLE_STEP, NIBBLE_STEP_BYTES, QueryStep, TABLE, portable};
use super::rotation::SplitMix64;
use super::{CodeQuery, Encoder, LANES, NibbleCodes, PackedCodes, Rotation, hamming};
use crate::Space;

/// Every dimension up to here is checked: all remainders of every kernel's steps, several times over.
const DIMENSIONS: usize = 300;

/// Longer ones: odd, powers of two, the longest allowed, and one that takes several sums of sixteen bits.
const LONG: [usize; 6] = [384, 1_023, 1_024, 1_536, 4_101, 16_384];

const SPACES: [Space; 3] = [Space::L2, Space::Ip, Space::Cosine];

/// Compares the kernels of this machine with plain sums, in small and large dimensions. The error says where
/// they part.
pub fn selftest() -> Result<(), String> {
    let mut random = Random(SplitMix64(1));
    for dimension in (1..=DIMENSIONS).chain(LONG) {
        check_dimension(dimension, &mut random).map_err(|e| format!("{dimension} components: {e}"))?;
    }
    Ok(())
}

fn check_dimension(dimension: usize, random: &mut Random) -> Result<(), String> {
    check_rotation(dimension, random)?;
    for extreme in [false, true] {
        check_table_sums(dimension.div_ceil(4), extreme, random)?;
        check_nibble_dots(dimension.div_ceil(NIBBLE_STEP), extreme, random)?;
    }
    check_bits(dimension, random)?;
    for space in SPACES {
        check_scan(space, dimension, random).map_err(|e| format!("{space:?}: {e}"))?;
        check_nibbles(space, dimension, random).map_err(|e| format!("{space:?}: {e}"))?;
    }
    Ok(())
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, got: T, expected: T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{what}: {got:?}, expected {expected:?}")) }
}

fn near(what: &str, got: f32, expected: f64, tolerance: f64) -> Result<(), String> {
    let off = (f64::from(got) - expected).abs();
    if off <= tolerance {
        Ok(())
    } else {
        Err(format!("{what}: {got:e}, expected {expected:e} ± {tolerance:e}"))
    }
}

/// Lengths and inner products stay, and the way back leads back.
fn check_rotation(dimension: usize, random: &mut Random) -> Result<(), String> {
    let rotation = Rotation::new(dimension, random.0.next());
    let (a, b) = (random.vector(dimension), random.vector(dimension));
    let (mut a_rotated, mut b_rotated) = (a.clone(), b.clone());
    rotation.rotate(&mut a_rotated);
    rotation.rotate(&mut b_rotated);
    let tolerance = 1e-5 * dimension as f64;
    near("rotated norm", dot(&a_rotated, &a_rotated) as f32, dot(&a, &a), tolerance)?;
    near("rotated product", dot(&a_rotated, &b_rotated) as f32, dot(&a, &b), tolerance)?;
    rotation.rotate_back(&mut a_rotated);
    for (back, x) in a_rotated.iter().zip(&a) {
        near("rotated back", *back, f64::from(*x), 1e-5)?;
    }
    Ok(())
}

/// Both kernels against a sum a code; `extreme`: the largest entries in every place.
fn check_table_sums(groups: usize, extreme: bool, random: &mut Random) -> Result<(), String> {
    let entry =
        |random: &mut Random| if extreme { MAX_ENTRY } else { random.below(u64::from(MAX_ENTRY) + 1) as u8 };
    let tables: Vec<[u8; TABLE]> = (0..groups).map(|_| std::array::from_fn(|_| entry(random))).collect();
    let codes: Vec<[u8; TABLE]> =
        (0..groups).map(|_| std::array::from_fn(|_| random.below(256) as u8)).collect();
    let expected: [u32; LANES] = std::array::from_fn(|lane| {
        let nibble = |group: &[u8; TABLE]| group[lane % 16] >> (4 * (lane / 16)) & 0x0f;
        tables.iter().zip(&codes).map(|(table, group)| u32::from(table[usize::from(nibble(group))])).sum()
    });
    let mut sums = [1; LANES];
    kernels::table_sums(&tables, &codes, &mut sums);
    equal("sums of tables", sums, expected)?;
    portable::table_sums(&tables, &codes, &mut sums);
    equal("portable sums of tables", sums, expected)
}

/// Both kernels of both products against sums a component; `extreme`: the largest components in every place.
fn check_nibble_dots(steps: usize, extreme: bool, random: &mut Random) -> Result<(), String> {
    let mut code = || -> Vec<[u8; NIBBLE_STEP_BYTES]> {
        let byte = |random: &mut Random| if extreme { 0xff } else { random.below(256) as u8 };
        (0..steps).map(|_| std::array::from_fn(|_| byte(random))).collect()
    };
    let (a, b) = (code(), code());
    let component = |random: &mut Random| if extreme { 4_095 } else { random.below(8_191) as i16 - 4_095 };
    let query: Vec<QueryStep> = (0..steps).map(|_| std::array::from_fn(|_| component(random))).collect();
    let nibble = |code: &[[u8; NIBBLE_STEP_BYTES]], i: usize| {
        i32::from(code.as_flattened()[i / 2] >> (4 * (i % 2)) & 0x0f)
    };
    let of_codes: i32 = (0..steps * NIBBLE_STEP).map(|i| nibble(&a, i) * nibble(&b, i)).sum();
    equal("product of codes", kernels::nibble_nibble_dot(&a, &b), of_codes)?;
    equal("portable product of codes", portable::nibble_nibble_dot(&a, &b), of_codes)?;
    let of_query: i32 = (0..steps * NIBBLE_STEP)
        .map(|i| nibble(&a, i) * i32::from(query[i / NIBBLE_STEP][16 * (i % 4) + i % NIBBLE_STEP / 4]))
        .sum();
    equal("product with a query", kernels::nibble_query_dot(&query, &a), of_query)?;
    equal("portable product with a query", portable::nibble_query_dot(&query, &a), of_query)
}

/// The sum over bit planes and the number of bits that differ, one component after the other.
fn check_bits(dimension: usize, random: &mut Random) -> Result<(), String> {
    let query = CodeQuery::new(Space::L2, random.vector(dimension));
    let (a, b) = (random.bits(dimension), random.bits(dimension));
    let bit = |bits: &[u8], i: usize| i32::from(bits[i / 8] >> (i % 8) & 1);
    equal("signed sum", query.signed_sum(&a), naive_signed_sum(&query, &a))?;
    let differing = (0..dimension).filter(|&i| bit(&a, i) != bit(&b, i)).count();
    equal("hamming distance", hamming(&a, &b) as usize, differing)
}

/// Σ ±(2uᵢ − 15), the uᵢ taken out of their planes one by one.
fn naive_signed_sum(query: &CodeQuery, bits: &[u8]) -> i32 {
    (0..query.vector().len())
        .map(|i| {
            let planes = query.planes[i / 64].map(|plane| (plane >> (i % 64) & 1) as i32);
            let u = planes[0] + 2 * planes[1] + 4 * planes[2] + 8 * planes[3];
            let sign = 2 * i32::from(bits[i / 8] >> (i % 8) & 1) - 1;
            sign * (2 * u - 15)
        })
        .sum()
}

/// A block's estimates, bounds and mask against the formulas, and to the bit against the estimates of its codes
/// alone.
fn check_scan(space: Space, dimension: usize, random: &mut Random) -> Result<(), String> {
    let encoder = Encoder::new(space, random.vector(dimension));
    let query = CodeQuery::new(space, random.vector(dimension));
    let mut packed = PackedCodes::new(dimension);
    let mut bits = vec![0; dimension.div_ceil(8)];
    for _ in 0..LANES {
        let factors = encoder.encode(&random.vector(dimension), &mut bits);
        packed.push(&bits, factors);
    }
    let around = query.around(encoder.center());
    let (mut estimates, mut lower) = ([0.0; LANES], [0.0; LANES]);
    let mut scan = |threshold, estimates: &mut _| {
        query.scan_block(&around, 1.9, threshold, packed.codes().block(0), estimates, &mut lower);
        query.scan_block(&around, 1.9, threshold, packed.codes().block(0), estimates, &mut lower)
    };
    equal("all codes pass", scan(f32::INFINITY, &mut estimates), u32::MAX)?;
    equal("no code passes", scan(f32::NAN, &mut estimates), 0)?;
    let threshold = estimates[7];
    let passed = scan(threshold, &mut estimates);
    for lane in 0..LANES {
        let factors = packed.codes().code(lane, &mut bits);
        let alone = query.estimate(&around, &bits, &factors);
        equal("estimate alone", alone.to_bits(), estimates[lane].to_bits())?;
        let dot = f64::from(naive_signed_sum(&query, &bits)) / 2.0 * f64::from(query.unit);
        let [add, scale, offset] = [factors.add, factors.scale, around.offset].map(f64::from);
        let tolerance = 1e-5 * (offset.abs() + add.abs() + (scale * dot).abs());
        near("estimate", estimates[lane], offset + add + scale * dot, tolerance)?;
        let spread = 1.9 * f64::from(around.radius) * f64::from(factors.error);
        near("lower bound", lower[lane], f64::from(estimates[lane]) - spread, tolerance + 1e-5 * spread)?;
        equal("mask", passed >> lane & 1 == 1, lower[lane] <= threshold)?;
    }
    Ok(())
}

/// Four-bit estimates against the distances, which they miss by 0.2 √d on average for such components.
fn check_nibbles(space: Space, dimension: usize, random: &mut Random) -> Result<(), String> {
    let center = random.vector(dimension);
    let mut codes = NibbleCodes::new(space, center);
    let vectors = [random.vector(dimension), random.vector(dimension), random.vector(dimension)];
    vectors.iter().for_each(|vector| codes.push(vector));
    let query = codes.query(&vectors[2]);
    let tolerance = (dimension as f64).sqrt();
    near("distance of codes", codes.between(0, 1), distance(space, &vectors[0], &vectors[1]), tolerance)?;
    let expected = distance(space, &vectors[2], &vectors[0]);
    near("distance to a query", query.distance(&codes, 0), expected, tolerance)
}

/// The distance of vectors that are taken as they are.
fn distance(space: Space, a: &[f32], b: &[f32]) -> f64 {
    match space {
        Space::L2 => dot(a, a) + dot(b, b) - 2.0 * dot(a, b),
        Space::Ip | Space::Cosine => 1.0 - dot(a, b),
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

struct Random(SplitMix64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        ((self.0.next() >> 32) * bound) >> 32
    }

    /// Components between −1 and 1.
    fn vector(&mut self, dimension: usize) -> Vec<f32> {
        (0..dimension).map(|_| (self.0.next() >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
    }

    /// A code with zeros after its last component.
    fn bits(&mut self, dimension: usize) -> Vec<u8> {
        let mut bits = vec![0u8; dimension.div_ceil(8)];
        for i in 0..dimension {
            bits[i / 8] |= (self.below(2) as u8) << (i % 8);
        }
        bits
    }
}

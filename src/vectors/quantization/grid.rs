//! The nearest direction on the grid of four bits a component: gᵢ = vᵢ − 7.5 with vᵢ in 0..16.

use super::lanes::F32x4;

/// Scales that are tried, as the level that the largest component reaches (the grid ends at 8). The best one
/// is [`NORMAL_SCALE`]·√d/‖x‖ for normally distributed components (the step of Max's 16-level uniform quantiser), which
/// is 4.8 for a largest component of 1.6 σ (8 components) and 12.5 for one of 4.2 σ (16,384).
const LOWEST_LEVEL: f32 = 3.5;
const LEVEL_STEP: f32 = 0.5;
const LEVELS: usize = 20;

/// The step of Max's quantiser, for components of one deviation, is one divided by it.
const NORMAL_SCALE: f64 = 2.985;

/// Adding and subtracting it rounds an `f32` below 2²² to a whole number.
const ROUNDER: f32 = 12_582_912.0;

/// Components below that are as good as zero: no product with one reaches the precision of a distance.
const SMALLEST: f32 = 1e-30;

/// How a vector x lies to its grid point g.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    /// ⟨g, x⟩, positive unless x is zero.
    pub(super) dot: f64,
    /// ‖g‖².
    pub(super) squared_norm: f64,
}

/// Writes the code of the grid point with (nearly) the least angle to `vector`, a byte a component.
/// All components must be finite, and `codes` as long as the vector.
pub(super) fn quantize(vector: &[f32], codes: &mut [u8]) -> Fit {
    let largest = vector.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
    let scale = if largest < SMALLEST { 0.0 } else { best_scale(vector, largest) };
    quantize_at(vector, scale, codes)
}

/// As [`quantize`], at the scale that is the best one for normally distributed components: a twentieth of the work. `norm` is
/// the length of the vector.
pub(super) fn quantize_roughly(vector: &[f32], norm: f64, codes: &mut [u8]) -> Fit {
    let scale =
        if norm < f64::from(SMALLEST) { 0.0 } else { NORMAL_SCALE * (vector.len() as f64).sqrt() / norm };
    quantize_at(vector, scale as f32, codes)
}

fn quantize_at(vector: &[f32], scale: f32, codes: &mut [u8]) -> Fit {
    let (mut dot, mut squared_norm) = (0.0, 0.0);
    for (code, &x) in codes.iter_mut().zip(vector) {
        let level = magnitude(x.abs() * scale);
        let g = if x >= 0.0 { level } else { -level };
        *code = (g + 7.5) as u8;
        dot += f64::from(g) * f64::from(x);
        squared_norm += f64::from(g) * f64::from(g);
    }
    Fit { dot, squared_norm }
}

/// The scale, of those tried, at which the grid's nearest point encloses the least angle with `vector`.
fn best_scale(vector: &[f32], largest: f32) -> f32 {
    let (mut best, mut best_cosine) = (0.0, -1.0);
    for step in 0..LEVELS {
        let scale = (LOWEST_LEVEL + LEVEL_STEP * step as f32) / largest;
        let (dot, squared_norm) = fit(vector, scale);
        // The cosine up to the vector's own length.
        let cosine = dot / squared_norm.sqrt();
        if cosine > best_cosine {
            (best, best_cosine) = (scale, cosine);
        }
    }
    best
}

/// ⟨g, x⟩ and ‖g‖² at one scale.
fn fit(vector: &[f32], scale: f32) -> (f32, f32) {
    let scales = F32x4::splat(scale);
    let [mut dot, mut squared_norm] = [F32x4::splat(0.0); 2];
    let (lanes, rest) = vector.as_chunks::<4>();
    for lanes in lanes {
        let x = F32x4::load(lanes).abs();
        let level = magnitudes(x.mul(scales));
        dot = dot.add(level.mul(x));
        squared_norm = squared_norm.add(level.mul(level));
    }
    let (mut dot, mut squared_norm) = (dot.total(), squared_norm.total());
    for x in rest {
        let level = magnitude(x.abs() * scale);
        dot += level * x.abs();
        squared_norm += level * level;
    }
    (dot, squared_norm)
}

/// The magnitude on the grid, 0.5 to 7.5, nearest to `x` ≥ 0.
#[inline(always)]
fn magnitude(x: f32) -> f32 {
    let x = if x < 7.75 { x } else { 7.75 };
    round(x - 0.5) + 0.5
}

/// The whole number nearest to `x`, |x| < 2²². (Not `f32::round`: few processors have an instruction for it.)
#[inline(always)]
pub(super) fn round(x: f32) -> f32 {
    (x + ROUNDER) - ROUNDER
}

/// [`magnitude`] of each lane.
#[inline(always)]
fn magnitudes(x: F32x4) -> F32x4 {
    let (half, rounder) = (F32x4::splat(0.5), F32x4::splat(ROUNDER));
    x.min(F32x4::splat(7.75)).sub(half).add(rounder).sub(rounder).add(half)
}

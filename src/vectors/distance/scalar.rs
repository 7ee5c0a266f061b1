//! The formulas, plainly: every sum in `f64`, whose range holds the squares of any `f32`. The answer
//! where the kernels' lanes overflow or underflow, and the reference that they are tested against.

use super::NORM_EPSILON;
use crate::Space;

/// `x / (‖x‖ + 1e−32)`. NaN where a component is infinite or NaN.
pub(super) fn normalize(vector: &[f32]) -> Vec<f32> {
    let norm = norm(vector) + f64::from(NORM_EPSILON);
    vector.iter().map(|&x| (f64::from(x) / norm) as f32).collect()
}

/// The distance of `query` (for cosine normalised already) to `row`, rounded to `f32` once.
#[cold]
#[inline(never)]
pub(super) fn distance(space: Space, query: &[f32], row: &[f32]) -> f32 {
    let pairs = query.iter().zip(row).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    let distance = match space {
        Space::L2 => pairs.map(|(a, b)| (a - b) * (a - b)).sum(),
        Space::Ip => 1.0 - pairs.map(|(a, b)| a * b).sum::<f64>(),
        Space::Cosine => 1.0 - pairs.map(|(a, b)| a * b).sum::<f64>() / (norm(row) + f64::from(NORM_EPSILON)),
    };
    distance as f32
}

fn norm(vector: &[f32]) -> f64 {
    vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
}

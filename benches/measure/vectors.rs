//! The vectors of benchmarks that need no real ones.

pub const DIMENSION: usize = 384;

/// Components between −1 and 1, the same every time.
pub fn components(count: usize) -> Vec<f32> {
    let mut state = 0x2545_f491u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

//! Sums over single bits, 64 at a time.

/// Σ bᵢ·uᵢ and Σ bᵢ over the bits b of a code and numbers u of four bits, given by their bit planes (64
/// components a step).
#[inline(always)]
pub(in crate::quantization) fn plane_sums(planes: &[[u64; 4]], bits: &[u8]) -> (u32, u32) {
    let (words, rest) = bits.as_chunks::<8>();
    let (mut weighted, mut ones) = (0, 0);
    let mut take = |planes: &[u64; 4], word: u64| {
        let [a, b, c, d] = planes.map(|plane| (plane & word).count_ones());
        weighted += a + 2 * b + 4 * c + 8 * d;
        ones += word.count_ones();
    };
    for (planes, word) in planes.iter().zip(words) {
        take(planes, u64::from_le_bytes(*word));
    }
    if let Some(planes) = planes.get(words.len()) {
        take(planes, last_word(rest));
    }
    (weighted, ones)
}

/// See [`hamming`](super::hamming).
#[inline(always)]
pub(in crate::quantization) fn hamming(a: &[u8], b: &[u8]) -> u32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let rest = (last_word(a_rest) ^ last_word(b_rest)).count_ones();
    a.iter()
        .zip(b)
        .fold(rest, |sum, (a, b)| sum + (u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b)).count_ones())
}

/// Fewer than eight bytes, with zeros after them.
#[inline(always)]
fn last_word(rest: &[u8]) -> u64 {
    rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

//! The sums over AVX2's 256-bit registers.

use super::{NIBBLE_STEP_BYTES, QueryStep, TABLE, TABLES_PER_BYTE, TABLES_PER_WORD};
use core::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi16, _mm_add_epi32, _mm_cvtsi128_si32, _mm_loadu_si128, _mm_shuffle_epi32,
    _mm_slli_epi16, _mm_sub_epi16, _mm_unpackhi_epi16, _mm_unpacklo_epi16, _mm256_add_epi8, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_and_si256, _mm256_castsi256_si128, _mm256_cvtepu16_epi32,
    _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi8, _mm256_set1_epi16,
    _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16, _mm256_storeu_si256,
    _mm256_zextsi128_si256,
};

/// See [`portable::table_sums`](super::portable::table_sums).
#[target_feature(enable = "avx2")]
pub(super) fn table_sums(tables: &[[u8; TABLE]], groups: &[[u8; TABLE]], sums: &mut [u32; 32]) {
    *sums = [0; 32];
    for (tables, groups) in tables.chunks(TABLES_PER_WORD).zip(groups.chunks(TABLES_PER_WORD)) {
        add_words(word_sums(tables, groups), sums);
    }
}

/// Sums of at most [`TABLES_PER_WORD`] tables, in words: codes 0, 2, … 14 plus 256 times codes 1, 3, … 15, modulo
/// 2¹⁶; codes 1, 3, … 15; and the same of codes 16 to 31. The halves of a register are sums over every other group.
#[inline]
#[target_feature(enable = "avx2")]
fn word_sums(tables: &[[u8; TABLE]], groups: &[[u8; TABLE]]) -> [__m256i; 4] {
    let zero = _mm256_setzero_si256();
    let mut words = [zero; 4];
    // Two groups a register, so twice as many before a byte is full.
    let (table_chunks, table_rest) = tables.as_chunks::<{ 2 * TABLES_PER_BYTE }>();
    let (group_chunks, group_rest) = groups.as_chunks::<{ 2 * TABLES_PER_BYTE }>();
    for (tables, groups) in table_chunks.iter().zip(group_chunks) {
        let (mut low, mut high) = (zero, zero);
        for (tables, groups) in tables.as_chunks().0.iter().zip(groups.as_chunks().0) {
            let (a, b) = look_up(load_pair(tables), load_pair(groups));
            low = _mm256_add_epi8(low, a);
            high = _mm256_add_epi8(high, b);
        }
        words = add_bytes(words, low, high);
    }
    for (table, group) in table_rest.iter().zip(group_rest) {
        // The upper half looks zeros up in a table of zeros.
        let table = _mm256_zextsi128_si256(load(table));
        let (low, high) = look_up(table, _mm256_zextsi128_si256(load(group)));
        words = add_bytes(words, low, high);
    }
    words
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_bytes(
    [low_both, low_odd, high_both, high_odd]: [__m256i; 4],
    low: __m256i,
    high: __m256i,
) -> [__m256i; 4] {
    [
        _mm256_add_epi16(low_both, low),
        _mm256_add_epi16(low_odd, _mm256_srli_epi16::<8>(low)),
        _mm256_add_epi16(high_both, high),
        _mm256_add_epi16(high_odd, _mm256_srli_epi16::<8>(high)),
    ]
}

/// The entries that the low and the high nibbles of `codes` pick.
#[inline]
#[target_feature(enable = "avx2")]
fn look_up(table: __m256i, codes: __m256i) -> (__m256i, __m256i) {
    let nibble = _mm256_set1_epi8(0x0f);
    let low = _mm256_and_si256(codes, nibble);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(codes), nibble);
    (_mm256_shuffle_epi8(table, low), _mm256_shuffle_epi8(table, high))
}

/// Adds the words of [`word_sums`] to the sums of the 32 codes.
#[inline]
#[target_feature(enable = "avx2")]
fn add_words([low_both, low_odd, high_both, high_odd]: [__m256i; 4], sums: &mut [u32; 32]) {
    let (low_odd, high_odd) = (join_halves(low_odd), join_halves(high_odd));
    let low_even = _mm_sub_epi16(join_halves(low_both), _mm_slli_epi16::<8>(low_odd));
    let high_even = _mm_sub_epi16(join_halves(high_both), _mm_slli_epi16::<8>(high_odd));
    let words = [
        _mm_unpacklo_epi16(low_even, low_odd),
        _mm_unpackhi_epi16(low_even, low_odd),
        _mm_unpacklo_epi16(high_even, high_odd),
        _mm_unpackhi_epi16(high_even, high_odd),
    ];
    for (sums, words) in sums.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        // SAFETY: the array has the thirty-two bytes that are read and written; neither needs alignment.
        unsafe {
            let sum =
                _mm256_add_epi32(_mm256_loadu_si256(sums.as_ptr().cast()), _mm256_cvtepu16_epi32(words));
            _mm256_storeu_si256(sums.as_mut_ptr().cast(), sum);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn join_halves(x: __m256i) -> __m128i {
    _mm_add_epi16(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x))
}

/// See [`portable::nibble_query_dot`](super::portable::nibble_query_dot).
#[target_feature(enable = "avx2")]
pub(super) fn nibble_query_dot(query: &[QueryStep], code: &[[u8; NIBBLE_STEP_BYTES]]) -> i32 {
    let [mut a, mut b, mut c, mut d] = [_mm256_setzero_si256(); 4];
    for (query, code) in query.iter().zip(code) {
        let [n0, n1, n2, n3] = nibbles(load_bytes(code));
        let [q0, q1, q2, q3] = query.as_chunks::<16>().0 else { unreachable!("a step has 64 components") };
        a = _mm256_add_epi32(a, _mm256_madd_epi16(n0, load_words(q0)));
        b = _mm256_add_epi32(b, _mm256_madd_epi16(n1, load_words(q1)));
        c = _mm256_add_epi32(c, _mm256_madd_epi16(n2, load_words(q2)));
        d = _mm256_add_epi32(d, _mm256_madd_epi16(n3, load_words(q3)));
    }
    total(_mm256_add_epi32(_mm256_add_epi32(a, b), _mm256_add_epi32(c, d)))
}

/// See [`portable::nibble_nibble_dot`](super::portable::nibble_nibble_dot).
#[target_feature(enable = "avx2")]
pub(super) fn nibble_nibble_dot(a: &[[u8; NIBBLE_STEP_BYTES]], b: &[[u8; NIBBLE_STEP_BYTES]]) -> i32 {
    let [mut s, mut t] = [_mm256_setzero_si256(); 2];
    for (a, b) in a.iter().zip(b) {
        let [a0, a1, a2, a3] = nibbles(load_bytes(a));
        let [b0, b1, b2, b3] = nibbles(load_bytes(b));
        s = _mm256_add_epi32(s, _mm256_madd_epi16(a0, b0));
        t = _mm256_add_epi32(t, _mm256_madd_epi16(a1, b1));
        s = _mm256_add_epi32(s, _mm256_madd_epi16(a2, b2));
        t = _mm256_add_epi32(t, _mm256_madd_epi16(a3, b3));
    }
    total(_mm256_add_epi32(s, t))
}

/// The four nibbles of each word, from the lowest.
#[inline]
#[target_feature(enable = "avx2")]
fn nibbles(words: __m256i) -> [__m256i; 4] {
    let nibble = _mm256_set1_epi16(0x000f);
    [
        _mm256_and_si256(words, nibble),
        _mm256_and_si256(_mm256_srli_epi16::<4>(words), nibble),
        _mm256_and_si256(_mm256_srli_epi16::<8>(words), nibble),
        _mm256_srli_epi16::<12>(words),
    ]
}

/// The sum of the eight 32-bit lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn total(x: __m256i) -> i32 {
    let x = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x));
    let x = _mm_add_epi32(x, _mm_shuffle_epi32::<0b01_00_11_10>(x));
    _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32::<0b10_11_00_01>(x)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the reference covers the sixteen bytes that are read; the load needs no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_pair(pair: &[[u8; 16]; 2]) -> __m256i {
    // SAFETY: the reference covers the thirty-two bytes that are read; the load needs no alignment.
    unsafe { _mm256_loadu_si256(pair.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_bytes(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the reference covers the thirty-two bytes that are read; the load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_words(words: &[i16; 16]) -> __m256i {
    // SAFETY: the reference covers the thirty-two bytes that are read; the load needs no alignment.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

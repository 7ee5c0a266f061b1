//! The sums over WebAssembly's 128-bit registers. Steps are written out: the build is for size and unrolls
//! nothing.

use super::{NIBBLE_STEP_BYTES, QueryStep, TABLE, TABLES_PER_BYTE, TABLES_PER_WORD};
use core::arch::wasm32::{
    i8x16_add, i8x16_swizzle, i16x8_add, i16x8_shl, i16x8_shuffle, i16x8_splat, i16x8_sub, i32x4_add,
    i32x4_dot_i16x8, i32x4_extract_lane, i32x4_shuffle, i32x4_splat, u8x16_shr, u8x16_splat, u16x8_shr,
    u32x4_extend_high_u16x8, u32x4_extend_low_u16x8, v128, v128_and, v128_load, v128_store,
};

pub(super) use super::bits::hamming;
/// V8 counts the ones of a 64-bit word in one instruction and those of sixteen bytes in eight.
pub(in crate::quantization) use super::bits::plane_sums;

/// See `portable::table_sums`.
pub(in crate::quantization) fn table_sums(
    tables: &[[u8; TABLE]],
    groups: &[[u8; TABLE]],
    sums: &mut [u32; 32],
) {
    *sums = [0; 32];
    for (tables, groups) in tables.chunks(TABLES_PER_WORD).zip(groups.chunks(TABLES_PER_WORD)) {
        add_words(word_sums(tables, groups), sums);
    }
}

/// Sums of at most [`TABLES_PER_WORD`] tables, in words: codes 0, 2, … 14 plus 256 times codes 1, 3, … 15, modulo
/// 2¹⁶; codes 1, 3, … 15; and the same of codes 16 to 31.
#[inline(always)]
fn word_sums(tables: &[[u8; TABLE]], groups: &[[u8; TABLE]]) -> [v128; 4] {
    let mut words = [i16x8_splat(0); 4];
    let (table_chunks, table_rest) = tables.as_chunks::<TABLES_PER_BYTE>();
    let (group_chunks, group_rest) = groups.as_chunks::<TABLES_PER_BYTE>();
    for ([t0, t1, t2, t3], [g0, g1, g2, g3]) in table_chunks.iter().zip(group_chunks) {
        let (low0, high0) = look_up(t0, g0);
        let (low1, high1) = look_up(t1, g1);
        let (low2, high2) = look_up(t2, g2);
        let (low3, high3) = look_up(t3, g3);
        let low = i8x16_add(i8x16_add(low0, low1), i8x16_add(low2, low3));
        let high = i8x16_add(i8x16_add(high0, high1), i8x16_add(high2, high3));
        words = add_bytes(words, low, high);
    }
    for (table, group) in table_rest.iter().zip(group_rest) {
        let (low, high) = look_up(table, group);
        words = add_bytes(words, low, high);
    }
    words
}

/// The entries that the low and the high nibbles of a group pick.
#[inline(always)]
fn look_up(table: &[u8; TABLE], group: &[u8; TABLE]) -> (v128, v128) {
    let (table, group) = (load(table), load(group));
    let low = i8x16_swizzle(table, v128_and(group, u8x16_splat(0x0f)));
    (low, i8x16_swizzle(table, u8x16_shr(group, 4)))
}

#[inline(always)]
fn add_bytes([low_both, low_odd, high_both, high_odd]: [v128; 4], low: v128, high: v128) -> [v128; 4] {
    [
        i16x8_add(low_both, low),
        i16x8_add(low_odd, u16x8_shr(low, 8)),
        i16x8_add(high_both, high),
        i16x8_add(high_odd, u16x8_shr(high, 8)),
    ]
}

/// Adds the words of [`word_sums`] to the sums of the 32 codes.
#[inline(always)]
fn add_words([low_both, low_odd, high_both, high_odd]: [v128; 4], sums: &mut [u32; 32]) {
    let low_even = i16x8_sub(low_both, i16x8_shl(low_odd, 8));
    let high_even = i16x8_sub(high_both, i16x8_shl(high_odd, 8));
    let words = [
        i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(low_even, low_odd),
        i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(low_even, low_odd),
        i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(high_even, high_odd),
        i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(high_even, high_odd),
    ];
    for (sums, words) in sums.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        let (first, second) = sums.split_at_mut(4);
        // SAFETY: each half has the sixteen bytes that are read and written; neither needs alignment.
        unsafe {
            let sum = i32x4_add(v128_load(first.as_ptr().cast()), u32x4_extend_low_u16x8(words));
            v128_store(first.as_mut_ptr().cast(), sum);
            let sum = i32x4_add(v128_load(second.as_ptr().cast()), u32x4_extend_high_u16x8(words));
            v128_store(second.as_mut_ptr().cast(), sum);
        }
    }
}

/// See `portable::nibble_query_dot`.
pub(in crate::quantization) fn nibble_query_dot(
    query: &[QueryStep],
    code: &[[u8; NIBBLE_STEP_BYTES]],
) -> i32 {
    let [mut a, mut b, mut c, mut d] = [i32x4_splat(0); 4];
    for (query, code) in query.iter().zip(code) {
        let (low, high) = halves(code);
        let [q0, q1, q2, q3, q4, q5, q6, q7] = query.as_chunks::<8>().0 else { unreachable!() };
        let [n0, n1, n2, n3] = nibbles(low);
        a = i32x4_add(a, i32x4_dot_i16x8(n0, load_words(q0)));
        b = i32x4_add(b, i32x4_dot_i16x8(n1, load_words(q2)));
        c = i32x4_add(c, i32x4_dot_i16x8(n2, load_words(q4)));
        d = i32x4_add(d, i32x4_dot_i16x8(n3, load_words(q6)));
        let [n0, n1, n2, n3] = nibbles(high);
        a = i32x4_add(a, i32x4_dot_i16x8(n0, load_words(q1)));
        b = i32x4_add(b, i32x4_dot_i16x8(n1, load_words(q3)));
        c = i32x4_add(c, i32x4_dot_i16x8(n2, load_words(q5)));
        d = i32x4_add(d, i32x4_dot_i16x8(n3, load_words(q7)));
    }
    total(i32x4_add(i32x4_add(a, b), i32x4_add(c, d)))
}

/// See `portable::nibble_nibble_dot`.
pub(in crate::quantization) fn nibble_nibble_dot(
    a: &[[u8; NIBBLE_STEP_BYTES]],
    b: &[[u8; NIBBLE_STEP_BYTES]],
) -> i32 {
    let [mut s, mut t] = [i32x4_splat(0); 2];
    for (a, b) in a.iter().zip(b) {
        let ((a_low, a_high), (b_low, b_high)) = (halves(a), halves(b));
        s = i32x4_add(s, dot_of_halves(a_low, b_low));
        t = i32x4_add(t, dot_of_halves(a_high, b_high));
    }
    total(i32x4_add(s, t))
}

#[inline(always)]
fn dot_of_halves(a: v128, b: v128) -> v128 {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (nibbles(a), nibbles(b));
    let first = i32x4_add(i32x4_dot_i16x8(a0, b0), i32x4_dot_i16x8(a1, b1));
    i32x4_add(first, i32x4_add(i32x4_dot_i16x8(a2, b2), i32x4_dot_i16x8(a3, b3)))
}

/// The four nibbles of each word, from the lowest.
#[inline(always)]
fn nibbles(words: v128) -> [v128; 4] {
    let nibble = i16x8_splat(0x000f);
    [
        v128_and(words, nibble),
        v128_and(u16x8_shr(words, 4), nibble),
        v128_and(u16x8_shr(words, 8), nibble),
        u16x8_shr(words, 12),
    ]
}

/// The sum of the four lanes.
#[inline(always)]
fn total(x: v128) -> i32 {
    let x = i32x4_add(x, i32x4_shuffle::<2, 3, 0, 1>(x, x));
    i32x4_extract_lane::<0>(x).wrapping_add(i32x4_extract_lane::<1>(x))
}

#[inline(always)]
fn halves(step: &[u8; NIBBLE_STEP_BYTES]) -> (v128, v128) {
    let (low, high) = step.split_at(16);
    // SAFETY: each half has the sixteen bytes that are read; the load needs no alignment.
    unsafe { (v128_load(low.as_ptr().cast()), v128_load(high.as_ptr().cast())) }
}

#[inline(always)]
fn load(bytes: &[u8; 16]) -> v128 {
    // SAFETY: the reference covers the sixteen bytes that are read; the load needs no alignment.
    unsafe { v128_load(bytes.as_ptr().cast()) }
}

#[inline(always)]
fn load_words(words: &[i16; 8]) -> v128 {
    // SAFETY: the reference covers the sixteen bytes that are read; the load needs no alignment.
    unsafe { v128_load(words.as_ptr().cast()) }
}

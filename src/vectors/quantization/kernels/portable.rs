//! The sums with the instructions that every processor of the target has.

use super::{NIBBLE_STEP_BYTES, QueryStep, TABLE};

/// Adds up, for each of 32 codes, the entries that its nibbles pick: nibble `i` picks from `tables[i]`. The
/// nibbles of codes `l` and `l + 16` are the low and the high half of byte `l` of a group.
pub(in crate::quantization) fn table_sums(
    tables: &[[u8; TABLE]],
    groups: &[[u8; TABLE]],
    sums: &mut [u32; 32],
) {
    *sums = [0; 32];
    let (low, high) = sums.split_at_mut(16);
    for (table, group) in tables.iter().zip(groups) {
        for ((low, high), byte) in low.iter_mut().zip(&mut *high).zip(group) {
            *low += u32::from(table[usize::from(byte & 0x0f)]);
            *high += u32::from(table[usize::from(byte >> 4)]);
        }
    }
}

/// Σ vᵢ·qᵢ, modulo 2³², of a four-bit code and a query.
pub(in crate::quantization) fn nibble_query_dot(
    query: &[QueryStep],
    code: &[[u8; NIBBLE_STEP_BYTES]],
) -> i32 {
    let mut sum = 0i32;
    for (query, code) in query.iter().zip(code) {
        for (i, word) in code.as_chunks::<2>().0.iter().enumerate() {
            let word = u16::from_le_bytes(*word);
            for nibble in 0..4 {
                let v = i32::from(word >> (4 * nibble) & 0x0f);
                sum = sum.wrapping_add(v * i32::from(query[16 * nibble + i]));
            }
        }
    }
    sum
}

/// Σ vᵢ·wᵢ of two four-bit codes.
pub(in crate::quantization) fn nibble_nibble_dot(
    a: &[[u8; NIBBLE_STEP_BYTES]],
    b: &[[u8; NIBBLE_STEP_BYTES]],
) -> i32 {
    let bytes = a.as_flattened().iter().zip(b.as_flattened());
    bytes.fold(0, |sum, (&a, &b)| {
        sum + i32::from(a & 0x0f) * i32::from(b & 0x0f) + i32::from(a >> 4) * i32::from(b >> 4)
    })
}

//! Numbers as texts that are ordered as the numbers are.
//!
//! Integers and floats are real numbers here: 1 and 1.0 are one term, and 2^53 + 1 is none of a float.

use std::cmp::Ordering;

use crate::types::where_clause::compare_int_with_float;

/// Six bits each, ascending as bytes.
const DIGITS: &[u8; 64] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Bits that an integer may be above the greatest float that is not above it: floats below 2^63 are up to 1,024 apart.
const REST_BITS: u32 = 10;

/// Digits of 64 bits of a float and the rest.
const LENGTH: u32 = (u64::BITS + REST_BITS).div_ceil(6);

/// The term of an integer.
pub fn term_of_int(int: i64) -> String {
    let nearest = int as f64;
    let floor = match compare_int_with_float(int, nearest) {
        Some(Ordering::Less) => nearest.next_down(),
        _ => nearest,
    };
    // The floor is an integer that fits, so that the conversion is exact.
    encode(floor, int.abs_diff(floor as i64))
}

/// The term of a float; `None` for NaN, which no condition finds.
pub fn term_of_float(float: f64) -> Option<String> {
    (!float.is_nan()).then(|| encode(float, 0))
}

fn encode(float: f64, rest: u64) -> String {
    // −0 and 0 are one number.
    let bits = (float + 0.0).to_bits();
    let ascending = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    let all = (u128::from(ascending) << REST_BITS | u128::from(rest)) << (LENGTH * 6 - u64::BITS - REST_BITS);
    let digit = |place: u32| char::from(DIGITS[(all >> (place * 6) & 63) as usize]);
    let digits: String = (0..LENGTH).rev().map(digit).collect();
    // What ends in the least digit comes before all that goes on, with or without it.
    digits.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Number {
        Int(i64),
        Float(f64),
    }
    use Number::{Float, Int};

    impl Number {
        fn term(self) -> String {
            match self {
                Int(int) => term_of_int(int),
                Float(float) => term_of_float(float).unwrap(),
            }
        }

        fn order(self, other: Self) -> Ordering {
            match (self, other) {
                (Int(a), Int(b)) => a.cmp(&b),
                (Float(a), Float(b)) => a.partial_cmp(&b).unwrap(),
                (Int(a), Float(b)) => compare_int_with_float(a, b).unwrap(),
                (Float(a), Int(b)) => compare_int_with_float(b, a).unwrap().reverse(),
            }
        }
    }

    fn numbers() -> impl Strategy<Value = Number> {
        let edges = [
            0,
            1,
            -1,
            1 << 53,
            (1 << 53) + 1,
            -(1 << 53) - 1,
            i64::MAX,
            i64::MAX - 1,
            i64::MIN,
            i64::MIN + 1,
        ];
        let near = (prop::sample::select(edges.to_vec()), -3..3_i64);
        prop_oneof![
            any::<i64>().prop_map(Int),
            near.clone().prop_map(|(edge, step)| Int(edge.saturating_add(step))),
            near.prop_map(|(edge, step)| Float((edge as f64) + step as f64 / 2.0)),
            any::<f64>().prop_filter("NaN has no order", |float| !float.is_nan()).prop_map(Float),
            prop::sample::select(vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 5e-324])
                .prop_map(Float),
        ]
    }

    #[test]
    fn usual_numbers_are_short() {
        assert!(term_of_int(7).len() <= 3, "{}", term_of_int(7));
        assert!(term_of_int(2026).len() <= 4, "{}", term_of_int(2026));
        assert_eq!(term_of_int(1), term_of_float(1.0).unwrap());
        assert_eq!(term_of_float(f64::NAN), None);
        assert!(!term_of_float(f64::NEG_INFINITY).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn terms_are_ordered_as_numbers(a in numbers(), b in numbers()) {
            prop_assert_eq!(a.term().cmp(&b.term()), a.order(b));
        }
    }
}

//! Vectors as base64 of little-endian f32s (spec: rest-api 1.3).

use crate::error::{Error, Result};

/// Reads the vector at `index` of a request. Infinities and NaN are refused here, as no JSON number could
/// have stood for them.
pub(super) fn vector(index: usize, text: &str) -> Result<Vec<f32>> {
    let bytes =
        decode(text).map_err(|reason| Error::InvalidArgument(format!("Invalid base64 string: {reason}")))?;
    let (components, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Error::InvalidArgument(format!(
            "Invalid byte length: {} bytes cannot be converted to f32 values (must be divisible by 4)",
            bytes.len()
        )));
    }
    let vector: Vec<f32> = components.iter().copied().map(f32::from_le_bytes).collect();
    match vector.iter().find(|component| !component.is_finite()) {
        Some(component) => Err(Error::InvalidArgument(format!(
            "Non-finite float value at embedding index {index}: {component}"
        ))),
        None => Ok(vector),
    }
}

/// What each byte stands for in the standard alphabet; [`NO_SYMBOL`] for all others.
const SYMBOLS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut symbols = [NO_SYMBOL; 256];
    let mut value = 0;
    while value < alphabet.len() {
        symbols[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    symbols
};

const NO_SYMBOL: u8 = u8::MAX;

/// Decodes padded standard base64 (RFC 4648, section 4), of which only the canonical form is accepted.
fn decode(text: &str) -> Result<Vec<u8>, String> {
    let body = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(body.len() / 4 * 3 + 2);
    for (group, chunk) in body.chunks(4).enumerate() {
        let mut bits = 0u32;
        for (position, &byte) in chunk.iter().enumerate() {
            let value = SYMBOLS[usize::from(byte)];
            if value == NO_SYMBOL {
                return Err(format!("Invalid symbol {byte}, offset {}.", 4 * group + position));
            }
            bits |= u32::from(value) << (26 - 6 * position);
        }
        // n symbols carry n - 1 whole bytes; what is over has to be zero.
        let decoded = bits.to_be_bytes();
        let (whole, over) = decoded.split_at(chunk.len() - 1);
        bytes.extend_from_slice(whole);
        if chunk.len() > 1 && over.iter().any(|&byte| byte != 0) {
            let last = chunk[chunk.len() - 1];
            return Err(format!("Invalid last symbol {last}, offset {}.", 4 * group + chunk.len() - 1));
        }
    }
    if body.len() % 4 == 1 {
        return Err(format!("Invalid input length: {}", body.len()));
    }
    if text.len() != body.len().next_multiple_of(4) {
        return Err("Invalid padding".into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn recorded_vectors_decode_as_recorded() {
        assert_eq!(vector(0, "AADAPwAAIEAAAGBA").unwrap(), [1.5, 2.5, 3.5]);
        assert_eq!(vector(0, "AADgQAAA4EAAAOBA").unwrap(), [7.0, 7.0, 7.0]);
        assert_eq!(vector(0, "").unwrap(), [0.0f32; 0]);
        for (text, message) in [
            ("!!!", "Invalid base64 string: Invalid symbol 33, offset 0."),
            (
                "YWJj",
                "Invalid byte length: 3 bytes cannot be converted to f32 values (must be divisible by 4)",
            ),
            ("AADAfwAAgD8AAABA", "Non-finite float value at embedding index 3: NaN"),
        ] {
            let error = vector(3, text).unwrap_err();
            assert_eq!((error.code(), error.to_string().as_str()), (400, message));
        }
    }

    #[test]
    fn only_the_canonical_form_is_accepted() {
        assert_eq!(decode("YWJjZA==").unwrap(), b"abcd");
        assert_eq!(decode("YWJjZGU=").unwrap(), b"abcde");
        for (text, reason) in [
            ("YWJjZA", "Invalid padding"),
            ("YWJjZA=", "Invalid padding"),
            ("YWJjZA===", "Invalid padding"),
            ("YWJj====", "Invalid padding"),
            ("YWJjZ", "Invalid input length: 5"),
            ("YWJjZB==", "Invalid last symbol 66, offset 5."),
            ("YW=j", "Invalid symbol 61, offset 2."),
            ("YWJjZ-==", "Invalid symbol 45, offset 5."),
            ("ä", "Invalid symbol 195, offset 0."),
        ] {
            assert_eq!(decode(text).unwrap_err(), reason, "{text}");
        }
    }

    /// RFC 4648, bit by bit.
    fn encode(bytes: &[u8]) -> String {
        let bits: Vec<u8> =
            bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
        let symbols = bits.chunks(6).map(|chunk| {
            let value = (0..6).fold(0, |value, bit| value << 1 | chunk.get(bit).copied().unwrap_or(0));
            (0..=u8::MAX).find(|&byte| SYMBOLS[usize::from(byte)] == value).map(char::from).unwrap()
        });
        let text: String = symbols.collect();
        let width = text.len().next_multiple_of(4);
        format!("{text:=<width$}")
    }

    proptest! {
        #[test]
        fn vectors_come_back_from_base64(given in prop::collection::vec(-1e9f32..1e9, 0..9)) {
            let bytes: Vec<u8> = given.iter().flat_map(|component| component.to_le_bytes()).collect();
            prop_assert_eq!(vector(0, &encode(&bytes)).unwrap(), given);
        }

        #[test]
        fn no_text_panics_and_what_decodes_is_canonical(text in "[A-Za-z0-9+/=]{0,12}|.{0,6}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}

//! The index of terms: for each value under a metadata key the records that have it.
//!
//! A key of the table is a letter, the metadata key (its length as u16, big-endian, then its bytes) and the value in a form whose
//! bytes are ordered as the values are.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::limits::TERM_BYTES;
use crate::pack::Packs;
use crate::part::hash;
use crate::record::Metadata;
use crate::table::{Table, TableWriter, put_value};

/// An operand of a condition, or a value that a record has.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl Scalar {
    /// Reads a JSON value: a boolean, a number or a text.
    pub fn from_json(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Scalar::Bool(*value),
            Value::String(text) => Scalar::Text(text.clone()),
            Value::Number(number) => match number.as_i64() {
                Some(int) => Scalar::Int(int),
                None => Scalar::Float(number.as_f64()?),
            },
            _ => return None,
        })
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Scalar::Int(_) | Scalar::Float(_))
    }
}

/// Whether a term is the value itself or an element of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Value,
    Element,
}

/// The key of a term in the table.
pub fn term(place: Place, key: &str, value: &Scalar) -> Vec<u8> {
    let mut out = prefix(place, key, value);
    match value {
        Scalar::Bool(value) => out.push(u8::from(*value)),
        Scalar::Int(value) => out.extend(int_term(*value)),
        Scalar::Float(value) => out.extend(float_term(*value)),
        Scalar::Text(text) if text.len() <= TERM_BYTES => out.extend(text.as_bytes()),
        Scalar::Text(text) => {
            out.extend(&text.as_bytes()[..TERM_BYTES]);
            out.extend(hash(text.as_bytes()));
        }
    }
    out
}

/// What the terms of one kind under a key begin with.
fn prefix(place: Place, key: &str, value: &Scalar) -> Vec<u8> {
    let letter = match (place, value) {
        (Place::Value, Scalar::Bool(_)) => b'b',
        (Place::Value, Scalar::Int(_) | Scalar::Float(_)) => b'n',
        (Place::Value, Scalar::Text(_)) => b's',
        (Place::Element, Scalar::Bool(_)) => b'B',
        (Place::Element, Scalar::Int(_) | Scalar::Float(_)) => b'N',
        (Place::Element, Scalar::Text(_)) => b'S',
    };
    let mut out = vec![letter];
    out.extend((key.len() as u16).to_be_bytes());
    out.extend(key.as_bytes());
    out
}

/// The terms of all numbers under a key: from the first of them up to the second.
pub fn numbers(key: &str) -> (Vec<u8>, Vec<u8>) {
    let low = prefix(Place::Value, key, &Scalar::Int(0));
    let mut high = low.clone();
    high.push(u8::MAX);
    (low, high)
}

/// Integers and floats in one exact order: the greatest float that is not above the number, then what it lacks of it (less than
/// 2¹⁰: floats of 63 bits are that far apart).
fn int_term(value: i64) -> [u8; 10] {
    let mut floor = value as f64;
    // 2⁶³ as a float is above every integer: comparing in 128 bits is exact.
    if floor as i128 > i128::from(value) {
        floor = floor.next_down();
    }
    number_term(floor, (i128::from(value) - floor as i128) as u16)
}

fn float_term(value: f64) -> [u8; 10] {
    number_term(if value == 0.0 { 0.0 } else { value }, 0)
}

fn number_term(floor: f64, excess: u16) -> [u8; 10] {
    let bits = floor.to_bits();
    let ordered = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
    let mut term = [0; 10];
    term[..8].copy_from_slice(&ordered.to_be_bytes());
    term[8..].copy_from_slice(&excess.to_be_bytes());
    term
}

/// Gathers the terms of records.
#[derive(Default)]
pub struct Terms {
    records: BTreeMap<Vec<u8>, RoaringBitmap>,
}

impl Terms {
    /// Adds the terms of a record. Its number is greater than all before it.
    pub fn add(&mut self, number: u32, metadata: &Metadata) -> Result<()> {
        for (key, value) in metadata {
            if key.len() > usize::from(u16::MAX) {
                return Err(Error::invalid("a metadata key has more than 65,535 bytes"));
            }
            match value {
                Value::Array(values) => {
                    for value in values.iter().filter_map(Scalar::from_json) {
                        self.insert(term(Place::Element, key, &value), number);
                    }
                }
                value => {
                    if let Some(value) = Scalar::from_json(value) {
                        self.insert(term(Place::Value, key, &value), number);
                    }
                }
            }
        }
        Ok(())
    }

    fn insert(&mut self, term: Vec<u8>, number: u32) {
        self.records.entry(term).or_default().insert(number);
    }

    /// Writes the table.
    pub fn write(self, packs: &mut Packs<'_>) -> Result<Option<Table>> {
        let mut table = TableWriter::new();
        for (term, mut records) in self.records {
            records.optimize();
            let value = put_value(packs, &bitmap_bytes(&records)?)?;
            table.push(packs, &term, &value)?;
        }
        table.finish(packs)
    }
}

/// A bitmap in the portable serialisation of the Roaring format.
pub fn bitmap_bytes(bitmap: &RoaringBitmap) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    bitmap.serialize_into(&mut bytes).map_err(|error| Error::invalid(error.to_string()))?;
    Ok(bytes)
}

/// Reads what [`bitmap_bytes`] wrote.
pub fn read_bitmap(bytes: &[u8]) -> Result<RoaringBitmap> {
    let mut rest = bytes;
    let bitmap = RoaringBitmap::deserialize_from(&mut rest)
        .map_err(|error| Error::corrupt("bitmap", error.to_string()))?;
    if !rest.is_empty() {
        return Err(Error::corrupt("bitmap", "bytes follow its end"));
    }
    Ok(bitmap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(value: &Scalar) -> Vec<u8> {
        term(Place::Value, "k", value)
    }

    #[test]
    fn integers_and_floats_are_in_one_order() {
        let two_53 = 9_007_199_254_740_992_i64;
        let ascending = [
            Scalar::Float(f64::NEG_INFINITY),
            Scalar::Int(i64::MIN),
            Scalar::Int(-two_53 - 1),
            Scalar::Float(-0.5),
            Scalar::Int(0),
            Scalar::Float(0.5),
            Scalar::Float(two_53 as f64),
            Scalar::Int(two_53 + 1),
            Scalar::Int(i64::MAX),
            Scalar::Float(9_223_372_036_854_775_808.0),
        ];
        assert!(ascending.windows(2).all(|pair| number(&pair[0]) < number(&pair[1])));
        assert_eq!(number(&Scalar::Int(3)), number(&Scalar::Float(3.0)));
        assert_eq!(number(&Scalar::Float(-0.0)), number(&Scalar::Int(0)));
    }

    proptest! {
        #[test]
        fn integers_keep_their_order(a: i64, b: i64) {
            prop_assert_eq!(int_term(a).cmp(&int_term(b)), a.cmp(&b));
        }

        #[test]
        fn floats_keep_their_order(a in -1e300_f64..1e300, b in -1e300_f64..1e300) {
            prop_assert_eq!(Some(float_term(a).cmp(&float_term(b))), a.partial_cmp(&b));
        }
    }
}

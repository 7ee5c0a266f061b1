//! Bytes that nobody wrote, for each reader of a part: whatever comes, it is read or refused, without a panic and in memory that goes
//! with its length.

use crate::center::Center;
use crate::codec::Writer;
use crate::codes::encode;
use crate::ids;
use crate::lists::{Cell, Entry, List, RowPlace};
use crate::part::PartRef;
use crate::record::{Record, read_rows, write_row};
use crate::table::Node;
use crate::terms::{bitmap_bytes, read_bitmap};
use chromatid_vectors::Space;

const DIMENSION: usize = 5;
const ROUNDS: u64 = 20_000;

/// Reads what some changes at random make of `bytes`, and every beginning of them.
fn attack(bytes: &[u8], read: impl Fn(&[u8])) {
    read(bytes);
    (0..bytes.len()).for_each(|length| read(&bytes[..length]));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 33) as usize % bound
    };
    for _ in 0..ROUNDS {
        let mut altered = bytes.to_vec();
        for _ in 0..1 + next(4) {
            let at = next(altered.len());
            match next(4) {
                0 => altered[at] = 0xff,
                1 => altered.truncate(at.max(1)),
                2 => altered.insert(at, next(256) as u8),
                _ => altered[at] = next(256) as u8,
            }
        }
        read(&altered);
    }
}

fn place(number: u32) -> RowPlace {
    let part = PartRef { pack: 1, offset: 77 * number, length: 300, hash: [7; 16] };
    RowPlace { number, part, at: number as usize % 4 }
}

#[test]
fn lists() {
    let center = Center::new(&[0.1, 0.2, -0.3, 0.0, 1.0]);
    let places: Vec<RowPlace> = (0..9).map(place).collect();
    let mut codes = Vec::new();
    places.iter().for_each(|_| encode(Space::L2, &center.vector(), &[0.5; DIMENSION], &mut codes));
    let list = List { center, places, codes };
    let bytes = list.write(6);
    let read = List::read(&bytes, DIMENSION).unwrap();
    assert_eq!((read.places.len(), &read.codes), (9, &list.codes));
    attack(&bytes, |bytes| drop(List::read(bytes, DIMENSION)));
}

#[test]
fn cells() {
    let entry = |number: u32| Entry { first: 10 * number, count: 10, part: place(number).part };
    let entries: Vec<Entry> = (0..7).map(entry).collect();
    let mut heads = Vec::new();
    entries.iter().for_each(|_| encode(Space::L2, &[0.0; DIMENSION], &[0.5; DIMENSION], &mut heads));
    let bytes = Cell { entries: entries.clone(), heads }.write();
    assert_eq!(Cell::read(&bytes, DIMENSION).unwrap().entries, entries);
    attack(&bytes, |bytes| drop(Cell::read(bytes, DIMENSION)));
}

#[test]
fn rows() {
    let record = Record {
        id: "an id".into(),
        document: Some("a document".into()),
        uri: Some("a uri".into()),
        metadata: serde_json::from_str(r#"{"a": [1, 2], "b": {"c": null}}"#).ok(),
    };
    let mut out = Writer::new();
    for _ in 0..4 {
        write_row(&record, &[0.5; DIMENSION], &mut out).unwrap();
    }
    attack(&out.into_bytes(), |bytes| drop(read_rows(bytes, DIMENSION)));
}

#[test]
fn tables() {
    let mut out = Writer::new();
    out.u8(0);
    out.varint(3);
    for (shared, rest) in [(0, "alpha"), (2, "pine"), (0, "beta")] {
        out.varint(shared);
        out.bytes(rest.as_bytes());
        out.bytes(&ids::value(9, &[3; 16]));
    }
    let bytes = out.into_bytes();
    assert!(Node::read(&bytes, 0).is_ok() && Node::read(&bytes, 1).is_err());
    attack(&bytes, |bytes| drop(Node::read(bytes, 0)));
    attack(&ids::value(1 << 20, &[3; 16]), |bytes| drop(ids::read(bytes)));
}

#[test]
fn bitmaps() {
    for numbers in [vec![1, 5, 70_000], (0..9_000).collect(), (0..9_000).step_by(2).collect()] {
        let mut bitmap: roaring::RoaringBitmap = numbers.into_iter().collect();
        bitmap.optimize();
        let bytes = bitmap_bytes(&bitmap).unwrap();
        assert_eq!(read_bitmap(&bytes).unwrap(), bitmap);
        attack(&bytes[..bytes.len().min(400)], |bytes| {
            if let Ok(bitmap) = read_bitmap(bytes) {
                assert_eq!(bitmap.iter().count() as u64, bitmap.len());
            }
        });
    }
}

//! Posting lists: the codes of records that are near each other, and where their rows lie; cells: the heads of such lists.
//!
//! A record has its place, and its row, in the list whose head is nearest; a list whose head is nearly as near has its code once more. The
//! records of a list have consecutive numbers, and so have the lists of a cell: which of them a filter leaves anything of is known
//! before any list is read.

use crate::center::Center;
use crate::codec::{Reader, Writer};
use crate::codes::code_bytes;
use crate::error::Result;
use crate::limits::{MAX_PACK_BYTES, MAX_PART_BYTES, MAX_RECORDS, ROWS_PER_PART};
use crate::part::PartRef;

/// Where a row lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowPlace {
    /// Number of the record.
    pub number: u32,
    pub part: PartRef,
    /// Which of the rows of the part.
    pub at: usize,
}

/// A posting list.
#[derive(Debug, Clone)]
pub struct List {
    pub center: Center,
    /// The records of the list, then those that have their place in another one.
    pub places: Vec<RowPlace>,
    /// A code of each, around the center.
    pub codes: Vec<u8>,
}

impl List {
    /// The bytes of a list whose first `own` places are its own, four rows to a part.
    pub fn write(&self, own: usize) -> Vec<u8> {
        let (own, others) = self.places.split_at(own);
        let mut out = Writer::new();
        out.varint(own.first().map_or(0, |place| u64::from(place.number)));
        out.varint(own.len() as u64);
        out.varint(others.len() as u64);
        self.center.write(&mut out);
        out.raw(&self.codes);
        own.iter().step_by(ROWS_PER_PART).for_each(|place| place.part.write(&mut out));
        for RowPlace { number, part, at } in others {
            out.varint(u64::from(*number));
            part.write(&mut out);
            out.u8(*at as u8);
        }
        out.into_bytes()
    }

    pub fn read(bytes: &[u8], dimension: usize) -> Result<Self> {
        let mut reader = Reader::new("list", bytes);
        let first = reader.number_u32(MAX_RECORDS)?;
        let code_bytes = code_bytes(dimension);
        let own = reader.count(MAX_PART_BYTES, code_bytes)?;
        let others = reader.count(MAX_PART_BYTES, code_bytes + PartRef::LEAST_BYTES + 2)?;
        let center = Center::read(&mut reader, dimension)?;
        let codes = reader.raw((own + others) * code_bytes)?.to_vec();
        let mut places = Vec::with_capacity(own + others);
        let mut part = None;
        for index in 0..own {
            if index % ROWS_PER_PART == 0 {
                part = Some(PartRef::read(&mut reader)?);
            }
            let number = first + index as u32;
            places.extend(part.map(|part| RowPlace { number, part, at: index % ROWS_PER_PART }));
        }
        for _ in 0..others {
            let number = reader.number_u32(MAX_RECORDS)?;
            let part = PartRef::read(&mut reader)?;
            places.push(RowPlace { number, part, at: usize::from(reader.u8()?) });
        }
        reader.end()?;
        Ok(Self { center, places, codes })
    }
}

/// A list as its cell knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Number of its first record.
    pub first: u32,
    /// Records that have their place in it.
    pub count: u32,
    pub part: PartRef,
}

/// The heads of the lists of a cell, in codes around the cell's center, which the manifest has.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    pub entries: Vec<Entry>,
    /// A code of each.
    pub heads: Vec<u8>,
}

impl Cell {
    /// The bytes of a cell. Its lists follow each other, and the places of their parts are written as what they differ by.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.varint(self.entries.len() as u64);
        let (mut next, mut pack, mut offset) = (0, 0, 0);
        for Entry { first, count, part } in &self.entries {
            out.varint(u64::from(first.wrapping_sub(next)));
            out.varint(u64::from(*count));
            out.varint(u64::from(part.pack.wrapping_sub(pack)));
            out.varint(u64::from(part.offset.wrapping_sub(offset)));
            out.varint(u64::from(part.length));
            out.raw(&part.hash);
            (next, pack, offset) = (first + count, part.pack, part.end());
        }
        out.raw(&self.heads);
        out.into_bytes()
    }

    pub fn read(bytes: &[u8], dimension: usize) -> Result<Self> {
        let mut reader = Reader::new("cell", bytes);
        let count = reader.count(MAX_PART_BYTES, code_bytes(dimension) + 21)?;
        let mut entries = Vec::with_capacity(count);
        let (mut next, mut pack, mut offset) = (0_u32, 0_u32, 0_u32);
        for _ in 0..count {
            let first = next.wrapping_add(reader.number_u32(u32::MAX)?);
            let count = reader.number_u32(MAX_RECORDS)?;
            let part = PartRef {
                pack: pack.wrapping_add(reader.number_u32(u32::MAX)?),
                offset: offset.wrapping_add(reader.number_u32(u32::MAX)?),
                length: reader.number_u32(MAX_PART_BYTES as u32)?,
                hash: reader.hash()?,
            };
            if first > MAX_RECORDS - count || part.offset > MAX_PACK_BYTES as u32 {
                return Err(reader.fault("a list that lies nowhere"));
            }
            entries.push(Entry { first, count, part });
            (next, pack, offset) = (first + count, part.pack, part.end());
        }
        let heads = reader.raw(count * code_bytes(dimension))?.to_vec();
        reader.end()?;
        Ok(Self { entries, heads })
    }
}

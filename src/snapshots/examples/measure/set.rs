//! A set of the benchmarks as a corpus: `benches/README.md` says what its files are.

use std::fs;
use std::path::{Path, PathBuf};

use chromatid_snapshots::Result;
use chromatid_snapshots::build::Corpus;
use chromatid_snapshots::record::Record;
use serde_json::json;

pub const DIMENSION: usize = 384;

/// Answers of a query in the file without a filter, and in those with one.
const ALL: usize = 100;
const FILTERED: usize = 10;

pub struct Set {
    directory: PathBuf,
    rows: u32,
    base: Vec<u8>,
    texts: Vec<String>,
    pub queries: Vec<f32>,
}

impl Set {
    pub fn open(directory: &Path, rows: u32) -> std::io::Result<Self> {
        let mut base = fs::read(directory.join("base.f16.bin"))?;
        base.truncate(rows as usize * DIMENSION * 2);
        base.shrink_to_fit();
        let queries = fs::read(directory.join("queries.f16.bin"))?;
        let queries = queries.as_chunks().0.iter().map(|half| float(*half)).collect();
        let texts = fs::read_to_string(directory.join("texts.txt")).unwrap_or_default();
        let texts = texts.lines().map(str::to_owned).collect();
        Ok(Self { directory: directory.to_owned(), rows, base, texts, queries })
    }

    /// The ten nearest rows of a query, with a filter or without.
    pub fn nearest(&self, query: usize, filter: Option<&str>) -> std::io::Result<Vec<u32>> {
        let width = if filter.is_some() { FILTERED } else { ALL };
        let file = format!("n{}/{}.i32.bin", self.rows, filter.unwrap_or("all"));
        let bytes = fs::read(self.directory.join(file))?;
        let rows = bytes.as_chunks().0.iter().map(|row| u32::from_le_bytes(*row));
        Ok(rows.skip(query * width).take(10).collect())
    }
}

/// The id of a row.
pub fn id(row: u32) -> String {
    format!("record-{row:07}")
}

impl Corpus for Set {
    fn len(&self) -> u32 {
        self.rows
    }

    fn vector(&self, record: u32, out: &mut Vec<f32>) {
        let halves = &self.base[record as usize * DIMENSION * 2..][..DIMENSION * 2];
        out.extend(halves.as_chunks().0.iter().map(|half| float(*half)));
    }

    fn record(&self, row: u32) -> Result<Record> {
        let text = self.texts.get(row as usize).cloned();
        let document = text.unwrap_or_else(|| {
            format!("What row {row} says, in about as many words as a gloss of a dictionary has.")
        });
        let metadata = json!({ "tenth": row % 10, "hundredth": row % 100, "row": row });
        let metadata = serde_json::from_value(metadata).ok();
        Ok(Record { id: id(row), document: Some(document), uri: None, metadata })
    }
}

/// The set after one record in so many was given another document, scattered at random.
pub struct Changed<'a> {
    pub set: &'a Set,
    pub every: u32,
}

impl Corpus for Changed<'_> {
    fn len(&self) -> u32 {
        self.set.len()
    }

    fn vector(&self, record: u32, out: &mut Vec<f32>) {
        self.set.vector(record, out);
    }

    fn record(&self, row: u32) -> Result<Record> {
        let record = self.set.record(row)?;
        let scattered = (u64::from(row).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u32;
        let document = record
            .document
            .map(|text| if scattered.is_multiple_of(self.every) { text + " Edited." } else { text });
        Ok(Record { document, ..record })
    }
}

/// A half-precision float.
fn float(bytes: [u8; 2]) -> f32 {
    let half = u32::from(u16::from_le_bytes(bytes));
    let (sign, exponent, fraction) = (half >> 15 << 31, half >> 10 & 31, half & 1023);
    let magnitude = match exponent {
        0 => fraction as f32 / (1 << 24) as f32,
        31 => return f32::from_bits(sign | 0xff << 23 | fraction << 13),
        _ => f32::from_bits((exponent + 112) << 23 | fraction << 13),
    };
    if sign == 0 { magnitude } else { -magnitude }
}

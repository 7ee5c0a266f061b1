//! How many of the selected records have each value of a metadata key.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use super::filter::Selection;
use crate::blockstore::Block;
use crate::env::Slices;
use crate::error::{Error, Result};
use crate::limits::MAX_FACET_VALUES;
use crate::segment::{Field, Kind, Readers, Snapshot, decode_metadata, visit_terms};
use crate::types::{Metadata, MetadataValue};

/// The values of a key, the most frequent first; of equally frequent ones the lesser first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facet {
    /// Values and the number of selected records that have them. An element of an array is a value.
    pub values: Vec<(MetadataValue, u64)>,
    /// Number of different values.
    pub distinct: u64,
}

/// What is known of one value: how many records have it, and one of them.
#[derive(Default)]
struct Count {
    records: u64,
    example: u32,
}

type Counts = HashMap<(Kind, String), Count>;

const KINDS: [Kind; 6] =
    [Kind::Bool, Kind::Number, Kind::Text, Kind::BoolElement, Kind::NumberElement, Kind::TextElement];

/// The `limit` most frequent values of a key. Texts that are the same in their first [`crate::limits::MAX_TERM_BYTES`] bytes
/// count as one.
///
/// # Errors
/// `ResourceExhausted` if the key has more than [`MAX_FACET_VALUES`] different values.
pub async fn facet(
    snapshot: &Snapshot,
    selection: &Selection,
    key: &str,
    limit: usize,
    slices: &Slices<'_>,
) -> Result<Facet> {
    let mut counts = Counts::new();
    if let Some(readers) = snapshot.segment.readers() {
        count_segment(&mut counts, snapshot, readers, selection, key, slices).await?;
    }
    for (offset, record) in snapshot.tail.records() {
        let is_selected = match selection {
            Selection::All => true,
            Selection::Only(selected) => selected.contains(*offset),
        };
        if let Some(value) = record.metadata.get(key).filter(|_| is_selected) {
            count_value(&mut counts, *offset, value);
        }
    }
    if counts.len() > MAX_FACET_VALUES {
        return Err(Error::ResourceExhausted(format!(
            "{key} has {} different values, at most {MAX_FACET_VALUES} are counted: ask for fewer records by a filter",
            counts.len()
        )));
    }
    most_frequent(snapshot, counts, key, limit).await
}

/// Counts what lies in the segment and has not been changed since.
async fn count_segment(
    counts: &mut Counts,
    snapshot: &Snapshot,
    readers: &Readers,
    selection: &Selection,
    key: &str,
    slices: &Slices<'_>,
) -> Result<()> {
    let mut changed: RoaringBitmap = snapshot.tail.deleted().clone();
    changed.extend(snapshot.tail.records().keys().copied());
    let selected = match selection {
        Selection::All => None,
        Selection::Only(selected) => Some(selected - &changed),
    };
    let Some(terms) = &readers.terms else {
        let is_counted =
            |offset| selected.as_ref().map_or(!changed.contains(offset), |only| only.contains(offset));
        return scan(counts, readers, key, is_counted, slices).await;
    };
    for kind in KINDS {
        let visit = |term: &str, mut records: RoaringBitmap| {
            match &selected {
                Some(selected) => records &= selected,
                None => records -= &changed,
            }
            if let Some(example) = records.min() {
                add(counts, kind, term.to_owned(), records.len(), example);
            }
        };
        terms.visit_lists(&Field::new(kind, key), selected.as_ref(), visit).await?;
        slices.step().await;
    }
    Ok(())
}

/// Counts the records of a segment that has no index of terms.
async fn scan(
    counts: &mut Counts,
    readers: &Readers,
    key: &str,
    is_counted: impl Fn(u32) -> bool,
    slices: &Slices<'_>,
) -> Result<()> {
    for index in 0..readers.data.block_count() {
        let block = readers.data.block(index).await?;
        for (row, offset) in block.keys_u32()?.iter().enumerate() {
            if is_counted(*offset)
                && let Some(value) = metadata_of(&block, row)?.get(key)
            {
                count_value(counts, *offset, value);
            }
        }
        slices.step().await;
    }
    Ok(())
}

fn metadata_of(block: &Block, row: usize) -> Result<Metadata> {
    decode_metadata(block.value::<crate::blockstore::DataRecord>(row)?.metadata)
}

/// Each of a record's values counts once, however often its array has it.
fn count_value(counts: &mut Counts, offset: u32, value: &MetadataValue) {
    let mut seen = Vec::new();
    visit_terms(value, |kind, term| {
        if !seen.contains(&term) {
            seen.push(term.clone());
            add(counts, kind, term, 1, offset);
        }
    });
}

fn add(counts: &mut Counts, kind: Kind, term: String, records: u64, example: u32) {
    let count = counts.entry((kind, term)).or_default();
    count.records += records;
    count.example = example;
}

async fn most_frequent(snapshot: &Snapshot, counts: Counts, key: &str, limit: usize) -> Result<Facet> {
    let distinct = counts.len() as u64;
    let mut order: Vec<_> = counts.into_iter().collect();
    order.sort_unstable_by(|((a, term_a), count_a), ((b, term_b), count_b)| {
        count_b.records.cmp(&count_a.records).then_with(|| (a, term_a).cmp(&(b, term_b)))
    });
    order.truncate(limit);
    let mut values = Vec::with_capacity(order.len());
    for ((kind, term), Count { records, example }) in order {
        values.push((value_of(snapshot, key, kind, term, example).await?, records));
    }
    Ok(Facet { values, distinct })
}

/// The value that a term stands for, as a record has it: numbers are integers or floats there.
async fn value_of(
    snapshot: &Snapshot,
    key: &str,
    kind: Kind,
    term: String,
    example: u32,
) -> Result<MetadataValue> {
    match kind {
        Kind::Bool | Kind::BoolElement => return Ok(MetadataValue::Bool(term == "1")),
        Kind::Number | Kind::NumberElement => {}
        _ => return Ok(MetadataValue::Str(term)),
    }
    let stored;
    let metadata = match (snapshot.tail.records().get(&example), snapshot.segment.readers()) {
        (Some(record), _) => &record.metadata,
        (None, Some(readers)) => {
            let record = readers.data.get("", example).await?;
            stored = decode_metadata(record.as_ref().and_then(|record| record.metadata.as_deref()))?;
            &stored
        }
        (None, None) => return Err(missing(example)),
    };
    let elements = match metadata.get(key) {
        Some(MetadataValue::IntArray(values)) => {
            values.iter().map(|value| MetadataValue::Int(*value)).collect()
        }
        Some(MetadataValue::FloatArray(values)) => {
            values.iter().map(|value| MetadataValue::Float(*value)).collect()
        }
        Some(value) => vec![value.clone()],
        None => Vec::new(),
    };
    let is_meant = |value: &MetadataValue| {
        let mut is_meant = false;
        visit_terms(value, |_, other| is_meant |= other == term);
        is_meant
    };
    elements.into_iter().find(is_meant).ok_or_else(|| missing(example))
}

fn missing(offset: u32) -> Error {
    crate::error::Corruption::new(
        format!("record {offset}"),
        "a value of it is indexed that it does not have",
    )
    .into()
}

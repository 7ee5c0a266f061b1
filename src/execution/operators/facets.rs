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

/// The values that were met, with the number of records that have each, and one of those records.
#[derive(Default)]
struct Counts {
    /// The place of a value in the other columns. Values are terms after the letter of their kind.
    places: HashMap<String, u32>,
    records: Vec<u64>,
    examples: Vec<u32>,
}

impl Counts {
    fn add(&mut self, kind: Kind, term: &str, records: u64, example: u32) {
        let value = format!("{}{term}", kind.letter());
        let next = self.records.len();
        let place = *self.places.entry(value).or_insert(next as u32) as usize;
        if place == next {
            self.records.push(0);
            self.examples.push(example);
        }
        self.records[place] += records;
        self.examples[place] = example;
    }

    /// Each of a record's values counts once, however often its array has it.
    fn add_value(&mut self, offset: u32, value: &MetadataValue) {
        let mut seen = Vec::new();
        visit_terms(value, |kind, term| {
            if !seen.contains(&term) {
                self.add(kind, &term, 1, offset);
                seen.push(term);
            }
        });
    }
}

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
    let mut counts = Counts::default();
    if let Some(readers) = snapshot.segment.readers() {
        count_segment(&mut counts, snapshot, readers, selection, key, slices).await?;
    }
    for (offset, record) in snapshot.tail.records() {
        let is_selected = match selection {
            Selection::All => true,
            Selection::Only(selected) => selected.contains(*offset),
        };
        if let Some(value) = record.metadata.get(key).filter(|_| is_selected) {
            counts.add_value(*offset, value);
        }
    }
    if counts.records.len() > MAX_FACET_VALUES {
        return Err(Error::ResourceExhausted(format!(
            "{key} has {} different values, at most {MAX_FACET_VALUES} are counted: ask for fewer records by a filter",
            counts.records.len()
        )));
    }
    most_frequent(snapshot, &counts, key, limit).await
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
                counts.add(kind, term, records.len(), example);
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
                counts.add_value(*offset, value);
            }
        }
        slices.step().await;
    }
    Ok(())
}

fn metadata_of(block: &Block, row: usize) -> Result<Metadata> {
    decode_metadata(block.value::<crate::blockstore::DataRecord>(row)?.metadata)
}

async fn most_frequent(snapshot: &Snapshot, counts: &Counts, key: &str, limit: usize) -> Result<Facet> {
    let mut ascending: Vec<&String> = counts.places.keys().collect();
    ascending.sort_unstable();
    // Sorted as pairs of numbers are elsewhere: each sort of another type is a kilobyte to download.
    let mut order: Vec<(u64, usize)> = Vec::with_capacity(ascending.len());
    for (rank, value) in ascending.iter().enumerate() {
        let place = counts.places[*value] as usize;
        order.push((u64::MAX - counts.records[place], rank));
    }
    order.sort_unstable();
    order.truncate(limit);
    let mut facet = Facet { values: Vec::with_capacity(order.len()), distinct: ascending.len() as u64 };
    for (rest, rank) in order {
        let place = counts.places[ascending[rank]] as usize;
        let value = value_of(snapshot, key, ascending[rank], counts.examples[place]).await?;
        facet.values.push((value, u64::MAX - rest));
    }
    Ok(facet)
}

/// The value that a term stands for, as a record has it: numbers are integers or floats there.
async fn value_of(snapshot: &Snapshot, key: &str, value: &str, example: u32) -> Result<MetadataValue> {
    let (letter, term) = value.split_at(1);
    match letter {
        "b" | "B" => return Ok(MetadataValue::Bool(term == "1")),
        "n" | "N" => {}
        _ => return Ok(MetadataValue::Str(term.to_owned())),
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

//! `statistics`: how many records have each value of each metadata key.

use std::collections::HashMap;

use super::{Run, upsert};
use crate::error::Result;
use crate::execution::collection::CollectionState;
use crate::segment::decode_metadata;
use crate::types::{Metadata, MetadataValue, OperationRecord};

/// A value of a metadata key, as a record of the output.
struct Statistic {
    id: String,
    key: String,
    kind: &'static str,
    value: String,
    label: Option<String>,
    /// How many more records have it than before.
    change: i64,
}

/// Statistics in the order in which they were met, and where each is.
#[derive(Default)]
struct Statistics {
    places: HashMap<String, u32>,
    all: Vec<Statistic>,
}

impl Statistics {
    fn add(&mut self, key: &str, (prefix, kind): (&str, &'static str), value: String, change: i64) {
        let id = format!("{key}::{prefix}:{value}");
        let next = self.all.len();
        let place = *self.places.entry(id.clone()).or_insert(next as u32) as usize;
        if place == next {
            self.all.push(Statistic { id, key: key.to_owned(), kind, value, label: None, change: 0 });
        }
        self.all[place].change += change;
    }

    /// Arrays are not counted.
    fn add_value(&mut self, key: &str, value: &MetadataValue, change: i64) {
        match value {
            MetadataValue::Bool(value) => self.add(key, ("b", "bool"), value.to_string(), change),
            MetadataValue::Int(value) => self.add(key, ("i", "int"), value.to_string(), change),
            MetadataValue::Float(value) => self.add(key, ("f", "float"), value.to_string(), change),
            MetadataValue::Str(value) => self.add(key, ("s", "str"), value.clone(), change),
            MetadataValue::SparseVector(vector) => {
                for (place, index) in vector.indices.iter().enumerate() {
                    self.add(key, ("sv", "sparse"), index.to_string(), change);
                    if let Some(token) = vector.tokens.as_ref().and_then(|tokens| tokens.get(place)) {
                        let statistic = self.places[&format!("{key}::sv:{index}")] as usize;
                        self.all[statistic].label = Some(token.clone());
                    }
                }
            }
            _ => {}
        }
    }
}

pub async fn run(run: &mut Run, output: Option<&CollectionState>) -> Result<Vec<OperationRecord>> {
    let mut statistics = Statistics::default();
    let summary = ("s", "str");
    loop {
        let changes = run.next().await?;
        if changes.is_empty() {
            break;
        }
        for change in changes {
            for (record, sign) in [(change.old, -1), (change.new, 1)] {
                let Some(record) = record else { continue };
                for (key, value) in decode_metadata(record.metadata.as_deref())? {
                    statistics.add_value(&key, &value, sign);
                }
                statistics.add("summary", summary, "total_count".to_owned(), sign);
            }
        }
    }
    let ids: Vec<String> = statistics.all.iter().map(|statistic| statistic.id.clone()).collect();
    let counts = match output {
        Some(output) => counts(output, &ids).await?,
        None => vec![0; ids.len()],
    };
    let changed = statistics.all.into_iter().zip(counts).filter(|(statistic, _)| statistic.change != 0);
    Ok(changed.map(|(statistic, count)| operation(statistic, count)).collect())
}

fn operation(statistic: Statistic, before: i64) -> OperationRecord {
    let count = before + statistic.change;
    if count <= 0 {
        return OperationRecord::deletion(statistic.id);
    }
    let (_, shown) = statistic.id.split_at(statistic.key.len() + 2);
    let document = format!("statistics about {} for {shown}", statistic.key);
    let mut metadata = Metadata::new();
    metadata.insert("count".into(), MetadataValue::Int(count));
    metadata.insert("key".into(), MetadataValue::Str(statistic.key));
    metadata.insert("type".into(), MetadataValue::Str(statistic.kind.into()));
    metadata.insert("value".into(), MetadataValue::Str(statistic.value));
    if let Some(label) = statistic.label {
        metadata.insert("value_label".into(), MetadataValue::Str(label));
    }
    upsert(statistic.id, metadata, document)
}

/// The counts that the output collection has under some ids; 0 for those that it does not have.
async fn counts(output: &CollectionState, ids: &[String]) -> Result<Vec<i64>> {
    let (snapshot, _) = output.snapshot().await?;
    let count_of = |metadata: &Metadata| match metadata.get("count") {
        Some(MetadataValue::Int(count)) => *count,
        _ => 0,
    };
    let offsets = snapshot.segment.offsets(ids).await?;
    let mut counts = Vec::with_capacity(ids.len());
    for (id, in_segment) in ids.iter().zip(offsets) {
        let offset = snapshot.tail.ids().get(id).copied().unwrap_or(in_segment);
        let Some(offset) = offset else {
            counts.push(0);
            continue;
        };
        counts.push(match (snapshot.tail.records().get(&offset), snapshot.segment.readers()) {
            (Some(record), _) => count_of(&record.metadata),
            (None, Some(readers)) => {
                let record = readers.data.get("", offset).await?;
                count_of(&decode_metadata(record.as_ref().and_then(|record| record.metadata.as_deref()))?)
            }
            (None, None) => 0,
        });
    }
    Ok(counts)
}

//! Groups of scored records, and those that are kept of each (spec: query-semantics 8.6).

use std::cmp::Ordering;

use crate::types::search::{Aggregate, AggregateKey, GroupBy};
use crate::types::{Metadata, MetadataValue};

/// A record with its score and, if there are groups, its metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    pub offset_id: u32,
    pub score: f32,
    pub metadata: Option<Metadata>,
}

impl Scored {
    fn value(&self, key: &str) -> Option<&MetadataValue> {
        self.metadata.as_ref()?.get(key)
    }
}

/// Of `records`, best first, those that the groups keep, in the same order.
pub fn keep(records: Vec<Scored>, group_by: &GroupBy) -> Vec<Scored> {
    let group_of = |a: &Scored, b: &Scored| {
        let keys = group_by.keys.iter().map(|key| compare(a.value(key), b.value(key)));
        keys.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    let Aggregate { largest, keys, k } = &group_by.aggregate;
    let aggregate = |a: &Scored, b: &Scored| {
        let order = keys.iter().map(|key| match key {
            AggregateKey::Score => a.score.total_cmp(&b.score),
            AggregateKey::Metadata(key) => compare(a.value(key), b.value(key)),
        });
        let order = order.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal);
        if *largest { order.reverse() } else { order }
    };
    // By their places, so that those that are kept stay in order.
    let mut places: Vec<usize> = (0..records.len()).collect();
    places.sort_unstable_by(|a, b| {
        let (first, second) = (&records[*a], &records[*b]);
        group_of(first, second).then_with(|| aggregate(first, second)).then(a.cmp(b))
    });
    let mut is_kept = vec![false; records.len()];
    let mut of_group = 0;
    for (at, place) in places.iter().enumerate() {
        let continues = at > 0 && group_of(&records[places[at - 1]], &records[*place]).is_eq();
        of_group = if continues { of_group + 1 } else { 1 };
        is_kept[*place] = of_group <= *k;
    }
    let kept = records.into_iter().zip(is_kept).filter(|(_, is_kept)| *is_kept);
    kept.map(|(record, _)| record).collect()
}

/// The order of values: missing ones first, then by type, then by value.
fn compare(a: Option<&MetadataValue>, b: Option<&MetadataValue>) -> Ordering {
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => return a.is_some().cmp(&b.is_some()),
    };
    use MetadataValue::{Bool, BoolArray, Float, FloatArray, Int, IntArray, SparseVector, Str, StrArray};
    let floats = |a: &[f64], b: &[f64]| {
        let different = a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        different.unwrap_or_else(|| a.len().cmp(&b.len()))
    };
    match (a, b) {
        (Bool(a), Bool(b)) => a.cmp(b),
        (Int(a), Int(b)) => a.cmp(b),
        (Float(a), Float(b)) => a.total_cmp(b),
        (Str(a), Str(b)) => a.cmp(b),
        (SparseVector(a), SparseVector(b)) => {
            let values =
                |vector: &[f32]| -> Vec<f64> { vector.iter().map(|value| f64::from(*value)).collect() };
            a.indices.cmp(&b.indices).then_with(|| floats(&values(&a.values), &values(&b.values)))
        }
        (BoolArray(a), BoolArray(b)) => a.cmp(b),
        (IntArray(a), IntArray(b)) => a.cmp(b),
        (FloatArray(a), FloatArray(b)) => floats(a, b),
        (StrArray(a), StrArray(b)) => a.cmp(b),
        _ => type_rank(a).cmp(&type_rank(b)),
    }
}

fn type_rank(value: &MetadataValue) -> u8 {
    match value {
        MetadataValue::Bool(_) => 0,
        MetadataValue::Int(_) => 1,
        MetadataValue::Float(_) => 2,
        MetadataValue::Str(_) => 3,
        MetadataValue::SparseVector(_) => 4,
        MetadataValue::BoolArray(_) => 5,
        MetadataValue::IntArray(_) => 6,
        MetadataValue::FloatArray(_) => 7,
        MetadataValue::StrArray(_) => 8,
    }
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;

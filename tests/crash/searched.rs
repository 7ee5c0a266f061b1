//! A collection of vectors that is large enough for an index: what goes on in it, what it should hold, and whether
//! it does.

#[path = "index_workloads.rs"]
pub mod workloads;

use std::collections::BTreeMap;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db};
use chromatid::distance::Query;
use chromatid::error::Result;
use chromatid::storage::sim::Xorshift;
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, GetRequest, Include, Operation, QueryRequest, ReadLevel,
    RecordSet, Space,
};
use serde_json::{Value, json};

use crate::support::probe::why;
use crate::support::step::id_of;

/// Few, so that more than a thousand vectors are cheap.
pub const DIMENSION: usize = 8;

const NAME: &str = "vectors";

/// Records that are asked for one by one.
const SAMPLED: usize = 12;

/// Neighbours that are asked for: so many that a record is among its own whatever its code says.
const NEIGHBOURS: u32 = 20;

/// The vectors by their ids.
pub type Records = BTreeMap<String, Vec<f32>>;

/// One call that changes something.
#[derive(Debug, Clone)]
pub enum Change {
    Upsert(Records),
    Delete(Vec<String>),
    /// The log becomes part of the segment, and the index is improved to the end.
    Compact,
    /// Idle moments: a step each, until nothing is left to do.
    Maintain,
}

/// A collection with an index, and what goes on in it.
pub struct Workload {
    pub configuration: Value,
    /// What has happened before it gets interesting.
    pub before: Vec<Change>,
    /// When crashes and failures strike.
    pub under_test: Vec<Change>,
}

/// Vectors around a few centers; the numbers of the records make them.
pub fn records(numbers: impl IntoIterator<Item = u64>, salt: u64) -> Records {
    let vector = |number: u64| {
        let mut random = Xorshift::new(number * 31 + salt);
        let center = (number % 7) as f32;
        let component = |i: usize| {
            let noise = random.below(2_000) as f32 / 1_000.0 - 1.0;
            noise + if i == number as usize % 7 { 2.0 * center } else { -center }
        };
        (0..DIMENSION).map(component).collect()
    };
    numbers.into_iter().map(|number| (format!("r{number}"), vector(number))).collect()
}

pub fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("r{number}")).collect()
}

impl Change {
    /// What it does to the records.
    pub fn apply(&self, records: &mut Records) {
        match self {
            Change::Upsert(rows) => records.extend(rows.clone()),
            Change::Delete(ids) => ids.iter().for_each(|id| drop(records.remove(id))),
            Change::Compact | Change::Maintain => {}
        }
    }

    /// Makes it in the engine.
    pub async fn run(&self, db: &Db) -> Result<()> {
        match self {
            Change::Upsert(rows) => {
                let set = RecordSet {
                    ids: rows.keys().cloned().collect(),
                    embeddings: Some(Embeddings {
                        data: rows.values().flatten().copied().collect(),
                        dimension: DIMENSION,
                        present: None,
                    }),
                    ..RecordSet::default()
                };
                db.write(T, D, &id_of(db, NAME)?, Operation::Upsert, set).await.map(drop)
            }
            Change::Delete(ids) => {
                let request = DeleteRequest { ids: Some(ids.clone()), ..DeleteRequest::default() };
                db.delete(T, D, &id_of(db, NAME)?, request).await.map(drop)
            }
            Change::Compact => db.compact().await,
            Change::Maintain => db.maintain().await.map(drop),
        }
    }
}

pub async fn create(db: &Db, configuration: &Value) -> Result<()> {
    let body = json!({"name": NAME, "configuration": configuration});
    db.create_collection(T, D, CreateCollection::from_json(body)?).await.map(drop)
}

/// The first of the possible states that the database shows, as far as `get` and `count` tell, searched through
/// and through.
pub async fn settle(db: &Db, possible: &[Records]) -> std::result::Result<Records, String> {
    let found = stored(db).await?;
    let Some(state) = possible.iter().find(|state| **state == found) else {
        let expected: Vec<usize> = possible.iter().map(BTreeMap::len).collect();
        return Err(format!("{} records, none of the states of {expected:?}", found.len()));
    };
    everything_is_found(db, state).await?;
    Ok(state.clone())
}

async fn stored(db: &Db) -> std::result::Result<Records, String> {
    let id = id_of(db, NAME).map_err(why)?;
    let include = Include { embeddings: true, ..Include::default() };
    let request = GetRequest { ids: None, filter: None, limit: None, offset: 0, include };
    let result = db.get(T, D, &id, &request).await.map_err(why)?;
    let count = db.count(T, D, &id, ReadLevel::IndexAndWal).await.map_err(why)?;
    if count != result.ids.len() as u64 {
        return Err(format!("{count} records are counted, {} are there", result.ids.len()));
    }
    let vectors = result.embeddings.ok_or("no embeddings")?.data;
    Ok(result.ids.into_iter().zip(vectors.chunks(DIMENSION).map(<[f32]>::to_vec)).collect())
}

/// A query for all finds all, each once; sampled records are their own nearest; distances are exact.
async fn everything_is_found(db: &Db, records: &Records) -> std::result::Result<(), String> {
    let Some(first) = records.values().next() else { return Ok(()) };
    let all = query(db, records, first, records.len() as u32).await?;
    if all.len() != records.len() {
        return Err(format!("{} of {} records are found", all.len(), records.len()));
    }
    for (id, vector) in records.iter().step_by(records.len().div_ceil(SAMPLED)) {
        let found = query(db, records, vector, NEIGHBOURS).await?;
        if !found.iter().any(|(other, distance)| other == id && *distance == found[0].1) {
            return Err(format!("{id} is not its own nearest: {found:?}"));
        }
    }
    Ok(())
}

/// The answer to a query: none twice, all of them records, at their distances.
async fn query(
    db: &Db,
    records: &Records,
    vector: &[f32],
    n_results: u32,
) -> std::result::Result<Vec<(String, f32)>, String> {
    let request = QueryRequest {
        embeddings: Embeddings { data: vector.to_vec(), dimension: DIMENSION, present: None },
        n_results,
        ids: None,
        filter: None,
        include: Include { distances: true, ..Include::default() },
    };
    let id = id_of(db, NAME).map_err(why)?;
    let mut result = db.query(T, D, &id, &request).await.map_err(why)?;
    let distances = result.distances.ok_or("no distances")?.swap_remove(0);
    let found: Vec<_> = result.rows.swap_remove(0).ids.into_iter().zip(distances).collect();
    let exact = Query::new(Space::L2, vector);
    for (id, distance) in &found {
        let record = records.get(id).ok_or_else(|| format!("{id} is found, but it is not there"))?;
        if exact.distance(record) != *distance {
            return Err(format!("the distance of {id} is not {distance}"));
        }
    }
    let different: std::collections::BTreeSet<_> = found.iter().map(|(id, _)| id).collect();
    if different.len() != found.len() {
        return Err("a record is found twice".into());
    }
    Ok(found)
}

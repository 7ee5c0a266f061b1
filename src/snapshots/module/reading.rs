//! Snapshots that are open, and what reads them.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::{State, hex, with};
use crate::error::Result;
use crate::exchange::{Budget, Run, Step};
use crate::filter::{Where, no_texts};
use crate::manifest::Sealed;
use crate::part::PartRef;
use crate::read::{Contents, Get, Nearest, Snapshot};
use crate::record::Row;

/// An open snapshot.
pub struct Opened(pub Snapshot);

/// A run, and what came of it.
pub enum Reading {
    Nearest { run: Run<Vec<crate::read::Found>>, vectors: bool },
    Get { run: Run<crate::read::Selected>, vectors: bool },
    Contents { run: Run<Contents>, found: Option<Rc<Contents>> },
}

/// Opens the manifest in the input. The output tells what it says, and what a signature has to be checked for.
#[unsafe(no_mangle)]
extern "C" fn open_snapshot(length: usize) -> i32 {
    with(|state| {
        let sealed = Sealed::open(state.input.get(..length).unwrap_or_default())?;
        let signature =
            sealed.signature.map(|(key, signature)| json!({ "key": hex(key), "signature": hex(signature) }));
        let signed_bytes = sealed.encoded.len();
        let manifest = sealed.manifest()?;
        let identity = &manifest.identity;
        let packs =
            manifest.packs.iter().map(|pack| json!({ "name": pack.file_name(), "length": pack.length }));
        let answer = json!({
            "name": identity.name,
            "epoch": hex(&identity.epoch),
            "generation": identity.generation,
            "collection": identity.collection,
            "dimension": identity.dimension,
            "space": identity.space,
            "count": manifest.count(),
            "layers": manifest.layers.len(),
            "packs": packs.collect::<Vec<_>>(),
            "signature": signature,
            "signedBytes": signed_bytes,
        });
        let handle = state.snapshots.add(Opened(Snapshot::new(manifest)));
        state.answer(&answer);
        Ok(handle)
    })
}

#[unsafe(no_mangle)]
extern "C" fn close_snapshot(snapshot: i32) {
    with(|state| Ok(i32::from(state.snapshots.take(snapshot).is_some())));
}

fn budget(max_bytes: f64, max_requests: f64) -> Budget {
    // Conversions of floats saturate; infinity is no bound.
    Budget { max_bytes: max_bytes as u64, max_requests: max_requests as u64 }
}

fn filter(request: &Value) -> Result<Option<Where>> {
    if request["whereDocument"].is_object() {
        return Err(no_texts());
    }
    match &request["where"] {
        Value::Null => Ok(None),
        filter => Where::parse(filter).map(Some),
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    Some(value.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Begins a query: `{vector, k, where, vectors}`.
#[unsafe(no_mangle)]
extern "C" fn start_nearest(snapshot: i32, length: usize, max_bytes: f64, max_requests: f64) -> i32 {
    with(|state| {
        let request = state.json(length)?;
        let components = request["vector"].as_array().map(Vec::as_slice).unwrap_or_default();
        let vector = components.iter().map(|x| x.as_f64().unwrap_or(f64::NAN) as f32).collect();
        let k = request["k"].as_u64().unwrap_or(0) as usize;
        let nearest = Nearest { vector, k, filter: filter(&request)? };
        let run = state.snapshots.get(snapshot)?.0.nearest(nearest, budget(max_bytes, max_requests));
        Ok(state.readings.add(Reading::Nearest { run, vectors: request["vectors"] == true }))
    })
}

/// Begins a get: `{ids, where, limit, offset, countOnly, vectors}`.
#[unsafe(no_mangle)]
extern "C" fn start_get(snapshot: i32, length: usize, max_bytes: f64, max_requests: f64) -> i32 {
    with(|state| {
        let request = state.json(length)?;
        let get = Get {
            ids: texts(&request["ids"]),
            filter: filter(&request)?,
            limit: request["limit"].as_u64().map(|limit| limit as usize),
            offset: request["offset"].as_u64().unwrap_or(0) as usize,
            count_only: request["countOnly"] == true,
        };
        let run = state.snapshots.get(snapshot)?.0.get(get, budget(max_bytes, max_requests));
        Ok(state.readings.add(Reading::Get { run, vectors: request["vectors"] == true }))
    })
}

/// Begins to read which records there are, for `publish_changes`.
#[unsafe(no_mangle)]
extern "C" fn start_contents(snapshot: i32) -> i32 {
    with(|state| {
        let run = state.snapshots.get(snapshot)?.0.published();
        Ok(state.readings.add(Reading::Contents { run, found: None }))
    })
}

/// Goes on: 1 when it is done and the output is its result, 0 while it needs the parts that the output lists.
#[unsafe(no_mangle)]
extern "C" fn step(reading: i32) -> i32 {
    with(|state| {
        let answer = match state.readings.get(reading)? {
            Reading::Nearest { run, vectors } => match run.step()? {
                Step::Need(parts) => Err(parts),
                Step::Done(found) => Ok(Value::Array(
                    found
                        .into_iter()
                        .map(|found| {
                            let mut row = row_json(found.row, *vectors);
                            row["distance"] = json!(found.distance);
                            row
                        })
                        .collect(),
                )),
            },
            Reading::Get { run, vectors } => match run.step()? {
                Step::Need(parts) => Err(parts),
                Step::Done(selected) => {
                    let rows: Vec<Value> =
                        selected.rows.into_iter().map(|row| row_json(row, *vectors)).collect();
                    Ok(json!({ "count": selected.count, "rows": rows }))
                }
            },
            Reading::Contents { run, found } => match run.step()? {
                Step::Need(parts) => Err(parts),
                Step::Done(contents) => {
                    *found = Some(Rc::new(contents));
                    Ok(Value::Null)
                }
            },
        };
        Ok(state.told(answer))
    })
}

impl State {
    fn told(&mut self, answer: std::result::Result<Value, Vec<PartRef>>) -> i32 {
        match answer {
            Ok(result) => {
                self.answer(&result);
                1
            }
            Err(parts) => {
                self.answer(&parts.iter().map(part_json).collect());
                0
            }
        }
    }
}

fn part_json(part: &PartRef) -> Value {
    json!({ "pack": part.pack, "offset": part.offset, "length": part.length, "hash": hex(&part.hash) })
}

fn row_json(row: Row, vectors: bool) -> Value {
    let mut out = Map::new();
    out.insert("id".into(), row.record.id.into());
    out.insert("document".into(), row.record.document.into());
    out.insert("uri".into(), row.record.uri.into());
    let metadata = row.record.metadata.map_or(Value::Null, |metadata| metadata.into_iter().collect());
    out.insert("metadata".into(), metadata);
    if vectors {
        out.insert("embedding".into(), json!(row.vector));
    }
    Value::Object(out)
}

/// Gives it the part at this place, whose bytes are the input. One that it has, or never asked for, is left aside.
#[unsafe(no_mangle)]
extern "C" fn supply(reading: i32, pack: u32, offset: u32, length: usize) -> i32 {
    with(|state| {
        let State { readings, input, .. } = state;
        let bytes = input.get(..length).unwrap_or_default();
        let is_it = |part: &PartRef| part.pack == pack && part.offset == offset;
        readings.get(reading)?.each(|missing, supply| match missing.into_iter().find(is_it) {
            Some(part) => supply(part, bytes),
            None => Ok(()),
        })?;
        Ok(0)
    })
}

/// The ranges in which the parts that are still missing are read, counted as what the run costs.
#[unsafe(no_mangle)]
extern "C" fn plan(reading: i32) -> i32 {
    with(|state| {
        let ranges = match state.readings.get(reading)? {
            Reading::Nearest { run, .. } => run.plan(),
            Reading::Get { run, .. } => run.plan(),
            Reading::Contents { run, .. } => run.plan(),
        }?;
        let ranges = ranges.iter().map(|range| {
            let parts: Vec<Value> = range.parts.iter().map(part_json).collect();
            json!({ "pack": range.pack, "start": range.start, "end": range.end, "parts": parts })
        });
        let ranges = ranges.collect();
        state.answer(&ranges);
        Ok(0)
    })
}

/// What it has cost: `{hops, requests, bytes}`.
#[unsafe(no_mangle)]
extern "C" fn cost(reading: i32) -> i32 {
    with(|state| {
        let cost = match state.readings.get(reading)? {
            Reading::Nearest { run, .. } => run.cost(),
            Reading::Get { run, .. } => run.cost(),
            Reading::Contents { run, .. } => run.cost(),
        };
        state.answer(&json!({ "hops": cost.hops, "requests": cost.requests, "bytes": cost.bytes }));
        Ok(0)
    })
}

#[unsafe(no_mangle)]
extern "C" fn end_reading(reading: i32) {
    with(|state| Ok(i32::from(state.readings.take(reading).is_some())));
}

impl Reading {
    /// Calls `work` with what the run waits for, and what takes it.
    fn each(
        &mut self,
        work: impl FnOnce(Vec<PartRef>, &mut dyn FnMut(PartRef, &[u8]) -> Result<()>) -> Result<()>,
    ) -> Result<()> {
        match self {
            Reading::Nearest { run, .. } => work(run.missing(), &mut |part, bytes| run.supply(part, bytes)),
            Reading::Get { run, .. } => work(run.missing(), &mut |part, bytes| run.supply(part, bytes)),
            Reading::Contents { run, .. } => work(run.missing(), &mut |part, bytes| run.supply(part, bytes)),
        }
    }
}

//! Snapshots that are made.

use std::collections::VecDeque;

use chromatid_vectors::Space;
use serde_json::{Value, json};

use super::reading::Reading;
use super::{State, with};
use crate::build::{self, Corpus, Outcome};
use crate::error::{Error, Result};
use crate::manifest::{Identity, Manifest};
use crate::pack::PackName;
use crate::record::Record;

/// Records that are gathered, then the packs that were made of them.
pub struct Builder {
    identity: Identity,
    records: Gathered,
    packs: VecDeque<(PackName, Vec<u8>)>,
    manifest: Option<Manifest>,
}

/// Records as they came.
struct Gathered {
    dimension: usize,
    records: Vec<Record>,
    /// Of each batch.
    vectors: Vec<Vec<f32>>,
    /// For each record its batch, and which of its rows.
    places: Vec<(u32, u32)>,
}

impl Corpus for Gathered {
    fn len(&self) -> u32 {
        self.records.len() as u32
    }

    fn vector(&self, record: u32, out: &mut Vec<f32>) {
        let (batch, row) = self.places[record as usize];
        out.extend(&self.vectors[batch as usize][row as usize * self.dimension..][..self.dimension]);
    }

    fn record(&self, record: u32) -> Result<Record> {
        Ok(self.records[record as usize].clone())
    }
}

/// Begins: `{name, epoch, generation, collection, space, dimension}`.
#[unsafe(no_mangle)]
extern "C" fn new_builder(length: usize) -> i32 {
    with(|state| {
        let request = state.json(length)?;
        let identity = read_identity(&request)?;
        let dimension = identity.dimension;
        let records = Gathered { dimension, records: Vec::new(), vectors: Vec::new(), places: Vec::new() };
        Ok(state.builders.add(Builder { identity, records, packs: VecDeque::new(), manifest: None }))
    })
}

fn read_identity(request: &Value) -> Result<Identity> {
    let invalid = |what: &str| Error::invalid(format!("a snapshot without a valid {what}"));
    let text = |key: &str| request[key].as_str().map(str::to_owned).ok_or_else(|| invalid(key));
    let digits = text("epoch")?;
    let mut epoch = [0; 16];
    for (at, byte) in epoch.iter_mut().enumerate() {
        let pair = digits.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        *byte = pair.ok_or_else(|| invalid("epoch"))?;
    }
    let space: Space = serde_json::from_value(request["space"].clone()).map_err(|_| invalid("space"))?;
    Ok(Identity {
        name: text("name")?,
        epoch,
        generation: request["generation"].as_u64().ok_or_else(|| invalid("generation"))?,
        collection: text("collection")?,
        space,
        dimension: request["dimension"].as_u64().ok_or_else(|| invalid("dimension"))? as usize,
    })
}

/// Adds records: a JSON array of `{id, document, uri, metadata}`, then their vectors, f32 after f32.
#[unsafe(no_mangle)]
extern "C" fn add_records(builder: i32, json_length: usize, length: usize) -> i32 {
    with(|state| {
        let State { builders, input, .. } = state;
        let (text, vectors) =
            input.get(..length).unwrap_or_default().split_at_checked(json_length).unwrap_or_default();
        let records: Vec<Record> =
            serde_json::from_slice(text).map_err(|error| Error::invalid(format!("a record: {error}")))?;
        let vectors: Vec<f32> =
            vectors.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let gathered = &mut builders.get(builder)?.records;
        if vectors.len() != records.len() * gathered.dimension {
            return Err(Error::invalid("not as many vectors as records"));
        }
        let batch = gathered.vectors.len() as u32;
        gathered.places.extend((0..records.len() as u32).map(|row| (batch, row)));
        gathered.records.extend(records);
        gathered.vectors.push(vectors);
        Ok(0)
    })
}

/// Makes the packs: of all records (`contents` −1), or of what differs from a snapshot whose contents were read. 1: there are packs;
/// 0: nothing has changed; 2: so much has changed that all is to be written anew.
#[unsafe(no_mangle)]
extern "C" fn build_packs(builder: i32, snapshot: i32, contents: i32) -> i32 {
    with(|state| {
        let State { builders, readings, snapshots, .. } = state;
        let Builder { identity, records, packs, manifest } = builders.get(builder)?;
        let mut sink = |name, pack| {
            packs.push_back((name, pack));
            Ok(())
        };
        if contents < 0 {
            *manifest = Some(build::base(records, identity.clone(), &mut sink)?);
            return Ok(1);
        }
        let Reading::Contents { found: Some(found), .. } = readings.get(contents)? else {
            return Err(Error::invalid("the contents of the snapshot were not read"));
        };
        let old = &snapshots.get(snapshot)?.0.manifest;
        let (published, dead) = found.as_ref();
        match build::changes(records, identity.clone(), old, published, dead, &mut sink)? {
            Outcome::Unchanged => Ok(0),
            Outcome::Rewrite => Ok(2),
            Outcome::Layer(layer) => {
                *manifest = Some(layer);
                Ok(1)
            }
        }
    })
}

/// The next pack as the output, its name after it: the answer is the bytes of the pack, and 0 when there are no more.
#[unsafe(no_mangle)]
extern "C" fn next_pack(builder: i32) -> i32 {
    with(|state| {
        let Some((name, mut bytes)) = state.builders.get(builder)?.packs.pop_front() else { return Ok(0) };
        let length = bytes.len();
        bytes.extend(name.file_name().into_bytes());
        state.output = bytes;
        Ok(length as i32)
    })
}

/// What a signature is to be made of, as the output.
#[unsafe(no_mangle)]
extern "C" fn encode_manifest(builder: i32, signed: i32) -> i32 {
    with(|state| {
        let manifest = state.builders.get(builder)?.manifest.as_ref();
        let manifest = manifest.ok_or_else(|| Error::invalid("there is no manifest yet"))?;
        state.output = manifest.encode(signed != 0);
        Ok(0)
    })
}

/// The manifest's file, as the output; signed if the input is a key and a signature of 96 bytes together.
#[unsafe(no_mangle)]
extern "C" fn seal_manifest(builder: i32, length: usize) -> i32 {
    with(|state| {
        let State { builders, input, output, .. } = state;
        let manifest = builders.get(builder)?.manifest.as_ref();
        let manifest = manifest.ok_or_else(|| Error::invalid("there is no manifest yet"))?;
        let parts = input.get(..length).unwrap_or_default().split_first_chunk::<32>();
        let signature = parts.and_then(|(key, rest)| Some((key, rest.first_chunk::<64>()?)));
        *output = Manifest::seal(manifest.encode(signature.is_some()), signature);
        Ok(0)
    })
}

/// What was made: `{count, packs}`, with the names of all packs of the manifest.
#[unsafe(no_mangle)]
extern "C" fn built(builder: i32) -> i32 {
    with(|state| {
        let manifest = state.builders.get(builder)?.manifest.as_ref();
        let manifest = manifest.ok_or_else(|| Error::invalid("there is no manifest yet"))?;
        let packs: Vec<String> = manifest.packs.iter().map(PackName::file_name).collect();
        let answer = json!({ "count": manifest.count(), "layers": manifest.layers.len(), "packs": packs });
        state.answer(&answer);
        Ok(0)
    })
}

#[unsafe(no_mangle)]
extern "C" fn end_builder(builder: i32) {
    with(|state| Ok(i32::from(state.builders.take(builder).is_some())));
}

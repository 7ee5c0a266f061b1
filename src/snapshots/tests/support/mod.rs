//! Snapshots in memory: a corpus of random records, a host of packs, and what a naive reader would answer.

use std::collections::BTreeMap;

use chromatid_snapshots::build::{self, Corpus, Outcome};
use chromatid_snapshots::exchange::{Run, Step};
use chromatid_snapshots::manifest::{Identity, Manifest, Sealed};
use chromatid_snapshots::pack::PackName;
use chromatid_snapshots::read::Snapshot;
use chromatid_snapshots::record::Record;
use chromatid_snapshots::{Error, Result};
use chromatid_vectors::Space;
use serde_json::{Value, json};

/// Records with their vectors, by insertion.
#[derive(Debug, Clone, Default)]
pub struct Records(pub Vec<(Record, Vec<f32>)>);

impl Corpus for Records {
    fn len(&self) -> u32 {
        self.0.len() as u32
    }

    fn vector(&self, record: u32, out: &mut Vec<f32>) {
        out.extend(&self.0[record as usize].1);
    }

    fn record(&self, record: u32) -> Result<Record> {
        Ok(self.0[record as usize].0.clone())
    }
}

/// A small generator: xorshift64*.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    pub fn vector(&mut self, dimension: usize) -> Vec<f32> {
        (0..dimension).map(|_| self.below(2_001) as f32 / 1_000.0 - 1.0).collect()
    }
}

/// A record of all kinds of metadata.
pub fn record(random: &mut Random, id: usize, dimension: usize) -> (Record, Vec<f32>) {
    let text = ["red", "green", "blue", "ä", ""][random.below(5)];
    let mut metadata = json!({
        "color": text,
        "rank": random.below(20),
        "weight": random.below(40) as f64 / 4.0 - 2.0,
        "good": random.below(2) == 0,
        "tags": if random.below(2) == 0 { ["a", "b"] } else { ["b", "c"] },
        "sizes": [random.below(4), 7],
        "sparse": { "#type": "sparse_vector", "indices": [1, 5], "values": [0.5, 1.5] },
        "long": "x".repeat(120 + random.below(4)) + text,
    });
    if let Value::Object(members) = &mut metadata {
        members.retain(|_, _| random.below(6) > 0);
    }
    let record = Record {
        id: format!("id-{id}"),
        document: (random.below(5) > 0).then(|| format!("document {id} {text}")),
        uri: (random.below(5) == 0).then(|| format!("https://example.org/{id}")),
        metadata: serde_json::from_value(metadata)
            .ok()
            .filter(|metadata: &BTreeMap<_, _>| !metadata.is_empty()),
    };
    (record, random.vector(dimension))
}

pub fn identity(generation: u64, space: Space, dimension: usize) -> Identity {
    Identity {
        name: "small".into(),
        epoch: [3; 16],
        generation,
        collection: "{\"a\":1}".into(),
        space,
        dimension,
    }
}

/// Packs by their names, and a snapshot of them.
pub struct Host {
    pub packs: BTreeMap<[u8; 32], Vec<u8>>,
    pub snapshot: Snapshot,
}

impl Host {
    pub fn publish(records: &Records, identity: Identity) -> Result<Self> {
        let mut packs = BTreeMap::new();
        let manifest = build::base(records, identity, &mut |name, pack| store(&mut packs, name, pack))?;
        Ok(Self { packs, snapshot: Snapshot::new(reopened(&manifest)?) })
    }

    /// Publishes again, and tells how many bytes were new.
    pub fn publish_changes(&mut self, records: &Records) -> Result<(Publication, usize)> {
        let (published, dead) = self.finish(self.snapshot.published())?;
        let old = self.snapshot.manifest.clone();
        let identity = Identity { generation: old.identity.generation + 1, ..old.identity.clone() };
        let packs = &mut self.packs;
        let mut bytes = 0;
        let mut sink = |name, pack: Vec<u8>| {
            bytes += pack.len();
            store(packs, name, pack)
        };
        let outcome = build::changes(records, identity.clone(), &old, &published, &dead, &mut sink)?;
        Ok(match outcome {
            Outcome::Unchanged => (Publication::Unchanged, bytes),
            Outcome::Layer(manifest) => {
                self.snapshot = Snapshot::new(reopened(&manifest)?);
                (Publication::Layer, bytes)
            }
            Outcome::Rewrite => {
                *self = Self::publish(records, identity)?;
                (Publication::Rewrite, bytes)
            }
        })
    }

    /// Gives a run all that it asks for.
    pub fn finish<T>(&self, mut run: Run<T>) -> Result<T> {
        for _ in 0..100 {
            if let Step::Done(result) = run.step()? {
                return Ok(result);
            }
            for range in run.plan()? {
                let pack = &self.packs[&self.snapshot.manifest.packs[range.pack as usize].sha256];
                for part in range.parts {
                    let bytes = pack.get(part.offset as usize..part.end() as usize).unwrap_or_default();
                    run.supply(part, bytes)?;
                }
            }
        }
        Err(Error::Invalid("it never ends".into()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    Unchanged,
    Layer,
    Rewrite,
}

fn store(packs: &mut BTreeMap<[u8; 32], Vec<u8>>, name: PackName, pack: Vec<u8>) -> Result<()> {
    packs.insert(name.sha256, pack);
    Ok(())
}

fn reopened(manifest: &Manifest) -> Result<Manifest> {
    let opened = Sealed::open(&Manifest::seal(manifest.encode(false), None))?.manifest()?;
    assert_eq!(&opened, manifest);
    Ok(opened)
}

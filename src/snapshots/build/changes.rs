//! Publishing again: what has changed goes into a layer over the base, until that is so much that everything is written anew.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;

use super::clusters::divide_into;
use super::corpus::{Corpus, Frame, Vectors};
use super::write_cells;
use super::writer::LayerWriter;
use crate::error::{Error, Result};
use crate::ids::{Digest, digest};
use crate::limits::MAX_DELTAS;
use crate::manifest::{Identity, Layer, Manifest};
use crate::pack::{Kind, PackName, Packs};
use crate::record::row_digest;
use crate::terms::bitmap_bytes;

/// Beyond this part of the base (one in so many) changes are no layer: every query would read them.
const LAYERS_FRACTION: u32 = 5;

/// A record of a snapshot, as the index of ids has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    pub number: u32,
    pub digest: Digest,
}

/// What publishing came to.
#[derive(Debug)]
pub enum Outcome {
    /// The records are those of the snapshot.
    Unchanged,
    /// The next generation; what it names besides its new packs was published before.
    Layer(Manifest),
    /// So much has changed that [`base`](super::base) is better.
    Rewrite,
}

/// Writes what differs between `corpus` and a snapshot. `published` has its records by their ids, for each layer those that it wrote
/// ([`read::published`](crate::read::published)).
///
/// After [`MAX_DELTAS`] layers one takes the place of all: it has what differs from the base.
pub fn changes(
    corpus: &dyn Corpus,
    identity: Identity,
    old: &Manifest,
    published: &[BTreeMap<String, Published>],
    dead: &RoaringBitmap,
    sink: &mut dyn FnMut(PackName, Vec<u8>) -> Result<()>,
) -> Result<Outcome> {
    let same = identity.space == old.identity.space && identity.dimension == old.identity.dimension;
    let Some(base) = old.layers.first().filter(|base| same && base.count > 0) else {
        return Ok(Outcome::Rewrite);
    };
    let live = live_records(published, dead);
    let mut difference = Difference::of(corpus, &live)?;
    if difference.is_empty() && identity.collection == old.identity.collection {
        return Ok(Outcome::Unchanged);
    }
    let mut kept = old.layers.clone();
    let mut dead = dead.clone();
    if old.layers.len() > MAX_DELTAS {
        kept.truncate(1);
        dead.clear();
        let of_base = live_records(&published[..1], &dead);
        difference = Difference::of(corpus, &of_base)?;
    }
    dead |= difference.gone;
    let over: u64 = kept[1..].iter().map(|layer| u64::from(layer.count)).sum();
    let weight = (over + difference.changed.len() as u64).max(dead.len());
    if weight * u64::from(LAYERS_FRACTION) > u64::from(base.count) {
        return Ok(Outcome::Rewrite);
    }
    let manifest = write(corpus, identity, old, kept, &difference.changed, &dead, sink)?;
    Ok(Outcome::Layer(manifest))
}

fn live_records<'a>(
    published: &'a [BTreeMap<String, Published>],
    dead: &RoaringBitmap,
) -> BTreeMap<&'a str, Published> {
    let all = published.iter().flatten().filter(|(_, record)| !dead.contains(record.number));
    all.map(|(id, record)| (id.as_str(), *record)).collect()
}

struct Difference {
    /// Records of the corpus that are new or have changed.
    changed: Vec<u32>,
    /// Numbers of records that were deleted or have changed.
    gone: RoaringBitmap,
}

impl Difference {
    fn of(corpus: &dyn Corpus, live: &BTreeMap<&str, Published>) -> Result<Self> {
        let mut changed = Vec::new();
        let mut same = BTreeSet::new();
        let mut vector = Vec::new();
        for number in 0..corpus.len() {
            vector.clear();
            corpus.vector(number, &mut vector);
            let record = corpus.record(number)?;
            let row = digest(&row_digest(&record, &vector)?);
            match live.get(record.id.as_str()).filter(|published| published.digest == row) {
                Some(published) => {
                    same.insert(published.number);
                }
                None => changed.push(number),
            }
        }
        let gone = live.values().map(|published| published.number).filter(|number| !same.contains(number));
        Ok(Self { changed, gone: gone.collect() })
    }

    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty()
    }
}

fn write(
    corpus: &dyn Corpus,
    identity: Identity,
    old: &Manifest,
    kept: Vec<Layer>,
    changed: &[u32],
    dead: &RoaringBitmap,
    sink: &mut dyn FnMut(PackName, Vec<u8>) -> Result<()>,
) -> Result<Manifest> {
    let vectors = Vectors { corpus, frame: Frame::new(identity.space, identity.dimension) };
    let older: usize = kept.iter().map(|layer| layer.packs as usize).sum();
    let Some(older_packs) = old.packs.get(..older) else {
        return Err(Error::corrupt("manifest", "its layers have more packs than it names"));
    };
    let mut packs = Packs::new(older_packs.to_vec(), sink);
    let start = kept.last().map_or(0, Layer::end);
    let mut writer = LayerWriter::new(&vectors, &mut packs, start);
    let plans = divide_into(&vectors, changed, &old.centers);
    let cells = write_cells(&mut writer, &plans)?;
    let layer = writer.finish(cells)?;
    let dead_parts = packs.add_blob(Kind::Index, &bitmap_bytes(dead)?)?;
    let packs = packs.finish()?;
    let layer = Layer { packs: (packs.len() - older) as u32, ..layer };
    let (centers, dead_count) = (old.centers.clone(), dead.len() as u32);
    let layers = kept.into_iter().chain([layer]).collect();
    Ok(Manifest { identity, packs, centers, layers, dead: dead_parts, dead_count })
}

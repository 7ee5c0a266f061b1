//! Making snapshots: the whole of a collection, or what has changed since it was published.
//!
//! The same records in the same order give the same bytes on every machine.

mod changes;
mod clusters;
mod corpus;
mod writer;

use chromatid_vectors::limits::MAX_DIMENSION;

pub use changes::{Outcome, Published, changes};
pub use corpus::{Corpus, Frame, Vectors};

use crate::center::Center;
use crate::codes::encode;
use crate::error::{Error, Result};
use crate::lists::{Cell, Entry, RowPlace};
use crate::manifest::{Identity, Layer, Manifest};
use crate::pack::{Kind, PackName, Packs};
use crate::part::PartRef;
use clusters::{CellPlan, divide};
use writer::LayerWriter;

/// Writes all records of `corpus` as packs, which `sink` takes one after the other, and gives the manifest over them. It is published
/// last: who reads it finds everything that it names.
pub fn base(
    corpus: &dyn Corpus,
    identity: Identity,
    sink: &mut dyn FnMut(PackName, Vec<u8>) -> Result<()>,
) -> Result<Manifest> {
    let frame = Frame::new(identity.space, checked(identity.dimension)?);
    let vectors = Vectors { corpus, frame };
    let plans = divide(&vectors);
    let mut packs = Packs::new(Vec::new(), sink);
    let mut writer = LayerWriter::new(&vectors, &mut packs, 0);
    let cells = write_cells(&mut writer, &plans)?;
    let layer = writer.finish(cells)?;
    let packs = packs.finish()?;
    let layer = Layer { packs: packs.len() as u32, ..layer };
    let centers = plans.into_iter().map(|plan| plan.center).collect();
    Ok(Manifest { identity, packs, centers, layers: vec![layer], dead: Vec::new(), dead_count: 0 })
}

fn checked(dimension: usize) -> Result<usize> {
    match dimension {
        1..=MAX_DIMENSION => Ok(dimension),
        _ => {
            Err(Error::invalid(format!("a snapshot has vectors of 1 to 16,384 components, not {dimension}")))
        }
    }
}

/// Writes the rows of all lists, then the lists, whose records may have their rows in another one, then their heads.
fn write_cells(writer: &mut LayerWriter<'_, '_>, plans: &[CellPlan]) -> Result<Vec<Vec<PartRef>>> {
    let mut places = vec![None; writer.vectors.corpus.len() as usize];
    for list in plans.iter().flat_map(|plan| &plan.lists) {
        for (record, place) in list.records.iter().zip(writer.rows(&list.records)?) {
            places[*record as usize] = Some(place);
        }
    }
    plans.iter().map(|plan| write_cell(writer, plan, &places)).collect()
}

fn write_cell(
    writer: &mut LayerWriter<'_, '_>,
    plan: &CellPlan,
    places: &[Option<RowPlace>],
) -> Result<Vec<PartRef>> {
    if plan.lists.is_empty() {
        return Ok(Vec::new());
    }
    let around = plan.center.vector();
    let mut heads = Vec::new();
    let mut entries = Vec::with_capacity(plan.lists.len());
    for list in &plan.lists {
        let center = Center::new(&list.center);
        encode(writer.vectors.frame.probe_space(), &around, &center.vector(), &mut heads);
        let records = [list.records.as_slice(), &list.others].concat();
        let places: Vec<RowPlace> = records.iter().filter_map(|record| places[*record as usize]).collect();
        let (first, count) = (places.first().map_or(0, |place| place.number), list.records.len());
        let part = writer.list(&center, count, &records, places)?;
        entries.push(Entry { first, count: count as u32, part });
    }
    Ok(vec![writer.packs.add(Kind::Cells, &Cell { entries, heads }.write())?])
}

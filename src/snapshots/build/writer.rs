//! Writing a layer: rows and lists as they come, ids and terms at the end.

use std::ops::Range;

use super::corpus::Vectors;
use crate::center::Center;
use crate::codec::Writer;
use crate::codes::{code_bytes, encode};
use crate::error::{Error, Result};
use crate::ids;
use crate::limits::{MAX_RECORDS, ROWS_PER_PART};
use crate::lists::{List, RowPlace};
use crate::manifest::Layer;
use crate::pack::{Kind, Packs};
use crate::part::{Hash, PartRef, hash};
use crate::record::write_row;
use crate::table::{TableWriter, number_key};
use crate::terms::Terms;

/// A layer that is being written.
pub struct LayerWriter<'a, 'p> {
    pub vectors: &'a Vectors<'a>,
    pub packs: &'a mut Packs<'p>,
    start: u32,
    next: u32,
    row_table: TableWriter,
    terms: Terms,
    ids: Vec<(String, u32, Hash)>,
}

impl<'a, 'p> LayerWriter<'a, 'p> {
    /// A layer whose first record is number `start`.
    pub fn new(vectors: &'a Vectors<'a>, packs: &'a mut Packs<'p>, start: u32) -> Self {
        let (row_table, terms) = (TableWriter::new(), Terms::default());
        Self { vectors, packs, start, next: start, row_table, terms, ids: Vec::new() }
    }

    /// Writes the rows of a list's records, which get the next numbers.
    pub fn rows(&mut self, records: &[u32]) -> Result<Vec<RowPlace>> {
        let mut places = Vec::with_capacity(records.len());
        for records in records.chunks(ROWS_PER_PART) {
            let first = self.next;
            let part = self.row_part(records)?;
            let numbers = (first..self.next).enumerate();
            places.extend(numbers.map(|(at, number)| RowPlace { number, part, at }));
        }
        Ok(places)
    }

    fn row_part(&mut self, records: &[u32]) -> Result<PartRef> {
        let first = self.next;
        let dimension = self.vectors.frame.dimension();
        let mut bytes = Writer::new();
        let mut vector = Vec::new();
        for record in records {
            let number = self.next;
            self.next = number.checked_add(1).filter(|next| *next <= MAX_RECORDS).ok_or_else(too_many)?;
            vector.clear();
            self.vectors.corpus.vector(*record, &mut vector);
            if vector.len() != dimension {
                return Err(Error::invalid(format!(
                    "a vector has {} components, not {dimension}",
                    vector.len()
                )));
            }
            let record = self.vectors.corpus.record(*record)?;
            let mut row = Writer::new();
            write_row(&record, &vector, &mut row)?;
            let row = row.into_bytes();
            if let Some(metadata) = &record.metadata {
                self.terms.add(number, metadata)?;
            }
            self.ids.push((record.id, number, hash(&row)));
            bytes.raw(&row);
        }
        let part = self.packs.add(Kind::Rows, &bytes.into_bytes())?;
        let mut place = Writer::new();
        part.write(&mut place);
        self.row_table.push(self.packs, &number_key(first), &place.into_bytes())?;
        Ok(part)
    }

    /// Writes a list: records and where their rows lie, the first `own` of them its own.
    pub fn list(
        &mut self,
        center: &Center,
        own: usize,
        records: &[u32],
        places: Vec<RowPlace>,
    ) -> Result<PartRef> {
        let around = center.vector();
        let mut codes = Vec::with_capacity(records.len() * code_bytes(around.len()));
        let mut vector = Vec::new();
        for record in records {
            vector.clear();
            self.vectors.corpus.vector(*record, &mut vector);
            encode(self.vectors.frame.space, &around, &self.vectors.frame.turn(&vector), &mut codes);
        }
        let list = List { center: center.clone(), places, codes };
        self.packs.add(Kind::Lists, &list.write(own))
    }

    /// Writes what is left; the caller knows the cells, and counts the packs.
    pub fn finish(mut self, cells: Vec<Vec<PartRef>>) -> Result<Layer> {
        self.ids.sort_unstable();
        if let Some(pair) = self.ids.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::invalid(format!("two records have the id `{}`", pair[0].0)));
        }
        let mut ids = TableWriter::new();
        for (id, number, row) in &self.ids {
            ids.push(self.packs, id.as_bytes(), &ids::value(*number, row))?;
        }
        let ids = ids.finish(self.packs)?;
        let terms = self.terms.write(self.packs)?;
        let rows = self.row_table.finish(self.packs)?;
        let Range { start, end } = self.start..self.next;
        Ok(Layer { start, count: end - start, packs: 0, cells, ids, terms, rows })
    }
}

fn too_many() -> Error {
    Error::invalid(format!("a snapshot numbers at most {MAX_RECORDS} records"))
}

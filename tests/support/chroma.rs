//! A naive Chroma: vectors of records in the order of insertion, everything by brute force. It shares no
//! code with the engine; what it does is what the spec says.

use serde_json::{Map, Value};

use super::filter;
pub use super::record::Record;

/// Operations of the log that a read at the bounded level sees, as Chroma's default.
const BOUNDED_OPERATIONS: usize = 250;

/// Everything in the default database, in the order of creation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chroma {
    pub collections: Vec<Collection>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    pub name: String,
    pub space: &'static str,
    pub dimension: Option<usize>,
    /// In the order of insertion.
    pub records: Vec<Record>,
    /// The records as of the last compaction, and every operation since.
    pub indexed: Vec<Record>,
    pub log: Vec<Operation>,
}

/// One row of a write. A null in the metadata deletes its key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    pub id: String,
    pub embedding: Option<Vec<f32>>,
    pub document: Option<String>,
    pub uri: Option<String>,
    pub metadata: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Add,
    Update,
    Upsert,
    Delete,
}

pub type Operation = (Kind, Row);

/// Refusals, by the HTTP status that says the same.
pub type Outcome = Result<(), u16>;

impl Chroma {
    pub fn position(&self, name: &str) -> Option<usize> {
        self.collections.iter().position(|collection| collection.name == name)
    }

    pub fn collection(&mut self, name: &str) -> Result<&mut Collection, u16> {
        let position = self.position(name).ok_or(404_u16)?;
        Ok(&mut self.collections[position])
    }

    pub fn create(&mut self, name: &str, space: &'static str) -> Outcome {
        if self.position(name).is_some() {
            return Err(409);
        }
        self.collections.push(Collection {
            name: name.to_owned(),
            space,
            dimension: None,
            records: Vec::new(),
            indexed: Vec::new(),
            log: Vec::new(),
        });
        Ok(())
    }

    pub fn rename(&mut self, from: &str, to: &str) -> Outcome {
        let position = self.position(from).ok_or(404_u16)?;
        if self.position(to).is_some_and(|other| other != position) {
            return Err(409);
        }
        self.collections[position].name = to.to_owned();
        Ok(())
    }

    pub fn fork(&mut self, from: &str, to: &str) -> Outcome {
        let position = self.position(from).ok_or(404_u16)?;
        if self.position(to).is_some() {
            return Err(409);
        }
        let fork = Collection { name: to.to_owned(), ..self.collections[position].clone() };
        self.collections.push(fork);
        Ok(())
    }

    pub fn drop_collection(&mut self, name: &str) -> Outcome {
        let position = self.position(name).ok_or(404_u16)?;
        self.collections.remove(position);
        Ok(())
    }
}

impl Collection {
    /// The index takes in so many operations of the log.
    pub fn index(&mut self, operations: usize) {
        for (kind, row) in self.log.drain(..operations) {
            apply(&mut self.indexed, kind, &row);
        }
    }

    /// Writes all rows, or none and says why.
    pub fn write(&mut self, kind: Kind, rows: &[Row]) -> Outcome {
        let mut dimension = None;
        for length in rows.iter().filter_map(|row| row.embedding.as_ref().map(Vec::len)) {
            if dimension.is_some_and(|dimension| dimension != length) {
                return Err(400);
            }
            dimension = Some(length);
        }
        if let (Some(given), Some(fixed)) = (dimension, self.dimension)
            && given != fixed
        {
            return Err(400);
        }
        self.dimension = self.dimension.or(dimension);
        for row in rows {
            apply(&mut self.records, kind, row);
            self.log.push((kind, row.clone()));
        }
        Ok(())
    }

    /// Deletes what matches; answers how many were meant.
    pub fn delete(&mut self, ids: Option<&[String]>, clause: Option<&Value>, limit: Option<u32>) -> usize {
        let ids: Vec<String> = match clause {
            None => ids.unwrap_or_default().to_vec(),
            Some(_) => {
                let matches = self.select(ids, clause, None);
                let limit = limit.map_or(usize::MAX, |limit| limit as usize);
                matches.into_iter().take(limit).map(|index| self.records[index].id.clone()).collect()
            }
        };
        for id in &ids {
            let row = Row { id: id.clone(), ..Row::default() };
            apply(&mut self.records, Kind::Delete, &row);
            self.log.push((Kind::Delete, row));
        }
        ids.len()
    }

    /// Places of the matching records, in the order of insertion.
    pub fn select(
        &self,
        ids: Option<&[String]>,
        clause: Option<&Value>,
        document: Option<&Value>,
    ) -> Vec<usize> {
        let matches = |record: &Record| {
            ids.is_none_or(|ids| ids.contains(&record.id))
                && clause.is_none_or(|clause| filter::passes(clause, record))
                && document.is_none_or(|clause| filter::document_passes(clause, record.document.as_deref()))
        };
        (0..self.records.len()).filter(|index| matches(&self.records[*index])).collect()
    }

    /// The selected places with their distances to `query`, nearest first, ties by insertion.
    pub fn nearest(&self, query: &[f32], selected: &[usize]) -> Vec<(usize, f64)> {
        let measure = |index: &usize| (*index, distance(self.space, query, &self.records[*index].embedding));
        let mut found: Vec<(usize, f64)> = selected.iter().map(measure).collect();
        found.sort_by(|left, right| left.1.total_cmp(&right.1).then(left.0.cmp(&right.0)));
        found
    }

    /// Number of records that a read at the level `index_and_bounded_wal` sees.
    pub fn bounded_count(&self) -> usize {
        let mut records = self.indexed.clone();
        for (kind, row) in self.log.iter().take(BOUNDED_OPERATIONS) {
            apply(&mut records, *kind, row);
        }
        records.len()
    }
}

fn apply(records: &mut Vec<Record>, kind: Kind, row: &Row) {
    let place = records.iter().position(|record| record.id == row.id);
    match (kind, place) {
        (Kind::Add, Some(_)) | (Kind::Update | Kind::Delete, None) => {}
        (Kind::Delete, Some(place)) => drop(records.remove(place)),
        (Kind::Update | Kind::Upsert, Some(place)) => merge(&mut records[place], row),
        (Kind::Add | Kind::Upsert, None) => {
            let mut record = Record {
                id: row.id.clone(),
                embedding: Vec::new(),
                document: None,
                uri: None,
                metadata: Map::new(),
            };
            merge(&mut record, row);
            records.push(record);
        }
    }
}

fn merge(record: &mut Record, row: &Row) {
    if let Some(embedding) = &row.embedding {
        record.embedding.clone_from(embedding);
    }
    if let Some(document) = &row.document {
        record.document = Some(document.clone());
    }
    if let Some(uri) = &row.uri {
        record.uri = Some(uri.clone());
    }
    for (key, value) in row.metadata.iter().flatten() {
        if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            record.metadata.remove(key);
        } else {
            record.metadata.insert(key.clone(), value.clone());
        }
    }
}

/// The formulas of query-semantics 7.1.
fn distance(space: &str, a: &[f32], b: &[f32]) -> f64 {
    let pairs = || a.iter().zip(b).map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let dot: f64 = pairs().map(|(a, b)| a * b).sum();
    match space {
        "l2" => pairs().map(|(a, b)| (a - b) * (a - b)).sum(),
        "ip" => 1.0 - dot,
        "cosine" => {
            let norm = |vector: &[f32]| vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            1.0 - dot / ((norm(a) + 1e-32) * (norm(b) + 1e-32))
        }
        unknown => panic!("the model does not know the space {unknown}"),
    }
}

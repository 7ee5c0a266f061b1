//! What a compaction changes in the posting lists.

use std::collections::HashMap;

use super::field::{Field, term_of_dimension, visit_terms};
use super::postings::{self, CHUNK_BITS, Change};
use super::runs::SortedRuns;
use super::weights::{self, WeightChange};
use crate::blockstore::{Bytes, OrderedWriter};
use crate::env::Slices;
use crate::error::Result;
use crate::text::Gram;
use crate::types::{Metadata, MetadataValue, Schema};

/// What is indexed of a record.
#[derive(Debug, Clone, Copy)]
pub struct Indexed<'a> {
    pub metadata: &'a Metadata,
    pub document: Option<&'a str>,
}

/// Changes of the posting lists of one chunk, gathered record by record. What the schema does not index is passed over.
pub struct ChunkChanges<'a> {
    chunk: u32,
    schema: &'a Schema,
    fields: Vec<Field>,
    places: HashMap<Field, usize>,
    terms: HashMap<(usize, String), Vec<Change>>,
    grams: HashMap<Gram, Vec<Change>>,
    weights: HashMap<(usize, u32), Vec<WeightChange>>,
}

/// The changes of one list.
enum Edit {
    Records(Vec<Change>),
    Weights(Vec<WeightChange>),
}

impl<'a> ChunkChanges<'a> {
    pub fn new(chunk: u32, schema: &'a Schema) -> Self {
        Self {
            chunk,
            schema,
            fields: Vec::new(),
            places: HashMap::new(),
            terms: HashMap::new(),
            grams: HashMap::new(),
            weights: HashMap::new(),
        }
    }

    /// Notes what a record was and what it is now: `None` when it was or is not there. Records come ascending.
    pub fn note(&mut self, offset: u32, old: Option<Indexed<'_>>, new: Option<Indexed<'_>>) {
        debug_assert_eq!(offset >> CHUNK_BITS, self.chunk);
        if old.is_some() != new.is_some() {
            self.put(&Field::RECORD, String::new(), Change::new(offset, new.is_some()));
        }
        let nothing = Indexed { metadata: &Metadata::new(), document: None };
        let (old, new) = (old.unwrap_or(nothing), new.unwrap_or(nothing));
        self.note_metadata(offset, (old.metadata, new.metadata), false);
        self.note_metadata(offset, (new.metadata, old.metadata), true);
        if old.document != new.document && self.schema.fts_enabled() {
            self.note_document(offset, old.document, new.document);
        }
    }

    /// Values of one form of a record that the other one does not have: a value that stays is not looked at.
    fn note_metadata(&mut self, offset: u32, (one, other): (&Metadata, &Metadata), present: bool) {
        for (key, value) in one.iter().filter(|(key, value)| other.get(*key) != Some(value)) {
            match value {
                MetadataValue::SparseVector(vector) if self.schema.sparse_index(key).is_some() => {
                    let place = self.place_of(&Field::of_weights(key));
                    for (dimension, weight) in vector.indices.iter().zip(&vector.values) {
                        let changes = self.weights.entry((place, *dimension)).or_default();
                        weights::join(changes, (offset as u16, present.then_some(*weight)));
                    }
                }
                value if self.schema.is_findable(key, value) => visit_terms(value, |kind, term| {
                    self.put(&Field::new(kind, key), term, Change::new(offset, present));
                }),
                _ => {}
            }
        }
    }

    fn note_document(&mut self, offset: u32, old: Option<&str>, new: Option<&str>) {
        if old.is_some() != new.is_some() {
            self.put(&Field::DOCUMENT, String::new(), Change::new(offset, new.is_some()));
        }
        for (text, present) in [(old, false), (new, true)] {
            Gram::visit(text.unwrap_or_default(), |gram| {
                Change::new(offset, present).join(self.grams.entry(gram).or_default());
            });
        }
    }

    fn put(&mut self, field: &Field, term: String, change: Change) {
        let place = self.place_of(field);
        change.join(self.terms.entry((place, term)).or_default());
    }

    fn place_of(&mut self, field: &Field) -> usize {
        if let Some(place) = self.places.get(field) {
            return *place;
        }
        self.places.insert(field.clone(), self.fields.len());
        self.fields.push(field.clone());
        self.fields.len() - 1
    }

    /// Makes the changes.
    pub async fn write(self, writer: &mut OrderedWriter<String, Bytes>, slices: &Slices<'_>) -> Result<()> {
        let chunk = self.chunk;
        let (fields, edits) = self.into_edits(slices).await;
        for ((place, term), edit) in edits {
            let prefix = fields[place].prefix(chunk);
            match edit {
                Edit::Records(changes) if Change::any(&changes) => {
                    writer.update(&prefix, term, |old| postings::apply(chunk, old, &changes)).await?;
                }
                Edit::Records(_) => {}
                Edit::Weights(changes) => {
                    writer.update(&prefix, term, |old| weights::apply(old, &changes)).await?;
                }
            }
            slices.step().await;
        }
        Ok(())
    }

    /// The fields ascending, and the changes by the place of their field and their term, ascending.
    async fn into_edits(mut self, slices: &Slices<'_>) -> (Vec<Field>, SortedRuns<(usize, String), Edit>) {
        let document = self.place_of(&Field::DOCUMENT);
        let mut order: Vec<usize> = (0..self.fields.len()).collect();
        order.sort_unstable_by(|a, b| self.fields[*a].cmp(&self.fields[*b]));
        let mut ranks = vec![0; order.len()];
        for (rank, place) in order.iter().enumerate() {
            ranks[*place] = rank;
        }
        let terms =
            self.terms.into_iter().map(|((place, term), changes)| ((place, term), Edit::Records(changes)));
        let grams =
            self.grams.into_iter().map(|(gram, changes)| ((document, gram.text()), Edit::Records(changes)));
        let weights = self.weights.into_iter().map(|((place, dimension), changes)| {
            ((place, term_of_dimension(dimension)), Edit::Weights(changes))
        });
        let edits = terms.chain(grams).chain(weights);
        let edits = edits.map(|((place, term), edit)| ((ranks[place], term), edit));
        let runs = SortedRuns::gather(edits, slices).await;
        (order.into_iter().map(|place| self.fields[place].clone()).collect(), runs)
    }
}

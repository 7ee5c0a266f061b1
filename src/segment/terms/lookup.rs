//! Reading the inverted index.

use std::ops::Bound;
use std::rc::Rc;

use roaring::RoaringBitmap;

use super::field::{Field, term_of_dimension};
use super::numbers::{term_of_float, term_of_int};
use super::postings::{CHUNK_BITS, read_into};
use crate::blockstore::{Block, Blockstore, Bytes, Reader};
use crate::error::Result;
use crate::limits::{FEW_CANDIDATES, MAX_LOOKED_UP_GRAMS};
use crate::storage::BlockId;
use crate::text::{Gram, Requirement};
use crate::types::where_clause::{Comparison, Scalar};

/// The posting lists of a segment. Cheap to clone.
#[derive(Clone)]
pub struct TermIndex {
    postings: Reader<String, Bytes>,
    /// Chunks that may have records.
    chunks: u32,
}

/// Terms of a field, from one to another.
pub type TermRange = (Bound<String>, Bound<String>);

impl TermIndex {
    /// The lists under `postings`, of records up to `max_offset_id`.
    pub fn new(postings: Reader<String, Bytes>, max_offset_id: u32) -> Self {
        Self { postings, chunks: (max_offset_id >> CHUNK_BITS) + 1 }
    }

    /// Reads the root, no block.
    pub async fn open(blockstore: &Blockstore, root: BlockId, max_offset_id: u32) -> Result<Self> {
        Ok(Self::new(blockstore.open(root).await?, max_offset_id))
    }

    pub fn root(&self) -> BlockId {
        self.postings.root()
    }

    pub(in crate::segment) fn postings(&self) -> &Reader<String, Bytes> {
        &self.postings
    }

    /// All records of the segment.
    pub async fn records(&self) -> Result<RoaringBitmap> {
        self.any_of(&Field::RECORD, &[String::new()], None).await
    }

    /// The records that have any of some terms, those `within` at least.
    pub async fn any_of(
        &self,
        field: &Field,
        terms: &[String],
        within: Option<&RoaringBitmap>,
    ) -> Result<RoaringBitmap> {
        let mut found = RoaringBitmap::new();
        for chunk in self.chunks(within) {
            let read = |_, block: &Rc<Block>, row| read_into(&mut found, chunk, block.value::<Bytes>(row)?);
            self.postings.visit_many(&field.prefix(chunk), terms, read).await?;
        }
        Ok(found)
    }

    /// The records that have a term in a range, those `within` at least.
    pub async fn between(
        &self,
        field: &Field,
        range: &TermRange,
        within: Option<&RoaringBitmap>,
    ) -> Result<RoaringBitmap> {
        let mut found = RoaringBitmap::new();
        for chunk in self.chunks(within) {
            let read = |_: &str, list: &[u8]| read_into(&mut found, chunk, list);
            self.postings.visit_range(&field.prefix(chunk), range.clone(), read).await?;
        }
        Ok(found)
    }

    /// Shows each term of a field with the records that have it to `visit`, chunk by chunk; those `within` at least.
    pub async fn visit_lists(
        &self,
        field: &Field,
        within: Option<&RoaringBitmap>,
        mut visit: impl FnMut(&str, RoaringBitmap),
    ) -> Result<()> {
        for chunk in self.chunks(within) {
            let read = |term: &str, list: &[u8]| {
                let mut records = RoaringBitmap::new();
                read_into(&mut records, chunk, list)?;
                visit(term, records);
                Ok(())
            };
            self.postings.visit_range(&field.prefix(chunk), .., read).await?;
        }
        Ok(())
    }

    /// The records whose documents may meet a requirement, those `within` at least; `None` if it says nothing.
    pub async fn may_meet(
        &self,
        requirement: &Requirement,
        within: Option<&RoaringBitmap>,
    ) -> Result<Option<RoaringBitmap>> {
        match requirement {
            Requirement::Anything => Ok(None),
            Requirement::Text(text) => Ok(Some(self.with_text(text, within).await?)),
            Requirement::All(all) => {
                let mut found: Option<RoaringBitmap> = None;
                for part in all {
                    let among = found.as_ref().or(within);
                    let part = Box::pin(self.may_meet(part, among)).await?;
                    match (&mut found, part) {
                        (Some(found), Some(part)) => *found &= &part,
                        (found, part) => *found = found.take().or(part),
                    }
                }
                Ok(found)
            }
            Requirement::Any(any) => {
                let mut found = RoaringBitmap::new();
                for part in any {
                    match Box::pin(self.may_meet(part, within)).await? {
                        Some(part) => found |= &part,
                        None => return Ok(None),
                    }
                }
                Ok(Some(found))
            }
        }
    }

    /// The records whose documents have all grams of a text; exactly those that contain it if it is no longer than a gram.
    async fn with_text(&self, text: &str, within: Option<&RoaringBitmap>) -> Result<RoaringBitmap> {
        let grams = Gram::whole(text);
        if grams.is_empty() {
            return self.between(&Field::DOCUMENT, &beginning_with(text), within).await;
        }
        // Of many grams some, evenly spread, tell nearly as much.
        let step = grams.len().div_ceil(MAX_LOOKED_UP_GRAMS);
        let last = grams.last().copied();
        let mut terms: Vec<String> = grams.into_iter().step_by(step).chain(last).map(Gram::text).collect();
        terms.sort_unstable();
        terms.dedup();
        let mut found = RoaringBitmap::new();
        for chunk in self.chunks(within) {
            found |= &self.with_all(chunk, &terms).await?;
        }
        Ok(found)
    }

    /// The records of a chunk whose documents have all of some grams.
    async fn with_all(&self, chunk: u32, terms: &[String]) -> Result<RoaringBitmap> {
        let lists = self.postings.find_many(&Field::DOCUMENT.prefix(chunk), terms).await?;
        let mut sized = Vec::with_capacity(lists.len());
        for (place, list) in lists.iter().enumerate() {
            let Some((block, row)) = list else { return Ok(RoaringBitmap::new()) };
            sized.push((block.value::<Bytes>(*row)?.len() as u64, place));
        }
        sized.sort_unstable();
        let mut found: Option<RoaringBitmap> = None;
        for (_, place) in sized {
            let Some((block, row)) = &lists[place] else { continue };
            // Looking at so few documents is cheaper than at longer lists.
            if found.as_ref().is_some_and(|found| found.len() <= FEW_CANDIDATES) {
                break;
            }
            let mut list = RoaringBitmap::new();
            read_into(&mut list, chunk, block.value::<Bytes>(*row)?)?;
            match &mut found {
                Some(found) => *found &= &list,
                None => found = Some(list),
            }
        }
        Ok(found.unwrap_or_default())
    }

    /// The lists of weights of some dimensions in a chunk, each as a row of a block.
    pub async fn weights(
        &self,
        key: &str,
        chunk: u32,
        dimensions: &[u32],
    ) -> Result<Vec<Option<(Rc<Block>, usize)>>> {
        let mut terms = Vec::with_capacity(dimensions.len());
        terms.extend(dimensions.iter().map(|dimension| term_of_dimension(*dimension)));
        self.postings.find_many(&Field::of_weights(key).prefix(chunk), &terms).await
    }

    /// The records that have a document.
    pub async fn documents(&self, within: Option<&RoaringBitmap>) -> Result<RoaringBitmap> {
        self.any_of(&Field::DOCUMENT, &[String::new()], within).await
    }

    /// Blocks that looking up `terms` terms of a field reads.
    pub fn blocks_of_terms(&self, field: &Field, terms: usize) -> u64 {
        let all = self.blocks_of_range(field, &(Bound::Unbounded, Bound::Unbounded));
        all.min(terms as u64 * u64::from(self.chunks))
    }

    /// Blocks that looking up a range of terms reads.
    pub fn blocks_of_range(&self, field: &Field, range: &TermRange) -> u64 {
        let blocks = |chunk| self.postings.blocks_in(&field.prefix(chunk), range.clone()).len() as u64;
        (0..self.chunks).map(blocks).sum()
    }

    /// The chunks with records that are asked for.
    pub fn chunks(&self, within: Option<&RoaringBitmap>) -> impl Iterator<Item = u32> {
        let is_wanted = move |chunk: &u32| {
            let first = chunk << CHUNK_BITS;
            within.is_none_or(|within| within.range_cardinality(first..=first | ((1 << CHUNK_BITS) - 1)) > 0)
        };
        (0..self.chunks).filter(is_wanted)
    }
}

/// The terms that begin with up to two characters: every place in a text where these are begins a gram.
fn beginning_with(text: &str) -> TermRange {
    let last = format!("{text}{}{}", char::MAX, char::MAX);
    (Bound::Included(text.to_owned()), Bound::Included(last))
}

/// The numbers that compare so with an operand, as terms; `None` if none does.
pub fn numbers(comparison: Comparison, operand: &Scalar) -> Option<TermRange> {
    let term = match operand {
        Scalar::Int(int) => term_of_int(*int),
        Scalar::Float(float) => term_of_float(*float)?,
        Scalar::Bool(_) | Scalar::Str(_) => return None,
    };
    match comparison {
        Comparison::Greater => Some((Bound::Excluded(term), Bound::Unbounded)),
        Comparison::GreaterOrEqual => Some((Bound::Included(term), Bound::Unbounded)),
        Comparison::Less => Some((Bound::Unbounded, Bound::Excluded(term))),
        Comparison::LessOrEqual => Some((Bound::Unbounded, Bound::Included(term))),
        Comparison::Equal | Comparison::NotEqual => None,
    }
}

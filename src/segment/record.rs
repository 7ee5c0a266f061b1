//! The record segment: the compacted records of a collection in four blockfiles.
//!
//! | blockfile | key → value | read for |
//! |---|---|---|
//! | `user_id_to_offset_id` | id → offset id | finding a record by id |
//! | `offset_id_to_user_id` | offset id → id | naming results, insertion order |
//! | `offset_id_to_data` | offset id → id, metadata, document, uri | filters, results |
//! | `offset_id_to_embedding` | offset id → vector | distances |
//!
//! Two more are indexes: of terms in metadata and documents ([`super::terms`]) and, once there are enough, of vectors
//! ([`super::vectors`]).
//!
//! Vectors lie apart from documents, so that a distance reads no text and a filter no vector.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::terms::TermIndex;
use super::vectors::VectorIndex;
use crate::blockstore::{Blockstore, DataRecord, Reader};
use crate::env::Slices;
use crate::error::Result;
use crate::segment::Snapshot;
use crate::storage::BlockId;

/// The roots of a segment's blockfiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentFiles {
    pub user_id_to_offset_id: BlockId,
    pub offset_id_to_user_id: BlockId,
    pub offset_id_to_data: BlockId,
    pub offset_id_to_embedding: BlockId,
    /// The index of the vectors; `None` while there are too few.
    pub vectors: Option<BlockId>,
    /// The index of terms; `None` in segments that were written before there was one.
    pub terms: Option<BlockId>,
    /// The largest offset id ever given out; ids are never used again.
    pub max_offset_id: u32,
}

impl SegmentFiles {
    /// The roots, without saying which is which.
    pub fn roots(&self) -> impl Iterator<Item = BlockId> + use<> {
        let records = [
            self.user_id_to_offset_id,
            self.offset_id_to_user_id,
            self.offset_id_to_data,
            self.offset_id_to_embedding,
        ];
        records.into_iter().chain(self.vectors).chain(self.terms)
    }
}

/// Blocks that left the root: those that a reader still holds, and those that wait to be deleted.
#[derive(Debug, Default)]
pub struct Trash {
    ready: RefCell<Vec<BlockId>>,
    /// Replaced segments that are still read.
    held: Cell<usize>,
}

impl Trash {
    /// Takes the blocks that no reader can reach any more.
    pub fn take(&self) -> Vec<BlockId> {
        self.ready.take()
    }

    /// Whether a reader still holds a segment that was replaced.
    pub fn is_held(&self) -> bool {
        self.held.get() > 0
    }
}

/// The compacted records of a collection, immutable. Readers keep it alive by `Rc`; when the last one
/// of a replaced segment is gone, the blocks that its successor does not share go to the [`Trash`].
pub struct RecordSegment {
    readers: Option<Readers>,
    max_offset_id: u32,
    /// The blocks that its successor does not share, once there is one.
    retired: RefCell<Option<Vec<BlockId>>>,
    trash: Rc<Trash>,
}

/// The readers of the blockfiles.
#[derive(Clone)]
pub struct Readers {
    pub ids: Reader<String, u32>,
    pub names: Reader<u32, String>,
    pub data: Reader<u32, DataRecord>,
    pub embeddings: Reader<u32, Vec<f32>>,
    pub vectors: Option<VectorIndex>,
    pub terms: Option<TermIndex>,
}

impl RecordSegment {
    /// The segment of a collection that was never compacted.
    pub fn empty(trash: Rc<Trash>) -> Self {
        Self { readers: None, max_offset_id: 0, retired: RefCell::default(), trash }
    }

    /// Opens the segment: reads the roots, no block.
    pub async fn open(blockstore: &Blockstore, files: &SegmentFiles, trash: Rc<Trash>) -> Result<Self> {
        let readers = Readers {
            ids: blockstore.open(files.user_id_to_offset_id).await?,
            names: blockstore.open(files.offset_id_to_user_id).await?,
            data: blockstore.open(files.offset_id_to_data).await?,
            embeddings: blockstore.open(files.offset_id_to_embedding).await?,
            vectors: match files.vectors {
                Some(root) => Some(VectorIndex::open(blockstore, root).await?),
                None => None,
            },
            terms: match files.terms {
                Some(root) => Some(TermIndex::open(blockstore, root, files.max_offset_id).await?),
                None => None,
            },
        };
        Ok(Self::new(readers, files.max_offset_id, trash))
    }

    /// A segment over blockfiles that were just written.
    pub fn new(readers: Readers, max_offset_id: u32, trash: Rc<Trash>) -> Self {
        Self { readers: Some(readers), max_offset_id, retired: RefCell::default(), trash }
    }

    /// The readers, unless the collection was never compacted.
    pub fn readers(&self) -> Option<&Readers> {
        self.readers.as_ref()
    }

    /// Makes this segment as ready for searches as the one before it, that of `snapshot`, is.
    pub async fn follow(&self, snapshot: &Snapshot, slices: &Slices<'_>) -> Result<()> {
        let vectors = |segment: &Self| segment.readers.as_ref().and_then(|readers| readers.vectors.clone());
        match (vectors(self), vectors(&snapshot.segment)) {
            (Some(vectors), Some(previous)) => vectors.follow(&previous, snapshot, slices).await,
            _ => Ok(()),
        }
    }

    /// The largest offset id ever given out; 0 before the first.
    pub fn max_offset_id(&self) -> u32 {
        self.max_offset_id
    }

    /// Number of records.
    pub fn len(&self) -> u64 {
        self.readers.as_ref().map_or(0, |readers| readers.names.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The roots as the catalogue keeps them.
    pub fn files(&self) -> Option<SegmentFiles> {
        self.readers.as_ref().map(|readers| SegmentFiles {
            user_id_to_offset_id: readers.ids.root(),
            offset_id_to_user_id: readers.names.root(),
            offset_id_to_data: readers.data.root(),
            offset_id_to_embedding: readers.embeddings.root(),
            vectors: readers.vectors.as_ref().map(VectorIndex::root),
            terms: readers.terms.as_ref().map(TermIndex::root),
            max_offset_id: self.max_offset_id,
        })
    }

    /// The offset ids of the given ids, in their order.
    pub async fn offsets(&self, ids: &[String]) -> Result<Vec<Option<u32>>> {
        match &self.readers {
            Some(readers) if !ids.is_empty() => readers.ids.get_many("", ids).await,
            _ => Ok(vec![None; ids.len()]),
        }
    }

    /// This segment was replaced: notes the blocks that its successor does not share, nor anything else. They are thrown away
    /// when the last reader of this segment is gone.
    pub fn retire(&self, blocks: Vec<BlockId>) {
        if self.retired.replace(Some(blocks)).is_none() {
            self.trash.held.set(self.trash.held.get() + 1);
        }
    }
}

impl Drop for RecordSegment {
    fn drop(&mut self) {
        if let Some(mut retired) = self.retired.take() {
            self.trash.held.set(self.trash.held.get() - 1);
            self.trash.ready.borrow_mut().append(&mut retired);
        }
    }
}

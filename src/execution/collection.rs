//! One open collection: its segment, and the operations of the log that are not part of it yet.

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use futures::lock::Mutex;

use crate::blockstore::Blockstore;
use crate::error::{Error, Result};
use crate::execution::selections::Selections;
use crate::limits::BOUNDED_WAL_OPERATIONS;
use crate::segment::{RecordSegment, SegmentFiles, Snapshot, Tail, Trash};
use crate::types::{
    CollectionConfiguration, CollectionId, OperationRecord, ReadLevel, Schema, Space, VectorStructure,
};

/// The operations of one write.
pub type Batch = Rc<[Rc<OperationRecord>]>;

/// The state of an open collection. Shared by `Rc`; all of it is guarded by short borrows, and
/// folding the log into the tail by a lock that is held across the reads which it needs.
pub struct CollectionState {
    id: CollectionId,
    space: Space,
    structure: RefCell<Rc<VectorStructure>>,
    schema: RefCell<Rc<Schema>>,
    blockstore: Blockstore,
    trash: Rc<Trash>,
    inner: RefCell<Inner>,
    folding: Mutex<()>,
    selections: Selections,
    /// Whether somebody has asked what has changed: compactions keep a history from then on.
    #[cfg(feature = "rest")]
    pub(crate) followed: Cell<bool>,
    /// The dimension that writes on their way to the log rely on, and those writes.
    reserved: Cell<Option<usize>>,
    in_flight: RefCell<Vec<Batch>>,
}

struct Inner {
    files: Option<SegmentFiles>,
    /// Opened at the first read.
    segment: Option<Rc<RecordSegment>>,
    tail: Rc<Tail>,
    /// Everything after the segment's log position, oldest first.
    pending: VecDeque<Pending>,
    /// The tail holds the pending batches up to this sequence number.
    folded: u64,
    /// The segment holds the log up to here.
    compacted: u64,
    dimension: Option<usize>,
}

struct Pending {
    sequence: u64,
    batch: Batch,
    bytes: usize,
}

impl CollectionState {
    /// The state as the catalogue has it, before the log is replayed: with the segment, and the sequence number up to which that holds
    /// the log.
    pub fn new(
        id: CollectionId,
        configuration: &CollectionConfiguration,
        schema: Rc<Schema>,
        dimension: Option<usize>,
        (files, compacted): (Option<SegmentFiles>, u64),
        blockstore: Blockstore,
        trash: Rc<Trash>,
    ) -> Self {
        let inner = Inner {
            files,
            segment: None,
            tail: Rc::default(),
            pending: VecDeque::new(),
            folded: 0,
            compacted,
            dimension,
        };
        Self {
            id,
            space: configuration.space(),
            structure: RefCell::new(Rc::new(configuration.structure())),
            schema: RefCell::new(schema),
            blockstore,
            trash,
            inner: RefCell::new(inner),
            folding: Mutex::new(()),
            selections: Selections::default(),
            #[cfg(feature = "rest")]
            followed: Cell::new(false),
            reserved: Cell::new(dimension),
            in_flight: RefCell::default(),
        }
    }

    pub fn id(&self) -> CollectionId {
        self.id
    }

    /// What the filters that were asked last selected.
    pub fn selections(&self) -> &Selections {
        &self.selections
    }

    /// Takes in a change of the parameters that may change.
    pub fn configure(&self, configuration: &CollectionConfiguration, schema: Rc<Schema>) {
        *self.structure.borrow_mut() = Rc::new(configuration.structure());
        *self.schema.borrow_mut() = schema;
    }

    /// What is indexed.
    pub fn schema(&self) -> Rc<Schema> {
        Rc::clone(&self.schema.borrow())
    }

    /// Components of a vector, once a write has been acknowledged.
    pub fn dimension(&self) -> Option<usize> {
        self.inner.borrow().dimension
    }

    /// The dimension that a new write has to keep: that of the writes before it, acknowledged or not.
    pub fn reserved_dimension(&self) -> Option<usize> {
        self.reserved.get()
    }

    /// A write with this dimension is on its way to the log.
    pub fn reserve(&self, dimension: Option<usize>, batch: &Batch) {
        self.reserved.set(dimension);
        self.in_flight.borrow_mut().push(Rc::clone(batch));
    }

    /// A write has come back from the log. If all of those on their way failed, they fixed nothing.
    pub fn release(&self, batch: &Batch) {
        let mut in_flight = self.in_flight.borrow_mut();
        in_flight.retain(|other| !Rc::ptr_eq(other, batch));
        if in_flight.is_empty() {
            self.reserved.set(self.dimension());
        }
    }

    /// Takes in a durable write; the next snapshot sees it.
    pub fn append(&self, sequence: u64, batch: Batch, dimension: Option<usize>) {
        let bytes = batch.iter().map(|operation| size_of_operation(operation)).sum();
        let mut inner = self.inner.borrow_mut();
        inner.pending.push_back(Pending { sequence, batch, bytes });
        inner.dimension = inner.dimension.or(dimension);
        if self.reserved.get().is_none() {
            self.reserved.set(inner.dimension);
        }
    }

    /// Operations and bytes that are not part of the segment yet.
    pub fn pending(&self) -> (usize, usize) {
        let inner = self.inner.borrow();
        inner.pending.iter().fold((0, 0), |(operations, bytes), pending| {
            (operations + pending.batch.len(), bytes + pending.bytes)
        })
    }

    /// Sequence numbers of the writes that are not part of the segment yet.
    pub fn pending_sequences(&self) -> Vec<u64> {
        self.inner.borrow().pending.iter().map(|pending| pending.sequence).collect()
    }

    /// The operations that are not part of the segment yet, up to `sequence`.
    pub fn pending_operations(&self, sequence: u64) -> Vec<Rc<OperationRecord>> {
        let inner = self.inner.borrow();
        let seen = inner.pending.iter().filter(|pending| pending.sequence <= sequence);
        seen.flat_map(|pending| pending.batch.iter().cloned()).collect()
    }

    /// Gives a fork what is not part of the segment yet.
    pub fn share_pending(&self, fork: &Self) {
        for pending in &self.inner.borrow().pending {
            fork.append(pending.sequence, Rc::clone(&pending.batch), None);
        }
    }

    /// The writes up to `sequence` that are not part of the segment yet.
    #[cfg(feature = "rest")]
    pub fn pending_writes(&self, sequence: u64) -> Vec<(u64, Batch)> {
        let inner = self.inner.borrow();
        let seen = inner.pending.iter().filter(|pending| pending.sequence <= sequence);
        seen.map(|pending| (pending.sequence, Rc::clone(&pending.batch))).collect()
    }

    /// The segment holds the log up to here.
    #[cfg(feature = "rest")]
    pub fn compacted(&self) -> u64 {
        self.inner.borrow().compacted
    }

    /// Sequence number of the last write, or of what the segment holds; 0 before the first.
    pub fn last_sequence(&self) -> u64 {
        let inner = self.inner.borrow();
        inner.pending.back().map_or(inner.compacted, |last| last.sequence)
    }

    /// The writes after `sequence`; `None` if some of them are no longer known apart from the segment.
    pub fn written_after(&self, sequence: u64) -> Option<Vec<Batch>> {
        let inner = self.inner.borrow();
        let later = inner.pending.iter().filter(|pending| pending.sequence > sequence);
        (sequence >= inner.compacted).then(|| later.map(|pending| Rc::clone(&pending.batch)).collect())
    }

    /// Whether a write after `sequence`, acknowledged or on its way, touches one of `ids`.
    pub fn is_touched_after(&self, sequence: u64, ids: &HashSet<&str>) -> bool {
        let touches = |batch: &Batch| batch.iter().any(|operation| ids.contains(operation.id.as_str()));
        let inner = self.inner.borrow();
        let mut later = inner.pending.iter().filter(|pending| pending.sequence > sequence);
        later.any(|pending| touches(&pending.batch)) || self.in_flight.borrow().iter().any(touches)
    }

    /// A view of what was acknowledged up to `sequence`, if that is not before the segment's position.
    pub async fn snapshot_up_to(&self, sequence: u64) -> Result<Snapshot> {
        let is_all = {
            let inner = self.inner.borrow();
            inner.pending.back().is_none_or(|last| last.sequence <= sequence)
        };
        if is_all {
            return Ok(self.snapshot().await?.0);
        }
        let _folding = self.folding.lock().await;
        let segment = self.segment().await?;
        self.view_of(segment, &self.pending_operations(sequence)).await
    }

    /// The segment under some of the operations of the log.
    async fn view_of(
        &self,
        segment: Rc<RecordSegment>,
        operations: &[Rc<OperationRecord>],
    ) -> Result<Snapshot> {
        let mut tail = Tail::new(&segment);
        tail.fold(&segment, operations).await?;
        Ok(self.view(segment, Rc::new(tail), self.dimension()))
    }

    /// Sequence number of the oldest write after `sequence` that is not part of the segment.
    pub fn first_pending_after(&self, sequence: u64) -> Option<u64> {
        let inner = self.inner.borrow();
        inner.pending.iter().map(|pending| pending.sequence).find(|pending| *pending > sequence)
    }

    /// Number of operations up to and including `sequence` that are not part of the segment.
    pub fn pending_up_to(&self, sequence: u64) -> u64 {
        let inner = self.inner.borrow();
        let batches = inner.pending.iter().take_while(|pending| pending.sequence <= sequence);
        batches.map(|pending| pending.batch.len() as u64).sum()
    }

    /// A view of everything acknowledged so far, and the sequence number up to which it goes.
    pub async fn snapshot(&self) -> Result<(Snapshot, u64)> {
        let _folding = self.folding.lock().await;
        let segment = self.segment().await?;
        self.fold(&segment).await?;
        let inner = self.inner.borrow();
        let snapshot = self.view(segment, Rc::clone(&inner.tail), inner.dimension);
        Ok((snapshot, inner.folded))
    }

    /// A view at a read level.
    pub async fn snapshot_at(&self, level: ReadLevel) -> Result<Snapshot> {
        if level == ReadLevel::IndexAndWal {
            return Ok(self.snapshot().await?.0);
        }
        let _folding = self.folding.lock().await;
        let segment = self.segment().await?;
        let taken = if level == ReadLevel::IndexAndBoundedWal { BOUNDED_WAL_OPERATIONS } else { 0 };
        let operations: Vec<_> = {
            let inner = self.inner.borrow();
            inner.pending.iter().flat_map(|pending| pending.batch.iter().cloned()).take(taken).collect()
        };
        self.view_of(segment, &operations).await
    }

    /// The collection as it would be over another segment.
    pub fn view_over(&self, segment: Rc<RecordSegment>, tail: Rc<Tail>) -> Snapshot {
        self.view(segment, tail, self.dimension())
    }

    fn view(&self, segment: Rc<RecordSegment>, tail: Rc<Tail>, dimension: Option<usize>) -> Snapshot {
        let structure = Rc::clone(&self.structure.borrow());
        Snapshot { segment, tail, dimension, space: self.space, structure, schema: self.schema() }
    }

    async fn segment(&self) -> Result<Rc<RecordSegment>> {
        let files = {
            let inner = self.inner.borrow();
            if let Some(segment) = &inner.segment {
                return Ok(Rc::clone(segment));
            }
            inner.files
        };
        let segment = Rc::new(match files {
            Some(files) => RecordSegment::open(&self.blockstore, &files, Rc::clone(&self.trash)).await?,
            None => RecordSegment::empty(Rc::clone(&self.trash)),
        });
        let mut inner = self.inner.borrow_mut();
        inner.segment = Some(Rc::clone(&segment));
        inner.tail = Rc::new(Tail::new(&segment));
        Ok(segment)
    }

    /// Brings the tail up to date. Only one call at a time (`folding`).
    async fn fold(&self, segment: &RecordSegment) -> Result<()> {
        let (mut tail, operations, last) = {
            let mut inner = self.inner.borrow_mut();
            let folded = inner.folded;
            let new = inner.pending.iter().filter(|pending| pending.sequence > folded);
            let operations: Vec<_> = new.flat_map(|pending| pending.batch.iter().cloned()).collect();
            let Some(last) = inner.pending.back().map(|pending| pending.sequence) else { return Ok(()) };
            if operations.is_empty() {
                return Ok(());
            }
            // Taken out, so that it is changed in place unless a reader still holds it. Half a fold is no
            // state: one that fails or is given up leaves the next to start again from the segment.
            inner.folded = 0;
            let tail = std::mem::replace(&mut inner.tail, Rc::new(Tail::new(segment)));
            (tail, operations, last)
        };
        Rc::make_mut(&mut tail).fold(segment, &operations).await?;
        let mut inner = self.inner.borrow_mut();
        inner.tail = tail;
        inner.folded = last;
        Ok(())
    }

    /// Replaces the segment after a commit: it holds the log up to `sequence`.
    pub async fn install(&self, segment: RecordSegment, sequence: u64) -> Result<()> {
        // A fold under way works on the old segment; it has to end first.
        let _folding = self.folding.lock().await;
        let mut inner = self.inner.borrow_mut();
        if inner.segment.is_none() {
            return Err(Error::Internal("a segment was compacted that was never opened".into()));
        }
        inner.files = segment.files();
        inner.tail = Rc::new(Tail::new(&segment));
        inner.folded = sequence;
        inner.compacted = sequence;
        inner.segment = Some(Rc::new(segment));
        inner.pending.retain(|pending| pending.sequence > sequence);
        Ok(())
    }

    /// Replaces a damaged segment, opened or not, by what was saved of it. What the log has after it stays pending.
    pub async fn install_rebuilt(&self, segment: RecordSegment) {
        let _folding = self.folding.lock().await;
        let mut inner = self.inner.borrow_mut();
        if let Some(damaged) = inner.segment.take() {
            damaged.retire(Vec::new());
        }
        inner.files = segment.files();
        inner.tail = Rc::new(Tail::new(&segment));
        inner.folded = 0;
        inner.segment = Some(Rc::new(segment));
    }
}

/// What an operation occupies in memory, roughly: it bounds the tail, nothing more.
fn size_of_operation(operation: &OperationRecord) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let metadata = operation.metadata.as_ref().map_or(0, |metadata| metadata.len() * 64);
    let vector = operation.embedding.as_ref().map_or(0, |vector| vector.len() * size_of::<f32>());
    size_of::<OperationRecord>()
        + operation.id.len()
        + text(&operation.document)
        + text(&operation.uri)
        + metadata
        + vector
}

//! How the records of one collection lie in blockfiles, and the log folded over them.
//!
//! A [`Snapshot`] is what every read works on: an immutable [`RecordSegment`] (what has been compacted)
//! under a [`Tail`] (what the log added since, materialised). Spec: storage-architecture 2, 5 and 9.

mod changes;
#[cfg(feature = "rest")]
mod history;
mod rebuild;
mod record;
mod scan;
mod tail;
mod terms;
mod vectors;
mod writer;

use std::rc::Rc;

pub use changes::{RecordChange, changes, unshared};
#[cfg(feature = "rest")]
pub use history::{Group, History, coalesce, decode as decode_history};
pub use rebuild::rebuild;
pub use record::{Readers, RecordSegment, SegmentFiles, Trash};
pub use scan::{Losses, RecordScan, ScannedRecord};
pub use tail::{Tail, TailRecord, decode_metadata};
pub use terms::{Field, Kind, Term, TermIndex, TermRange, decode_weights, numbers, visit_terms};
pub use vectors::{Target, VectorIndex};
pub use writer::{Compacted, HistoryRows, compact, improve};

use crate::types::{Schema, Space, VectorStructure};

/// A consistent view of one collection. Cheap to clone; later writes do not change it.
#[derive(Clone)]
pub struct Snapshot {
    pub segment: Rc<RecordSegment>,
    pub tail: Rc<Tail>,
    /// Components of a vector; `None` until the first write.
    pub dimension: Option<usize>,
    pub space: Space,
    pub structure: Rc<VectorStructure>,
    /// What is indexed.
    pub schema: Rc<Schema>,
}

impl Snapshot {
    /// Number of live records.
    pub fn count(&self) -> u64 {
        self.segment.len() - self.tail.deleted().len() + self.tail.added()
    }
}

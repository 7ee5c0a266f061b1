//! Functions that run over what compactions bring into a collection (spec: rest-api 6).
//!
//! A function remembers the segment that it saw last; what it has to see next is how the present one differs. Its output and how far it
//! has come are one entry of the log, so that nothing is seen twice or not at all, whatever comes in between.

mod counter;
mod statistics;

use std::rc::Rc;

use crate::error::{Error, Result};
use crate::execution::collection::CollectionState;
use crate::execution::store::Store;
use crate::limits::FUNCTION_BATCH_RECORDS;
use crate::segment::{RecordChange, RecordSegment, changes, unshared};
use crate::sysdb::FunctionRow;
use crate::types::{CollectionId, Embedding, Metadata, Operation, OperationRecord};

/// The functions that the engine has itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
    RecordCounter,
    Statistics,
}

impl BuiltIn {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "record_counter" => Some(BuiltIn::RecordCounter),
            "statistics" => Some(BuiltIn::Statistics),
            _ => None,
        }
    }

    /// Runs the function over all that has changed, and answers what its output collection has to become.
    pub async fn run(self, run: &mut Run, output: Option<&CollectionState>) -> Result<Vec<OperationRecord>> {
        match self {
            BuiltIn::RecordCounter => counter::run(run).await,
            BuiltIn::Statistics => statistics::run(run, output).await,
        }
    }
}

/// One run of a function: over what has changed since the run before.
pub struct Run {
    pub input: CollectionId,
    /// The function, as far as it will have come.
    pub function: FunctionRow,
    old: RecordSegment,
    new: Rc<RecordSegment>,
    offsets: Vec<u32>,
    seen: usize,
    with_embeddings: bool,
}

impl Run {
    /// Begins a run; `None` if nothing has changed.
    pub async fn begin(
        store: &Store,
        state: &CollectionState,
        function: &FunctionRow,
        with_embeddings: bool,
    ) -> Result<Option<Self>> {
        // No compaction comes between what the catalogue says and what is open.
        let _committing = store.committing.lock().await;
        let Some((files, log_position)) =
            store.catalog.borrow().row(state.id()).and_then(|row| Some((row.segment?, row.log_position)))
        else {
            return Ok(None);
        };
        if !function.is_behind(&files) {
            return Ok(None);
        }
        let (snapshot, _) = state.snapshot().await?;
        let trash = Rc::clone(&store.trash);
        let old = match &function.base {
            Some(base) => RecordSegment::open(&store.blockstore, base, trash).await?,
            None => RecordSegment::empty(trash),
        };
        let offsets = unshared(&old, &snapshot.segment).await?.into_iter().collect();
        let mut function = FunctionRow { base: Some(files), ..function.clone() };
        function.function.completion_offset = log_position;
        let (input, new) = (state.id(), snapshot.segment);
        Ok(Some(Self { input, function, old, new, offsets, seen: 0, with_embeddings }))
    }

    /// The next changes; none at the end.
    pub async fn next(&mut self) -> Result<Vec<RecordChange>> {
        loop {
            let end = self.offsets.len().min(self.seen + FUNCTION_BATCH_RECORDS);
            let batch = &self.offsets[self.seen..end];
            if batch.is_empty() {
                return Ok(Vec::new());
            }
            let found = changes(&self.old, &self.new, batch, self.with_embeddings).await?;
            self.seen = end;
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }

    /// Writes the output, and with it that this run is done.
    pub async fn finish(
        self,
        store: &Rc<Store>,
        output: &Rc<CollectionState>,
        operations: Vec<OperationRecord>,
    ) -> Result<()> {
        let given = operations.iter().find_map(|operation| Some(operation.embedding.as_ref()?.len()));
        let dimension = output.reserved_dimension().or(given);
        if let (Some(given), Some(dimension)) = (given, dimension)
            && given != dimension
        {
            return Err(Error::InvalidArgument(format!(
                "The output collection of function {} holds vectors of {dimension} components, not {given}",
                self.function.function.name
            )));
        }
        store
            .write_output(
                output,
                operations.into_iter().map(Rc::new).collect(),
                dimension,
                (self.input, self.function),
            )
            .await?;
        Ok(())
    }
}

/// A record of the output of a function of the engine; such records have no vectors worth the name.
fn upsert(id: String, metadata: Metadata, document: String) -> OperationRecord {
    OperationRecord {
        operation: Operation::Upsert,
        id,
        embedding: Some(Embedding::from(vec![0.0])),
        document: Some(document),
        uri: None,
        metadata: Some(metadata.into_iter().map(|(key, value)| (key, Some(value))).collect()),
    }
}

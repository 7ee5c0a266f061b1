//! An open store: the log, the catalogue and the open collections, and how a write passes through them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::{Rc, Weak};

use futures::channel::oneshot;
use futures::lock::Mutex;

use crate::blockstore::Blockstore;
use crate::env::Env;
use crate::error::{Corruption, Error, Result, StorageError};
use crate::execution::collection::{Batch, CollectionState};
use crate::execution::edits;
use crate::log::proto::{Change, Fork, Records};
use crate::log::{Log, LogEntry, Replay, Room, convert};
use crate::segment::{SegmentFiles, Trash};
use crate::storage::{Durability, Storage};
use crate::sysdb::{
    Applied, Catalog, CollectionRow, FunctionRow, Request, SysDb, decode_function, encode_function,
};
use crate::types::{CollectionId, Operation};

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    pub durability: Durability,
    /// Budget of the block cache in bytes.
    pub cache_bytes: usize,
    /// How many earlier versions of each collection are kept.
    pub keep_versions: usize,
}

/// What the opening of a store found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Recovery {
    /// Operations of the log that are not part of a segment.
    pub replayed_operations: u64,
    /// Bytes of an unacknowledged append that were cut off.
    pub torn_bytes: u64,
    /// Time from the start of the opening to its end, in milliseconds.
    pub milliseconds: f64,
}

/// An open store.
pub struct Store {
    pub(crate) env: Rc<dyn Env>,
    pub(crate) blockstore: Blockstore,
    pub(crate) log: Log,
    pub(crate) sysdb: SysDb,
    pub(crate) catalog: RefCell<Catalog>,
    collections: RefCell<BTreeMap<CollectionId, Rc<CollectionState>>>,
    pub(crate) trash: Rc<Trash>,
    /// Versions that were read since garbage was last collected.
    versions: RefCell<HashMap<(CollectionId, u32), Rc<CollectionState>>>,
    /// States that are not, or no longer, what the catalogue says of their collections, and that a reader may hold.
    detached: RefCell<Vec<Weak<CollectionState>>>,
    /// How many earlier versions of each collection are kept.
    pub(crate) keep_versions: usize,
    /// Whether the storage may hold blocks that the root does not reach.
    pub(crate) sweep_due: Cell<bool>,
    /// Held by the one compaction or commit under way.
    pub(crate) committing: Mutex<()>,
    /// Held by the one change of the catalogue under way: what it checks and what it logs belong together.
    pub(crate) naming: Mutex<()>,
    pub(crate) recovery: Recovery,
    /// The request that the next entry of the log answers: set while a call on behalf of a client is polled, and taken by its first entry.
    pub(crate) request: Cell<Option<Request>>,
    /// The time of the last edit of a linked collection.
    last_edit: Cell<i64>,
    /// Counts what was written since the store was opened.
    pub(crate) changes: Cell<u32>,
    /// Those who wait for the next change.
    pub(crate) waiting: RefCell<Vec<oneshot::Sender<()>>>,
}

/// What an entry of the log holds beside the operations of a write.
#[derive(Default)]
struct Beside {
    /// A write to the collection's shadow.
    shadow: Option<(Rc<CollectionState>, Batch)>,
    /// The function that has put the operations out, of a collection, and how far it has come with that.
    output_of: Option<(CollectionId, FunctionRow)>,
}

impl Store {
    /// Opens a store: reads the root, the catalogue and the log after it. No segment is read.
    pub async fn open(storage: Rc<dyn Storage>, env: Rc<dyn Env>, options: StoreOptions) -> Result<Rc<Self>> {
        let started = env.now_ms();
        let blockstore = Blockstore::new(Rc::clone(&storage), Rc::clone(&env), options.cache_bytes);
        let (sysdb, catalog, start) = SysDb::open(&blockstore).await?;
        let (log, replay) = Log::open(
            Rc::clone(&storage),
            Rc::clone(&env),
            options.durability,
            start.sequence,
            start.checksum,
        )
        .await?;
        let mut store = Self {
            sweep_due: Cell::new(storage.usage().await?.blocks != sysdb.blocks()),
            env,
            blockstore,
            log,
            sysdb,
            catalog: RefCell::new(catalog),
            collections: RefCell::default(),
            trash: Rc::default(),
            versions: RefCell::default(),
            detached: RefCell::default(),
            keep_versions: options.keep_versions,
            committing: Mutex::new(()),
            naming: Mutex::new(()),
            request: Cell::new(None),
            last_edit: Cell::new(0),
            changes: Cell::new(0),
            waiting: RefCell::default(),
            recovery: Recovery { torn_bytes: replay.torn_bytes, ..Recovery::default() },
        };
        store.recovery.replayed_operations = store.replay(replay, start.catalogue)?;
        store.recovery.milliseconds = store.env.now_ms() - started;
        Ok(Rc::new(store))
    }

    fn replay(&self, replay: Replay, catalogue_position: u64) -> Result<u64> {
        let mut operations = 0;
        for entry in replay.entries {
            let is_new = entry.sequence > catalogue_position;
            if let Some(request) = entry.request.filter(|_| is_new) {
                let operations = match &entry.change {
                    Change::Records(records) => records.records.len(),
                    _ => 0,
                };
                self.note_request(Some(&Request::decode(&request)?), entry.sequence, operations);
            }
            match entry.change {
                Change::Records(mut records) => {
                    if let Some(function) = records.output_of.take().filter(|_| is_new) {
                        self.note_progress(decode_function(function)?);
                    }
                    if let Some(shadow) = records.shadow.take() {
                        operations += self.replay_records(*shadow, entry.sequence)?;
                    }
                    operations += self.replay_records(records, entry.sequence)?;
                }
                change if is_new => self.apply_change(&change, entry.sequence)?,
                _ => {}
            }
        }
        Ok(operations)
    }

    fn replay_records(&self, records: Records, sequence: u64) -> Result<u64> {
        let id = CollectionId(crate::sysdb::uuid(&records.collection)?);
        // Nobody, if the collection was deleted later, or its segment already holds the write.
        let readers = self.catalog.borrow().readers_of(id, sequence);
        if readers.is_empty() {
            return Ok(0);
        }
        let operations: Result<Vec<_>> = records
            .records
            .into_iter()
            .map(|record| convert::decode_operation(record).map(Rc::new))
            .collect();
        let batch: Batch = operations?.into();
        let count = batch.len() as u64;
        for reader in readers {
            self.apply_records(reader, Rc::clone(&batch), sequence);
        }
        Ok(count)
    }

    /// The state of a collection that the catalogue has; `None` for others.
    pub fn collection(&self, id: CollectionId) -> Option<Rc<CollectionState>> {
        if let Some(state) = self.collections.borrow().get(&id) {
            return Some(Rc::clone(state));
        }
        let catalog = self.catalog.borrow();
        let row = catalog.row(id)?;
        let state = self.open_state(row, row.segment, row.log_position);
        self.collections.borrow_mut().insert(id, Rc::clone(&state));
        Some(state)
    }

    /// The state of a collection as one of its versions was; `None` when that is not kept. Nothing is ever written to it.
    pub fn version(&self, id: CollectionId, version: u32) -> Option<Rc<CollectionState>> {
        let catalog = self.catalog.borrow();
        let row = catalog.row(id)?;
        let version_row = row.find_version(version)?;
        let mut versions = self.versions.borrow_mut();
        let state = versions.entry((id, version)).or_insert_with(|| {
            let state = self.open_state(row, Some(version_row.segment), version_row.log_position);
            self.note_detached(&state);
            state
        });
        Some(Rc::clone(state))
    }

    fn open_state(
        &self,
        row: &CollectionRow,
        segment: Option<SegmentFiles>,
        log_position: u64,
    ) -> Rc<CollectionState> {
        Rc::new(CollectionState::new(
            row.id,
            &row.configuration,
            Rc::clone(&row.schema),
            row.dimension,
            (segment, log_position),
            self.blockstore.clone(),
            Rc::clone(&self.trash),
        ))
    }

    fn note_detached(&self, state: &Rc<CollectionState>) {
        self.detached.borrow_mut().push(Rc::downgrade(state));
    }

    /// Whether a reader holds a segment that is not the catalogue's current one. What nobody reads any more is forgotten.
    pub fn has_detached_readers(&self) -> bool {
        let mut detached = self.detached.borrow_mut();
        detached.retain(|state| state.strong_count() > 0);
        !detached.is_empty() || self.trash.is_held()
    }

    /// Whether blocks of a collection's segment may be part of other segments, or be read as part of them.
    pub fn is_shared(&self, id: CollectionId) -> bool {
        self.keep_versions > 0 || self.catalog.borrow().is_shared(id) || self.has_detached_readers()
    }

    /// Lets go of versions that were read.
    pub fn close_versions(&self) {
        self.versions.borrow_mut().clear();
    }

    /// The collections that were touched since the store was opened.
    pub fn open_collections(&self) -> Vec<Rc<CollectionState>> {
        self.collections.borrow().values().cloned().collect()
    }

    /// Logs a change of the catalogue and applies it.
    pub async fn change(self: &Rc<Self>, change: Change) -> Result<()> {
        let store = Rc::clone(self);
        let applied = Rc::new(RefCell::new(Ok(())));
        let outcome = Rc::clone(&applied);
        let request = self.request.take();
        let room = match change {
            Change::DeleteDatabase(_)
            | Change::DeleteCollection(_)
            | Change::DeleteFunction(_)
            | Change::DeleteLink(_)
            | Change::ReplaceCollection(_) => Room::Gives,
            _ => Room::Takes,
        };
        let entry = LogEntry { change: Some(change.clone()), request: request.as_ref().map(Request::encode) };
        let apply = move |sequence| {
            store.note_request(request.as_ref(), sequence, 0);
            *outcome.borrow_mut() = store.apply_change(&change, sequence);
        };
        self.log.append(room, entry, apply).await?;
        applied.replace(Ok(()))
    }

    /// Notes that a request has been done with an entry of the log.
    fn note_request(&self, request: Option<&Request>, sequence: u64, operations: usize) {
        if let Some(request) = request {
            let applied = Applied { sequence, operations: operations as u64 };
            self.catalog.borrow_mut().note_request(request, applied);
        }
    }

    /// Logs the operations of one write and makes them visible. `dimension` is the collection's
    /// after this write. Answers the sequence number of its log entry.
    pub async fn write(
        self: &Rc<Self>,
        state: &Rc<CollectionState>,
        batch: Batch,
        dimension: Option<usize>,
    ) -> Result<u64> {
        let shadow = self.shadow_of(state.id()).map(|shadow| {
            let edits = edits::of_users(&batch, self.edit_stamp());
            (shadow, edits)
        });
        self.write_entry(state, batch, dimension, Beside { shadow, ..Beside::default() }).await
    }

    /// Logs what synchronisation brings to a linked collection, and what is known about its replicas then, as one entry. Either may be empty.
    pub async fn write_replicated(
        self: &Rc<Self>,
        state: &Rc<CollectionState>,
        batch: Batch,
        dimension: Option<usize>,
        shadow: (Rc<CollectionState>, Batch),
    ) -> Result<u64> {
        self.write_entry(state, batch, dimension, Beside { shadow: Some(shadow), output_of: None }).await
    }

    /// The shadow of a collection, if that is linked.
    pub fn shadow_of(&self, id: CollectionId) -> Option<Rc<CollectionState>> {
        let shadow = self.catalog.borrow().row(id)?.link.as_ref()?.shadow;
        self.collection(shadow)
    }

    /// The time of an edit: milliseconds since the Unix epoch times 2^11, and more than any given out before.
    fn edit_stamp(&self) -> i64 {
        let now = (self.env.now_ms() as i64).saturating_mul(1 << 11);
        let stamp = now.max(self.last_edit.get() + 1);
        self.last_edit.set(stamp);
        stamp
    }

    /// Logs what a function of the collection `input` has put out, and how far it has come with that, as one entry.
    pub async fn write_output(
        self: &Rc<Self>,
        state: &Rc<CollectionState>,
        batch: Batch,
        dimension: Option<usize>,
        (input, function): (CollectionId, FunctionRow),
    ) -> Result<u64> {
        let shadow =
            self.shadow_of(state.id()).map(|shadow| (shadow, edits::of_users(&batch, self.edit_stamp())));
        let beside = Beside { shadow, output_of: Some((input, function)) };
        self.write_entry(state, batch, dimension, beside).await
    }

    async fn write_entry(
        self: &Rc<Self>,
        state: &Rc<CollectionState>,
        batch: Batch,
        dimension: Option<usize>,
        Beside { shadow, output_of }: Beside,
    ) -> Result<u64> {
        let (store, id) = (Rc::clone(self), state.id());
        let function = output_of.as_ref().map(|(input, function)| encode_function(*input, function));
        let request = self.request.take();
        let message = request.as_ref().map(Request::encode);
        let shadow_id = shadow.as_ref().map(|(shadow, _)| shadow.id());
        let shadow_write = shadow
            .as_ref()
            .zip(shadow_id.as_ref())
            .map(|((_, operations), id)| convert::Write { collection: id.0.as_bytes(), operations });
        let write = convert::Write { collection: id.0.as_bytes(), operations: &batch };
        let entry = convert::encode_records(write, shadow_write, function.as_ref(), message.as_ref());
        let gives = batch.iter().all(|operation| operation.operation == Operation::Delete);
        let room = if gives { Room::Gives } else { Room::Takes };
        state.reserve(dimension, &batch);
        let written = Rc::clone(&batch);
        let place = Rc::new(Cell::new(0));
        let noted = Rc::clone(&place);
        let apply = move |sequence| {
            noted.set(sequence);
            store.note_request(request.as_ref(), sequence, written.len());
            if let Some(progress) = output_of {
                store.note_progress(progress);
            }
            if let Some((shadow, operations)) = shadow {
                store.apply_records(shadow.id(), operations, sequence);
            }
            store.apply_records(id, written, sequence);
        };
        let outcome = self.log.append_encoded(room, entry, apply).await;
        state.release(&batch);
        outcome.map(|()| place.get())
    }

    /// Notes how far a function has come, unless it was detached meanwhile.
    fn note_progress(&self, (input, function): (CollectionId, FunctionRow)) {
        let mut catalog = self.catalog.borrow_mut();
        let row = catalog.row(input);
        let is_attached =
            |row: &CollectionRow| row.functions.iter().any(|other| other.function.id == function.function.id);
        if row.is_some_and(is_attached) {
            catalog.put_function(input, function);
        }
        // The segment that it went on from is no longer needed.
        self.sweep_due.set(true);
    }

    fn apply_records(&self, id: CollectionId, batch: Batch, sequence: u64) {
        if batch.is_empty() {
            // Its entry was about the shadow alone, and is not kept for the collection.
            return;
        }
        // A write that was under way while its collection was deleted has nowhere to go.
        let Some(state) = self.collection(id) else { return };
        let dimension =
            batch.iter().find_map(|operation| operation.embedding.as_ref().map(|vector| vector.len()));
        {
            let mut catalog = self.catalog.borrow_mut();
            if let Some(dimension) = dimension {
                catalog.fix_dimension(id, dimension);
            }
            catalog.note_metadata(id, &batch);
        }
        state.append(sequence, batch, dimension);
        self.note_change();
    }

    /// Tells those who wait that something has changed.
    pub fn note_change(&self) {
        self.changes.set(self.changes.get().wrapping_add(1));
        for waiting in self.waiting.take() {
            // Who has gone away does not need to know.
            let _ = waiting.send(());
        }
    }

    /// Takes no more writes, and lets nobody wait for them.
    pub fn close(&self) {
        self.log.close();
        self.waiting.take();
    }

    fn apply_change(&self, change: &Change, sequence: u64) -> Result<()> {
        self.catalog.borrow_mut().apply(change, sequence)?;
        self.note_change();
        match change {
            Change::DeleteDatabase(_) | Change::DeleteCollection(_) | Change::DeleteLink(_) => {
                self.close_deleted();
            }
            Change::ReplaceCollection(_) => self.close_deleted(),
            Change::PutCollection(info) => {
                self.reconfigure(&self.catalog.borrow(), CollectionId(crate::sysdb::uuid(&info.id)?));
            }
            Change::ForkCollection(fork) if fork.version.is_none() => self.inherit(fork)?,
            Change::RestoreVersion(restore) => {
                let id = CollectionId(crate::sysdb::uuid(&restore.collection)?);
                self.detach(|state| state.id() == id);
            }
            // The segment that it went on from is no longer needed.
            Change::DeleteFunction(_) => self.sweep_due.set(true),
            _ => {}
        }
        Ok(())
    }

    fn close_deleted(&self) {
        let catalog = self.catalog.borrow();
        self.detach(|state| catalog.row(state.id()).is_none());
        self.versions.borrow_mut().retain(|(id, _), _| catalog.row(*id).is_some());
        self.sweep_due.set(true);
    }

    /// Open collections are opened anew when they are next asked for; who reads them goes on with what they were.
    fn detach(&self, is_meant: impl Fn(&CollectionState) -> bool) {
        self.collections.borrow_mut().retain(|_, state| {
            let meant = is_meant(state);
            if meant {
                self.note_detached(state);
            }
            !meant
        });
    }

    /// Gives a fork what its source has in the log.
    fn inherit(&self, fork: &Fork) -> Result<()> {
        let source = CollectionId(crate::sysdb::uuid(&fork.source)?);
        let source = self.collections.borrow().get(&source).cloned();
        let info = fork.info.as_ref().ok_or_else(|| Corruption::new("log entry", "a fork without a name"))?;
        let id = CollectionId(crate::sysdb::uuid(&info.id)?);
        if let (Some(source), Some(state)) = (source, self.collection(id)) {
            source.share_pending(&state);
        }
        Ok(())
    }

    /// The functions whose collections have changed since they last ran, with the ids of those.
    pub fn functions_behind(&self) -> Vec<(CollectionId, FunctionRow)> {
        let catalog = self.catalog.borrow();
        let mut behind = Vec::new();
        for row in catalog.rows() {
            let Some(segment) = &row.segment else { continue };
            for function in row.functions.iter().filter(|function| function.is_behind(segment)) {
                behind.push((row.id, function.clone()));
            }
        }
        behind
    }

    /// Tells an open collection what the catalogue says of it now.
    fn reconfigure(&self, catalog: &Catalog, id: CollectionId) {
        if let (Some(state), Some(row)) = (self.collections.borrow().get(&id), catalog.row(id)) {
            state.configure(&row.configuration, Rc::clone(&row.schema));
        }
    }

    /// Draws the consequences of a commit or clean-up that failed. A full store goes on; whatever else
    /// fails in the storage stops the store, as what the device holds is known again only after a reopen.
    /// In any case there may be blocks that no root names.
    pub(crate) fn note_failure(&self, error: &Error) {
        self.sweep_due.set(true);
        if let Error::Storage(StorageError::Failed { .. } | StorageError::Closed) = error {
            self.log.stop(error.clone());
        }
    }
}

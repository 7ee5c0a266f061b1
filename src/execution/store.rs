//! An open store: the log, the catalogue and the open collections, and how a write passes through them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use futures::lock::Mutex;

use crate::blockstore::Blockstore;
use crate::env::Env;
use crate::error::{Error, Result, StorageError};
use crate::execution::collection::{Batch, CollectionState};
use crate::log::proto::{Change, Records};
use crate::log::{Log, Replay, convert};
use crate::segment::Trash;
use crate::storage::{Durability, Storage};
use crate::sysdb::{Catalog, SysDb};
use crate::types::{CollectionId, OperationRecord};

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    pub durability: Durability,
    /// Budget of the block cache in bytes.
    pub cache_bytes: usize,
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
    collections: RefCell<HashMap<CollectionId, Rc<CollectionState>>>,
    pub(crate) trash: Rc<Trash>,
    /// Deleted collections that a reader may still hold.
    pub(crate) graveyard: RefCell<Vec<Weak<CollectionState>>>,
    /// Whether the storage may hold blocks that the root does not reach.
    pub(crate) sweep_due: Cell<bool>,
    /// Held by the one compaction or commit under way.
    pub(crate) committing: Mutex<()>,
    /// Held by the one change of the catalogue under way: what it checks and what it logs belong together.
    pub(crate) naming: Mutex<()>,
    pub(crate) recovery: Recovery,
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
            graveyard: RefCell::default(),
            committing: Mutex::new(()),
            naming: Mutex::new(()),
            recovery: Recovery { torn_bytes: replay.torn_bytes, ..Recovery::default() },
        };
        store.recovery.replayed_operations = store.replay(replay, start.catalogue)?;
        store.recovery.milliseconds = store.env.now_ms() - started;
        Ok(Rc::new(store))
    }

    fn replay(&self, replay: Replay, catalogue_position: u64) -> Result<u64> {
        let mut operations = 0;
        for entry in replay.entries {
            match entry.change {
                Change::Records(records) => operations += self.replay_records(records, entry.sequence)?,
                change if entry.sequence > catalogue_position => {
                    self.apply_change(&change, entry.sequence)?
                }
                _ => {}
            }
        }
        Ok(operations)
    }

    fn replay_records(&self, records: Records, sequence: u64) -> Result<u64> {
        let id = CollectionId(crate::sysdb::uuid(&records.collection)?);
        // A collection that was deleted later, or a write that its segment already holds.
        let needed = self.catalog.borrow().row(id).is_some_and(|row| sequence > row.log_position);
        if !needed {
            return Ok(0);
        }
        let operations: Result<Vec<_>> = records
            .records
            .into_iter()
            .map(|record| convert::decode_operation(record).map(Rc::new))
            .collect();
        let batch: Batch = operations?.into();
        let count = batch.len() as u64;
        self.apply_records(id, batch, sequence);
        Ok(count)
    }

    /// The state of a collection that the catalogue has; `None` for others.
    pub fn collection(&self, id: CollectionId) -> Option<Rc<CollectionState>> {
        if let Some(state) = self.collections.borrow().get(&id) {
            return Some(Rc::clone(state));
        }
        let catalog = self.catalog.borrow();
        let row = catalog.row(id)?;
        let state = Rc::new(CollectionState::new(
            id,
            &row.configuration,
            Rc::clone(&row.schema),
            row.dimension,
            row.segment,
            self.blockstore.clone(),
            Rc::clone(&self.trash),
        ));
        self.collections.borrow_mut().insert(id, Rc::clone(&state));
        Some(state)
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
        let logged = change.clone();
        self.log
            .append(logged, move |sequence| *outcome.borrow_mut() = store.apply_change(&change, sequence))
            .await?;
        applied.replace(Ok(()))
    }

    /// Logs the operations of one write and makes them visible. `dimension` is the collection's
    /// after this write.
    pub async fn write(
        self: &Rc<Self>,
        state: &Rc<CollectionState>,
        operations: Vec<OperationRecord>,
        dimension: Option<usize>,
    ) -> Result<()> {
        let (store, id) = (Rc::clone(self), state.id());
        let entry = convert::encode_records(id.0.as_bytes(), &operations);
        let batch: Batch = operations.into_iter().map(Rc::new).collect();
        state.reserve(dimension);
        let apply = move |sequence| store.apply_records(id, batch, sequence);
        let outcome = self.log.append_encoded(entry, apply).await;
        state.release();
        outcome
    }

    fn apply_records(&self, id: CollectionId, batch: Batch, sequence: u64) {
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
    }

    fn apply_change(&self, change: &Change, sequence: u64) -> Result<()> {
        let mut catalog = self.catalog.borrow_mut();
        catalog.apply(change, sequence)?;
        if matches!(change, Change::DeleteDatabase(_) | Change::DeleteCollection(_)) {
            self.collections.borrow_mut().retain(|id, state| {
                let kept = catalog.row(*id).is_some();
                if !kept {
                    self.graveyard.borrow_mut().push(Rc::downgrade(state));
                }
                kept
            });
            self.sweep_due.set(true);
        }
        if let Change::PutCollection(info) = change {
            self.reconfigure(&catalog, CollectionId(crate::sysdb::uuid(&info.id)?));
        }
        Ok(())
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

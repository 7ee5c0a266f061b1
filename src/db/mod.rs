//! The facade: what a client can ask of a store. Everything is validated here, once, for every way in.

mod catalogue;
#[cfg(feature = "rest")]
mod changes;
#[cfg(any(test, feature = "conformance"))]
pub mod determinism;
mod export;
mod functions;
mod import;
mod info;
mod links;
mod maintenance;
mod quotas;
mod records;
mod requests;
mod transactions;
mod versions;
mod watches;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::env::Env;
use crate::error::{Error, Result};
use crate::execution::functions::{BuiltIn, Run};
use crate::execution::orchestrators::{compact, garbage};
use crate::execution::store::{Store, StoreOptions};
use crate::limits::{CACHE_BYTES, COMPACTION_BYTES, IDLE_COMPACTION_OPERATIONS, MAX_BATCH_SIZE};
use crate::storage::{Durability, Storage, sealed};
use export::Export;
use import::Import;
use watches::Watch;

pub use crate::execution::operators::facets::Facet;
pub use crate::sysdb::{Applied, Request};
#[cfg(feature = "rest")]
pub use changes::{ChangedRecord, Changes, Place, number_of_write};
pub use export::{DamagedCollection, ExportRequest, Exported};
pub use functions::PendingFunction;
pub use import::{Existing, ImportRequest, Imported};
pub use info::{IndexingStatus, Info};
pub use links::{LinkInfo, Replicated, ReplicatedRecord, Replication, Row};
pub use maintenance::{Damage, Repair, RepairedCollection, Verification};
pub use quotas::Quotas;
pub use transactions::{Commit, Committed, ConditionalOperation};
pub use versions::VersionInfo;
pub use watches::{WatchedRequest, WatchedResult};

/// The tenant and database that a new store has, as in Chroma.
pub const DEFAULT_TENANT: &str = "default_tenant";
pub const DEFAULT_DATABASE: &str = "default_database";

/// How a database is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    pub durability: Durability,
    /// Budget of the block cache in bytes; graphs that are in memory count against it.
    pub cache_bytes: usize,
    /// Whether [`Db::reset`] is allowed.
    pub allow_reset: bool,
    /// How many earlier versions of each collection are kept: what a compaction replaces becomes one. They share what they
    /// have in common.
    pub versions: usize,
    pub quotas: Quotas,
    /// Records that clients are told to write at a time. Larger writes are taken, too.
    pub batch_size: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Strict,
            cache_bytes: CACHE_BYTES,
            allow_reset: false,
            versions: 0,
            quotas: Quotas::default(),
            batch_size: MAX_BATCH_SIZE,
        }
    }
}

/// An open database: tenants, databases, collections and their records over one store.
/// Cheap to clone; all clones are the same database.
#[derive(Clone)]
pub struct Db {
    inner: Rc<Inner>,
}

struct Inner {
    storage: Rc<dyn Storage>,
    env: Rc<dyn Env>,
    options: Options,
    store: RefCell<Rc<Store>>,
    /// Live queries by their numbers; `None` for one that is being refreshed.
    watches: RefCell<BTreeMap<u32, Option<Watch>>>,
    /// Runs of functions that are called back, by their numbers.
    runs: RefCell<BTreeMap<u32, Run>>,
    /// Exports and imports by their numbers; `None` for one that is being worked on.
    exports: RefCell<BTreeMap<u32, Option<Export>>>,
    imports: RefCell<BTreeMap<u32, Option<Import>>>,
    /// The number given out last. None is given twice: who is late with an old one must not meet another's.
    numbers: Cell<u32>,
    /// The commit after which those who call functions back were last woken.
    announced: Cell<u64>,
}

impl Db {
    /// Opens the database on `storage`: a new one gets the default tenant and database, an existing one
    /// is recovered. No collection is read yet.
    pub async fn open(storage: Rc<dyn Storage>, env: Rc<dyn Env>, options: Options) -> Result<Self> {
        sealed::check_opened(&*storage).await?;
        let store = open_store(&storage, &env, &options).await?;
        Ok(Self {
            inner: Rc::new(Inner {
                storage,
                env,
                options,
                store: RefCell::new(store),
                watches: RefCell::default(),
                runs: RefCell::default(),
                exports: RefCell::default(),
                imports: RefCell::default(),
                numbers: Cell::new(0),
                announced: Cell::new(0),
            }),
        })
    }

    fn store(&self) -> Rc<Store> {
        Rc::clone(&self.inner.store.borrow())
    }

    /// A number that was not given out before.
    fn next_number(&self) -> u32 {
        self.inner.numbers.set(self.inner.numbers.get().wrapping_add(1));
        self.inner.numbers.get()
    }

    fn env(&self) -> &dyn Env {
        &*self.inner.env
    }

    /// A new random (version 4) UUID.
    fn new_uuid(&self) -> uuid::Uuid {
        let mut bytes = [0; 16];
        self.env().random(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Nanoseconds since the Unix epoch.
    pub fn heartbeat(&self) -> u64 {
        (self.env().now_ms() * 1e6) as u64
    }

    /// [`Options::batch_size`].
    pub fn batch_size(&self) -> u32 {
        self.inner.options.batch_size
    }

    /// Removes everything and starts anew. Refused unless [`Options::allow_reset`].
    pub async fn reset(&self) -> Result<()> {
        if !self.inner.options.allow_reset {
            return Err(Error::PermissionDenied("Reset is disabled by config".into()));
        }
        let store = self.store();
        let _committing = store.committing.lock().await;
        store.close();
        self.inner.storage.clear().await?;
        let new = open_store(&self.inner.storage, &self.inner.env, &self.inner.options).await?;
        *self.inner.store.borrow_mut() = new;
        Ok(())
    }

    /// Makes relaxed writes durable.
    pub async fn flush(&self) -> Result<()> {
        Ok(self.inner.storage.flush().await?)
    }

    /// Brings every collection's log tail into its segment and the index of its vectors up to date, and gives free space back.
    pub async fn compact(&self) -> Result<()> {
        let store = self.store();
        for state in store.open_collections() {
            compact::compact(&store, &state).await?;
            while compact::improve(&store, &state).await? {}
        }
        // One that fails keeps nothing else from being done.
        let functions = self.run_functions().await;
        self.announce_functions();
        if store.catalog.borrow().has_changes() {
            compact::commit_catalogue(&store).await?;
        }
        while garbage::shrink(&store).await? {
            self.env().pause().await;
        }
        functions
    }

    /// Whether a collection's log tail has grown so large that [`compact_due`](Self::compact_due) has work.
    pub fn is_compaction_due(&self) -> bool {
        self.store().open_collections().iter().any(|state| compact::is_due(state))
    }

    /// Compacts the collections whose log tail has grown too large.
    pub async fn compact_due(&self) -> Result<()> {
        let store = self.store();
        for state in store.open_collections() {
            if compact::is_due(&state) {
                self.compact_with_shadow(&state).await?;
            }
        }
        Ok(())
    }

    /// The work of an idle moment: compacts tails that are worth it, deletes blocks that nothing reaches, and gives back their space.
    /// True when something is left to do.
    pub async fn maintain(&self) -> Result<bool> {
        let store = self.store();
        let (entries, bytes) = store.log.size();
        let all = bytes >= COMPACTION_BYTES;
        for state in store.open_collections() {
            let (operations, _) = state.pending();
            if operations >= IDLE_COMPACTION_OPERATIONS || (all && operations > 0) {
                compact::compact(&store, &state).await?;
            }
        }
        if entries >= IDLE_COMPACTION_OPERATIONS && store.catalog.borrow().has_changes() {
            compact::commit_catalogue(&store).await?;
        }
        let mut improved = false;
        for state in store.open_collections() {
            // One step each: what has been written meanwhile is compacted before the next.
            improved |= compact::improve(&store, &state).await?;
        }
        let functions = self.run_functions().await;
        self.announce_functions();
        garbage::collect(&store).await?;
        // A sweep that waits for a reader, an export for instance, is not hastened by asking for it.
        let sweeps = store.sweep_due.get() && !store.has_detached_readers();
        let goes_on = improved || sweeps || self.is_compaction_due();
        let goes_on = goes_on || garbage::shrink(&store).await?;
        functions.map(|()| goes_on)
    }

    /// Wakes those who call functions back, if there is something new for them: once a commit, as whoever wakes makes this store busy.
    fn announce_functions(&self) {
        let store = self.store();
        let generation = store.sysdb.generation();
        if self.inner.announced.replace(generation) == generation {
            return;
        }
        if store
            .functions_behind()
            .iter()
            .any(|(_, row)| BuiltIn::named(&row.function.function_name).is_none())
        {
            store.note_change();
        }
    }

    /// Flushes and closes the storage. Later calls fail.
    pub async fn close(&self) -> Result<()> {
        let store = self.store();
        let _committing = store.committing.lock().await;
        store.close();
        Ok(self.inner.storage.close().await?)
    }
}

async fn open_store(storage: &Rc<dyn Storage>, env: &Rc<dyn Env>, options: &Options) -> Result<Rc<Store>> {
    let store_options = StoreOptions {
        durability: options.durability,
        cache_bytes: options.cache_bytes,
        keep_versions: options.versions,
    };
    let store = Store::open(Rc::clone(storage), Rc::clone(env), store_options).await?;
    catalogue::create_defaults(&store).await?;
    import::drop_unfinished(&store).await?;
    Ok(store)
}

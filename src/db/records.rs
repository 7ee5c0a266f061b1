//! The records of a collection (spec: rest-api 4).

use std::rc::Rc;

use super::Db;
use super::catalogue::unknown_id;
use super::versions::unknown_version;
use crate::env::Reading;
use crate::error::{Error, Result, StorageError};
use crate::execution::collection::CollectionState;
use crate::execution::operators::facets::Facet;
use crate::execution::orchestrators::{self, compact, garbage};
use crate::limits::{BACK_PRESSURE_BYTES, LOG_RESERVE_BYTES};
use crate::types::{
    CollectionId, CollectionRef, DeleteRequest, FacetsRequest, GetRequest, GetResult, Operation,
    QueryRequest, QueryResult, ReadLevel, RecordSet, SearchRequest, SearchResult, Where, validation,
};

impl Db {
    /// The open collection, if it belongs to this tenant and database.
    pub(super) fn state(
        &self,
        tenant: &str,
        database: &str,
        id: CollectionId,
    ) -> Result<Rc<CollectionState>> {
        let store = self.store();
        let belongs = {
            let catalog = store.catalog.borrow();
            let owner = catalog.database(tenant, database).map(|row| row.id);
            catalog.row(id).is_some_and(|row| Some(row.database) == owner)
        };
        let state = if belongs { store.collection(id) } else { None };
        state.ok_or_else(|| unknown_id(id))
    }

    /// The open collection that a write names.
    fn written(&self, tenant: &str, database: &str, collection: &str) -> Result<Rc<CollectionState>> {
        self.state(tenant, database, CollectionRef::parse(collection)?.current()?)
    }

    /// The open collection, or the version of it, that a read names.
    pub(super) fn read(&self, tenant: &str, database: &str, collection: &str) -> Result<Rc<CollectionState>> {
        let CollectionRef { id, version } = CollectionRef::parse(collection)?;
        let state = self.state(tenant, database, id)?;
        match version {
            None => Ok(state),
            Some(version) => self.store().version(id, version).ok_or_else(|| unknown_version(id, version)),
        }
    }

    /// Adds, updates or upserts records. When it returns they are as durable as the store promises, and every
    /// later read sees them. All of the records are written, or none. Answers the sequence number of the write in the log; 0 for one of no records.
    ///
    /// # Errors
    /// `NotFound` for the collection; everything that [`validation::record_set`] checks; `Storage` when there is no
    /// room. Nothing changes on an error.
    pub async fn write(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        operation: Operation,
        records: RecordSet,
    ) -> Result<u64> {
        let state = self.written(tenant, database, collection)?;
        self.write_to(&state, operation, records).await
    }

    /// Writes to an open collection, as [`write`](Self::write) does.
    pub(super) async fn write_to(
        &self,
        state: &Rc<CollectionState>,
        operation: Operation,
        records: RecordSet,
    ) -> Result<u64> {
        let store = self.store();
        self.check_write(state, operation, &records).await?;
        self.relieve(state).await?;
        self.make_room(records.payload_bytes()).await?;
        // Nothing else runs between this check and the reservation of the dimension.
        let dimension = validation::record_set(&records, operation, state.reserved_dimension())?;
        if records.ids.is_empty() {
            return Ok(0);
        }
        let batch = records.into_operations(operation).into_iter().map(Rc::new).collect();
        store.write(state, batch, dimension).await
    }

    /// Lets a write wait for a compaction where the log of its collection takes too much memory.
    pub(super) async fn relieve(&self, state: &Rc<CollectionState>) -> Result<()> {
        if state.pending().1 >= BACK_PRESSURE_BYTES {
            self.compact_with_shadow(state).await?;
        }
        Ok(())
    }

    /// Compacts a collection, and if it is linked its shadow: what the log has of the one it keeps as long as it has something of the other.
    pub(super) async fn compact_with_shadow(&self, state: &Rc<CollectionState>) -> Result<()> {
        let store = self.store();
        compact::compact(&store, state).await?;
        match store.shadow_of(state.id()) {
            Some(shadow) => compact::compact(&store, &shadow).await,
            None => Ok(()),
        }
    }

    /// On a device that has no room for `bytes` more beside what is kept for deletions, a compaction comes first: the log, and the room that is
    /// kept for its compaction, take more than the blocks do that come of it, and what it deletes gives its room back.
    pub(super) async fn make_room(&self, bytes: usize) -> Result<()> {
        let store = self.store();
        let is_full =
            |outcome: &Result<()>| matches!(outcome, Err(Error::Storage(StorageError::QuotaExceeded { .. })));
        let reserved = self.inner.storage.reserve(bytes as u64).await.map_err(Error::from);
        if !is_full(&reserved) || store.log.size().1 < LOG_RESERVE_BYTES as usize / 4 {
            // What else is wrong is for the write to tell.
            return Ok(());
        }
        let made = async {
            for state in store.open_collections() {
                compact::compact(&store, &state).await?;
            }
            garbage::collect(&store).await?;
            self.flush().await
        };
        let made = made.await;
        if is_full(&made) {
            // What the attempt has written goes, so that what is kept for deletions is there for them.
            let collected = garbage::collect(&store).await;
            let kept = self.inner.storage.reserve(0).await.map_err(Error::from);
            return [collected, kept].into_iter().find(|outcome| !is_full(outcome)).unwrap_or(Ok(()));
        }
        made
    }

    /// Deletes records; answers how many were meant (spec: rest-api 4.4).
    pub async fn delete(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: DeleteRequest,
    ) -> Result<u64> {
        let state = self.written(tenant, database, collection)?;
        validation::delete_request(&request)?;
        self.quotas().check_read("Delete", request.filter.as_ref(), None)?;
        check_filter(&state, request.filter.as_ref())?;
        let deletions = orchestrators::delete::deletions(&state, self.env(), request).await?;
        let deleted = deletions.len() as u64;
        if deleted > 0 {
            self.make_room(deletions.iter().map(|deletion| deletion.id.len()).sum()).await?;
            let batch = deletions.into_iter().map(Rc::new).collect();
            self.store().write(&state, batch, state.reserved_dimension()).await?;
        }
        Ok(deleted)
    }

    /// Records by id or filter, in the order of their first insertion.
    pub async fn get(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: &GetRequest,
    ) -> Result<GetResult> {
        let _reading = Reading::begin(self.env());
        let state = self.read(tenant, database, collection)?;
        check_filter(&state, request.filter.as_ref())?;
        let limit = request.limit.map(|limit| limit as usize);
        self.quotas().check_read("Get", request.filter.as_ref(), limit)?;
        match (request.limit, self.quotas().default_limit()) {
            (None, Some(limit)) => {
                let request = GetRequest { limit: Some(limit), ..request.clone() };
                orchestrators::get::get(&state, self.env(), &request).await
            }
            _ => orchestrators::get::get(&state, self.env(), request).await,
        }
    }

    /// The nearest records of each query vector.
    pub async fn query(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: &QueryRequest,
    ) -> Result<QueryResult> {
        let _reading = Reading::begin(self.env());
        let state = self.read(tenant, database, collection)?;
        check_filter(&state, request.filter.as_ref())?;
        let results = Some(request.n_results as usize);
        self.quotas().check_read("Query", request.filter.as_ref(), results)?;
        orchestrators::query::query(&state, self.env(), request).await
    }

    /// Records ranked by expressions, grouped, and cut into pages; one result for each search of the request.
    ///
    /// # Errors
    /// `NotFound` for the collection; `InvalidArgument` for a vector that the collection cannot be searched with, and for a filter
    /// that its schema has no index for.
    pub async fn search(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: &SearchRequest,
    ) -> Result<Vec<SearchResult>> {
        let _reading = Reading::begin(self.env());
        let state = self.read(tenant, database, collection)?;
        for search in &request.searches {
            check_filter(&state, search.filter.as_ref())?;
            let results = search.limit.map(|limit| limit as usize);
            self.quotas().check_read("Search", search.filter.as_ref(), results)?;
        }
        orchestrators::search::search(&state, self.env(), request).await
    }

    /// The most frequent values of metadata keys, and how many records have them.
    pub async fn facets(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: &FacetsRequest,
    ) -> Result<Vec<(String, Facet)>> {
        let _reading = Reading::begin(self.env());
        let state = self.read(tenant, database, collection)?;
        check_filter(&state, request.filter.as_ref())?;
        self.quotas().check_read("Get", request.filter.as_ref(), None)?;
        orchestrators::facets::facets(&state, self.env(), request).await
    }

    /// Number of records at a read level.
    pub async fn count(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        level: ReadLevel,
    ) -> Result<u64> {
        let _reading = Reading::begin(self.env());
        let state = self.read(tenant, database, collection)?;
        orchestrators::count::count(&state, level).await
    }
}

/// Refuses a filter that the schema has no index for. It never changes that, so no snapshot has to be asked.
pub(super) fn check_filter(state: &CollectionState, filter: Option<&Where>) -> Result<()> {
    filter.map_or(Ok(()), |filter| state.schema().check_filter(filter))
}

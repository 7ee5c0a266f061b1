//! The records of a collection (spec: rest-api 4).

use std::rc::Rc;

use super::{Db, catalogue::unknown_id};
use crate::error::Result;
use crate::execution::collection::CollectionState;
use crate::execution::orchestrators::{self, compact};
use crate::limits::BACK_PRESSURE_BYTES;
use crate::types::{
    CollectionId, DeleteRequest, GetRequest, GetResult, Operation, QueryRequest, QueryResult, ReadLevel,
    RecordSet, SearchRequest, SearchResult, Where, validation,
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

    /// Adds, updates or upserts records. When it returns they are as durable as the store promises, and every
    /// later read sees them. All of the records are written, or none.
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
    ) -> Result<()> {
        let state = self.state(tenant, database, CollectionId::parse(collection)?)?;
        let store = self.store();
        if state.pending().1 >= BACK_PRESSURE_BYTES {
            compact::compact(&store, &state).await?;
        }
        // Nothing else runs between this check and the reservation of the dimension.
        let dimension = validation::record_set(&records, operation, state.reserved_dimension())?;
        if records.ids.is_empty() {
            return Ok(());
        }
        store.write(&state, records.into_operations(operation), dimension).await
    }

    /// Deletes records; answers how many were meant (spec: rest-api 4.4).
    pub async fn delete(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: DeleteRequest,
    ) -> Result<u64> {
        let state = self.state(tenant, database, CollectionId::parse(collection)?)?;
        validation::delete_request(&request)?;
        check_filter(&state, request.filter.as_ref())?;
        let deletions = orchestrators::delete::deletions(&state, self.env(), request).await?;
        let deleted = deletions.len() as u64;
        if deleted > 0 {
            self.store().write(&state, deletions, state.reserved_dimension()).await?;
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
        let state = self.state(tenant, database, CollectionId::parse(collection)?)?;
        check_filter(&state, request.filter.as_ref())?;
        orchestrators::get::get(&state, self.env(), request).await
    }

    /// The nearest records of each query vector.
    pub async fn query(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: &QueryRequest,
    ) -> Result<QueryResult> {
        let state = self.state(tenant, database, CollectionId::parse(collection)?)?;
        check_filter(&state, request.filter.as_ref())?;
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
        let state = self.state(tenant, database, CollectionId::parse(collection)?)?;
        request.searches.iter().try_for_each(|search| check_filter(&state, search.filter.as_ref()))?;
        orchestrators::search::search(&state, self.env(), request).await
    }

    /// Number of records at a read level.
    pub async fn count(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        level: ReadLevel,
    ) -> Result<u64> {
        let state = self.state(tenant, database, CollectionId::parse(collection)?)?;
        orchestrators::count::count(&state, level).await
    }
}

/// Refuses a filter that the schema has no index for. It never changes that, so no snapshot has to be asked.
fn check_filter(state: &CollectionState, filter: Option<&Where>) -> Result<()> {
    filter.map_or(Ok(()), |filter| state.schema().check_filter(filter))
}

//! Live queries: whether what was written since a result can have changed it.

use std::collections::HashSet;

use crate::env::Env;
use crate::error::Result;
use crate::execution::collection::{Batch, CollectionState};
use crate::execution::operators::facets::Facet;
use crate::execution::operators::filter;
use crate::execution::orchestrators::{count, facets, get, query, search};
use crate::segment::{Snapshot, TailRecord};
use crate::types::{
    FacetsRequest, GetRequest, GetResult, QueryRequest, QueryResult, ReadLevel, SearchRequest, SearchResult,
    Where,
};

/// What is watched.
#[derive(Debug, Clone)]
pub enum WatchedRequest {
    Get(GetRequest),
    Query(QueryRequest),
    Search(SearchRequest),
    Facets(FacetsRequest),
    Count,
}

/// The answer to it.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchedResult {
    Get(GetResult),
    Query(QueryResult),
    Search(Vec<SearchResult>),
    Facets(Vec<(String, Facet)>),
    Count(u64),
}

impl WatchedRequest {
    pub async fn run(&self, state: &CollectionState, env: &dyn Env) -> Result<WatchedResult> {
        Ok(match self {
            WatchedRequest::Get(request) => WatchedResult::Get(get::get(state, env, request).await?),
            WatchedRequest::Query(request) => WatchedResult::Query(query::query(state, env, request).await?),
            WatchedRequest::Search(request) => {
                WatchedResult::Search(search::search(state, env, request).await?)
            }
            WatchedRequest::Facets(request) => {
                WatchedResult::Facets(facets::facets(state, env, request).await?)
            }
            WatchedRequest::Count => WatchedResult::Count(count::count(state, ReadLevel::default()).await?),
        })
    }
}

/// Whether writes can have changed a result. False only if they cannot.
///
/// A record that is part of the result, or that now matches the filter, can. One that is neither cannot have left the result, and so matters only where
/// results are counted from a place further on. How a search ranks may depend on every record; and a record may have been counted before.
pub async fn may_change(
    state: &CollectionState,
    request: &WatchedRequest,
    result: &WatchedResult,
    written: &[Batch],
) -> Result<bool> {
    let (filter, ids) = match request {
        WatchedRequest::Get(request) if request.offset == 0 => (request.filter.as_ref(), &request.ids),
        WatchedRequest::Query(request) => (request.filter.as_ref(), &request.ids),
        _ => return Ok(true),
    };
    let shown: HashSet<&str> = result.ids().collect();
    let ids: Option<HashSet<&str>> = ids.as_ref().map(|ids| ids.iter().map(String::as_str).collect());
    let (snapshot, _) = state.snapshot().await?;
    let touched = written.iter().flat_map(|batch| batch.iter()).map(|operation| operation.id.as_str());
    let mut asked = touched.filter(|id| ids.as_ref().is_none_or(|ids| ids.contains(id)));
    Ok(asked.any(|id| shown.contains(id) || is_new(&snapshot, request, result, filter, id)))
}

/// Whether a record that was written, and is not part of the result, now belongs there.
fn is_new(
    snapshot: &Snapshot,
    request: &WatchedRequest,
    result: &WatchedResult,
    filter: Option<&Where>,
    id: &str,
) -> bool {
    let record = match snapshot.tail.ids().get(id) {
        Some(Some(offset)) => snapshot.tail.records().get(offset),
        // Deleted, or never there.
        Some(None) => return false,
        // It has been compacted meanwhile.
        None => return true,
    };
    let Some(record) = record else { return true };
    let matches = filter.is_none_or(|filter| filter::matches(record, filter));
    matches && is_near(snapshot, request, result, record)
}

/// Whether a record is as near to one of the queries as the last of its results, or there are too few of them.
fn is_near(
    snapshot: &Snapshot,
    request: &WatchedRequest,
    result: &WatchedResult,
    record: &TailRecord,
) -> bool {
    let (WatchedRequest::Query(request), WatchedResult::Query(result)) = (request, result) else {
        return true;
    };
    let (Some(distances), Some(vector)) = (&result.distances, record.embedding()) else { return true };
    let mut queries = request.embeddings.rows().zip(distances);
    queries.any(|(query, distances)| {
        let farthest = distances.last().filter(|_| distances.len() >= request.n_results as usize);
        let distance = || crate::distance::Query::new(snapshot.space, query).distance(vector);
        farthest.is_none_or(|farthest| distance() <= *farthest)
    })
}

impl WatchedResult {
    fn ids(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            WatchedResult::Get(result) => Box::new(result.ids.iter().map(String::as_str)),
            WatchedResult::Query(result) => {
                Box::new(result.rows.iter().flat_map(|rows| rows.ids.iter().map(String::as_str)))
            }
            WatchedResult::Search(results) => {
                Box::new(results.iter().flat_map(|rows| rows.ids.iter().map(String::as_str)))
            }
            WatchedResult::Facets(_) | WatchedResult::Count(_) => Box::new(std::iter::empty()),
        }
    }
}

//! `get`: filter → page → project.

use crate::env::{Env, Slices};
use crate::error::Result;
use crate::execution::collection::CollectionState;
use crate::execution::operators::{filter, project, select};
use crate::segment::Snapshot;
use crate::types::{GetRequest, GetResult};

/// The requested records in the order of their first insertion (spec: query-semantics 6).
pub async fn get(state: &CollectionState, env: &dyn Env, request: &GetRequest) -> Result<GetResult> {
    let (snapshot, _) = state.snapshot().await?;
    get_from(&snapshot, state, env, request).await
}

/// As [`get`], of a snapshot of the collection.
pub async fn get_from(
    snapshot: &Snapshot,
    state: &CollectionState,
    env: &dyn Env,
    request: &GetRequest,
) -> Result<GetResult> {
    let slices = Slices::new(env);
    let selection = filter::filter(
        snapshot,
        state.selections(),
        request.ids.as_deref(),
        request.filter.as_ref(),
        &slices,
    )
    .await?;
    let limit = request.limit.map_or(usize::MAX, |limit| limit as usize);
    let offsets = select::page(snapshot, &selection, request.offset as usize, limit).await?;
    project::project(snapshot, &offsets, request.include).await
}

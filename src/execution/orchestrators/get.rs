//! `get`: filter → page → project.

use crate::env::{Env, Slices};
use crate::error::Result;
use crate::execution::collection::CollectionState;
use crate::execution::operators::{filter, project, select};
use crate::types::{GetRequest, GetResult};

/// The requested records in the order of their first insertion (spec: query-semantics 6).
pub async fn get(state: &CollectionState, env: &dyn Env, request: &GetRequest) -> Result<GetResult> {
    let slices = Slices::new(env);
    let (snapshot, _) = state.snapshot().await?;
    let selection = filter::filter(
        &snapshot,
        state.selections(),
        request.ids.as_deref(),
        request.filter.as_ref(),
        &slices,
    )
    .await?;
    let limit = request.limit.map_or(usize::MAX, |limit| limit as usize);
    let offsets = select::page(&snapshot, &selection, request.offset as usize, limit).await?;
    project::project(&snapshot, &offsets, request.include).await
}

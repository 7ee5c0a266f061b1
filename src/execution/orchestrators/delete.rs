//! `delete`: filter → operations for the log.

use crate::env::{Env, Slices};
use crate::error::Result;
use crate::execution::collection::CollectionState;
use crate::execution::operators::{filter, project, select};
use crate::types::{DeleteRequest, Include, OperationRecord};

/// The deletions that a request stands for (spec: rest-api 4.4). With ids alone they are taken as
/// given, known or not; with a filter they are the matches.
pub async fn deletions(
    state: &CollectionState,
    env: &dyn Env,
    request: DeleteRequest,
) -> Result<Vec<OperationRecord>> {
    let ids = match (&request.filter, request.ids) {
        (None, ids) => ids.unwrap_or_default(),
        (Some(condition), ids) => {
            let slices = Slices::new(env);
            let (snapshot, _) = state.snapshot().await?;
            let selection =
                filter::filter(&snapshot, state.selections(), ids.as_deref(), Some(condition), &slices)
                    .await?;
            let limit = request.limit.map_or(usize::MAX, |limit| limit as usize);
            let offsets = select::page(&snapshot, &selection, 0, limit).await?;
            project::project(&snapshot, &offsets, Include::default()).await?.ids
        }
    };
    Ok(ids.into_iter().map(OperationRecord::deletion).collect())
}

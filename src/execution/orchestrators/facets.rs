//! `facets`: filter → counts of values.

use crate::env::{Env, Slices};
use crate::error::Result;
use crate::execution::collection::CollectionState;
use crate::execution::operators::facets::{self, Facet};
use crate::execution::operators::filter;
use crate::types::FacetsRequest;

/// One facet for each key of the request.
pub async fn facets(
    state: &CollectionState,
    env: &dyn Env,
    request: &FacetsRequest,
) -> Result<Vec<(String, Facet)>> {
    let slices = Slices::new(env);
    let (snapshot, _) = state.snapshot().await?;
    let ids = request.ids.as_deref();
    let selection =
        filter::filter(&snapshot, state.selections(), ids, request.filter.as_ref(), &slices).await?;
    let mut found = Vec::with_capacity(request.keys.len());
    for key in &request.keys {
        let facet = facets::facet(&snapshot, &selection, key, request.limit as usize, &slices).await?;
        found.push((key.clone(), facet));
    }
    Ok(found)
}

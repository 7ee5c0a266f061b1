//! `query`: filter → nearest neighbours → project.

use crate::distance::Query;
use crate::env::{Env, Slices};
use crate::error::Result;
use crate::execution::collection::CollectionState;
use crate::execution::operators::{filter, knn, project};
use crate::types::{QueryRequest, QueryResult, validation};

/// The nearest records of each query vector (spec: query-semantics 7.2). The filter comes first, so that
/// `n_results` rows come back whenever that many match.
pub async fn query(state: &CollectionState, env: &dyn Env, request: &QueryRequest) -> Result<QueryResult> {
    let slices = Slices::new(env);
    let (snapshot, _) = state.snapshot().await?;
    // Against the snapshot: a first write may have fixed the dimension since the query was made.
    validation::query_embeddings(&request.embeddings, snapshot.dimension)?;
    let selection = filter::filter(
        &snapshot,
        state.selections(),
        request.ids.as_deref(),
        request.filter.as_ref(),
        &slices,
    )
    .await?;
    let queries: Vec<Query> = match snapshot.dimension {
        // Nothing was ever written: there is nothing to compare with.
        None => Vec::new(),
        Some(_) => request.embeddings.rows().map(|vector| Query::new(snapshot.space, vector)).collect(),
    };
    let k = request.n_results as usize;
    let mut found = knn::nearest(&snapshot, &queries, k, &selection, &slices).await?;
    found.resize_with(request.embeddings.len(), Vec::new);

    let mut result = QueryResult { rows: Vec::with_capacity(found.len()), distances: None };
    for neighbours in &found {
        let offsets: Vec<u32> = neighbours.iter().map(|neighbour| neighbour.offset_id).collect();
        result.rows.push(project::project(&snapshot, &offsets, request.include).await?);
    }
    if request.include.distances {
        let distances = |neighbours: Vec<crate::index::top_k::Neighbour>| {
            neighbours.into_iter().map(|neighbour| neighbour.distance).collect()
        };
        result.distances = Some(found.into_iter().map(distances).collect());
    }
    Ok(result)
}

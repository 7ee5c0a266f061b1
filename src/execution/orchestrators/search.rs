//! `search`: filter → neighbours → rank → groups → page → select (spec: query-semantics 8.7).

use crate::distance::Query;
use crate::env::{Env, Slices};
use crate::error::{Error, Result};
use crate::execution::collection::CollectionState;
use crate::execution::operators::filter::{self, Selection};
use crate::execution::operators::group::{self, Scored};
use crate::execution::operators::rank::{self, Scores};
use crate::execution::operators::sparse::{self, SparseQuery};
use crate::execution::operators::{knn, project, select};
use crate::index::top_k::{Neighbour, TopK};
use crate::segment::Snapshot;
use crate::types::search::{EMBEDDING_KEY, Knn, KnnQuery, Rank, Search, SearchRequest, SearchResult};
use crate::types::{Embeddings, Include, validation};

/// The results of all searches, which see the same records. If one of them is refused, none is carried out.
pub async fn search(
    state: &CollectionState,
    env: &dyn Env,
    request: &SearchRequest,
) -> Result<Vec<SearchResult>> {
    let slices = Slices::new(env);
    let snapshot = state.snapshot_at(request.read_level).await?;
    for search in &request.searches {
        search.rank.iter().flat_map(Rank::knns).try_for_each(|knn| check(knn, &snapshot))?;
    }
    let mut results = Vec::with_capacity(request.searches.len());
    for search in &request.searches {
        let condition = search.filter.as_ref();
        let selection = filter::filter(&snapshot, state.selections(), None, condition, &slices).await?;
        let found = match &search.rank {
            Some(rank) => ranked(&snapshot, search, rank, &selection, &slices).await?,
            None => unranked(&snapshot, search, &selection).await?,
        };
        results.push(show(&snapshot, search, &found).await?);
    }
    Ok(results)
}

/// What depends on the collection.
fn check(knn: &Knn, snapshot: &Snapshot) -> Result<()> {
    let vector = match &knn.query {
        KnnQuery::Dense(vector) => vector,
        KnnQuery::Sparse(_) if snapshot.schema.sparse_index(&knn.key).is_some() => return Ok(()),
        KnnQuery::Sparse(_) => {
            return Err(Error::InvalidArgument(format!(
                "Cannot filter using metadata key '{}' with type 'SparseVector' because indexing is disabled",
                knn.key
            )));
        }
    };
    if knn.key != EMBEDDING_KEY {
        return Err(Error::InvalidArgument(format!(
            "A dense vector can only be searched under the key '{EMBEDDING_KEY}', not under '{}'",
            knn.key
        )));
    }
    if vector.is_empty() {
        return Err(Error::InvalidArgument("The query vector of a $knn is empty".into()));
    }
    let embeddings = Embeddings { data: vector.clone(), dimension: vector.len(), present: None };
    validation::query_embeddings(&embeddings, snapshot.dimension)
}

async fn unranked(snapshot: &Snapshot, search: &Search, selection: &Selection) -> Result<Vec<Scored>> {
    let limit = search.limit.map_or(usize::MAX, |limit| limit as usize);
    let page = select::page(snapshot, selection, search.offset as usize, limit).await?;
    let scored = |(place, offset_id)| Scored { offset_id, score: place as f32, metadata: None };
    Ok(page.into_iter().enumerate().map(scored).collect())
}

async fn ranked(
    snapshot: &Snapshot,
    search: &Search,
    rank: &Rank,
    selection: &Selection,
    slices: &Slices<'_>,
) -> Result<Vec<Scored>> {
    let mut scores = Vec::new();
    for knn in rank.knns() {
        scores.push(neighbours(snapshot, knn, selection, slices).await?);
    }
    let Scores { support, .. } = rank::evaluate(rank, &mut scores.into_iter());
    let mut best = TopK::new(support.len());
    support.into_iter().for_each(|(offset_id, score)| best.push(offset_id, score));
    let scored = |Neighbour { offset_id, distance: score }| Scored { offset_id, score, metadata: None };
    let mut found: Vec<Scored> = best.into_sorted().into_iter().map(scored).collect();
    if let Some(group_by) = &search.group_by {
        let offsets: Vec<u32> = found.iter().map(|record| record.offset_id).collect();
        let include = Include { metadatas: true, ..Include::default() };
        let metadatas = project::project(snapshot, &offsets, include).await?.metadatas.unwrap_or_default();
        found.iter_mut().zip(metadatas).for_each(|(record, metadata)| record.metadata = metadata);
        found = group::keep(found, group_by);
    }
    let limit = search.limit.map_or(usize::MAX, |limit| limit as usize);
    Ok(found.into_iter().skip(search.offset as usize).take(limit).collect())
}

/// The nearest records of one vector under the filter.
async fn neighbours(
    snapshot: &Snapshot,
    knn: &Knn,
    selection: &Selection,
    slices: &Slices<'_>,
) -> Result<Scores> {
    let nearest = match (&knn.query, snapshot.dimension) {
        (KnnQuery::Dense(vector), Some(_)) => {
            let queries = [Query::new(snapshot.space, vector)];
            let found = knn::nearest(snapshot, &queries, knn.limit as usize, selection, slices).await?;
            found.into_iter().next().unwrap_or_default()
        }
        (KnnQuery::Sparse(vector), Some(_)) => {
            let bm25 = snapshot.schema.sparse_index(&knn.key).is_some_and(|index| index.bm25);
            let query = SparseQuery { key: &knn.key, vector, bm25 };
            sparse::nearest(snapshot, &query, knn.limit as usize, selection, slices).await?
        }
        // Nothing was ever written: there is nothing to compare with.
        (_, None) => Vec::new(),
    };
    let mut order = Vec::with_capacity(nearest.len());
    nearest.iter().enumerate().for_each(|(place, found)| order.push((u64::from(found.offset_id), place)));
    order.sort_unstable();
    let score = |place: usize| if knn.return_rank { place as f32 } else { nearest[place].distance };
    let support = order.into_iter().map(|(_, place)| (nearest[place].offset_id, score(place))).collect();
    Ok(Scores { support, default: knn.default })
}

async fn show(snapshot: &Snapshot, search: &Search, found: &[Scored]) -> Result<SearchResult> {
    let wanted = &search.select;
    let include = Include {
        documents: wanted.document(),
        embeddings: wanted.embedding(),
        metadatas: wanted.metadata(),
        ..Include::default()
    };
    let offsets: Vec<u32> = found.iter().map(|record| record.offset_id).collect();
    let rows = project::project(snapshot, &offsets, include).await?;
    let cut = |metadatas: Vec<Option<_>>| {
        metadatas.into_iter().map(|metadata| metadata.and_then(|metadata| wanted.cut(metadata))).collect()
    };
    Ok(SearchResult {
        ids: rows.ids,
        documents: rows.documents,
        embeddings: rows.embeddings,
        metadatas: rows.metadatas.map(cut),
        scores: wanted.score().then(|| found.iter().map(|record| record.score).collect()),
        select: wanted.keys.clone(),
    })
}

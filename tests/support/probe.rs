//! Reads, asked of the engine and of the model, and compared.

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db};
use chromatid::types::{Embeddings, GetRequest, GetResult, Include, QueryRequest, ReadLevel, Where};
use serde_json::{Value, json};

use super::chroma::{Chroma, Collection};
use super::step::id_of;

/// Relative error that a distance in `f32` may have.
const TOLERANCE: f64 = 1e-5;

pub const ALL: Include =
    Include { distances: true, documents: true, embeddings: true, metadatas: true, uris: true };

/// Which records a read is about.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    pub ids: Option<Vec<String>>,
    pub clause: Option<Value>,
    pub document: Option<Value>,
}

impl Selection {
    fn filter(&self) -> Result<Option<Where>, String> {
        Where::parse_request(self.clause.as_ref(), self.document.as_ref()).map_err(why)
    }

    fn of(&self, collection: &Collection) -> Vec<usize> {
        collection.select(self.ids.as_deref(), self.clause.as_ref(), self.document.as_ref())
    }
}

macro_rules! ensure_eq {
    ($found:expr, $expected:expr, $($what:tt)*) => {
        let (found, expected) = (&$found, &$expected);
        if *found != *expected {
            return Err(format!("{}: found {found:?}, expected {expected:?}", format_args!($($what)*)));
        }
    };
}

/// Checks everything that can be seen: the collections, and of each its records, counts, and the answers
/// to a few filters and queries.
pub async fn everything(db: &Db, model: &Chroma) -> Result<(), String> {
    let listed = db.list_collections(T, D, None, 0).map_err(why)?;
    let names: Vec<_> = listed.iter().map(|collection| (&collection.name, collection.dimension)).collect();
    let expected: Vec<_> =
        model.collections.iter().map(|collection| (&collection.name, collection.dimension)).collect();
    ensure_eq!(names, expected, "collections and dimensions");
    for collection in &model.collections {
        counts(db, collection).await?;
        get(db, collection, &Selection::default(), None, 0, ALL).await?;
        let clause = Some(json!({"$or": [{"n": {"$gte": 2}}, {"kind": {"$ne": "a"}}]}));
        let document = Some(json!({"$contains": "b"}));
        let filtered = Selection { clause, document, ids: None };
        get(db, collection, &filtered, Some(5), 1, ALL).await?;
        let dimension = collection.dimension.unwrap_or(2);
        for selection in [Selection::default(), filtered] {
            query(db, collection, &selection, &[vec![1.0; dimension], vec![-2.0; dimension]], 4, ALL).await?;
        }
    }
    Ok(())
}

/// Checks the count at every read level.
pub async fn counts(db: &Db, collection: &Collection) -> Result<(), String> {
    let id = id_of(db, &collection.name).map_err(why)?;
    for (level, expected) in [
        (ReadLevel::IndexAndWal, collection.records.len()),
        (ReadLevel::IndexOnly, collection.indexed.len()),
        (ReadLevel::IndexAndBoundedWal, collection.bounded_count()),
    ] {
        let count = db.count(T, D, &id, level).await.map_err(why)?;
        ensure_eq!(count, expected as u64, "count of {} at {level:?}", collection.name);
    }
    Ok(())
}

/// Checks a `get`.
pub async fn get(
    db: &Db,
    collection: &Collection,
    selection: &Selection,
    limit: Option<u32>,
    offset: u32,
    include: Include,
) -> Result<(), String> {
    let id = id_of(db, &collection.name).map_err(why)?;
    let filter = selection.filter()?;
    let request = GetRequest { ids: selection.ids.clone(), filter, limit, offset, include };
    let result = db.get(T, D, &id, &request).await.map_err(why)?;
    let rows = selection.of(collection).into_iter().skip(offset as usize);
    let rows: Vec<usize> = rows.take(limit.map_or(usize::MAX, |limit| limit as usize)).collect();
    check_rows(&result, collection, &rows, include)
        .map_err(|error| format!("get {selection:?} limit {limit:?} offset {offset}: {error}"))
}

/// Checks a query. In spaces whose distances are exact for small whole numbers the order must be the
/// model's; else the engine's distances decide between records that are equally far within the tolerance.
pub async fn query(
    db: &Db,
    collection: &Collection,
    selection: &Selection,
    vectors: &[Vec<f32>],
    n_results: u32,
    include: Include,
) -> Result<(), String> {
    let id = id_of(db, &collection.name).map_err(why)?;
    let rows: Vec<_> = vectors.iter().map(Some).collect();
    let embeddings = Embeddings::from_rows(&rows).map_err(why)?;
    let include = Include { distances: true, ..include };
    let (ids, filter) = (selection.ids.clone(), selection.filter()?);
    let request = QueryRequest { embeddings, n_results, ids, filter, include };
    let outcome = db.query(T, D, &id, &request).await;
    if collection.dimension.is_some_and(|dimension| vectors.iter().any(|vector| vector.len() != dimension)) {
        ensure_eq!(outcome.map_err(|error| error.code()).err(), Some(400), "query of another dimension");
        return Ok(());
    }
    let result = outcome.map_err(why)?;
    let distances = result.distances.ok_or("no distances")?;
    ensure_eq!((result.rows.len(), distances.len()), (vectors.len(), vectors.len()), "number of answers");
    let selected = selection.of(collection);
    for ((vector, rows), distances) in vectors.iter().zip(&result.rows).zip(&distances) {
        check_query(collection, vector, &selected, n_results, rows, distances, include)
            .map_err(|error| format!("query {vector:?} n {n_results} {selection:?}: {error}"))?;
    }
    Ok(())
}

fn check_query(
    collection: &Collection,
    vector: &[f32],
    selected: &[usize],
    n_results: u32,
    rows: &GetResult,
    distances: &[f32],
    include: Include,
) -> Result<(), String> {
    let mut expected = collection.nearest(vector, selected);
    expected.truncate(n_results as usize);
    ensure_eq!(distances.len(), expected.len(), "number of neighbours");
    for (rank, (distance, (_, exact))) in distances.iter().zip(&expected).enumerate() {
        if (f64::from(*distance) - exact).abs() > TOLERANCE * exact.abs().max(1.0) {
            return Err(format!("distance {rank} is {distance}, expected {exact}"));
        }
    }
    let mut places = Vec::new();
    for id in &rows.ids {
        let place = selected.iter().copied().find(|place| collection.records[*place].id == *id);
        places.push(place.ok_or_else(|| format!("{id} is not selected"))?);
    }
    if collection.space == "cosine" {
        let ranks: Vec<_> = distances.iter().copied().zip(places.iter().copied()).collect();
        let ascending = ranks.is_sorted_by(|left, right| (left.0, left.1) < (right.0, right.1));
        ensure_eq!(ascending, true, "order of {ranks:?}");
    } else {
        let expected: Vec<usize> = expected.iter().map(|(place, _)| *place).collect();
        ensure_eq!(places, expected, "neighbours");
    }
    check_rows(rows, collection, &places, include)
}

fn check_rows(
    result: &GetResult,
    collection: &Collection,
    rows: &[usize],
    include: Include,
) -> Result<(), String> {
    let records: Vec<_> = rows.iter().map(|row| &collection.records[*row]).collect();
    let ids: Vec<_> = records.iter().map(|record| record.id.clone()).collect();
    ensure_eq!(result.ids, ids, "ids");
    let documents: Vec<_> = records.iter().map(|record| record.document.clone()).collect();
    ensure_eq!(result.documents, include.documents.then_some(documents), "documents");
    let uris: Vec<_> = records.iter().map(|record| record.uri.clone()).collect();
    ensure_eq!(result.uris, include.uris.then_some(uris), "uris");
    let shown = |record: &&super::chroma::Record| match record.metadata.is_empty() {
        true => Value::Null,
        false => Value::Object(record.metadata.clone()),
    };
    let metadatas = include.metadatas.then(|| records.iter().map(shown).collect::<Vec<_>>());
    let found = result.metadatas.as_ref().map(|column| {
        column.iter().map(|metadata| serde_json::to_value(metadata).expect("plain data")).collect::<Vec<_>>()
    });
    ensure_eq!(found, metadatas, "metadatas");
    let found = result.embeddings.as_ref().map(|rows| rows.data.clone());
    let embeddings = records.iter().flat_map(|record| record.embedding.clone()).collect::<Vec<f32>>();
    ensure_eq!(found, include.embeddings.then_some(embeddings), "embeddings");
    Ok(())
}

pub fn why(error: chromatid::error::Error) -> String {
    format!("{} {error}", error.name())
}

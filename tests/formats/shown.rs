//! All that a store shows, as JSON.

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db};
use chromatid::error::Result;
use chromatid::types::{Embeddings, GetRequest, Include, QueryRequest, ReadLevel, SearchRequest, Where};
use serde_json::{Map, Value, json};

use super::history::CLIENT;

/// Records beyond which only some are shown.
const FEW: usize = 100;

const INCLUDE: Include =
    Include { distances: true, documents: true, embeddings: true, metadatas: true, uris: true };

/// Everything, by what it is about.
pub async fn show(db: &Db) -> Result<Value> {
    let mut shown = Map::new();
    let databases = ["acme", T].map(|tenant| json!(db.list_databases(tenant, None, 0)));
    shown.insert("databases".into(), json!(databases));
    shown.insert("tenant".into(), json!(db.get_tenant("acme")?));
    let applied = [1, 2, 3].map(|number| db.applied(CLIENT, number).map(|applied| applied.operations));
    shown.insert("requests".into(), json!(applied));
    for collection in db.list_collections(T, D, None, 0)? {
        let id = collection.id.to_string();
        let mut of_it = Map::new();
        of_it.insert("collection".into(), json!(collection));
        of_it.insert("counts".into(), counts(db, &id).await?);
        of_it.insert("records".into(), records(db, &id).await?);
        of_it.insert("found".into(), found(db, &id, collection.dimension).await?);
        let versions = db.versions(T, D, &id)?;
        let mut kept = Vec::new();
        for version in &versions {
            kept.push(records(db, &format!("{id}@{}", version.version)).await?);
        }
        of_it.insert("versions".into(), json!([versions, kept]));
        of_it.insert("function".into(), json!(db.attached_function(T, D, &id, "counts").ok()));
        shown.insert(format!("collection {}", collection.name), Value::Object(of_it));
    }
    Ok(Value::Object(shown))
}

async fn counts(db: &Db, id: &str) -> Result<Value> {
    let all = db.count(T, D, id, ReadLevel::IndexAndWal).await?;
    Ok(json!([all, db.count(T, D, id, ReadLevel::IndexOnly).await?]))
}

/// The records in their order; every fiftieth of many.
async fn records(db: &Db, id: &str) -> Result<Value> {
    let result = db.get(T, D, id, &GetRequest { include: INCLUDE, ..GetRequest::default() }).await?;
    let step = if result.ids.len() > FEW { 50 } else { 1 };
    let embeddings = result.embeddings.as_ref();
    let record = |place: usize| {
        json!([
            result.ids[place],
            embeddings.and_then(|rows| rows.row(place)),
            result.documents.as_ref().map(|documents| &documents[place]),
            result.uris.as_ref().map(|uris| &uris[place]),
            result.metadatas.as_ref().map(|metadatas| &metadatas[place]),
        ])
    };
    Ok((0..result.ids.len()).step_by(step).map(record).collect())
}

/// What filters and searches find. All neighbours are asked for, so that the answer is exact whatever searches come to be.
async fn found(db: &Db, id: &str, dimension: Option<usize>) -> Result<Value> {
    let mut found = Vec::new();
    for filter in [
        json!({"int": {"$gte": 15}}),
        json!({"large": {"$lt": i64::MAX - 20}}),
        json!({"text": {"$in": ["text 1", "text 4"]}}),
        json!({"texts": {"$contains": "2"}}),
        json!({"bool": {"$ne": true}}),
        json!({"#document": {"$contains": "straße and"}}),
        json!({"#document": {"$regex": "Note 1[0-4].*日本 1"}}),
    ] {
        let request = GetRequest { filter: Some(Where::parse(&filter)?), ..GetRequest::default() };
        let ids = db.get(T, D, id, &request).await?.ids;
        found.push(json!([ids.len(), ids.iter().take(10).collect::<Vec<_>>()]));
    }
    if let Some(dimension) = dimension {
        let embeddings = Embeddings { data: vec![3.0; dimension], dimension, present: None };
        let n_results = db.count(T, D, id, ReadLevel::IndexAndWal).await? as u32;
        let request = QueryRequest {
            embeddings,
            n_results: n_results.max(1),
            ids: None,
            filter: None,
            include: INCLUDE,
        };
        let result = db.query(T, D, id, &request).await?;
        let nearest = result.rows[0].ids.iter().take(10).collect::<Vec<_>>();
        found.push(json!([result.rows[0].ids.len(), nearest]));
    }
    let knn = json!({"$knn": {"query": {"indices": [1, 9], "values": [1.0, 2.0]}, "key": "weights"}});
    let search = SearchRequest::from_json(&json!({"searches": [{"rank": knn, "limit": {"limit": 5}}]}))?;
    let searched = db.search(T, D, id, &search).await;
    found.push(json!(searched.ok().map(|results| results[0].ids.clone())));
    Ok(Value::Array(found))
}

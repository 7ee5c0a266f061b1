//! Searches through the facade: ranked, grouped, cut and selected as the definition says, from the log and from segments.

use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::error::Error;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    CreateCollection, Embeddings, MetadataValue, Operation, RecordSet, SearchRequest, SearchResult,
};
use futures::executor::block_on;
use serde_json::{Value, json};

const COLOURS: [&str; 3] = ["red", "green", "blue"];

/// Records `r0`, `r1`, …: record `i` lies at `(i, 1)` and has the colour `i % 3`, unless it is a multiple of 10.
struct Fixture {
    db: Db,
    collection: String,
    count: usize,
}

impl Fixture {
    async fn new() -> Self {
        let storage = Rc::new(MemoryStorage::default());
        let db = Db::open(storage, Rc::new(NativeEnv), Options::default()).await.unwrap();
        let request = CreateCollection::from_json(json!({"name": "searched"})).unwrap();
        let collection = db.create_collection(T, D, request).await.unwrap().id.to_string();
        Self { db, collection, count: 0 }
    }

    async fn add(&mut self, count: usize) {
        let rows = self.count..self.count + count;
        let metadata = |i: usize| {
            let colour = Some(MetadataValue::Str(COLOURS[i % 3].into()));
            let row = Some(MetadataValue::Int(i as i64));
            (!i.is_multiple_of(10)).then(|| [("colour".to_owned(), colour), ("row".to_owned(), row)].into())
        };
        let records = RecordSet {
            ids: rows.clone().map(|i| format!("r{i}")).collect(),
            embeddings: Some(Embeddings {
                data: rows.clone().flat_map(|i| [i as f32, 1.0]).collect(),
                dimension: 2,
                present: None,
            }),
            documents: Some(rows.clone().map(|i| (i % 2 == 0).then(|| format!("text {i}"))).collect()),
            metadatas: Some(rows.map(metadata).collect()),
            ..RecordSet::default()
        };
        self.db.write(T, D, &self.collection, Operation::Add, records).await.unwrap();
        self.count += count;
    }

    async fn search(&self, search: Value) -> SearchResult {
        self.all(json!({ "searches": [search] })).await.into_iter().next().unwrap()
    }

    async fn all(&self, request: Value) -> Vec<SearchResult> {
        let request = SearchRequest::from_json(&request).unwrap();
        self.db.search(T, D, &self.collection, &request).await.unwrap()
    }

    async fn refused(&self, search: Value) -> String {
        let request = SearchRequest::from_json(&json!({ "searches": [{}, search] })).unwrap();
        let error = self.db.search(T, D, &self.collection, &request).await.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument(_)), "{error:?}");
        error.to_string()
    }
}

fn names(rows: &[usize]) -> Vec<String> {
    rows.iter().map(|row| format!("r{row}")).collect()
}

/// Both before and after a compaction, and with one half of the records on each side.
fn everywhere(check: impl AsyncFn(&Fixture)) {
    block_on(async {
        for [compacted, in_tail] in [[0, 40], [40, 0], [20, 20]] {
            let mut fixture = Fixture::new().await;
            fixture.add(compacted.max(1)).await;
            fixture.db.compact().await.unwrap();
            if compacted == 0 {
                fixture.add(in_tail - 1).await;
            } else if in_tail > 0 {
                fixture.add(in_tail).await;
            }
            check(&fixture).await;
        }
    });
}

#[test]
fn without_a_rank_records_come_in_order_with_their_places_as_scores() {
    everywhere(async |fixture| {
        let found = fixture
            .search(json!({
                "filter": {"colour": "green"}, "limit": {"offset": 2, "limit": 3}, "select": {"keys": ["#score"]}
            }))
            .await;
        assert_eq!(found.ids, names(&[7, 13, 16]));
        assert_eq!(found.scores, Some(vec![0.0, 1.0, 2.0]));
        let all = fixture.search(json!({})).await;
        assert_eq!(all.ids.len(), 40);
        assert_eq!((all.scores, all.metadatas, all.documents, all.select), (None, None, None, vec![]));
    });
}

#[test]
fn a_rank_orders_by_its_value_under_the_filter() {
    everywhere(async |fixture| {
        let knn = |x: f32, more: Value| {
            let mut knn = json!({"query": [x, 1], "limit": 5});
            knn.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "$knn": knn })
        };
        let nearest = fixture
            .search(json!({
                "filter": {"colour": {"$ne": "red"}}, "rank": knn(12.0, json!({})), "select": {"keys": ["#score"]}
            }))
            .await;
        // Without a colour a record is not red; 12 itself is.
        assert_eq!(nearest.ids, names(&[11, 13, 10, 14, 8]));
        assert_eq!(nearest.scores, Some(vec![1.0, 1.0, 4.0, 4.0, 16.0]));

        let both =
            fixture.search(json!({"rank": {"$sum": [knn(5.0, json!({})), knn(7.0, json!({}))]}})).await;
        // Only what is among the five nearest of both.
        assert_eq!(both.ids, names(&[6, 5, 7]));
        let fused = fixture
            .search(json!({
                "rank": {"$sum": [knn(5.0, json!({"return_rank": true, "default": 100})), knn(9.0, json!({"return_rank": true, "default": 100}))]},
                "select": {"keys": ["#score"]},
            }))
            .await;
        // 7 is 3rd or 4th of both: ties between equal distances go by insertion.
        assert_eq!(fused.ids[0], "r7");
        assert_eq!(fused.ids.len(), 9);
        assert!(fused.scores.unwrap().is_sorted());
        let constants = fixture.search(json!({"rank": {"$val": 1}})).await;
        assert_eq!(constants.ids, Vec::<String>::new());
        let none = fixture.search(json!({"rank": {"$knn": {"query": [1, 1], "limit": 0}}})).await;
        assert_eq!(none.ids, Vec::<String>::new());
    });
}

#[test]
fn groups_come_before_the_page() {
    everywhere(async |fixture| {
        let rank = json!({"$knn": {"query": [0, 1], "limit": 40}});
        let found = fixture
            .search(json!({
                "rank": rank,
                "group_by": {"keys": ["colour"], "aggregate": {"$max_k": {"keys": ["row"], "k": 2}}},
                "limit": {"offset": 1, "limit": 5},
                "select": {"keys": ["colour", "#document"]},
            }))
            .await;
        // Of those without a colour the first two by score; of the others those with the largest rows.
        assert_eq!(found.ids, names(&[10, 34, 35, 36, 37]));
        let colour = |row: &Option<chromatid::types::Metadata>| row.as_ref().map(|row| row.len());
        let metadatas = found.metadatas.unwrap();
        assert_eq!(
            metadatas.iter().map(colour).collect::<Vec<_>>(),
            [None, Some(1), Some(1), Some(1), Some(1)]
        );
        assert_eq!(found.documents.unwrap()[..2], [Some("text 10".to_owned()), Some("text 34".to_owned())]);
        assert_eq!(found.select, ["#document", "colour"]);
    });
}

#[test]
fn searches_of_a_request_are_answered_in_order() {
    everywhere(async |fixture| {
        let select = json!({"keys": ["#embedding", "#metadata"]});
        let searches = json!([
            {"filter": {"#id": {"$in": ["r3", "r4", "nothing"]}}, "select": select},
            {"filter": {"#document": {"$contains": "text 12"}}},
            {},
        ]);
        let found = fixture.all(json!({ "searches": searches })).await;
        assert_eq!(found[0].ids, names(&[3, 4]));
        assert_eq!(found[0].embeddings.as_ref().unwrap().data, [3.0, 1.0, 4.0, 1.0]);
        assert_eq!(found[0].metadatas.as_ref().unwrap()[0].as_ref().map(|row| row.len()), Some(2));
        assert_eq!(found[1].ids, names(&[12]));
        assert_eq!(found[2].ids.len(), 40);
        assert_eq!(fixture.all(json!({"searches": []})).await, []);
    });
}

#[test]
fn a_read_level_without_the_log_sees_what_is_compacted() {
    block_on(async {
        let mut fixture = Fixture::new().await;
        fixture.add(3).await;
        fixture.db.compact().await.unwrap();
        fixture.add(2).await;
        let found = fixture.all(json!({"searches": [{}], "read_level": "index_only"})).await;
        assert_eq!(found[0].ids, names(&[0, 1, 2]));
        let found = fixture.all(json!({"searches": [{}]})).await;
        assert_eq!(found[0].ids.len(), 5);
    });
}

#[test]
fn vectors_that_the_collection_cannot_be_searched_with_are_refused() {
    block_on(async {
        let mut fixture = Fixture::new().await;
        let knn = |query: Value, key: &str| json!({"rank": {"$abs": {"$knn": {"query": query, "key": key}}}});
        // Nothing was ever written: there is nothing to compare with.
        assert_eq!(fixture.search(knn(json!([1, 2, 3]), "#embedding")).await.ids, Vec::<String>::new());
        fixture.add(3).await;
        let dimension = fixture.refused(knn(json!([1, 2, 3]), "#embedding")).await;
        assert_eq!(dimension, "Collection expecting embedding with dimension of 2, got 3");
        let sparse = fixture.refused(knn(json!({"indices": [1], "values": [1]}), "sv")).await;
        assert_eq!(
            sparse,
            "Cannot filter using metadata key 'sv' with type 'SparseVector' because indexing is disabled"
        );
        assert!(fixture.refused(knn(json!([1, 2]), "foo")).await.contains("'foo'"));
        assert!(fixture.refused(knn(json!([]), "#embedding")).await.contains("empty"));
        let request = SearchRequest::from_json(&json!({"searches": [{}]})).unwrap();
        let other = "6b3a5b1e-0000-4000-8000-000000000001";
        let missing = fixture.db.search(T, D, other, &request).await;
        assert!(matches!(missing, Err(Error::NotFound(_))));
    });
}

//! Filters over many records, answered by the index of terms, beside the same filters by the words of the spec.

use std::collections::BTreeMap;
use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::env::NativeEnv;
use chromatid::storage::Storage;
use chromatid::storage::memory::MemoryStorage;
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, GetRequest, Include, Operation, RecordSet, Where,
};
use futures::executor::block_on;
use serde_json::{Map, Value, json};

use crate::support::filter::passes;
use crate::support::record::Record;

/// More than fit one chunk of the index.
const RECORDS: u32 = 70_000;

const WORDS: [&str; 8] = ["river", "mountain", "Straße", "naïve", "数据库", "🦀🦀", "an", "Rivers"];

/// A record as its number says; of another `edition` some things are different.
fn record(number: u32, edition: u32) -> Record {
    let word = |place: u32| WORDS[((number / 7u32.pow(place) + place + edition) % 8) as usize];
    let mut metadata = json!({
        "number": number,
        "half": f64::from(number) / 2.0,
        "class": format!("class {}", (number + edition) % 7),
        "flag": number.is_multiple_of(3),
        "tags": [format!("tag {}", number % 5), "all"],
        "sizes": [number % 10, 1000 + edition],
        "long": format!("{}{}", "x".repeat(150), number % 2),
        "big": i64::MAX - i64::from(number % 4),
    });
    let object = metadata.as_object_mut().unwrap();
    if number.is_multiple_of(10_007) {
        object.insert("rare".into(), json!(if edition == 0 { json!("text") } else { json!(7) }));
    }
    if number.is_multiple_of(11) {
        object.remove("class");
    }
    let document = format!("{} {} {} {}", word(0), word(1), number, word(2));
    Record {
        id: format!("id{number}"),
        embedding: vec![number as f32, 1.0],
        document: (!number.is_multiple_of(13)).then_some(document),
        uri: None,
        metadata: metadata.as_object().unwrap().clone(),
    }
}

struct Client {
    db: Db,
    collection: String,
    records: BTreeMap<u32, Record>,
}

impl Client {
    async fn write(&mut self, operation: Operation, records: impl Iterator<Item = (u32, Record)>) {
        let records: Vec<(u32, Record)> = records.collect();
        for batch in records.chunks(5_000) {
            let of = |read: fn(&Record) -> Option<String>| Some(batch.iter().map(|(_, r)| read(r)).collect());
            let metadata = |(_, record): &(u32, Record)| {
                Some(serde_json::from_value(Value::Object(record.metadata.clone())).unwrap())
            };
            let set = RecordSet {
                ids: batch.iter().map(|(_, record)| record.id.clone()).collect(),
                embeddings: Some(Embeddings {
                    data: batch.iter().flat_map(|(_, record)| record.embedding.clone()).collect(),
                    dimension: 2,
                    present: None,
                }),
                documents: of(|record| record.document.clone()),
                metadatas: Some(batch.iter().map(metadata).collect()),
                ..RecordSet::default()
            };
            self.db.write(T, D, &self.collection, operation, set).await.unwrap();
        }
        self.records.extend(records);
    }

    async fn delete(&mut self, filter: Value) {
        self.records.retain(|_, record| !passes(&filter, record));
        let filter = Some(Where::parse(&filter).unwrap());
        self.db
            .delete(T, D, &self.collection, DeleteRequest { ids: None, filter, limit: None })
            .await
            .unwrap();
    }

    async fn found(&self, filter: &Value) -> Vec<String> {
        let filter = Some(Where::parse(filter).unwrap());
        let request = GetRequest { filter, include: Include::default(), ..GetRequest::default() };
        self.db.get(T, D, &self.collection, &request).await.unwrap().ids
    }

    async fn check(&self, when: &str) {
        for filter in filters() {
            let passing = self.records.values().filter(|record| passes(&filter, record));
            let mut expected: Vec<String> = passing.map(|record| record.id.clone()).collect();
            let mut found = self.found(&filter).await;
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found.len(), expected.len(), "{filter} {when}");
            assert!(found == expected, "{filter} {when}");
        }
    }
}

fn filters() -> Vec<Value> {
    let document = |operator: &str, text: &str| json!({"#document": {operator: text}});
    let mut filters = vec![
        json!({"class": "class 3"}),
        json!({"class": {"$ne": "class 3"}}),
        json!({"class": {"$in": ["class 1", "class 2", "none"]}}),
        json!({"class": {"$nin": ["class 1", "class 2"]}}),
        json!({"number": {"$gte": 65_500, }}),
        json!({"number": {"$lt": 100.5}}),
        json!({"half": 32_768}),
        json!({"half": {"$gt": 34_000.25}}),
        json!({"half": {"$in": [1.5, 7, 20_000]}}),
        json!({"flag": true}),
        json!({"flag": {"$ne": true}}),
        json!({"big": i64::MAX - 1}),
        json!({"big": {"$lt": i64::MAX - 2}}),
        json!({"rare": "text"}),
        json!({"rare": 7}),
        json!({"rare": {"$ne": 7}}),
        json!({"tags": {"$contains": "tag 2"}}),
        json!({"tags": {"$not_contains": "tag 2"}}),
        json!({"tags": "tag 2"}),
        json!({"sizes": {"$contains": 3.0}}),
        json!({"sizes": {"$contains": 1001}}),
        json!({"long": format!("{}1", "x".repeat(150))}),
        json!({"long": {"$ne": format!("{}1", "x".repeat(150))}}),
        json!({"long": "x".repeat(128)}),
        json!({"missing": 1}),
        json!({"missing": {"$ne": 1}}),
        json!({"#id": {"$in": ["id5", "id69999", "none"]}}),
        json!({"$and": [{"class": "class 3"}, {"number": {"$gt": 60_000}}, {"flag": {"$ne": true}}]}),
        json!({"$and": [{"number": {"$lt": 200}}, document("$contains", "mountain"), {"tags": {"$contains": "all"}}]}),
        json!({"$or": [{"number": 5}, {"#document": {"$contains": "数据库"}}, {"half": {"$gt": 34_900}}]}),
        json!({"$or": [{"class": {"$ne": "class 3"}}, {"number": {"$lt": 100}}]}),
        json!({"$and": [{"$or": [{"number": 5}, {"number": 66_000}]}, {"class": {"$ne": "class 1"}}]}),
        json!({"$and": [document("$contains", "river"), document("$not_contains", "Rivers"), {"number": {"$lte": 66_000}}]}),
        json!({"$and": [{"number": {"$gte": 100}}, {"number": {"$lt": 120}}, {"number": {"$gt": 100}}]}),
        json!({"$and": [{"number": {"$lte": 7.5}}, {"class": {"$ne": "class 1"}}, {"number": {"$lte": 7}}, {"number": {"$gt": 2}}]}),
        json!({"$and": [{"number": {"$gte": 9}}, {"number": {"$lte": 9}}]}),
        json!({"$and": [{"number": {"$gt": 9}}, {"number": {"$lte": 9}}]}),
        json!({"$and": [{"number": {"$gt": 300}}, {"number": {"$lt": 200}}, {"half": {"$lt": 500}}]}),
        json!({"$and": [{"#id": {"$nin": ["id5", "id6"]}}, {"number": {"$lte": 10}}]}),
        json!({"$and": []}),
        json!({"$or": []}),
    ];
    let texts = [
        "",
        "a",
        "🦀",
        "aß",
        "数据",
        "据库 ",
        "river",
        "ï",
        "ïve",
        "raße 1",
        "6999",
        " 42 ",
        "zzz",
        "e mountain",
        "nothing at all",
    ];
    let patterns = [
        "",
        "river",
        "^river",
        r"\d{5} an$",
        "(?i)RIVERS?",
        "(Straße|数据库) (river|an)",
        r"na.ve mountain",
        r"\bma\b",
        r"^\w+ \w+ [0-9]+ 🦀",
        "ver|xyz",
        "zzz+",
    ];
    for pattern in patterns {
        filters.push(document("$regex", pattern));
        filters.push(document("$not_regex", pattern));
    }
    filters.extend(
        texts.iter().flat_map(|text| ["$contains", "$not_contains"].map(|operator| document(operator, text))),
    );
    filters
}

async fn open(storage: &Rc<dyn Storage>) -> Db {
    Db::open(Rc::clone(storage), Rc::new(NativeEnv), Options::default()).await.unwrap()
}

async fn client(storage: &Rc<dyn Storage>) -> Client {
    let db = open(storage).await;
    let request = CreateCollection::from_json(json!({"name": "terms"})).unwrap();
    let collection = db.create_collection(T, D, request).await.unwrap().id.to_string();
    Client { db, collection, records: BTreeMap::new() }
}

#[test]
fn filters_agree_with_the_spec_over_many_chunks() {
    let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
    block_on(async {
        let mut client = client(&storage).await;
        client.write(Operation::Add, (0..RECORDS).map(|number| (number, record(number, 0)))).await;
        client.db.compact().await.unwrap();
        client.check("after a compaction").await;

        let changed = || (0..RECORDS).step_by(29).map(|number| (number, record(number, 1)));
        client.write(Operation::Upsert, changed()).await;
        client.delete(json!({"number": {"$gte": 69_000}})).await;
        client.delete(json!({"$and": [{"class": "class 4"}, {"flag": true}]})).await;
        client.check("in the log").await;
        client.db.compact().await.unwrap();
        client.check("after the next compaction").await;

        client.db = open(&storage).await;
        client.check("opened again").await;
    });
}

/// What a filter reads of a store that was just opened.
async fn blocks_read(storage: &Rc<dyn Storage>, collection: &str, filter: Value) -> u64 {
    let db = open(storage).await;
    let client = Client { db, collection: collection.to_owned(), records: BTreeMap::new() };
    let before = client.db.info().await.unwrap().cache.misses;
    let filter = Some(Where::parse(&filter).unwrap());
    let request = GetRequest { filter, limit: Some(0), include: Include::default(), ..GetRequest::default() };
    client.db.get(T, D, collection, &request).await.unwrap();
    client.db.info().await.unwrap().cache.misses - before
}

#[test]
fn a_filter_reads_only_the_blocks_that_it_needs() {
    let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
    block_on(async {
        let mut client = client(&storage).await;
        client.write(Operation::Add, (0..30_000).map(|number| (number, record(number, 0)))).await;
        client.db.compact().await.unwrap();
        let collection = client.collection;
        drop(client.db);
        let read = async |filter| blocks_read(&storage, &collection, filter).await;
        // One list each; for all but some, that of all records too.
        assert_eq!(read(json!({"class": "class 3"})).await, 1);
        assert_eq!(read(json!({"number": 5})).await, 1);
        assert!(read(json!({"class": {"$ne": "class 3"}})).await <= 2);
        assert!(read(json!({"#document": {"$contains": "ïve"}})).await <= 2);
        // What the cheapest condition leaves is looked at, instead of thousands of lists.
        let few = json!({"$and": [{"number": {"$gt": 100}}, {"half": {"$gt": 2.0}}, {"rare": "text"}]});
        assert!(read(few).await <= 3 + 2);
        // Of the many that one condition leaves only those are looked at that have the runs of the text.
        let among_many = json!({"$and": [{"flag": true}, {"#document": {"$contains": " 12345 "}}]});
        assert!(read(among_many).await <= 1 + 5 + 1);
        // Two bounds of one key are one range.
        let between = json!({"$and": [{"number": {"$gte": 15_000}}, {"number": {"$lt": 15_100}}]});
        assert!(read(between).await <= 2);
        // A range of a tenth does not read all lists.
        let (tenth, all) =
            (read(json!({"number": {"$lt": 3_000}})).await, read(json!({"number": {"$gte": 0}})).await);
        assert!(2 * tenth < all, "{tenth} of {all}");
    });
}

#[test]
fn filters_with_an_impossible_operand_find_nothing() {
    let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
    block_on(async {
        let mut client = client(&storage).await;
        client.write(Operation::Add, (0..100).map(|number| (number, record(number, 0)))).await;
        client.db.compact().await.unwrap();
        let filter = |value: Value| json!({"number": Map::from_iter([("$gt".to_owned(), value)])});
        assert_eq!(client.found(&filter(json!(1e300))).await.len(), 0);
        assert_eq!(client.found(&filter(json!(-1e300))).await.len(), 100);
    });
}

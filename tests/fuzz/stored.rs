//! Stores whose blocks say what nobody wrote, under checksums that fit: the catalogue, the records, the index of terms and those
//! of vectors. Whatever a block says, whoever asks is answered or refused, and so is whoever goes on writing.

use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::error::{Error, Result};
use chromatid::storage::file::FileOptions;
use chromatid::storage::sim::{SimFiles, Xorshift};
use chromatid::storage::{BlockId, Storage};
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, GetRequest, Include, MetadataValue, Operation, QueryRequest,
    ReadLevel, RecordSet, SearchRequest, UpdateMetadata, Where,
};
use futures::executor::block_on;
use serde_json::{Value, json};

use crate::env::seeded;
use crate::harness::{Memory, fuzz};
use crate::layout::{BLOCKS, Contents, place_of, seal_block};
use crate::mutator::poke;

/// What a database may hold on a phone, however small the store.
const MEMORY: Memory = Memory { least: 64 << 20, per_byte: 0 };

pub const OPTIONS: FileOptions = FileOptions { rewrite_bytes: 400, spare_bytes: 0 };

const DIMENSION: usize = 8;

const INCLUDE: Include =
    Include { distances: true, documents: true, embeddings: true, metadatas: true, uris: true };

/// Rounds of maintenance that are waited for: what a forged index wants is no reason to go on for ever.
const ROUNDS: usize = 8;

/// What a store has of indexes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Flavour {
    /// Texts, metadata and sparse vectors.
    Plain,
    /// Codes of vectors.
    Codes,
    /// Posting lists.
    Lists,
    Graph,
}

impl Flavour {
    fn name(self) -> &'static str {
        match self {
            Flavour::Plain => "plain",
            Flavour::Codes => "codes",
            Flavour::Lists => "lists",
            Flavour::Graph => "graph",
        }
    }

    fn body(self) -> Value {
        let spann = json!({"space": "l2", "split_threshold": 50, "merge_threshold": 25, "nreplica_count": 2});
        let sparse = json!({"sparse_vector_index": {"enabled": true, "config": {}}});
        let mut body = match self {
            Flavour::Plain => {
                json!({"schema": {"defaults": {}, "keys": {"weights": {"sparse_vector": sparse}}}})
            }
            Flavour::Codes => json!({"configuration": {"hnsw": {"space": "cosine"}}}),
            Flavour::Lists => json!({"configuration": {"spann": spann}}),
            Flavour::Graph => json!({"configuration": {"hnsw": {"ef_construction": 16, "max_neighbors": 4}}}),
        };
        body["name"] = json!(self.name());
        body["metadata"] = json!({"a": [1, 2], "b": "c"});
        body
    }

    fn records(self) -> u64 {
        if self == Flavour::Plain { 60 } else { 1_060 }
    }
}

fn metadata(number: u64) -> UpdateMetadata {
    let sparse =
        json!({"#type": "sparse_vector", "indices": [number % 3, number + 5], "values": [0.5, number]});
    [
        ("n", json!(number % 5)),
        ("s", json!(format!("text {}", number % 4))),
        ("list", json!([number, 1])),
        ("weights", sparse),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), MetadataValue::from_json(&value)))
    .collect()
}

fn record_set(flavour: Flavour, numbers: std::ops::Range<u64>, salt: u64) -> RecordSet {
    let vector = |number: u64| {
        let mut random = Xorshift::new(number ^ salt << 20);
        (0..DIMENSION).map(move |_| random.below(2_000) as f32 / 500.0 - 2.0)
    };
    let plain = flavour == Flavour::Plain;
    RecordSet {
        ids: numbers.clone().map(|number| format!("r{number}")).collect(),
        embeddings: Some(Embeddings {
            data: numbers.clone().flat_map(vector).collect(),
            dimension: DIMENSION,
            present: None,
        }),
        documents: plain.then(|| numbers.clone().map(|n| Some(format!("document {n} of many"))).collect()),
        uris: None,
        metadatas: plain.then(|| numbers.map(|number| Some(metadata(number))).collect()),
    }
}

/// Creates a collection, fills it, and changes some of it.
pub async fn live(db: &Db, flavour: Flavour) {
    let request = CreateCollection::from_json(flavour.body()).unwrap();
    let id = db.create_collection(T, D, request).await.unwrap().id.to_string();
    let records = record_set(flavour, 0..flavour.records(), 0);
    db.write(T, D, &id, Operation::Add, records).await.unwrap();
    db.write(T, D, &id, Operation::Upsert, record_set(flavour, 3..9, 1)).await.unwrap();
    let request = DeleteRequest { ids: Some(vec!["r1".into(), "r8".into()]), ..DeleteRequest::default() };
    db.delete(T, D, &id, request).await.unwrap();
}

/// The files of a store, and where its blocks lie in the last of them.
pub struct Stored {
    pub name: &'static str,
    pub files: Contents,
    blocks: Vec<(BlockId, std::ops::Range<usize>)>,
}

impl Stored {
    pub fn new(flavour: Flavour) -> Self {
        let files = SimFiles::new(5);
        let blocks = block_on(async {
            let storage: Rc<dyn Storage> = Rc::new(files.storage(OPTIONS).unwrap());
            let db = Db::open(Rc::clone(&storage), seeded(1, 0.25), Options::default()).await.unwrap();
            live(&db, flavour).await;
            db.compact().await.unwrap();
            while db.maintain().await.unwrap() {}
            let id = db.get_collection(T, D, flavour.name()).unwrap().id.to_string();
            db.write(T, D, &id, Operation::Upsert, record_set(flavour, 20..24, 2)).await.unwrap();
            let mut blocks = Vec::new();
            for id in storage.list_blocks().await.unwrap() {
                blocks.push((id, storage.read_block(id).await.unwrap().unwrap()));
            }
            db.close().await.unwrap();
            blocks
        });
        let contents = files.contents();
        let blocks = blocks.into_iter().map(|(id, block)| (id, place_of(&contents, &block))).collect();
        Self { name: flavour.name(), files: contents, blocks }
    }

    /// The files with some bytes of one block changed, and its checksum made to fit.
    fn forged(&self, random: &mut Xorshift) -> Contents {
        let mut files = self.files.clone();
        let (id, range) = &self.blocks[random.below(self.blocks.len() as u64) as usize];
        let block = &mut files[BLOCKS][range.clone()];
        for _ in 0..1 + random.below(4) {
            poke(random, block);
        }
        seal_block(*id, block);
        files
    }
}

/// Opens a store, asks it everything, and goes on with it. An error of the engine itself is a failure; any other is an answer.
pub fn exercise(files: &SimFiles) {
    let outcome = block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(files.storage(OPTIONS)?);
        let db = Db::open(storage, seeded(3, 0.25), Options::default()).await?;
        for collection in db.list_collections(T, D, Some(4), 0)? {
            let id = collection.id.to_string();
            let asked = ask(&db, &id).await;
            check(asked);
            check(go_on(&db, &id).await);
        }
        check(db.compact().await);
        for _ in 0..ROUNDS {
            match db.maintain().await {
                Ok(true) => {}
                outcome => {
                    check(outcome.map(drop));
                    break;
                }
            }
        }
        db.close().await
    });
    check(outcome);
}

fn check(outcome: Result<()>) {
    if let Err(error @ Error::Internal(_)) = outcome {
        panic!("an error of the engine: {error}");
    }
}

async fn ask(db: &Db, id: &str) -> Result<()> {
    let filters = [
        json!({"n": {"$gte": 3}}),
        json!({"s": {"$in": ["text 1", "text 2"]}}),
        json!({"list": {"$contains": 7}}),
        json!({"#document": {"$contains": "of many"}}),
        json!({"#document": {"$regex": "d[aeo]c.*1"}}),
    ];
    let mut asked = Vec::new();
    let all = GetRequest { include: INCLUDE, ..GetRequest::default() };
    asked.push(db.get(T, D, id, &all).await.map(drop));
    for level in [ReadLevel::IndexOnly, ReadLevel::IndexAndWal] {
        asked.push(db.count(T, D, id, level).await.map(drop));
    }
    for filter in [None].into_iter().chain(filters.iter().map(Some)) {
        let filter = filter.map(Where::parse).transpose()?;
        let vector = vec![0.25; DIMENSION];
        let request = QueryRequest {
            embeddings: Embeddings { data: vector, dimension: DIMENSION, present: None },
            n_results: 10,
            ids: None,
            filter: filter.clone(),
            include: INCLUDE,
        };
        asked.push(db.query(T, D, id, &request).await.map(drop));
        let request = GetRequest { filter, ..all.clone() };
        asked.push(db.get(T, D, id, &request).await.map(drop));
    }
    let knn = json!({"$knn": {"query": {"indices": [1, 7], "values": [1.0, 0.5]}, "key": "weights"}});
    let request = SearchRequest::from_json(&json!({"searches": [{"rank": knn}]}))?;
    asked.push(db.search(T, D, id, &request).await.map(drop));
    asked.into_iter().for_each(check);
    Ok(())
}

/// Enough changes that each part of the segment is written anew.
async fn go_on(db: &Db, id: &str) -> Result<()> {
    let flavour = Flavour::Plain;
    let ids = Some(vec!["r2".into(), "r30".into()]);
    db.write(T, D, id, Operation::Upsert, record_set(flavour, 25..32, 4)).await?;
    db.write(T, D, id, Operation::Add, record_set(flavour, 2_000..2_012, 4)).await?;
    db.delete(T, D, id, DeleteRequest { ids, ..DeleteRequest::default() }).await.map(drop)
}

fn fuzz_flavour(flavour: Flavour, cases: u64) {
    let stored = Stored::new(flavour);
    exercise(&SimFiles::from_contents(stored.files.clone(), 0));
    let size = |files: &Contents| files.iter().map(Vec::len).sum();
    let make = |random: &mut Xorshift| stored.forged(random);
    fuzz(stored.name, cases, MEMORY, make, size, |files| {
        exercise(&SimFiles::from_contents(files.clone(), 0))
    });
}

#[test]
fn blocks_of_records_and_terms() {
    fuzz_flavour(Flavour::Plain, 1_500);
}

#[test]
fn blocks_of_codes() {
    fuzz_flavour(Flavour::Codes, 300);
}

#[test]
fn blocks_of_lists() {
    fuzz_flavour(Flavour::Lists, 150);
}

#[test]
fn blocks_of_graphs() {
    fuzz_flavour(Flavour::Graph, 150);
}

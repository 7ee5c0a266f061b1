//! The same calls with the same seeds leave the same bytes, whatever machine the engine runs on: a store that one wrote is what
//! another would have written, and a crash that a seed has found is found again. The workload runs natively and in WebAssembly; both
//! compare with the digests in `tests/fixtures/same-bytes.txt`.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use futures::future::{LocalBoxFuture, ready};
use serde_json::{Value, json};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use crate::env::Env;
use crate::error::Result;
use crate::storage::Storage;
use crate::storage::file::{FILE_NAMES, FileOptions};
use crate::storage::sim::{SimFiles, Xorshift};
use crate::types::{
    CreateCollection, DeleteRequest, Embeddings, MetadataValue, Operation, RecordSet, UpdateMetadata,
};

/// Components of a vector: no whole number of registers, and not of bytes of codes.
const DIMENSION: usize = 27;

/// Vectors of a collection that has an index.
const VECTORS: u64 = 1_100;

/// Both journals move from file to file, and blocks into free space.
const OPTIONS: FileOptions = FileOptions { rewrite_bytes: 400, spare_bytes: 0 };

/// A world in which everything follows from its seed.
struct Seeded {
    now: Cell<f64>,
    random: RefCell<Xorshift>,
}

impl Env for Seeded {
    fn now_ms(&self) -> f64 {
        self.now.set(self.now.get() + 0.25);
        self.now.get()
    }

    fn random(&self, bytes: &mut [u8]) {
        let mut random = self.random.borrow_mut();
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&random.next().to_le_bytes()[..chunk.len()]);
        }
    }

    fn pause(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

/// A database on simulated files, and what they came to be after each stage.
struct Run {
    storage: Rc<dyn Storage>,
    files: SimFiles,
    db: Db,
    digests: String,
}

/// Lives through everything that writes. One line for each file after each stage: the stage, the file, its length and its digest.
pub async fn digests() -> Result<String> {
    let files = SimFiles::new(1);
    let env = Seeded { now: Cell::new(1e12), random: RefCell::new(Xorshift::new(2)) };
    let storage = Rc::new(files.storage(OPTIONS)?);
    let options = Options { versions: 2, ..Options::default() };
    let storage: Rc<dyn Storage> = storage;
    let db = Db::open(Rc::clone(&storage), Rc::new(env), options).await?;
    let mut run = Run { files, storage, db, digests: String::new() };
    let hnsw = json!({"hnsw": {"space": "l2", "max_neighbors": 8, "ef_construction": 24}});
    let spann = json!({"spann": {"space": "cosine", "split_threshold": 50, "merge_threshold": 25, "nreplica_count": 2}});
    let texts = run.create("texts", json!({})).await?;
    run.write(&texts, Operation::Add, texts_of(0..60)).await?;
    run.write(&texts, Operation::Upsert, texts_of(50..70)).await?;
    run.note("writes").await?;
    run.db.compact().await?;
    run.note("compaction").await?;
    for (name, configuration) in
        [("codes", json!({"hnsw": {"space": "ip"}})), ("graph", hnsw), ("lists", spann)]
    {
        let id = run.create(name, configuration).await?;
        run.write(&id, Operation::Add, vectors_of(0..VECTORS, 0)).await?;
        run.settle().await?;
        run.note(name).await?;
        run.write(&id, Operation::Upsert, vectors_of(0..VECTORS / 4, 1)).await?;
        run.delete(&id, (VECTORS / 4..VECTORS / 2).map(|number| format!("v{number}")).collect()).await?;
        run.settle().await?;
        run.note(&format!("{name}, changed")).await?;
    }
    run.delete(&texts, (10..30).map(|number| format!("t{number}")).collect()).await?;
    let kept = run.db.save_version(T, D, &texts).await?.version;
    run.write(&texts, Operation::Update, texts_of(0..10)).await?;
    run.db.fork_collection(T, D, &texts, "forked").await?;
    run.db.restore_version(T, D, &texts, kept).await?;
    run.db.delete_collection(T, D, "codes").await?;
    run.settle().await?;
    run.note("versions").await?;
    run.db.close().await?;
    Ok(run.digests)
}

impl Run {
    async fn create(&self, name: &str, configuration: Value) -> Result<String> {
        let request = CreateCollection::from_json(json!({"name": name, "configuration": configuration}))?;
        Ok(self.db.create_collection(T, D, request).await?.id.to_string())
    }

    async fn write(&self, id: &str, operation: Operation, records: RecordSet) -> Result<()> {
        self.db.write(T, D, id, operation, records).await.map(drop)
    }

    async fn delete(&self, id: &str, ids: Vec<String>) -> Result<()> {
        let request = DeleteRequest { ids: Some(ids), ..DeleteRequest::default() };
        self.db.delete(T, D, id, request).await.map(drop)
    }

    async fn settle(&self) -> Result<()> {
        self.db.compact().await?;
        while self.db.maintain().await? {}
        Ok(())
    }

    /// Of the file of blocks what lies in it: between the blocks it has what was there before.
    async fn note(&mut self, stage: &str) -> Result<()> {
        for (file, bytes) in FILE_NAMES.iter().zip(self.files.contents()).take(FILE_NAMES.len() - 1) {
            self.digests += &format!("{stage}: {file} {} {:016x}\n", bytes.len(), xxh3_64(&bytes));
        }
        let mut ids = self.storage.list_blocks().await?;
        ids.sort_unstable();
        let mut hasher = Xxh3::new();
        for block in self.storage.read_blocks(&ids).await?.into_iter().flatten() {
            hasher.update(&block);
        }
        self.digests += &format!("{stage}: {} blocks {:016x}\n", ids.len(), hasher.digest());
        Ok(())
    }
}

fn texts_of(numbers: Range<u64>) -> RecordSet {
    RecordSet {
        ids: numbers.clone().map(|number| format!("t{number}")).collect(),
        embeddings: Some(vectors(numbers.clone(), 0)),
        documents: Some(
            numbers.clone().map(|number| Some(format!("Text {number} of straße {}", number % 7))).collect(),
        ),
        uris: None,
        metadatas: Some(numbers.map(|number| Some(metadata(number))).collect()),
    }
}

fn metadata(number: u64) -> UpdateMetadata {
    let values = [
        ("int", json!(number as i64 - 30)),
        ("float", json!(number as f64 / 7.0)),
        ("text", json!(format!("text {}", number % 9))),
        ("list", json!([number % 3, number])),
        (
            "weights",
            json!({"#type": "sparse_vector", "indices": [number % 5, number + 9], "values": [0.5, 2.0]}),
        ),
    ];
    values.into_iter().map(|(key, value)| (key.to_owned(), MetadataValue::from_json(&value))).collect()
}

fn vectors_of(numbers: Range<u64>, salt: u64) -> RecordSet {
    RecordSet {
        ids: numbers.clone().map(|number| format!("v{number}")).collect(),
        embeddings: Some(vectors(numbers, salt)),
        ..RecordSet::default()
    }
}

/// Around a few centers. Nothing here is rounded, so that these are the same everywhere.
fn vectors(numbers: Range<u64>, salt: u64) -> Embeddings {
    let vector = |number: u64| {
        let mut random = Xorshift::new(number << 8 | salt);
        let center = number % 11;
        (0..DIMENSION as u64).map(move |place| {
            let noise = random.below(1 << 12) as f32 / 2_048.0 - 1.0;
            if place % 11 == center { noise + 3.0 } else { noise }
        })
    };
    Embeddings { data: numbers.flat_map(vector).collect(), dimension: DIMENSION, present: None }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    /// What every machine has to write.
    const EXPECTED: &str = "tests/fixtures/same-bytes.txt";

    /// With `CHROMATID_WRITE_DIGESTS=1` what is written now is what is expected from then on.
    #[test]
    fn the_same_calls_leave_the_same_bytes() {
        let found = block_on(digests()).unwrap();
        assert_eq!(found, block_on(digests()).unwrap(), "the same process");
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(EXPECTED);
        if std::env::var("CHROMATID_WRITE_DIGESTS").is_ok() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap();
        let differ = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
        assert_eq!(differ, None, "the first file that is another one");
        assert_eq!(found.lines().count(), expected.lines().count());
    }
}

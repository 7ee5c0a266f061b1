//! Encrypted stores: nothing is readable on the device, a wrong key changes nothing, and no crash loses anything.

use std::rc::Rc;

use chromatid::db::Db;
use chromatid::env::Env;
use chromatid::error::{Error, StorageError};
use chromatid::storage::file::FileOptions;
use chromatid::storage::memory::MemoryStorage;
use chromatid::storage::sealed::unlock;
use chromatid::storage::sim::{Crash, Fault, SimFiles};
use chromatid::storage::{BlockId, Durability, Frame, Root, Storage};
use futures::executor::block_on;

use crate::crash::workloads::{self, write};
use crate::support::aes::Key;
use crate::support::chroma::{Chroma, Kind};
use crate::support::env::seeded;
use crate::support::probe::{everything, why};
use crate::support::step::{Step, note_indexed, run};
use crate::support::{maintain, no_garbage, open};

const OPTIONS: FileOptions = FileOptions { rewrite_bytes: 400, spare_bytes: 0 };

fn lock(number: u8, seed: u64) -> Key {
    Key { bytes: [number; 32], env: seeded(seed, 0.25) }
}

async fn sealed(files: &SimFiles, key: &Key) -> Result<Rc<dyn Storage>, StorageError> {
    let storage: Rc<dyn Storage> = Rc::new(files.storage(OPTIONS)?);
    match unlock(Rc::clone(&storage), Some(key)).await {
        Ok(sealed) => Ok(sealed),
        Err(error) => {
            let _ = storage.close().await;
            Err(error)
        }
    }
}

/// Everything that a user may not want others to read, in a store that was compacted and written to again.
async fn fill(db: &Db) {
    let steps = [
        Step::Create { name: "secretname", space: "l2" },
        write("secretname", Kind::Add, &(1..40).collect::<Vec<_>>()),
        Step::Compact,
        write("secretname", Kind::Upsert, &[3, 50]),
    ];
    for step in &steps {
        run(db, step).await.unwrap();
    }
}

/// Texts of [`fill`], of which a compressed block has at least the first of its kind as it is, and a vector as it lies in memory.
fn secrets() -> Vec<Vec<u8>> {
    let vector: Vec<u8> = [38.0_f32, -1.0].iter().flat_map(|component| component.to_le_bytes()).collect();
    let texts = ["secretname", "default_tenant", "uri:4", "Add b1", "kind"];
    texts.iter().map(|text| text.as_bytes().to_vec()).chain([vector]).collect()
}

fn find(files: &SimFiles, secret: &[u8]) -> bool {
    files.contents().iter().any(|file| file.windows(secret.len()).any(|window| window == secret))
}

#[test]
fn nothing_is_readable_on_the_device() {
    block_on(async {
        let (plain, encrypted) = (SimFiles::new(1), SimFiles::new(1));
        let storage: Rc<dyn Storage> = Rc::new(plain.storage(OPTIONS).unwrap());
        let db = open(&storage, &seeded(1, 0.25)).await.unwrap();
        fill(&db).await;
        let storage = sealed(&encrypted, &lock(1, 2)).await.unwrap();
        let db = open(&storage, &seeded(1, 0.25)).await.unwrap();
        fill(&db).await;
        for secret in secrets() {
            let shown = String::from_utf8_lossy(&secret).into_owned();
            assert!(find(&plain, &secret), "{shown} is not even in a plain store");
            assert!(!find(&encrypted, &secret), "{shown} can be read");
        }
        drop((db, storage));
        let files = encrypted.reopen(Crash::Kill, 1);
        let storage = sealed(&files, &lock(1, 3)).await.unwrap();
        let db = open(&storage, &seeded(4, 0.25)).await.unwrap();
        let id =
            db.get_collection("default_tenant", "default_database", "secretname").unwrap().id.to_string();
        let count = db.count("default_tenant", "default_database", &id, Default::default()).await.unwrap();
        assert_eq!(count, 40);
        maintain(&db).await.unwrap();
        no_garbage(&storage, &seeded(5, 0.25)).await.unwrap();
    });
}

#[test]
fn a_key_that_does_not_fit_is_refused_and_changes_nothing() {
    block_on(async {
        let files = SimFiles::new(1);
        let storage = sealed(&files, &lock(1, 2)).await.unwrap();
        let db = open(&storage, &seeded(1, 0.25)).await.unwrap();
        fill(&db).await;
        db.close().await.unwrap();
        let files = files.reopen(Crash::Kill, 1);
        let before = files.contents();
        let wrong = sealed(&files, &lock(2, 2)).await.err().unwrap();
        assert_eq!(Error::from(wrong.clone()).name(), "EncryptionKeyError");
        assert!(wrong.to_string().contains("another key"), "{wrong}");
        let files = files.reopen(Crash::Kill, 1);
        let storage: Rc<dyn Storage> = Rc::new(files.storage(OPTIONS).unwrap());
        let without = open(&storage, &seeded(1, 0.25)).await.err().unwrap();
        assert_eq!((without.name(), without.code()), ("EncryptionKeyError", 403));
        assert_eq!(files.contents(), before);
    });
}

#[test]
fn a_plain_store_is_not_taken_for_an_encrypted_one() {
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let db = open(&storage, &seeded(1, 0.25)).await.unwrap();
        for compacted in [false, true] {
            let refused = unlock(Rc::clone(&storage), Some(&lock(1, 1))).await.err().unwrap();
            assert!(refused.to_string().contains("not encrypted"), "{refused}, {compacted}");
            db.compact().await.unwrap();
        }
    });
}

#[test]
fn what_is_moved_or_altered_does_not_open() {
    block_on(async {
        let inner: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let storage = unlock(Rc::clone(&inner), Some(&lock(1, 1))).await.unwrap();
        let (here, there) = (BlockId([1; 16]), BlockId([2; 16]));
        storage.write_blocks(vec![(here, vec![7_u8; 100].into())]).await.unwrap();
        assert_eq!(storage.read_block(here).await.unwrap().unwrap().as_slice(), [7; 100]);
        assert_eq!(storage.list_blocks().await.unwrap(), [here]);
        assert_eq!(storage.usage().await.unwrap().blocks, 1);
        let raw = inner.read_block(here).await.unwrap().unwrap();
        inner.write_blocks(vec![(there, raw.clone())]).await.unwrap();
        let moved = storage.read_block(there).await.unwrap_err();
        assert!(matches!(moved, StorageError::Corrupt(_)), "{moved}");
        for place in 0..raw.len() {
            let mut altered = raw.to_vec();
            altered[place] ^= 1;
            let id = BlockId([3 + place as u8; 16]);
            inner.write_blocks(vec![(id, altered.into())]).await.unwrap();
            assert!(storage.read_block(id).await.is_err(), "byte {place}");
        }

        storage.write_root(Root { generation: 1, bytes: vec![1, 2, 3] }).await.unwrap();
        let root = inner.read_root().await.unwrap().unwrap();
        assert_ne!(root.bytes, [1, 2, 3]);
        // An old root is not taken for a new one.
        inner.write_root(Root { generation: 2, bytes: root.bytes }).await.unwrap();
        assert!(storage.read_root().await.is_err());
    });
}

#[test]
fn a_log_frame_that_was_not_sealed_is_damage() {
    block_on(async {
        let inner: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
        let storage = unlock(Rc::clone(&inner), Some(&lock(1, 1))).await.unwrap();
        inner.append_log(vec![Frame::new(1, 0, b"plain")], Durability::Strict).await.unwrap();
        let error = open(&storage, &seeded(1, 0.25)).await.err().unwrap();
        assert_eq!(error.name(), "CorruptionError");
    });
}

/// Plays a workload until it fails; what was acknowledged, and that with the step that failed.
async fn play(db: &Db, steps: &[Step]) -> Vec<Chroma> {
    let mut model = Chroma::default();
    for step in steps {
        let mut next = model.clone();
        next.apply(step).expect("workloads do what is allowed");
        let outcome = run(db, step).await;
        let _ = note_indexed(db, &mut model);
        if outcome.is_err() {
            return vec![model, next];
        }
        model = next;
    }
    vec![model]
}

async fn check(files: &SimFiles, possible: &[Chroma]) -> Result<(), String> {
    let storage = sealed(files, &lock(1, 9)).await.map_err(|error| error.to_string())?;
    let env = seeded(3, 0.25);
    let db = open(&storage, &env).await.map_err(why)?;
    let mut reasons = Vec::new();
    for state in possible {
        let mut state = state.clone();
        let outcome = match note_indexed(&db, &mut state) {
            Ok(()) => everything(&db, &state).await,
            Err(error) => Err(why(error)),
        };
        match outcome {
            Ok(()) => {
                maintain(&db).await?;
                return no_garbage(&storage, &env).await;
            }
            Err(reason) => reasons.push(reason),
        }
    }
    Err(reasons.join("; "))
}

fn crash_at(name: &str, steps: &[Step], at: u64) -> bool {
    let files = SimFiles::new(5);
    files.set_fault(Some(Fault::Crash { at }));
    let env: Rc<dyn Env> = seeded(1, 0.25);
    let possible = block_on(async {
        let Ok(storage) = sealed(&files, &lock(1, 4)).await else { return vec![Chroma::default()] };
        match open(&storage, &env).await {
            Ok(db) => play(&db, steps).await,
            Err(_) => vec![Chroma::default()],
        }
    });
    let reached = files.operations() > at;
    for crash in [Crash::Kill, Crash::PowerLossNothing, Crash::PowerLossPrefix, Crash::PowerLossSubset] {
        let outcome = block_on(check(&files.reopen(crash, at), &possible));
        outcome.unwrap_or_else(|reason| panic!("{name}, {crash:?} at {at}: {reason}"));
    }
    reached
}

#[test]
fn encrypted_stores_survive_every_crash() {
    // What differs between the others does not reach what is sealed.
    let others = ["upsert", "delete", "garbage", "shrink"];
    for (name, groups) in workloads::all().into_iter().filter(|(name, _)| !others.contains(name)) {
        let steps: Vec<Step> = groups.into_iter().flatten().collect();
        let mut at = 0;
        while crash_at(name, &steps, at) {
            at += 1;
        }
    }
}

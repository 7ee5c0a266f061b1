//! Stores that released versions wrote: each later one opens them, shows what they held, and goes on with them. Versions that are
//! yet to come are refused untouched.
//!
//! `tests/fixtures/formats/<version>/` has the files of a store, and in `expected.json` what it shows. With
//! `CHROMATID_WRITE_FORMAT=<version>` this build writes them: once, for a format that is new. What is there is never changed.

#[path = "formats/forged.rs"]
mod forged;
#[path = "formats/history.rs"]
mod history;
#[path = "formats/shown.rs"]
mod shown;

use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::error::Error;
use chromatid::storage::Storage;
use chromatid::storage::file::{FILE_NAMES, FileOptions};
use chromatid::storage::sim::SimFiles;
use chromatid::types::{DeleteRequest, Embeddings, Operation, ReadLevel, RecordSet};
use futures::executor::block_on;
use serde_json::Value;

use crate::support::env::seeded;
use crate::support::garbage::no_garbage;
use crate::support::layout::{Contents, PAGE};
use shown::show;

/// Nothing that is dead stays in the files.
const OPTIONS: FileOptions = FileOptions { rewrite_bytes: 400, spare_bytes: 0 };

/// Bytes of the files of a store, at most: they stay in the repository for ever (where they take a third of it). Half of them are
/// those of a thousand vectors, with fewer of which there is no index.
const LARGEST: usize = 430_000;

/// The files without the empty room at their ends, which a store makes anew when it is opened.
fn without_room(files: Contents) -> Contents {
    let used = |file: &Vec<u8>| file.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let cut = |mut file: Vec<u8>| {
        file.truncate(used(&file).next_multiple_of(PAGE));
        file
    };
    files.into_iter().map(cut).collect()
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats")
}

/// The formats that were released, by their names.
fn formats() -> Vec<(String, Contents, Value)> {
    let entries = fs::read_dir(directory()).expect("there are fixtures");
    let mut formats = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        let read =
            |name: &str| fs::read(path.join(name)).unwrap_or_else(|fault| panic!("{path:?} {name}: {fault}"));
        let files = FILE_NAMES.iter().map(|name| read(&format!("{name}.bin"))).collect();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        formats.push((name, files, serde_json::from_slice(&read("expected.json")).unwrap()));
    }
    formats.sort_by(|a, b| a.0.cmp(&b.0));
    formats
}

async fn open(files: &SimFiles) -> Result<(Rc<dyn Storage>, Db), Error> {
    let storage: Rc<dyn Storage> = Rc::new(files.storage(OPTIONS)?);
    let options = Options { versions: history::VERSIONS, ..Options::default() };
    Ok((Rc::clone(&storage), Db::open(storage, seeded(9, 0.25), options).await?))
}

#[test]
fn stores_of_every_format_are_shown_as_they_were() {
    let formats = formats();
    assert!(!formats.is_empty());
    for (name, files, expected) in formats {
        let size: usize = files.iter().map(Vec::len).sum();
        assert!(size <= LARGEST, "{name} has {size} bytes");
        block_on(async {
            let files = SimFiles::from_contents(files, 0);
            let (_, db) = open(&files).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            let found = show(&db).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            for (member, value) in expected.as_object().unwrap() {
                assert_eq!(&found[member], value, "{name}: {member}");
            }
        });
    }
}

/// A record of the collection's dimension.
fn record(id: &str, dimension: usize) -> RecordSet {
    let embeddings = Embeddings { data: vec![0.5; dimension], dimension, present: None };
    RecordSet { ids: vec![id.into()], embeddings: Some(embeddings), ..RecordSet::default() }
}

#[test]
fn stores_of_every_format_are_written_to() {
    for (name, files, _) in formats() {
        block_on(async {
            let files = SimFiles::from_contents(files, 0);
            let (storage, db) = open(&files).await.unwrap();
            let mut expected = Vec::new();
            for collection in db.list_collections(T, D, None, 0).unwrap() {
                let id = collection.id.to_string();
                let dimension = collection.dimension.unwrap_or(2);
                let before = db.count(T, D, &id, ReadLevel::IndexAndWal).await.unwrap();
                for new in ["new", "newer"] {
                    db.write(T, D, &id, Operation::Upsert, record(new, dimension)).await.unwrap();
                }
                let request = DeleteRequest { ids: Some(vec!["newer".into()]), ..DeleteRequest::default() };
                db.delete(T, D, &id, request).await.unwrap();
                expected.push((id, before + 1));
            }
            db.compact().await.unwrap_or_else(|error| panic!("{name}: {error}"));
            while db.maintain().await.unwrap() {}
            no_garbage(&storage, &seeded(10, 0.25)).await.unwrap();
            db.close().await.unwrap();
            let (_, db) = open(&files).await.unwrap();
            for (id, count) in expected {
                assert_eq!(db.count(T, D, &id, ReadLevel::IndexOnly).await.unwrap(), count, "{name}");
            }
        });
    }
}

#[test]
fn newer_formats_are_refused_untouched() {
    for (name, files, _) in formats() {
        for (what, newer) in forged::all(&files) {
            let copy = SimFiles::from_contents(newer.clone(), 0);
            let refused = block_on(async {
                let (_, db) = open(&copy).await?;
                show(&db).await.map(drop)
            });
            let error = refused.err().unwrap_or_else(|| panic!("{name}, {what}: it was shown"));
            let is_told = matches!(error.code(), 500 | 501) && error.to_string().contains("newer version");
            let is_told = is_told || error.to_string().contains("update it");
            assert!(is_told && error.name() != "CorruptionError", "{name}, {what}: {} {error}", error.name());
            assert!(copy.contents() == newer, "{name}, {what}: something was changed");
        }
    }
}

/// Writes the files of a format, if it is asked for.
#[test]
fn the_files_of_a_format_are_written() {
    let Ok(name) = std::env::var("CHROMATID_WRITE_FORMAT") else { return };
    let path = directory().join(&name);
    assert!(!path.exists(), "{name} was released and does not change");
    let files = SimFiles::new(5);
    block_on(history::live(&files));
    let contents = without_room(files.contents());
    let size: usize = contents.iter().map(Vec::len).sum();
    let expected = block_on(async {
        let (_, db) = open(&SimFiles::from_contents(contents.clone(), 0)).await.unwrap();
        show(&db).await.unwrap()
    });
    assert!(
        size <= LARGEST,
        "{size} bytes, of files {:?}",
        contents.iter().map(Vec::len).collect::<Vec<_>>()
    );
    fs::create_dir_all(&path).unwrap();
    for (file, bytes) in FILE_NAMES.iter().zip(&contents) {
        fs::write(path.join(format!("{file}.bin")), bytes).unwrap();
    }
    // A line for each member: small, and a difference can be seen.
    let members = expected.as_object().unwrap().iter();
    let lines: Vec<String> =
        members.map(|(name, value)| format!("{}: {value}", Value::from(name.as_str()))).collect();
    fs::write(path.join("expected.json"), format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
}

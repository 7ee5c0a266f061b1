//! Functions under crashes: no change is seen twice, and none is missed.

use std::collections::BTreeMap;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db};
use chromatid::storage::sim::SimFiles;
use chromatid::types::{AttachFunction, GetRequest, Include};
use futures::executor::block_on;
use serde_json::{Value, json};

use super::rounds::{World, each_crash, rounds};
use super::storage_of;
use super::workloads::{delete, write};
use crate::support::chroma::Kind;
use crate::support::probe::why;
use crate::support::step::{Step, id_of, run};
use crate::support::{maintain, no_garbage, open};

fn steps() -> Vec<Step> {
    vec![
        write("alpha", Kind::Add, &[1, 2, 3, 4, 5, 6]),
        Step::Compact,
        write("alpha", Kind::Upsert, &[2, 7, 8]),
        delete("alpha", Some(&["1", "3"]), None),
        Step::Compact,
        Step::Maintain,
        write("alpha", Kind::Add, &[1, 9]),
        Step::Maintain,
        Step::Compact,
    ]
}

async fn play(db: &Db) -> chromatid::error::Result<()> {
    run(db, &Step::Create { name: "alpha", space: "l2" }).await?;
    let body = json!({"name": "f", "function_id": "statistics", "output_collection": "counts"});
    let request = AttachFunction::from_json(body)?;
    db.attach_function(T, D, &id_of(db, "alpha")?, request, &[]).await?;
    for step in &steps() {
        run(db, step).await?;
    }
    Ok(())
}

/// The metadata of the records of a collection, by their ids.
pub(super) async fn metadatas(db: &Db, name: &str) -> Result<BTreeMap<String, Value>, String> {
    let id = id_of(db, name).map_err(why)?;
    let include = Include { metadatas: true, ..Include::default() };
    let found = db.get(T, D, &id, &GetRequest { include, ..GetRequest::default() }).await.map_err(why)?;
    let shown = found
        .metadatas
        .unwrap_or_default()
        .into_iter()
        .map(|metadata| serde_json::to_value(metadata).map_err(|error| error.to_string()));
    found.ids.into_iter().zip(shown).map(|(id, metadata)| Ok((id, metadata?))).collect()
}

/// Whatever the crash has left: once everything is compacted, the counts are those of the records.
async fn check(world: World, files: &SimFiles, at: u64) -> Result<(), String> {
    let storage = storage_of(files, world.options(at))?;
    let db = open(&storage, &world.env(2)).await.map_err(why)?;
    db.compact().await.map_err(why)?;
    maintain(&db).await?;
    db.compact().await.map_err(why)?;
    maintain(&db).await?;
    no_garbage(&storage, &world.env(2)).await?;
    let attached = id_of(&db, "alpha").and_then(|id| db.attached_function(T, D, &id, "f"));
    if attached.is_err() {
        return Ok(());
    }
    let records = metadatas(&db, "alpha").await?;
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for metadata in records.values() {
        for id in [
            format!("n::i:{}", metadata["n"]),
            format!("kind::s:{}", metadata["kind"].as_str().unwrap_or_default()),
            "summary::s:total_count".to_owned(),
        ] {
            *expected.entry(id).or_default() += 1;
        }
    }
    let output = if expected.is_empty() { BTreeMap::new() } else { metadatas(&db, "counts").await? };
    let counts: BTreeMap<String, i64> = output
        .into_iter()
        .map(|(id, metadata)| (id, metadata["count"].as_i64().unwrap_or_default()))
        .collect();
    if counts == expected { Ok(()) } else { Err(format!("{counts:?}, not {expected:?}")) }
}

/// Crashes at every operation. Answers how many images were judged.
fn crash_everywhere(world: World) -> Result<u64, String> {
    let run = |files: &SimFiles, at| {
        let Ok(storage) = storage_of(files, world.options(at)) else { return };
        block_on(async {
            if let Ok(db) = open(&storage, &world.env(1)).await {
                let _ = play(&db).await;
            }
        });
    };
    each_crash(world, "functions", run, |image, at, ()| block_on(check(world, image, at)))
}

#[test]
fn the_output_of_a_function_is_that_of_the_records_after_every_crash() {
    let images = rounds("functions", 6, crash_everywhere);
    assert!(images >= 700, "only {images} crashes were tried");
}

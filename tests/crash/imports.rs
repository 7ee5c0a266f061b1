//! Imports under crashes: a collection that is replaced is the old one or the new one, whole; and nothing half-made stays in its way.

use std::collections::BTreeMap;
use std::rc::Rc;

use chromatid::blockstore::Blockstore;
use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Existing, ExportRequest};
use chromatid::env::Env;
use chromatid::storage::Storage;
use chromatid::storage::sim::SimFiles;
use chromatid::sysdb::SysDb;
use futures::executor::block_on;
use serde_json::Value;

use super::functions::metadatas;
use super::rounds::{World, each_crash, rounds};
use super::storage_of;
use super::workloads::write;
use crate::support::archives::{export, import};
use crate::support::chroma::Kind;
use crate::support::probe::why;
use crate::support::step::{Step, run};
use crate::support::{maintain, no_garbage, open};

type Shown = BTreeMap<String, Value>;

/// What is imported, and what there is before.
const IMPORTED: [u32; 9] = [2, 3, 4, 10, 11, 12, 13, 14, 15];
const EARLIER: [u32; 5] = [1, 2, 3, 5, 6];

/// Of a file with one collection.
struct Import {
    file: Vec<u8>,
    before: Shown,
    after: Shown,
}

async fn filled(world: World, session: u64, numbers: &[u32]) -> Result<Db, String> {
    let db = open(&storage_of(&world.files(), world.options(0))?, &world.env(session)).await.map_err(why)?;
    for step in [Step::Create { name: "alpha", space: "l2" }, write("alpha", Kind::Add, numbers)] {
        run(&db, &step).await.map_err(why)?;
    }
    Ok(db)
}

async fn prepare(world: World) -> Result<Import, String> {
    let source = filled(world, 7, &IMPORTED).await?;
    let file = export(&source, ExportRequest::default()).await.map_err(why)?;
    let before = metadatas(&filled(world, 8, &EARLIER).await?, "alpha").await?;
    Ok(Import { file, before, after: metadatas(&source, "alpha").await? })
}

/// How far a run came.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Reached {
    Nothing,
    Filled,
    Imported,
}

async fn play(db: &Db, file: &[u8]) -> Reached {
    for step in
        [Step::Create { name: "alpha", space: "l2" }, write("alpha", Kind::Add, &EARLIER), Step::Compact]
    {
        if run(db, &step).await.is_err() {
            return Reached::Nothing;
        }
    }
    let imported = import(db, file, Existing::Replace, 40).await;
    if imported.is_ok() { Reached::Imported } else { Reached::Filled }
}

/// How many collections a compacted store has, those included that no name leads to.
async fn rows_of(storage: &Rc<dyn Storage>, env: &Rc<dyn Env>) -> Result<usize, String> {
    let blockstore = Blockstore::new(Rc::clone(storage), Rc::clone(env), 1 << 20);
    let (_, catalog, _) = SysDb::open(&blockstore).await.map_err(why)?;
    Ok(catalog.rows().count())
}

/// Whatever the crash has left, the collection is whole, it is the only one, and the import can be done again.
async fn check(
    world: World,
    files: &SimFiles,
    at: u64,
    case: &Import,
    reached: Reached,
) -> Result<(), String> {
    let storage = storage_of(files, world.options(at))?;
    let db = open(&storage, &world.env(2)).await.map_err(why)?;
    if reached > Reached::Nothing {
        let shown = metadatas(&db, "alpha").await?;
        if shown != case.after && (reached == Reached::Imported || shown != case.before) {
            return Err(format!("the collection has {:?}", shown.keys()));
        }
        if db.count_collections(T, D) != 1 {
            return Err(format!("{} collections", db.count_collections(T, D)));
        }
    }
    maintain(&db).await?;
    no_garbage(&storage, &world.env(2)).await?;
    import(&db, &case.file, Existing::Replace, 1_000).await.map_err(why)?;
    maintain(&db).await?;
    no_garbage(&storage, &world.env(2)).await?;
    let (shown, verified) = (metadatas(&db, "alpha").await?, db.verify(true).await.map_err(why)?);
    db.compact().await.map_err(why)?;
    let rows = rows_of(&storage, &world.env(2)).await?;
    if rows != 1 {
        return Err(format!("{rows} collections are stored, hidden ones included"));
    }
    if shown != case.after || !verified.ok || db.count_collections(T, D) != 1 {
        return Err(format!("imported again: {:?}, {:?}", shown.keys(), verified.problems));
    }
    Ok(())
}

/// Crashes at every operation. Answers how many images were judged.
fn crash_everywhere(world: World) -> Result<u64, String> {
    let case = block_on(prepare(world))?;
    let run = |files: &SimFiles, at| {
        let Ok(storage) = storage_of(files, world.options(at)) else { return Reached::Nothing };
        block_on(async {
            match open(&storage, &world.env(1)).await {
                Ok(db) => play(&db, &case.file).await,
                Err(_) => Reached::Nothing,
            }
        })
    };
    each_crash(world, "import", run, |image, at, &reached| block_on(check(world, image, at, &case, reached)))
}

#[test]
fn an_import_replaces_a_collection_or_leaves_it_after_every_crash() {
    let images = rounds("imports", 4, crash_everywhere);
    assert!(images >= 250, "only {images} crashes were tried");
}

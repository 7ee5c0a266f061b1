//! What the engine's tests share: a naive Chroma to compare with, steps that drive both, and a world
//! without surprises.

pub mod chroma;
pub mod env;
pub mod filter;
pub mod probe;
pub mod slow;
pub mod step;

use std::collections::BTreeSet;
use std::rc::Rc;

use chromatid::blockstore::Blockstore;
use chromatid::db::{Db, Options};
use chromatid::env::Env;
use chromatid::error::Result;
use chromatid::storage::{BlockId, Storage};
use chromatid::sysdb::SysDb;

/// Opens the database with the usual options.
pub async fn open(storage: &Rc<dyn Storage>, env: &Rc<dyn Env>) -> Result<Db> {
    Db::open(Rc::clone(storage), Rc::clone(env), Options::default()).await
}

/// Checks that the storage holds the blocks that its root reaches, and no others.
pub async fn no_garbage(storage: &Rc<dyn Storage>, env: &Rc<dyn Env>) -> Result<(), String> {
    let blockstore = Blockstore::new(Rc::clone(storage), Rc::clone(env), 1 << 20);
    let (sysdb, catalog, _) = SysDb::open(&blockstore).await.map_err(probe::why)?;
    let segments = catalog.rows().filter_map(|row| row.segment).flat_map(|files| files.roots());
    let mut reachable = BTreeSet::new();
    for root in segments.chain(sysdb.root()) {
        reachable.extend(blockstore.block_ids(root).await.map_err(probe::why)?);
    }
    let stored = storage.list_blocks().await.map_err(|error| error.to_string())?;
    let stored: BTreeSet<BlockId> = stored.into_iter().collect();
    if stored != reachable {
        let lost = reachable.difference(&stored).count();
        let garbage = stored.difference(&reachable).count();
        return Err(format!(
            "of {} reachable blocks {lost} are lost; {garbage} are garbage",
            reachable.len()
        ));
    }
    Ok(())
}

/// Lets the database maintain itself until it has nothing left to do.
pub async fn maintain(db: &Db) -> Result<(), String> {
    for _ in 0..10 {
        if !db.maintain().await.map_err(probe::why)? {
            return Ok(());
        }
    }
    Err("maintenance never ends".into())
}

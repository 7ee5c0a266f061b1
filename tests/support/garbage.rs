//! What lies in a storage beside what its root reaches.

use std::collections::BTreeSet;
use std::rc::Rc;

use chromatid::blockstore::Blockstore;
use chromatid::env::Env;
use chromatid::storage::{BlockId, Storage};
use chromatid::sysdb::SysDb;

/// Checks that the storage holds the blocks that its root reaches, and no others.
pub async fn no_garbage(storage: &Rc<dyn Storage>, env: &Rc<dyn Env>) -> Result<(), String> {
    let blockstore = Blockstore::new(Rc::clone(storage), Rc::clone(env), 1 << 20);
    let (sysdb, catalog, _) = SysDb::open(&blockstore).await.map_err(|error| error.to_string())?;
    let mut reachable = BTreeSet::new();
    for root in catalog.roots().chain(sysdb.root()) {
        reachable.extend(blockstore.block_ids(root).await.map_err(|error| error.to_string())?);
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

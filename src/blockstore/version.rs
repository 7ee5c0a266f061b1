//! Versions of a blockfile, and how an old one is opened.
//!
//! The version stands in the root and speaks for the whole blockfile. A newer one than [`CURRENT`] is
//! refused and left as it is. An older one goes through its [`Migration`] when it is opened, in memory
//! only; the next commit writes the current form under a new root, and the old files stay what they
//! were until their owner deletes them.

use futures::future::LocalBoxFuture;

use super::Blockstore;
use super::ipc::IpcFile;
use super::root::{Root, RootHeader};
use crate::error::Result;

/// The version that is written.
pub(crate) const CURRENT: u32 = 1;

/// Migrations from every version that was ever released. Version 1 is the first.
pub(crate) const MIGRATIONS: &[Migration] = &[];

/// Says what the root of an older version would hold in the current one.
pub(crate) struct Migration {
    pub from: u32,
    pub migrate: for<'a> fn(OldRoot<'a>) -> LocalBoxFuture<'a, Result<Root>>,
}

/// A verified root file of an older version, and the store to read the blocks it names from.
#[cfg_attr(not(test), expect(dead_code, reason = "version 1 is the first; tests register an older one"))]
pub(crate) struct OldRoot<'a> {
    pub store: &'a Blockstore,
    pub header: RootHeader,
    pub file: IpcFile<'a>,
}

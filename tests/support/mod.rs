//! What the engine's tests share: a naive Chroma to compare with, steps that drive both, and a world
//! without surprises.

pub mod chroma;
pub mod env;
pub mod filter;
pub mod garbage;
pub mod probe;
pub mod record;
pub mod slow;
pub mod step;

use std::rc::Rc;

use chromatid::db::{Db, Options};
use chromatid::env::Env;
use chromatid::error::Result;
use chromatid::storage::Storage;

pub use garbage::no_garbage;

/// Opens the database with the usual options.
pub async fn open(storage: &Rc<dyn Storage>, env: &Rc<dyn Env>) -> Result<Db> {
    Db::open(Rc::clone(storage), Rc::clone(env), Options::default()).await
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

//! Databases as tests open and rest them.

use std::rc::Rc;

use chromatid::db::{Db, Options};
use chromatid::env::Env;
use chromatid::error::Result;
use chromatid::storage::Storage;

/// Opens the database with the usual options.
pub async fn open(storage: &Rc<dyn Storage>, env: &Rc<dyn Env>) -> Result<Db> {
    Db::open(Rc::clone(storage), Rc::clone(env), Options::default()).await
}

/// Lets the database maintain itself until it has nothing left to do.
pub async fn maintain(db: &Db) -> Result<(), String> {
    for _ in 0..10 {
        if !db.maintain().await.map_err(|error| error.to_string())? {
            return Ok(());
        }
    }
    Err("maintenance never ends".into())
}

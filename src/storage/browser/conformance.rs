//! The suite over the backends that need a browser or a JavaScript object.

use std::cell::{Cell, RefCell};

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::FileSystemDirectoryHandle;

use super::{describe, member};
use crate::error::StorageError;
use crate::storage::adapter::{AdapterStorage, StorageAdapter};
use crate::storage::conformance::{Factory, run};
use crate::storage::memory::MemoryStorage;
use crate::storage::{Pending, Result, Storage, indexeddb, opfs};

/// Runs the suite over `opfs` (in a dedicated worker), `indexeddb`, `memory`, `directory` or `adapter`,
/// and returns the names of the checks that passed, or what failed.
///
/// The adapter is what the global function `createStorageAdapter` returns, if the page has one, else
/// one over Maps. A directory is what the global function `createStorageDirectory` returns for a name;
/// removing them is its owner's affair.
pub async fn run_in_browser(kind: String) -> std::result::Result<Vec<String>, String> {
    let browser = Browser { kind: kind.clone(), number: Cell::new(0), adapter: RefCell::new(None) };
    let passed = run(&browser).await;
    let cleaned = browser.remove().await;
    cleaned.map_err(|error| format!("{kind}: cleaning up: {error}")).and(passed)
}

struct Browser {
    kind: String,
    /// Number of the current store, part of its name.
    number: Cell<u32>,
    adapter: RefCell<Option<StorageAdapter>>,
}

impl Browser {
    fn name(&self) -> String {
        format!("conformance {}", self.number.get())
    }

    async fn remove(&self) -> Result<()> {
        match self.kind.as_str() {
            "opfs" => opfs::delete(&self.name()).await,
            "indexeddb" => indexeddb::delete(&self.name()).await,
            _ => Ok(()),
        }
    }

    async fn open(&self) -> Result<Box<dyn Storage>> {
        match self.kind.as_str() {
            "opfs" => Ok(Box::new(opfs::open(&self.name()).await?)),
            "indexeddb" => Ok(Box::new(indexeddb::open(&self.name()).await?)),
            "memory" => Ok(Box::new(MemoryStorage::default())),
            "adapter" => {
                let adapter = self.adapter.borrow().clone();
                let adapter = adapter.ok_or(StorageError::Closed)?;
                Ok(Box::new(AdapterStorage::open(adapter).await?))
            }
            "directory" => Ok(Box::new(opfs::open_in(&new_directory(&self.name())?).await?)),
            other => Err(StorageError::failed("opening a store", format!("there is no backend {other}"))),
        }
    }
}

fn new_adapter() -> Result<StorageAdapter> {
    let given = member(&js_sys::global(), "createStorageAdapter").dyn_into::<Function>();
    let create = given.unwrap_or_else(|_| Function::new_no_args(include_str!("map_adapter.js")));
    let adapter = create.call0(&JsValue::UNDEFINED);
    adapter
        .map(JsCast::unchecked_into)
        .map_err(|error| StorageError::failed("making an adapter", describe(&error)))
}

fn new_directory(name: &str) -> Result<FileSystemDirectoryHandle> {
    let failed = |error: JsValue| StorageError::failed("making a directory", describe(&error));
    let create =
        member(&js_sys::global(), "createStorageDirectory").dyn_into::<Function>().map_err(failed)?;
    let directory = create.call1(&JsValue::UNDEFINED, &name.into());
    directory.map(JsCast::unchecked_into).map_err(failed)
}

impl Factory for Browser {
    fn fresh(&self) -> Pending<'_, Box<dyn Storage>> {
        Box::pin(async move {
            self.remove().await?;
            self.number.set(self.number.get() + 1);
            // What an earlier run may have left.
            self.remove().await?;
            self.adapter.replace(Some(new_adapter()?));
            self.open().await
        })
    }

    fn reopen(&self) -> Pending<'_, Option<Box<dyn Storage>>> {
        Box::pin(async move {
            match self.kind.as_str() {
                "memory" => Ok(None),
                _ => self.open().await.map(Some),
            }
        })
    }

    fn reopen_dropped(&self) -> Pending<'_, Option<Box<dyn Storage>>> {
        self.reopen()
    }
}

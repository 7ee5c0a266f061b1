//! Transactions: how they end, and what they refuse by themselves.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbObjectStore, IdbTransaction};

use super::{BACKEND, Js, failed};
use crate::error::StorageError;
use crate::storage::Result;
use crate::storage::browser::{describe, member, settled, storage_error};

/// What resolves the promises of transactions that have not ended, each with its number.
pub(super) type UnderWay = Rc<RefCell<BTreeMap<u32, Function>>>;

/// Why a transaction was aborted by ourselves.
pub(super) type Refusal = Rc<RefCell<Option<StorageError>>>;

/// The end of a transaction, listened for from the moment at which its requests were made.
pub(super) struct Ending {
    transaction: IdbTransaction,
    /// Resolves with the event that ended it.
    event: Promise,
    refusal: Refusal,
    /// Its number among those under way, and these.
    number: u32,
    under_way: UnderWay,
}

impl Ending {
    pub(super) fn of(transaction: IdbTransaction, refusal: Refusal, under_way: &UnderWay) -> Self {
        let mut others = under_way.borrow_mut();
        let number = others.last_key_value().map_or(0, |(last, _)| last.wrapping_add(1));
        let event = Promise::new(&mut |resolve, _| {
            transaction.set_oncomplete(Some(&resolve));
            transaction.set_onabort(Some(&resolve));
            others.insert(number, resolve);
        });
        Self { transaction, event, refusal, number, under_way: Rc::clone(under_way) }
    }

    pub(super) async fn wait(self, operation: &'static str) -> Result<()> {
        let event = settled(self.event.clone().into()).await.map_err(failed(operation))?;
        match member(&event, "type").as_string().as_deref() {
            Some("complete") => return Ok(()),
            Some("close") => return Err(lost(operation)),
            _ => {}
        }
        if let Some(error) = self.refusal.borrow_mut().take() {
            return Err(error);
        }
        let error = self.transaction.error().map_or(JsValue::UNDEFINED, JsValue::from);
        Err(aborted(operation, &error))
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.under_way.borrow_mut().remove(&self.number);
    }
}

pub(super) fn lost(operation: &'static str) -> StorageError {
    StorageError::failed(operation, "the browser has closed the database")
}

/// Why the browser has undone a transaction. Chromium keeps large values in files of their own. One that it could not write, as on a full device, it calls
/// a `DataError`, which otherwise is thrown by a request already; the database itself goes on.
fn aborted(operation: &'static str, error: &JsValue) -> StorageError {
    if describe(error).starts_with("DataError: Failed to write blobs") {
        return StorageError::QuotaExceeded { operation };
    }
    storage_error(BACKEND, operation, error)
}

/// Reads the record `key` of `meta` inside `transaction` and aborts it if `decide` refuses. `decide`
/// also gets `meta`, to write what follows from the record.
pub(super) fn check(
    transaction: &IdbTransaction,
    key: &str,
    refusal: &Refusal,
    decide: impl FnOnce(Option<Vec<u8>>, &IdbObjectStore) -> Result<()> + 'static,
) -> Js<()> {
    let meta = transaction.object_store("meta")?;
    let request = meta.get(&key.into())?;
    let (transaction, refusal, asked) = (transaction.clone(), Rc::clone(refusal), request.clone());
    let callback = Closure::once_into_js(move |_: JsValue| {
        let record = asked.result().ok().and_then(|value| Some(value.dyn_ref::<Uint8Array>()?.to_vec()));
        if let Err(error) = decide(record, &meta) {
            // The first refusal counts; those after it follow from a transaction that is ending.
            refusal.borrow_mut().get_or_insert(error);
            let _ = transaction.abort();
        }
    });
    request.set_onsuccess(Some(callback.unchecked_ref()));
    Ok(())
}

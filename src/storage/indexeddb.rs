//! The store in IndexedDB, where OPFS does not exist.
//!
//! Database `chromatid:<name>` with four object stores:
//!
//! | store  | key                          | value                                                     |
//! |--------|------------------------------|-----------------------------------------------------------|
//! | blocks | id as a UUID                 | bytes                                                     |
//! | log    | sequence number              | frame                                                     |
//! | sizes  | as in `blocks` and `log`     | length in bytes, so that usage is known without the bytes |
//! | meta   | `owner`, `root`, `log`       | see [`records`]                                           |
//! | meta   | `room`, `log room`, `last room` | noise that is deleted when a write finds no room       |
//!
//! Every write is one transaction with `durability: "strict"`, so that it is durable when it completes
//! and nothing is ever torn; a bad frame is therefore always corruption. Transactions run in the order
//! in which they were made. Nothing here is exclusive, so each opening puts a token into `meta`, and
//! every write first checks that it is still there: whoever opened the store last is its one writer.

use std::cell::Cell;
use std::rc::Rc;

use arrow::buffer::Buffer;
use futures::future::ready;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbFactory, IdbKeyRange, IdbOpenDbRequest, IdbRequest, IdbTransaction};

use super::adapter::{copy_block, verified_end};
use super::browser::{describe, member, settled, storage_error};
use super::memory::{check_new_blocks, check_new_root};
use super::{BlockId, Durability, Frame, LogContents, Pending, Result, Root, Storage, Usage};
use crate::error::{Corruption, StorageError};

mod records;
mod room;
mod transaction;

use records::LogRecord;
use room::{Room, Use, rooms};
use transaction::{Ending, Refusal, UnderWay, check, lost};

const BACKEND: &str = "indexeddb";
const VERSION: u32 = 1;
const STORES: [&str; 4] = ["blocks", "log", "sizes", "meta"];

type Js<T> = std::result::Result<T, JsValue>;

#[wasm_bindgen]
extern "C" {
    /// `IDBDatabase` with the options of `transaction` that the standard has had since its version 3.
    type StrictDatabase;
    #[wasm_bindgen(method, catch)]
    fn transaction(
        this: &StrictDatabase,
        stores: &Array,
        mode: &str,
        options: &Object,
    ) -> std::result::Result<IdbTransaction, JsValue>;
}

/// A store in IndexedDB.
pub struct IndexedDbStorage {
    database: IdbDatabase,
    /// What `owner` must say for this store to write.
    token: Vec<u8>,
    rooms: [Room; 3],
    connection: Rc<Cell<Connection>>,
    under_way: UnderWay,
    /// Runs when another tab deletes the database or the platform closes it; kept alive here.
    _on_close: Closure<dyn FnMut(JsValue)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connection {
    Open,
    Closed,
    /// Closed by the browser, for instance because its device is full.
    Lost,
}

fn failed(operation: &'static str) -> impl Fn(JsValue) -> StorageError {
    move |error| storage_error(BACKEND, operation, &error)
}

fn factory() -> Result<IdbFactory> {
    let factory = member(&js_sys::global(), "indexedDB");
    if factory.is_undefined() || factory.is_null() {
        let detail = "indexedDB does not exist".into();
        return Err(StorageError::Unsupported { backend: BACKEND, detail });
    }
    Ok(factory.unchecked_into())
}

fn database_name(name: &str) -> String {
    format!("chromatid:{name}")
}

/// Waits for a request that opens or deletes a database.
async fn opened(request: &IdbOpenDbRequest) -> Result<()> {
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
        request.set_onblocked(Some(&reject));
    });
    let Err(event) = settled(promise.into()).await else { return Ok(()) };
    if member(&event, "type").as_string().as_deref() == Some("blocked") {
        return Err(StorageError::Locked { detail: "another tab does not close the database".into() });
    }
    let error = request.error().ok().flatten().map_or(JsValue::UNDEFINED, JsValue::from);
    Err(match member(&error, "name").as_string().as_deref() {
        // The browser does not say which version it found.
        Some("VersionError") => {
            StorageError::NewerFormat { place: "the database", found: VERSION + 1, supported: VERSION }
        }
        // Private windows answer the second.
        Some("SecurityError" | "InvalidStateError") => {
            StorageError::Unsupported { backend: BACKEND, detail: describe(&error) }
        }
        // So Chromium says that site data are blocked; by the same name it reports damage.
        Some("UnknownError") if describe(&error).contains("denied permission") => {
            StorageError::Unsupported { backend: BACKEND, detail: describe(&error) }
        }
        _ => storage_error(BACKEND, "opening the database", &error),
    })
}

/// Opens the store called `name`, creating it if it does not exist, and makes it ours.
pub async fn open(name: &str) -> Result<IndexedDbStorage> {
    let unsupported = |error| StorageError::Unsupported { backend: BACKEND, detail: describe(&error) };
    let request = factory()?.open_with_u32(&database_name(name), VERSION).map_err(unsupported)?;
    let upgraded = request.clone();
    let upgrade = Closure::once(move |_: JsValue| -> Js<()> {
        let database: IdbDatabase = upgraded.result()?.unchecked_into();
        STORES.iter().try_for_each(|store| database.create_object_store(store).map(drop))
    });
    request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
    opened(&request).await?;
    let database: IdbDatabase = request.result().map_err(failed("opening the database"))?.unchecked_into();
    let mut token = vec![0; 16];
    getrandom::fill(&mut token).map_err(|error| StorageError::failed("opening the database", error))?;
    let connection = Rc::new(Cell::new(Connection::Open));
    let under_way = UnderWay::default();
    let on_close = Closure::new({
        let (database, under_way) = (database.clone(), Rc::clone(&under_way));
        let connection = Rc::clone(&connection);
        move |event: JsValue| {
            connection.set(Connection::Closed);
            database.close();
            if member(&event, "type").as_string().as_deref() == Some("close") {
                connection.set(Connection::Lost);
                // Chromium says nothing of transactions that were begun while it closed the database.
                for resolve in std::mem::take(&mut *under_way.borrow_mut()).into_values() {
                    // The function of a promise throws nothing.
                    let _ = resolve.call1(&JsValue::UNDEFINED, &event);
                }
            }
        }
    });
    let listener: &Function = on_close.as_ref().unchecked_ref();
    database.set_onversionchange(Some(listener));
    database.set_onclose(Some(listener));
    let store =
        IndexedDbStorage { database, token, rooms: rooms(), connection, under_way, _on_close: on_close };
    store.take_over().await?;
    Ok(store)
}

/// Removes the store called `name` and everything in it; a store that does not exist is no error.
pub async fn delete(name: &str) -> Result<()> {
    let request = factory()?.delete_database(&database_name(name)).map_err(failed("deleting a store"))?;
    opened(&request).await
}

impl IndexedDbStorage {
    fn check_open(&self) -> Result<()> {
        match self.connection.get() {
            Connection::Open => Ok(()),
            Connection::Closed => Err(StorageError::Closed),
            Connection::Lost => Err(lost("starting a transaction")),
        }
    }

    fn begin(&self, mode: &str) -> Result<IdbTransaction> {
        self.check_open()?;
        let options = Object::new();
        Reflect::set(&options, &"durability".into(), &"strict".into())
            .map_err(failed("starting a transaction"))?;
        let stores: Array = STORES.iter().map(|store| JsValue::from_str(store)).collect();
        let database: &StrictDatabase = self.database.unchecked_ref();
        database.transaction(&stores, mode, &options).map_err(failed("starting a transaction"))
    }

    async fn take_over(&self) -> Result<()> {
        loop {
            match self.put("owner", &self.token).await {
                // A full store has to open all the same: nothing else could be deleted from it.
                Err(StorageError::QuotaExceeded { .. }) if self.give_room(Use::Opening).await => {}
                outcome => return outcome,
            }
        }
    }

    async fn put(&self, key: &str, value: &[u8]) -> Result<()> {
        let operation = "opening the database";
        let transaction = self.begin("readwrite")?;
        let meta = transaction.object_store("meta").map_err(failed(operation))?;
        meta.put_with_key(&bytes(value), &key.into()).map_err(failed(operation))?;
        self.ending(transaction, Refusal::default()).wait(operation).await
    }

    /// The end of `transaction`, to be waited for.
    fn ending(&self, transaction: IdbTransaction, refusal: Refusal) -> Ending {
        Ending::of(transaction, refusal, &self.under_way)
    }

    /// Makes the requests of a read at once; `take` gets their results in order.
    fn read<'a, T: 'a>(
        &'a self,
        operation: &'static str,
        requests: impl FnOnce(&IdbTransaction) -> Js<Vec<IdbRequest>>,
        take: impl FnOnce(Vec<JsValue>) -> Result<T> + 'a,
    ) -> Pending<'a, T> {
        let begun = self.begin("readonly").and_then(|transaction| {
            let requests = requests(&transaction).map_err(failed(operation))?;
            Ok((self.ending(transaction, Refusal::default()), requests))
        });
        Box::pin(async move {
            let (ending, requests) = begun?;
            ending.wait(operation).await?;
            let results = requests.iter().map(IdbRequest::result).collect::<Js<Vec<_>>>();
            take(results.map_err(failed(operation))?)
        })
    }

    /// Makes the requests of a write at once, in one transaction that is durable when it completes. One that finds no room is made again
    /// with what is kept: whatever takes room for good has [asked](Storage::reserve) before.
    fn write<'a>(
        &'a self,
        operation: &'static str,
        requests: impl Fn(&IdbTransaction, &Refusal) -> Js<()> + 'a,
    ) -> Pending<'a, ()> {
        self.write_using(Use::Log, operation, requests)
    }

    fn append(&self, room: Use, frames: Vec<Frame>) -> Pending<'_, ()> {
        let frames = Rc::new(frames);
        self.write_using(room, "appending to the log", move |transaction, refusal| {
            let (log, sizes) = (transaction.object_store("log")?, transaction.object_store("sizes")?);
            for frame in frames.iter() {
                log.put_with_key(&bytes(&frame.bytes), &sequence(frame.sequence))?;
                sizes.put_with_key(&size(frame.bytes.len()), &sequence(frame.sequence))?;
            }
            // Runs before any of the above is visible to anyone: refused frames never were there.
            let frames = Rc::clone(&frames);
            check(transaction, "log", refusal, move |record, meta| {
                let record = LogRecord::decode(record)?;
                let end = record.end.append(&frames)?;
                records::put(meta, "log", &LogRecord { end, ..record }.encode())
            })
        })
    }

    fn write_using<'a>(
        &'a self,
        room: Use,
        operation: &'static str,
        requests: impl Fn(&IdbTransaction, &Refusal) -> Js<()> + 'a,
    ) -> Pending<'a, ()> {
        let begun = self.attempt(operation, &requests);
        Box::pin(async move {
            let mut outcome = begun?.wait(operation).await;
            while matches!(outcome, Err(StorageError::QuotaExceeded { .. })) && self.give_room(room).await {
                outcome = self.attempt(operation, &requests)?.wait(operation).await;
            }
            outcome
        })
    }

    fn attempt(
        &self,
        operation: &'static str,
        requests: &dyn Fn(&IdbTransaction, &Refusal) -> Js<()>,
    ) -> Result<Ending> {
        let refusal = Refusal::default();
        let transaction = self.begin("readwrite")?;
        let token = self.token.clone();
        let made = check(&transaction, "owner", &refusal, move |owner, _| {
            if owner.as_deref() == Some(&*token) {
                return Ok(());
            }
            Err(StorageError::Locked { detail: "it was opened elsewhere since".into() })
        });
        match made.and_then(|()| requests(&transaction, &refusal)) {
            Ok(()) => Ok(self.ending(transaction, refusal)),
            Err(error) => {
                // Nothing of it may stay; an abort fails only if it has ended already.
                let _ = transaction.abort();
                Err(storage_error(BACKEND, operation, &error))
            }
        }
    }
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn key(id: BlockId) -> JsValue {
    id.to_string().into()
}

fn size(length: usize) -> JsValue {
    JsValue::from_f64(length as f64)
}

/// A sequence number as a key. Beyond 2^53 no two are distinct, and none is ever reached.
fn sequence(number: u64) -> JsValue {
    JsValue::from_f64(number.min(1 << 53) as f64)
}

impl Storage for IndexedDbStorage {
    fn backend(&self) -> &'static str {
        BACKEND
    }

    fn read_block(&self, id: BlockId) -> Pending<'_, Option<Buffer>> {
        let requests =
            |transaction: &IdbTransaction| Ok(vec![transaction.object_store("blocks")?.get(&key(id))?]);
        self.read("reading a block", requests, |results| {
            results.first().map_or(Ok(None), records::optional_block)
        })
    }

    fn read_blocks<'a>(&'a self, ids: &'a [BlockId]) -> Pending<'a, Vec<Option<Buffer>>> {
        let requests = |transaction: &IdbTransaction| {
            let blocks = transaction.object_store("blocks")?;
            ids.iter().map(|id| blocks.get(&key(*id))).collect()
        };
        self.read("reading blocks", requests, |results| results.iter().map(records::optional_block).collect())
    }

    fn write_blocks(&self, blocks: Vec<(BlockId, Buffer)>) -> Pending<'_, ()> {
        if let Err(error) = check_new_blocks(&blocks, |_| false) {
            return Box::pin(ready(self.check_open().and(Err(error))));
        }
        self.write_using(Use::Blocks, "writing blocks", move |transaction, _| {
            let (data, sizes) = (transaction.object_store("blocks")?, transaction.object_store("sizes")?);
            for (id, block) in &blocks {
                // `add` fails, and the transaction with it, if the id exists.
                data.add_with_key(&bytes(block), &key(*id))?;
                sizes.put_with_key(&size(block.len()), &key(*id))?;
            }
            Ok(())
        })
    }

    fn delete_blocks(&self, ids: Vec<BlockId>) -> Pending<'_, ()> {
        self.write("deleting blocks", move |transaction, _| {
            let (data, sizes) = (transaction.object_store("blocks")?, transaction.object_store("sizes")?);
            for id in &ids {
                data.delete(&key(*id))?;
                sizes.delete(&key(*id))?;
            }
            Ok(())
        })
    }

    fn list_blocks(&self) -> Pending<'_, Vec<BlockId>> {
        let requests =
            |transaction: &IdbTransaction| Ok(vec![transaction.object_store("blocks")?.get_all_keys()?]);
        self.read("listing blocks", requests, |results| {
            let keys = results.first().map(Array::from).unwrap_or_default();
            keys.iter().map(|key| records::block_id(&key)).collect()
        })
    }

    fn append_log(&self, frames: Vec<Frame>, _durability: Durability) -> Pending<'_, ()> {
        self.append(Use::None, frames)
    }

    fn append_kept(&self, frames: Vec<Frame>, _durability: Durability) -> Pending<'_, ()> {
        self.append(Use::Log, frames)
    }

    fn reserve(&self, _bytes: u64) -> Pending<'_, ()> {
        Box::pin(self.keep_room())
    }

    fn read_log(&self, from: u64) -> Pending<'_, LogContents> {
        let requests = |transaction: &IdbTransaction| {
            let range = IdbKeyRange::lower_bound(&sequence(from))?;
            let frames = transaction.object_store("log")?.get_all_with_key(&range)?;
            Ok(vec![transaction.object_store("meta")?.get(&"log".into())?, frames])
        };
        self.read("reading the log", requests, move |results| {
            let [record, frames] = &results[..] else {
                return Err(StorageError::failed("reading the log", "a result is missing"));
            };
            let record = LogRecord::decode(record.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))?;
            let frames =
                Array::from(frames).iter().map(|frame| records::frame(&frame)).collect::<Result<Vec<_>>>()?;
            let expected = (record.end.sequence + 1).saturating_sub(from.max(record.first).max(1));
            if frames.len() as u64 != expected {
                let reason = format!("{} frames are there instead of {expected}", frames.len());
                return Err(Corruption::new(format!("log from frame {from}"), reason).into());
            }
            verified_end(&frames, Some(record.end))?;
            Ok(LogContents { frames, torn_bytes: 0, end: record.end })
        })
    }

    fn drop_log(&self, below: u64) -> Pending<'_, ()> {
        self.write("dropping frames of the log", move |transaction, refusal| {
            let below_range = IdbKeyRange::upper_bound_with_open(&sequence(below), true)?;
            transaction.object_store("log")?.delete(&below_range)?;
            // Numbers sort before all strings, so this leaves the sizes of blocks alone.
            transaction.object_store("sizes")?.delete(&below_range)?;
            check(transaction, "log", refusal, move |record, meta| {
                let record = LogRecord::decode(record)?;
                let first = record.first.max(below.min(record.end.sequence + 1));
                records::put(meta, "log", &LogRecord { first, ..record }.encode())
            })
        })
    }

    fn read_root(&self) -> Pending<'_, Option<Root>> {
        let requests =
            |transaction: &IdbTransaction| Ok(vec![transaction.object_store("meta")?.get(&"root".into())?]);
        self.read("reading the root", requests, |results| {
            let record = results.first().and_then(|value| Some(value.dyn_ref::<Uint8Array>()?.to_vec()));
            records::decode_root(record)
        })
    }

    fn write_root(&self, root: Root) -> Pending<'_, ()> {
        let root = Rc::new(root);
        self.write("writing the root", move |transaction, refusal| {
            let root = Rc::clone(&root);
            check(transaction, "root", refusal, move |record, meta| {
                let current = records::decode_root(record)?;
                check_new_root(&root, current.map_or(0, |root| root.generation))?;
                records::put(meta, "root", &records::encode_root(&root))
            })
        })
    }

    fn flush(&self) -> Pending<'_, ()> {
        // Every write is durable when it completes; this one completes after all before it.
        self.write("flushing", |_, _| Ok(()))
    }

    fn usage(&self) -> Pending<'_, Usage> {
        let requests = |transaction: &IdbTransaction| {
            let sizes = transaction.object_store("sizes")?;
            let root = transaction.object_store("meta")?.get(&"root".into())?;
            Ok(vec![sizes.get_all_keys()?, sizes.get_all()?, root])
        };
        let room = self.room_bytes();
        self.read("measuring the store", requests, move |results| {
            let [keys, sizes, root] = &results[..] else {
                return Err(StorageError::failed("measuring the store", "a result is missing"));
            };
            let mut usage = Usage::default();
            for (key, size) in Array::from(keys).iter().zip(Array::from(sizes).iter()) {
                let size = size.as_f64().unwrap_or(0.0) as u64;
                if key.is_string() {
                    usage.blocks += 1;
                    usage.block_bytes += size;
                } else {
                    usage.log_bytes += size;
                }
            }
            let root = root.dyn_ref::<Uint8Array>().map_or(0, |root| u64::from(root.length()));
            usage.total_bytes = usage.block_bytes + usage.log_bytes + root + room;
            Ok(usage)
        })
    }

    fn close(&self) -> Pending<'_, ()> {
        let flushed = self.flush();
        self.connection.set(Connection::Closed);
        // The connection ends when the transactions under way have.
        self.database.close();
        flushed
    }

    fn clear(&self) -> Pending<'_, ()> {
        self.write("clearing the store", |transaction, _| {
            for store in ["blocks", "log", "sizes"] {
                transaction.object_store(store)?.clear()?;
            }
            let meta = transaction.object_store("meta")?;
            meta.delete(&"root".into())?;
            meta.delete(&"log".into()).map(drop)
        })
    }
}

/// A store that is let go without [`Storage::close`] ends its connection all the same.
impl Drop for IndexedDbStorage {
    fn drop(&mut self) {
        self.database.set_onversionchange(None);
        self.database.set_onclose(None);
        self.database.close();
    }
}

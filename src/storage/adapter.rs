//! The store in an object that the caller gives: Durable Objects, R2, files of a server, anything.
//!
//! What the object has to do is said where its authors look: `StorageAdapter` in `pkg/src/storage/adapter.ts`. Each method is called
//! in the order in which the engine calls this storage, and may answer its value or a promise of it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use arrow::buffer::{Buffer, MutableBuffer};
use futures::future::ready;
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::browser::{has_method, member, settled, storage_error};
use super::memory::{check_new_blocks, check_new_root};
use super::{
    BlockId, BlockPart, ChainEnd, Durability, Frame, LogContents, Pending, Result, Root, Storage, Usage,
};
use crate::error::{Corruption, StorageError};
use crate::limits::{MAX_BLOCK_BYTES, MAX_ROOT_BYTES};

const BACKEND: &str = "adapter";

type Called = std::result::Result<JsValue, JsValue>;

#[wasm_bindgen]
extern "C" {
    /// The caller's object; see the [module](self).
    #[derive(Debug, Clone)]
    pub type StorageAdapter;

    #[wasm_bindgen(method, catch, js_name = readBlock)]
    fn read_block(this: &StorageAdapter, id: &str) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = readBlocks)]
    fn read_blocks(this: &StorageAdapter, ids: &Array) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = readParts)]
    fn read_parts(this: &StorageAdapter, parts: &Array) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = writeBlocks)]
    fn write_blocks(this: &StorageAdapter, blocks: &Array) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = deleteBlocks)]
    fn delete_blocks(this: &StorageAdapter, ids: &Array) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = listBlocks)]
    fn list_blocks(this: &StorageAdapter) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = appendLog)]
    fn append_log(
        this: &StorageAdapter,
        frames: &Array,
        durability: &str,
    ) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = readLog)]
    fn read_log(this: &StorageAdapter, from: f64) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = dropLog)]
    fn drop_log(this: &StorageAdapter, below: f64) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = readRoot)]
    fn read_root(this: &StorageAdapter) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = writeRoot)]
    fn write_root(this: &StorageAdapter, root: &Object) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn flush(this: &StorageAdapter) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn usage(this: &StorageAdapter) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn close(this: &StorageAdapter) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn clear(this: &StorageAdapter) -> std::result::Result<JsValue, JsValue>;
}

/// A store kept by a [`StorageAdapter`].
#[derive(Debug)]
pub struct AdapterStorage {
    adapter: StorageAdapter,
    closed: Cell<bool>,
    /// Ids that exist, with those under way.
    ids: RefCell<BTreeSet<BlockId>>,
    /// End of the log, with appends under way.
    end: Cell<ChainEnd>,
    /// Frames below are dropped, though the adapter keeps the last one: it holds the chain's end.
    first: Cell<u64>,
    /// Generation of the root, with one under way; 0 if there is none.
    generation: Cell<u64>,
}

impl AdapterStorage {
    /// Opens the store in `adapter`.
    pub async fn open(adapter: StorageAdapter) -> Result<Self> {
        let listed = settle("listing blocks", adapter.list_blocks()).await?;
        let mut ids = BTreeSet::new();
        for id in Array::from(&listed).iter() {
            ids.insert(block_id(&id)?);
        }
        let root = root_of(settle("reading the root", adapter.read_root()).await?)?;
        let frames = frames_of(&settle("reading the log", adapter.read_log(1.0)).await?)?;
        let end = verified_end(&frames, None)?;
        Ok(Self {
            adapter,
            closed: Cell::new(false),
            ids: RefCell::new(ids),
            end: Cell::new(end),
            first: Cell::new(1),
            generation: Cell::new(root.map_or(0, |root| root.generation)),
        })
    }

    /// Calls the adapter at once; what it answers is taken when the future is polled.
    fn call<'a, T: 'a>(
        &'a self,
        operation: &'static str,
        call: impl FnOnce(&StorageAdapter) -> Called,
        take: impl FnOnce(JsValue) -> Result<T> + 'a,
    ) -> Pending<'a, T> {
        if self.closed.get() {
            return Box::pin(ready(Err(StorageError::Closed)));
        }
        let called = call(&self.adapter);
        Box::pin(async move { take(settle(operation, called).await?) })
    }

    /// Like [`call`](Self::call), for a change whose effect on what this side knows is undone by `undo`
    /// when there was no room; after any other failure the store is closed.
    fn change<'a>(
        &'a self,
        operation: &'static str,
        call: impl FnOnce(&StorageAdapter) -> Called,
        undo: impl FnOnce(&'a Self) + 'a,
    ) -> Pending<'a, ()> {
        let done = self.call(operation, call, |_| Ok(()));
        Box::pin(async move {
            let result = done.await;
            match &result {
                Ok(()) | Err(StorageError::Closed) => {}
                Err(StorageError::QuotaExceeded { .. }) => undo(self),
                Err(_) => self.closed.set(true),
            }
            result
        })
    }

    fn refuse<T: 'static>(&self, error: StorageError) -> Pending<'_, T> {
        Box::pin(ready(Err(if self.closed.get() { StorageError::Closed } else { error })))
    }
}

impl Storage for AdapterStorage {
    fn backend(&self) -> &'static str {
        BACKEND
    }

    fn read_block(&self, id: BlockId) -> Pending<'_, Option<Buffer>> {
        self.call(
            "reading a block",
            |adapter| adapter.read_block(&id.to_string()),
            |bytes| optional_block(&bytes),
        )
    }

    fn read_blocks<'a>(&'a self, ids: &'a [BlockId]) -> Pending<'a, Vec<Option<Buffer>>> {
        if !has_method(&self.adapter, "readBlocks") {
            let reads: Vec<_> = ids.iter().map(|id| self.read_block(*id)).collect();
            return Box::pin(futures::future::try_join_all(reads));
        }
        self.call(
            "reading blocks",
            |adapter| adapter.read_blocks(&id_array(ids)),
            |blocks| optional_blocks("reading blocks", &blocks, ids.len()),
        )
    }

    fn reads_parts(&self) -> bool {
        has_method(&self.adapter, "readParts")
    }

    fn read_parts<'a>(&'a self, parts: &'a [BlockPart]) -> Pending<'a, Vec<Option<Buffer>>> {
        if !self.reads_parts() {
            return Box::pin(super::parts_of_whole_blocks(self, parts));
        }
        // No block is longer: an adapter need not know what to do about such a part.
        let end = |part: &BlockPart| u64::from(part.offset) + u64::from(part.length);
        let possible = move |part: &&BlockPart| end(part) <= MAX_BLOCK_BYTES as u64;
        let wanted = part_array(parts.iter().filter(possible));
        let count = wanted.length() as usize;
        self.call(
            "reading parts of blocks",
            |adapter| adapter.read_parts(&wanted),
            move |read| {
                let mut read = optional_blocks("reading parts of blocks", &read, count)?.into_iter();
                let mut next = |part: &BlockPart| {
                    let bytes = possible(&part).then(|| read.next()).flatten().flatten();
                    // A part that is cut short is none.
                    bytes.filter(|bytes| bytes.len() == part.length as usize)
                };
                Ok(parts.iter().map(&mut next).collect())
            },
        )
    }

    fn write_blocks(&self, blocks: Vec<(BlockId, Buffer)>) -> Pending<'_, ()> {
        if let Err(error) = check_new_blocks(&blocks, |id| self.ids.borrow().contains(&id)) {
            return self.refuse(error);
        }
        let list = Array::new();
        for (id, bytes) in &blocks {
            list.push(&object(&[
                ("id", id.to_string().into()),
                ("bytes", Uint8Array::from(bytes.as_slice()).into()),
            ]));
        }
        let ids: Vec<BlockId> = blocks.iter().map(|(id, _)| *id).collect();
        self.ids.borrow_mut().extend(&ids);
        self.change(
            "writing blocks",
            |adapter| adapter.write_blocks(&list),
            move |store| {
                store.ids.borrow_mut().retain(|id| !ids.contains(id));
            },
        )
    }

    fn delete_blocks(&self, ids: Vec<BlockId>) -> Pending<'_, ()> {
        let gone: Vec<BlockId> = ids.iter().filter(|id| self.ids.borrow_mut().remove(id)).copied().collect();
        self.change(
            "deleting blocks",
            |adapter| adapter.delete_blocks(&id_array(&ids)),
            move |store| {
                store.ids.borrow_mut().extend(gone);
            },
        )
    }

    fn list_blocks(&self) -> Pending<'_, Vec<BlockId>> {
        self.call("listing blocks", StorageAdapter::list_blocks, |ids| {
            Array::from(&ids).iter().map(|id| block_id(&id)).collect()
        })
    }

    fn append_log(&self, frames: Vec<Frame>, durability: Durability) -> Pending<'_, ()> {
        let before = self.end.get();
        let after = match before.append(&frames) {
            Ok(after) => after,
            Err(error) => return self.refuse(error),
        };
        let list = Array::new();
        for frame in &frames {
            let bytes = Uint8Array::from(frame.bytes.as_slice());
            list.push(&object(&[("sequence", (frame.sequence as f64).into()), ("bytes", bytes.into())]));
        }
        let durability = match durability {
            Durability::Strict => "strict",
            Durability::Relaxed => "relaxed",
        };
        self.end.set(after);
        self.change(
            "appending to the log",
            |adapter| adapter.append_log(&list, durability),
            move |store| {
                // A later append is under way that follows frames which are not there.
                store.closed.set(store.end.get() != after || store.closed.get());
                store.end.set(before);
            },
        )
    }

    fn read_log(&self, from: u64) -> Pending<'_, LogContents> {
        let (end, from) = (self.end.get(), from.max(self.first.get()));
        self.call(
            "reading the log",
            |adapter| adapter.read_log(from as f64),
            move |frames| {
                let frames = frames_of(&frames)?;
                verified_end(&frames, Some(end))?;
                Ok(LogContents { frames, torn_bytes: 0, end })
            },
        )
    }

    fn drop_log(&self, below: u64) -> Pending<'_, ()> {
        let end = self.end.get().sequence;
        self.first.set(self.first.get().max(below.min(end + 1)));
        self.change("dropping frames of the log", |adapter| adapter.drop_log(below.min(end) as f64), |_| ())
    }

    fn read_root(&self) -> Pending<'_, Option<Root>> {
        self.call("reading the root", StorageAdapter::read_root, root_of)
    }

    fn write_root(&self, root: Root) -> Pending<'_, ()> {
        let before = self.generation.get();
        if let Err(error) = check_new_root(&root, before) {
            return self.refuse(error);
        }
        self.generation.set(root.generation);
        let bytes = Uint8Array::from(root.bytes.as_slice());
        let value = object(&[("generation", (root.generation as f64).into()), ("bytes", bytes.into())]);
        self.change(
            "writing the root",
            |adapter| adapter.write_root(&value),
            move |store| {
                store.generation.set(before);
            },
        )
    }

    fn flush(&self) -> Pending<'_, ()> {
        self.change("flushing", StorageAdapter::flush, |store| store.closed.set(true))
    }

    fn usage(&self) -> Pending<'_, Usage> {
        self.call("measuring the store", StorageAdapter::usage, |usage| {
            let number = |name| member(&usage, name).as_f64().unwrap_or(0.0).max(0.0) as u64;
            Ok(Usage {
                blocks: number("blocks"),
                block_bytes: number("blockBytes"),
                log_bytes: number("logBytes"),
                total_bytes: number("totalBytes"),
            })
        })
    }

    fn close(&self) -> Pending<'_, ()> {
        let flushed = self.flush();
        let closed = self.call("closing", StorageAdapter::close, |_| Ok(()));
        self.closed.set(true);
        Box::pin(async move { flushed.await.and(closed.await) })
    }

    fn clear(&self) -> Pending<'_, ()> {
        self.ids.borrow_mut().clear();
        self.end.set(ChainEnd::default());
        self.first.set(1);
        self.generation.set(0);
        self.change("clearing the store", StorageAdapter::clear, |store| store.closed.set(true))
    }
}

async fn settle(operation: &'static str, called: Called) -> Result<JsValue> {
    let settled = match called {
        Ok(value) => settled(value).await,
        Err(error) => Err(error),
    };
    settled.map_err(|error| storage_error(BACKEND, operation, &error))
}

fn object(members: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        // A plain new object takes any member.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

fn id_array(ids: &[BlockId]) -> Array {
    ids.iter().map(|id| JsValue::from(id.to_string())).collect()
}

fn part_array<'a>(parts: impl Iterator<Item = &'a BlockPart>) -> Array {
    let part = |part: &BlockPart| {
        JsValue::from(object(&[
            ("id", part.id.to_string().into()),
            ("offset", part.offset.into()),
            ("length", part.length.into()),
        ]))
    };
    parts.map(part).collect()
}

fn block_id(id: &JsValue) -> Result<BlockId> {
    let parsed = id.as_string().and_then(|text| uuid::Uuid::parse_str(&text).ok());
    parsed
        .map(|uuid| BlockId(uuid.into_bytes()))
        .ok_or_else(|| Corruption::new("list of blocks", format!("{id:?} is no block id")).into())
}

fn bytes_of<'a>(place: &str, value: &'a JsValue, most: usize) -> Result<&'a Uint8Array> {
    let bytes = value.dyn_ref::<Uint8Array>();
    bytes
        .filter(|bytes| bytes.length() as usize <= most)
        .ok_or_else(|| Corruption::new(place, "it is no Uint8Array of a possible length").into())
}

fn optional_block(value: &JsValue) -> Result<Option<Buffer>> {
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    Ok(Some(copy_block(bytes_of("block", value, MAX_BLOCK_BYTES)?)))
}

fn optional_blocks(operation: &'static str, read: &JsValue, count: usize) -> Result<Vec<Option<Buffer>>> {
    let read: Vec<_> = Array::from(read).iter().map(|bytes| optional_block(&bytes)).collect::<Result<_>>()?;
    if read.len() != count {
        return Err(StorageError::failed(operation, "the adapter returned another number"));
    }
    Ok(read)
}

/// The bytes of `array` in aligned memory.
pub(super) fn copy_block(array: &Uint8Array) -> Buffer {
    let mut buffer = MutableBuffer::from_len_zeroed(array.length() as usize);
    array.copy_to(buffer.as_slice_mut());
    buffer.into()
}

fn frames_of(value: &JsValue) -> Result<Vec<Frame>> {
    let most = crate::limits::MAX_FRAME_BYTES + super::frame::HEADER_BYTES;
    let frame = |bytes: JsValue| Ok(Frame::parse(&bytes_of("log frame", &bytes, most)?.to_vec())?);
    Array::from(value).iter().map(frame).collect()
}

fn root_of(value: JsValue) -> Result<Option<Root>> {
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    let generation = member(&value, "generation").as_f64().filter(|generation| *generation >= 1.0);
    let generation = generation.ok_or_else(|| Corruption::new("root", "it has no generation"))? as u64;
    let bytes = bytes_of("root", &member(&value, "bytes"), MAX_ROOT_BYTES)?.to_vec();
    Ok(Some(Root { generation, bytes }))
}

/// Where `frames` end, checked to be one chain; and that this is `expected`, if any frame is there.
pub(super) fn verified_end(frames: &[Frame], expected: Option<ChainEnd>) -> Result<ChainEnd> {
    let Some(first) = frames.first() else { return Ok(expected.unwrap_or_default()) };
    let mut end = ChainEnd { sequence: first.sequence.saturating_sub(1), checksum: first.previous() };
    for frame in frames {
        end = end.advance(&frame.bytes)?;
    }
    match expected {
        Some(expected) if expected != end => {
            Err(Corruption::new(format!("log frame {}", end.sequence + 1), "it is missing").into())
        }
        _ => Ok(end),
    }
}

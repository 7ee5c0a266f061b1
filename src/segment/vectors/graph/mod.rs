//! The graph of a collection that asks for one: links between records by their four-bit codes.
//!
//! A node of the graph is a *slot*: it says for which record, at which version of its vector, it was made. Slots whose
//! record was deleted or has another vector by now are dead: no search returns them, and the next step of
//! [`grow`] takes them out. Vectors that are not in the graph yet are found by the scan of their one-bit codes.

mod grow;
mod search;
mod store;
#[cfg(test)]
mod tests;

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use futures::lock::Mutex;
use xxhash_rust::xxh3::xxh3_64;

use super::VectorReader;
use super::rows::RowTable;
use crate::blockstore::Reservation;
use crate::env::Slices;
use crate::error::Result;
use crate::index::hnsw::{Allowed, CHUNK_SLOTS, Graph, Parameters, Scratch, ToCodes};
use crate::quantization::NibbleCodes;
use crate::types::Space;

pub(super) use grow::{Growth, is_due};

/// A graph that is read once for all versions of an index that have the same one.
pub(in crate::segment) type SharedGraph = Rc<GraphOnce>;

/// A graph that is in memory, or will be when it is first asked for.
#[derive(Default)]
pub(in crate::segment) struct GraphOnce {
    held: OnceCell<Held>,
    /// Held by whoever reads the graph: others wait, so that it is in memory once.
    loading: Mutex<()>,
}

/// A graph in memory, which counts against the budget of the cache.
struct Held {
    graph: Rc<VectorGraph>,
    _memory: Reservation,
}

impl GraphOnce {
    /// One that is in memory.
    fn new(graph: VectorGraph, mut memory: Reservation) -> Self {
        memory.resize(graph.bytes());
        let held = Held { graph: Rc::new(graph), _memory: memory };
        Self { held: held.into(), loading: Mutex::default() }
    }

    /// The graph of an index, the codes of which are around `center`.
    pub async fn get(
        &self,
        reader: &VectorReader,
        space: Space,
        center: &[f32],
        slices: &Slices<'_>,
    ) -> Result<Rc<VectorGraph>> {
        let _loading = self.loading.lock().await;
        if let Some(held) = self.held.get() {
            return Ok(Rc::clone(&held.graph));
        }
        let graph = Rc::new(store::load(reader, space, center, slices).await?);
        let memory = reader.store().reserve(graph.bytes());
        let held = self.held.get_or_init(|| Held { graph, _memory: memory });
        Ok(Rc::clone(&held.graph))
    }
}

/// What a slot was made for. Version 0: it is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Slot {
    offset_id: u32,
    version: u16,
}

/// A graph with what it knows of its slots.
#[derive(Debug, Clone)]
pub(in crate::segment) struct VectorGraph {
    links: Graph,
    codes: NibbleCodes,
    slots: Vec<Slot>,
    scratch: RefCell<Scratch>,
}

impl VectorGraph {
    /// An empty graph of codes around `center`.
    fn new(space: Space, center: Vec<f32>, parameters: Parameters) -> Self {
        Self {
            links: Graph::new(parameters),
            codes: NibbleCodes::new(space, center),
            slots: Vec::new(),
            scratch: RefCell::default(),
        }
    }

    /// Bytes that it takes in memory.
    fn bytes(&self) -> usize {
        self.links.bytes() + self.codes.as_bytes().len() + self.slots.capacity() * size_of::<Slot>()
    }

    /// Puts a record's rotated vector into a slot: a free one, or the next.
    fn insert(&mut self, slot: u32, made_for: Slot, rotated: &[f32]) {
        if slot as usize == self.slots.len() {
            self.slots.push(made_for);
            self.codes.push(rotated);
        } else {
            self.slots[slot as usize] = made_for;
            self.codes.set(slot, rotated);
        }
        // The same history gives the same graph.
        let level = self.links.level_of(xxh3_64(&made_for.offset_id.to_le_bytes()));
        let target = ToCodes::new(&self.codes, rotated);
        self.links.insert(slot, level, &target, &self.codes, self.scratch.get_mut());
    }

    /// Frees a slot.
    fn remove(&mut self, slot: u32) {
        self.links.remove(slot, &self.codes, self.scratch.get_mut());
        self.slots[slot as usize] = Slot::default();
    }
}

/// A graph beside the records as they are.
#[derive(Debug)]
pub(super) struct LiveGraph {
    graph: Rc<VectorGraph>,
    /// The slots that still stand for their records' vectors.
    live: Allowed,
}

impl LiveGraph {
    pub async fn new(graph: Rc<VectorGraph>, rows: &RowTable, slices: &Slices<'_>) -> Self {
        let mut live = Vec::with_capacity(graph.slots.len());
        for (chunk, slots) in graph.slots.chunks(CHUNK_SLOTS).enumerate() {
            let numbered = (chunk * CHUNK_SLOTS..).zip(slots);
            let of_chunk = numbered.filter(|(_, slot)| rows.is_live(slot.offset_id, slot.version));
            live.extend(of_chunk.map(|(number, _)| number as u32));
            slices.step().await;
        }
        let live = Allowed::new(live);
        Self { graph, live }
    }

    /// Nodes that no search may return.
    fn dead(&self) -> usize {
        self.graph.links.len() - self.live.len()
    }
}

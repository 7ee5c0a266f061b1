//! Growing a graph in steps: dead nodes go, waiting vectors come in.

use std::rc::Rc;

use prost::Message;
use roaring::RoaringBitmap;

use super::store::{GRAPH, LINK, NODE};
use super::{GraphOnce, LiveGraph, Slot, VectorGraph};
use crate::blockstore::{BlockfileOptions, Blockstore, Bytes, OrderedWriter, Reader, Reservation};
use crate::env::Slices;
use crate::error::Result;
use crate::index::hnsw::{CHUNK_SLOTS, Graph, Parameters};
use crate::index::posting::{CodeList, CodeListBuilder};
use crate::limits::{
    GRAPH_DEAD_FRACTION, GRAPH_STEP_FRACTION, GRAPH_STEP_RECORDS, GRAPH_USED_FRACTION,
    GRAPH_WAITING_FRACTION, GRAPH_WAITING_RECORDS,
};
use crate::segment::vectors::lists::parse;
use crate::segment::vectors::proto::{GraphInfo, VectorIndexInfo};
use crate::segment::vectors::writer::matrix;
use crate::segment::vectors::{CODE, INFO, Improved, Loaded, Shared, VectorIndex, corrupt};

/// Whether an index of `records` vectors that has a graph, or should, needs a step.
pub(in crate::segment::vectors) fn is_due(info: &VectorIndexInfo, records: u64) -> bool {
    let Some(graph) = &info.graph else { return true };
    let waiting = info.waiting.saturating_sub(graph.unplaced);
    let dead = graph.nodes.saturating_sub(records.saturating_sub(info.waiting));
    waiting >= GRAPH_WAITING_RECORDS.max(records / GRAPH_WAITING_FRACTION)
        || dead > graph.nodes / GRAPH_DEAD_FRACTION
        || is_sparse(graph.nodes - dead, graph.slots)
}

/// Whether so few slots are used that the graph is better made anew.
fn is_sparse(live: u64, slots: u64) -> bool {
    slots > GRAPH_STEP_RECORDS && live < slots / GRAPH_USED_FRACTION
}

/// A step under way. It works on a copy: searches go on with the graph as it was.
pub(in crate::segment::vectors) struct Growth<'a> {
    index: &'a VectorIndex,
    loaded: &'a Loaded,
    embeddings: &'a Reader<u32, Vec<f32>>,
    slices: &'a Slices<'a>,
    writer: OrderedWriter<u32, Bytes>,
    graph: VectorGraph,
    /// For the copy.
    memory: Reservation,
    /// Slots without a node, taken from the end.
    free: Vec<u32>,
    /// Chunks of slots that were given another vector, or none.
    changed: RoaringBitmap,
    /// Nodes that the step may still insert or remove.
    budget: usize,
    /// Waiting vectors that came in.
    inserted: u64,
    /// Waiting vectors met that no graph can hold.
    unplaced: u64,
}

impl<'a> Growth<'a> {
    /// Takes the graph of an index over, or starts one with `parameters`.
    pub fn new(
        blockstore: &Blockstore,
        index: &'a VectorIndex,
        loaded: &'a Loaded,
        embeddings: &'a Reader<u32, Vec<f32>>,
        parameters: Parameters,
        slices: &'a Slices<'a>,
    ) -> Self {
        let graph = match &loaded.graph {
            Some(LiveGraph { graph, .. }) => VectorGraph::clone(graph),
            None => VectorGraph::new(loaded.geometry.space, loaded.info.center.clone(), parameters),
        };
        let slots = 0..graph.slots.len() as u32;
        let free = slots.rev().filter(|slot| !graph.links.contains(*slot)).collect();
        let budget = GRAPH_STEP_RECORDS.max(embeddings.len() / GRAPH_STEP_FRACTION) as usize;
        let writer = blockstore.ordered(Some(index.reader()), BlockfileOptions::default());
        let memory = blockstore.reserve(graph.bytes());
        Self {
            index,
            loaded,
            embeddings,
            slices,
            writer,
            graph,
            memory,
            free,
            changed: RoaringBitmap::new(),
            budget,
            inserted: 0,
            unplaced: 0,
        }
    }

    /// Takes the step; `None` if there was nothing to do.
    pub async fn run(mut self) -> Result<Option<Improved>> {
        if let Some(old) = &self.loaded.graph {
            if is_sparse(old.live.len() as u64, old.graph.slots.len() as u64) {
                self.start_anew(old).await?;
            } else {
                self.remove_dead(old).await;
            }
        }
        self.insert_waiting().await?;
        let known = self.loaded.info.graph.as_ref().map(|graph| graph.unplaced);
        if self.changed.is_empty() && known == Some(self.unplaced) {
            return Ok(None);
        }
        self.write().await.map(Some)
    }

    async fn remove_dead(&mut self, old: &LiveGraph) {
        for slot in 0..old.graph.slots.len() as u32 {
            if self.budget == 0 || old.dead() == 0 {
                return;
            }
            if self.graph.links.contains(slot) && !old.live.contains(slot) {
                self.graph.remove(slot);
                self.free.push(slot);
                self.changed.insert(slot / CHUNK_SLOTS as u32);
                self.budget -= 1;
                self.slices.step().await;
            }
        }
    }

    /// Inserts the live nodes of a sparse graph into one without free slots.
    async fn start_anew(&mut self, old: &LiveGraph) -> Result<()> {
        let VectorGraph { links, codes, slots, .. } = &*old.graph;
        self.graph =
            VectorGraph::new(self.loaded.geometry.space, codes.center().to_vec(), links.parameters());
        self.free.clear();
        let live = slots.iter().enumerate().filter(|(slot, _)| old.live.contains(*slot as u32));
        let live: RoaringBitmap = live.map(|(_, slot)| slot.offset_id).collect();
        // Live slots are of their records' versions.
        let slot = |offset_id| Slot { offset_id, version: self.loaded.rows.get(offset_id).version };
        let live: Vec<Slot> = live.into_iter().map(slot).collect();
        self.changed.extend(0..links.chunks());
        self.insert(&live).await
    }

    /// Moves vectors from the scanned codes into the graph.
    async fn insert_waiting(&mut self) -> Result<()> {
        let reader = self.index.reader();
        for index in reader.blocks_in(CODE, ..) {
            let block = reader.block(index).await?;
            for row in (0..block.len()).filter(|row| block.prefix(*row).is_ok_and(|prefix| prefix == CODE)) {
                if self.budget == 0 {
                    return Ok(());
                }
                let list = parse(&self.loaded.geometry, block.value::<Bytes>(row)?)?;
                let (placed, kept) = self.split(&list);
                self.unplaced += kept.len() as u64;
                if placed.is_empty() {
                    continue;
                }
                self.insert(&placed).await?;
                self.inserted += placed.len() as u64;
                self.budget = self.budget.saturating_sub(placed.len());
                let key = block.key::<u32>(row)?;
                match kept.is_empty() {
                    true => self.writer.delete(CODE, key).await?,
                    false => self.writer.set(CODE, key, Bytes(kept.encode())).await?,
                }
            }
        }
        Ok(())
    }

    /// The entries of a list that a graph can hold, and the others: vectors without estimates, which a graph would
    /// not lead to, and those whose version no longer tells a new vector from an old one.
    fn split(&self, list: &CodeList<'_>) -> (Vec<Slot>, CodeListBuilder) {
        let dimension = self.loaded.geometry.dimension();
        let (mut placed, mut kept) = (Vec::new(), CodeListBuilder::new(dimension));
        let mut bits = vec![0; dimension.div_ceil(8)];
        for entry in 0..list.len() {
            let (offset_id, version) = (list.offset_id(entry), list.version(entry));
            let factors = list.codes().code(entry, &mut bits);
            if factors.error.is_finite() && version != u16::MAX {
                placed.push(Slot { offset_id, version });
            } else {
                kept.push_from(list, entry);
            }
        }
        (placed, kept)
    }

    /// Inserts the vectors of some records, ascending by offset id.
    async fn insert(&mut self, records: &[Slot]) -> Result<()> {
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(()) };
        let dimension = self.loaded.geometry.dimension();
        let mut wanted = records.iter().peekable();
        for index in self.embeddings.blocks_in("", first.offset_id..=last.offset_id) {
            let block = self.embeddings.block_in_passing(index).await?;
            let rows = block.keys_u32()?.iter().zip(matrix(&block, dimension)?.chunks_exact(dimension));
            for (id, vector) in rows {
                let Some(made_for) = wanted.next_if(|slot| slot.offset_id == *id) else { continue };
                let slot = self.free.pop().unwrap_or(self.graph.slots.len() as u32);
                self.graph.insert(slot, *made_for, &self.loaded.geometry.rotated(vector));
                self.changed.insert(slot / CHUNK_SLOTS as u32);
                self.slices.step().await;
            }
        }
        match wanted.next() {
            None => Ok(()),
            Some(_) => Err(corrupt("it has codes of a vector that is not stored")),
        }
    }

    /// Writes what changed.
    async fn write(mut self) -> Result<Improved> {
        let mut info = self.loaded.info.clone();
        info.waiting = info.waiting.saturating_sub(self.inserted);
        info.graph = Some(GraphInfo {
            nodes: self.graph.links.len() as u64,
            slots: self.graph.slots.len() as u64,
            unplaced: self.unplaced,
        });
        self.writer.set(GRAPH, 0, Bytes(self.graph.links.encode_header())).await?;
        self.writer.set(INFO, 0, Bytes(info.encode_to_vec())).await?;
        let mut links = RoaringBitmap::from_iter(self.graph.links.take_dirty());
        let old = self.loaded.graph.as_ref().map_or(0, |old| old.graph.links.chunks());
        links.extend(self.graph.links.chunks()..old);
        self.write_chunks(LINK, links, |graph, chunk| graph.links.encode_chunk(chunk)).await?;
        let nodes = std::mem::take(&mut self.changed);
        self.write_chunks(NODE, nodes, VectorGraph::encode_nodes).await?;
        let commit = self.writer.commit().await?;
        let graph = Rc::new(GraphOnce::new(self.graph, self.memory));
        Ok(Improved { commit, shared: Shared { graph, ..Shared::default() } })
    }

    /// Writes some chunks; those that the graph no longer has go.
    async fn write_chunks(
        &mut self,
        prefix: &str,
        chunks: RoaringBitmap,
        encode: fn(&VectorGraph, u32) -> Vec<u8>,
    ) -> Result<()> {
        let count = Graph::chunks(&self.graph.links);
        for chunk in chunks {
            match chunk < count {
                true => self.writer.set(prefix, chunk, Bytes(encode(&self.graph, chunk))).await?,
                false => self.writer.delete(prefix, chunk).await?,
            }
            self.slices.step().await;
        }
        Ok(())
    }
}

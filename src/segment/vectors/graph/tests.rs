//! Stored graphs: read back as they were, and no damage that a search could stumble over.

use std::cell::Cell;
use std::future::ready;

use futures::executor::block_on;
use futures::future::{LocalBoxFuture, join};

use super::store::{GRAPH, LINK, NODE, load};
use super::*;
use crate::blockstore::{BlockfileOptions, Blockstore, Bytes};
use crate::env::{Env, NativeEnv, Slices};
use crate::error::{Error, Result};
use crate::index::candidates::Candidates;
use crate::index::flat::Mask;
use crate::index::{candidates, hnsw};
use crate::limits::SLICE_MS;
use crate::quantization::CodeQuery;

const DIMENSION: usize = 8;

type Entries = Vec<(&'static str, u32, Vec<u8>)>;

fn vector(seed: u32) -> Vec<f32> {
    (0..DIMENSION as u32)
        .map(|i| (xxh3_64(&[seed.to_le_bytes(), i.to_le_bytes()].concat()) as f32) / 1e19)
        .collect()
}

/// Three chunks of slots, one of which is free.
fn graph() -> VectorGraph {
    let mut graph = VectorGraph::new(Space::L2, vec![0.5; DIMENSION], Parameters::new(4, 20));
    for slot in 0..300 {
        graph.insert(slot, Slot { offset_id: 2 * slot + 1, version: 1 }, &vector(slot));
    }
    graph.remove(70);
    graph
}

fn entries(graph: &VectorGraph) -> Entries {
    let chunks = || 0..graph.links.chunks();
    let header = [(GRAPH, 0, graph.links.encode_header())];
    let links = chunks().map(|chunk| (LINK, chunk, graph.links.encode_chunk(chunk)));
    let nodes = chunks().map(|chunk| (NODE, chunk, graph.encode_nodes(chunk)));
    header.into_iter().chain(links).chain(nodes).collect()
}

fn stored_and_loaded(entries: &Entries) -> Result<VectorGraph> {
    loaded_in(&NativeEnv, entries)
}

/// As [`stored_and_loaded`], pausing in another world.
fn loaded_in(env: &dyn Env, entries: &Entries) -> Result<VectorGraph> {
    block_on(async {
        let blockstore = Blockstore::in_memory(Rc::new(NativeEnv));
        let mut writer = blockstore.ordered(None, BlockfileOptions::default());
        for (prefix, key, bytes) in entries {
            writer.set(prefix, *key, Bytes(bytes.clone())).await.unwrap();
        }
        let reader = writer.commit().await.unwrap().reader;
        load(&reader, Space::L2, &[0.5; DIMENSION], &Slices::new(env)).await
    })
}

/// The estimates of a search for all slots, and of one that goes by the links.
fn searched(graph: VectorGraph) -> Vec<candidates::Candidate> {
    let all: Vec<u32> = graph.slots.iter().map(|slot| slot.offset_id).collect();
    let live = hnsw::Allowed::new((0..graph.slots.len() as u32).filter(|slot| graph.links.contains(*slot)));
    let live = LiveGraph { graph: Rc::new(graph), live };
    let query = CodeQuery::new(Space::L2, vector(1_000));
    let allowed = candidates::Allowed::new(Mask::All, all.into_iter().max().unwrap_or(0));
    let mut found = Vec::new();
    for k in [1, 1_000] {
        let mut candidates = Candidates::new(k);
        live.offer_nearest(&query, k, 1, &live.filter(Mask::All, &allowed), &mut candidates);
        found.extend(candidates.take_sorted());
    }
    found
}

#[test]
fn a_graph_is_read_back_as_it_was() {
    let graph = graph();
    let read = stored_and_loaded(&entries(&graph)).unwrap();
    assert_eq!(read.slots, graph.slots);
    assert_eq!(entries(&read), entries(&graph));
    let found = searched(read);
    assert_eq!(found, searched(graph));
    // Some for one, all for many.
    assert!(found.len() > 299);
}

fn assert_corrupt(entries: &Entries, what: &str) {
    let loaded = stored_and_loaded(entries);
    assert!(matches!(loaded, Err(Error::Corrupt(_))), "{what}: {loaded:?}");
}

/// Each look at the clock takes a whole slice.
#[derive(Default)]
struct Slow {
    now: Cell<f64>,
    pauses: Cell<u32>,
}

impl Env for Slow {
    fn now_ms(&self) -> f64 {
        self.now.replace(self.now.get() + SLICE_MS)
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }

    fn pause(&self) -> LocalBoxFuture<'_, ()> {
        self.pauses.set(self.pauses.get() + 1);
        Box::pin(ready(()))
    }
}

#[test]
fn a_graph_is_checked_in_slices() {
    let (graph, env) = (graph(), Slow::default());
    loaded_in(&env, &entries(&graph)).unwrap();
    assert!(env.pauses.get() >= graph.links.chunks(), "{} pauses", env.pauses.get());
}

#[test]
fn a_graph_is_read_once_and_its_memory_counts_while_it_is_held() {
    block_on(async {
        let blockstore = Blockstore::in_memory(Rc::new(NativeEnv));
        let mut writer = blockstore.ordered(None, BlockfileOptions::default());
        for (prefix, key, bytes) in entries(&graph()) {
            writer.set(prefix, key, Bytes(bytes)).await.unwrap();
        }
        let reader = writer.commit().await.unwrap().reader;
        let (once, slow) = (SharedGraph::default(), Slow::default());
        let slices = Slices::new(&slow);
        let get = || once.get(&reader, Space::L2, &[0.5; DIMENSION], &slices);
        // The header is read by way of the cache.
        reader.get(GRAPH, 0).await.unwrap();
        let before = blockstore.cache_stats().bytes;
        let (one, another) = join(get(), get()).await;
        let (one, another) = (one.unwrap(), another.unwrap());
        assert!(Rc::ptr_eq(&one, &another));
        assert!(one.bytes() > 300 * NibbleCodes::row_bytes(DIMENSION));
        assert_eq!(blockstore.cache_stats().bytes, before + one.bytes());
        drop(once);
        assert_eq!(blockstore.cache_stats().bytes, before);
    });
}

#[test]
fn missing_and_shortened_entries_are_corruption() {
    let entries = entries(&graph());
    for at in 0..entries.len() {
        let mut missing = entries.clone();
        let (prefix, key, _) = missing.remove(at);
        assert_corrupt(&missing, &format!("without {prefix} {key}"));
        let mut shorter = entries.clone();
        shorter[at].2.pop();
        assert_corrupt(&shorter, &format!("{prefix} {key}, shortened"));
        let mut longer = entries.clone();
        longer[at].2.push(0);
        assert_corrupt(&longer, &format!("{prefix} {key}, prolonged"));
    }
    let mut more = entries.clone();
    more.push((NODE, 3, Vec::new()));
    assert_corrupt(&more, "one more chunk of nodes");
}

#[test]
fn nodes_and_links_agree() {
    let mut of_another = entries(&graph());
    let mut other = graph();
    other.slots[70] = Slot { offset_id: 5, version: 1 };
    of_another[4].2 = other.encode_nodes(0);
    assert_eq!((of_another[4].0, of_another[4].1), (NODE, 0));
    assert_corrupt(&of_another, "a free slot with a version");
    other.slots[70] = Slot::default();
    other.slots[71] = Slot::default();
    of_another[4].2 = other.encode_nodes(0);
    assert_corrupt(&of_another, "a node without a version");
}

#[test]
fn no_damaged_byte_breaks_a_search() {
    let entries = entries(&graph());
    let (mut accepted, mut refused) = (0, 0);
    for entry in 0..entries.len() {
        let length = entries[entry].2.len();
        for at in (0..length).step_by(length.div_ceil(40)) {
            let mut damaged = entries.clone();
            damaged[entry].2[at] ^= 0xff;
            match stored_and_loaded(&damaged) {
                Ok(graph) => {
                    searched(graph);
                    accepted += 1;
                }
                Err(Error::Corrupt(_)) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(accepted > 0 && refused > 0, "{accepted} accepted, {refused} refused");
}

//! The vector index of a segment: codes of all vectors, in one blockfile of byte strings.
//!
//! | prefix | key | value |
//! |---|---|---|
//! | `code` | chunk of offset ids | codes around the collection's center, ascending by offset id ([`CodeList`]) |
//! | `graph` | 0 | the header of the graph ([`graph`]) |
//! | `head` | id | the center of a posting list |
//! | `info` | 0 | what the index is ([`proto::VectorIndexInfo`]) |
//! | `link` | chunk of slots | links of the graph |
//! | `list` | id of its head | codes around the head, of the vectors that are near it ([`CodeList`]) |
//! | `node` | chunk of slots | for which vectors the graph's slots stand, and their codes |
//! | `row` | chunk of offset ids | checksum and version of each record's vector ([`rows`]) |
//! | `size` | 0 | entries of each list |
//!
//! A code says about a vector, in a bit for each component, how far it is from a query, give or take a
//! known error. A search scans the codes that no list and no graph has taken in, probes the nearest lists or follows
//! the links of the graph, and compares the exact vectors of those few that may be the nearest. Spec: storage-architecture 7.3 and 7.4; bytes: `docs/FORMAT.md`.

mod balance;
mod graph;
mod improve;
mod lists;
mod proto;
mod rows;
mod scrub;
mod search;
mod writer;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use prost::Message;

use crate::blockstore::{Blockstore, Bytes, Commit, Reader, RowRef};
use crate::distance;
use crate::env::Slices;
use crate::error::{Corruption, Error, Result};
use crate::index::hnsw::Parameters;
use crate::index::spann::{Heads, SharedHeadGraph};
use crate::quantization::CodeQuery;
use crate::quantization::Rotation;
use crate::segment::{Readers, Snapshot};
use crate::storage::BlockId;
use crate::types::{HnswConfiguration, Space, VectorStructure};
use graph::{Growth, LiveGraph, SharedGraph};
use lists::Sizes;
use rows::RowTable;

pub use search::Target;
pub use writer::update;

type VectorReader = Reader<u32, Bytes>;

/// The version of this layout.
const FORMAT: u32 = 1;

const CODE: &str = "code";
const INFO: &str = "info";

/// Where the random signs of every rotation come from. Any number will do, as long as data do not depend on it.
const ROTATION_SEED: u64 = 0x63_68_72_6f_6d_61;

/// An immutable vector index. Cheap to clone; opening it reads nothing but its root.
#[derive(Clone)]
pub struct VectorIndex {
    inner: Rc<Inner>,
}

struct Inner {
    reader: VectorReader,
    loaded: RefCell<Option<Rc<Loaded>>>,
    was_searched: Cell<bool>,
    shared: Shared,
}

/// What versions of an index have in common, read or made once.
#[derive(Clone, Default)]
struct Shared {
    graph: SharedGraph,
    head_graph: SharedHeadGraph,
}

/// What every search needs: read at the first one.
struct Loaded {
    geometry: Geometry,
    info: proto::VectorIndexInfo,
    rows: RowTable,
    heads: Heads,
    sizes: Sizes,
    graph: Option<LiveGraph>,
}

/// How vectors lie in the space of the codes.
struct Geometry {
    space: Space,
    rotation: Rotation,
}

impl Geometry {
    fn new(space: Space, dimension: usize, seed: u64) -> Self {
        Self { space, rotation: Rotation::new(dimension, seed) }
    }

    fn dimension(&self) -> usize {
        self.rotation.dimension()
    }

    /// A vector as the codes see it: of length one for cosine, and rotated.
    fn rotated(&self, vector: &[f32]) -> Vec<f32> {
        let mut vector = distance::Query::new(self.space, vector).into_vector();
        self.rotation.rotate(&mut vector);
        vector
    }

    fn query(&self, vector: &[f32]) -> CodeQuery {
        CodeQuery::new(self.space, self.rotated(vector))
    }
}

impl VectorIndex {
    pub async fn open(blockstore: &Blockstore, root: BlockId) -> Result<Self> {
        Ok(Self::new(blockstore.open(root).await?, Shared::default()))
    }

    fn new(reader: VectorReader, shared: Shared) -> Self {
        Self {
            inner: Rc::new(Inner {
                reader,
                loaded: RefCell::default(),
                was_searched: Cell::new(false),
                shared,
            }),
        }
    }

    /// The version of an index that [`update`] wrote after `base`, the graphs of which it has.
    pub(super) fn updated(base: Option<&Self>, reader: VectorReader) -> Self {
        Self::new(reader, base.map(|base| base.inner.shared.clone()).unwrap_or_default())
    }

    /// The root of its blockfile.
    pub fn root(&self) -> BlockId {
        self.reader().root()
    }

    fn reader(&self) -> &VectorReader {
        &self.inner.reader
    }

    /// Reads what every search needs if `previous` was searched, so that the first search of this version does not wait for it.
    pub(super) async fn follow(
        &self,
        previous: &Self,
        snapshot: &Snapshot,
        slices: &Slices<'_>,
    ) -> Result<()> {
        if let Some(dimension) = snapshot.dimension
            && previous.inner.was_searched.get()
        {
            self.loaded(snapshot.space, dimension, slices).await?;
        }
        Ok(())
    }

    async fn loaded(&self, space: Space, dimension: usize, slices: &Slices<'_>) -> Result<Rc<Loaded>> {
        if let Some(loaded) = &*self.inner.loaded.borrow() {
            return Ok(Rc::clone(loaded));
        }
        let info = read_info(self.reader(), dimension).await?;
        let rows = RowTable::load(self.reader()).await?;
        let geometry = Geometry::new(space, dimension, info.rotation_seed);
        let graph = Rc::clone(&self.inner.shared.head_graph);
        let heads = Heads::new(space, info.center.clone(), graph);
        let heads = lists::load_heads(self.reader(), heads).await?;
        let sizes = lists::load_sizes(self.reader()).await?;
        let graph = match info.graph {
            Some(_) => {
                let graph = self.inner.shared.graph.get(self.reader(), space, &info.center, slices).await?;
                Some(LiveGraph::new(graph, &rows, slices).await)
            }
            None => None,
        };
        let loaded = Rc::new(Loaded { geometry, info, rows, heads, sizes, graph });
        *self.inner.loaded.borrow_mut() = Some(Rc::clone(&loaded));
        Ok(loaded)
    }
}

impl Loaded {
    /// How to read a record's vector.
    fn row(&self, offset_id: u32) -> RowRef {
        self.rows.row(offset_id)
    }

    /// Whether an entry of a list still stands for its record's vector.
    fn is_live(&self, offset_id: u32, version: u16) -> bool {
        self.rows.is_live(offset_id, version)
    }
}

/// What a step of [`improve`] wrote.
pub struct Improved {
    pub commit: Commit<u32, Bytes>,
    shared: Shared,
}

impl Improved {
    /// The index after the step; `note` takes the commit in and gives its reader.
    pub(super) fn into_index(self, note: impl FnOnce(Commit<u32, Bytes>) -> VectorReader) -> VectorIndex {
        VectorIndex::new(note(self.commit), self.shared)
    }
}

/// Takes one step; `None` when there is none to take.
///
/// Lists or a graph: the configuration decides once. It may ask for the other later, as `ef_search` can change, but
/// what exists stays.
pub async fn improve(
    blockstore: &Blockstore,
    readers: &Readers,
    snapshot: &Snapshot,
    slices: &Slices<'_>,
) -> Result<Option<Improved>> {
    let (Some(index), Some(dimension)) = (&readers.vectors, snapshot.dimension) else { return Ok(None) };
    let info = read_info(index.reader(), dimension).await?;
    let asked = match &*snapshot.structure {
        VectorStructure::Hnsw(asked) if info.next_head == 0 => Some(asked.clone()),
        _ => info.graph.as_ref().map(|_| HnswConfiguration::default()),
    };
    let Some(asked) = asked else {
        let commit = improve::improve(blockstore, readers, snapshot, slices).await?;
        let head_graph = Rc::clone(&index.inner.shared.head_graph);
        let shared = Shared { head_graph, ..Shared::default() };
        return Ok(commit.map(|commit| Improved { commit, shared }));
    };
    if !graph::is_due(&info, readers.embeddings.len()) {
        return Ok(None);
    }
    let parameters = Parameters::new(asked.max_neighbors as usize, asked.ef_construction as usize);
    let loaded = index.loaded(snapshot.space, dimension, slices).await?;
    Growth::new(blockstore, index, &loaded, &readers.embeddings, parameters, slices).run().await
}

async fn read_info(reader: &VectorReader, dimension: usize) -> Result<proto::VectorIndexInfo> {
    let Some(Bytes(bytes)) = reader.get(INFO, 0).await? else {
        return Err(corrupt("it does not say what it is"));
    };
    let info = proto::VectorIndexInfo::decode(&*bytes).map_err(|error| corrupt(&error.to_string()))?;
    if info.format > FORMAT {
        return Err(Error::Unimplemented(format!(
            "a vector index has format {}, written by a newer version of chromatid; this one reads up to {FORMAT}. \
             Nothing was changed",
            info.format
        )));
    }
    if info.format != FORMAT || info.dimension as usize != dimension || info.center.len() != dimension {
        return Err(corrupt("it is not one of this collection's vectors"));
    }
    Ok(info)
}

fn corrupt(reason: &str) -> Error {
    Corruption::new("vector index", reason).into()
}

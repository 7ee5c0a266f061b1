//! A graph (HNSW) of heads, for collections that configure `spann`: `ef_construction` and `ef_search` are its parameters.
//!
//! It is built of one-bit codes, compared with each other by their differing bits and with a query by the estimate of its
//! distance. It never changes: heads that came after it are scanned, those that went are passed over, and
//! after some of either it is built anew. That happens in one piece, so there is a bound to the number of heads.

use std::sync::Arc;

use instant_distance::{Builder, Heuristic, HnswMap, Point, Search};

use super::heads::Heads;
use crate::quantization::{Around, CodeQuery, Factors, hamming};

/// Where the levels of the graph come from. Any number will do, as long as data do not depend on it.
const LEVEL_SEED: u64 = 0x6865_6164;

/// Links lead into different directions, as few as there are: filled up to their number of places, they were measured to take
/// ten times as long to build and twice as long to search, and found no more.
const LINKS: Heuristic = Heuristic { extend_candidates: false, keep_pruned: false };

/// The graph of the heads that there were when it was made.
pub struct HeadGraph {
    /// From codes to the ids of their heads.
    map: HnswMap<Code, u32>,
    /// Heads with smaller ids were there.
    end: u32,
    heads: usize,
    parameters: GraphParameters,
}

/// How a graph is built and searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphParameters {
    /// Candidates for the links of a head.
    pub ef_construction: usize,
    /// Heads that a search looks around.
    pub ef_search: usize,
}

/// What the graph compares.
#[derive(Clone)]
enum Code {
    Head { bits: Box<[u8]>, factors: Factors },
    Query(Arc<(CodeQuery, Around)>),
}

impl Point for Code {
    fn distance(&self, other: &Self) -> f32 {
        match (self, other) {
            (Code::Head { bits, .. }, Code::Head { bits: others, .. }) => hamming(bits, others) as f32,
            (Code::Query(query), Code::Head { bits, factors })
            | (Code::Head { bits, factors }, Code::Query(query)) => {
                let (codes, around) = &**query;
                codes.estimate(around, bits, factors)
            }
            (Code::Query(_), Code::Query(_)) => 0.0,
        }
    }
}

impl std::fmt::Debug for HeadGraph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeadGraph")
            .field("heads", &self.heads)
            .field("end", &self.end)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

impl HeadGraph {
    /// The graph of all of `heads`. Takes some 0.1 ms a head.
    pub fn new(heads: &Heads, parameters: GraphParameters) -> Self {
        let code = |head| {
            let (bits, factors) = heads.code(head);
            Code::Head { bits: bits.into(), factors }
        };
        let map = Builder::default()
            .seed(LEVEL_SEED)
            .ef_construction(parameters.ef_construction)
            .ef_search(parameters.ef_search)
            .select_heuristic(Some(LINKS))
            .build((0..heads.len()).map(code).collect(), heads.ids().to_vec());
        let end = heads.ids().last().map_or(0, |id| id + 1);
        Self { map, end, heads: heads.len(), parameters }
    }

    /// The number of heads in it, those that are gone since included.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// Heads with smaller ids are in it or gone, all others are not in it.
    pub fn end(&self) -> u32 {
        self.end
    }

    pub fn parameters(&self) -> GraphParameters {
        self.parameters
    }

    /// The ids of about `ef_search` heads near a query and their estimated distances, nearest first.
    pub fn search(&self, codes: &CodeQuery, around: Around) -> Vec<(u32, f32)> {
        let query = Code::Query(Arc::new((codes.clone(), around)));
        let mut search = Search::default();
        self.map.search(&query, &mut search).map(|near| (*near.value, near.distance)).collect()
    }
}

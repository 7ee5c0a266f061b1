//! Heads that have a graph are found by it as well as by the scan of all.

use std::rc::Rc;

use super::{GraphParameters, HeadQuery, Heads, SharedHeadGraph};
use crate::Space;
use crate::limits::HEAD_GRAPH_HEADS;
use crate::quantization::CodeQuery;

const DIMENSION: usize = 64;
const NEAREST: usize = 16;
const MOST: u32 = *HEAD_GRAPH_HEADS.end() as u32;

/// Components between -1 and 1, the same for the same seed; heads of real data lie in clusters, these in 64.
fn vectors(count: usize, seed: u64) -> Vec<Vec<f32>> {
    let component = |i: u64| {
        let hash = xxhash_rust::xxh3::xxh3_64_with_seed(&i.to_le_bytes(), 1);
        (hash >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    let vector = |i: usize| {
        let cluster = (i % 64) as u64;
        let own = seed << 32 | (i * DIMENSION) as u64;
        (0..DIMENSION as u64).map(|c| component(cluster << 16 | c) + 0.5 * component(own + c)).collect()
    };
    (0..count).map(vector).collect()
}

fn heads(space: Space, graph: &SharedHeadGraph, ids: impl Iterator<Item = u32>) -> Heads {
    let mut heads = Heads::new(space, vec![0.0; DIMENSION], Rc::clone(graph));
    let centers = vectors(2 * MOST as usize, 1);
    ids.for_each(|id| heads.push(id, &centers[id as usize]));
    heads
}

/// Of the nearest heads by their centers, the part that is found.
fn recall(space: Space, heads: &Heads) -> f64 {
    let queries = vectors(64, 2);
    let found = |query: &Vec<f32>| {
        let codes = CodeQuery::new(space, query.clone());
        let query = HeadQuery::new(space, &codes);
        let mut exact: Vec<f32> = (0..heads.len()).map(|head| query.distance(heads.center(head))).collect();
        exact.sort_by(f32::total_cmp);
        let mut search = heads.search(HeadQuery::new(space, &codes), NEAREST);
        let near = [search.take(NEAREST / 2), search.take(NEAREST)].concat();
        assert_eq!((near.len(), search.take(1)), (NEAREST, Vec::new()));
        assert!(near.iter().all(|near| near.distance == query.distance(heads.center(near.head))));
        near.iter().filter(|near| near.distance <= exact[NEAREST - 1]).count()
    };
    queries.iter().map(found).sum::<usize>() as f64 / (queries.len() * NEAREST) as f64
}

const PARAMETERS: GraphParameters = GraphParameters { ef_construction: 100, ef_search: 100 };

#[test]
fn a_graph_leads_to_the_heads_that_a_scan_finds() {
    for space in [Space::L2, Space::Cosine, Space::Ip] {
        let heads = heads(space, &SharedHeadGraph::default(), 0..MOST);
        let scanned = recall(space, &heads);
        assert!(heads.build_graph(PARAMETERS));
        let searched = recall(space, &heads);
        assert!(searched > scanned - 0.02, "{space:?}: {searched} by the graph, {scanned} by the scan");
        assert!(!heads.build_graph(PARAMETERS), "it is new");
        assert!(
            heads.build_graph(GraphParameters { ef_search: 150, ..PARAMETERS }),
            "another one is asked for"
        );
    }
}

#[test]
fn heads_that_came_or_went_since_are_found_or_not() {
    let graph = SharedHeadGraph::default();
    let old = MOST / 2;
    assert!(heads(Space::L2, &graph, 0..old).build_graph(PARAMETERS));
    // Every ninth is gone, a tenth is new.
    let later = heads(Space::L2, &graph, (0..old).filter(|id| id % 9 != 0).chain(old..old + old / 10));
    let lone = heads(Space::L2, &SharedHeadGraph::default(), later.ids().iter().copied());
    let (searched, scanned) = (recall(Space::L2, &later), recall(Space::L2, &lone));
    assert!(searched > scanned - 0.02, "{searched} by the graph, {scanned} by the scan");
    assert!(!later.build_graph(PARAMETERS), "less than a quarter has changed");
    assert!(heads(Space::L2, &graph, 0..MOST).build_graph(PARAMETERS), "half of the heads are not in it");
}

#[test]
fn neither_few_nor_very_many_heads_have_a_graph() {
    let build = |count| heads(Space::L2, &SharedHeadGraph::default(), 0..count).build_graph(PARAMETERS);
    assert!(!build(*HEAD_GRAPH_HEADS.start() as u32 - 1));
    assert!(build(*HEAD_GRAPH_HEADS.start() as u32));
    assert!(!build(MOST + 1));
}

/// A list that is split keeps its id for the half whose center has not moved, which then lies behind larger ones.
#[test]
fn heads_are_known_by_their_ids_whatever_their_order() {
    let heads = heads(Space::L2, &SharedHeadGraph::default(), [5, 9, 11, 3].into_iter());
    let places: Vec<_> = [5, 9, 11, 3, 4].into_iter().map(|id| heads.place(id)).collect();
    assert_eq!(places, [Some(0), Some(1), Some(2), Some(3), None]);
}

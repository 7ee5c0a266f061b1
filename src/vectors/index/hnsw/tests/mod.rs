//! What a caller can rely on: against brute force, after any inserts and removes, on real vectors.

mod codec;
mod model;
mod recall;

use super::links::NONE;
use super::{Allowed, Distances, Found, Graph, Loader, Outcome, Parameters, Scratch, Target};
use crate::Space;
use crate::distance::Query;

/// Vectors by slot, compared by their squared Euclidean distance.
#[derive(Debug, Clone, Default)]
struct Points {
    dimension: usize,
    components: Vec<f32>,
}

impl Points {
    fn new(dimension: usize, components: Vec<f32>) -> Self {
        Self { dimension, components }
    }

    fn len(&self) -> usize {
        self.components.len() / self.dimension
    }

    fn point(&self, node: u32) -> &[f32] {
        &self.components[node as usize * self.dimension..][..self.dimension]
    }

    /// Adds `node`, which lies at its point, to a graph.
    fn insert(&self, graph: &mut Graph, node: u32, random: u64, scratch: &mut Scratch) {
        let target = self.to(self.point(node));
        graph.insert(node, graph.level_of(random), &target, self, scratch);
    }

    fn to(&self, vector: &[f32]) -> ToPoints<'_> {
        ToPoints { query: Query::new(Space::L2, vector), points: self }
    }

    /// A graph of all points.
    fn graph(&self, parameters: Parameters) -> Graph {
        let (mut graph, mut scratch) = (Graph::new(parameters), Scratch::default());
        for node in 0..self.len() as u32 {
            self.insert(&mut graph, node, random(u64::from(node)), &mut scratch);
        }
        graph
    }

    /// The `k` of `nodes` nearest to `vector`, nearest first, by comparing with each of them.
    fn nearest(&self, vector: &[f32], nodes: impl IntoIterator<Item = u32>, k: usize) -> Vec<Found> {
        let target = self.to(vector);
        let found = nodes.into_iter().map(|node| Found { node, distance: target.distance(node) });
        let mut found: Vec<Found> = found.collect();
        found.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.node.cmp(&b.node)));
        found.truncate(k);
        found
    }
}

impl Distances for Points {
    fn between(&self, a: u32, b: u32) -> f32 {
        let pairs = self.point(a).iter().zip(self.point(b));
        pairs.map(|(a, b)| (a - b) * (a - b)).sum()
    }
}

struct ToPoints<'a> {
    query: Query,
    points: &'a Points,
}

impl Target for ToPoints<'_> {
    fn distance(&self, node: u32) -> f32 {
        self.query.distance(self.points.point(node))
    }
}

/// A number that looks random and is the same for the same `seed`: the finalizer of MurmurHash3.
fn random(seed: u64) -> u64 {
    let mut number = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ number >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    number = (number ^ number >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    number ^ number >> 33
}

/// Random components from -1 to 1.
fn components(count: usize) -> Vec<f32> {
    (0..count as u64).map(|i| (random(i) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0).collect()
}

/// What is found, the caller being sure that the search does not give up.
fn found(outcome: Outcome) -> Vec<Found> {
    match outcome {
        Outcome::Found(found) => found,
        Outcome::Scan => panic!("the search gave up"),
    }
}

/// The nodes of a graph.
fn nodes(graph: &Graph) -> Vec<u32> {
    (0..graph.slots() as u32).filter(|&node| graph.contains(node)).collect()
}

/// Fails if the graph is not what its documentation says.
fn assert_sound(graph: &Graph) {
    let nodes = nodes(graph);
    assert_eq!(nodes.len(), graph.len());
    let highest = nodes.iter().filter_map(|&node| graph.links.level(node)).max();
    assert_eq!(graph.links.level(graph.entry), highest, "searches start on the highest level");
    for &node in &nodes {
        for level in 0..=graph.links.level(node).unwrap() {
            let links = graph.links.neighbors(level, node);
            assert!(graph.links.row(level, node)[links.len()..].iter().all(|&link| link == NONE));
            for (i, &link) in links.iter().enumerate() {
                assert!(link != node && !links[..i].contains(&link), "{node} has a useless link");
                assert!(graph.links.linked(level, link, node), "{node} and {link} are not linked mutually");
            }
        }
    }
    assert_eq!(in_reach(graph, |node| graph.links.neighbors(0, node).to_vec()), nodes.len());
    let family = |node: u32| {
        let links = graph.links.neighbors(0, node).iter().copied();
        links.filter(|&link| graph.is_tree_link(0, node, link)).collect()
    };
    assert_eq!(in_reach(graph, family), nodes.len(), "the tree does not reach every node");
    let orphans = nodes.iter().filter(|&&node| graph.parents[node as usize] == NONE);
    assert_eq!(
        orphans.copied().collect::<Vec<_>>(),
        nodes.iter().copied().filter(|&n| n == graph.root).collect::<Vec<_>>()
    );
}

/// How many nodes there are on ways from the entry point.
fn in_reach(graph: &Graph, links: impl Fn(u32) -> Vec<u32>) -> usize {
    let mut reached = vec![false; graph.slots()];
    let mut next: Vec<u32> = graph.contains(graph.entry).then_some(graph.entry).into_iter().collect();
    let mut count = 0;
    while let Some(node) = next.pop() {
        if !std::mem::replace(&mut reached[node as usize], true) {
            count += 1;
            next.extend(links(node));
        }
    }
    count
}

/// The graph that is read back from what a store has.
fn load(header: &[u8], chunks: &[Vec<u8>]) -> Result<Graph, super::NotAGraph> {
    let mut loader = Loader::new(header)?;
    for chunk in chunks {
        loader.chunk(chunk)?;
    }
    loader.finish()
}

/// All chunks of a graph.
fn chunks(graph: &Graph) -> Vec<Vec<u8>> {
    (0..graph.chunks()).map(|chunk| graph.encode_chunk(chunk)).collect()
}

/// The set of every `step`-th node below `end`.
fn every(step: usize, end: usize) -> Allowed {
    Allowed::new((0..end as u32).step_by(step))
}

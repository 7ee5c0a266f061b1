//! Random operations on small graphs against brute force.

use super::*;
use proptest::prelude::*;

const DIMENSION: usize = 2;

/// Slots that operations take: more than a chunk has.
const SLOTS: u32 = 150;

#[derive(Debug, Clone)]
enum Operation {
    /// Insert into the slot, or move the node that is there.
    Insert(u32, Vec<f32>, u64),
    Remove(u32),
    /// Store the changed chunks and go on with what is read back.
    Reopen,
    /// Search near a vector for so many nodes, of every so many-th slot.
    Search(Vec<f32>, usize, usize),
}

/// Components of few values, so that copies and ties are common.
fn vector() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((-3i8..4).prop_map(f32::from), DIMENSION)
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => (0..SLOTS, vector(), any::<u64>()).prop_map(|(slot, at, random)| Operation::Insert(slot, at, random)),
        3 => (0..SLOTS).prop_map(Operation::Remove),
        1 => Just(Operation::Reopen),
        2 => (vector(), 0usize..12, 1usize..6).prop_map(|(at, k, step)| Operation::Search(at, k, step)),
    ]
}

/// What a store holds of a graph.
#[derive(Default)]
struct Stored {
    header: Vec<u8>,
    chunks: Vec<Vec<u8>>,
}

impl Stored {
    fn write(&mut self, graph: &mut Graph) {
        self.header = graph.encode_header();
        self.chunks.resize(graph.chunks() as usize, Vec::new());
        for chunk in graph.take_dirty() {
            self.chunks[chunk as usize] = graph.encode_chunk(chunk);
        }
    }
}

fn search(graph: &Graph, points: &Points, at: &[f32], k: usize, step: usize, scratch: &mut Scratch) {
    let nodes = nodes(graph);
    let target = points.to(at);
    let all = found(graph.search(&target, k, graph.len(), None, scratch));
    assert_eq!(all, points.nearest(at, nodes.iter().copied(), k));

    let some = nodes.iter().copied().filter(|node| node % step as u32 == 0);
    let allowed = Allowed::new(some.clone());
    let outcome = graph.search_within(&target, k, graph.len(), Some(&allowed), usize::MAX, scratch);
    if let Outcome::Found(found) = outcome {
        assert_eq!(found, points.nearest(at, some, k));
    }
}

fn run(parameters: Parameters, operations: Vec<Operation>) {
    let mut points = Points::new(DIMENSION, vec![0.0; SLOTS as usize * DIMENSION]);
    let (mut graph, mut scratch) = (Graph::new(parameters), Scratch::default());
    let mut stored = Stored::default();
    let mut present = [false; SLOTS as usize];
    for operation in operations {
        match operation {
            Operation::Insert(slot, at, random) => {
                graph.remove(slot, &points, &mut scratch);
                points.components[slot as usize * DIMENSION..][..DIMENSION].copy_from_slice(&at);
                points.insert(&mut graph, slot, random, &mut scratch);
                present[slot as usize] = true;
            }
            Operation::Remove(slot) => {
                let was_there = std::mem::take(&mut present[slot as usize]);
                assert_eq!(graph.remove(slot, &points, &mut scratch), was_there);
            }
            Operation::Reopen => {
                stored.write(&mut graph);
                let reopened = load(&stored.header, &stored.chunks).unwrap();
                assert_eq!(chunks(&reopened), chunks(&graph));
                graph = reopened;
            }
            Operation::Search(at, k, step) => search(&graph, &points, &at, k, step, &mut scratch),
        }
        assert_sound(&graph);
        assert!((0..SLOTS).all(|slot| graph.contains(slot) == present[slot as usize]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_graph_with_few_links_is_sound_and_exact(
        ef_construction in 1usize..8,
        operations in prop::collection::vec(operation(), 1..250),
    ) {
        run(Parameters::new(2, ef_construction), operations);
    }

    #[test]
    fn a_graph_with_more_links_is_sound_and_exact(
        operations in prop::collection::vec(operation(), 1..250),
    ) {
        run(Parameters::new(6, 20), operations);
    }

    /// Distances that follow no geometry, NaN among them.
    #[test]
    fn distances_without_sense_break_nothing(
        seed in any::<u64>(),
        operations in prop::collection::vec((0..60u32, any::<bool>()), 1..200),
    ) {
        let nonsense = Nonsense(seed);
        let (mut graph, mut scratch) = (Graph::new(Parameters::new(3, 10)), Scratch::default());
        for (node, insert) in operations {
            if insert {
                let level = graph.level_of(random(seed ^ u64::from(node)));
                graph.insert(node, level, &nonsense, &nonsense, &mut scratch);
            } else {
                graph.remove(node, &nonsense, &mut scratch);
            }
            assert_sound(&graph);
            let found = found(graph.search(&nonsense, usize::MAX, 1, None, &mut scratch));
            prop_assert_eq!(found.len(), graph.len());
        }
    }
}

struct Nonsense(u64);

impl Distances for Nonsense {
    fn between(&self, a: u32, b: u32) -> f32 {
        f32::from_bits(random(self.0 ^ u64::from(a) << 32 ^ u64::from(b)) as u32)
    }
}

impl Target for Nonsense {
    fn distance(&self, node: u32) -> f32 {
        if node.is_multiple_of(3) { f32::NAN } else { self.between(node, node) }
    }
}

#[test]
fn an_empty_graph_finds_nothing() {
    let graph = Graph::new(Parameters::new(16, 100));
    let points = Points::new(1, vec![]);
    assert!(found(graph.search(&points.to(&[0.0]), 10, 10, None, &mut Scratch::default())).is_empty());
    assert_eq!(load(&graph.encode_header(), &[]).unwrap().len(), 0);
}

#[test]
fn parameters_beyond_reason_are_brought_back() {
    let parameters = Parameters::new(0, 0);
    assert_eq!((parameters.max_neighbors(), parameters.ef_construction()), (2, 1));
    let parameters = Parameters::new(usize::MAX, usize::MAX);
    let points = Points::new(1, components(50));
    assert_sound(&points.graph(parameters));
}

#[test]
fn levels_thin_out_by_the_number_of_neighbors() {
    let graph = Graph::new(Parameters::new(8, 10));
    let levels: Vec<u8> = (0..80_000).map(|seed| graph.level_of(random(seed))).collect();
    for (level, expected) in [(1, 10_000.0), (2, 1_250.0), (3, 156.0)] {
        let count = levels.iter().filter(|&&l| l >= level).count() as f64;
        assert!((count / expected - 1.0).abs() < 0.3, "{count} nodes are on level {level}");
    }
    assert_eq!(graph.level_of(0), 31);
}

#[test]
fn copies_of_one_vector_are_all_found() {
    let points = Points::new(3, [1.0, 2.0, 3.0].repeat(500));
    let mut graph = points.graph(Parameters::new(4, 10));
    let mut scratch = Scratch::default();
    for node in (0..500).filter(|node| node % 3 != 0) {
        graph.remove(node, &points, &mut scratch);
    }
    assert_sound(&graph);
    let all = found(graph.search(&points.to(&[0.0; 3]), 1_000, 1, None, &mut scratch));
    assert_eq!(
        all.iter().map(|found| found.node).collect::<Vec<_>>(),
        (0..500).step_by(3).collect::<Vec<_>>()
    );
}

#[test]
fn vectors_inserted_in_their_order_are_found() {
    let points = Points::new(1, (0..3_000).map(|i| i as f32).collect());
    let mut graph = points.graph(Parameters::new(2, 10));
    let mut scratch = Scratch::default();
    for node in (0..3_000).filter(|node| node % 7 == 0) {
        graph.remove(node, &points, &mut scratch);
    }
    assert_sound(&graph);
    for at in [0.2, 1_000.2, 2_999.2] {
        let nearest = points.nearest(&[at], nodes(&graph), 3);
        assert_eq!(found(graph.search(&points.to(&[at]), 3, 20, None, &mut scratch)), nearest);
    }
}

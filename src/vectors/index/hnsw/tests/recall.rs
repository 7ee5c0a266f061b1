//! Recall on real vectors: 5,000 embedded glosses of WordNet with the exact neighbours of 100 queries.

use super::*;
use std::sync::OnceLock;

const DIMENSION: usize = 384;
const K: usize = 10;

struct Glosses {
    points: Points,
    queries: Vec<f32>,
    graph: Graph,
}

impl Glosses {
    /// The mean part of the true `K` nearest among `nodes` that `search` finds.
    fn recall(&self, nodes: &[u32], mut search: impl FnMut(&dyn Target) -> Outcome) -> f64 {
        let queries = self.queries.chunks_exact(DIMENSION);
        let count = queries.len() * K;
        let hits = queries.map(|query| {
            let truth = self.points.nearest(query, nodes.iter().copied(), K);
            let found = found(search(&self.points.to(query)));
            assert!(found.iter().all(|found| nodes.contains(&found.node)));
            found.iter().filter(|found| truth.contains(found)).count()
        });
        hits.sum::<usize>() as f64 / count as f64
    }

    /// Recall of searches with a filter, which must not give up for anything but its completeness.
    fn filtered_recall(&self, nodes: &[u32]) -> f64 {
        let (allowed, mut scratch) = (Allowed::new(nodes.iter().copied()), Scratch::default());
        self.recall(nodes, |target| {
            self.graph.search_within(
                target,
                K,
                100.min(nodes.len()),
                Some(&allowed),
                usize::MAX,
                &mut scratch,
            )
        })
    }
}

fn glosses() -> &'static Glosses {
    static GLOSSES: OnceLock<Glosses> = OnceLock::new();
    GLOSSES.get_or_init(|| {
        let points = Points::new(DIMENSION, half_floats("base"));
        let graph = points.graph(Parameters::new(16, 100));
        Glosses { points, queries: half_floats("queries"), graph }
    })
}

fn half_floats(name: &str) -> Vec<f32> {
    let path =
        format!("{}/../../tests/fixtures/wordnet-5k/wordnet-5k.{name}.f16.bin", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    bytes.as_chunks().0.iter().map(|&pair| half(u16::from_le_bytes(pair))).collect()
}

/// A finite half float.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2_f32.powi(-24),
        _ => (1.0 + fraction / 1024.0) * 2_f32.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[test]
fn nearly_all_true_neighbours_are_found() {
    let glosses = glosses();
    assert_sound(&glosses.graph);
    let (all, mut scratch) = (nodes(&glosses.graph), Scratch::default());
    for (ef, floor) in [(16, 0.95), (32, 0.98), (100, 0.995)] {
        let recall = glosses.recall(&all, |target| glosses.graph.search(target, K, ef, None, &mut scratch));
        assert!(recall >= floor, "recall {recall} with ef {ef}");
    }
}

#[test]
fn filters_keep_the_recall() {
    for step in [2, 10, 100] {
        let some: Vec<u32> = (0..5_000).step_by(step).collect();
        let recall = glosses().filtered_recall(&some);
        assert!(recall >= 0.98, "recall {recall} of one in {step}");
    }
}

#[test]
fn filters_that_depend_on_the_place_keep_the_recall() {
    let glosses = glosses();
    let ordered = glosses.points.nearest(&glosses.queries[..DIMENSION], 0..5_000, 5_000);
    let ordered: Vec<u32> = ordered.iter().map(|found| found.node).collect();
    for (place, some) in [("near", &ordered[..500]), ("far", &ordered[4_500..])] {
        let recall = glosses.filtered_recall(some);
        assert!(recall >= 0.98, "recall {recall} of the 500 {place} a query");
    }
}

#[test]
fn a_filter_for_few_is_better_scanned() {
    let glosses = glosses();
    let target = glosses.points.to(&glosses.queries[..DIMENSION]);
    let search =
        |allowed: Allowed, ef| glosses.graph.search(&target, K, ef, Some(&allowed), &mut Scratch::default());
    assert_eq!(search(every(100, 5_000), 100), Outcome::Scan);
    assert_eq!(search(every(10, 5_000), 100), Outcome::Scan);
    assert_eq!(search(Allowed::new([]), 10), Outcome::Scan);
    assert_eq!(found(search(every(2, 5_000), 50)).len(), K);
}

#[test]
fn removals_keep_the_recall() {
    let glosses = glosses();
    let (mut graph, mut scratch) = (glosses.graph.clone(), Scratch::default());
    for node in (0..5_000).filter(|node| node % 4 != 0) {
        assert!(graph.remove(node, &glosses.points, &mut scratch));
    }
    assert_sound(&graph);
    let rest = nodes(&graph);
    assert_eq!(rest.len(), 1_250);
    let recall = glosses.recall(&rest, |target| graph.search(target, K, 50, None, &mut scratch));
    assert!(recall >= 0.99, "recall {recall} of what is left");
}

#[test]
fn copies_do_not_hide_other_vectors() {
    let distinct = Points::new(16, components(16 * 200));
    let points = Points::new(16, distinct.components.repeat(20));
    let (graph, mut scratch) = (points.graph(Parameters::new(8, 50)), Scratch::default());
    assert_sound(&graph);
    let mut hits = 0;
    for node in 0..200 {
        let vector = distinct.point(node);
        let found = found(graph.search(&points.to(vector), 40, 100, None, &mut scratch));
        let truth = points.nearest(vector, 0..points.len() as u32, 40);
        hits += found.iter().filter(|found| found.distance <= truth[39].distance).count();
    }
    assert!(hits >= 200 * 40 * 95 / 100, "{hits} of {}", 200 * 40);
}

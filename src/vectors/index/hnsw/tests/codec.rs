//! Stored graphs: what is written again, and damage to every byte.

use super::*;

/// A small graph with several levels and a free slot.
fn small() -> Graph {
    let points = Points::new(2, components(2 * 40));
    let mut graph = points.graph(Parameters::new(3, 10));
    graph.remove(7, &points, &mut Scratch::default());
    assert!(graph.links.level(graph.entry) >= Some(2));
    graph
}

#[test]
fn a_graph_is_read_back_as_it_was() {
    let graph = small();
    let read = load(&graph.encode_header(), &chunks(&graph)).unwrap();
    assert_sound(&read);
    assert_eq!((read.encode_header(), chunks(&read)), (graph.encode_header(), chunks(&graph)));
    assert_eq!(read.parameters(), graph.parameters());
}

#[test]
fn only_chunks_with_changes_are_dirty() {
    // Two far clusters: slots of the first three chunks, and of the fourth.
    let far = |node: u32| if node < 384 { 0.0 } else { 1_000.0 };
    let mut points = Points::new(2, components(2 * 512));
    (0..512).for_each(|node| points.components[2 * node as usize] += far(node));
    let mut graph = points.graph(Parameters::new(4, 20));
    assert_eq!(graph.take_dirty(), [0, 1, 2, 3]);
    assert!(graph.take_dirty().is_empty());
    graph.remove(500, &points, &mut Scratch::default());
    assert!(graph.take_dirty().contains(&3));
    points.insert(&mut graph, 500, 1, &mut Scratch::default());
    let dirty = graph.take_dirty();
    assert!(dirty.contains(&3) && dirty.len() < 4, "{dirty:?}");
    let read = load(&graph.encode_header(), &chunks(&graph)).unwrap().take_dirty();
    assert!(read.is_empty());
}

/// An error, or a graph that is as sound as any.
fn assert_survived(header: &[u8], chunks: &[Vec<u8>]) -> bool {
    let loaded = load(header, chunks);
    if let Ok(graph) = &loaded {
        assert_sound(graph);
    }
    loaded.is_ok()
}

#[test]
fn no_damaged_byte_makes_an_unsound_graph() {
    let graph = small();
    let (header, mut chunks) = (graph.encode_header(), chunks(&graph));
    let mut accepted = 0;
    for change in [1, 2, 4, 0x10, 0x80, 0xff] {
        for at in 0..header.len() {
            let mut header = header.clone();
            header[at] ^= change;
            accepted += usize::from(assert_survived(&header, &chunks));
        }
        for at in 0..chunks[0].len() {
            chunks[0][at] ^= change;
            accepted += usize::from(assert_survived(&header, &chunks));
            chunks[0][at] ^= change;
        }
    }
    let tried = 6 * (header.len() + chunks[0].len());
    assert!(accepted * 20 < tried, "{accepted} of {tried} changes were not noticed");
}

#[test]
fn truncated_and_missing_parts_are_errors() {
    let graph = small();
    let (header, chunks) = (graph.encode_header(), chunks(&graph));
    for length in 0..header.len() {
        assert!(load(&header[..length], &chunks).is_err());
    }
    for length in 0..chunks[0].len() {
        assert!(load(&header, &[chunks[0][..length].to_vec()]).is_err());
    }
    let longer = |bytes: &[u8]| [bytes, &[0]].concat();
    assert!(load(&longer(&header), &chunks).is_err());
    assert!(load(&header, &[longer(&chunks[0])]).is_err());
    assert!(load(&header, &[]).is_err());
    assert!(load(&header, &[chunks[0].clone(), chunks[0].clone()]).is_err());
}

#[test]
fn a_header_that_promises_too_much_takes_no_memory() {
    let mut header = small().encode_header();
    header[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(load(&header, &chunks(&small())).is_err());
}

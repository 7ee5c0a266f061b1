//! Single vectors: the same as through their blocks, and never altered ones.

use proptest::prelude::*;

use super::{Fixture, run};
use crate::blockstore::{BlockfileOptions, Reader, RowRef, row_checksum};
use crate::error::Error;

const DIMENSION: usize = 5;

fn vector(key: u32) -> Vec<f32> {
    (0..DIMENSION).map(|i| (key * 10 + i as u32) as f32).collect()
}

fn wanted(key: u32) -> RowRef {
    RowRef { key, checksum: row_checksum(&vector(key)) }
}

/// Vectors with the keys `0..count` less `deleted`, a few a block.
fn vectors(fixture: &Fixture, count: u32, deleted: &[u32]) -> Reader<u32, Vec<f32>> {
    let entries = (0..count).map(|key| ("", key, vector(key))).collect();
    let base = fixture.blockfile(300, entries);
    run(async {
        let mut writer = fixture.store.unordered(Some(&base), BlockfileOptions { block_bytes: 300 });
        for key in deleted {
            writer.delete("", *key).await.unwrap();
        }
        writer.commit().await.unwrap().reader
    })
}

proptest! {
    #[test]
    fn rows_are_what_their_blocks_hold(
        count in 1_u32..100,
        deleted in proptest::collection::btree_set(0_u32..100, 0..60),
        keys in proptest::collection::vec(0_u32..100, 1..20),
        cached in any::<bool>(),
    ) {
        let fixture = Fixture::new();
        let deleted: Vec<u32> = deleted.into_iter().filter(|key| *key < count).collect();
        let reader = vectors(&fixture, count, &deleted);
        let store = fixture.reopened(if cached { 1 << 20 } else { 0 });
        let reader = run(store.open::<u32, Vec<f32>>(reader.root())).unwrap();
        let exist = |key: &u32| *key < count && !deleted.contains(key);
        let refs: Vec<RowRef> = keys.iter().copied().filter(exist).map(wanted).collect();
        for _ in 0..2 {
            let rows = run(reader.rows(&refs, DIMENSION)).unwrap();
            prop_assert_eq!(rows.len(), refs.len());
            for (row, found) in refs.iter().zip(&rows) {
                prop_assert_eq!(&**found, &vector(row.key)[..]);
            }
        }
        if let Some(missing) = keys.iter().copied().find(|key| !exist(key)) {
            let error = run(reader.rows(&[wanted(missing)], DIMENSION)).unwrap_err();
            prop_assert!(matches!(error, Error::Corrupt(_)), "{error:?}");
        }
    }
}

#[test]
fn a_row_is_read_without_its_block() {
    let fixture = Fixture::new();
    let reader = vectors(&fixture, 50, &[]);
    let reader = run(fixture.reopened(1 << 20).open::<u32, Vec<f32>>(reader.root())).unwrap();
    run(reader.rows(&[wanted(7), wanted(31)], DIMENSION)).unwrap();
    let stats = reader.store().cache_stats();
    assert_eq!((stats.entries, stats.bytes), (0, 2 * DIMENSION * 4));
}

#[test]
fn an_altered_row_is_reported() {
    let fixture = Fixture::new();
    let reader = vectors(&fixture, 50, &[]);
    let block = reader.block_ids()[2];
    let key = *reader.key_range(2).start();
    let mut bytes = fixture.bytes(block);
    let component = vector(key)[1].to_le_bytes();
    let at = bytes.windows(4).position(|window| window == component).unwrap();
    bytes[at] ^= 1;
    fixture.replace(block, bytes);
    let reader = run(fixture.reopened(1 << 20).open::<u32, Vec<f32>>(reader.root())).unwrap();
    let error = run(reader.rows(&[wanted(key)], DIMENSION)).unwrap_err();
    assert!(matches!(error, Error::Corrupt(_)), "{error:?}");
    // Its neighbours are as they were.
    assert_eq!(&*run(reader.rows(&[wanted(key + 1)], DIMENSION)).unwrap()[0], &vector(key + 1)[..]);
}

#[test]
fn a_row_of_another_checksum_or_dimension_is_refused() {
    let fixture = Fixture::new();
    let reader = vectors(&fixture, 10, &[]);
    let other = RowRef { key: 3, checksum: 1 };
    for (row, dimension) in [(wanted(3), DIMENSION + 1), (wanted(3), 0), (other, DIMENSION)] {
        let error = run(reader.rows(&[row], dimension)).unwrap_err();
        assert!(matches!(error, Error::Corrupt(_)), "{row:?} {dimension}: {error:?}");
    }
}

//! How writers touch, cut, join and drop blocks, and what a block looks like to a scan.

use std::collections::BTreeSet;

use arrow::buffer::Buffer;

use super::{Fixture, run};
use crate::blockstore::block::Block;
use crate::blockstore::{BlockfileOptions, Bytes, Key, KeyType, Reader, Value, ValueType};
use crate::error::Error;
use crate::limits::{BLOCK_FRAMING_BYTES, BLOCK_WRITE_BATCH_BYTES, MAX_BLOCK_BYTES};
use crate::storage::Storage;

const SMALL: BlockfileOptions = BlockfileOptions { block_bytes: 600 };

/// `count` entries of about 30 bytes.
fn numbers(fixture: &Fixture, count: u32) -> Reader<u32, String> {
    fixture.blockfile(SMALL.block_bytes, (0..count).map(|key| ("p", key, format!("{key:017}"))).collect())
}

#[test]
fn an_empty_blockfile_has_a_root_and_nothing_else() {
    run(async {
        let fixture = Fixture::new();
        let commit = fixture.store.ordered::<String, u32>(None, SMALL).commit().await.unwrap();
        assert_eq!(commit.added, [commit.reader.root()]);
        assert_eq!(commit.removed, []);
        let reader = fixture.reopened(0).open::<String, u32>(commit.reader.root()).await.unwrap();
        assert!(reader.is_empty());
        assert_eq!(reader.block_count(), 0);
        assert_eq!(reader.get("", "").await.unwrap(), None);
        assert_eq!(reader.all().await.unwrap(), []);
        assert_eq!(reader.rank("p", "k").await.unwrap(), 0);
        assert_eq!(reader.get_many("p", &["a".to_owned()]).await.unwrap(), [None]);
        assert_eq!(reader.blocks_in("p", ..), 0..0);
    });
}

#[test]
fn a_commit_without_changes_is_the_base() {
    run(async {
        let fixture = Fixture::new();
        let base = numbers(&fixture, 100);
        let mut writer = fixture.store.unordered(Some(&base), SMALL);
        writer.delete("p", 1_000).await.unwrap();
        writer.delete("q", 1).await.unwrap();
        let commit = writer.commit().await.unwrap();
        assert_eq!(commit.reader.root(), base.root());
        assert!(commit.added.is_empty() && commit.removed.is_empty());
    });
}

#[test]
fn appending_touches_only_the_last_block() {
    run(async {
        let fixture = Fixture::new();
        let base = numbers(&fixture, 2_000);
        let store = fixture.reopened(1 << 20);
        let mut writer = store.ordered(Some(&base), SMALL);
        for key in 2_000..2_010 {
            writer.set("p", key, "appended".into()).await.unwrap();
        }
        let commit = writer.commit().await.unwrap();
        let last = *base.block_ids().last().unwrap();
        assert_eq!(BTreeSet::from_iter(commit.removed), BTreeSet::from([last, base.root()]));
        assert_eq!(commit.reader.len(), 2_010);
        assert!(commit.added.len() <= 3);
    });
}

#[test]
fn a_change_reads_and_rewrites_one_block() {
    run(async {
        let fixture = Fixture::new();
        let root = numbers(&fixture, 2_000).root();
        let store = fixture.reopened(1 << 20);
        let base = store.open::<u32, String>(root).await.unwrap();
        let mut writer = store.unordered(Some(&base), SMALL);
        writer.set("p", 777, "changed".into()).await.unwrap();
        let commit = writer.commit().await.unwrap();
        assert_eq!(store.cache_stats().misses, 1);
        assert_eq!((commit.added.len(), commit.removed.len()), (2, 2));
        assert_eq!(base.get("p", 777).await.unwrap(), Some(format!("{:017}", 777)), "the base is as it was");
        assert_eq!(commit.reader.get("p", 777).await.unwrap(), Some("changed".into()));
    });
}

#[test]
fn keys_below_the_first_go_to_the_first_block() {
    run(async {
        let fixture = Fixture::new();
        let entries = (100..200u32).map(|key| ("p", key, format!("{key:017}"))).collect();
        let base = fixture.blockfile(SMALL.block_bytes, entries);
        let mut writer = fixture.store.ordered(Some(&base), SMALL);
        writer.set("a", 7, "before all".into()).await.unwrap();
        let commit = writer.commit().await.unwrap();
        assert_eq!(BTreeSet::from_iter(commit.removed), BTreeSet::from([base.block_ids()[0], base.root()]));
        assert_eq!(commit.reader.get_at_index(0).await.unwrap(), Some(("a".into(), 7, "before all".into())));
    });
}

#[test]
fn an_overfull_block_is_cut_into_even_pieces() {
    run(async {
        let fixture = Fixture::new();
        let base = numbers(&fixture, 18);
        assert_eq!(base.block_count(), 1);
        let mut writer = fixture.store.unordered(Some(&base), SMALL);
        writer.set("p", 9, "x".repeat(200)).await.unwrap();
        let reader = writer.commit().await.unwrap().reader;
        assert_eq!(reader.block_count(), 2);
        for index in 0..2 {
            assert!(reader.block(index).await.unwrap().payload() >= SMALL.block_bytes / 4);
        }
    });
}

#[test]
fn small_neighbours_are_joined_and_empty_blocks_dropped() {
    run(async {
        let fixture = Fixture::new();
        let base = numbers(&fixture, 1_000);
        let mut writer = fixture.store.unordered(Some(&base), SMALL);
        for key in (0..1_000).filter(|key| key % 20 != 0) {
            writer.delete("p", key).await.unwrap();
        }
        let joined = writer.commit().await.unwrap().reader;
        assert_eq!(joined.len(), 50);
        assert!(joined.block_count() <= 10, "{} blocks of {}", joined.block_count(), base.block_count());

        let mut writer = fixture.store.ordered(Some(&joined), SMALL);
        for key in 0..1_000 {
            writer.delete("p", key).await.unwrap();
        }
        let commit = writer.commit().await.unwrap();
        assert_eq!((commit.reader.len(), commit.reader.block_count()), (0, 0));
        assert_eq!(commit.removed.len(), joined.block_count() + 1);
    });
}

#[test]
fn deleting_what_a_commit_removed_leaves_the_new_version() {
    run(async {
        let fixture = Fixture::new();
        let mut reader = numbers(&fixture, 500);
        for round in 0..10u32 {
            let mut writer = fixture.store.unordered(Some(&reader), SMALL);
            for key in 0..40 {
                writer.set("p", key * 37 % 600 + round, "n".repeat(key as usize)).await.unwrap();
                writer.delete("p", key * 53 % 600).await.unwrap();
            }
            let commit = writer.commit().await.unwrap();
            fixture.storage.delete_blocks(commit.removed.clone()).await.unwrap();
            fixture.store.forget(&commit.removed);
            reader = commit.reader;
            let reachable = fixture.store.block_ids(reader.root()).await.unwrap();
            assert_eq!(fixture.stored(), BTreeSet::from_iter(reachable));
        }
        let again = fixture.reopened(0).open::<u32, String>(reader.root()).await.unwrap();
        assert_eq!(again.all().await.unwrap(), reader.all().await.unwrap());
    });
}

#[test]
fn an_entry_larger_than_a_block_has_one_of_its_own() {
    run(async {
        let fixture = Fixture::new();
        let giant = Bytes((0..200_000u32).map(|byte| byte as u8).collect());
        let entries = vec![("p", 1u32, Bytes(vec![1])), ("p", 2, giant.clone()), ("p", 3, Bytes(vec![3]))];
        let reader = fixture.blockfile(SMALL.block_bytes, entries);
        assert_eq!(reader.block_count(), 3);
        assert_eq!(reader.get("p", 2).await.unwrap(), Some(giant));
        assert_eq!(reader.get("p", 3).await.unwrap(), Some(Bytes(vec![3])));
    });
}

#[test]
fn a_block_is_rewritten_around_an_entry_larger_than_it() {
    run(async {
        let fixture = Fixture::new();
        let base =
            fixture.blockfile(SMALL.block_bytes, (0..10u32).map(|key| ("p", key, Bytes(vec![1]))).collect());
        assert_eq!(base.block_count(), 1);
        let mut writer = fixture.store.ordered(Some(&base), SMALL);
        writer.set("p", 5, Bytes(vec![5; 5_000])).await.unwrap();
        let reader = writer.commit().await.unwrap().reader;
        assert_eq!(reader.len(), 10);
        assert_eq!(reader.get("p", 5).await.unwrap(), Some(Bytes(vec![5; 5_000])));
        assert_eq!(reader.get("p", 9).await.unwrap(), Some(Bytes(vec![1])));
    });
}

#[test]
fn an_entry_that_could_not_be_read_back_is_refused() {
    run(async {
        let fixture = Fixture::new();
        let giant = Bytes(vec![0; MAX_BLOCK_BYTES - BLOCK_FRAMING_BYTES]);
        let mut writer = fixture.store.ordered::<u32, Bytes>(None, SMALL);
        assert!(matches!(writer.set("p", 1, giant.clone()).await, Err(Error::ResourceExhausted(_))));
        let mut writer = fixture.store.unordered::<u32, Bytes>(None, SMALL);
        assert!(matches!(writer.set("p", 1, giant).await, Err(Error::ResourceExhausted(_))));
    });
}

#[test]
fn an_ordered_writer_refuses_a_key_that_is_not_above_the_last() {
    run(async {
        let fixture = Fixture::new();
        let mut writer = fixture.store.ordered::<u32, u32>(None, SMALL);
        writer.set("b", 5, 0).await.unwrap();
        for (prefix, key) in [("b", 5), ("b", 4), ("a", 9)] {
            assert!(matches!(writer.set(prefix, key, 0).await, Err(Error::Internal(_))));
            assert!(matches!(writer.delete(prefix, key).await, Err(Error::Internal(_))));
        }
        writer.set("c", 0, 0).await.unwrap();
        assert_eq!(writer.commit().await.unwrap().reader.len(), 2);
    });
}

#[test]
fn an_ordered_writer_writes_blocks_out_as_it_goes_and_lets_others_run() {
    run(async {
        let fixture = Fixture::new();
        let options = BlockfileOptions { block_bytes: 64 * 1024 };
        let mut writer = fixture.store.ordered::<u32, Vec<f32>>(None, options);
        for key in 0..2_000u32 {
            writer.set("", key, vec![key as f32; 384]).await.unwrap();
        }
        let written = fixture.storage.usage().await.unwrap().block_bytes as usize;
        let all = 2_000 * 384 * 4;
        assert!(written + BLOCK_WRITE_BATCH_BYTES + 3 * options.block_bytes > all, "{written} of {all}");
        assert!(fixture.env.pauses.get() > 0);
        assert_eq!(writer.commit().await.unwrap().reader.len(), 2_000);
    });
}

#[test]
fn vectors_of_one_dimension_are_an_aligned_matrix() {
    run(async {
        let fixture = Fixture::new();
        let vector = |key: u32| (0..384).map(|component| (key * 384 + component) as f32).collect::<Vec<_>>();
        let reader = fixture.blockfile(128 * 1024, (0..200u32).map(|key| ("", key, vector(key))).collect());
        assert!(reader.block_count() > 1);
        let mut keys = Vec::new();
        for index in 0..reader.block_count() {
            let block = reader.block(index).await.unwrap();
            let lists = block.f32_lists().unwrap();
            assert_eq!(lists.uniform_dimension(), Some(384));
            assert_eq!(lists.values.as_ptr().align_offset(64), 0);
            for (row, key) in block.keys_u32().unwrap().iter().enumerate() {
                assert_eq!(&lists.values[row * 384..][..384], vector(*key));
                assert_eq!(lists.row(row), Some(&*vector(*key)));
                keys.push(*key);
            }
            assert_eq!(lists.row(block.len()), None);
        }
        assert_eq!(keys, (0..200).collect::<Vec<_>>());
    });
}

#[test]
fn lists_of_different_lengths_have_no_dimension() {
    run(async {
        let fixture = Fixture::new();
        let reader =
            fixture.blockfile(600, vec![("", 1u32, vec![1.0f32]), ("", 2, vec![]), ("", 3, vec![2.0, 3.0])]);
        let block = reader.block(0).await.unwrap();
        let lists = block.f32_lists().unwrap();
        assert_eq!(lists.uniform_dimension(), None);
        assert_eq!(lists.row(1), Some(&[][..]));
        assert_eq!(lists.row(2), Some(&[2.0, 3.0][..]));
    });
}

#[test]
fn asking_a_block_for_another_type_or_row_is_an_error() {
    run(async {
        let fixture = Fixture::new();
        let reader = fixture.blockfile(600, vec![("p", 1u32, "one".to_owned())]);
        let block = reader.block(0).await.unwrap();
        let internal = |result: Result<(), Error>| assert!(matches!(result, Err(Error::Internal(_))));
        internal(block.key::<String>(0).map(drop));
        internal(block.value::<Vec<f32>>(0).map(drop));
        internal(block.f32_lists().map(drop));
        internal(block.data_records().map(drop));
        internal(block.prefix(1).map(drop));
        internal(block.key::<u32>(usize::MAX).map(drop));
        internal(block.value::<String>(1).map(drop));
        internal(reader.block(1).await.map(drop));
        assert_eq!(block.value::<String>(0), Ok("one"));
    });
}

#[test]
fn a_block_in_unaligned_memory_is_moved() {
    run(async {
        let fixture = Fixture::new();
        let reader = fixture.blockfile(600, vec![("p", 1u32, vec![1.0f32, 2.0])]);
        let id = reader.block_ids()[0];
        let mut shifted = vec![0];
        shifted.extend(fixture.bytes(id));
        let bytes = Buffer::from(shifted).slice(1);
        let block = Block::open(id, bytes, KeyType::U32, ValueType::F32List).unwrap();
        let lists = block.f32_lists().unwrap();
        assert_eq!(lists.values, [1.0, 2.0]);
        assert_eq!(lists.values.as_ptr().align_offset(64), 0);
    });
}

#[test]
fn the_size_of_a_value_is_what_it_adds_to_a_block() {
    fn check<V: Value>(value: V) {
        run(async {
            let fixture = Fixture::new();
            let reader = fixture.blockfile(600, vec![("p", 1u32, value.clone())]);
            // The rest: one prefix byte, a key, per column of text or lists one offset more than rows, and
            // null bitmaps that are whole bytes.
            let payload = reader.block(0).await.unwrap().payload();
            let rest = 1 + 4 + 4 + size_of::<u32>();
            let offsets = (payload - rest) as isize - value.size() as isize;
            assert!((-1..=18).contains(&offsets), "{payload} bytes, {} counted", value.size());
        });
    }
    check("text".to_owned());
    check(7u32);
    check(vec![1u32, 2, 3]);
    check(vec![0.5f32; 100]);
    check(Bytes(vec![1; 50]));
    check((0..100).collect::<roaring::RoaringBitmap>());
    check(crate::blockstore::DataRecord {
        id: "id".into(),
        document: Some("d".repeat(90)),
        ..Default::default()
    });
    check(crate::blockstore::PostingList {
        offset_ids: vec![1, 2],
        versions: vec![1, 1],
        embeddings: vec![0.0; 8],
    });
}

#[test]
fn keys_order_as_documented() {
    use crate::blockstore::F32;
    let floats = [f32::NEG_INFINITY, -1.0, -0.0, 0.0, 1.0, f32::INFINITY, f32::NAN].map(F32);
    assert!(floats.is_sorted_by(|a, b| a < b));
    assert!(F32::compare(F32(-0.0), F32(0.0)).is_lt());
    assert!(<String as Key>::compare("Z", "a").is_lt());
    assert!(<String as Key>::compare("z", "é").is_lt());
    assert!(bool::compare(false, true).is_lt());
}

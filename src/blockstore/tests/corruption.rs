//! Damaged and forged bytes: an error that names the place, never a panic, never wrong data.

use arrow::buffer::Buffer;
use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::{Fixture, run};
use crate::blockstore::block::Block;
use crate::blockstore::{
    Blockstore, Bytes, DataRecord, F32, Key, KeyType, PostingList, Reader, Value, ValueType, ipc,
};
use crate::error::{Error, Result};
use crate::storage::{BlockId, Storage};

/// One file of a blockfile.
#[derive(Debug, Clone)]
struct File {
    id: BlockId,
    bytes: Vec<u8>,
    key: KeyType,
    value: ValueType,
    is_root: bool,
}

impl File {
    /// Opens other bytes in its place and reads everything there is to read.
    fn read(&self, bytes: &[u8]) -> Result<usize> {
        let buffer = Buffer::from(bytes.to_vec());
        if !self.is_root {
            let block = Block::open(self.id, buffer, self.key, self.value)?;
            read_everything(&block);
            return Ok(block.len());
        }
        let fixture = Fixture::new();
        run(fixture.storage.write_blocks(vec![(self.id, buffer)])).unwrap();
        run(fixture.store.block_ids(self.id)).map(|ids| ids.len())
    }
}

/// Every accessor on every row: answers do not matter, only that they are answers.
fn read_everything(block: &Block) {
    fn values<V: Value>(block: &Block, row: usize) {
        if block.value::<V>(row).is_ok() {
            let _ = block.owned_value::<V>(row);
        }
    }
    for row in 0..block.len() {
        block.prefix(row).unwrap();
        let _ =
            (block.key::<String>(row), block.key::<u32>(row), block.key::<F32>(row), block.key::<bool>(row));
        values::<String>(block, row);
        values::<u32>(block, row);
        values::<Vec<u32>>(block, row);
        values::<Vec<f32>>(block, row);
        values::<Bytes>(block, row);
        values::<RoaringBitmap>(block, row);
        values::<DataRecord>(block, row);
        values::<PostingList>(block, row);
    }
    let _ = (block.keys_u32(), block.f32_lists().map(|lists| lists.uniform_dimension()));
}

fn files<K: Key, V: Value>(entries: Vec<(&str, K, V)>) -> Vec<File> {
    let fixture = Fixture::new();
    let reader = fixture.blockfile(4_000, entries);
    let file = |id, is_root| File { id, bytes: fixture.bytes(id), key: K::TYPE, value: V::TYPE, is_root };
    reader.block_ids().into_iter().map(|id| file(id, false)).chain([file(reader.root(), true)]).collect()
}

/// Blocks and roots of every key type and every value type.
fn all_files() -> Vec<File> {
    let record = |id: &str, document: Option<&str>| DataRecord {
        id: id.into(),
        metadata: document.map(|_| vec![8, 1]),
        document: document.map(str::to_owned),
        uri: None,
    };
    let list = PostingList { offset_ids: vec![1, 2], versions: vec![1, 3], embeddings: vec![0.5; 6] };
    let mut all = Vec::new();
    all.extend(files(vec![("", String::new(), "é".to_owned()), ("p", "key".to_owned(), String::new())]));
    all.extend(files(vec![("p", 1u32, 5u32), ("p", 2, 6), ("q", 0, 7)]));
    all.extend(files(vec![("p", F32(-1.0), vec![1u32, 2]), ("p", F32(2.0), vec![])]));
    all.extend(files((0..10).map(|key| ("", key, vec![key as f32; 8])).collect::<Vec<(&str, u32, _)>>()));
    all.extend(files(vec![("p", false, Bytes(vec![1, 2, 3])), ("p", true, Bytes(vec![]))]));
    all.extend(files(vec![("p", "t".to_owned(), (0..5_000).step_by(3).collect::<RoaringBitmap>())]));
    all.extend(files(vec![("", 0u32, record("a", Some("document"))), ("", 1, record("b", None))]));
    all.extend(files(vec![("", 7u32, list)]));
    let texts = (0..20u32).map(|key| ("", key, record("id", Some("the same text again and again"))));
    let compressed = files(texts.collect());
    assert!(compressed[0].bytes.windows(4).any(|bytes| bytes == LZ4_MAGIC), "it should be compressed");
    all.extend(compressed);
    all
}

const LZ4_MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

fn assert_corrupt(file: &File, bytes: &[u8], what: &str) {
    match file.read(bytes) {
        Err(Error::Corrupt(corruption)) => {
            assert!(corruption.place.contains(&file.id.to_string()), "{what}: {corruption}");
        }
        other => panic!("{what} of a {:?} to {:?} file: {other:?}", file.key, file.value),
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    for file in all_files() {
        assert!(file.read(&file.bytes).is_ok());
        for at in 0..file.bytes.len() {
            // 0x20 turns a hexadecimal digit into the other case.
            for mask in [0x01, 0x20, 0x80, 0xff] {
                let mut bytes = file.bytes.clone();
                bytes[at] ^= mask;
                assert_corrupt(&file, &bytes, &format!("byte {at} ^ {mask:#x}"));
            }
        }
    }
}

#[test]
fn every_truncation_is_noticed() {
    for file in all_files() {
        for length in 0..file.bytes.len() {
            assert_corrupt(&file, &file.bytes[..length], &format!("{length} bytes"));
        }
        let longer = [&file.bytes[..], &[0; 7]].concat();
        assert_corrupt(&file, &longer, "more bytes");
    }
}

#[test]
fn one_block_in_anothers_place_is_noticed() {
    let files = files((0..900u32).map(|key| ("", key, key)).collect());
    assert!(files.len() > 2);
    assert_corrupt(&files[0], &files[1].bytes, "another block");
    let root = files.last().unwrap();
    assert_corrupt(root, &files[0].bytes, "a block");
    assert_corrupt(&files[0], &root.bytes, "a root");
}

#[test]
fn a_forged_file_of_another_kind_is_refused() {
    for file in all_files() {
        for other in all_files() {
            let same = file.is_root == other.is_root
                && (file.is_root || (file.key == other.key && file.value == other.value));
            if !same {
                let mut bytes = other.bytes.clone();
                ipc::forge(file.id, &mut bytes);
                assert_corrupt(&file, &bytes, "another file");
            }
        }
    }
}

#[test]
fn a_newer_container_format_is_refused() {
    for file in all_files() {
        let mut bytes = file.bytes.clone();
        let key = b"chromatid:format";
        let end = bytes.windows(key.len()).rposition(|window| window == key).unwrap();
        // The value lies before its key or after it; it is the only string of one digit nearby.
        let at = (end.saturating_sub(24)..end + 40)
            .rev()
            .find(|at| matches!(bytes[*at..], [b'1' | b'2', 0, ..]) && bytes[at - 4..*at] == [1, 0, 0, 0])
            .unwrap();
        bytes[at] = b'3';
        ipc::forge(file.id, &mut bytes);
        assert!(matches!(file.read(&bytes), Err(Error::Unimplemented(_))), "{:?}", file.read(&bytes));
    }
}

/// Changes to a few bytes anywhere; small values and large ones, as offsets and lengths would have.
fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    let byte = prop_oneof![any::<u8>(), Just(0), Just(1), Just(0x7f), Just(0xff)];
    proptest::collection::vec((any::<prop::sample::Index>(), byte), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, max_shrink_iters: 500, ..Default::default() })]

    #[test]
    fn forged_bytes_are_refused_or_read_without_harm(which: prop::sample::Index, changes in changes()) {
        thread_local!(static FILES: Vec<File> = all_files());
        FILES.with(|files| {
            let file = which.get(files);
            let mut bytes = file.bytes.clone();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            ipc::forge(file.id, &mut bytes);
            let _ = file.read(&bytes);
        });
    }

    #[test]
    fn every_forged_single_byte_is_refused_or_read_without_harm(which: prop::sample::Index, at: prop::sample::Index, byte: u8) {
        thread_local!(static FILES: Vec<File> = all_files());
        FILES.with(|files| {
            let file = which.get(files);
            let mut bytes = file.bytes.clone();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            ipc::forge(file.id, &mut bytes);
            let _ = file.read(&bytes);
        });
    }
}

fn strings(fixture: &Fixture) -> Reader<u32, String> {
    fixture.blockfile(600, (0..100u32).map(|key| ("p", key, format!("value {key}"))).collect())
}

#[test]
fn a_missing_block_or_root_is_corrupt_and_the_rest_still_reads() {
    run(async {
        let fixture = Fixture::new();
        let reader = strings(&fixture);
        let first = reader.block_ids()[0];
        fixture.storage.delete_blocks(vec![first]).await.unwrap();
        for error in [
            reader.get("p", 0).await.map(drop).unwrap_err(),
            reader.all().await.map(drop).unwrap_err(),
            reader.get_many("p", &[99, 0]).await.map(drop).unwrap_err(),
        ] {
            assert!(error.to_string().contains(&first.to_string()), "{error}");
            assert!(matches!(error, Error::Corrupt(_)));
        }
        assert_eq!(reader.get("p", 99).await.unwrap(), Some("value 99".into()));
        fixture.storage.delete_blocks(vec![reader.root()]).await.unwrap();
        assert!(matches!(fixture.store.open::<u32, String>(reader.root()).await, Err(Error::Corrupt(_))));
    });
}

#[test]
fn a_blockfile_of_other_types_is_not_opened() {
    async fn opens<K: Key, V: Value>(store: &Blockstore, root: BlockId) -> bool {
        match store.open::<K, V>(root).await {
            Ok(_) => true,
            Err(Error::Corrupt(_)) => false,
            Err(other) => panic!("{other}"),
        }
    }
    run(async {
        let fixture = Fixture::new();
        let root = fixture.blockfile(600, vec![("p", 1u32, Bytes(vec![1]))]).root();
        assert!(opens::<u32, Bytes>(&fixture.store, root).await);
        assert!(!opens::<u32, RoaringBitmap>(&fixture.store, root).await, "same columns, another meaning");
        assert!(!opens::<u32, String>(&fixture.store, root).await);
        assert!(!opens::<String, Bytes>(&fixture.store, root).await);
    });
}

#[test]
fn a_block_that_is_not_what_the_root_says_is_corrupt() {
    run(async {
        let fixture = Fixture::new();
        let reader = strings(&fixture);
        let ids = reader.block_ids();
        let mut bytes = fixture.bytes(ids[1]);
        ipc::forge(ids[0], &mut bytes);
        fixture.replace(ids[0], bytes);
        assert!(matches!(reader.get("p", 0).await, Err(Error::Corrupt(_))));
    });
}

#[test]
fn a_bitmap_that_is_none_is_corrupt_and_names_its_block() {
    run(async {
        let fixture = Fixture::new();
        let bytes = vec![("p", 1u32, Bytes(vec![9; 40])), ("p", 2, Bytes(vec![]))];
        let reader = fixture.blockfile(600, bytes);
        let block = reader.block(0).await.unwrap();
        for row in 0..2 {
            let error = block.owned_value::<RoaringBitmap>(row).unwrap_err();
            assert!(error.to_string().contains(&block.id().to_string()), "{error}");
            assert!(matches!(error, Error::Corrupt(_)));
        }
    });
}

#[test]
fn a_failed_read_in_a_commit_leaves_the_base_as_it_was() {
    run(async {
        let fixture = Fixture::new();
        let reader = strings(&fixture);
        let ids = reader.block_ids();
        let mut damaged = fixture.bytes(ids[1]);
        damaged[200] ^= 1;
        fixture.replace(ids[1], damaged);
        let mut writer = fixture.store.unordered(Some(&reader), Default::default());
        for key in 0..100 {
            writer.set("p", key, "changed".into()).await.unwrap();
        }
        assert!(matches!(writer.commit().await, Err(Error::Corrupt(_))));
        assert_eq!(reader.get("p", 0).await.unwrap(), Some("value 0".into()));
        assert!(fixture.stored().is_superset(&ids.into_iter().collect()));
    });
}

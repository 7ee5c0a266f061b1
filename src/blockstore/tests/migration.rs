//! Older and newer versions of a blockfile.

use arrow::buffer::ScalarBuffer;

use super::{Fixture, run};
use crate::blockstore::block::Block;
use crate::blockstore::column::{ColumnBuilder, VarBuilder};
use crate::blockstore::ipc::schema::{Field, root_fields};
use crate::blockstore::ipc::{BatchEncoder, encode_file};
use crate::blockstore::key::{Key, KeyColumn};
use crate::blockstore::root::{Root, RootHeader};
use crate::blockstore::version::{CURRENT, Migration, OldRoot};
use crate::blockstore::{BlockfileOptions, Blockstore, KeyType, Reader, ValueType};
use crate::error::{Corruption, Error, Result};
use crate::storage::{BlockId, Storage};

/// A version that never was: roots without counts.
const OLDER: u32 = 0;

static MIGRATIONS: &[Migration] = &[Migration { from: OLDER, migrate: |old| Box::pin(count_entries(old)) }];

/// Reads every block to find out how many entries it has.
async fn count_entries(old: OldRoot<'_>) -> Result<Root> {
    let corrupt = |reason| Error::Corrupt(Corruption::new("old root", reason));
    let header = old.header;
    let mut batch = old.file.batch(&root_fields(header.key_type)[..3]).map_err(corrupt)?;
    let rows = batch.rows();
    let prefixes = batch.utf8(rows).map_err(corrupt)?;
    let keys = KeyColumn::decode(header.key_type, &mut batch).map_err(corrupt)?;
    let block_ids = batch.block_ids(rows).map_err(corrupt)?;
    let mut counts = Vec::new();
    for id in &block_ids {
        let bytes = old.store.storage().read_block(*id).await?;
        let bytes = bytes.ok_or_else(|| corrupt("a block is missing"))?;
        counts.push(Block::open(*id, bytes, header.key_type, header.value_type)?.len() as u32);
    }
    Ok(Root { header, prefixes, keys, block_ids, counts: ScalarBuffer::from(counts) })
}

/// Writes a root with the blocks of `reader` in the form of another version.
fn write_root(fixture: &Fixture, reader: &Reader<u32, String>, version: u32, fields: &[Field]) -> BlockId {
    let id = BlockId([version as u8; 16]);
    let (mut prefixes, mut keys, mut ids) = (VarBuilder::<u8>::default(), Vec::<u32>::new(), Vec::new());
    for entry in reader.index().entries() {
        prefixes.push(entry.prefix.as_bytes());
        u32::push(entry.key, &mut keys);
        ids.extend_from_slice(&entry.id.0);
    }
    let mut batch = BatchEncoder::default();
    prefixes.encode(&mut batch);
    keys.encode(&mut batch);
    batch.column(reader.block_count());
    batch.buffer(&ids);
    let header =
        RootHeader { id, version, key_type: KeyType::U32, value_type: ValueType::String, block_bytes: 600 };
    let bytes = encode_file(id, fields, &header.metadata(), reader.block_count(), &batch);
    run(fixture.storage.write_blocks(vec![(id, bytes)])).unwrap();
    id
}

fn fixture() -> (Fixture, Reader<u32, String>) {
    let fixture = Fixture::new();
    let reader = fixture.blockfile(600, (0..200u32).map(|key| ("p", key, format!("value {key}"))).collect());
    (fixture, reader)
}

fn with_migrations(fixture: &Fixture) -> Blockstore {
    Blockstore::with_migrations(fixture.storage.clone(), fixture.env.clone(), 1 << 20, MIGRATIONS)
}

#[test]
fn an_older_version_is_migrated_in_memory_and_written_anew_by_the_next_commit() {
    run(async {
        let (fixture, current) = fixture();
        let old_id = write_root(&fixture, &current, OLDER, &root_fields(KeyType::U32)[..3]);
        let old_bytes = fixture.bytes(old_id);
        let store = with_migrations(&fixture);

        let old = store.open::<u32, String>(old_id).await.unwrap();
        assert_eq!(old.len(), 200);
        assert_eq!(old.all().await.unwrap(), current.all().await.unwrap());
        assert_eq!(old.rank("p", 150).await.unwrap(), 150);
        assert_eq!(fixture.bytes(old_id), old_bytes, "opening writes nothing");

        let commit =
            store.unordered(Some(&old), BlockfileOptions { block_bytes: 600 }).commit().await.unwrap();
        assert_eq!(commit.added, [commit.reader.root()], "blocks are shared, the root is new");
        assert_eq!(commit.removed, [old_id]);
        assert_eq!(fixture.bytes(old_id), old_bytes, "nor does a commit change it in place");
        let plain = fixture.reopened(0).open::<u32, String>(commit.reader.root()).await.unwrap();
        assert_eq!(plain.all().await.unwrap(), current.all().await.unwrap());
    });
}

#[test]
fn an_unknown_older_version_is_corrupt() {
    run(async {
        let (fixture, current) = fixture();
        let id = write_root(&fixture, &current, OLDER, &root_fields(KeyType::U32)[..3]);
        assert!(matches!(fixture.store.open::<u32, String>(id).await, Err(Error::Corrupt(_))));
    });
}

#[test]
fn a_newer_version_is_refused_and_left_alone() {
    run(async {
        let (fixture, current) = fixture();
        let id = write_root(&fixture, &current, CURRENT + 1, &root_fields(KeyType::U32)[..3]);
        let bytes = fixture.bytes(id);
        for result in [
            fixture.store.open::<u32, String>(id).await.map(drop),
            fixture.store.block_ids(id).await.map(drop),
        ] {
            let Err(Error::Unimplemented(message)) = result else { panic!("{result:?}") };
            assert!(message.contains("newer version of chromatid"), "{message}");
            assert!(message.contains(&id.to_string()), "{message}");
        }
        assert_eq!(fixture.bytes(id), bytes);
    });
}

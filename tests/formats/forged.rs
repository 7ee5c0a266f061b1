//! Copies of a store that say that a newer version wrote something of them, under checksums that fit.

use std::rc::Rc;

use chromatid::blockstore::{Blockstore, Bytes};
use chromatid::storage::sim::SimFiles;
use chromatid::storage::{BlockId, Storage};
use chromatid::sysdb::SysDb;
use futures::executor::block_on;

use super::OPTIONS;
use crate::support::env::seeded;
use crate::support::layout::{
    BLOCKS, Contents, HEADER, JOURNALS, PAGE, ROOT, SLOT_HEADER, place_of, seal_block, seal_page, seal_slot,
};

/// One copy for everything that has a version.
pub fn all(files: &Contents) -> Vec<(&'static str, Contents)> {
    let mut copies = vec![("the root", root(files)), ("the manifest", manifest(files))];
    for journal in JOURNALS.into_iter().filter(|journal| !files[*journal].is_empty()) {
        let mut copy = files.clone();
        copy[journal][4] += 1;
        seal_page(&mut copy[journal], HEADER);
        copies.push(("a journal", copy));
    }
    let blocks = Blocks::of(files);
    copies.push((
        "a root of a blockfile",
        blocks.with_metadata(files, blocks.catalogue_root, b"chromatid:version"),
    ));
    copies.push(("a block", blocks.with_metadata(files, blocks.catalogue_block, b"chromatid:format")));
    copies.push(("an index of vectors", blocks.with_info(files)));
    copies
}

fn slots(files: &Contents, change: impl Fn(&mut [u8])) -> Contents {
    let mut copy = files.clone();
    for slot in copy[ROOT].chunks_mut(PAGE) {
        change(slot);
        seal_slot(slot);
    }
    copy
}

fn root(files: &Contents) -> Contents {
    slots(files, |slot| slot[4] += 1)
}

/// The format is the first field of the manifest.
fn manifest(files: &Contents) -> Contents {
    slots(files, |slot| {
        assert!(slot[SLOT_HEADER] == 8 && slot[SLOT_HEADER + 1] < 9);
        slot[SLOT_HEADER + 1] = 9;
    })
}

struct Blocks {
    /// Every block and its bytes.
    all: Vec<(BlockId, Vec<u8>)>,
    catalogue_root: BlockId,
    catalogue_block: BlockId,
    /// What an index of vectors says of itself.
    info: Vec<u8>,
}

impl Blocks {
    fn of(files: &Contents) -> Self {
        let copy = SimFiles::from_contents(files.clone(), 0);
        block_on(async {
            let storage: Rc<dyn Storage> = Rc::new(copy.storage(OPTIONS).unwrap());
            let blockstore = Blockstore::new(Rc::clone(&storage), seeded(4, 0.25), 1 << 20);
            let (sysdb, catalog, _) = SysDb::open(&blockstore).await.unwrap();
            let catalogue_root = sysdb.root().unwrap();
            let catalogue_block = blockstore.block_ids(catalogue_root).await.unwrap()[1];
            let index = catalog.rows().find_map(|row| row.segment?.vectors).unwrap();
            let reader = blockstore.open::<u32, Bytes>(index).await.unwrap();
            let Bytes(info) = reader.get("info", 0).await.unwrap().unwrap();
            let mut all = Vec::new();
            for id in storage.list_blocks().await.unwrap() {
                all.push((id, storage.read_block(id).await.unwrap().unwrap().to_vec()));
            }
            Self { all, catalogue_root, catalogue_block, info }
        })
    }

    /// The files with other bytes in the place of a block.
    fn replaced(&self, files: &Contents, id: BlockId, change: impl FnOnce(&mut [u8])) -> Contents {
        let (_, block) = self.all.iter().find(|(other, _)| *other == id).unwrap();
        let mut copy = files.clone();
        let block = &mut copy[BLOCKS][place_of(files, block)];
        change(block);
        seal_block(id, block);
        copy
    }

    /// The value of a member of its metadata, wherever it lies, is 9 and not what it was.
    fn with_metadata(&self, files: &Contents, id: BlockId, key: &[u8]) -> Contents {
        self.replaced(files, id, |block| {
            let mut changed = 0;
            for at in 0..block.len() - key.len() {
                if !block[at..].starts_with(key) {
                    continue;
                }
                // A string is its length and its bytes; that of the value lies a little before its key, or behind it.
                let near = at.saturating_sub(24)..at + key.len() + 24;
                let is_digit = |at: &usize| {
                    block[*at..].starts_with(b"\x01\0\0\0")
                        && block[at + 4].is_ascii_digit()
                        && block[at + 5] == 0
                };
                let value = near.rev().find(is_digit).expect("a value of one digit");
                block[value + 4] = b'9';
                changed += 1;
            }
            assert!(changed > 0);
        })
    }

    /// The format is the first field of what an index says of itself.
    fn with_info(&self, files: &Contents) -> Contents {
        assert_eq!(self.info[..2], [8, 1]);
        let holds = |block: &[u8]| block.windows(self.info.len()).position(|window| window == self.info);
        let (id, at) = self.all.iter().find_map(|(id, block)| Some((*id, holds(block)?))).unwrap();
        self.replaced(files, id, |block| block[at + 1] = 9)
    }
}

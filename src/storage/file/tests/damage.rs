//! Files that were altered, cut, lost or mixed up: noticed, or without consequence; never wrong data.

#![expect(clippy::needless_range_loop, reason = "indices name the file and the byte")]

use xxhash_rust::xxh3::xxh3_64;

use super::*;
use crate::error::StorageError;
use crate::storage::file::{FILE_NAMES, FORMAT_VERSION};
use crate::storage::sim::{Crash, Fault};

/// What each part of a store answers: its contents, or that it is corrupt.
#[derive(Debug, PartialEq)]
struct Answers {
    root: Answer<Option<Root>>,
    log: Answer<(Vec<Frame>, ChainEnd)>,
    blocks: Answer<BTreeMap<BlockId, Answer<Option<Buffer>>>>,
}

/// What a store in files with these contents answers, its log from frame `first` on.
fn answers(contents: Vec<Vec<u8>>, first: u64) -> Answer<Answers> {
    let files = SimFiles::from_contents(contents, 0);
    let store = files.storage(OPTIONS)?;
    let blocks = now(store.list_blocks())
        .map(|ids| ids.into_iter().map(|id| (id, now(store.read_block(id)))).collect::<BTreeMap<_, _>>());
    let log = now(store.read_log(first)).map(|log| (log.frames, log.end));
    Ok(Answers { root: now(store.read_root()), log, blocks })
}

fn is_corrupt<T>(result: &Answer<T>) -> bool {
    matches!(result, Err(StorageError::Corrupt(_)))
}

/// Every part is as it was, or says that it is corrupt. Bytes of blocks are the reader's to verify
/// (each block carries a checksum of its own): `altered_blocks` of them may differ, in nothing but bytes.
fn check(found: &Answers, whole: &Answers, altered_blocks: usize) -> Result<(), String> {
    if found.root != whole.root && !is_corrupt(&found.root) {
        return Err(format!("the root became {:?}", found.root));
    }
    if found.log != whole.log && !is_corrupt(&found.log) {
        return Err(format!("the log became {:?}", found.log));
    }
    let (Ok(blocks), Ok(whole)) = (&found.blocks, &whole.blocks) else {
        return if is_corrupt(&found.blocks) {
            Ok(())
        } else {
            Err(format!("the blocks became {:?}", found.blocks))
        };
    };
    if !blocks.keys().eq(whole.keys()) {
        return Err("blocks came or went".into());
    }
    let mut altered = 0;
    for (id, bytes) in blocks {
        let (Ok(Some(bytes)), Some(Ok(Some(whole)))) = (bytes, whole.get(id)) else {
            if is_corrupt(bytes) {
                continue;
            }
            return Err(format!("block {id} became {bytes:?}"));
        };
        altered += usize::from(bytes != whole);
        if bytes.len() != whole.len() {
            return Err(format!("block {id} has another length"));
        }
    }
    if altered > altered_blocks { Err(format!("{altered} blocks changed")) } else { Ok(()) }
}

/// Small stores in different states: new, in use, with rewritten journals, closed or killed.
/// Each with the first frame of its log that was not dropped.
fn stores() -> Vec<(&'static str, Vec<Vec<u8>>, u64)> {
    let mut stores = Vec::new();
    for (name, steps) in [("new", 0), ("young", 8), ("used", 19), ("old", usize::MAX)] {
        let files = SimFiles::new(0);
        let store = files.storage(OPTIONS).unwrap();
        let mut model = Model::default();
        for step in workload().iter().take(steps) {
            model.call(&store, step).unwrap();
            model = model.after(step);
        }
        if name != "used" {
            now(store.close()).unwrap();
        }
        stores.push((name, files.contents(), model.first));
    }
    // A root and nothing else: the least that a store can lose.
    let files = SimFiles::new(0);
    let store = files.storage(OPTIONS).unwrap();
    now(store.write_root(Root { generation: 1, bytes: vec![7; 30] })).unwrap();
    stores.push(("only a root", files.contents(), 1));
    stores
}

#[test]
fn every_flipped_byte_is_noticed_or_harmless() {
    for (name, contents, first) in stores() {
        let whole = answers(contents.clone(), first).unwrap();
        let mut noticed = 0;
        for file in 0..contents.len() {
            for at in 0..contents[file].len() {
                for flip in [0x01, 0x80, 0xFF] {
                    let mut damaged = contents.clone();
                    damaged[file][at] ^= flip;
                    let place = format!("{name}: byte {at} of {} ^ {flip}", FILE_NAMES[file]);
                    let found = answers(damaged, first).unwrap_or_else(|error| panic!("{place}: {error}"));
                    let result = check(&found, &whole, usize::from(FILE_NAMES[file] == "blocks"));
                    assert_eq!(result, Ok(()), "{place}");
                    noticed += usize::from(found != whole);
                    // Block bytes are plain noise here: once each is enough.
                    if FILE_NAMES[file] == "blocks" {
                        break;
                    }
                }
            }
        }
        assert!(noticed >= 90, "{name}: {noticed} flips were noticed");
    }
}

#[test]
fn every_truncation_is_noticed_or_harmless() {
    for (name, contents, first) in stores() {
        let whole = answers(contents.clone(), first).unwrap();
        for file in 0..contents.len() {
            for size in 0..contents[file].len() {
                let mut damaged = contents.clone();
                damaged[file].truncate(size);
                let found = answers(damaged, first).unwrap();
                let result = check(&found, &whole, 0);
                assert_eq!(result, Ok(()), "{name}: {} cut to {size}", FILE_NAMES[file]);
            }
        }
    }
}

#[test]
fn swapped_files_are_noticed_or_harmless() {
    for (name, contents, first) in stores() {
        let whole = answers(contents.clone(), first).unwrap();
        for one in 0..contents.len() {
            for other in 0..one {
                let mut damaged = contents.clone();
                damaged.swap(one, other);
                let found = answers(damaged, first).unwrap();
                // The two files of a journal are equals: which is which does not matter.
                let result = check(&found, &whole, if FILE_NAMES[one] == "blocks" { usize::MAX } else { 0 });
                assert_eq!(result, Ok(()), "{name}: {} and {}", FILE_NAMES[one], FILE_NAMES[other]);
            }
        }
    }
}

#[test]
fn garbage_after_the_end_is_harmless() {
    for (name, contents, first) in stores() {
        let whole = answers(contents.clone(), first).unwrap();
        for file in 0..contents.len() {
            for garbage in [vec![0; 5_000], vec![0xA5; 700], contents[file].clone()] {
                let mut damaged = contents.clone();
                damaged[file].extend(garbage);
                let result = check(&answers(damaged, first).unwrap(), &whole, 0);
                assert_eq!(result, Ok(()), "{name}: {}", FILE_NAMES[file]);
            }
        }
    }
}

#[test]
fn damage_is_left_untouched() {
    let (_, contents, _) = stores().swap_remove(3);
    for file in [0, 1, 2, 3, 4] {
        let mut damaged = contents.clone();
        // Both pages of headers or slots: nothing of the file can be believed.
        for at in (0..damaged[file].len()).step_by(64) {
            damaged[file][at] ^= 0xFF;
        }
        let files = SimFiles::from_contents(damaged.clone(), 0);
        let store = files.storage(OPTIONS).unwrap();
        for generation in [1, 4, 5] {
            // Refused or harmless, but never a fresh start over the damaged file.
            let _ = now(store.write_root(Root { generation, bytes: vec![1] }));
        }
        drop(store);
        if !damaged[file].is_empty() {
            assert_eq!(files.contents()[file], damaged[file], "{}", FILE_NAMES[file]);
        }
    }
}

#[test]
fn a_damaged_part_leaves_the_others_readable_and_can_be_cleared() {
    let (_, contents, first) = stores().swap_remove(1);
    let whole = answers(contents.clone(), first).unwrap();
    let damage = |file: usize| {
        let mut damaged = contents.clone();
        damaged[file].truncate(100);
        damaged
    };
    let root = answers(damage(0), first).unwrap();
    assert!(is_corrupt(&root.root) && root.log == whole.log && root.blocks == whole.blocks);
    let log = answers(damage(1), first).unwrap();
    assert!(is_corrupt(&log.log) && log.root == whole.root && log.blocks == whole.blocks);
    let directory = answers(damage(3), first).unwrap();
    assert!(is_corrupt(&directory.blocks) && directory.root == whole.root && directory.log == whole.log);
    let data = answers(damage(5), first).unwrap();
    let blocks = data.blocks.unwrap();
    assert!(blocks.values().any(is_corrupt) && blocks.values().any(Result::is_ok), "intact blocks are read");
    for file in [0, 1, 3, 5] {
        let files = SimFiles::from_contents(damage(file), 0);
        let store = files.storage(OPTIONS).unwrap();
        now(store.clear()).unwrap();
        now(store.write_root(Root { generation: 1, bytes: vec![1] })).unwrap();
        now(store.close()).unwrap();
        drop(store);
        let store = files.storage(OPTIONS).unwrap();
        assert_eq!(now(store.read_root()), Ok(Some(Root { generation: 1, bytes: vec![1] })));
        assert_eq!(now(store.list_blocks()), Ok(Vec::new()));
    }
}

#[test]
fn a_newer_format_is_refused_untouched() {
    let (_, contents, _) = stores().swap_remove(1);
    // File, offset of the checksum, and the record after it that is covered too.
    for (file, checksum, record) in [(0, 24, 32..32 + 40), (1, 40, 0..0), (3, 40, 0..0)] {
        let mut newer = contents.clone();
        newer[file][4..8].copy_from_slice(&(FORMAT_VERSION + 1).to_le_bytes());
        let covered = [&newer[file][..checksum], &newer[file][record]].concat();
        newer[file][checksum..checksum + 8].copy_from_slice(&xxh3_64(&covered).to_le_bytes());
        let files = SimFiles::from_contents(newer.clone(), 0);
        assert!(
            matches!(files.storage(OPTIONS), Err(StorageError::NewerFormat { .. })),
            "{}",
            FILE_NAMES[file]
        );
        assert_eq!(files.contents(), newer);
    }
}

#[test]
fn a_torn_append_is_cut_off_and_counted() {
    let files = SimFiles::new(0);
    let store = files.storage(OPTIONS).unwrap();
    let model = Model::default();
    now(store.append_log(model.next_frames(&[10, 10]), Durability::Strict)).unwrap();
    let model = model.after(&Step::Append(vec![10, 10], Durability::Strict));
    // The frame is half written, then the process dies.
    files.set_fault(Some(Fault::ShortWrite { at: files.operations() }));
    now(store.append_log(model.next_frames(&[100]), Durability::Relaxed)).unwrap();
    let mut contents = files.contents();
    let size = contents[1].len();
    contents[1].truncate(size - 50);
    drop(store);
    let torn = SimFiles::from_contents(contents, 0);
    let store = torn.storage(OPTIONS).unwrap();
    let log = now(store.read_log(1)).unwrap();
    assert_eq!((log.frames.len(), log.torn_bytes), (2, 132 - 50));
    // Cut off for good: the next opening finds nothing torn.
    let after = torn.reopen(Crash::PowerLossNothing, 0);
    assert_eq!(now(after.storage(OPTIONS).unwrap().read_log(1)).unwrap().torn_bytes, 0);
}

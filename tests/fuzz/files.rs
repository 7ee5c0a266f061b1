//! Files of a store that say what nobody wrote, under checksums that fit: slots of the root, headers, marks and frames of the
//! journals, and through them the manifest, the directory of blocks and the entries of the log.

use crate::harness::{Memory, fuzz};
use crate::layout::{
    BLOCKS, BODY, Contents, HEADER, JOURNALS, MARK, PAGE, ROOT, SLOT_HEADER, record_length, seal_page,
    seal_slot,
};
use crate::mutator::{changed, poke};
use crate::stored::{Flavour, OPTIONS, Stored, exercise};
use chromatid::storage::sim::{SimFiles, Xorshift};
use chromatid::storage::{Durability, Frame, Storage};
use futures::executor::block_on;

const MEMORY: Memory = Memory { least: 64 << 20, per_byte: 0 };

/// Changes a slot, mostly its record.
fn forge_root(random: &mut Xorshift, file: &mut [u8]) {
    let slots = file.len().min(BODY);
    for slot in file[..slots].chunks_mut(PAGE) {
        let used = (SLOT_HEADER + record_length(slot)).min(slot.len());
        let from = if random.below(3) == 0 { 0 } else { SLOT_HEADER.min(used) };
        for _ in 0..random.below(4) {
            poke(random, &mut slot[from..used]);
        }
        seal_slot(slot);
    }
}

/// Changes the header and the mark of a journal, or its frames; the frames are chained again unless chance wills otherwise.
fn forge_journal(random: &mut Xorshift, file: &mut Vec<u8>) {
    if file.len() < BODY {
        return;
    }
    match random.below(3) {
        0 => {
            let (start, covered) = [(0, HEADER), (PAGE, MARK)][random.below(2) as usize];
            for _ in 0..1 + random.below(3) {
                poke(random, &mut file[start..start + covered]);
            }
            seal_page(&mut file[start..], covered);
        }
        1 => {
            let payloads = payloads(&file[BODY..]);
            if payloads.is_empty() {
                return;
            }
            let which = random.below(payloads.len() as u64) as usize;
            let mut others = payloads.clone();
            others[which] = changed(random, &payloads[which], &payloads);
            rechain(file, &others, random);
        }
        _ => {
            let mut payloads = payloads(&file[BODY..]);
            if payloads.is_empty() {
                return;
            }
            let which = random.below(payloads.len() as u64) as usize;
            match random.below(3) {
                0 => drop(payloads.remove(which)),
                1 => payloads.insert(which, payloads[which].clone()),
                _ => payloads.reverse(),
            }
            rechain(file, &payloads, random);
        }
    }
}

fn payloads(mut frames: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    while let Ok(frame) = Frame::parse(frames) {
        payloads.push(frame.payload().to_vec());
        frames = &frames[frame.bytes.len()..];
    }
    payloads
}

/// Writes the payloads as frames, from the first frame that was there on.
fn rechain(file: &mut Vec<u8>, payloads: &[Vec<u8>], random: &mut Xorshift) {
    let Ok(first) = Frame::parse(&file[BODY..]) else { return };
    let (mut sequence, mut previous) = (first.sequence, first.previous());
    file.truncate(BODY);
    for payload in payloads {
        let frame = Frame::new(sequence, previous, payload);
        sequence += if random.below(100) == 0 { 2 } else { 1 };
        previous = if random.below(100) == 0 { 7 } else { frame.checksum() };
        file.extend_from_slice(&frame.bytes);
    }
    // The mark of the old frames would make them all look damaged.
    if random.below(4) > 0 {
        file[PAGE..PAGE + MARK].fill(0);
    }
}

fn forged(random: &mut Xorshift, stored: &Stored) -> Contents {
    let mut files = stored.files.clone();
    for _ in 0..1 + random.below(2) {
        let journals: Vec<usize> = JOURNALS.into_iter().filter(|file| !files[*file].is_empty()).collect();
        match random.below(3) {
            0 => forge_root(random, &mut files[ROOT]),
            1 => {
                let file = journals[random.below(journals.len() as u64) as usize];
                forge_journal(random, &mut files[file]);
            }
            _ => {
                let file = random.below(files.len() as u64) as usize;
                let others = [files[BLOCKS][..PAGE].to_vec(), files[ROOT].clone()];
                files[file] = changed(random, &files[file], &others);
            }
        }
    }
    files
}

/// Everything that a storage can be asked, whatever it holds.
fn ask(files: &SimFiles) {
    let Ok(storage) = files.storage(OPTIONS) else { return };
    block_on(async {
        let _ = (storage.read_root().await, storage.usage().await, storage.read_log(0).await);
        let _ = storage.read_log(u64::MAX).await;
        for id in storage.list_blocks().await.unwrap_or_default() {
            let _ = storage.read_block(id).await;
        }
        let end = storage.read_log(1).await.map(|log| log.end);
        if let Ok(end) = end
            && end.sequence < u64::MAX
        {
            let frame = Frame::new(end.sequence + 1, end.checksum, b"more");
            let _ = storage.append_log(vec![frame], Durability::Strict).await;
        }
        let _ = (storage.drop_log(u64::MAX).await, storage.shrink().await, storage.close().await);
    });
}

#[test]
fn files_of_a_store() {
    let stored = Stored::new(Flavour::Plain);
    let size = |files: &Contents| files.iter().map(Vec::len).sum();
    let make = |random: &mut Xorshift| forged(random, &stored);
    fuzz("files", 2_000, MEMORY, make, size, |files| {
        ask(&SimFiles::from_contents(files.clone(), 0));
        exercise(&SimFiles::from_contents(files.clone(), 0));
    });
}

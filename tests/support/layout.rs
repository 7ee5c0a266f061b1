//! Where things lie in the files of a store, and the checksums that cover them, as `docs/FORMAT.md` draws them: for tests that
//! change bytes and want to be believed.

use std::ops::Range;

use chromatid::storage::BlockId;
use xxhash_rust::xxh3::xxh3_64;

/// The contents of the files, in the order of `FILE_NAMES`.
pub type Contents = Vec<Vec<u8>>;

pub const ROOT: usize = 0;
pub const LOGS: [usize; 2] = [1, 2];
pub const JOURNALS: [usize; 4] = [1, 2, 3, 4];
pub const BLOCKS: usize = 5;

/// Bytes of a slot, of a header and of a mark with what follows them; every block begins at a multiple of it.
pub const PAGE: usize = 4_096;

/// Where the frames of a journal begin.
pub const BODY: usize = 2 * PAGE;

/// Bytes before the record of a slot, and before the payload of a frame.
pub const SLOT_HEADER: usize = 32;

/// Bytes that the checksum of a journal's header covers, and that of a mark; it follows them.
pub const HEADER: usize = 40;
pub const MARK: usize = 48;

/// Where a block lies in the file of blocks.
pub fn place_of(contents: &Contents, block: &[u8]) -> Range<usize> {
    let file = &contents[BLOCKS];
    let start = (0..file.len()).step_by(PAGE).find(|at| file[*at..].starts_with(block));
    let start = start.expect("a block begins at a page");
    start..start + block.len()
}

/// Bytes of the record in a slot, as its header says.
pub fn record_length(slot: &[u8]) -> usize {
    slot.get(20..24).map_or(0, |bytes| u32::from_le_bytes(bytes.try_into().unwrap()) as usize)
}

/// Makes the checksum of a slot of the root fit.
pub fn seal_slot(slot: &mut [u8]) {
    let end = SLOT_HEADER.saturating_add(record_length(slot));
    if let Some(record) = slot.get(SLOT_HEADER..end) {
        let checksum = xxh3_64(&[&slot[..24], record].concat());
        slot[24..32].copy_from_slice(&checksum.to_le_bytes());
    }
}

/// Makes the checksum of a header or a mark fit, which follows the bytes that it covers.
pub fn seal_page(page: &mut [u8], covered: usize) {
    let checksum = xxh3_64(&page[..covered]);
    page[covered..covered + 8].copy_from_slice(&checksum.to_le_bytes());
}

/// Makes the checksum of a block fit.
pub fn seal_block(id: BlockId, block: &mut [u8]) {
    let digits = block.len() - 30..block.len() - 14;
    let covered = [&id.0[..], &block[..digits.start], &[0; 16], &block[digits.end..]].concat();
    block[digits].copy_from_slice(format!("{:016x}", xxh3_64(&covered)).as_bytes());
}

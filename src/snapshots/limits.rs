//! Every bound of the format, with its reason. A reader refuses what is beyond them before it allocates anything.

/// Bytes of a pack at most: what a host without ranges has to send for any part of it.
pub const MAX_PACK_BYTES: usize = 8 << 20;

/// Bytes of a part at most. A part is read and verified as a whole.
pub const MAX_PART_BYTES: usize = 2 << 20;

/// Bytes of a manifest at most: twice what a million records of 1,536 dimensions take.
pub const MAX_MANIFEST_BYTES: usize = 4 << 20;

/// Records that a snapshot numbers at most, those that later layers replace included.
pub const MAX_RECORDS: u32 = 1 << 28;

/// Layers over the base at most. Every query reads all of them.
pub const MAX_DELTAS: usize = 4;

/// Cells that records are divided into at most: the centers of all lie in the manifest.
pub const MAX_CELLS: usize = 1 << 12;

/// Packs that a manifest names at most: 512 GiB.
pub const MAX_PACKS: usize = 1 << 16;

/// Bytes of a leaf of a table at which it is closed.
pub const LEAF_BYTES: usize = 16 << 10;

/// Bytes of an inner node of a table at which it is closed: some 2,000 leaves below one root.
pub const NODE_BYTES: usize = 96 << 10;

/// Levels of a table at most.
pub const MAX_TABLE_DEPTH: u8 = 6;

/// Values of a table up to so many bytes lie in its leaves, longer ones in parts of their own.
pub const INLINE_BYTES: usize = 1 << 10;

/// Bytes of a chunk of a value that has parts of its own.
pub const BLOB_BYTES: usize = 1 << 20;

/// Rows of a part of rows. A row with its vector is some 2 kB; a part is what is read for one result.
pub const ROWS_PER_PART: usize = 4;

/// Bytes of a text that a term has in full; longer ones are cut, and end in a hash of the whole text.
pub const TERM_BYTES: usize = 128;

/// Nesting of `$and` and `$or` at most: a filter is read recursively.
pub const MAX_WHERE_DEPTH: usize = 32;

/// Conditions of a filter at most.
pub const MAX_WHERE_CONDITIONS: usize = 1_024;

/// Members of the list of an `$in` at most.
pub const MAX_IN_LIST: usize = 4_096;

/// Records that are asked for at once at most: `n_results`, `limit`, or ids.
pub const MAX_RESULTS: usize = 16_384;

/// Ranges that leave so many bytes between them are read as one: a request costs more than these.
pub const MERGE_GAP_BYTES: u32 = 32 << 10;

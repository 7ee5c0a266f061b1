//! The bounds of what is computed with vectors. Those of the whole product: the engine's `limits`, which has these too.

/// Largest number of dimensions of a vector. Above every published embedding model (12,288);
/// a record then still fits a block of its own.
pub const MAX_DIMENSION: usize = 16_384;

/// Bytes of vectors that one step of a scan compares with all queries of a request: half of the
/// smallest first-level data cache in use (32 KiB), so that the later queries find the rows there.
pub const SCAN_TILE_BYTES: usize = 16 * 1024;

/// Places that a search reserves at once for its results: more than a usual `n_results`, while a huge
/// one takes only the memory of what is found.
pub const TOP_K_RESERVED: usize = 256;

/// Candidates that a search gathers before it drops those that fell behind.
pub const CANDIDATES_RESERVED: usize = 1_024;

/// Links of a node in a vector graph, `max_neighbors`, at most. Far above every published setting (100);
/// a node's row on level 0 then takes one page (4 kB).
pub const MAX_NEIGHBORS: usize = 512;

/// Candidates for the links of a new node in a vector graph, `ef_construction`, at most. Far above every published
/// setting (800); an insertion that looks at more is slower than comparing with all of a browser's records.
pub const MAX_EF_CONSTRUCTION: usize = 4_096;

/// Heads that a graph of them may have. Below, all are compared at once; above, building it in one piece would be a
/// pause that is felt.
pub const HEAD_GRAPH_HEADS: std::ops::RangeInclusive<usize> = 256..=4_096;

/// The part (1 / n) of the heads that may be new or gone since their graph was made, before it is made anew.
pub const STRAY_HEADS_FRACTION: usize = 4;

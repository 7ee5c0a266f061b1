//! Every bound of the product, with its reason. Nothing else in the engine holds a magic size.

pub use chromatid_vectors::limits::*;

/// Longest time a background slice runs before it pauses for other work, in milliseconds.
/// A request that takes several turns of the event loop (its body comes in pieces, a storage answers later) waits for as many slices, so
/// they are short; a pause costs some hundredths of a millisecond.
pub const SLICE_MS: f64 = 2.0;

/// How many times [`NAP_MS`] work in the background waits between two slices while reads come one after the other: one in several meets a
/// slice, and a tenth of the time is left for the work under a load that never ends.
pub const PATIENCE_NAPS: u32 = 5;

/// How long it waits at a time, in milliseconds: what timers of browsers last at least.
pub const NAP_MS: f64 = 4.0;

/// How long after a read another one is expected, in milliseconds.
pub const READS_RECENT_MS: f64 = 100.0;

/// Records in one write. Chroma's single node advertises 5,461 (32,766 SQLite variables / 6);
/// clients size their batches by it, so it stays the same here.
pub const MAX_BATCH_SIZE: u32 = 5_461;

/// Clients of which it is remembered what they asked for last: tabs and workers that were open at about the same time. A row of
/// one is some fifty bytes.
pub const MAX_CLIENTS: usize = 256;

/// Writes of one client whose answers it does not have, and that are remembered all the same.
pub const MAX_OUTSTANDING_REQUESTS: usize = 4_096;

/// Bytes of one request's payload: the 40 MiB of Chroma's HTTP server.
pub const MAX_PAYLOAD_BYTES: usize = 40 * 1024 * 1024;

/// Characters in a tenant or database name, at least (as Chroma).
pub const MIN_NAME_LENGTH: usize = 3;

/// Characters in a collection or database name, at most (as Chroma).
pub const MAX_NAME_LENGTH: usize = 512;

/// Nesting of `$and` / `$or` in a filter. Deeper trees are a mistake or an attack; the parser and
/// the evaluator recurse, and this keeps them far from the end of the wasm stack (1 MiB).
pub const MAX_WHERE_DEPTH: usize = 64;

/// Nesting of a request that arrives as JavaScript values: a filter or a ranking expression at its bound (an object and an
/// array a level) within a request. The conversion recurses.
pub const MAX_JSON_DEPTH: usize = 2 * MAX_WHERE_DEPTH + 16;

/// Nesting of JSON that is kept as it came: schemas, configurations of embedding functions. Its text is read back, which recurses
/// and ends at 128 levels.
pub const MAX_KEPT_JSON_DEPTH: usize = 64;

/// Metadata keys that the schema of a collection reports because records were written with them. Data whose keys are ids would
/// fill memory with it otherwise.
pub const MAX_REPORTED_KEYS: usize = 4_096;

/// Predicates in one filter.
pub const MAX_WHERE_PREDICATES: usize = 1_024;

/// Bytes of a regular expression: some hundred alternatives. Chroma Cloud takes 256.
pub const MAX_PATTERN_BYTES: usize = 2_048;

/// Nesting of groups, classes and repetitions in a regular expression (as Chroma). What is made of it recurses.
pub const MAX_PATTERN_DEPTH: u32 = 250;

/// Bytes of a compiled regular expression, repetitions written out: those of large classes of characters are what reaches it.
pub const MAX_PATTERN_PROGRAM_BYTES: usize = 2 * 1024 * 1024;

/// Bytes of the states that a regular expression keeps of those that it met in texts. When they are full it begins anew, and where that does
/// not help it is matched without them.
pub const PATTERN_CACHE_BYTES: usize = 256 * 1024;

/// Regular expressions in one filter: with this many at their bounds it takes 36 MiB.
pub const MAX_PATTERNS: usize = 16;

/// Nesting of a ranking expression, and its nodes. An expression that people or programs write has some dozen; reading and
/// evaluating it recurses.
pub const MAX_RANK_DEPTH: usize = 64;
pub const MAX_RANK_NODES: usize = 1_024;

/// Searches in one request: they are answered one after another, and others wait.
pub const MAX_SEARCHES: usize = 256;

/// Members of one `$in` or `$nin` list.
pub const MAX_IN_LIST: usize = 65_536;

/// Bytes of a term, at most: longer texts share one, and what it finds is looked at. Terms are kept in the roots of blockfiles too.
pub const MAX_TERM_BYTES: usize = 128;

/// Records that a compaction reads at once to see what of them is indexed: some hundred kilobytes.
pub const TERM_BATCH_RECORDS: usize = 512;

/// Grams of a text that are looked up, at most: each costs a read the first time, and what is left is looked at.
pub const MAX_LOOKED_UP_GRAMS: usize = 16;

/// Candidates that are so few that their documents are looked at rather than further posting lists.
pub const FEW_CANDIDATES: u64 = 16;

/// Answers of filters that an open collection keeps. They are looked through one by one, some nanoseconds each; an
/// application that filters by user or by folder asks with some hundred different ones.
pub const SELECTION_CACHE_ENTRIES: usize = 256;

/// Bytes of those filters and answers, at most. A tenth of 100,000 records takes 20 kB, of a million 130 kB.
pub const SELECTION_CACHE_BYTES: usize = 4 * 1024 * 1024;

/// Different values of a metadata key that are counted: some megabytes of them are held meanwhile.
pub const MAX_FACET_VALUES: usize = 65_536;

/// Records that a function sees at once: some hundred kilobytes of texts, or a megabyte of vectors.
pub const FUNCTION_BATCH_RECORDS: usize = 512;

/// Records that a pass over a collection reads at once, with their vectors: a megabyte, or 32 of the longest.
pub const SCANNED_RECORDS: usize = 512;

/// Records that a repair writes at once: a compaction's worth, as each writes the index of ids anew.
pub const REBUILT_RECORDS: usize = 2 * COMPACTION_OPERATIONS;

/// Ids of lost records that are told: enough to fetch them again, and no megabytes of them.
pub const MAX_LOST_IDS: usize = 1_000;

/// Bytes of an export that are handed out at once.
pub const EXPORT_CHUNK_BYTES: usize = 1024 * 1024;

/// Size that a block aims for before it is split, in bytes. Between two costs: each read of OPFS takes some
/// 12 µs besides its bytes, which a scan of small blocks would feel, and a point read takes in a whole block. With the
/// framing around its entries a block then fits 31 pages, and 81 vectors of 384 components fill them.
pub const BLOCK_BYTES: usize = 123 * 1024;

/// Default budget of the block cache and of graphs in memory, in bytes. A code takes some 64 bytes at 384 dimensions,
/// and exact vectors are read one by one: this holds the codes of some hundred thousand records with their texts' blocks
/// in use.
pub const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// What the block cache keeps of its budget, in bytes, however much of it graphs take: a search reads codes and vectors
/// all the same, and a write some dozen blocks of ids.
pub const CACHE_LEAST_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of a collection's history, of which a change takes some thirty: what does not fit any more is forgotten, oldest first. Whoever asks for what came since then
/// compares everything instead, as it would at first.
#[cfg(feature = "rest")]
pub const HISTORY_BYTES: usize = 1024 * 1024;

/// Changed records that are told at once, unless the sender asks for another number, and that many at most: half a megabyte.
#[cfg(feature = "rest")]
pub const DEFAULT_CHANGES: u32 = 1_000;
#[cfg(feature = "rest")]
pub const MAX_CHANGES: u32 = 10_000;

/// Operations in a collection's log tail that start a compaction.
pub const COMPACTION_OPERATIONS: usize = 10_000;

/// Bytes in a collection's log tail that start a compaction: bounds both the memory of the tail and
/// the time of a recovery. Every compaction writes those blocks of ids anew that it
/// touches, all of them if ids are random: a smaller bound would slow an import down.
pub const COMPACTION_BYTES: usize = 4 * 1024 * 1024;

/// Operations in the log tail that an idle moment is used to compact.
pub const IDLE_COMPACTION_OPERATIONS: usize = 10;

/// Operations of the log that a read at level `index_and_bounded_wal` takes in (as Chroma).
pub const BOUNDED_WAL_OPERATIONS: usize = 250;

/// Bytes of one log frame, at most: one request's payload with room for its encoding.
pub const MAX_FRAME_BYTES: usize = 2 * MAX_PAYLOAD_BYTES;

/// Bytes that sealing adds: the nonce and the tag of AES-GCM.
pub const SEALED_BYTES: usize = 28;

/// Bytes of the root record, at most: a slot of the root file less its header.
pub const MAX_ROOT_BYTES: usize = 4_000;

/// Bytes of one block, at most, when it is read back. A single record larger than
/// [`BLOCK_BYTES`] gets a block of its own, so this follows [`MAX_PAYLOAD_BYTES`].
pub const MAX_BLOCK_BYTES: usize = 2 * MAX_PAYLOAD_BYTES;

/// Bytes of a collection's log tail at which a write waits for the compaction under way: four times
/// what starts one, so that a bulk import is slowed down before memory runs out, which wasm never gives back.
pub const BACK_PRESSURE_BYTES: usize = 4 * COMPACTION_BYTES;

/// Unit of space in the files of a store, in bytes: the page of every common file system, so that
/// no write ever touches a page that holds another block's or record's good bytes.
pub const PAGE_BYTES: u64 = 4_096;

/// Dead bytes that a journal (log, directory) gathers before it is rewritten, if they are also more
/// than the live rest. One flush costs about 2 ms, as much as writing 1 MiB: below it a rewrite
/// costs more than it frees. Where others run between the steps of a rewrite, a step copies or frees as many, in about a millisecond.
pub const JOURNAL_REWRITE_BYTES: u64 = 1024 * 1024;

/// Bytes of the log that are kept for what gives room back on a full device: deletions of some ten thousand records, as many as a tail that was not
/// compacted yet may hold.
pub const LOG_RESERVE_BYTES: u64 = 256 * 1024;

/// Bytes of the directory of blocks that are kept likewise: the commits of some hundred compactions.
pub const DIRECTORY_RESERVE_BYTES: u64 = 64 * 1024;

/// Bytes that a store in IndexedDB keeps for the same: some ten blocks, or some thousand deletions.
pub const ROOM_BYTES: usize = 1024 * 1024;

/// Bytes that it keeps for the log of deletions, and as many for the note of an opening. Below 128 KiB browsers do not free at once what is
/// deleted.
pub const SMALL_ROOM_BYTES: usize = 256 * 1024;

/// Bytes by which a file is made longer beyond what is needed at once: a call of the platform each.
pub const ROOM_STEP_BYTES: u64 = 256 * 1024;

/// What the log's entries take as blocks, in percent of what they take there: texts with their index twice as much, vectors as much.
pub const COMPACTED_PERCENT: u64 = 150;

/// Bytes of the file of blocks that are kept likewise, beyond what the log's entries will take: a part (1 / n) of it, within bounds. The
/// least is a few blocks, which the deletion of a record writes anew.
pub const BLOCK_RESERVE_FRACTION: u64 = 128;
pub const MIN_BLOCK_RESERVE_BYTES: u64 = 256 * 1024;
pub const MAX_BLOCK_RESERVE_BYTES: u64 = 2 * 1024 * 1024;

/// Free bytes among the blocks of a store that are not worth moving blocks for, and the part (1 / n) of them all likewise. A small
/// compaction frees some blocks and needs as many for the next.
pub const SPARE_BYTES: u64 = 128 * 1024;
pub const SPARE_FRACTION: u64 = 256;

/// Bytes of blocks that one step moves to where there is free space: a few milliseconds.
pub const SHRINK_STEP_BYTES: u64 = 1024 * 1024;

/// Bytes read at once when a journal is scanned: some hundred frames for each call (12 µs on OPFS).
pub const SCAN_BYTES: usize = 256 * 1024;

/// Longest wait for the handles of a store whose last owner is still dying, in milliseconds.
/// Terminated workers were measured to hold on to theirs for more than a second.
pub const OPEN_TIMEOUT_MS: f64 = 10_000.0;

/// First pause between two attempts to open a store, in milliseconds; it doubles up to
/// [`OPEN_RETRY_MAX_MS`].
pub const OPEN_RETRY_MS: f64 = 50.0;

/// Longest pause between two attempts to open a store, in milliseconds: what a user may notice
/// after the old owner is gone.
pub const OPEN_RETRY_MAX_MS: f64 = 400.0;

/// Bytes of finished blocks that a writer gathers before it hands them to the storage: one transaction
/// or one append for about eight blocks, and a writer's memory stays bounded.
pub const BLOCK_WRITE_BATCH_BYTES: usize = 1024 * 1024;

/// Blocks that are read in one call of the storage: amortises a transaction, bounds what a range
/// read holds at once to 8 MiB of ordinary blocks.
pub const BLOCK_READ_BATCH: usize = 64;

/// Blocks that a pass over a whole index reads in one call of the storage: 2 MiB are read and verified in less than a
/// slice of background work.
pub const PASS_READ_BATCH: usize = 16;

/// A touched block smaller than this fraction (1 / n) of the block size is joined with the next one.
pub const BLOCK_MERGE_FRACTION: usize = 4;

/// The part (1 / n) of the block cache that newcomers pass through once the cache is full. Large enough
/// that a block wanted again soon is still there, small enough that a scan keeps seven eighths in place.
pub const CACHE_WINDOW_FRACTION: usize = 8;

/// Bytes that the framing of a block (schema, message, footer, padding) may take beside its entries;
/// measured at under 3 kB for the widest schema.
pub const BLOCK_FRAMING_BYTES: usize = 16 * 1024;

/// The part (1 / n) of the cache's budget for single vectors. A search touches the same few hundred rows again when a
/// person refines a question; codes and posting lists need the rest.
pub const ROW_CACHE_FRACTION: usize = 4;

/// Rows that are read to find one whose block had records deleted before it. A row of a usual vector is 1.5 to 6 kB:
/// beyond these the whole block is the cheaper read.
pub const ROW_WINDOW: u32 = 4;

/// Records of a segment from which on codes are kept: an exact scan of fewer (1.5 MB at 384 dimensions) takes less
/// than the look at codes and the reads of exact vectors would.
pub const CODES_FROM_RECORDS: u64 = 1_024;

/// Bytes of codes that a chunk of the code blockfile aims for: two a block. A compaction writes a chunk that it
/// changes whole.
pub const CODE_CHUNK_BYTES: usize = 64 * 1024;

/// Records in a chunk of codes, at most.
pub const MAX_CODE_CHUNK: usize = 4_096;

/// Records in a chunk of the table of rows: 48 KiB, of which a compaction that only adds writes one.
pub const ROW_TABLE_CHUNK: u32 = 8_192;

/// Blocks of vectors that the center of the codes is the mean of, evenly spread: some thousand vectors, whose mean
/// is within a hundredth of a deviation of that of all.
pub const CENTER_SAMPLE_BLOCKS: usize = 64;

/// How many deviations of a code's error count as possible: the ε₀ of RaBitQ (SIGMOD 2024). One of a hundred estimates
/// is farther off, whatever the data; with the paper's 1.9 it is one of thirty-five.
pub const ERROR_BOUND: f32 = 2.3;

/// Candidates whose exact vectors are read in one call of the storage.
pub const RERANK_BATCH: usize = 32;

/// Records from which on a collection that asks for nothing gets posting lists. Below, a scan of all codes takes a
/// quarter of a millisecond.
pub const LISTS_FROM_RECORDS: u64 = 32_768;

/// Vectors that a center is found on.
pub const HEAD_SAMPLES: u64 = 32;

/// Bytes of vectors that all centers are found on, at most: what a phone can spare for some seconds. Beyond a quarter of a
/// million vectors there are fewer for each.
pub const SAMPLE_BYTES: usize = 64 * 1024 * 1024;

/// Lists' worth of vectors that wait, at least, before a step places them: scanning the codes of 4,096 costs 20 µs.
pub const WAITING_LISTS: u64 = 8;

/// The part (1 / n) of a collection that may wait likewise.
pub const WAITING_FRACTION: u64 = 16;

/// Vectors that one step places, at least: less than a second of work in slices.
pub const PLACED_RECORDS: u64 = 32_768;

/// The part (1 / n) of a collection that one step places likewise: a step writes nearly every list.
pub const PLACED_FRACTION: u64 = 4;

/// Lists that a search looks into before it asks which others are within reach.
pub const FIRST_PROBES: usize = 32;

/// Lists that a search looks into between two such questions.
pub const FURTHER_PROBES: usize = 16;

/// The cosine between a vector and a query, seen from the head of the vector's list, that a search counts as possible.
/// Measured on 100,000 embeddings of glosses: 0.45 finds 95.5 % of the ten nearest, 0.5 98 %, 0.55 98.9 %.
pub const PROBE_REACH: f32 = 0.5;

/// Vectors that wait for their place in a graph, at least, before a step inserts them: scanning their codes costs 5 µs,
/// inserting them 0.15 s.
pub const GRAPH_WAITING_RECORDS: u64 = 1_024;

/// The part (1 / n) of a collection that may wait likewise: a step writes nearly every chunk of links.
pub const GRAPH_WAITING_FRACTION: u64 = 16;

/// Nodes that one step inserts into a graph or removes from it: about a second of work in slices.
pub const GRAPH_STEP_RECORDS: u64 = 8_192;

/// The part (1 / n) of a collection that one step inserts or removes likewise, if that is more. A step writes nearly every
/// chunk of links, so a graph is written a few times over while it doubles.
pub const GRAPH_STEP_FRACTION: u64 = 8;

/// The part (1 / n) of the nodes of a graph that may be dead before a step removes them: searches pass through them.
pub const GRAPH_DEAD_FRACTION: u64 = 10;

/// The part (1 / n) of the slots of a graph that nodes have to take; with fewer it is made anew, for free slots take memory.
pub const GRAPH_USED_FRACTION: u64 = 4;

/// The part (1 / n) of the nodes of a graph that a search may not return, up to which it searches without a filter and
/// passes over them afterwards. The bitmap of a filter costs a look at every slot.
pub const GRAPH_CHECKED_FRACTION: usize = 8;

/// Records found by their four-bit codes that are compared exactly, beside one and a half times as many as are wanted.
/// The ten nearest are nearly always among the fifteen nearest by their codes.
pub const GRAPH_RERANKED: usize = 10;

/// How many times as many nodes of a graph a search with a filter looks around: the allowed ones have fewer ways to each
/// other. Measured on 100,000 embeddings of glosses, a tenth of them allowed, `ef_search` 64: once finds 96.6 % of the
/// ten nearest, twice 98.6 %.
pub const GRAPH_FILTERED_EF: usize = 2;

/// The part (1 / n) of the vectors in lists, live or not, that may be stale before the lists are scrubbed. Dead entries are
/// scanned and stored like others.
pub const STALE_FRACTION: u64 = 4;

/// Entries of lists that one step of a scrubbing looks at, at least: some tens of milliseconds, and 2 MB written at 384
/// dimensions.
pub const SCRUBBED_ENTRIES: u64 = 32_768;

/// Lists that one step splits or dissolves: some tens of milliseconds each.
pub const BALANCED_LISTS: usize = 16;

/// What the steps of a search cost, in nanoseconds, measured in wasm, to choose between two ways. An exact vector that has
/// to be read, a quarter of them from the device.
pub const ROW_NS: u64 = 3_000;

/// A code under a filter that few pass: most blocks of 32 are passed over.
pub const MASKED_CODE_NS: u64 = 3;

/// Finding a posting list and preparing its scan.
pub const PROBE_NS: u64 = 800;

/// Exact vectors that a search by codes compares for each of the `k` nearest.
pub const RERANKED_PER_NEIGHBOUR: u64 = 5;

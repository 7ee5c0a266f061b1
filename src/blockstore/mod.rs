//! Ordered key → value maps over immutable Arrow blocks: blockfiles.
//!
//! A blockfile is a root (a sparse index: the first key of each block → block id and entry count) and
//! the blocks. Both are Arrow IPC files of one record batch. Entries are sorted by (prefix, key).
//! Writing forks: unchanged blocks are shared by id, changed ones are written under new ids, and the
//! old root stays readable. Spec: storage-architecture 4; bytes: `docs/FORMAT.md`.
//!
//! Useful for point reads, range reads and scans of data too large to hold; not for maps that
//! change entry by entry (each commit rewrites the blocks it touches).

//! Bytes and texts that nobody wrote, for everything that reads what is stored or sent: whatever comes, it is read or refused;
//! without a panic, in less than a second, and in memory that goes with the size of what came.
//!
//! An ordinary run tries some thousand cases of each kind, the same each time. `CHROMATID_FUZZ_SECONDS` says how long each test
//! goes on instead, and `CHROMATID_FUZZ_SEED` with which seed it begins: the seed that a failure names makes it again.

#[path = "fuzz/codecs.rs"]
mod codecs;
#[path = "support/env.rs"]
mod env;
#[path = "fuzz/files.rs"]
mod files;
#[path = "fuzz/harness.rs"]
mod harness;
#[path = "fuzz/hostile.rs"]
mod hostile;
#[path = "fuzz/json.rs"]
mod json;
#[allow(dead_code)]
#[path = "support/layout.rs"]
mod layout;
#[path = "fuzz/memory.rs"]
mod memory;
#[allow(dead_code)]
#[path = "rest/fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/mutator.rs"]
mod mutator;
#[path = "fuzz/patterns.rs"]
mod patterns;
#[path = "fuzz/stored.rs"]
mod stored;
#[path = "support/variable.rs"]
mod variable;

//! What the block cache keeps.

use super::{Fixture, run};
use crate::blockstore::Reader;
use crate::limits::{CACHE_LEAST_BYTES, ROW_CACHE_FRACTION};

/// A budget of which so many bytes are for blocks, and the rest for single rows.
fn budget(blocks: usize) -> usize {
    blocks + blocks.div_ceil(ROW_CACHE_FRACTION - 1)
}

/// A blockfile of `blocks` blocks of 4 kB of entries each.
fn blocks(fixture: &Fixture, blocks: u32) -> Reader<u32, Vec<u32>> {
    let reader = fixture.blockfile(4_096, (0..blocks).map(|key| ("", key, vec![key; 1_000])).collect());
    assert_eq!(reader.block_count(), blocks as usize);
    reader
}

async fn scan(reader: &Reader<u32, Vec<u32>>) {
    for index in 0..reader.block_count() {
        reader.block(index).await.unwrap();
    }
}

#[test]
fn a_block_is_read_once_while_it_fits() {
    run(async {
        let fixture = Fixture::new();
        let reader = blocks(&fixture, 20);
        scan(&reader).await;
        scan(&reader).await;
        let stats = fixture.store.cache_stats();
        assert_eq!((stats.misses, stats.hits, stats.entries), (20, 20, 20));
        let bytes: usize = reader.block_ids().iter().map(|id| fixture.bytes(*id).len()).sum();
        assert_eq!(stats.bytes, bytes);
    });
}

#[test]
fn a_repeated_scan_larger_than_the_budget_still_hits() {
    run(async {
        let fixture = Fixture::with_cache(0);
        let reader = blocks(&fixture, 40);
        let block = fixture.bytes(reader.block_ids()[0]).len();
        fixture.store.set_cache_budget(budget(20 * block));
        for _ in 0..10 {
            scan(&reader).await;
            assert!(fixture.store.cache_stats().bytes <= 20 * block);
        }
        let stats = fixture.store.cache_stats();
        assert!(stats.hits >= 9 * 16, "{stats:?}");
    });
}

#[test]
fn blocks_in_use_survive_a_scan_and_replace_those_that_are_not() {
    run(async {
        let fixture = Fixture::with_cache(0);
        let (old, hot, cold) = (blocks(&fixture, 16), blocks(&fixture, 8), blocks(&fixture, 100));
        let block = fixture.bytes(old.block_ids()[0]).len();
        fixture.store.set_cache_budget(budget(16 * block));
        scan(&old).await;
        // A block that is wanted twice in a row makes its way into a full cache.
        for index in 0..8 {
            hot.block(index).await.unwrap();
            hot.block(index).await.unwrap();
        }
        scan(&cold).await;
        let before = fixture.store.cache_stats();
        scan(&hot).await;
        let after = fixture.store.cache_stats();
        assert_eq!((after.hits - before.hits, after.misses - before.misses), (8, 0));
    });
}

#[test]
fn a_block_larger_than_the_budget_is_served_and_not_kept() {
    run(async {
        let fixture = Fixture::with_cache(1_000);
        let reader = blocks(&fixture, 3);
        assert_eq!(reader.get("", 1).await.unwrap(), Some(vec![1; 1_000]));
        assert_eq!(fixture.store.cache_stats().entries, 0);
    });
}

#[test]
fn a_smaller_budget_and_forgetting_take_effect_at_once() {
    run(async {
        let fixture = Fixture::new();
        let reader = blocks(&fixture, 10);
        scan(&reader).await;
        let block = fixture.store.cache_stats().bytes / 10;
        fixture.store.set_cache_budget(budget(4 * block));
        assert_eq!(fixture.store.cache_stats().entries, 4);
        fixture.store.forget(&reader.block_ids());
        let stats = fixture.store.cache_stats();
        assert_eq!((stats.entries, stats.bytes), (0, 0));
        assert_eq!(reader.get("", 3).await.unwrap(), Some(vec![3; 1_000]));
    });
}

#[test]
fn reserved_memory_leaves_less_for_blocks_but_never_too_little() {
    run(async {
        let fixture = Fixture::with_cache(2 * CACHE_LEAST_BYTES);
        let large = (0..150).map(|key| ("", key, vec![key; 32_000])).collect();
        let reader: Reader<u32, Vec<u32>> = fixture.blockfile(4_096, large);
        let blocks_of = |bytes: usize| bytes - bytes / ROW_CACHE_FRACTION;
        let held = async || {
            scan(&reader).await;
            fixture.store.cache_stats().bytes
        };
        let all = held().await;
        assert!(all > blocks_of(2 * CACHE_LEAST_BYTES) * 9 / 10 && all <= blocks_of(2 * CACHE_LEAST_BYTES));

        let mut memory = fixture.store.reserve(CACHE_LEAST_BYTES / 2);
        let less = held().await - CACHE_LEAST_BYTES / 2;
        assert!(
            less <= blocks_of(CACHE_LEAST_BYTES * 3 / 2) && less > blocks_of(CACHE_LEAST_BYTES),
            "{less}"
        );
        memory.resize(100 * CACHE_LEAST_BYTES);
        let least = held().await - 100 * CACHE_LEAST_BYTES;
        assert!(least <= blocks_of(CACHE_LEAST_BYTES) && least > blocks_of(CACHE_LEAST_BYTES) * 9 / 10);
        drop(memory);
        assert_eq!(held().await, all);
        assert_eq!(fixture.store.cache_stats().budget, 2 * CACHE_LEAST_BYTES);
    });
}

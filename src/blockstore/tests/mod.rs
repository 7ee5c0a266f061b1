//! What users of blockfiles can rely on.

mod cache;
mod corruption;
mod migration;
mod model;
mod rows;
mod samples;
mod writers;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures::future::LocalBoxFuture;

use super::{BlockfileOptions, Blockstore, Key, Reader, Value};
use crate::env::Env;
use crate::storage::memory::MemoryStorage;
use crate::storage::{BlockId, Storage};

/// Runs a future that waits for nothing but its own pauses.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// A seeded world whose clock goes on by one millisecond whenever it is read.
#[derive(Debug, Default)]
struct TestEnv {
    seed: Cell<u64>,
    now: Cell<f64>,
    pauses: Cell<usize>,
}

impl Env for TestEnv {
    fn now_ms(&self) -> f64 {
        self.now.set(self.now.get() + 1.0);
        self.now.get()
    }

    /// SplitMix64.
    fn random(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.seed.set(self.seed.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
            let mut word = self.seed.get();
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }

    fn pause(&self) -> LocalBoxFuture<'_, ()> {
        self.pauses.set(self.pauses.get() + 1);
        let mut paused = false;
        Box::pin(std::future::poll_fn(move |_| {
            if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }
        }))
    }
}

/// A store, and what it is made of.
struct Fixture {
    storage: Rc<MemoryStorage>,
    env: Rc<TestEnv>,
    store: Blockstore,
}

impl Fixture {
    fn new() -> Self {
        Self::with_cache(1 << 20)
    }

    fn with_cache(cache_bytes: usize) -> Self {
        let storage = Rc::new(MemoryStorage::default());
        let env = Rc::new(TestEnv::default());
        let store = Blockstore::new(storage.clone(), env.clone(), cache_bytes);
        Self { storage, env, store }
    }

    /// Another store over the same storage: nothing in its cache.
    fn reopened(&self, cache_bytes: usize) -> Blockstore {
        Blockstore::new(self.storage.clone(), self.env.clone(), cache_bytes)
    }

    fn bytes(&self, id: BlockId) -> Vec<u8> {
        run(self.storage.read_block(id)).unwrap().unwrap().to_vec()
    }

    /// Puts other bytes in the place of a block.
    fn replace(&self, id: BlockId, bytes: Vec<u8>) {
        run(self.storage.delete_blocks(vec![id])).unwrap();
        run(self.storage.write_blocks(vec![(id, bytes.into())])).unwrap();
    }

    fn stored(&self) -> BTreeSet<BlockId> {
        run(self.storage.list_blocks()).unwrap().into_iter().collect()
    }

    /// A blockfile of these entries.
    fn blockfile<K: Key, V: Value>(&self, block_bytes: usize, entries: Vec<(&str, K, V)>) -> Reader<K, V> {
        run(async {
            let mut writer = self.store.unordered(None, BlockfileOptions { block_bytes });
            for (prefix, key, value) in entries {
                writer.set(prefix, key, value).await.unwrap();
            }
            writer.commit().await.unwrap().reader
        })
    }
}

//! What every backend has to do, as one suite: each clause of the contract of
//! [`Storage`](super::Storage) as a check against a real store.
//!
//! Natively it runs over memory and the simulated files; with the feature `conformance` the tests run
//! it over OPFS, IndexedDB and an adapter in a browser, and over a directory in Node.

use std::collections::BTreeSet;

use arrow::alloc::ALIGNMENT;
use arrow::buffer::Buffer;
use futures::future::{LocalBoxFuture, join, join3};

use super::{BlockId, BlockPart, ChainEnd, Durability, Frame, LogContents, Pending, Root, Storage};
use crate::error::StorageError;
use crate::limits::MAX_ROOT_BYTES;

mod durable;

/// Opens the stores that the suite tries.
pub trait Factory {
    /// A new, empty store. The one given before is closed or was dropped.
    fn fresh(&self) -> Pending<'_, Box<dyn Storage>>;

    /// The store given last, opened again after it was closed; `None` if the backend keeps nothing.
    fn reopen(&self) -> Pending<'_, Option<Box<dyn Storage>>>;

    /// The store given last, opened again after it was dropped without being closed; `None` if that
    /// cannot be tried here.
    fn reopen_dropped(&self) -> Pending<'_, Option<Box<dyn Storage>>>;
}

/// What a check answers: whether it could be tried, or what it found wrong.
type Outcome = Result<bool, String>;
type Check = for<'a> fn(&'a dyn Factory) -> LocalBoxFuture<'a, Outcome>;

/// Fails the check with a message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}
use ensure;

/// The checks among `$module`'s functions, under their own names.
macro_rules! checks {
    ($($module:ident::$check:ident),+ $(,)?) => {
        [$((stringify!($check), (|factory| Box::pin($module::$check(factory))) as Check)),+]
    };
}

/// Runs every check. The names of those that passed (checks that a backend has no way to try are left
/// out), or which one failed and how.
pub async fn run(factory: &dyn Factory) -> Result<Vec<String>, String> {
    let checks = checks![
        basic::a_new_store_is_empty,
        basic::blocks_are_read_as_written,
        basic::blocks_are_aligned,
        basic::missing_blocks_are_none,
        basic::parts_of_blocks_are_read,
        basic::many_blocks_in_one_batch,
        basic::a_block_is_written_once,
        basic::deleted_blocks_are_gone,
        basic::log_is_read_from_a_sequence_number,
        basic::log_takes_only_the_next_frame,
        basic::dropped_frames_are_gone,
        basic::a_log_goes_on_after_everything_was_dropped,
        basic::root_generations_follow_each_other,
        basic::overlapping_calls_take_effect_in_order,
        basic::a_cleared_store_is_new,
        basic::a_closed_store_says_so,
        durable::everything_is_there_after_reopening,
        durable::drops_and_deletions_last,
        durable::space_is_used_again,
        durable::a_log_goes_on_after_reopening,
        durable::a_cleared_store_is_new_after_reopening,
        durable::what_was_acknowledged_survives_the_owner,
    ];
    let mut passed = Vec::new();
    for (name, check) in checks {
        match check(factory).await {
            Ok(true) => passed.push(name.to_string()),
            Ok(false) => {}
            Err(reason) => return Err(format!("{name}: {reason}")),
        }
    }
    Ok(passed)
}

/// The block with number `number`: its id and `length` bytes that no other number gives.
fn block(number: u64, length: usize) -> (BlockId, Buffer) {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    id[8..].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    let bytes: Vec<u8> = (0..length as u64)
        .map(|at| (number.wrapping_mul(31).wrapping_add(at.wrapping_mul(7) ^ (at >> 8))) as u8)
        .collect();
    (BlockId(id), Buffer::from_vec(bytes))
}

/// Makes the frames of a log.
#[derive(Default)]
struct Chain {
    end: ChainEnd,
    frames: Vec<Frame>,
}

impl Chain {
    fn grow(&mut self, lengths: &[usize]) -> Vec<Frame> {
        let first = self.frames.len();
        for length in lengths {
            let sequence = self.end.sequence + 1;
            let payload: Vec<u8> =
                (0..*length).map(|at| (at as u64 ^ sequence.wrapping_mul(17)) as u8).collect();
            let frame = Frame::new(sequence, self.end.checksum, &payload);
            self.end = ChainEnd { sequence, checksum: frame.checksum() };
            self.frames.push(frame);
        }
        self.frames[first..].to_vec()
    }

    /// What a whole log reads as from `from` on, when frames below `first` were dropped.
    fn contents(&self, from: u64, first: u64) -> LogContents {
        let frames = self.frames.iter().filter(|frame| frame.sequence >= from.max(first)).cloned().collect();
        LogContents { frames, torn_bytes: 0, end: self.end }
    }
}

fn root(generation: u64, length: usize) -> Root {
    Root { generation, bytes: (0..length).map(|at| (at as u64 ^ generation) as u8).collect() }
}

/// A storage error as the reason of a failed check.
fn why(error: StorageError) -> String {
    error.to_string()
}

async fn read(store: &dyn Storage, id: BlockId) -> Result<Option<Buffer>, String> {
    store.read_block(id).await.map_err(why)
}

async fn expect_blocks(store: &dyn Storage, expected: &[(BlockId, Buffer)]) -> Result<(), String> {
    for (id, bytes) in expected {
        let found = read(store, *id).await?;
        ensure!(found.as_ref() == Some(bytes), "block {id} is not what was written");
    }
    let listed: BTreeSet<BlockId> = store.list_blocks().await.map_err(why)?.into_iter().collect();
    let expected: BTreeSet<BlockId> = expected.iter().map(|(id, _)| *id).collect();
    ensure!(listed == expected, "listed {listed:?}, expected {expected:?}");
    Ok(())
}

async fn expect_log(store: &dyn Storage, from: u64, expected: LogContents) -> Result<(), String> {
    let found = store.read_log(from).await.map_err(why)?;
    ensure!(
        found == expected,
        "the log from {from} has frames {:?} ending at {:?} with {} torn bytes, expected {:?} ending at {:?}",
        found.frames.iter().map(|frame| frame.sequence).collect::<Vec<_>>(),
        found.end,
        found.torn_bytes,
        expected.frames.iter().map(|frame| frame.sequence).collect::<Vec<_>>(),
        expected.end,
    );
    Ok(())
}

/// Checks that need no second opening.
mod basic {
    use super::*;

    async fn end(store: Box<dyn Storage>) -> Outcome {
        store.close().await.map_err(why)?;
        Ok(true)
    }

    pub async fn a_new_store_is_empty(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        expect_empty(&*store).await?;
        end(store).await
    }

    pub async fn expect_empty(store: &dyn Storage) -> Result<(), String> {
        expect_blocks(store, &[]).await?;
        expect_log(store, 1, LogContents::default()).await?;
        ensure!(store.read_root().await.map_err(why)?.is_none(), "there is a root");
        let usage = store.usage().await.map_err(why)?;
        ensure!(usage.blocks == 0 && usage.block_bytes == 0 && usage.log_bytes == 0, "it uses {usage:?}");
        Ok(())
    }

    pub async fn blocks_are_read_as_written(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let lengths = [0, 1, 63, 64, 511, 512, 513, 4_095, 4_096, 4_097, 131_072, 3_000_001];
        let blocks: Vec<_> = (1..).zip(lengths).map(|(number, length)| block(number, length)).collect();
        store.write_blocks(blocks.clone()).await.map_err(why)?;
        expect_blocks(&*store, &blocks).await?;
        store.flush().await.map_err(why)?;
        expect_blocks(&*store, &blocks).await?;
        let usage = store.usage().await.map_err(why)?;
        let bytes: usize = lengths.iter().sum();
        ensure!(usage.blocks == lengths.len() as u64, "{} blocks are counted", usage.blocks);
        ensure!(usage.block_bytes == bytes as u64, "{} bytes are counted, not {bytes}", usage.block_bytes);
        ensure!(usage.total_bytes >= usage.block_bytes, "in all {} bytes are counted", usage.total_bytes);
        store.write_blocks(Vec::new()).await.map_err(why)?;
        end(store).await
    }

    pub async fn blocks_are_aligned(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let (id, bytes) = block(1, 10_000);
        // A slice that starts in the middle of other memory, as a writer may well hand over.
        let slice = bytes.slice(3);
        store.write_blocks(vec![(id, slice.clone()), block(2, 0)]).await.map_err(why)?;
        for id in [id, block(2, 0).0] {
            let found = read(&*store, id).await?.ok_or("a block is missing")?;
            ensure!(found.as_ptr().align_offset(ALIGNMENT) == 0, "block {id} lies at {:?}", found.as_ptr());
        }
        ensure!(read(&*store, id).await? == Some(slice), "a slice is not read as written");
        end(store).await
    }

    pub async fn missing_blocks_are_none(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let (one, two, three) = (block(1, 10), block(2, 20), block(3, 30));
        store.write_blocks(vec![one.clone(), three.clone()]).await.map_err(why)?;
        ensure!(read(&*store, two.0).await?.is_none(), "a block was read that was never written");
        let ids = [three.0, two.0, one.0, three.0];
        let found = store.read_blocks(&ids).await.map_err(why)?;
        let expected = vec![Some(three.1.clone()), None, Some(one.1), Some(three.1)];
        ensure!(found == expected, "several blocks are not read in the order asked for");
        ensure!(store.read_blocks(&[]).await.map_err(why)?.is_empty(), "no ids gave blocks");
        end(store).await
    }

    pub async fn parts_of_blocks_are_read(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let (one, two) = (block(1, 10_000), block(2, 5));
        store.write_blocks(vec![one.clone(), two.clone()]).await.map_err(why)?;
        let part = |id, offset, length| BlockPart { id, offset, length };
        let parts = [
            part(one.0, 4_000, 1_536),
            part(two.0, 0, 5),
            part(one.0, 9_999, 1),
            part(one.0, 10_000, 0),
            part(one.0, 9_999, 2),
            part(one.0, u32::MAX, u32::MAX),
            part(block(3, 0).0, 0, 0),
        ];
        let found = store.read_parts(&parts).await.map_err(why)?;
        let slice = |bytes: &Buffer, offset, length| Some(bytes.slice_with_length(offset, length));
        let inside = [
            slice(&one.1, 4_000, 1_536),
            slice(&two.1, 0, 5),
            slice(&one.1, 9_999, 1),
            slice(&one.1, 10_000, 0),
        ];
        ensure!(found[..4] == inside, "a part is not read as written");
        ensure!(found[4..] == [None, None, None], "something was read that is not there");
        end(store).await
    }

    pub async fn many_blocks_in_one_batch(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let blocks: Vec<_> = (1..=500).map(|number| block(number, (number * 37 % 1_000) as usize)).collect();
        store.write_blocks(blocks.clone()).await.map_err(why)?;
        store.flush().await.map_err(why)?;
        expect_blocks(&*store, &blocks).await?;
        let ids: Vec<BlockId> = blocks.iter().rev().map(|(id, _)| *id).collect();
        let found = store.read_blocks(&ids).await.map_err(why)?;
        let expected: Vec<_> = blocks.iter().rev().map(|(_, bytes)| Some(bytes.clone())).collect();
        ensure!(found == expected, "500 blocks read at once differ");
        end(store).await
    }

    pub async fn a_block_is_written_once(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let kept = block(1, 100);
        store.write_blocks(vec![kept.clone()]).await.map_err(why)?;
        let again = vec![block(2, 50), (kept.0, block(3, 100).1)];
        ensure!(store.write_blocks(again).await.is_err(), "an id was written twice");
        expect_blocks(&*store, &[kept]).await?;
        end(store).await
    }

    pub async fn deleted_blocks_are_gone(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let blocks: Vec<_> = (1..=4).map(|number| block(number, 5_000)).collect();
        store.write_blocks(blocks.clone()).await.map_err(why)?;
        store.delete_blocks(vec![blocks[0].0, block(99, 0).0]).await.map_err(why)?;
        expect_blocks(&*store, &blocks[1..]).await?;
        store.flush().await.map_err(why)?;
        store.delete_blocks(vec![blocks[2].0, blocks[0].0]).await.map_err(why)?;
        store.flush().await.map_err(why)?;
        expect_blocks(&*store, &[blocks[1].clone(), blocks[3].clone()]).await?;
        let usage = store.usage().await.map_err(why)?;
        ensure!(usage.blocks == 2 && usage.block_bytes == 10_000, "it uses {usage:?}");
        end(store).await
    }

    pub async fn log_is_read_from_a_sequence_number(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let mut chain = Chain::default();
        store.append_log(chain.grow(&[10]), Durability::Strict).await.map_err(why)?;
        store.append_log(chain.grow(&[0, 5_000, 300_000]), Durability::Relaxed).await.map_err(why)?;
        store.append_log(Vec::new(), Durability::Strict).await.map_err(why)?;
        store.append_log(chain.grow(&[1, 2]), Durability::Strict).await.map_err(why)?;
        for from in [0, 1, 2, 4, 6, 7, u64::MAX] {
            expect_log(&*store, from, chain.contents(from, 1)).await?;
        }
        let bytes: usize = chain.frames.iter().map(|frame| frame.bytes.len()).sum();
        let usage = store.usage().await.map_err(why)?;
        ensure!(usage.log_bytes == bytes as u64, "the log has {} bytes, not {bytes}", usage.log_bytes);
        end(store).await
    }

    pub async fn log_takes_only_the_next_frame(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let mut chain = Chain::default();
        store.append_log(chain.grow(&[10, 10]), Durability::Strict).await.map_err(why)?;
        let good = chain.contents(1, 1);
        let mut damaged = Frame::new(3, chain.end.checksum, b"damaged");
        damaged.bytes[33] ^= 1;
        let refused = [
            Frame::new(2, chain.end.checksum, b"again"),
            Frame::new(4, chain.end.checksum, b"gap"),
            Frame::new(3, chain.end.checksum ^ 1, b"another chain"),
            damaged,
        ];
        for frame in refused {
            let frames = vec![frame];
            ensure!(
                store.append_log(frames, Durability::Strict).await.is_err(),
                "a frame was appended that does not continue the log"
            );
            expect_log(&*store, 1, good.clone()).await?;
        }
        store.append_log(chain.grow(&[10]), Durability::Strict).await.map_err(why)?;
        expect_log(&*store, 1, chain.contents(1, 1)).await?;
        end(store).await
    }

    pub async fn dropped_frames_are_gone(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let mut chain = Chain::default();
        store.append_log(chain.grow(&[100; 10]), Durability::Strict).await.map_err(why)?;
        for below in [0, 1, 4, 3, 8] {
            store.drop_log(below).await.map_err(why)?;
        }
        expect_log(&*store, 0, chain.contents(0, 8)).await?;
        expect_log(&*store, 9, chain.contents(9, 8)).await?;
        store.append_log(chain.grow(&[100]), Durability::Strict).await.map_err(why)?;
        expect_log(&*store, 1, chain.contents(1, 8)).await?;
        let usage = store.usage().await.map_err(why)?;
        ensure!(usage.log_bytes == 4 * 132, "the log has {} bytes", usage.log_bytes);
        end(store).await
    }

    pub async fn a_log_goes_on_after_everything_was_dropped(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let mut chain = Chain::default();
        store.drop_log(5).await.map_err(why)?;
        for _ in 0..3 {
            store.append_log(chain.grow(&[1_000, 400_000]), Durability::Relaxed).await.map_err(why)?;
            store.drop_log(u64::MAX).await.map_err(why)?;
            expect_log(&*store, 1, chain.contents(u64::MAX, 1)).await?;
        }
        store.append_log(chain.grow(&[7]), Durability::Strict).await.map_err(why)?;
        expect_log(&*store, 1, chain.contents(7, 1)).await?;
        end(store).await
    }

    pub async fn root_generations_follow_each_other(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        ensure!(store.write_root(root(2, 5)).await.is_err(), "a store began with generation 2");
        for (generation, length) in [(1, 0), (2, MAX_ROOT_BYTES), (3, 17)] {
            store.write_root(root(generation, length)).await.map_err(why)?;
            let found = store.read_root().await.map_err(why)?;
            ensure!(
                found == Some(root(generation, length)),
                "generation {generation} is not read as written"
            );
        }
        for refused in [root(3, 1), root(5, 1), root(0, 1), root(4, MAX_ROOT_BYTES + 1)] {
            let generation = refused.generation;
            ensure!(store.write_root(refused).await.is_err(), "generation {generation} followed 3");
        }
        ensure!(
            store.read_root().await.map_err(why)? == Some(root(3, 17)),
            "a refused root changed something"
        );
        end(store).await
    }

    pub async fn overlapping_calls_take_effect_in_order(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        let mut chain = Chain::default();
        let (one, two) = (block(1, 70_000), block(2, 10));
        let write = store.write_blocks(vec![one.clone(), two.clone()]);
        let read = store.read_block(one.0);
        let delete = store.delete_blocks(vec![two.0]);
        // Waited for in another order than they were called.
        let (deleted, found, written) = join3(delete, read, write).await;
        written.and(deleted).map_err(why)?;
        ensure!(found.map_err(why)? == Some(one.1.clone()), "a read did not see the write before it");
        expect_blocks(&*store, &[one]).await?;
        let first = store.append_log(chain.grow(&[10]), Durability::Strict);
        let second = store.append_log(chain.grow(&[10]), Durability::Strict);
        let log = store.read_log(1);
        let (log, (second, first)) = join(log, join(second, first)).await;
        first.and(second).map_err(why)?;
        ensure!(
            log.map_err(why)?.frames == chain.frames,
            "a read of the log did not see the appends before it"
        );
        let first = store.write_root(root(1, 10));
        let second = store.write_root(root(2, 10));
        let (second, first) = join(second, first).await;
        first.and(second).map_err(why)?;
        ensure!(
            store.read_root().await.map_err(why)? == Some(root(2, 10)),
            "the last root is not the last one"
        );
        end(store).await
    }

    pub async fn a_cleared_store_is_new(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        store.write_blocks(vec![block(1, 9_000)]).await.map_err(why)?;
        store.append_log(Chain::default().grow(&[10, 10]), Durability::Strict).await.map_err(why)?;
        store.write_root(root(1, 10)).await.map_err(why)?;
        store.clear().await.map_err(why)?;
        expect_empty(&*store).await?;
        let blocks = [block(1, 20)];
        let mut chain = Chain::default();
        store.write_blocks(blocks.to_vec()).await.map_err(why)?;
        store.append_log(chain.grow(&[5]), Durability::Strict).await.map_err(why)?;
        store.write_root(root(1, 20)).await.map_err(why)?;
        expect_blocks(&*store, &blocks).await?;
        expect_log(&*store, 1, chain.contents(1, 1)).await?;
        end(store).await
    }

    pub async fn a_closed_store_says_so(factory: &dyn Factory) -> Outcome {
        let store = factory.fresh().await.map_err(why)?;
        store.close().await.map_err(why)?;
        let id = block(1, 0).0;
        let answers = [
            ("read_block", store.read_block(id).await.err()),
            ("read_blocks", store.read_blocks(&[id]).await.err()),
            ("read_parts", store.read_parts(&[BlockPart { id, offset: 0, length: 0 }]).await.err()),
            ("write_blocks", store.write_blocks(vec![block(1, 1)]).await.err()),
            ("delete_blocks", store.delete_blocks(vec![id]).await.err()),
            ("list_blocks", store.list_blocks().await.err()),
            ("append_log", store.append_log(Chain::default().grow(&[1]), Durability::Strict).await.err()),
            ("read_log", store.read_log(1).await.err()),
            ("drop_log", store.drop_log(1).await.err()),
            ("read_root", store.read_root().await.err()),
            ("write_root", store.write_root(root(1, 1)).await.err()),
            ("flush", store.flush().await.err()),
            ("usage", store.usage().await.err()),
            ("clear", store.clear().await.err()),
            ("close", store.close().await.err()),
        ];
        for (call, answer) in answers {
            ensure!(answer == Some(StorageError::Closed), "{call} answers {answer:?}");
        }
        Ok(true)
    }
}

#[cfg(all(target_arch = "wasm32", feature = "conformance"))]
pub use super::browser::conformance::run_in_browser;

#[cfg(test)]
mod tests;

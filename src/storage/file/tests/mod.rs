//! The layout under crashes, failing operations and damage, on simulated files.

use std::collections::BTreeMap;

use arrow::buffer::Buffer;
use futures::executor::block_on;

use super::{FileOptions, FileStorage};
use crate::limits::PAGE_BYTES;
use crate::storage::sim::{SimFile, SimFiles, Xorshift};
use crate::storage::{BlockId, ChainEnd, Durability, Frame, Pending, Root, Storage};

mod crash;
mod damage;
mod faults;

/// The result of a storage operation.
type Answer<T> = crate::storage::Result<T>;
type Store = FileStorage<SimFile>;

/// Small enough that the workloads below rewrite both journals several times.
const OPTIONS: FileOptions = FileOptions { rewrite_bytes: 300, spare_bytes: 0 };

/// The result of a call, with what it waits for.
fn now<T>(pending: Pending<'_, T>) -> Answer<T> {
    block_on(pending)
}

/// Block number `number`: no two share their bytes at any offset range of a few bytes.
fn block(number: u64, length: usize) -> (BlockId, Buffer) {
    let mut random = Xorshift::new(number);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    (BlockId(id), Buffer::from_vec((0..length).map(|_| random.next() as u8).collect::<Vec<u8>>()))
}

/// One call on a store.
#[derive(Debug, Clone)]
enum Step {
    /// (number, length) of each block.
    Write(Vec<(u64, usize)>),
    Delete(Vec<u64>),
    /// Payload lengths.
    Append(Vec<usize>, Durability),
    Drop(u64),
    /// Length of the record.
    Root(usize),
    Flush,
    Shrink,
    Clear,
}

/// What a store holds, and how much of it a crash may not take.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    /// Blocks as the living store has them.
    visible: BTreeMap<BlockId, Buffer>,
    /// Blocks as of the last flush.
    flushed: BTreeMap<BlockId, Buffer>,
    /// Blocks that a flush which was under way may have taken along.
    perhaps: BTreeMap<BlockId, Buffer>,
    /// Every frame ever appended.
    frames: Vec<Frame>,
    /// Frames below have been dropped.
    first: u64,
    /// Frames up to here were acknowledged as durable.
    durable: usize,
    root: Option<Root>,
}

fn end_of(frames: &[Frame]) -> ChainEnd {
    let end = |frame: &Frame| ChainEnd { sequence: frame.sequence, checksum: frame.checksum() };
    frames.last().map(end).unwrap_or_default()
}

impl Model {
    fn next_frames(&self, lengths: &[usize]) -> Vec<Frame> {
        let mut end = end_of(&self.frames);
        let mut frames = Vec::new();
        for length in lengths {
            let mut random = Xorshift::new(end.sequence ^ (*length as u64) << 32);
            let payload: Vec<u8> = (0..*length).map(|_| random.next() as u8).collect();
            frames.push(Frame::new(end.sequence + 1, end.checksum, &payload));
            end = end_of(&frames);
        }
        frames
    }

    fn next_root(&self, length: usize) -> Root {
        let generation = self.root.as_ref().map_or(0, |root| root.generation) + 1;
        Root { generation, bytes: vec![generation as u8 ^ 0x5A; length] }
    }

    /// Makes the call that `step` stands for.
    fn call(&self, store: &Store, step: &Step) -> Answer<()> {
        match step {
            Step::Write(blocks) => {
                now(store
                    .write_blocks(blocks.iter().map(|(number, length)| block(*number, *length)).collect()))
            }
            Step::Delete(numbers) => {
                now(store.delete_blocks(numbers.iter().map(|number| block(*number, 0).0).collect()))
            }
            Step::Append(lengths, durability) => {
                now(store.append_log(self.next_frames(lengths), *durability))
            }
            Step::Drop(below) => now(store.drop_log(*below)),
            Step::Root(length) => now(store.write_root(self.next_root(*length))),
            Step::Flush => now(store.flush()),
            Step::Shrink => now(store.shrink()).map(|_| ()),
            Step::Clear => now(store.clear()),
        }
    }

    /// Begins a call that waits for the device.
    fn begin<'a>(&self, store: &'a Store, step: &Step) -> Pending<'a, ()> {
        match step {
            Step::Append(lengths, durability) => store.append_log(self.next_frames(lengths), *durability),
            Step::Root(length) => store.write_root(self.next_root(*length)),
            Step::Drop(below) => store.drop_log(*below),
            _ => store.flush(),
        }
    }

    /// The model after `step` was acknowledged.
    fn after(&self, step: &Step) -> Self {
        let mut model = self.clone();
        match step {
            Step::Write(blocks) => {
                model.visible.extend(blocks.iter().map(|(number, length)| block(*number, *length)));
            }
            Step::Delete(numbers) => {
                for number in numbers {
                    model.visible.remove(&block(*number, 0).0);
                }
            }
            Step::Append(lengths, durability) => {
                model.frames.extend(self.next_frames(lengths));
                if *durability == Durability::Strict {
                    model.durable = model.frames.len();
                }
            }
            Step::Drop(below) => {
                model.first = self.first.max((*below).min(end_of(&self.frames).sequence + 1))
            }
            Step::Root(length) => model.root = Some(self.next_root(*length)),
            Step::Flush | Step::Shrink => {
                model.durable = model.frames.len();
                model.flushed = model.visible.clone();
                model.perhaps.clear();
            }
            Step::Clear => model = Self::default(),
        }
        model
    }

    /// Whether `store`, just recovered, holds what it must after `before` was acknowledged and `after`
    /// was under way; returns what it holds. `kept_all` says that unflushed writes were not lost.
    fn recovered(before: &Self, after: &Self, store: &Store, kept_all: bool) -> Result<Self, String> {
        let cleared = *after == Self::default();
        Self::matches(before, after, store, kept_all).or_else(|reason| {
            if cleared { Self::matches(after, after, store, kept_all) } else { Err(reason) }
        })
    }

    fn matches(before: &Self, after: &Self, store: &Store, kept_all: bool) -> Result<Self, String> {
        // A clearing under way is all or nothing: see `recovered`.
        let after = if *after == Self::default() { before } else { after };
        let mut found = Self { first: after.first, ..Self::default() };
        found.root = now(store.read_root()).map_err(|error| error.to_string())?;
        if found.root != before.root && found.root != after.root {
            return Err(format!("root is {:?}, was {:?}", found.root, before.root));
        }
        found.visible = blocks_of(store)?;
        for (id, bytes) in &before.flushed {
            let settled = before.visible.contains_key(id) && after.visible.contains_key(id);
            if settled && found.visible.get(id) != Some(bytes) {
                return Err(format!("block {id} was flushed and is lost"));
            }
        }
        for (id, bytes) in &found.visible {
            let known = [&before.flushed, &before.perhaps, &before.visible, &after.visible];
            let known = known.iter().find_map(|blocks| blocks.get(id));
            if known != Some(bytes) {
                return Err(format!("block {id} is there, but not as it was written"));
            }
        }
        found.flushed = found.visible.clone();
        let log = now(store.read_log(after.first.max(1))).map_err(|error| error.to_string())?;
        let count = log.end.sequence as usize;
        let least = if kept_all { before.frames.len() } else { before.durable };
        if count < least || count > after.frames.len() {
            return Err(format!("the log ends at {count}, not in {least}..={}", after.frames.len()));
        }
        found.frames = after.frames[..count].to_vec();
        found.durable = count;
        let live: Vec<&Frame> = found.frames.iter().filter(|frame| frame.sequence >= after.first).collect();
        if log.end != end_of(&found.frames) || !log.frames.iter().eq(live) {
            return Err("the frames of the log are not those that were appended".into());
        }
        found.first = found.first.min(log.end.sequence + 1);
        Ok(found)
    }
}

fn blocks_of(store: &Store) -> Result<BTreeMap<BlockId, Buffer>, String> {
    let ids = now(store.list_blocks()).map_err(|error| error.to_string())?;
    let mut blocks = BTreeMap::new();
    for id in ids {
        let bytes = now(store.read_block(id)).map_err(|error| error.to_string())?;
        blocks.insert(id, bytes.ok_or("a listed block is missing")?);
    }
    Ok(blocks)
}

/// Everything a store does, some of it several times: both journals are rewritten, space is reused,
/// the data file shrinks, and a log is emptied.
fn workload() -> Vec<Step> {
    use Durability::{Relaxed, Strict};
    vec![
        Step::Append(vec![20], Strict),
        Step::Write(vec![(1, 5_000), (2, 300), (3, 0)]),
        Step::Append(vec![100, 700, 40], Strict),
        Step::Flush,
        Step::Root(40),
        Step::Drop(3),
        Step::Append(vec![10], Relaxed),
        Step::Append(vec![900, 5], Relaxed),
        Step::Write(vec![(4, 9_000)]),
        Step::Delete(vec![1, 4]),
        Step::Write(vec![(5, 4_096), (6, 1)]),
        Step::Flush,
        Step::Root(1_000),
        Step::Append(vec![300], Strict),
        Step::Drop(8),
        Step::Write((10..22).map(|number| (number, (number * 97 % 1_500) as usize)).collect()),
        Step::Delete(vec![2, 5]),
        Step::Flush,
        Step::Root(0),
        Step::Delete((10..20).collect()),
        Step::Append(vec![50, 50], Relaxed),
        Step::Drop(u64::MAX),
        Step::Flush,
        Step::Write(vec![(30, 4_000), (31, 100)]),
        Step::Append(vec![2_000], Strict),
        Step::Flush,
        Step::Root(4_000),
        Step::Delete(vec![6, 20]),
        Step::Shrink,
        Step::Write(vec![(40, 9_000), (41, 5_000), (42, 100)]),
        Step::Delete(vec![30, 31, 40]),
        Step::Shrink,
        Step::Shrink,
        Step::Delete(vec![21, 3]),
        Step::Flush,
    ]
}

/// A random next step that makes sense for `model`; blocks are numbered from `*fresh` on.
fn random_step(model: &Model, random: &mut Xorshift, fresh: &mut u64) -> Step {
    match random.below(40) {
        0..8 => {
            let count = random.below(4);
            let blocks = (0..count).map(|_| {
                *fresh += 1;
                (*fresh, random.below(3) as usize * random.below(5_000) as usize)
            });
            Step::Write(blocks.collect())
        }
        8..14 => {
            let ids = model.visible.keys().filter(|_| random.below(2) == 0);
            Step::Delete(ids.map(|id| u64::from_be_bytes(std::array::from_fn(|at| id.0[at]))).collect())
        }
        14..26 => {
            let lengths = (0..1 + random.below(3)).map(|_| random.below(800) as usize).collect();
            Step::Append(lengths, if random.below(2) == 0 { Durability::Strict } else { Durability::Relaxed })
        }
        26..30 => Step::Drop(random.below(end_of(&model.frames).sequence + 2)),
        30..34 => Step::Root(random.below(4_001) as usize),
        34..37 => Step::Flush,
        37..39 => Step::Shrink,
        _ => Step::Clear,
    }
}

/// Runs `steps` on the store in `files` until one fails; returns the model before and after that one.
fn run_until_failure(files: &SimFiles, steps: &[Step]) -> (Model, Model) {
    let mut model = Model::default();
    let Ok(store) = files.storage(OPTIONS) else { return (model.clone(), model) };
    for step in steps {
        let after = model.after(step);
        if model.call(&store, step).is_err() {
            return (model, after);
        }
        model = after;
    }
    (model.clone(), model)
}

#[test]
fn blocks_move_into_the_space_of_those_that_are_gone() {
    let files = SimFiles::new(0);
    let store = files.storage(OPTIONS).unwrap();
    let blocks: Vec<(BlockId, Buffer)> =
        (0..40).map(|number| block(number, 1 + number as usize * 700)).collect();
    now(store.write_blocks(blocks.clone())).unwrap();
    now(store.flush()).unwrap();
    let (gone, kept): (Vec<_>, Vec<_>) = blocks.into_iter().partition(|(id, _)| id.0[7] % 3 > 0);
    now(store.delete_blocks(gone.iter().map(|(id, _)| *id).collect())).unwrap();
    let mut moves = 0;
    while now(store.shrink()).unwrap() {
        moves += 1;
    }
    assert!(moves > 0);
    let pages: u64 = kept.iter().map(|(_, bytes)| (bytes.len() as u64).next_multiple_of(PAGE_BYTES)).sum();
    let size = files.contents()[5].len() as u64;
    assert!(size <= pages + pages / 4, "{size} bytes for {pages}");
    let kept: BTreeMap<BlockId, Buffer> = kept.into_iter().collect();
    assert_eq!(blocks_of(&store).unwrap(), kept);
    drop(store);
    assert_eq!(
        blocks_of(&files.reopen(crate::storage::sim::Crash::Kill, 0).storage(OPTIONS).unwrap()).unwrap(),
        kept
    );
}

#[test]
fn every_name_has_a_safe_directory_of_its_own() {
    use super::directory_name;
    assert_eq!(directory_name("my-store"), "my-store");
    assert_eq!(directory_name("../A_b"), "_2e_2e_2f_41_5fb");
    let long = "x".repeat(500);
    let names = ["", ".", "..", "a", "A", "_", "_41", "a/b", "a\\b", "\u{e9}", "\0", long.as_str()];
    let directories: std::collections::BTreeSet<String> =
        names.iter().map(|name| directory_name(name)).collect();
    assert_eq!(directories.len(), names.len());
    let safe = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    assert!(directories.iter().all(|name| !name.is_empty() && name.len() <= 100 && name.bytes().all(safe)));
}

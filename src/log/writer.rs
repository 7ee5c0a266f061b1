//! The one writer of the log, with group commit, and its recovery.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use futures::channel::oneshot;
use prost::Message;

use super::proto::{Change, LogEntry, Request};
use crate::env::Env;
use crate::error::{Corruption, Error, Result, StorageError};
use crate::limits::{MAX_FRAME_BYTES, SEALED_BYTES};
use crate::storage::sealed::place_of_frame;
use crate::storage::{ChainEnd, Cipher, Durability, Frame, Payload, Storage};

/// What runs when an entry has become durable; it is given the entry's sequence number.
type Apply = Box<dyn FnOnce(u64)>;

/// What an entry does to the room of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// It takes some for good. A full store refuses it before it takes what is kept for the others.
    Takes,
    /// It gives some back, as deletions do.
    Gives,
}

/// The log of a store, open for appending.
pub struct Log {
    storage: Rc<dyn Storage>,
    env: Rc<dyn Env>,
    durability: Durability,
    cipher: Option<Rc<dyn Cipher>>,
    state: RefCell<State>,
}

struct State {
    /// Sequence number of the next entry.
    next: u64,
    /// Checksum of the last frame that was made, which the next one has to carry.
    chain: u64,
    /// Durable frames that are not dropped yet, oldest first.
    retained: VecDeque<Retained>,
    /// Sequence number of the last durable frame.
    durable: u64,
    /// Checksum of the frame before the oldest retained one.
    start_checksum: u64,
    queue: Vec<Queued>,
    flushing: bool,
    /// Why no more appends are taken.
    failed: Option<Error>,
}

struct Retained {
    sequence: u64,
    checksum: u64,
    bytes: usize,
}

struct Queued {
    room: Room,
    payload: Payload,
    apply: Apply,
    done: oneshot::Sender<Result<()>>,
}

/// What recovery found in the log.
#[derive(Debug, Default)]
pub struct Replay {
    pub entries: Vec<ReplayedEntry>,
    /// Bytes of an unacknowledged append that were cut off.
    pub torn_bytes: u64,
}

/// One recovered entry.
#[derive(Debug)]
pub struct ReplayedEntry {
    pub sequence: u64,
    pub change: Change,
    pub request: Option<Request>,
}

impl Log {
    /// Opens the log for a store whose root needs it from `start` on, and reads what is there.
    /// `start_checksum` is the checksum of the frame before `start`.
    pub async fn open(
        storage: Rc<dyn Storage>,
        env: Rc<dyn Env>,
        durability: Durability,
        start: u64,
        start_checksum: u64,
    ) -> Result<(Self, Replay)> {
        let contents = storage.read_log(start).await?;
        let cipher = storage.cipher();
        let mut state = State {
            next: start,
            chain: start_checksum,
            retained: VecDeque::new(),
            durable: start - 1,
            start_checksum,
            queue: Vec::new(),
            flushing: false,
            failed: None,
        };
        let mut replay = Replay { entries: Vec::new(), torn_bytes: contents.torn_bytes };
        for frame in contents.frames {
            let place = || format!("log frame {}", frame.sequence);
            if frame.sequence != state.next || frame.previous() != state.chain {
                return Err(Corruption::new(place(), "it does not continue what the root holds").into());
            }
            let payload = open_payload(cipher.as_deref(), &frame).await?;
            let LogEntry { change, request } =
                LogEntry::decode(&*payload).map_err(|error| Corruption::new(place(), error.to_string()))?;
            let change =
                change.ok_or_else(|| Corruption::new(place(), "it was written by a newer version"))?;
            replay.entries.push(ReplayedEntry { sequence: frame.sequence, change, request });
            state.retain(frame.sequence, frame.checksum(), frame.bytes.len());
            state.next = frame.sequence + 1;
            state.chain = frame.checksum();
        }
        let end = ChainEnd { sequence: state.durable, checksum: state.chain };
        if contents.end != end {
            let place = format!("log frame {}", state.next);
            return Err(Corruption::new(place, "the log does not end where the root says").into());
        }
        Ok((Self { storage, env, durability, cipher, state: RefCell::new(state) }, replay))
    }

    /// Appends an entry. When it returns, the entry is as durable as the store promises and `apply` has run.
    /// Entries become durable, and are applied, in the order of the calls.
    ///
    /// # Errors
    /// A full store fails this and the appends queued behind it that take room, and nothing else; any other failure of
    /// the storage ends the log: what the device holds is known again only after a reopen.
    pub async fn append(&self, room: Room, entry: LogEntry, apply: impl FnOnce(u64) + 'static) -> Result<()> {
        let mut payload = Payload::with_capacity(entry.encoded_len());
        entry.encode_raw(payload.buffer());
        self.append_encoded(room, payload, apply).await
    }

    /// As [`append`](Self::append), of an entry that is encoded already ([`super::convert::encode_records`]).
    pub async fn append_encoded(
        &self,
        room: Room,
        payload: Payload,
        apply: impl FnOnce(u64) + 'static,
    ) -> Result<()> {
        if payload.len() > MAX_FRAME_BYTES - SEALED_BYTES {
            return Err(Error::InvalidArgument(format!(
                "a write of {} bytes is too large: split it, at most {MAX_FRAME_BYTES} bytes fit one write",
                payload.len()
            )));
        }
        let (done, outcome) = oneshot::channel();
        if self.enqueue(Queued { room, payload, apply: Box::new(apply), done })? {
            self.flush_queue().await;
        }
        outcome
            .await
            .unwrap_or_else(|_| Err(Error::Unavailable("the store was closed during a write".into())))
    }

    /// Queues an entry; true when the caller has to flush the queue.
    fn enqueue(&self, entry: Queued) -> Result<bool> {
        let mut state = self.state.borrow_mut();
        state.check()?;
        state.queue.push(entry);
        Ok(!std::mem::replace(&mut state.flushing, true))
    }

    async fn flush_queue(&self) {
        loop {
            // Calls that arrived together get to join this flush.
            self.env.pause().await;
            let batch = self.state.borrow_mut().take_batch();
            let Some(room) = batch.first().map(|entry| entry.room) else {
                self.state.borrow_mut().flushing = false;
                return;
            };
            let before = self.state.borrow().end();
            let mut frames = Vec::with_capacity(batch.len());
            let mut waiting = Vec::with_capacity(batch.len());
            let mut made = Ok(());
            for Queued { payload, apply, done, .. } in batch {
                if made.is_ok() {
                    made = self.frame(payload).await.map(|frame| frames.push(frame));
                }
                waiting.push((apply, done));
            }
            let ends: Vec<_> =
                frames.iter().map(|frame| (frame.sequence, frame.checksum(), frame.bytes.len())).collect();
            match self.store(room, frames, made).await {
                Ok(()) => {
                    for ((sequence, checksum, bytes), (apply, done)) in ends.into_iter().zip(waiting) {
                        self.state.borrow_mut().retain(sequence, checksum, bytes);
                        apply(sequence);
                        // A caller that went away does not need the answer.
                        let _ = done.send(Ok(()));
                    }
                }
                Err(error) => self.fail(waiting.into_iter().map(|(_, done)| done), before, error),
            }
        }
    }

    /// Makes the frames of one batch durable, unless one of them could not be made.
    async fn store(
        &self,
        room: Room,
        frames: Vec<Frame>,
        made: crate::storage::Result<()>,
    ) -> crate::storage::Result<()> {
        made?;
        if room == Room::Gives {
            return self.storage.append_kept(frames, self.durability).await;
        }
        self.storage.reserve(frames.iter().map(|frame| frame.bytes.len() as u64).sum()).await?;
        self.storage.append_log(frames, self.durability).await
    }

    /// Makes the next frame of the chain, its payload sealed if the store is encrypted.
    async fn frame(&self, payload: Payload) -> crate::storage::Result<Frame> {
        let sequence = self.state.borrow().next;
        let payload = match &self.cipher {
            None => payload,
            Some(cipher) => {
                let sealed = cipher.seal(&place_of_frame(sequence), payload.bytes()).await?;
                let mut payload = Payload::with_capacity(sealed.len());
                payload.buffer().extend_from_slice(&sealed);
                payload
            }
        };
        let mut state = self.state.borrow_mut();
        let frame = Frame::enclose(sequence, state.chain, payload);
        state.chain = frame.checksum();
        state.next += 1;
        Ok(frame)
    }

    /// Answers everyone who waits, and takes the log back to its last durable frame (full store) or ends it.
    fn fail(
        &self,
        waiting: impl Iterator<Item = oneshot::Sender<Result<()>>>,
        before: ChainEnd,
        error: StorageError,
    ) {
        let mut state = self.state.borrow_mut();
        let is_full = matches!(error, StorageError::QuotaExceeded { .. });
        if is_full {
            (state.next, state.chain) = (before.sequence + 1, before.checksum);
        } else {
            state.failed.get_or_insert(error.clone().into());
        }
        // Writes keep their order: what was called after one that failed, and may build on it, fails too. What gives room back does not build on
        // what takes some.
        let queued = std::mem::take(&mut state.queue);
        let (left, failed): (Vec<_>, Vec<_>) =
            queued.into_iter().partition(|entry| is_full && entry.room == Room::Gives);
        state.queue = left;
        for done in waiting.chain(failed.into_iter().map(|entry| entry.done)) {
            let _ = done.send(Err(error.clone().into()));
        }
    }

    /// Sequence number of the last durable entry; 0 before the first.
    pub fn durable(&self) -> u64 {
        self.state.borrow().durable
    }

    /// Checksum of the frame before `sequence`, which is retained or follows the last retained one.
    pub fn checksum_before(&self, sequence: u64) -> u64 {
        let state = self.state.borrow();
        let before = state.retained.partition_point(|frame| frame.sequence < sequence).checked_sub(1);
        before.map_or(state.start_checksum, |before| state.retained[before].checksum)
    }

    /// Entries and bytes that a recovery would read.
    pub fn size(&self) -> (usize, usize) {
        let state = self.state.borrow();
        (state.retained.len(), state.retained.iter().map(|frame| frame.bytes).sum())
    }

    /// Forgets the entries below `sequence`, after a root that does not need them is durable.
    pub async fn drop_below(&self, sequence: u64) -> Result<()> {
        {
            let mut state = self.state.borrow_mut();
            while let Some(frame) = state.retained.pop_front_if(|frame| frame.sequence < sequence) {
                state.start_checksum = frame.checksum;
            }
        }
        Ok(self.storage.drop_log(sequence).await?)
    }

    /// Takes no more appends.
    pub fn close(&self) {
        self.stop(Error::Unavailable("the store is closed".into()));
    }

    /// Ends the log after a failure that leaves unknown what the device holds.
    pub fn stop(&self, error: Error) {
        self.state.borrow_mut().failed.get_or_insert(error);
    }

    /// # Errors
    /// `Unavailable` if the log has ended: whatever changes the store asks first.
    pub fn check(&self) -> Result<()> {
        self.state.borrow().check()
    }
}

/// The payload of a frame, opened if it is sealed.
async fn open_payload<'a>(cipher: Option<&dyn Cipher>, frame: &'a Frame) -> Result<Cow<'a, [u8]>> {
    let Some(cipher) = cipher else { return Ok(Cow::Borrowed(frame.payload())) };
    let plain = cipher.open(&place_of_frame(frame.sequence), frame.payload()).await?;
    let place = format!("log frame {}", frame.sequence);
    let damaged = || Corruption::new(place, "it was not sealed with the key of the store");
    Ok(Cow::Owned(plain.ok_or_else(damaged)?))
}

impl State {
    fn check(&self) -> Result<()> {
        match &self.failed {
            None => Ok(()),
            Some(Error::Unavailable(reason)) => Err(Error::Unavailable(reason.clone())),
            Some(error) => Err(Error::Unavailable(format!(
                "the store stopped after a failed write ({error}); open it again"
            ))),
        }
    }

    /// The entries at the front of the queue that do the same to the room of the store.
    fn take_batch(&mut self) -> Vec<Queued> {
        let Some(room) = self.queue.first().map(|entry| entry.room) else { return Vec::new() };
        let length = self.queue.iter().take_while(|entry| entry.room == room).count();
        let rest = self.queue.split_off(length);
        std::mem::replace(&mut self.queue, rest)
    }

    /// The last frame that was made.
    fn end(&self) -> ChainEnd {
        ChainEnd { sequence: self.next - 1, checksum: self.chain }
    }

    fn retain(&mut self, sequence: u64, checksum: u64, bytes: usize) {
        self.retained.push_back(Retained { sequence, checksum, bytes });
        self.durable = sequence;
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;

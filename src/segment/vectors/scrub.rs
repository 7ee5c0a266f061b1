//! Scrubbing: lists are written again without their dead entries.
//!
//! An entry dies where it lies when its vector is deleted, replaced or moved, for nobody knows in which lists a vector is.
//! What is counted is the vectors that this may have happened to. When they are many, all lists are looked through in
//! the order of their ids, some in each step. Only then do their sizes tell the balance which lists have become small.

use prost::Message;

use super::improve::Work;
use super::lists::{LIST, SIZE, encode_sizes};
use super::{INFO, proto};
use crate::blockstore::{Bytes, Commit};
use crate::error::Result;
use crate::limits::{SCRUBBED_ENTRIES, STALE_FRACTION};

/// Whether lists have to be scrubbed, in an index of `records` vectors.
pub(super) fn is_due(info: &proto::VectorIndexInfo, records: u64) -> bool {
    let live = records.saturating_sub(info.waiting);
    info.scrubbing.is_some() || info.stale > (live + info.stale) / STALE_FRACTION
}

/// Takes one step: begins a scrubbing or goes on with it.
pub(super) async fn scrub(work: &Work<'_>) -> Result<Commit<u32, Bytes>> {
    let mut info = work.loaded.info.clone();
    let mut sizes = work.loaded.sizes.clone();
    let mut writer = work.writer();
    let first = info.scrubbing.unwrap_or_else(|| {
        // What becomes stale from here on is for the next one.
        info.stale = 0;
        0
    });
    let (mut ids, mut looked_at) = (Vec::new(), 0);
    let mut rest = work.loaded.sizes.range(first..);
    info.scrubbing = loop {
        match rest.next() {
            Some((id, size)) if looked_at < SCRUBBED_ENTRIES => {
                ids.push(*id);
                looked_at += u64::from(size.entries);
            }
            next => break next.map(|(id, _)| *id),
        }
    };
    writer.set(INFO, 0, Bytes(info.encode_to_vec())).await?;
    for id in ids {
        let list = work.live(id).await?;
        let Some(size) = sizes.get_mut(&id) else { continue };
        if list.is_empty() {
            sizes.remove(&id);
            writer.delete(LIST, id).await?;
        } else if list.len() as u32 != size.entries {
            size.entries = list.len() as u32;
            writer.set(LIST, id, Bytes(list.encode())).await?;
        }
        work.slices.step().await;
    }
    writer.set(SIZE, 0, encode_sizes(&sizes)).await?;
    writer.commit().await
}

//! What has changed in a collection since a place in its history.
//!
//! The history is that of the log: what of it was compacted lies in the segment ([`History`]), the rest is pending. A place names a write, and a checksum
//! that no other history has in its place: a store that was set back, replaced, or has lost what it had not flushed, does not know it.

use crate::error::Result;
use crate::execution::collection::CollectionState;
use crate::execution::store::Store;
use crate::segment::{Group, History, HistoryRows, RecordSegment, Snapshot, coalesce};

/// A place in the history of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Sequence number of a write; 0 before the first.
    pub sequence: u64,
    pub check: u64,
    /// Of that write the last record that was told, if it is not all of them.
    pub id: Option<String>,
}

/// A record that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRecord {
    pub id: String,
    /// The write that was the last about it, and its check.
    pub sequence: u64,
    pub check: u64,
    /// Whether it is there; else it was deleted.
    pub is_there: bool,
}

/// Records that have changed, each once, by their last writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    pub records: Vec<ChangedRecord>,
    /// Where what follows is asked for.
    pub place: Place,
    /// Whether there is more by now.
    pub more: bool,
}

/// What has changed since `after`, at most `limit` records; without a place nothing, and the place that it is now. `None` if the collection's history does not
/// have that place, or not any more.
pub async fn changes(
    store: &Store,
    state: &CollectionState,
    after: Option<Place>,
    limit: usize,
) -> Result<Option<Changes>> {
    state.followed.set(true);
    let (snapshot, _) = state.snapshot().await?;
    // No compaction comes between up to the next await.
    let (compacted, last) = (state.compacted(), state.last_sequence());
    // Of a write that was told in part the rest is told, too.
    let asked = after
        .as_ref()
        .map_or(last, |after| after.sequence - u64::from(after.id.is_some() && after.sequence > 0));
    let pending = pending_groups(store, state, &snapshot, (asked, last));
    let history = snapshot.segment.history(Some(asked.min(compacted))).await?;
    let start = Group {
        sequence: compacted,
        check: check_of(&history, &snapshot.segment, compacted),
        changes: Vec::new(),
    };
    let is_known = history.end().is_some_and(|(end, _)| end == compacted);
    let kept = if is_known { history.groups } else { Vec::new() };
    let mut groups: Vec<Group> = kept.into_iter().chain([start]).chain(pending).collect();
    let end = groups.last().map_or(0, |group| group.check);
    let now = Place { sequence: last, check: end, id: None };
    let Some(after) = after else {
        return Ok(Some(Changes { records: Vec::new(), place: now, more: false }));
    };
    if !groups.iter().any(|group| (group.sequence, group.check) == (after.sequence, after.check)) {
        return Ok(None);
    }
    coalesce(&mut groups);
    Ok(Some(page(groups, &after, limit, now)))
}

fn page(groups: Vec<Group>, after: &Place, limit: usize, now: Place) -> Changes {
    let mut changes = Changes { records: Vec::new(), place: now, more: false };
    let mut told = None;
    for Group { sequence, check, changes: mut changed } in groups {
        // Whatever is written meanwhile, those that are still to be told stay in this order.
        changed.sort_unstable();
        for (id, is_there) in changed {
            let is_told = sequence < after.sequence
                || (sequence == after.sequence && after.id.as_ref().is_none_or(|last| id <= *last));
            if is_told {
                continue;
            }
            if changes.records.len() == limit {
                changes.more = true;
                changes.place = told.unwrap_or(changes.place);
                return changes;
            }
            told = Some(Place { sequence, check, id: Some(id.clone()) });
            changes.records.push(ChangedRecord { id, sequence, check, is_there });
        }
    }
    changes
}

/// What a compaction up to `sequence` makes of a collection's history.
pub async fn history_after(
    store: &Store,
    state: &CollectionState,
    snapshot: &Snapshot,
    sequence: u64,
) -> Result<HistoryRows> {
    let compacted = state.compacted();
    let rows = snapshot.segment.history(None).await?;
    let is_known = rows.end().is_some_and(|(end, _)| end == compacted);
    if !state.followed.get() && !is_known {
        return Ok(rows.followed_by(&[]));
    }
    let check = check_of(&rows, &snapshot.segment, compacted);
    let mut groups = vec![Group { sequence: compacted, check, changes: Vec::new() }];
    groups.extend(pending_groups(store, state, snapshot, (0, sequence)));
    coalesce(&mut groups);
    Ok(rows.followed_by(&groups))
}

/// What stands for the segment's log position in the history: its last write, as far as that is known.
fn check_of(history: &History, segment: &RecordSegment, compacted: u64) -> u64 {
    match history.end() {
        Some((end, check)) if end == compacted => check,
        _ => segment.check(),
    }
}

/// The writes up to one that are not part of the segment; of those from another on with what they name that exists or has existed.
fn pending_groups(
    store: &Store,
    state: &CollectionState,
    snapshot: &Snapshot,
    (from, to): (u64, u64),
) -> Vec<Group> {
    let ids = snapshot.tail.ids();
    let writes = state.pending_writes(to).into_iter();
    let groups = writes.map(|(sequence, batch)| {
        let asked = batch.iter().filter(|_| sequence >= from);
        let named = asked.filter_map(|operation| {
            ids.get(&operation.id).map(|offset| (operation.id.clone(), offset.is_some()))
        });
        Group { sequence, check: store.log.checksum_before(sequence + 1), changes: named.collect() }
    });
    groups.collect()
}

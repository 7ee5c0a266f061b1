//! What compactions have brought into a segment, as far as it is kept: which records, by which writes.
//!
//! It lies among the terms, whose blockfile every segment has, under a prefix that no chunk has: one row for each compaction. Whoever writes segments
//! without it leaves rows that end before the segment's log position, and so say that they are not its history.

use std::collections::HashSet;

use super::record::RecordSegment;
use super::terms::TermIndex;
use super::writer::{HISTORY, HistoryRows};
use crate::blockstore::Bytes;
use crate::error::{Corruption, Result};
use crate::limits::HISTORY_BYTES;

/// Comes after every key of a row: they begin with hexadecimal digits.
const BEHIND_ALL: &str = "g";

/// A write that a collection has taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its sequence number in the log.
    pub sequence: u64,
    /// What no other history has in its place: the checksum of its frame, which is chained to all frames before it.
    pub check: u64,
    /// The records whose last write in its row this is, and whether they are there then.
    pub changes: Vec<(String, bool)>,
}

/// The rows of a segment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The key of each row with its length, ascending.
    rows: Vec<(String, usize)>,
    /// The writes of the rows that end after what was asked for. Each row begins with the end of the one before.
    pub groups: Vec<Group>,
}

impl History {
    /// Sequence number and check of its last write; `None` if there is no history.
    pub fn end(&self) -> Option<(u64, u64)> {
        self.rows.last().and_then(|(key, _)| read_key(key))
    }

    /// The rows as a compaction leaves them that adds `groups`, whose first one is where they go on from. Without any all rows go.
    pub fn followed_by(&self, groups: &[Group]) -> HistoryRows {
        let added = groups.last().map(|last| (row_key(last), Some(Bytes(encode(groups)))));
        let length = added.as_ref().and_then(|(_, row)| row.as_ref()).map_or(0, |row| row.0.len());
        let mut room = HISTORY_BYTES.saturating_sub(length);
        let mut changes: HistoryRows = Vec::new();
        for (key, length) in self.rows.iter().rev() {
            room = room.saturating_sub(*length);
            if room == 0 || added.is_none() {
                changes.push((key.clone(), None));
            }
        }
        changes.reverse();
        changes.extend(added);
        changes
    }
}

impl RecordSegment {
    /// The history of this segment from a write on; without one its rows alone, all of them.
    pub async fn history(&self, after: Option<u64>) -> Result<History> {
        let mut history = History::default();
        let Some(terms) = self.readers().and_then(|readers| readers.terms.as_ref()) else {
            return Ok(history);
        };
        let postings = TermIndex::postings(terms);
        // Mostly there is none. That is found out without a look at the clock, so that builds without servers, which do not ask, write the same bytes.
        if postings.rank(HISTORY, "").await? == postings.rank(HISTORY, BEHIND_ALL).await? {
            return Ok(history);
        }
        let read = |key: &str, row: &[u8]| {
            history.rows.push((key.to_owned(), row.len()));
            if after.zip(read_key(key)).is_some_and(|(after, (end, _))| end > after) {
                history.groups.extend(decode(row)?);
            }
            Ok(())
        };
        let first = format!("{:016x}", after.unwrap_or(0));
        postings.visit_range(HISTORY, first.., read).await?;
        Ok(history)
    }

    /// What a segment without history has in the place of a check: part of a name that no other one has.
    pub fn check(&self) -> u64 {
        let named = self.readers().and_then(|readers| readers.data.root().0.first_chunk::<8>().copied());
        named.map_or(0, u64::from_le_bytes)
    }
}

fn row_key(last: &Group) -> String {
    format!("{:016x}{:016x}", last.sequence, last.check)
}

fn read_key(key: &str) -> Option<(u64, u64)> {
    let (sequence, check) = key.split_at_checked(16)?;
    Some((u64::from_str_radix(sequence, 16).ok()?, u64::from_str_radix(check, 16).ok()?))
}

/// Of several writes of one record the last counts. Writes of which nothing is left stay as places to go on from.
pub fn coalesce(groups: &mut [Group]) {
    let mut seen = HashSet::new();
    for group in groups.iter_mut().rev() {
        group.changes.reverse();
        group.changes.retain(|(id, _)| seen.insert(id.clone()));
        group.changes.reverse();
    }
}

fn encode(groups: &[Group]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut before = 0;
    for Group { sequence, check, changes } in groups {
        put_number(&mut bytes, sequence - before);
        before = *sequence;
        bytes.extend_from_slice(&check.to_le_bytes());
        put_number(&mut bytes, changes.len() as u64);
        for (id, is_there) in changes {
            put_number(&mut bytes, (id.len() as u64) << 1 | u64::from(*is_there));
            bytes.extend_from_slice(id.as_bytes());
        }
    }
    bytes
}

/// Reads a row.
///
/// # Errors
/// `Corrupt` for bytes that [`encode`] does not make.
pub fn decode(bytes: &[u8]) -> Result<Vec<Group>> {
    let mut rest = bytes;
    let mut groups: Vec<Group> = Vec::new();
    while !rest.is_empty() {
        let before = groups.last().map_or(0, |group| group.sequence);
        groups.push(take_group(&mut rest, before).ok_or_else(damaged)?);
    }
    Ok(groups)
}

fn take_group(rest: &mut &[u8], before: u64) -> Option<Group> {
    let sequence = take_number(rest)?.checked_add(before)?;
    let check = u64::from_le_bytes(take(rest, 8)?.try_into().ok()?);
    let mut changes = Vec::new();
    for _ in 0..take_number(rest)? {
        let head = take_number(rest)?;
        let id = take(rest, usize::try_from(head >> 1).ok()?)?;
        changes.push((str::from_utf8(id).ok()?.to_owned(), head & 1 == 1));
    }
    Some(Group { sequence, check, changes })
}

fn damaged() -> Corruption {
    Corruption::new("history of a collection", "a row is not what a compaction writes")
}

/// Seven bits a byte, the lowest first; all but the last have the eighth.
fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?[0];
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(sequence: u64, changes: &[(&str, bool)]) -> Group {
        let changes = changes.iter().map(|(id, is_there)| ((*id).to_owned(), *is_there)).collect();
        Group { sequence, check: sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15), changes }
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let groups = [group(0, &[]), group(7, &[("a", true), ("", false)]), group(u64::MAX, &[("ä€", true)])];
        assert_eq!(decode(&encode(&groups)).unwrap(), groups);
    }

    #[test]
    fn the_last_write_of_a_record_counts() {
        let mut groups = [
            group(1, &[("a", true), ("b", true)]),
            group(2, &[("a", false)]),
            group(3, &[("a", true), ("a", true)]),
        ];
        coalesce(&mut groups);
        assert_eq!(groups, [group(1, &[("b", true)]), group(2, &[]), group(3, &[("a", true)])]);
    }

    #[test]
    fn old_rows_go_when_there_are_too_many_and_all_without_new_ones() {
        let key = |sequence| row_key(&group(sequence, &[]));
        let rows = vec![(key(1), HISTORY_BYTES / 2), (key(2), HISTORY_BYTES / 2), (key(3), 1)];
        let history = History { rows, groups: Vec::new() };
        let keys = |changes: HistoryRows| -> Vec<(String, bool)> {
            changes.into_iter().map(|(key, value)| (key, value.is_some())).collect()
        };
        let added = [group(3, &[]), group(4, &[("a", true)])];
        assert_eq!(keys(history.followed_by(&added)), [(key(1), false), (key(4), true)]);
        assert_eq!(keys(history.followed_by(&[])), [(key(1), false), (key(2), false), (key(3), false)]);
        assert_eq!(history.end(), Some((3, added[0].check)));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(0u8.., 0..60)) {
            let _ = decode(&bytes);
        }
    }
}

//! The export file: frames as those of the log, which begin with what wrote them and end with how much they hold.
//!
//! Between these are tenants, databases, collections, and then the records, as additions. Each frame carries the checksum of the one
//! before it, so a file that is cut short, joined or altered is noticed where it happens. `docs/FORMAT.md` draws it.

use prost::Message;

use super::proto::Change;
use crate::error::{Corruption, Error, Result};
use crate::storage::{ChainEnd, Frame, Payload, frame};

/// Version of the file; a newer one is refused.
const FORMAT: u32 = 1;

/// The payload of one frame.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Entry {
    /// Tenants, databases, collections and records, as the log has them.
    #[prost(oneof = "Change", tags = "1, 2, 3, 5")]
    pub change: Option<Change>,
    #[prost(message, optional, tag = "20")]
    pub begin: Option<Begin>,
    #[prost(message, optional, tag = "21")]
    pub end: Option<End>,
}

/// The first entry.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Begin {
    #[prost(uint32, tag = "1")]
    pub format: u32,
    /// Of chromatid.
    #[prost(string, tag = "2")]
    pub version: String,
    /// Milliseconds since the Unix epoch.
    #[prost(uint64, tag = "3")]
    pub created_ms: u64,
}

/// The last entry.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct End {
    #[prost(uint64, tag = "1")]
    pub collections: u64,
    #[prost(uint64, tag = "2")]
    pub records: u64,
    /// Records that could not be read, and are not in the file.
    #[prost(uint64, tag = "3")]
    pub lost: u64,
}

/// Makes the frames of an export, one after another.
#[derive(Debug, Default)]
pub struct ArchiveWriter {
    end: ChainEnd,
}

impl ArchiveWriter {
    /// The frame that a file begins with.
    pub fn begin(&mut self, version: &str, created_ms: u64) -> Vec<u8> {
        let begin = Begin { format: FORMAT, version: version.into(), created_ms };
        self.entry(&Entry { begin: Some(begin), ..Entry::default() })
    }

    pub fn change(&mut self, change: Change) -> Vec<u8> {
        self.entry(&Entry { change: Some(change), ..Entry::default() })
    }

    /// Records, encoded by [`super::convert::encode_records`].
    pub fn records(&mut self, payload: Payload) -> Vec<u8> {
        let frame = Frame::enclose(self.end.sequence + 1, self.end.checksum, payload);
        self.end = ChainEnd { sequence: frame.sequence, checksum: frame.checksum() };
        frame.bytes
    }

    /// The frame that a file ends with.
    pub fn end(&mut self, end: End) -> Vec<u8> {
        self.entry(&Entry { end: Some(end), ..Entry::default() })
    }

    fn entry(&mut self, entry: &Entry) -> Vec<u8> {
        let mut payload = Payload::with_capacity(entry.encoded_len());
        entry.encode_raw(payload.buffer());
        self.records(payload)
    }
}

/// What an export holds, piece by piece.
#[derive(Debug)]
pub enum Item {
    Change(Box<Change>),
    End(End),
}

/// Reads an export that arrives in pieces of any size.
#[derive(Debug, Default)]
pub struct ArchiveReader {
    /// What has arrived and is not read yet.
    waiting: Vec<u8>,
    read: usize,
    end: ChainEnd,
    /// The last entry has been read.
    is_complete: bool,
}

impl ArchiveReader {
    /// Takes in a further piece.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.drain(..self.read);
        self.read = 0;
        self.waiting.extend_from_slice(bytes);
    }

    /// Whether the last entry has been read.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The next entry, if it has arrived whole.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no export or is damaged; `Unimplemented` for one of a newer version.
    pub fn read_item(&mut self) -> Result<Option<Item>> {
        loop {
            let rest = &self.waiting[self.read..];
            if rest.is_empty() {
                return Ok(None);
            }
            if self.is_complete {
                return Err(unreadable("something follows its end"));
            }
            if rest.len() < frame::HEADER_BYTES {
                return Ok(None);
            }
            let length = frame::length(rest).map_err(damaged)?;
            let Some(bytes) = rest.get(..length) else { return Ok(None) };
            self.end = self.end.advance(bytes).map_err(damaged)?;
            let entry = Entry::decode(&bytes[frame::HEADER_BYTES..]);
            let entry = entry.map_err(|error| unreadable(&error.to_string()))?;
            self.read += length;
            match entry {
                Entry { begin: Some(begin), .. } if self.end.sequence == 1 => check_format(&begin)?,
                _ if self.end.sequence == 1 => return Err(unreadable("it does not begin as one")),
                Entry { change: Some(change), .. } => return Ok(Some(Item::Change(Box::new(change)))),
                Entry { end: Some(end), .. } => {
                    self.is_complete = true;
                    return Ok(Some(Item::End(end)));
                }
                _ => return Err(unreadable("it has an entry that a newer version wrote")),
            }
        }
    }
}

fn check_format(begin: &Begin) -> Result<()> {
    if begin.format <= FORMAT {
        return Ok(());
    }
    Err(Error::Unimplemented(format!(
        "the export was written in format {} by chromatid {}; this one reads format {FORMAT}: update it",
        begin.format, begin.version
    )))
}

fn damaged(corruption: Corruption) -> Error {
    unreadable(&format!("{}: {}", corruption.place, corruption.reason))
}

fn unreadable(reason: &str) -> Error {
    Error::InvalidArgument(format!("this is no export of chromatid, or it is damaged: {reason}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::proto::Tenant;

    fn tenant(name: &str) -> Change {
        Change::PutTenant(Tenant { name: name.into(), resource_name: None })
    }

    fn sample() -> Vec<u8> {
        let mut writer = ArchiveWriter::default();
        let end = End { collections: 1, records: 2, lost: 3 };
        [writer.begin("1.2.3", 4), writer.change(tenant("a")), writer.change(tenant("b")), writer.end(end)]
            .concat()
    }

    /// What a file holds, or what is wrong with it.
    fn read(pieces: &[&[u8]]) -> Result<(Vec<Change>, Option<End>)> {
        let mut reader = ArchiveReader::default();
        let (mut changes, mut end) = (Vec::new(), None);
        for piece in pieces {
            reader.push(piece);
            while let Some(item) = reader.read_item()? {
                match item {
                    Item::Change(change) => changes.push(*change),
                    Item::End(found) => end = Some(found),
                }
            }
        }
        assert_eq!(reader.is_complete(), end.is_some());
        Ok((changes, end))
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_are_the_same_file(sizes in prop::collection::vec(1usize..50, 1..40)) {
            let file = sample();
            let mut pieces = Vec::new();
            let mut rest = file.as_slice();
            for size in sizes {
                let (piece, after) = rest.split_at(size.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            let end = End { collections: 1, records: 2, lost: 3 };
            prop_assert_eq!(read(&pieces).unwrap(), (vec![tenant("a"), tenant("b")], Some(end)));
        }
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_noticed() {
        let file = sample();
        for place in 0..file.len() {
            for bit in 0..8 {
                let mut damaged = file.clone();
                damaged[place] ^= 1 << bit;
                let outcome = read(&[&damaged]);
                // A length that grows makes the reader wait for what never comes.
                assert!(outcome.is_err() || outcome.unwrap().1.is_none(), "byte {place}, bit {bit}");
            }
            let cut = read(&[&file[..place]]);
            assert!(cut.is_err() || cut.unwrap().1.is_none(), "cut at {place}");
        }
        assert!(read(&[&file, b"x"]).is_err());
        assert!(read(&[&file, &file]).is_err());
    }

    #[test]
    fn a_newer_format_is_refused() {
        let mut writer = ArchiveWriter::default();
        let begin = Begin { format: FORMAT + 1, version: "9.0.0".into(), created_ms: 0 };
        let bytes = writer.entry(&Entry { begin: Some(begin), ..Entry::default() });
        let error = read(&[&bytes]).unwrap_err();
        assert!(matches!(error, Error::Unimplemented(_)) && error.to_string().contains("9.0.0"));
    }
}

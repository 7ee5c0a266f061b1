//! What has changed in a collection, told in the order of the writes.

use std::fmt;
use std::str::FromStr;

use super::Db;
use crate::error::{Error, Result};
use crate::execution::orchestrators::changes;
use crate::types::CollectionRef;

pub use crate::execution::orchestrators::changes::{ChangedRecord, Changes, Place};

impl Db {
    /// The records of a collection that have changed since a place in its history, each once, at most `limit`; without a place none, and the place that it is now.
    /// `None` if the history of the collection does not have that place: it was set back or replaced, or what came since is not kept any more.
    ///
    /// # Errors
    /// `NotFound` for the collection.
    pub async fn changes(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Option<Changes>> {
        let state = self.state(tenant, database, CollectionRef::parse(collection)?.current()?)?;
        changes::changes(&self.store(), &state, after, limit).await
    }

    /// The number of a write that was just made.
    pub fn number_of_write(&self, sequence: u64) -> u64 {
        number_of_write(sequence, self.store().log.checksum_before(sequence + 1))
    }
}

/// Bits of a write's check in its number.
const CHECK_BITS: u32 = 20;

/// A number that grows from write to write, exact as a float, and that the same write of another history does not have, but for one in a million: so whoever has made one
/// does not take another's for it after the store was set back.
pub fn number_of_write(sequence: u64, check: u64) -> u64 {
    ((sequence % (1 << 33)) << CHECK_BITS) | (check % (1 << CHECK_BITS))
}

/// As callers keep it: they need not understand it.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{:016x}", self.sequence, self.check)?;
        self.id.as_ref().map_or(Ok(()), |id| write!(formatter, "-{id}"))
    }
}

impl FromStr for Place {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.splitn(3, '-');
        let sequence = parts.next().and_then(|part| part.parse().ok());
        let check = parts.next().and_then(|part| u64::from_str_radix(part, 16).ok());
        let id = parts.next().map(str::to_owned);
        let place = sequence.zip(check).map(|(sequence, check)| Self { sequence, check, id });
        place.ok_or_else(|| {
            Error::InvalidArgument(
                "The cursor is none of this server: pass on what an answer had as `cursor`".into(),
            )
        })
    }
}

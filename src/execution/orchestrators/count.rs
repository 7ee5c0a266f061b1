//! `count`: number of live records.

use crate::error::Result;
use crate::execution::collection::CollectionState;
use crate::types::ReadLevel;

/// The number of records at a read level.
pub async fn count(state: &CollectionState, level: ReadLevel) -> Result<u64> {
    Ok(state.snapshot_at(level).await?.count())
}

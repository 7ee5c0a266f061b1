//! Conditional reads and writes (spec: rest-api 7): a transaction reads one state, and its writes are made only if nobody else
//! has written what it is about since then.

use std::rc::Rc;

use std::collections::HashSet;

use serde::Serialize;

use super::Db;
use super::records::check_filter;
use crate::error::{Error, Result};
use crate::execution::collection::CollectionState;
use crate::execution::orchestrators;
use crate::types::{
    CollectionRef, DeleteRequest, GetRequest, GetResult, Operation, OperationRecord, RecordSet, validation,
};

/// One of the writes of a transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionalOperation {
    Write(Operation, RecordSet),
    Delete(DeleteRequest),
}

/// The end of a transaction.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Commit {
    /// What its first read answered.
    pub read_token: Option<u64>,
    /// The ids that it has seen, or seen missing.
    pub read_ids: Vec<String>,
    pub operations: Vec<ConditionalOperation>,
}

/// What a commit has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Committed {
    /// Sequence number of the log entry that holds the operations.
    pub first_inserted_record_offset: Option<u64>,
    pub record_count: usize,
}

impl Db {
    /// As [`get`](Self::get), of the state that `read_token` names: that of the transaction's first read, which has none. Answers the
    /// token for the next reads and the commit.
    ///
    /// # Errors
    /// `StaleRead` if that state is no longer known; whatever `get` answers.
    pub async fn conditional_get(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: &GetRequest,
        read_token: Option<u64>,
    ) -> Result<(GetResult, u64)> {
        let state = self.state(tenant, database, CollectionRef::parse(collection)?.current()?)?;
        check_filter(&state, request.filter.as_ref())?;
        let limit = request.limit.map(|limit| limit as usize);
        self.quotas().check_read("Get", request.filter.as_ref(), limit)?;
        let token = match read_token {
            None => self.store().log.durable(),
            Some(token) => token,
        };
        self.check_token(&state, token)?;
        let snapshot = state.snapshot_up_to(token).await?;
        // A compaction may have come while the log was read.
        self.check_token(&state, token)?;
        let result = orchestrators::get::get_from(&snapshot, &state, self.env(), request).await?;
        Ok((result, token))
    }

    /// Makes the writes of a transaction, all of them or none.
    ///
    /// # Errors
    /// `Conflict` if another write since the token is about one of the ids that the transaction has read or writes; `StaleRead` if that can no
    /// longer be told; `InvalidArgument` for reads without a token, and for whatever a plain write is refused.
    pub async fn conditional_commit(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        commit: Commit,
    ) -> Result<Committed> {
        let state = self.state(tenant, database, CollectionRef::parse(collection)?.current()?)?;
        let token = match commit.read_token {
            Some(0) => return Err(Error::InvalidArgument("read_token must not be 0".into())),
            None if !commit.read_ids.is_empty() => {
                return Err(Error::InvalidArgument("read_ids need the read_token of their read".into()));
            }
            token => token,
        };
        for operation in &commit.operations {
            if let ConditionalOperation::Write(operation, records) = operation {
                self.check_write(&state, *operation, records).await?;
            }
        }
        // From here to the log nothing else runs: what is checked is what is written upon.
        let (operations, dimension) = into_operations(&state, commit.operations)?;
        if let Some(token) = token {
            self.check_token(&state, token)?;
            let written = operations.iter().map(|operation| operation.id.as_str());
            let ids: HashSet<&str> = commit.read_ids.iter().map(String::as_str).chain(written).collect();
            if state.is_touched_after(token, &ids) {
                return Err(Error::Conflict(
                    "A record of the transaction was written by another: read again, and try again".into(),
                ));
            }
        }
        let record_count = operations.len();
        if record_count == 0 {
            return Ok(Committed::default());
        }
        let sequence =
            self.store().write(&state, operations.into_iter().map(Rc::new).collect(), dimension).await?;
        Ok(Committed { first_inserted_record_offset: Some(sequence), record_count })
    }

    /// Whether the state that a token names can still be told from later ones.
    fn check_token(&self, state: &CollectionState, token: u64) -> Result<()> {
        let compacted = self.store().catalog.borrow().row(state.id()).map_or(0, |row| row.log_position);
        if token < compacted {
            return Err(Error::StaleRead(format!(
                "The state of read token {token} is no longer known: read again, and try again"
            )));
        }
        Ok(())
    }
}

/// The operations of all writes in their order, and the dimension that the collection has after them.
fn into_operations(
    state: &CollectionState,
    writes: Vec<ConditionalOperation>,
) -> Result<(Vec<OperationRecord>, Option<usize>)> {
    let mut dimension = state.reserved_dimension();
    let mut operations = Vec::new();
    for write in writes {
        match write {
            ConditionalOperation::Write(operation, records) => {
                dimension = validation::record_set(&records, operation, dimension)?;
                operations.extend(records.into_operations(operation));
            }
            ConditionalOperation::Delete(DeleteRequest { ids: Some(ids), filter: None, limit: None }) => {
                operations.extend(ids.into_iter().map(OperationRecord::deletion));
            }
            ConditionalOperation::Delete(_) => {
                return Err(Error::InvalidArgument(
                    "A transaction deletes records by their ids: read them by the filter first".into(),
                ));
            }
        }
    }
    Ok((operations, dimension))
}

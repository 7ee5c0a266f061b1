//! Limits that whoever opens a store sets on what it takes and answers (spec: rest-api 8). There are none unless they are set.
//!
//! They are about use, not about safety: what the engine cannot bear is refused by [`crate::limits`], whatever is set here.

use super::Db;
use crate::error::{Error, Result};
use crate::execution::collection::CollectionState;
use crate::sysdb::CollectionRow;
use crate::types::where_clause::DocumentCondition;
use crate::types::{MetadataValue, Operation, ReadLevel, RecordSet, UpdateMetadata, Where};

/// What can be limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    Dimension,
    DocumentBytes,
    UriBytes,
    IdBytes,
    NameBytes,
    MetadataKeyBytes,
    MetadataKeys,
    MetadataValueBytes,
    Predicates,
    PatternBytes,
    Results,
    WrittenRecords,
    Records,
    Collections,
    Databases,
    Forks,
}

/// The names under which quotas are set, and those under which messages speak of them, in the order of [`Quota`].
const NAMES: [(&str, &str); 16] = [
    ("dimension", "Embedding dimension"),
    ("documentBytes", "Document size (bytes)"),
    ("uriBytes", "Uri size (bytes)"),
    ("idBytes", "ID size (bytes)"),
    ("nameBytes", "Name size (bytes)"),
    ("metadataKeyBytes", "Metadata key size (bytes)"),
    ("metadataKeys", "Number of metadata dictionary keys"),
    ("metadataValueBytes", "Metadata value size (bytes)"),
    ("predicates", "Number of where clause predicates"),
    ("patternBytes", "Regex pattern length"),
    ("results", "Number of results"),
    ("writtenRecords", "Number of records"),
    ("records", "Collection size (records)"),
    ("collections", "Number of collections"),
    ("databases", "Number of databases"),
    ("forks", "Number of forks"),
];

/// The quotas of an open store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quotas {
    limits: [Option<u64>; NAMES.len()],
}

impl Quotas {
    /// Sets a quota by its name.
    pub fn set(&mut self, name: &str, limit: u64) -> Result<()> {
        let known = NAMES.iter().position(|(known, _)| *known == name);
        let place = known.ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            Error::InvalidArgument(format!("There is no quota {name}, only {}", names.join(", ")))
        })?;
        self.limits[place] = Some(limit);
        Ok(())
    }

    fn limit(&self, quota: Quota) -> Option<u64> {
        self.limits[quota as usize]
    }

    fn is_unlimited(&self) -> bool {
        self.limits.iter().all(Option::is_none)
    }

    /// Refuses what is above a quota: a 422, by whose beginning clients know it.
    fn check(&self, quota: Quota, action: &str, usage: usize) -> Result<()> {
        match self.limit(quota) {
            Some(limit) if usage as u64 > limit => Err(Error::Unprocessable(format!(
                "Quota exceeded: '{}' exceeded quota limit for action '{action}': current usage of {usage} exceeds \
                 limit of {limit}",
                NAMES[quota as usize].1
            ))),
            _ => Ok(()),
        }
    }

    fn check_metadata(&self, action: &str, metadata: &UpdateMetadata) -> Result<()> {
        self.check(Quota::MetadataKeys, action, metadata.len())?;
        for (key, value) in metadata {
            self.check(Quota::MetadataKeyBytes, action, key.len())?;
            self.check(
                Quota::MetadataValueBytes,
                action,
                value.as_ref().map_or(0, MetadataValue::payload_bytes),
            )?;
        }
        Ok(())
    }

    /// Checks a filter, and how many results are asked for; `None` asks for all.
    pub(super) fn check_read(
        &self,
        action: &str,
        filter: Option<&Where>,
        results: Option<usize>,
    ) -> Result<()> {
        if let Some(filter) = filter {
            let mut predicates = 0;
            self.check_filter(action, filter, &mut predicates)?;
            self.check(Quota::Predicates, action, predicates)?;
        }
        self.check(Quota::Results, action, results.unwrap_or(0))
    }

    /// How many results a read that asks for all of them gets.
    pub(super) fn default_limit(&self) -> Option<u32> {
        self.limit(Quota::Results).map(|limit| limit.min(u32::MAX.into()) as u32)
    }

    fn check_filter(&self, action: &str, filter: &Where, predicates: &mut usize) -> Result<()> {
        *predicates += 1;
        match filter {
            Where::And(children) | Where::Or(children) => {
                *predicates -= 1;
                children.iter().try_for_each(|child| self.check_filter(action, child, predicates))
            }
            Where::Document(DocumentCondition::Regex(pattern) | DocumentCondition::NotRegex(pattern)) => {
                self.check(Quota::PatternBytes, action, pattern.source().len())
            }
            _ => Ok(()),
        }
    }

    /// Checks the name of something new, and how many there would be of its kind.
    pub(super) fn check_new(&self, quota: Quota, action: &str, name: &str, count: usize) -> Result<()> {
        self.check(Quota::NameBytes, action, name.len())?;
        self.check(quota, action, count)
    }
}

impl Db {
    pub(super) fn quotas(&self) -> &Quotas {
        &self.inner.options.quotas
    }

    /// Checks a write that is valid otherwise.
    pub(super) async fn check_write(
        &self,
        state: &CollectionState,
        operation: Operation,
        records: &RecordSet,
    ) -> Result<()> {
        let quotas = self.quotas();
        if quotas.is_unlimited() {
            return Ok(());
        }
        let action = match operation {
            Operation::Add => "Add",
            Operation::Update => "Update",
            Operation::Upsert => "Upsert",
            Operation::Delete => "Delete",
        };
        quotas.check(Quota::WrittenRecords, action, records.ids.len())?;
        let dimension = records.embeddings.as_ref().map_or(0, |embeddings| embeddings.dimension);
        quotas.check(Quota::Dimension, action, dimension)?;
        let column = |quota: Quota, texts: &Option<Vec<Option<String>>>| {
            let mut texts = texts.iter().flatten().flatten();
            texts.try_for_each(|text| quotas.check(quota, action, text.len()))
        };
        column(Quota::DocumentBytes, &records.documents)?;
        column(Quota::UriBytes, &records.uris)?;
        records.ids.iter().try_for_each(|id| quotas.check(Quota::IdBytes, action, id.len()))?;
        for metadata in records.metadatas.iter().flatten().flatten() {
            quotas.check_metadata(action, metadata)?;
        }
        if quotas.limit(Quota::Records).is_some() && operation != Operation::Update {
            let count = state.snapshot_at(ReadLevel::IndexAndWal).await?.count() as usize;
            quotas.check(Quota::Records, action, count + records.ids.len())?;
        }
        Ok(())
    }

    /// Checks that a collection may have one more fork.
    pub(super) fn check_forks(&self, source: &CollectionRow) -> Result<()> {
        let forks = self.store().catalog.borrow().fork_count(source);
        self.quotas().check(Quota::Forks, "Fork Collection", forks + 1)
    }
}

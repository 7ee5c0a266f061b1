//! Linked collections: what synchronisation with a remote one reads and writes.
//!
//! The engine knows no remote. It keeps, beside each linked collection, a shadow: rows about its records that change in the same entry of the log as
//! they do, so that no edit is forgotten and none is taken for another's. A user's write notes the time of the edit in the record's row; what
//! [`Db::replicate`] writes, it writes only over records that were not edited since their rows were read.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde::Serialize;

use super::Db;
use super::records::check_filter;
use crate::error::{Error, Result};
use crate::execution::collection::{Batch, CollectionState};
use crate::execution::edits::{self, EDITED};
use crate::execution::orchestrators;
use crate::log::proto::{Change, Link};
use crate::segment::Snapshot;
use crate::sysdb::{CollectionRow, SHADOWS, encode_info};
use crate::types::{
    CollectionConfiguration, CollectionId, CollectionRef, GetRequest, GetResult, Include, Metadata,
    MetadataValue, Operation, OperationRecord, RecordSet, UpdateMetadata, validation,
};

/// A linked collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkInfo {
    pub tenant: String,
    pub database: String,
    pub collection: CollectionId,
    pub name: String,
    pub settings: String,
}

/// A row of the shadow on its way in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// Merged with what the row has.
    pub metadata: UpdateMetadata,
    /// Replaces the one that the row has, if it is given.
    pub document: Option<String>,
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replicated {
    /// It stays as it is; only its row changes.
    Keep,
    /// It becomes the next record of [`Replication::records`].
    Put,
    Delete,
}

/// A record that synchronisation has dealt with.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicatedRecord {
    pub id: String,
    /// The time of its last edit, as its row had it. A record that was edited since is left out.
    pub edited: Option<i64>,
    pub change: Replicated,
    /// Its row from now on; `None` removes it.
    pub row: Option<Row>,
}

/// What synchronisation writes at once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replication {
    pub changes: Vec<ReplicatedRecord>,
    /// Whole records, in the order of the changes that put them: what they do not have is removed.
    pub records: RecordSet,
    /// Rows about the link as a whole, by their ids; `None` removes one.
    pub rows: Vec<(String, Option<Row>)>,
}

impl Db {
    /// Links a collection, or changes what is agreed about its link. Its shadow is empty at first.
    pub async fn link_collection(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        settings: String,
    ) -> Result<()> {
        let id = CollectionRef::parse(collection)?.current()?;
        let store = self.store();
        let _naming = store.naming.lock().await;
        let row = self.row(tenant, database, id)?;
        let known = row.link.as_ref().and_then(|link| store.catalog.borrow().row(link.shadow).cloned());
        let shadow = known.unwrap_or_else(|| {
            let configuration = CollectionConfiguration::default();
            CollectionRow::new(
                CollectionId(self.new_uuid()),
                format!("shadow of {id}"),
                SHADOWS,
                configuration,
            )
        });
        let link =
            Link { collection: id.0.as_bytes().to_vec(), shadow: Some(encode_info(&shadow)), settings };
        store.change(Change::PutLink(link)).await
    }

    /// Forgets a link with everything that is known about the replicas. The records stay.
    pub async fn unlink_collection(&self, tenant: &str, database: &str, collection: &str) -> Result<()> {
        let id = CollectionRef::parse(collection)?.current()?;
        let store = self.store();
        let _naming = store.naming.lock().await;
        match self.row(tenant, database, id)?.link {
            Some(_) => store.change(Change::DeleteLink(id.0.as_bytes().to_vec())).await,
            None => Err(not_linked(id)),
        }
    }

    /// All linked collections, in the order of their creation.
    pub fn links(&self) -> Vec<LinkInfo> {
        let store = self.store();
        let catalog = store.catalog.borrow();
        let mut linked: Vec<_> = catalog.rows().filter(|row| row.link.is_some()).collect();
        linked.sort_by_key(|row| row.created);
        let info = |row: &CollectionRow| {
            let (shown, link) = (catalog.show(row).ok()?, row.link.as_ref()?);
            Some(LinkInfo {
                tenant: shown.tenant,
                database: shown.database,
                collection: row.id,
                name: row.name.clone(),
                settings: link.settings.clone(),
            })
        };
        linked.into_iter().filter_map(info).collect()
    }

    /// Rows of the shadow of a collection, as [`get`](Self::get) answers records.
    pub async fn shadow_rows(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: &GetRequest,
    ) -> Result<GetResult> {
        let (_, shadow) = self.linked(tenant, database, collection)?;
        check_filter(&shadow, request.filter.as_ref())?;
        orchestrators::get::get(&shadow, self.env(), request).await
    }

    /// Writes what synchronisation has found out: records and rows, all of it or nothing, but for records that were edited meanwhile. Their ids are
    /// answered, and neither they nor their rows have changed. A collection that is not linked takes the records alone.
    ///
    /// # Errors
    /// `NotFound` for the collection; what a write of the records would be refused.
    pub async fn replicate(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        replication: Replication,
    ) -> Result<Vec<String>> {
        let id = CollectionRef::parse(collection)?.current()?;
        let state = self.state(tenant, database, id)?;
        let store = self.store();
        let shadow = store.shadow_of(id);
        self.relieve(&state).await?;
        if let Some(shadow) = &shadow {
            self.relieve(shadow).await?;
        }
        self.make_room(replication.records.payload_bytes()).await?;
        let ids: HashSet<String> = replication.changes.iter().map(|change| change.id.clone()).collect();
        let (seen, edits, present) = loop {
            let (records, folded) = state.snapshot().await?;
            let edits = match &shadow {
                Some(shadow) => self.edits_of(shadow, &ids).await?,
                None => HashMap::new(),
            };
            let present = self.present(&state, &records, &replication).await?;
            // What a compaction has swallowed meanwhile can no longer be told from what was read.
            if state.written_after(folded).is_some() {
                break (folded, edits, present);
            }
        };
        // From here to the log nothing else runs: what is checked is what is written upon.
        let is_any_touched = state.is_touched_after(seen, &ids.iter().map(String::as_str).collect());
        let is_edited = |change: &ReplicatedRecord| {
            (shadow.is_some() && edits.get(&change.id).copied().flatten() != change.edited)
                || (is_any_touched && state.is_touched_after(seen, &HashSet::from([change.id.as_str()])))
        };
        let conflicts: HashSet<String> = replication
            .changes
            .iter()
            .filter(|change| is_edited(change))
            .map(|change| change.id.clone())
            .collect();
        let dimension = match state.reserved_dimension() {
            reserved if replication.records.ids.is_empty() => reserved,
            reserved => validation::record_set(&replication.records, Operation::Upsert, reserved)?,
        };
        let (records, rows) = operations(replication, &conflicts, present);
        match shadow {
            Some(shadow) if !records.is_empty() || !rows.is_empty() => {
                store.write_replicated(&state, records, dimension, (shadow, rows)).await?;
            }
            None if !records.is_empty() => {
                store.write(&state, records, dimension).await?;
            }
            _ => {}
        }
        Ok(conflicts.into_iter().collect())
    }

    /// A linked collection and its shadow.
    fn linked(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
    ) -> Result<(Rc<CollectionState>, Rc<CollectionState>)> {
        let id = CollectionRef::parse(collection)?.current()?;
        let state = self.state(tenant, database, id)?;
        let shadow = self.store().shadow_of(id).ok_or_else(|| not_linked(id))?;
        Ok((state, shadow))
    }

    /// When the records were last edited, as their rows say.
    async fn edits_of(
        &self,
        shadow: &CollectionState,
        ids: &HashSet<String>,
    ) -> Result<HashMap<String, Option<i64>>> {
        let (snapshot, _) = shadow.snapshot().await?;
        let rows = ids.iter().map(|id| edits::row_id(id)).collect();
        let found =
            of_ids(&snapshot, shadow, self, rows, Include { metadatas: true, ..Include::default() }).await?;
        let edited = |metadata: &Option<Metadata>| match metadata.as_ref()?.get(EDITED)? {
            MetadataValue::Int(stamp) => Some(*stamp),
            _ => None,
        };
        let metadatas = found.metadatas.unwrap_or_default();
        let rows = found.ids.iter().zip(&metadatas);
        let of_record = |(row, metadata): (&String, &Option<Metadata>)| {
            Some((row.strip_prefix(edits::RECORD_PREFIX)?.to_owned(), edited(metadata)))
        };
        Ok(rows.filter_map(of_record).collect())
    }

    /// What the records that are put are now.
    async fn present(
        &self,
        state: &CollectionState,
        snapshot: &Snapshot,
        replication: &Replication,
    ) -> Result<HashMap<String, Present>> {
        let ids = replication.records.ids.clone();
        let include = Include { documents: true, metadatas: true, uris: true, ..Include::default() };
        let found = of_ids(snapshot, state, self, ids, include).await?;
        let (documents, uris) = (found.documents.unwrap_or_default(), found.uris.unwrap_or_default());
        let mut metadatas = found.metadatas.unwrap_or_default().into_iter();
        let mut present = HashMap::new();
        for (place, id) in found.ids.into_iter().enumerate() {
            let has = |column: &[Option<String>]| column.get(place).is_some_and(Option::is_some);
            let keys = metadatas.next().flatten().unwrap_or_default().into_keys().collect();
            present.insert(id, Present { keys, document: has(&documents), uri: has(&uris) });
        }
        Ok(present)
    }
}

/// What a record has that one put over it may lack.
struct Present {
    keys: Vec<String>,
    document: bool,
    uri: bool,
}

async fn of_ids(
    snapshot: &Snapshot,
    state: &CollectionState,
    db: &Db,
    ids: Vec<String>,
    include: Include,
) -> Result<GetResult> {
    let request = GetRequest { ids: Some(ids), include, ..GetRequest::default() };
    orchestrators::get::get_from(snapshot, state, db.env(), &request).await
}

/// The operations on the records, and those on the shadow.
fn operations(
    replication: Replication,
    conflicts: &HashSet<String>,
    mut present: HashMap<String, Present>,
) -> (Batch, Batch) {
    let mut put = replication.records.into_operations(Operation::Upsert).into_iter();
    let (mut records, mut rows) = (Vec::new(), Vec::new());
    for change in replication.changes {
        let new = if change.change == Replicated::Put { put.next() } else { None };
        if conflicts.contains(&change.id) {
            continue;
        }
        match (change.change, new) {
            (Replicated::Delete, _) => records.push(OperationRecord::deletion(change.id.clone())),
            (_, Some(new)) => replace(new, present.remove(&change.id), &mut records),
            _ => {}
        }
        rows.push(row_operation(edits::row_id(&change.id), change.row));
    }
    rows.extend(replication.rows.into_iter().map(|(id, row)| row_operation(id, row)));
    let batch = |operations: Vec<OperationRecord>| operations.into_iter().map(Rc::new).collect();
    (batch(records), batch(rows))
}

/// Makes a record what another one is. A document or uri can only be removed with the record.
fn replace(mut new: OperationRecord, present: Option<Present>, into: &mut Vec<OperationRecord>) {
    if let Some(present) = present {
        if (present.document && new.document.is_none()) || (present.uri && new.uri.is_none()) {
            into.push(OperationRecord::deletion(new.id.clone()));
        } else {
            let metadata = new.metadata.get_or_insert_default();
            for key in present.keys {
                metadata.entry(key).or_insert(None);
            }
        }
    }
    into.push(new);
}

fn row_operation(id: String, row: Option<Row>) -> OperationRecord {
    match row {
        None => OperationRecord::deletion(id),
        Some(row) => edits::upsert(id, Some(row.metadata), row.document, edits::row_vector()),
    }
}

fn not_linked(id: CollectionId) -> Error {
    Error::InvalidArgument(format!("Collection [{id}] is not linked"))
}

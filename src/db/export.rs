//! Exports: tenants, databases, collections and their records as one stream, as they were at one moment.

use std::collections::VecDeque;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::Db;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::execution::collection::CollectionState;
use crate::execution::store::Store;
use crate::limits::EXPORT_CHUNK_BYTES;
use crate::log::archive::{ArchiveWriter, End};
use crate::log::convert;
use crate::log::proto::Change;
use crate::segment::{RecordScan, ScannedRecord};
use crate::sysdb::{CollectionRow, DatabaseRow, encode_database, encode_info, encode_tenant};
use crate::types::Tenant;

/// What is exported.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ExportRequest {
    /// Collections of one database by their names; everything in the store without them.
    pub collections: Option<Vec<String>>,
    pub tenant: String,
    pub database: String,
    /// Leaves out what cannot be read, and says so at the end. Else damage ends the export.
    pub skip_damaged: bool,
}

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Exported {
    pub collections: u64,
    pub records: u64,
    /// The collections of which records could not be read.
    pub damaged: Vec<DamagedCollection>,
}

/// A collection of which not everything could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DamagedCollection {
    pub id: String,
    pub name: String,
    /// Records that could not be read; `None` if it is not known how many there are.
    pub lost_records: Option<u64>,
    /// The ids of some of them.
    pub lost_ids: Vec<String>,
}

/// An export under way.
pub(super) struct Export {
    writer: ArchiveWriter,
    /// Frames that are ready.
    ready: Vec<u8>,
    waiting: VecDeque<Source>,
    exported: Exported,
    is_ended: bool,
}

/// A collection whose records are still to be exported.
struct Source {
    row: CollectionRow,
    /// Nothing, if nothing of it can be read.
    scan: Option<RecordScan>,
}

impl Db {
    /// Begins an export of what there is now; later writes are not part of it. Answers a number for [`next_export`](Self::next_export).
    ///
    /// # Errors
    /// `NotFound` for a collection that is named; `Corrupt` for one that is damaged, unless that is to be passed over.
    pub async fn begin_export(&self, request: ExportRequest) -> Result<u32> {
        let store = self.store();
        // Until the moment is fixed for all collections, none may leave it behind.
        let _committing = store.committing.lock().await;
        let rows = self.exported_rows(&request)?;
        let sequence = store.log.durable();
        let mut writer = ArchiveWriter::default();
        let mut ready = writer.begin(env!("CARGO_PKG_VERSION"), self.env().now_ms() as u64);
        ready.extend(places(&store, &rows, request.collections.is_none(), &mut writer));
        let mut waiting = VecDeque::new();
        for row in rows {
            ready.extend(writer.change(Change::PutCollection(encode_info(&row))));
            let scan = match store.collection(row.id) {
                Some(state) => scan(&store, &row, &state, sequence, request.skip_damaged).await?,
                None => None,
            };
            waiting.push_back(Source { row, scan });
        }
        let exported = Exported { collections: waiting.len() as u64, ..Exported::default() };
        let export = Export { writer, ready, waiting, exported, is_ended: false };
        let number = self.next_number();
        self.inner.exports.borrow_mut().insert(number, Some(export));
        Ok(number)
    }

    fn exported_rows(&self, request: &ExportRequest) -> Result<Vec<CollectionRow>> {
        let store = self.store();
        let catalog = store.catalog.borrow();
        let Some(names) = &request.collections else {
            let mut rows: Vec<CollectionRow> =
                catalog.rows().filter(|row| !row.is_hidden()).cloned().collect();
            rows.sort_by_key(|row| row.created);
            return Ok(rows);
        };
        let database = catalog.database(&request.tenant, &request.database);
        let find = |name: &String| {
            let row = database.and_then(|database| catalog.row_by_name(database.id, name));
            row.cloned().ok_or_else(|| super::catalogue::unknown_name(name))
        };
        names.iter().map(find).collect()
    }

    /// The next bytes of an export; `None` at the end. An error ends it.
    pub async fn next_export(&self, number: u32) -> Result<Option<Vec<u8>>> {
        // Taken out while it is worked on: it may be ended meanwhile.
        let mut export = self
            .inner
            .exports
            .borrow_mut()
            .get_mut(&number)
            .and_then(Option::take)
            .ok_or_else(|| unknown(number))?;
        let outcome = export.next(self.env()).await;
        let mut exports = self.inner.exports.borrow_mut();
        if outcome.is_err() {
            // It would keep blocks from being deleted.
            exports.remove(&number);
        } else if let Some(place) = exports.get_mut(&number) {
            *place = Some(export);
        }
        outcome
    }

    /// Ends an export, whether it is complete or not. Answers what it holds so far.
    pub fn end_export(&self, number: u32) -> Result<Exported> {
        let export = self.inner.exports.borrow_mut().remove(&number).flatten();
        export.map(|export| export.exported).ok_or_else(|| unknown(number))
    }
}

impl Export {
    async fn next(&mut self, env: &dyn Env) -> Result<Option<Vec<u8>>> {
        while self.ready.len() < EXPORT_CHUNK_BYTES && !self.is_ended {
            let records = match self.waiting.front_mut() {
                Some(Source { scan: Some(scan), .. }) => scan.next().await?,
                _ => None,
            };
            match records {
                Some(records) => self.put(records),
                None => match self.waiting.pop_front() {
                    Some(source) => self.exported.damaged.extend(source.damaged()),
                    None => self.end(),
                },
            }
            env.pause().await;
        }
        Ok((!self.ready.is_empty()).then(|| std::mem::take(&mut self.ready)))
    }

    /// Appends records of the collection at the front, in frames of about a chunk.
    fn put(&mut self, records: Vec<ScannedRecord>) {
        let Some(Source { row, .. }) = self.waiting.front() else { return };
        self.exported.records += records.len() as u64;
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let mut records = records.into_iter().map(|record| Rc::new(record.record)).peekable();
        while let Some(record) = records.next() {
            bytes += record.embedding.as_ref().map_or(0, |vector| size_of_val(&**vector));
            bytes += record.document.as_ref().map_or(0, String::len);
            batch.push(record);
            if bytes >= EXPORT_CHUNK_BYTES || records.peek().is_none() {
                let payload = convert::encode_records(
                    convert::Write { collection: row.id.0.as_bytes(), operations: &batch },
                    None,
                    None,
                    None,
                );
                self.ready.extend(self.writer.records(payload));
                batch.clear();
                bytes = 0;
            }
        }
    }

    fn end(&mut self) {
        let lost = self.exported.damaged.iter().filter_map(|damaged| damaged.lost_records).sum();
        let Exported { collections, records, .. } = self.exported;
        self.ready.extend(self.writer.end(End { collections, records, lost }));
        self.is_ended = true;
    }
}

impl Source {
    /// What could not be read of it, once it is through.
    fn damaged(&self) -> Option<DamagedCollection> {
        let losses = self.scan.as_ref().map(RecordScan::losses);
        if losses.as_ref().is_some_and(|losses| losses.records == 0) {
            return None;
        }
        Some(DamagedCollection {
            id: self.row.id.to_string(),
            name: self.row.name.clone(),
            lost_records: losses.as_ref().map(|losses| losses.records),
            lost_ids: losses.map(|losses| losses.ids).unwrap_or_default(),
        })
    }
}

/// The tenants and databases of some collections, or of all.
fn places(store: &Store, rows: &[CollectionRow], is_everything: bool, writer: &mut ArchiveWriter) -> Vec<u8> {
    let catalog = store.catalog.borrow();
    let mut databases: Vec<&DatabaseRow> = catalog.all_databases().collect();
    databases.retain(|database| is_everything || rows.iter().any(|row| row.database == database.id));
    databases.sort_by_key(|database| database.created);
    let mut tenants: Vec<&Tenant> = catalog.tenants().collect();
    tenants.retain(|tenant| is_everything || databases.iter().any(|database| database.tenant == tenant.name));
    let mut bytes = Vec::new();
    for tenant in tenants {
        bytes.extend(writer.change(Change::PutTenant(encode_tenant(tenant))));
    }
    for database in databases {
        bytes.extend(writer.change(Change::PutDatabase(encode_database(database))));
    }
    bytes
}

/// A pass over the records of a collection up to `sequence`; `None` if nothing of them can be read and that is allowed.
async fn scan(
    store: &Store,
    row: &CollectionRow,
    state: &CollectionState,
    sequence: u64,
    skip_damaged: bool,
) -> Result<Option<RecordScan>> {
    let error = match state.snapshot_up_to(sequence).await {
        Ok(snapshot) if skip_damaged => return Ok(Some(RecordScan::of_snapshot(&snapshot).tolerant())),
        Ok(snapshot) => return Ok(Some(RecordScan::of_snapshot(&snapshot))),
        Err(error) => error,
    };
    if !skip_damaged || error.corruption().is_none() {
        return Err(error);
    }
    // Something of the segment is damaged that records can do without, perhaps.
    let Some(files) = &row.segment else { return Err(error) };
    let operations = state.pending_operations(sequence);
    match RecordScan::of_segment(&store.blockstore, files, &operations).await {
        Ok(scan) => Ok(Some(scan.tolerant())),
        Err(error) if error.corruption().is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

fn unknown(number: u32) -> Error {
    Error::NotFound(format!("no export is under way under number {number}: begin it again"))
}

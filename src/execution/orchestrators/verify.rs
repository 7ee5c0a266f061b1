//! Verification: is everything there that the root names, and is it whole?

use std::collections::HashSet;
use std::rc::Rc;

use crate::env::Slices;
use crate::error::{Corruption, Error, Result};
use crate::execution::store::Store;
use crate::segment::{Readers, RecordScan, RecordSegment, ScannedRecord, SegmentFiles};
use crate::storage::BlockId;
use crate::sysdb::CollectionRow;
use crate::types::CollectionId;

/// Which part of a store is damaged, and so what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Data or vectors: what is not whole is lost.
    Records,
    /// An index: it can be made anew from the records.
    Index,
    /// An earlier version, or what a function goes on from; named by its data.
    Version(BlockId),
    /// The catalogue of collections, as it lies on the device. Memory still has it, and the next change of a row writes that.
    Catalogue,
    /// Entries of the log, as they lie on the device.
    Log,
}

/// Something that is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub part: Part,
    /// The collection that it belongs to.
    pub collection: Option<CollectionId>,
    pub damage: Corruption,
}

/// What a verification has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Blocks that are named, each as often as it is.
    pub blocks: u64,
    /// Bytes that were read and found whole.
    pub bytes: u64,
    /// Records whose data, vector, id and place were compared with each other.
    pub records: u64,
    pub problems: Vec<Problem>,
}

/// Looks whether every block that the root names is there; with `deep` also whether each is whole, and the records are the same
/// in all places that speak of them. Reads and writes go on meanwhile, compactions wait.
pub async fn verify(store: &Rc<Store>, deep: bool) -> Result<Verification> {
    let _committing = store.committing.lock().await;
    store.log.check()?;
    let existing = store.blockstore.storage().list_blocks().await?.into_iter().collect();
    let slices = Slices::background(&*store.env);
    let (whole, found) = (HashSet::new(), Verification::default());
    let mut verifier = Verifier { store, deep, slices, existing, whole, found };
    verifier.log().await?;
    if let Some(root) = store.sysdb.root() {
        verifier.blockfile(root, Part::Catalogue, None).await?;
    }
    let mut rows: Vec<CollectionRow> = store.catalog.borrow().rows().cloned().collect();
    rows.sort_by_key(|row| row.created);
    for row in &rows {
        verifier.collection(row).await?;
    }
    Ok(verifier.found)
}

struct Verifier<'a> {
    store: &'a Store,
    deep: bool,
    slices: Slices<'a>,
    existing: HashSet<BlockId>,
    whole: HashSet<BlockId>,
    found: Verification,
}

impl Verifier<'_> {
    fn report(&mut self, part: Part, collection: Option<CollectionId>, damage: Corruption) {
        self.found.problems.push(Problem { part, collection, damage });
    }

    /// Reads the log again: what is in memory was read when the store was opened, or written since.
    async fn log(&mut self) -> Result<()> {
        let first = self.store.log.durable() + 1 - self.store.log.size().0 as u64;
        match self.store.blockstore.storage().read_log(first).await.map_err(Error::from) {
            Ok(_) => {}
            Err(error) => {
                let damage = error.corruption().cloned().ok_or(error)?;
                self.report(Part::Log, None, damage);
            }
        }
        Ok(())
    }

    /// Checks a blockfile; true if nothing was found.
    async fn blockfile(
        &mut self,
        root: BlockId,
        part: Part,
        collection: Option<CollectionId>,
    ) -> Result<bool> {
        let blockstore = &self.store.blockstore;
        let checked =
            blockstore.check(root, &self.existing, &mut self.whole, self.deep, &self.slices).await?;
        self.found.blocks += checked.blocks;
        self.found.bytes += checked.bytes;
        let is_whole = checked.damage.is_empty();
        for damage in checked.damage {
            self.report(part, collection, damage);
        }
        Ok(is_whole)
    }

    async fn collection(&mut self, row: &CollectionRow) -> Result<()> {
        let id = Some(row.id);
        if let Some(files) = &row.segment {
            let mut is_whole = true;
            for root in [files.offset_id_to_data, files.offset_id_to_embedding] {
                is_whole &= self.blockfile(root, Part::Records, id).await?;
            }
            let names = [files.user_id_to_offset_id, files.offset_id_to_user_id];
            for root in names.into_iter().chain(files.vectors).chain(files.terms) {
                is_whole &= self.blockfile(root, Part::Index, id).await?;
            }
            if self.deep && is_whole {
                self.records(row, files).await?;
            }
        }
        let bases = row.functions.iter().filter_map(|function| function.base);
        for files in row.versions.iter().map(|version| version.segment).chain(bases) {
            if Some(files) == row.segment {
                continue;
            }
            for root in files.roots() {
                self.blockfile(root, Part::Version(files.offset_id_to_data), id).await?;
            }
        }
        Ok(())
    }

    /// Compares what the blockfiles of a segment say of each record.
    async fn records(&mut self, row: &CollectionRow, files: &SegmentFiles) -> Result<()> {
        let store = self.store;
        let segment = RecordSegment::open(&store.blockstore, files, Rc::clone(&store.trash)).await?;
        let Some(readers) = segment.readers() else { return Ok(()) };
        let lengths = [readers.ids.len(), readers.names.len(), readers.embeddings.len()];
        if lengths.iter().any(|length| *length != readers.data.len()) {
            let damage = Corruption::new("a segment", "its blockfiles have different numbers of records");
            self.report(Part::Index, Some(row.id), damage);
            return Ok(());
        }
        let mut scan = RecordScan::of_segment(&store.blockstore, files, &[]).await?;
        while let Some(records) = scan.next().await? {
            self.found.records += records.len() as u64;
            if let Some(damage) = contradiction(readers, &records, row.dimension).await? {
                self.report(Part::Index, Some(row.id), damage);
            }
            self.slices.step().await;
        }
        Ok(())
    }
}

/// The first record of which not all blockfiles say the same.
async fn contradiction(
    readers: &Readers,
    records: &[ScannedRecord],
    dimension: Option<usize>,
) -> Result<Option<Corruption>> {
    let offsets: Vec<u32> = records.iter().map(|record| record.offset_id).collect();
    let ids: Vec<String> = records.iter().map(|record| record.record.id.clone()).collect();
    let names = readers.names.get_many("", &offsets).await?;
    let places = readers.ids.get_many("", &ids).await?;
    for ((record, name), place) in records.iter().zip(names).zip(places) {
        let vector = record.record.embedding.as_ref().map(|vector| vector.len());
        let reason = if name.as_ref() != Some(&record.record.id) {
            "its data has another id than its name"
        } else if place != Some(record.offset_id) {
            "its id leads elsewhere"
        } else if vector != dimension {
            "its vector has another dimension than its collection"
        } else {
            continue;
        };
        return Ok(Some(Corruption::new(format!("record {}", record.offset_id), reason)));
    }
    Ok(None)
}

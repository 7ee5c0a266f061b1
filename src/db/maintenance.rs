//! Verification and repair.

use serde::Serialize;

use super::Db;
use crate::error::Result;
use crate::execution::orchestrators::repair::{self, Repaired};
use crate::execution::orchestrators::verify::{self, Part, Problem};
use crate::execution::store::Store;
use crate::types::CollectionId;

/// What a verification has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Whether nothing is damaged.
    pub ok: bool,
    /// Blocks that are part of something.
    pub blocks: u64,
    /// Bytes that were read and found whole.
    pub bytes: u64,
    /// Records that were compared in all places that speak of them.
    pub records: u64,
    pub problems: Vec<Damage>,
}

/// Something that is damaged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// Where, for instance `block 5f0c…`.
    pub place: String,
    /// Which check failed.
    pub reason: String,
    /// `records`, `index`, `version`, `catalogue` or `log`.
    pub part: &'static str,
    /// Name and id of the collection that it belongs to.
    pub collection: Option<String>,
    pub collection_id: Option<String>,
}

/// What a repair has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repair {
    pub repaired: Vec<RepairedCollection>,
    /// What it could do nothing about.
    pub left: Vec<Damage>,
}

/// A collection that was repaired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepairedCollection {
    pub id: String,
    pub name: String,
    /// Whether its records and indexes were written anew.
    pub rebuilt: bool,
    /// Records that could not be read, and are gone.
    pub lost_records: u64,
    /// The ids of some of them.
    pub lost_ids: Vec<String>,
    /// Earlier versions that were damaged, and are forgotten.
    pub lost_versions: u64,
}

impl Db {
    /// Looks whether everything is there; with `deep` also reads and compares it. Changes nothing.
    pub async fn verify(&self, deep: bool) -> Result<Verification> {
        let store = self.store();
        let verify::Verification { blocks, bytes, records, problems } = verify::verify(&store, deep).await?;
        let problems: Vec<Damage> = problems.into_iter().map(|problem| damage(&store, problem)).collect();
        Ok(Verification { ok: problems.is_empty(), blocks, bytes, records, problems })
    }

    /// Makes collections whole again of which something is damaged: their indexes from the records, and what cannot be read is given up. Damage
    /// outside of collections is told, and left.
    pub async fn repair(&self) -> Result<Repair> {
        let store = self.store();
        let repair::Repair { repaired, left } = repair::repair(&store).await?;
        let repaired = repaired
            .into_iter()
            .map(|Repaired { collection, is_rebuilt, lost, versions }| RepairedCollection {
                id: collection.to_string(),
                name: name_of(&store, collection).unwrap_or_default(),
                rebuilt: is_rebuilt,
                lost_records: lost.records,
                lost_ids: lost.ids,
                lost_versions: versions,
            })
            .collect();
        Ok(Repair { repaired, left: left.into_iter().map(|problem| damage(&store, problem)).collect() })
    }
}

fn damage(store: &Store, Problem { part, collection, damage }: Problem) -> Damage {
    Damage {
        place: damage.place,
        reason: damage.reason,
        part: match part {
            Part::Records => "records",
            Part::Index => "index",
            Part::Version(_) => "version",
            Part::Catalogue => "catalogue",
            Part::Log => "log",
        },
        collection: collection.and_then(|id| name_of(store, id)),
        collection_id: collection.map(|id| id.to_string()),
    }
}

fn name_of(store: &Store, id: CollectionId) -> Option<String> {
    store.catalog.borrow().row(id).map(|row| row.name.clone())
}

//! HNSW parameters (spec: schema-and-config 1.1, 1.5, 1.6).

use serde::{Deserialize, Serialize};

use super::Space;
use crate::error::{Error, Result};
use crate::types::metadata::{Metadata, MetadataValue};

/// The least `sync_threshold` and `batch_size`.
const MIN_BATCH: u32 = 2;

/// The prefix of the legacy metadata keys.
const LEGACY_PREFIX: &str = "hnsw:";

/// HNSW parameters. `num_threads`, `resize_factor`, `sync_threshold` and `batch_size` are kept for the
/// clients and advise nothing here. Serialises with all its fields, as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HnswConfiguration {
    pub space: Space,
    /// Candidates looked at while a vector is inserted.
    pub ef_construction: u32,
    /// Candidates looked at in a search.
    pub ef_search: u32,
    /// Links of a vector on each layer above the lowest, which has twice as many. A change has no effect
    /// on a graph that exists.
    pub max_neighbors: u32,
    pub num_threads: u32,
    pub resize_factor: f64,
    pub sync_threshold: u32,
    pub batch_size: u32,
}

impl Default for HnswConfiguration {
    fn default() -> Self {
        Self {
            space: Space::L2,
            ef_construction: 100,
            ef_search: 100,
            max_neighbors: 16,
            // Chroma's default is the number of processors; the engine has one thread.
            num_threads: 1,
            resize_factor: 1.2,
            sync_threshold: 1000,
            batch_size: 100,
        }
    }
}

impl HnswConfiguration {
    /// Whether a parameter of the graph is not the default. Clients name `hnsw` to choose a space; only who tunes the
    /// graph wants one.
    pub fn asks_for_graph(&self) -> bool {
        let graph = |of: &Self| (of.ef_construction, of.ef_search, of.max_neighbors);
        graph(self) != graph(&Self::default())
    }
}

/// The `hnsw` of a creation request; absent members have their defaults.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HnswRequest {
    pub space: Option<Space>,
    pub ef_construction: Option<u32>,
    pub ef_search: Option<u32>,
    pub max_neighbors: Option<u32>,
    pub num_threads: Option<u32>,
    pub resize_factor: Option<f64>,
    pub sync_threshold: Option<u32>,
    pub batch_size: Option<u32>,
}

/// The `hnsw` of a modification request; absent members stay as they are.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HnswUpdate {
    pub ef_search: Option<u32>,
    pub max_neighbors: Option<u32>,
    pub num_threads: Option<u32>,
    pub resize_factor: Option<f64>,
    pub sync_threshold: Option<u32>,
    pub batch_size: Option<u32>,
}

/// What `configuration_json` says of an HNSW configuration.
#[derive(Serialize)]
pub(super) struct HnswReport {
    space: Space,
    ef_construction: u32,
    ef_search: u32,
    max_neighbors: u32,
    resize_factor: f64,
    sync_threshold: u32,
}

impl HnswConfiguration {
    pub(super) fn report(&self) -> HnswReport {
        HnswReport {
            space: self.space,
            ef_construction: self.ef_construction,
            ef_search: self.ef_search,
            max_neighbors: self.max_neighbors,
            resize_factor: self.resize_factor,
            sync_threshold: self.sync_threshold,
        }
    }

    /// The parameters that the `hnsw:*` keys of a collection's metadata ask for. Chroma has one message
    /// for an unknown key and a bad value.
    pub(super) fn from_legacy_metadata(metadata: Option<&Metadata>) -> Result<Self> {
        let invalid =
            || Error::InvalidArgument("Failed to parse hnsw parameters from segment metadata".into());
        let mut request = HnswRequest::default();
        for (key, value) in metadata.into_iter().flatten() {
            if let Some(name) = key.strip_prefix(LEGACY_PREFIX) {
                request.set_legacy(name, value).ok_or_else(invalid)?;
            }
        }
        let configuration = request.resolve();
        if configuration.fault().is_some() { Err(invalid()) } else { Ok(configuration) }
    }

    /// The name of a parameter that breaks its rule, and the rule.
    pub(super) fn fault(&self) -> Option<String> {
        let batches = [("sync_threshold", self.sync_threshold), ("batch_size", self.batch_size)];
        if let Some((name, value)) = batches.into_iter().find(|(_, value)| *value < MIN_BATCH) {
            return Some(format!("{name}: must be at least {MIN_BATCH}, got {value}"));
        }
        (!self.resize_factor.is_finite()).then(|| "resize_factor: must be finite".into())
    }
}

impl HnswRequest {
    pub(super) fn resolve(self) -> HnswConfiguration {
        let default = HnswConfiguration::default();
        HnswConfiguration {
            space: self.space.unwrap_or(default.space),
            ef_construction: self.ef_construction.unwrap_or(default.ef_construction),
            ef_search: self.ef_search.unwrap_or(default.ef_search),
            max_neighbors: self.max_neighbors.unwrap_or(default.max_neighbors),
            num_threads: self.num_threads.unwrap_or(default.num_threads),
            resize_factor: self.resize_factor.unwrap_or(default.resize_factor),
            sync_threshold: self.sync_threshold.unwrap_or(default.sync_threshold),
            batch_size: self.batch_size.unwrap_or(default.batch_size),
        }
    }

    /// Sets a parameter by its legacy name; `None` if there is no such name or the value does not fit.
    fn set_legacy(&mut self, name: &str, value: &MetadataValue) -> Option<()> {
        match name {
            "space" => self.space = Some(legacy_space(value)?),
            "construction_ef" => self.ef_construction = Some(legacy_count(value)?),
            "search_ef" => self.ef_search = Some(legacy_count(value)?),
            "M" => self.max_neighbors = Some(legacy_count(value)?),
            "num_threads" => self.num_threads = Some(legacy_count(value)?),
            "resize_factor" => self.resize_factor = Some(legacy_factor(value)?),
            "batch_size" => self.batch_size = Some(legacy_count(value)?),
            "sync_threshold" => self.sync_threshold = Some(legacy_count(value)?),
            _ => return None,
        }
        Some(())
    }
}

fn legacy_space(value: &MetadataValue) -> Option<Space> {
    match value {
        MetadataValue::Str(name) => match name.as_str() {
            "l2" => Some(Space::L2),
            "cosine" => Some(Space::Cosine),
            "ip" => Some(Space::Ip),
            _ => None,
        },
        _ => None,
    }
}

fn legacy_count(value: &MetadataValue) -> Option<u32> {
    match value {
        MetadataValue::Int(count) => u32::try_from(*count).ok(),
        _ => None,
    }
}

fn legacy_factor(value: &MetadataValue) -> Option<f64> {
    match value {
        MetadataValue::Float(factor) => Some(*factor),
        MetadataValue::Int(factor) => Some(*factor as f64),
        _ => None,
    }
}

impl HnswUpdate {
    pub(super) fn apply_to(self, hnsw: &mut HnswConfiguration) {
        hnsw.ef_search = self.ef_search.unwrap_or(hnsw.ef_search);
        hnsw.max_neighbors = self.max_neighbors.unwrap_or(hnsw.max_neighbors);
        hnsw.num_threads = self.num_threads.unwrap_or(hnsw.num_threads);
        hnsw.resize_factor = self.resize_factor.unwrap_or(hnsw.resize_factor);
        hnsw.sync_threshold = self.sync_threshold.unwrap_or(hnsw.sync_threshold);
        hnsw.batch_size = self.batch_size.unwrap_or(hnsw.batch_size);
    }
}

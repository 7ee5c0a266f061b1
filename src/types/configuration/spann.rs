//! SPANN parameters (spec: schema-and-config 1.2, 1.6).

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::Space;

/// SPANN parameters. Serialises with all its fields, as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpannConfiguration {
    pub space: Space,
    /// Clusters looked into by a search.
    pub search_nprobe: u32,
    pub search_rng_factor: f64,
    pub search_rng_epsilon: f64,
    /// Clusters that hold a copy of a vector, at most.
    pub nreplica_count: u32,
    pub write_rng_factor: f64,
    pub write_rng_epsilon: f64,
    /// Vectors in a cluster beyond which it is split.
    pub split_threshold: u32,
    pub num_samples_kmeans: u32,
    pub initial_lambda: f64,
    /// Neighbouring clusters whose vectors are looked at again after a split.
    pub reassign_neighbor_count: u32,
    /// Vectors in a cluster below which it is merged.
    pub merge_threshold: u32,
    pub num_centers_to_merge_to: u32,
    /// Clusters looked at for a vector that is written.
    pub write_nprobe: u32,
    /// Candidates looked at while a cluster's centre is inserted into the graph of centres.
    pub ef_construction: u32,
    /// Candidates looked at in a search of the graph of centres.
    pub ef_search: u32,
    /// Links of a centre in the graph of centres.
    pub max_neighbors: u32,
    pub center_drift_threshold: f64,
    /// Chosen by the engine, never by a request.
    pub quantize: Quantization,
}

impl SpannConfiguration {
    /// What a collection gets that asks for nothing: Chroma's values for quantised clusters (spec:
    /// schema-and-config 1.2), with the numbers of lists that a vector is put into and a search probes measured on
    /// codes in memory.
    pub fn automatic() -> Self {
        Self {
            search_nprobe: 128,
            nreplica_count: 1,
            write_rng_factor: 4.0,
            write_rng_epsilon: 8.0,
            split_threshold: 512,
            reassign_neighbor_count: 32,
            merge_threshold: 128,
            write_nprobe: 32,
            ..Self::default()
        }
    }
}

/// How the vectors of a cluster are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantization {
    /// As they are.
    #[default]
    None,
    /// Four bits a component (RaBitQ).
    FourBitRabitQWithUSearch,
}

impl Default for SpannConfiguration {
    fn default() -> Self {
        Self {
            space: Space::L2,
            search_nprobe: 64,
            search_rng_factor: 1.0,
            search_rng_epsilon: 10.0,
            nreplica_count: 8,
            write_rng_factor: 1.0,
            write_rng_epsilon: 5.0,
            split_threshold: 50,
            num_samples_kmeans: 1000,
            initial_lambda: 100.0,
            reassign_neighbor_count: 64,
            merge_threshold: 25,
            num_centers_to_merge_to: 8,
            write_nprobe: 32,
            ef_construction: 200,
            ef_search: 200,
            max_neighbors: 64,
            center_drift_threshold: 0.125,
            quantize: Quantization::None,
        }
    }
}

/// The `spann` of a creation request; absent members have their defaults.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpannRequest {
    pub space: Option<Space>,
    pub search_nprobe: Option<u32>,
    pub search_rng_factor: Option<f64>,
    pub search_rng_epsilon: Option<f64>,
    pub nreplica_count: Option<u32>,
    pub write_rng_factor: Option<f64>,
    pub write_rng_epsilon: Option<f64>,
    pub split_threshold: Option<u32>,
    pub num_samples_kmeans: Option<u32>,
    pub initial_lambda: Option<f64>,
    pub reassign_neighbor_count: Option<u32>,
    pub merge_threshold: Option<u32>,
    pub num_centers_to_merge_to: Option<u32>,
    pub write_nprobe: Option<u32>,
    pub ef_construction: Option<u32>,
    pub ef_search: Option<u32>,
    pub max_neighbors: Option<u32>,
    pub center_drift_threshold: Option<f64>,
}

/// The `spann` of a modification request; absent members stay as they are.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpannUpdate {
    pub search_nprobe: Option<u32>,
    pub ef_search: Option<u32>,
}

/// What `configuration_json` says of a SPANN configuration: the members that Chroma's client knows.
#[derive(Serialize)]
pub(super) struct SpannReport {
    search_nprobe: u32,
    write_nprobe: u32,
    space: Space,
    ef_construction: u32,
    ef_search: u32,
    max_neighbors: u32,
    reassign_neighbor_count: u32,
    split_threshold: u32,
    merge_threshold: u32,
}

impl SpannConfiguration {
    pub(super) fn report(&self) -> SpannReport {
        SpannReport {
            search_nprobe: self.search_nprobe,
            write_nprobe: self.write_nprobe,
            space: self.space,
            ef_construction: self.ef_construction,
            ef_search: self.ef_search,
            max_neighbors: self.max_neighbors,
            reassign_neighbor_count: self.reassign_neighbor_count,
            split_threshold: self.split_threshold,
            merge_threshold: self.merge_threshold,
        }
    }

    /// Each parameter that has a range, with what a user may set it to.
    fn ranges(&self) -> [(&'static str, f64, RangeInclusive<f64>); 17] {
        let count = f64::from;
        [
            ("search_nprobe", count(self.search_nprobe), 0.0..=128.0),
            ("search_rng_factor", self.search_rng_factor, 1.0..=1.0),
            ("search_rng_epsilon", self.search_rng_epsilon, 5.0..=10.0),
            ("nreplica_count", count(self.nreplica_count), 0.0..=8.0),
            ("write_rng_factor", self.write_rng_factor, 1.0..=1.0),
            ("write_rng_epsilon", self.write_rng_epsilon, 5.0..=10.0),
            ("split_threshold", count(self.split_threshold), 50.0..=200.0),
            ("num_samples_kmeans", count(self.num_samples_kmeans), 0.0..=1000.0),
            ("initial_lambda", self.initial_lambda, 100.0..=100.0),
            ("reassign_neighbor_count", count(self.reassign_neighbor_count), 0.0..=64.0),
            ("merge_threshold", count(self.merge_threshold), 25.0..=100.0),
            ("num_centers_to_merge_to", count(self.num_centers_to_merge_to), 0.0..=8.0),
            ("write_nprobe", count(self.write_nprobe), 0.0..=64.0),
            ("ef_construction", count(self.ef_construction), 0.0..=200.0),
            ("ef_search", count(self.ef_search), 0.0..=200.0),
            ("max_neighbors", count(self.max_neighbors), 0.0..=64.0),
            ("center_drift_threshold", self.center_drift_threshold, 0.1..=1.0),
        ]
    }

    /// The name of a parameter that is out of its range, and the range.
    pub(super) fn fault(&self) -> Option<String> {
        let (name, value, allowed) =
            self.ranges().into_iter().find(|(_, value, allowed)| !allowed.contains(value))?;
        let (least, most) = allowed.into_inner();
        Some(if least == most {
            format!("{name}: must be {least}, got {value}")
        } else {
            format!("{name}: must be between {least} and {most}, got {value}")
        })
    }
}

impl SpannRequest {
    pub(super) fn resolve(self) -> SpannConfiguration {
        let default = SpannConfiguration::default();
        SpannConfiguration {
            space: self.space.unwrap_or(default.space),
            search_nprobe: self.search_nprobe.unwrap_or(default.search_nprobe),
            search_rng_factor: self.search_rng_factor.unwrap_or(default.search_rng_factor),
            search_rng_epsilon: self.search_rng_epsilon.unwrap_or(default.search_rng_epsilon),
            nreplica_count: self.nreplica_count.unwrap_or(default.nreplica_count),
            write_rng_factor: self.write_rng_factor.unwrap_or(default.write_rng_factor),
            write_rng_epsilon: self.write_rng_epsilon.unwrap_or(default.write_rng_epsilon),
            split_threshold: self.split_threshold.unwrap_or(default.split_threshold),
            num_samples_kmeans: self.num_samples_kmeans.unwrap_or(default.num_samples_kmeans),
            initial_lambda: self.initial_lambda.unwrap_or(default.initial_lambda),
            reassign_neighbor_count: self.reassign_neighbor_count.unwrap_or(default.reassign_neighbor_count),
            merge_threshold: self.merge_threshold.unwrap_or(default.merge_threshold),
            num_centers_to_merge_to: self.num_centers_to_merge_to.unwrap_or(default.num_centers_to_merge_to),
            write_nprobe: self.write_nprobe.unwrap_or(default.write_nprobe),
            ef_construction: self.ef_construction.unwrap_or(default.ef_construction),
            ef_search: self.ef_search.unwrap_or(default.ef_search),
            max_neighbors: self.max_neighbors.unwrap_or(default.max_neighbors),
            center_drift_threshold: self.center_drift_threshold.unwrap_or(default.center_drift_threshold),
            quantize: default.quantize,
        }
    }
}

impl SpannUpdate {
    pub(super) fn apply_to(self, spann: &mut SpannConfiguration) {
        spann.search_nprobe = self.search_nprobe.unwrap_or(spann.search_nprobe);
        spann.ef_search = self.ef_search.unwrap_or(spann.ef_search);
    }
}

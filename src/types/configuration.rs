//! How a collection is indexed: the configuration object (spec: schema-and-config 1).

use serde::{Deserialize, Serialize};

/// The distance of a collection (spec: query-semantics 7.1); smaller is nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Space {
    /// Squared Euclidean distance.
    #[default]
    L2,
    /// One minus the cosine of the angle.
    Cosine,
    /// One minus the inner product.
    Ip,
}

/// The effective configuration of a collection, as `configuration_json` reports it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CollectionConfiguration {
    pub hnsw: Option<HnswConfiguration>,
    pub spann: Option<SpannConfiguration>,
    /// Kept verbatim for the clients; the engine never looks into it.
    pub embedding_function: Option<serde_json::Value>,
}

/// HNSW parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HnswConfiguration {
    pub space: Space,
}

/// SPANN parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpannConfiguration {
    pub space: Space,
}

/// The `configuration` of a creation request.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct ConfigurationRequest {}

/// The `new_configuration` of a modification request.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct UpdateConfiguration {}

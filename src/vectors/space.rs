//! Which distance is meant.

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

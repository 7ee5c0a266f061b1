//! Clusters of vectors under heads: SPANN (Chen et al., NeurIPS 2021) with the updates of SPFresh (Xu et al.,
//! SOSP 2023). Spec: storage-architecture 7.2 and 7.3.
//!
//! A *head* is the center of a *posting list* of codes. A vector goes to the lists of its nearest heads, a query
//! looks into those of its nearest. Pure: lists are loaded and stored by whoever keeps them.
//!
//! Useful for collections that are too large to scan even their codes; not for small ones, which a scan answers
//! at once and exactly.

mod cluster;
#[cfg(feature = "heads")]
mod graph;
#[cfg(feature = "heads")]
mod heads;
#[cfg(all(test, feature = "heads"))]
mod tests;

pub use cluster::{Clustering, Halves, Sample, halve};
#[cfg(feature = "heads")]
pub use graph::{GraphParameters, HeadGraph};
#[cfg(feature = "heads")]
pub use heads::{HeadQuery, Heads, NearHead, NearHeads, Placement, SharedHeadGraph};

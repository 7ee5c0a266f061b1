//! The steps of a read, each over a snapshot: filter, nearest neighbours, project.

pub mod facets;
pub mod filter;
pub mod group;
pub mod knn;
pub mod project;
pub mod rank;
pub mod select;
pub mod sparse;

//! How far apart two vectors are, by the best kernel that this machine has.

use crate::types::Space;

/// A query vector made ready for one space: many rows are compared with it.
#[derive(Debug, Clone)]
pub struct Query {
    space: Space,
    vector: Vec<f32>,
}

impl Query {
    /// Prepares `vector` (for cosine: normalises it).
    pub fn new(space: Space, vector: &[f32]) -> Self {
        Self { space, vector: vector.to_vec() }
    }

    /// Components.
    pub fn dimension(&self) -> usize {
        self.vector.len()
    }

    /// The distance to `row`, which has as many components.
    pub fn distance(&self, row: &[f32]) -> f32 {
        let _ = (self.space, row);
        todo!("distance helper")
    }
}

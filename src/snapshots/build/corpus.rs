//! What a snapshot is made of.

use chromatid_vectors::Space;
use chromatid_vectors::distance::Query;
use chromatid_vectors::quantization::{Rotation, is_representable};

use crate::error::Result;
use crate::record::Record;

/// The records of a collection, read as often as it takes.
pub trait Corpus {
    /// The number of records.
    fn len(&self) -> u32;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the components of a record's vector to `out`.
    fn vector(&self, record: u32, out: &mut Vec<f32>);

    /// A record without its vector.
    fn record(&self, record: u32) -> Result<Record>;
}

/// The rotation that all vectors pass before they are compared by codes: part of the format.
const ROTATION_SEED: u64 = 0x736e_6170_7368_6f74;

/// Vectors as codes are made of them: of length one (cosine), and rotated.
#[derive(Debug, Clone)]
pub struct Frame {
    pub space: Space,
    rotation: Rotation,
}

impl Frame {
    /// # Panics
    /// If `dimension` is 0.
    pub fn new(space: Space, dimension: usize) -> Self {
        Self { space, rotation: Rotation::new(dimension, ROTATION_SEED) }
    }

    /// The distance by which heads are compared with a query. They are means of vectors of length one and shorter than these, so the
    /// nearest is found by the distance that records found it by.
    pub fn probe_space(&self) -> Space {
        match self.space {
            Space::L2 | Space::Cosine => Space::L2,
            Space::Ip => Space::Ip,
        }
    }

    pub fn dimension(&self) -> usize {
        self.rotation.dimension()
    }

    /// Turns a vector of the frame's dimension as codes have it.
    pub fn turn(&self, vector: &[f32]) -> Vec<f32> {
        let mut turned = Query::new(self.space, vector).into_vector();
        self.rotation.rotate(&mut turned);
        turned
    }
}

/// The vectors of a corpus in a frame.
pub struct Vectors<'a> {
    pub corpus: &'a dyn Corpus,
    pub frame: Frame,
}

impl Vectors<'_> {
    /// The vector of a record, turned. One that codes cannot represent is as good as zero where it is only about what is near what.
    pub fn turned(&self, record: u32) -> Vec<f32> {
        let mut vector = Vec::with_capacity(self.frame.dimension());
        self.corpus.vector(record, &mut vector);
        let turned = self.frame.turn(&vector);
        if is_representable(&turned) { turned } else { vec![0.0; turned.len()] }
    }
}

//! Functions that are attached to collections (spec: rest-api 6).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::collection::CollectionId;
use crate::error::{Error, Result};

/// A function that runs over what compactions bring into its input collection, and writes to its output collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttachedFunction {
    pub id: Uuid,
    pub name: String,
    /// Which function it is: `record_counter`, `statistics`, or the name of a callback.
    pub function_name: String,
    /// The name of the output collection, in the database of the input collection.
    pub output_collection: String,
    /// Unset until the first output.
    pub output_collection_id: Option<CollectionId>,
    /// JSON, as it was given.
    pub params: Option<String>,
    /// It has seen the log of its input collection up to here.
    pub completion_offset: u64,
}

/// The body of an attachment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AttachFunction {
    pub name: String,
    pub function_id: String,
    pub output_collection: String,
    #[serde(default)]
    pub params: Option<serde_json::Value>,
}

impl AttachFunction {
    /// Reads a request body; a body of the wrong shape is a 422 with the reason.
    pub fn from_json(body: serde_json::Value) -> Result<Self> {
        serde_json::from_value(body).map_err(Error::shape)
    }
}

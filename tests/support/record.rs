//! A record as a client sees it.

use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub id: String,
    pub embedding: Vec<f32>,
    pub document: Option<String>,
    pub uri: Option<String>,
    pub metadata: Map<String, Value>,
}

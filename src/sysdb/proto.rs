//! The protobuf messages of the catalogue. `docs/chromatid.proto` is the same in protobuf's own language.

use crate::log::proto::CollectionInfo;

/// The row of a collection.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CollectionRow {
    #[prost(message, optional, tag = "1")]
    pub info: Option<CollectionInfo>,
    #[prost(message, optional, tag = "2")]
    pub segment: Option<SegmentFiles>,
    #[prost(uint64, tag = "3")]
    pub log_position: u64,
    #[prost(uint32, tag = "4")]
    pub version: u32,
    #[prost(uint64, tag = "5")]
    pub operations: u64,
    #[prost(message, repeated, tag = "6")]
    pub metadata_keys: Vec<MetadataKey>,
}

/// A metadata key that records were written with.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MetadataKey {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(uint32, tag = "2")]
    pub types: u32,
}

/// Blockfile roots of a record segment.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SegmentFiles {
    #[prost(bytes = "vec", tag = "1")]
    pub user_id_to_offset_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub offset_id_to_user_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub offset_id_to_data: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub offset_id_to_embedding: Vec<u8>,
    #[prost(uint32, tag = "5")]
    pub max_offset_id: u32,
    #[prost(bytes = "vec", optional, tag = "6")]
    pub vectors: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "7")]
    pub terms: Option<Vec<u8>>,
}

/// The bytes of the store's root.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Manifest {
    #[prost(uint32, tag = "1")]
    pub format: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub catalogue: Vec<u8>,
    #[prost(uint64, tag = "3")]
    pub catalogue_position: u64,
    #[prost(uint64, tag = "4")]
    pub log_start: u64,
    #[prost(uint64, tag = "5")]
    pub log_checksum: u64,
    #[prost(uint64, tag = "6")]
    pub blocks: u64,
}

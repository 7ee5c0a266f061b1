//! The protobuf messages of the catalogue. `docs/chromatid.proto` is the same in protobuf's own language.

use crate::log::proto::{CollectionInfo, Function, SegmentFiles};

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
    /// When the segment was written, in milliseconds since the Unix epoch.
    #[prost(uint64, tag = "7")]
    pub written_ms: u64,
    #[prost(message, repeated, tag = "8")]
    pub versions: Vec<Version>,
    /// The id of the collection at the root of its forks; absent in one that is no fork.
    #[prost(bytes = "vec", optional, tag = "9")]
    pub lineage: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "10")]
    pub inherited: Vec<Inherited>,
    #[prost(message, repeated, tag = "11")]
    pub functions: Vec<Function>,
    #[prost(message, optional, tag = "12")]
    pub link: Option<LinkRow>,
}

/// That a collection is kept the same as a remote one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LinkRow {
    /// The id of its shadow.
    #[prost(bytes = "vec", tag = "1")]
    pub shadow: Vec<u8>,
    #[prost(string, tag = "2")]
    pub settings: String,
}

/// An earlier version of a collection.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Version {
    #[prost(uint32, tag = "1")]
    pub version: u32,
    #[prost(message, optional, tag = "2")]
    pub segment: Option<SegmentFiles>,
    #[prost(uint64, tag = "3")]
    pub log_position: u64,
    #[prost(uint64, tag = "4")]
    pub operations: u64,
    #[prost(uint64, tag = "5")]
    pub written_ms: u64,
}

/// A part of the log that a fork has from another collection.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Inherited {
    #[prost(bytes = "vec", tag = "1")]
    pub source: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub up_to: u64,
}

/// A metadata key that records were written with.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MetadataKey {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(uint32, tag = "2")]
    pub types: u32,
}

/// The requests of a client that it may ask for again.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Client {
    /// Log sequence number of the last one.
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
    #[prost(message, repeated, tag = "2")]
    pub applied: Vec<AppliedRequest>,
}

/// A request that was done.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AppliedRequest {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(uint64, tag = "2")]
    pub sequence: u64,
    #[prost(uint64, tag = "3")]
    pub operations: u64,
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

//! The protobuf message of a vector index. `docs/chromatid.proto` is the same in protobuf's own language.

/// What a vector index is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VectorIndexInfo {
    #[prost(uint32, tag = "1")]
    pub format: u32,
    #[prost(uint32, tag = "2")]
    pub dimension: u32,
    #[prost(uint64, tag = "3")]
    pub rotation_seed: u64,
    #[prost(float, repeated, tag = "4")]
    pub center: Vec<f32>,
    #[prost(uint64, tag = "5")]
    pub waiting: u64,
    #[prost(uint32, tag = "6")]
    pub next_head: u32,
    #[prost(uint64, tag = "7")]
    pub changes: u64,
    #[prost(uint64, tag = "8")]
    pub dissolved: u64,
    /// Set once there is a graph.
    #[prost(message, optional, tag = "9")]
    pub graph: Option<GraphInfo>,
    /// Vectors that posting lists may hold dead entries of, as far as no scrubbing has begun since.
    #[prost(uint64, tag = "10")]
    pub stale: u64,
    /// Set while lists are scrubbed: the first that still has to be.
    #[prost(uint32, optional, tag = "11")]
    pub scrubbing: Option<u32>,
}

/// What is known of a graph without reading it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GraphInfo {
    /// Dead ones included.
    #[prost(uint64, tag = "1")]
    pub nodes: u64,
    /// Free ones included.
    #[prost(uint64, tag = "2")]
    pub slots: u64,
    /// Vectors that wait and that no graph can hold.
    #[prost(uint64, tag = "3")]
    pub unplaced: u64,
}

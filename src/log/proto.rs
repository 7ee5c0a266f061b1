//! The protobuf messages of the log. `docs/chromatid.proto` is the same in protobuf's own language.

use std::collections::BTreeMap;

use prost::Oneof;

/// The payload of one frame.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LogEntry {
    #[prost(oneof = "Change", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13")]
    pub change: Option<Change>,
    /// The request of a client that the change answers.
    #[prost(message, optional, tag = "15")]
    pub request: Option<Request>,
}

/// A request of a client, so that its repetition is recognised.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Request {
    /// UUID.
    #[prost(bytes = "vec", tag = "1")]
    pub client: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub number: u64,
    /// The client has the answers of all requests below this number.
    #[prost(uint64, tag = "3")]
    pub acknowledged: u64,
}

/// What a frame changes.
#[derive(Clone, PartialEq, Oneof)]
pub enum Change {
    #[prost(message, tag = "1")]
    Records(Records),
    #[prost(message, tag = "2")]
    PutTenant(Tenant),
    #[prost(message, tag = "3")]
    PutDatabase(Database),
    #[prost(bytes, tag = "4")]
    DeleteDatabase(Vec<u8>),
    #[prost(message, tag = "5")]
    PutCollection(CollectionInfo),
    #[prost(bytes, tag = "6")]
    DeleteCollection(Vec<u8>),
    #[prost(message, tag = "7")]
    ForkCollection(Fork),
    #[prost(message, tag = "8")]
    RestoreVersion(Restore),
    #[prost(message, tag = "9")]
    PutFunction(Function),
    #[prost(message, tag = "10")]
    DeleteFunction(Function),
    #[prost(message, tag = "11")]
    PutLink(Link),
    /// The id of the collection.
    #[prost(bytes, tag = "12")]
    DeleteLink(Vec<u8>),
    #[prost(message, tag = "13")]
    ReplaceCollection(Replacement),
}

/// A collection that takes the place, and the name, of another, which is deleted.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Replacement {
    /// The collection, with the name that it has from now on.
    #[prost(message, optional, tag = "1")]
    pub info: Option<CollectionInfo>,
    /// The id of the other.
    #[prost(bytes = "vec", tag = "2")]
    pub replaced: Vec<u8>,
}

/// A collection that is kept the same as a remote one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Link {
    /// The id of the collection.
    #[prost(bytes = "vec", tag = "1")]
    pub collection: Vec<u8>,
    /// The collection of what is known about its replicas.
    #[prost(message, optional, tag = "2")]
    pub shadow: Option<CollectionInfo>,
    /// What is agreed with whoever synchronises; the engine only keeps it.
    #[prost(string, tag = "3")]
    pub settings: String,
}

/// A collection that begins as a copy of another.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Fork {
    /// The new collection.
    #[prost(message, optional, tag = "1")]
    pub info: Option<CollectionInfo>,
    /// The id of the other.
    #[prost(bytes = "vec", tag = "2")]
    pub source: Vec<u8>,
    /// Which of its versions; all that it holds if there is none.
    #[prost(uint32, optional, tag = "3")]
    pub version: Option<u32>,
}

/// A collection that becomes what it was.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Restore {
    #[prost(bytes = "vec", tag = "1")]
    pub collection: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub version: u32,
}

/// A function that is attached to a collection.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Function {
    /// The id of its input collection.
    #[prost(bytes = "vec", tag = "1")]
    pub input: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub id: Vec<u8>,
    #[prost(string, tag = "3")]
    pub name: String,
    /// Which function it is.
    #[prost(string, tag = "4")]
    pub function: String,
    #[prost(string, tag = "5")]
    pub output_name: String,
    #[prost(bytes = "vec", optional, tag = "6")]
    pub output: Option<Vec<u8>>,
    /// JSON.
    #[prost(string, optional, tag = "7")]
    pub params: Option<String>,
    #[prost(message, optional, tag = "8")]
    pub progress: Option<Progress>,
}

/// How far a function has come.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Progress {
    /// It has seen the log of its input up to here.
    #[prost(uint64, tag = "1")]
    pub completion_offset: u64,
    /// The segment of its input that it saw last.
    #[prost(message, optional, tag = "2")]
    pub base: Option<SegmentFiles>,
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

/// One write to one collection.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Records {
    #[prost(bytes = "vec", tag = "1")]
    pub collection: Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    pub records: Vec<OperationRecord>,
    /// The function whose output this is, and how far it has come with it.
    #[prost(message, optional, tag = "3")]
    pub output_of: Option<Function>,
    /// What this write means for the replicas of the collection: a write to its shadow, at the same moment.
    #[prost(message, optional, boxed, tag = "4")]
    pub shadow: Option<Box<Records>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum Operation {
    Add = 0,
    Update = 1,
    Upsert = 2,
    Delete = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum ScalarEncoding {
    Float32 = 0,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct OperationRecord {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(message, optional, tag = "2")]
    pub vector: Option<Vector>,
    #[prost(message, optional, tag = "3")]
    pub metadata: Option<UpdateMetadata>,
    #[prost(enumeration = "Operation", tag = "4")]
    pub operation: i32,
    #[prost(string, optional, tag = "5")]
    pub document: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub uri: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Vector {
    #[prost(int32, tag = "1")]
    pub dimension: i32,
    #[prost(bytes = "vec", tag = "2")]
    pub vector: Vec<u8>,
    #[prost(enumeration = "ScalarEncoding", tag = "3")]
    pub encoding: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateMetadata {
    #[prost(btree_map = "string, message", tag = "1")]
    pub metadata: BTreeMap<String, UpdateMetadataValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateMetadataValue {
    #[prost(oneof = "Value", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9")]
    pub value: Option<Value>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Value {
    #[prost(string, tag = "1")]
    String(String),
    #[prost(int64, tag = "2")]
    Int(i64),
    #[prost(double, tag = "3")]
    Float(f64),
    #[prost(bool, tag = "4")]
    Bool(bool),
    #[prost(message, tag = "5")]
    SparseVector(SparseVector),
    #[prost(message, tag = "6")]
    StringList(StringList),
    #[prost(message, tag = "7")]
    IntList(IntList),
    #[prost(message, tag = "8")]
    FloatList(FloatList),
    #[prost(message, tag = "9")]
    BoolList(BoolList),
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SparseVector {
    #[prost(uint32, repeated, tag = "1")]
    pub indices: Vec<u32>,
    #[prost(float, repeated, tag = "2")]
    pub values: Vec<f32>,
    #[prost(string, repeated, tag = "3")]
    pub tokens: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StringList {
    #[prost(string, repeated, tag = "1")]
    pub values: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct IntList {
    #[prost(int64, repeated, tag = "1")]
    pub values: Vec<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct FloatList {
    #[prost(double, repeated, tag = "1")]
    pub values: Vec<f64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct BoolList {
    #[prost(bool, repeated, tag = "1")]
    pub values: Vec<bool>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Tenant {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, optional, tag = "2")]
    pub resource_name: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Database {
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(string, tag = "3")]
    pub tenant: String,
    #[prost(uint64, tag = "4")]
    pub created: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct CollectionInfo {
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(bytes = "vec", tag = "3")]
    pub database: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    pub metadata: Option<UpdateMetadata>,
    #[prost(bytes = "vec", tag = "5")]
    pub configuration: Vec<u8>,
    #[prost(uint32, optional, tag = "6")]
    pub dimension: Option<u32>,
    #[prost(uint64, tag = "7")]
    pub created: u64,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub schema: Option<Vec<u8>>,
}

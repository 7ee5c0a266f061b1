//! What the engine talks about: records, metadata, filters, collections, configurations, results.
//!
//! Plain data with its rules of shape; nothing here touches storage.

pub mod collection;
pub mod configuration;
mod function;
pub mod metadata;
pub mod record;
pub mod results;
pub mod schema;
pub mod search;
pub mod validation;
pub mod where_clause;

pub use collection::{
    Collection, CollectionId, CollectionRef, CreateCollection, DatabaseInfo, Tenant, UpdateCollection,
};
pub use configuration::{
    CollectionConfiguration, ConfigurationRequest, HnswConfiguration, Space, SpannConfiguration,
    UpdateConfiguration, VectorStructure,
};
pub use function::{AttachFunction, AttachedFunction};
pub use metadata::{Metadata, MetadataValue, SparseVector, UpdateMetadata};
pub use record::{Embedding, Embeddings, Operation, OperationRecord, RecordSet};
pub use results::{
    DeleteRequest, FacetsRequest, GetRequest, GetResult, Include, QueryRequest, QueryResult, ReadLevel,
};
pub use schema::{MetadataKeys, Schema, SchemaRequest};
pub use search::{SearchRequest, SearchResult};
pub use where_clause::{RecordView, Where};

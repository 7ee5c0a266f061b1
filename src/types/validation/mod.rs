//! The rules that a request has to keep, with Chroma's messages (spec: rest-api 1.3, 1.4, 3, 4).

mod metadata;
mod names;
mod records;

pub use metadata::{collection_metadata, new_collection_metadata};
pub use names::{collection_name, database_name, database_path_name, tenant_name};
pub use records::{delete_request, embedding_matrix, query_embeddings, record_set};

//! The rows of the catalogue and their stored form.

use std::rc::Rc;

use prost::Message;
use uuid::Uuid;

use super::proto;
use crate::error::{Corruption, Result};
use crate::log::convert;
use crate::log::proto::{CollectionInfo, Database, Tenant as TenantMessage};
use crate::segment::SegmentFiles;
use crate::storage::BlockId;
use crate::types::{CollectionConfiguration, CollectionId, Metadata, MetadataKeys, Schema, Tenant};

/// Names a row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKey {
    Tenant(String),
    Database(Uuid),
    Collection(CollectionId),
}

impl RowKey {
    /// The blockfile prefix of rows of this kind.
    pub fn prefix(&self) -> &'static str {
        match self {
            RowKey::Tenant(_) => "tenant",
            RowKey::Database(_) => "database",
            RowKey::Collection(_) => "collection",
        }
    }

    /// The blockfile key of this row.
    pub fn key(&self) -> String {
        match self {
            RowKey::Tenant(name) => name.clone(),
            RowKey::Database(id) => id.to_string(),
            RowKey::Collection(id) => id.to_string(),
        }
    }
}

/// A database and when it was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseRow {
    pub id: Uuid,
    pub name: String,
    pub tenant: String,
    /// Log sequence number of its creation.
    pub created: u64,
}

/// A collection: what the user said of it, and where its segment lies.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionRow {
    pub id: CollectionId,
    pub name: String,
    pub database: Uuid,
    pub metadata: Option<Metadata>,
    pub configuration: CollectionConfiguration,
    pub schema: Rc<Schema>,
    pub dimension: Option<usize>,
    /// Log sequence number of its creation.
    pub created: u64,
    pub segment: Option<SegmentFiles>,
    /// The segment holds the log up to here.
    pub log_position: u64,
    /// Compactions so far.
    pub version: u32,
    /// Operations that the segment holds.
    pub operations: u64,
    /// What its records were written with.
    pub metadata_keys: MetadataKeys,
}

pub fn encode_tenant(tenant: &Tenant) -> TenantMessage {
    TenantMessage { name: tenant.name.clone(), resource_name: tenant.resource_name.clone() }
}

pub fn decode_tenant(message: TenantMessage) -> Tenant {
    Tenant { name: message.name, resource_name: message.resource_name }
}

pub fn encode_database(row: &DatabaseRow) -> Database {
    Database {
        id: row.id.as_bytes().to_vec(),
        name: row.name.clone(),
        tenant: row.tenant.clone(),
        created: row.created,
    }
}

pub fn decode_database(message: Database) -> Result<DatabaseRow> {
    Ok(DatabaseRow {
        id: uuid(&message.id)?,
        name: message.name,
        tenant: message.tenant,
        created: message.created,
    })
}

/// The part of a collection that the log carries.
pub fn encode_info(row: &CollectionRow) -> CollectionInfo {
    CollectionInfo {
        id: row.id.0.as_bytes().to_vec(),
        name: row.name.clone(),
        database: row.database.as_bytes().to_vec(),
        metadata: row.metadata.as_ref().map(convert::encode_metadata),
        configuration: row.configuration.to_stored(),
        dimension: row.dimension.map(|dimension| dimension as u32),
        created: row.created,
        schema: row.schema.to_stored(),
    }
}

/// A collection without a segment.
pub fn decode_info(message: CollectionInfo) -> Result<CollectionRow> {
    let configuration = CollectionConfiguration::from_stored(&message.configuration)?;
    let schema = match &message.schema {
        Some(stored) => Schema::from_stored(stored)?,
        None => Schema::of(&configuration),
    };
    Ok(CollectionRow {
        id: CollectionId(uuid(&message.id)?),
        name: message.name,
        database: uuid(&message.database)?,
        metadata: message.metadata.map(convert::decode_metadata).transpose()?,
        configuration,
        schema: Rc::new(schema),
        dimension: message.dimension.map(|dimension| dimension as usize),
        created: message.created,
        segment: None,
        log_position: 0,
        version: 0,
        operations: 0,
        metadata_keys: MetadataKeys::default(),
    })
}

pub fn encode_collection(row: &CollectionRow) -> Vec<u8> {
    let message = proto::CollectionRow {
        info: Some(encode_info(row)),
        segment: row.segment.as_ref().map(|files| proto::SegmentFiles {
            user_id_to_offset_id: files.user_id_to_offset_id.0.to_vec(),
            offset_id_to_user_id: files.offset_id_to_user_id.0.to_vec(),
            offset_id_to_data: files.offset_id_to_data.0.to_vec(),
            offset_id_to_embedding: files.offset_id_to_embedding.0.to_vec(),
            max_offset_id: files.max_offset_id,
            vectors: files.vectors.map(|root| root.0.to_vec()),
            terms: files.terms.map(|root| root.0.to_vec()),
        }),
        log_position: row.log_position,
        version: row.version,
        operations: row.operations,
        metadata_keys: encode_keys(&row.metadata_keys),
    };
    message.encode_to_vec()
}

pub fn decode_collection(bytes: &[u8]) -> Result<CollectionRow> {
    let message = decode::<proto::CollectionRow>(bytes)?;
    let info = message.info.ok_or_else(|| corrupt("a collection without a name"))?;
    let segment = message.segment.map(|files| -> Result<SegmentFiles> {
        Ok(SegmentFiles {
            user_id_to_offset_id: block_id(&files.user_id_to_offset_id)?,
            offset_id_to_user_id: block_id(&files.offset_id_to_user_id)?,
            offset_id_to_data: block_id(&files.offset_id_to_data)?,
            offset_id_to_embedding: block_id(&files.offset_id_to_embedding)?,
            max_offset_id: files.max_offset_id,
            vectors: files.vectors.as_deref().map(block_id).transpose()?,
            terms: files.terms.as_deref().map(block_id).transpose()?,
        })
    });
    Ok(CollectionRow {
        segment: segment.transpose()?,
        log_position: message.log_position,
        version: message.version,
        operations: message.operations,
        metadata_keys: decode_keys(&message.metadata_keys),
        ..decode_info(info)?
    })
}

fn encode_keys(keys: &MetadataKeys) -> Vec<proto::MetadataKey> {
    let encode =
        |(key, types): &(String, u8)| proto::MetadataKey { key: key.clone(), types: (*types).into() };
    keys.stored().iter().map(encode).collect()
}

/// Types that a newer version knows are passed over, as its messages are.
fn decode_keys(messages: &[proto::MetadataKey]) -> MetadataKeys {
    let mut keys = MetadataKeys::default();
    for message in messages {
        keys.insert(&message.key, message.types as u8);
    }
    keys
}

pub fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M> {
    M::decode(bytes).map_err(|error| corrupt(&error.to_string()))
}

/// Reads a UUID of 16 bytes.
pub fn uuid(bytes: &[u8]) -> Result<Uuid> {
    Uuid::from_slice(bytes).map_err(|_| corrupt("an id that is not 16 bytes long"))
}

/// Reads a block id of 16 bytes.
pub fn block_id(bytes: &[u8]) -> Result<BlockId> {
    let id = bytes.try_into().map_err(|_| corrupt("a block id that is not 16 bytes long"))?;
    Ok(BlockId(id))
}

fn corrupt(reason: &str) -> crate::error::Error {
    Corruption::new("catalogue", reason).into()
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;

//! The rows of the catalogue and their stored form.

use std::rc::Rc;

use prost::Message;
use uuid::Uuid;

use super::proto;
use crate::error::{Corruption, Result};
use crate::log::convert;
use crate::log::proto::{self as log_proto, CollectionInfo, Database, Tenant as TenantMessage};
use crate::segment::SegmentFiles;
use crate::storage::BlockId;
use crate::types::{
    AttachedFunction, CollectionConfiguration, CollectionId, Metadata, MetadataKeys, Schema, Tenant,
};

/// Names a row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKey {
    Tenant(String),
    Database(Uuid),
    Collection(CollectionId),
    Client(Uuid),
}

impl RowKey {
    /// The blockfile prefix of rows of this kind.
    pub fn prefix(&self) -> &'static str {
        match self {
            RowKey::Tenant(_) => "tenant",
            RowKey::Database(_) => "database",
            RowKey::Collection(_) => "collection",
            RowKey::Client(_) => "client",
        }
    }

    /// The blockfile key of this row.
    pub fn key(&self) -> String {
        match self {
            RowKey::Tenant(name) => name.clone(),
            RowKey::Database(id) | RowKey::Client(id) => id.to_string(),
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
    /// When the segment was written, in milliseconds since the Unix epoch.
    pub written_ms: u64,
    /// Earlier versions that are kept, oldest first.
    pub versions: Vec<Version>,
    /// The collection that it and all forks related to it come from: itself, if it is no fork.
    pub lineage: CollectionId,
    /// The parts of the log that it has from other collections and that its segment does not hold yet.
    pub inherited: Vec<Inherited>,
    pub functions: Vec<FunctionRow>,
    pub link: Option<LinkRow>,
}

/// Where shadows are: a database that no tenant has, so that no name leads to them.
pub const SHADOWS: Uuid = Uuid::from_u128(1);

/// Where collections are that an import will give the place of others, once it is whole: no name leads to them either. Whoever opens a store deletes
/// what is there, as its import is gone.
pub const IMPORTS: Uuid = Uuid::from_u128(2);

/// That a collection is kept the same as a remote one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// The collection of what is known about its replicas. Each write to the one is, at the same moment, a write to the other.
    pub shadow: CollectionId,
    /// What is agreed with whoever synchronises; the engine only keeps it.
    pub settings: String,
}

/// An earlier version of a collection: what it was when a compaction replaced it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    pub version: u32,
    pub segment: SegmentFiles,
    pub log_position: u64,
    pub operations: u64,
    pub written_ms: u64,
}

/// Entries of the log of another collection, up to a sequence number, that a fork holds too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inherited {
    pub source: CollectionId,
    pub up_to: u64,
}

/// A function that is attached to a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionRow {
    pub function: AttachedFunction,
    /// The segment that it saw last: what has changed since is what it has to see next.
    pub base: Option<SegmentFiles>,
}

impl FunctionRow {
    /// Whether records of `segment` may differ from what the function saw last.
    pub fn is_behind(&self, segment: &SegmentFiles) -> bool {
        self.base.is_none_or(|base| {
            base.offset_id_to_data != segment.offset_id_to_data
                || base.offset_id_to_embedding != segment.offset_id_to_embedding
        })
    }
}

impl CollectionRow {
    /// A collection as it is created.
    pub fn new(
        id: CollectionId,
        name: String,
        database: Uuid,
        configuration: CollectionConfiguration,
    ) -> Self {
        Self {
            id,
            name,
            database,
            metadata: None,
            schema: Rc::new(Schema::of(&configuration)),
            configuration,
            dimension: None,
            created: 0,
            segment: None,
            log_position: 0,
            version: 0,
            operations: 0,
            metadata_keys: MetadataKeys::default(),
            written_ms: 0,
            versions: Vec::new(),
            lineage: id,
            inherited: Vec::new(),
            functions: Vec::new(),
            link: None,
        }
    }

    /// Whether no name leads to it: the shadow of another one, or one that an import is not done with.
    pub fn is_hidden(&self) -> bool {
        self.database == SHADOWS || self.database == IMPORTS
    }

    /// What its compacted part is now, to be kept when that changes.
    pub fn current_version(&self) -> Option<Version> {
        Some(Version {
            version: self.version,
            segment: self.segment?,
            log_position: self.log_position,
            operations: self.operations,
            written_ms: self.written_ms,
        })
    }

    /// A version that is kept, or the current one as it was last compacted.
    pub fn find_version(&self, version: u32) -> Option<Version> {
        let kept = self.versions.iter().find(|kept| kept.version == version).copied();
        kept.or_else(|| self.current_version().filter(|current| current.version == version))
    }

    /// Whether an entry of the log is (also) this collection's and not part of its segment yet.
    pub fn needs(&self, collection: CollectionId, sequence: u64) -> bool {
        let inherits = |part: &Inherited| part.source == collection && sequence <= part.up_to;
        sequence > self.log_position && (self.id == collection || self.inherited.iter().any(inherits))
    }

    /// The segments that must stay readable: the current one, those of kept versions, and those that functions go on from.
    pub fn segments(&self) -> impl Iterator<Item = SegmentFiles> {
        let kept = self.versions.iter().map(|version| version.segment);
        let bases = self.functions.iter().filter_map(|function| function.base);
        self.segment.into_iter().chain(kept).chain(bases)
    }
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
    let (id, database) = (CollectionId(uuid(&message.id)?), uuid(&message.database)?);
    Ok(CollectionRow {
        metadata: message.metadata.map(convert::decode_metadata).transpose()?,
        schema: Rc::new(schema),
        dimension: message.dimension.map(|dimension| dimension as usize),
        created: message.created,
        ..CollectionRow::new(id, message.name, database, configuration)
    })
}

pub fn encode_collection(row: &CollectionRow) -> Vec<u8> {
    let message = proto::CollectionRow {
        info: Some(encode_info(row)),
        segment: row.segment.as_ref().map(encode_files),
        log_position: row.log_position,
        version: row.version,
        operations: row.operations,
        metadata_keys: encode_keys(&row.metadata_keys),
        written_ms: row.written_ms,
        versions: row.versions.iter().map(encode_version).collect(),
        lineage: (row.lineage != row.id).then(|| row.lineage.0.as_bytes().to_vec()),
        inherited: row.inherited.iter().map(encode_inherited).collect(),
        functions: row.functions.iter().map(|function| encode_function(row.id, function)).collect(),
        link: row.link.as_ref().map(|link| proto::LinkRow {
            shadow: link.shadow.0.as_bytes().to_vec(),
            settings: link.settings.clone(),
        }),
    };
    message.encode_to_vec()
}

pub fn decode_collection(bytes: &[u8]) -> Result<CollectionRow> {
    let message = decode::<proto::CollectionRow>(bytes)?;
    let info = message.info.ok_or_else(|| corrupt("a collection without a name"))?;
    let mut row = decode_info(info)?;
    row.segment = message.segment.as_ref().map(decode_files).transpose()?;
    row.log_position = message.log_position;
    row.version = message.version;
    row.operations = message.operations;
    row.metadata_keys = decode_keys(&message.metadata_keys);
    row.written_ms = message.written_ms;
    for version in &message.versions {
        row.versions.push(decode_version(version)?);
    }
    if let Some(lineage) = &message.lineage {
        row.lineage = CollectionId(uuid(lineage)?);
    }
    for part in &message.inherited {
        row.inherited.push(Inherited { source: CollectionId(uuid(&part.source)?), up_to: part.up_to });
    }
    for function in message.functions {
        row.functions.push(decode_function(function)?.1);
    }
    if let Some(link) = message.link {
        row.link = Some(LinkRow { shadow: CollectionId(uuid(&link.shadow)?), settings: link.settings });
    }
    Ok(row)
}

fn encode_files(files: &SegmentFiles) -> log_proto::SegmentFiles {
    log_proto::SegmentFiles {
        user_id_to_offset_id: files.user_id_to_offset_id.0.to_vec(),
        offset_id_to_user_id: files.offset_id_to_user_id.0.to_vec(),
        offset_id_to_data: files.offset_id_to_data.0.to_vec(),
        offset_id_to_embedding: files.offset_id_to_embedding.0.to_vec(),
        max_offset_id: files.max_offset_id,
        vectors: files.vectors.map(|root| root.0.to_vec()),
        terms: files.terms.map(|root| root.0.to_vec()),
    }
}

fn decode_files(files: &log_proto::SegmentFiles) -> Result<SegmentFiles> {
    Ok(SegmentFiles {
        user_id_to_offset_id: block_id(&files.user_id_to_offset_id)?,
        offset_id_to_user_id: block_id(&files.offset_id_to_user_id)?,
        offset_id_to_data: block_id(&files.offset_id_to_data)?,
        offset_id_to_embedding: block_id(&files.offset_id_to_embedding)?,
        max_offset_id: files.max_offset_id,
        vectors: files.vectors.as_deref().map(block_id).transpose()?,
        terms: files.terms.as_deref().map(block_id).transpose()?,
    })
}

fn encode_version(version: &Version) -> proto::Version {
    proto::Version {
        version: version.version,
        segment: Some(encode_files(&version.segment)),
        log_position: version.log_position,
        operations: version.operations,
        written_ms: version.written_ms,
    }
}

fn decode_version(message: &proto::Version) -> Result<Version> {
    let segment = message.segment.as_ref().ok_or_else(|| corrupt("a version without a segment"))?;
    Ok(Version {
        version: message.version,
        segment: decode_files(segment)?,
        log_position: message.log_position,
        operations: message.operations,
        written_ms: message.written_ms,
    })
}

fn encode_inherited(part: &Inherited) -> proto::Inherited {
    proto::Inherited { source: part.source.0.as_bytes().to_vec(), up_to: part.up_to }
}

/// A function of the collection `input`, as the log and the catalogue keep it.
pub fn encode_function(input: CollectionId, row: &FunctionRow) -> log_proto::Function {
    let function = &row.function;
    log_proto::Function {
        input: input.0.as_bytes().to_vec(),
        id: function.id.as_bytes().to_vec(),
        name: function.name.clone(),
        function: function.function_name.clone(),
        output_name: function.output_collection.clone(),
        output: function.output_collection_id.map(|id| id.0.as_bytes().to_vec()),
        params: function.params.clone(),
        progress: Some(log_proto::Progress {
            completion_offset: function.completion_offset,
            base: row.base.as_ref().map(encode_files),
        }),
    }
}

/// The id of its input collection, and the function.
pub fn decode_function(message: log_proto::Function) -> Result<(CollectionId, FunctionRow)> {
    let input = CollectionId(uuid(&message.input)?);
    let progress = message.progress.unwrap_or_default();
    let function = AttachedFunction {
        id: uuid(&message.id)?,
        name: message.name,
        function_name: message.function,
        output_collection: message.output_name,
        output_collection_id: message.output.as_deref().map(uuid).transpose()?.map(CollectionId),
        params: message.params,
        completion_offset: progress.completion_offset,
    };
    Ok((input, FunctionRow { function, base: progress.base.as_ref().map(decode_files).transpose()? }))
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

/// Reads a UUID that is written as text.
pub fn parse_uuid(text: &str) -> Result<Uuid> {
    Uuid::parse_str(text).map_err(|_| corrupt("a key that is not an id"))
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

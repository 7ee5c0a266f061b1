//! Tenants, databases and collections as the catalogue knows them.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::configuration::{CollectionConfiguration, ConfigurationRequest, UpdateConfiguration};
use super::metadata::{Metadata, UpdateMetadata};
use super::schema::SchemaRequest;
use crate::error::{Error, Result};

/// The id of a collection, a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CollectionId(pub Uuid);

impl CollectionId {
    /// Reads the id in a path. Any version of UUID is accepted, whatever the message says: it is
    /// Chroma's.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |_| Error::InvalidArgument("Collection ID is not a valid UUIDv4".into());
        Uuid::try_parse(text).map(Self).map_err(invalid)
    }
}

/// Names a collection as it is, or as one of its versions was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionRef {
    pub id: CollectionId,
    pub version: Option<u32>,
}

impl CollectionRef {
    /// Reads `<id>` or `<id>@<version>`.
    pub fn parse(text: &str) -> Result<Self> {
        let (id, version) = match text.split_once('@') {
            None => (text, None),
            Some((id, version)) => (id, Some(version)),
        };
        let number = |version: &str| {
            let invalid =
                |_| Error::InvalidArgument(format!("Version {version} of a collection is not a number"));
            version.parse().map_err(invalid)
        };
        Ok(Self { id: CollectionId::parse(id)?, version: version.map(number).transpose()? })
    }

    /// The collection, if no version of it is named.
    pub fn current(self) -> Result<CollectionId> {
        match self.version {
            None => Ok(self.id),
            Some(version) => Err(Error::InvalidArgument(format!(
                "Version {version} of collection [{}] can only be read: restore it, or fork it, to change it",
                self.id
            ))),
        }
    }
}

impl fmt::Display for CollectionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            None => fmt::Display::fmt(&self.id, f),
            Some(version) => write!(f, "{}@{version}", self.id),
        }
    }
}

impl fmt::Display for CollectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A tenant: the outermost namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tenant {
    pub name: String,
    pub resource_name: Option<String>,
}

/// A database: a namespace of collections within a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseInfo {
    pub id: Uuid,
    pub name: String,
    pub tenant: String,
}

/// A collection as Chroma's API shows it (spec: rest-api 3.4).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Collection {
    pub id: CollectionId,
    pub name: String,
    #[serde(rename = "configuration_json")]
    pub configuration: CollectionConfiguration,
    pub schema: serde_json::Value,
    pub metadata: Option<Metadata>,
    /// Components of a vector; unset until the first write, then fixed.
    pub dimension: Option<usize>,
    pub tenant: String,
    pub database: String,
    /// Sequence number of the log up to which the segments hold everything.
    pub log_position: u64,
    /// Number of compactions so far.
    pub version: u32,
}

/// The body of a collection's creation (spec: rest-api 3.5).
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct CreateCollection {
    pub name: String,
    #[serde(default)]
    pub get_or_create: bool,
    #[serde(default)]
    pub metadata: Option<Metadata>,
    #[serde(default)]
    pub configuration: Option<ConfigurationRequest>,
    #[serde(default)]
    pub schema: Option<SchemaRequest>,
}

/// The body of a collection's modification (spec: rest-api 3.7). Absent members change nothing.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct UpdateCollection {
    #[serde(default)]
    pub new_name: Option<String>,
    /// Replaces the whole metadata; null values inside are dropped.
    #[serde(default)]
    pub new_metadata: Option<UpdateMetadata>,
    #[serde(default)]
    pub new_configuration: Option<UpdateConfiguration>,
}

impl CreateCollection {
    /// Reads a request body; a body of the wrong shape is a 422 with the reason.
    pub fn from_json(body: serde_json::Value) -> Result<Self> {
        serde_json::from_value(body).map_err(Error::shape)
    }
}

impl UpdateCollection {
    /// Reads a request body; a body of the wrong shape is a 422 with the reason.
    pub fn from_json(body: serde_json::Value) -> Result<Self> {
        serde_json::from_value(body).map_err(Error::shape)
    }
}

#[cfg(test)]
#[path = "collection_tests.rs"]
mod tests;

//! How a collection is indexed: the configuration object (spec: schema-and-config 1).

mod function;
mod hnsw;
mod spann;

pub use chromatid_vectors::Space;
pub use function::{is_default_function, nests_deeper};
pub use hnsw::{HnswConfiguration, HnswRequest, HnswUpdate};
pub use spann::{Quantization, SpannConfiguration, SpannRequest, SpannUpdate};

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::metadata::Metadata;
use crate::error::{Corruption, Error, Result};
use function::embedding_function;

/// The effective configuration of a collection. It serialises as `configuration_json` reports it;
/// [`to_stored`](Self::to_stored) keeps everything.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionConfiguration {
    /// Set unless `spann` is.
    pub hnsw: Option<HnswConfiguration>,
    pub spann: Option<SpannConfiguration>,
    /// Kept verbatim for the clients; the engine never looks into it.
    pub embedding_function: Option<serde_json::Value>,
}

/// How the vectors of a collection are searched once a scan of them all is too slow.
#[derive(Debug, Clone, PartialEq)]
pub enum VectorStructure {
    /// What the engine finds best for their number.
    Automatic,
    /// A graph with these parameters.
    Hnsw(HnswConfiguration),
    /// Clusters with these parameters.
    Spann(SpannConfiguration),
}

impl Default for CollectionConfiguration {
    fn default() -> Self {
        Self { hnsw: Some(HnswConfiguration::default()), spann: None, embedding_function: None }
    }
}

/// The `configuration` of a creation request. Unknown members are passed over, unless they are inside
/// `hnsw` or `spann`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct ConfigurationRequest {
    #[serde(default)]
    pub hnsw: Option<HnswRequest>,
    #[serde(default)]
    pub spann: Option<SpannRequest>,
    #[serde(default, deserialize_with = "embedding_function")]
    pub embedding_function: Option<serde_json::Value>,
}

/// The `new_configuration` of a modification request. Only what can change after creation is a member of
/// `hnsw` and `spann`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct UpdateConfiguration {
    #[serde(default)]
    pub hnsw: Option<HnswUpdate>,
    #[serde(default)]
    pub spann: Option<SpannUpdate>,
    #[serde(default, deserialize_with = "embedding_function")]
    pub embedding_function: Option<serde_json::Value>,
}

impl CollectionConfiguration {
    /// The configuration of a new collection: what was asked for over the defaults, for the index that
    /// was asked for. The legacy `hnsw:*` keys of the metadata count when the request names no index.
    pub fn resolve(request: Option<ConfigurationRequest>, metadata: Option<&Metadata>) -> Result<Self> {
        let request = request.unwrap_or_default();
        match (&request.hnsw, &request.spann) {
            (Some(_), Some(_)) => Err(multiple_indexes()),
            (None, None) => {
                let hnsw = Some(HnswConfiguration::from_legacy_metadata(metadata)?);
                Ok(Self { hnsw, spann: None, embedding_function: request.embedding_function })
            }
            _ => Self::asked(request).checked("configuration"),
        }
    }

    /// What a request says over the defaults, `spann` before `hnsw`; no rule is checked.
    pub(in crate::types) fn asked(request: ConfigurationRequest) -> Self {
        let (hnsw, spann) = match request.spann {
            Some(spann) => (None, Some(spann.resolve())),
            None => (Some(request.hnsw.unwrap_or_default().resolve()), None),
        };
        Self { hnsw, spann, embedding_function: request.embedding_function }
    }

    /// What breaks a rule: the name of the index, that of the parameter, and the rule.
    pub(in crate::types) fn fault(&self) -> Option<(&'static str, String)> {
        let hnsw = self.hnsw.as_ref().and_then(HnswConfiguration::fault).map(|fault| ("hnsw", fault));
        let spann = || self.spann.as_ref().and_then(SpannConfiguration::fault);
        hnsw.or_else(|| spann().map(|fault| ("spann", fault)))
    }

    fn checked(self, object: &str) -> Result<Self> {
        match self.fault() {
            None => Ok(self),
            Some((index, fault)) => {
                Err(Error::InvalidArgument(format!("Validation error: {object}.{index}.{fault}")))
            }
        }
    }

    /// Whether this says nothing that differs from the defaults. The default function counts as none.
    pub fn is_default(&self) -> bool {
        let Self { hnsw, spann, embedding_function } = self;
        *hnsw == Some(HnswConfiguration::default())
            && spann.is_none()
            && is_default_function(embedding_function.as_ref())
    }

    /// Changes what the update names. An update for the index that the collection does not use changes
    /// nothing; a refused one neither.
    pub fn apply_update(&mut self, update: UpdateConfiguration) -> Result<()> {
        if update.hnsw.is_some() && update.spann.is_some() {
            return Err(multiple_indexes());
        }
        let mut changed = self.clone();
        if let (Some(hnsw), Some(change)) = (&mut changed.hnsw, update.hnsw) {
            change.apply_to(hnsw);
        }
        if let (Some(spann), Some(change)) = (&mut changed.spann, update.spann) {
            change.apply_to(spann);
        }
        changed.embedding_function = update.embedding_function.or(changed.embedding_function);
        *self = changed.checked("new_configuration")?;
        Ok(())
    }

    /// The distance of the index that is used.
    pub fn space(&self) -> Space {
        let spann = || self.spann.as_ref().map(|spann| spann.space);
        self.hnsw.as_ref().map(|hnsw| hnsw.space).or_else(spann).unwrap_or_default()
    }

    /// The structure that searches of vectors go through.
    pub fn structure(&self) -> VectorStructure {
        match (&self.hnsw, &self.spann) {
            (_, Some(spann)) => VectorStructure::Spann(spann.clone()),
            (Some(hnsw), None) if hnsw.asks_for_graph() => VectorStructure::Hnsw(hnsw.clone()),
            _ => VectorStructure::Automatic,
        }
    }

    /// The configuration with all its fields, for the catalogue.
    pub fn to_stored(&self) -> Vec<u8> {
        let stored = StoredRef {
            hnsw: self.hnsw.as_ref(),
            spann: self.spann.as_ref(),
            embedding_function: self.embedding_function.as_ref(),
        };
        serde_json::to_vec(&stored).expect("numbers, strings and JSON values always have a JSON form")
    }

    /// Reads what [`to_stored`](Self::to_stored) wrote.
    pub fn from_stored(bytes: &[u8]) -> Result<Self> {
        let corrupt = |reason: String| Corruption::new("collection configuration", reason);
        // By way of a value, as requests come: one reader less in the wasm.
        let stored = serde_json::from_slice(bytes).and_then(serde_json::from_value::<Stored>);
        let stored = stored.map_err(|error| corrupt(error.to_string()))?;
        if stored.hnsw.is_some() == stored.spann.is_some() {
            return Err(corrupt("not exactly one vector index".into()).into());
        }
        Ok(Self { hnsw: stored.hnsw, spann: stored.spann, embedding_function: stored.embedding_function })
    }
}

#[derive(Serialize)]
struct StoredRef<'a> {
    hnsw: Option<&'a HnswConfiguration>,
    spann: Option<&'a SpannConfiguration>,
    embedding_function: Option<&'a serde_json::Value>,
}

#[derive(Deserialize)]
struct Stored {
    hnsw: Option<HnswConfiguration>,
    spann: Option<SpannConfiguration>,
    embedding_function: Option<serde_json::Value>,
}

impl Serialize for CollectionConfiguration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("CollectionConfiguration", 3)?;
        report.serialize_field("hnsw", &self.hnsw.as_ref().map(HnswConfiguration::report))?;
        report.serialize_field("spann", &self.spann.as_ref().map(SpannConfiguration::report))?;
        report.serialize_field("embedding_function", &self.embedding_function)?;
        report.end()
    }
}

fn multiple_indexes() -> Error {
    Error::InvalidArgument("Multiple vector index configurations provided".into())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

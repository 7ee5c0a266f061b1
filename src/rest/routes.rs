//! Which paths there are, and what they are for (spec: rest-api 2).

use percent_encoding::percent_decode_str;

use crate::error::{Error, Result};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Heartbeat,
    HealthCheck,
    Version,
    PreFlightChecks,
    Identity,
    Reset,
    About,
    OpenApi,
    Docs,
    CreateTenant,
    GetTenant,
    UpdateTenant,
    ListDatabases,
    CreateDatabase,
    GetDatabase,
    DeleteDatabase,
    ListCollections,
    CreateCollection,
    CountCollections,
    GetCollection,
    GetCollectionById,
    GetCollectionByCrn,
    UpdateCollection,
    DeleteCollection,
    Add,
    Update,
    Upsert,
    Delete,
    Get,
    Query,
    Search,
    Count,
    IndexingStatus,
    Fork,
    ForkCount,
    ConditionalGet,
    ConditionalCommit,
    AttachFunction,
    GetFunction,
    DetachFunction,
    AddFunctionInput,
    Facets,
    Changes,
    Versions,
    SaveVersion,
    RestoreVersion,
}

/// A path with a method.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub method: &'static str,
    /// Segments in braces are parameters, with Chroma's names.
    pub pattern: &'static str,
    pub call: Call,
    /// The name under which Chroma authorises it; ours for what Chroma does not have; empty where nobody has to be known.
    pub action: &'static str,
}

/// The parameters of a path, decoded. What a path does not have is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    pub tenant: String,
    pub database: String,
    /// Id, name or resource name, as the path has it.
    pub collection: String,
    /// Name of a function, or number of a version.
    pub name: String,
}

/// What a method and a path lead to.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Endpoint(&'static Endpoint, Parameters),
    /// The path exists with these methods only.
    OtherMethods(String),
    /// Chroma's v1 API.
    Retired,
    Nothing,
}

const PREFIX: &str = "/api/v2";
const RETIRED_PREFIX: &str = "/api/v1/";

macro_rules! tenant {
    ($rest:literal) => {
        concat!("/api/v2/tenants/{tenant}", $rest)
    };
}
macro_rules! database {
    ($rest:literal) => {
        concat!("/api/v2/tenants/{tenant}/databases/{database}", $rest)
    };
}
macro_rules! collection {
    ($rest:literal) => {
        concat!("/api/v2/tenants/{tenant}/databases/{database}/collections/{collection_id}", $rest)
    };
}

/// All of them. A path that two patterns have in common belongs to the first.
pub const ENDPOINTS: &[Endpoint] = &[
    endpoint("GET", "/api/v2", Call::Heartbeat, ""),
    endpoint("GET", "/api/v2/heartbeat", Call::Heartbeat, ""),
    endpoint("GET", "/api/v2/healthcheck", Call::HealthCheck, ""),
    endpoint("GET", "/api/v2/version", Call::Version, ""),
    endpoint("GET", "/api/v2/pre-flight-checks", Call::PreFlightChecks, ""),
    endpoint("GET", "/api/v2/auth/identity", Call::Identity, "system:get_identity"),
    endpoint("POST", "/api/v2/reset", Call::Reset, "system:reset"),
    endpoint("GET", "/api/v2/chromatid", Call::About, ""),
    endpoint("GET", "/openapi.json", Call::OpenApi, ""),
    endpoint("GET", "/docs", Call::Docs, ""),
    endpoint("POST", "/api/v2/tenants", Call::CreateTenant, "tenant:create_tenant"),
    endpoint("GET", tenant!(""), Call::GetTenant, "tenant:get_tenant"),
    endpoint("PATCH", tenant!(""), Call::UpdateTenant, "tenant:update_tenant"),
    endpoint("GET", tenant!("/databases"), Call::ListDatabases, "db:list_databases"),
    endpoint("POST", tenant!("/databases"), Call::CreateDatabase, "db:create_database"),
    endpoint("GET", database!(""), Call::GetDatabase, "db:get_database"),
    endpoint("DELETE", database!(""), Call::DeleteDatabase, "db:delete_database"),
    endpoint("GET", database!("/collections"), Call::ListCollections, "db:list_collections"),
    endpoint("POST", database!("/collections"), Call::CreateCollection, "db:create_collection"),
    endpoint("GET", database!("/collections_count"), Call::CountCollections, "db:count_collections"),
    endpoint(
        "GET",
        database!("/collections/by-id/{collection_id}"),
        Call::GetCollectionById,
        "collection:get_collection",
    ),
    endpoint(
        "GET",
        "/api/v2/collections/{crn}",
        Call::GetCollectionByCrn,
        "collection:get_collection_by_crn",
    ),
    endpoint("GET", collection!(""), Call::GetCollection, "collection:get_collection"),
    endpoint("PUT", collection!(""), Call::UpdateCollection, "collection:update_collection"),
    endpoint("DELETE", collection!(""), Call::DeleteCollection, "collection:delete_collection"),
    endpoint("POST", collection!("/add"), Call::Add, "collection:add"),
    endpoint("POST", collection!("/update"), Call::Update, "collection:update"),
    endpoint("POST", collection!("/upsert"), Call::Upsert, "collection:upsert"),
    endpoint("POST", collection!("/delete"), Call::Delete, "collection:delete"),
    endpoint("POST", collection!("/get"), Call::Get, "collection:get"),
    endpoint("POST", collection!("/query"), Call::Query, "collection:query"),
    endpoint("POST", collection!("/search"), Call::Search, "collection:search"),
    endpoint("GET", collection!("/count"), Call::Count, "collection:count"),
    endpoint("GET", collection!("/indexing_status"), Call::IndexingStatus, "collection:get_collection"),
    endpoint("POST", collection!("/fork"), Call::Fork, "collection:fork_collection"),
    endpoint("GET", collection!("/fork_count"), Call::ForkCount, "collection:count_forks"),
    endpoint("POST", collection!("/conditional/get"), Call::ConditionalGet, "collection:get"),
    endpoint("POST", collection!("/conditional/commit"), Call::ConditionalCommit, "collection:upsert"),
    endpoint(
        "POST",
        collection!("/functions/attach"),
        Call::AttachFunction,
        "collection:create_attached_function",
    ),
    endpoint(
        "GET",
        collection!("/functions/{function_name}"),
        Call::GetFunction,
        "collection:get_collection",
    ),
    endpoint(
        "POST",
        collection!("/attached_functions/{function_name}/detach"),
        Call::DetachFunction,
        "collection:remove_attached_function",
    ),
    endpoint(
        "POST",
        collection!("/attached_functions/{function_name}/add_input"),
        Call::AddFunctionInput,
        "collection:create_attached_function",
    ),
    endpoint("POST", collection!("/facets"), Call::Facets, "collection:get"),
    endpoint("GET", collection!("/changes"), Call::Changes, "collection:get"),
    endpoint("GET", collection!("/versions"), Call::Versions, "collection:get_collection"),
    endpoint("POST", collection!("/versions"), Call::SaveVersion, "collection:update_collection"),
    endpoint(
        "POST",
        collection!("/versions/{version}/restore"),
        Call::RestoreVersion,
        "collection:update_collection",
    ),
];

const fn endpoint(method: &'static str, pattern: &'static str, call: Call, action: &'static str) -> Endpoint {
    Endpoint { method, pattern, call, action }
}

/// Finds what a request is about. `HEAD` is `GET` whose answer has no body.
///
/// # Errors
/// `InvalidArgument` for a path whose parameters are not UTF-8.
pub fn find(method: &str, path: &str) -> Result<Found> {
    let method = if method == "HEAD" { "GET" } else { method };
    if path.starts_with(RETIRED_PREFIX) {
        return Ok(if method == "GET" { Found::Retired } else { Found::OtherMethods("GET,HEAD".into()) });
    }
    let path = if path == "/api/v2/" { PREFIX } else { path };
    let mut others = Vec::new();
    for endpoint in ENDPOINTS {
        let Some(parameters) = matched(endpoint.pattern, path) else { continue };
        if endpoint.method == method {
            return Ok(Found::Endpoint(endpoint, decoded(endpoint.call, parameters)?));
        }
        others.push(endpoint.method);
    }
    if others.is_empty() {
        return Ok(Found::Nothing);
    }
    if others.contains(&"GET") {
        others.push("HEAD");
    }
    Ok(Found::OtherMethods(others.join(",")))
}

/// The parameters of a path that has this pattern, as they stand in it.
fn matched<'a>(pattern: &'static str, path: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let mut parameters = Vec::new();
    let mut segments = path.split('/');
    for part in pattern.split('/') {
        let segment = segments.next()?;
        match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => parameters.push((name, segment)),
            None if part == segment => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(parameters)
}

/// What Chroma calls a parameter.
fn told(call: Call, name: &'static str) -> &'static str {
    match (call, name) {
        (Call::GetTenant | Call::UpdateTenant, "tenant") => "tenant_name",
        (Call::GetCollectionByCrn, _) => "crn",
        (_, "collection") => "collection_id",
        _ => name,
    }
}

fn decoded(call: Call, parameters: Vec<(&'static str, &str)>) -> Result<Parameters> {
    let mut decoded = Parameters::default();
    for (name, segment) in parameters {
        let text = percent_decode_str(segment).decode_utf8();
        let text = text.map_err(|_| {
            Error::InvalidArgument(format!("Invalid URL: Invalid UTF-8 in `{}`", told(call, name)))
        })?;
        let place = match name {
            "tenant" => &mut decoded.tenant,
            "database" => &mut decoded.database,
            "collection_id" | "crn" => &mut decoded.collection,
            _ => &mut decoded.name,
        };
        *place = text.into_owned();
    }
    Ok(decoded)
}

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;

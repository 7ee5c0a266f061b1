//! What the description says of each call beyond its path: its name, what it takes and what it answers.

use chromatid::rest::routes::{Call, Endpoint};

pub struct Operation {
    pub call: Call,
    /// Chroma's name of it, where it has one.
    pub id: &'static str,
    pub tag: &'static str,
    pub summary: &'static str,
    pub query: &'static [&'static str],
    /// The schema of the body.
    pub body: Option<&'static str>,
    pub status: u16,
    /// The schema of the answer: a component, a list of one (`[Component]`), a type, or a type of content other than JSON.
    pub answer: &'static str,
    /// Refusals of its own, beside those that follow from its path, its body and its action.
    pub refusals: &'static [u16],
}

const PAGE: &[&str] = &["limit", "offset"];

const fn get(
    call: Call,
    id: &'static str,
    tag: &'static str,
    answer: &'static str,
    summary: &'static str,
) -> Operation {
    Operation { call, id, tag, summary, query: &[], body: None, status: 200, answer, refusals: &[] }
}

const fn post(
    call: Call,
    id: &'static str,
    tag: &'static str,
    (body, answer): (&'static str, &'static str),
    summary: &'static str,
) -> Operation {
    Operation { body: Some(body), ..get(call, id, tag, answer, summary) }
}

impl Operation {
    const fn refused(self, refusals: &'static [u16]) -> Self {
        Self { refusals, ..self }
    }

    const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }
}

/// One for each call; that of `GET /api/v2` is that of its other path.
const OPERATIONS: &[Operation] = &[
    get(Call::Heartbeat, "heartbeat", "System", "HeartbeatResponse", "The time"),
    get(Call::HealthCheck, "healthcheck", "System", "HealthcheckResponse", "Whether it is ready"),
    get(Call::Version, "version", "System", "string", "The version of Chroma's API"),
    get(
        Call::PreFlightChecks,
        "pre_flight_checks",
        "System",
        "ChecklistResponse",
        "What clients have to know",
    ),
    get(Call::Identity, "get_user_identity", "System", "GetUserIdentityResponse", "Who asks"),
    get(Call::Reset, "reset", "System", "boolean", "Removes everything, where that is allowed"),
    get(Call::About, "about", "System", "AboutResponse", "The version of chromatid, and what it has"),
    get(Call::OpenApi, "openapi", "System", "object", "This document"),
    get(Call::Docs, "docs", "System", "text/html", "This document as a page"),
    post(
        Call::CreateTenant,
        "create_tenant",
        "Tenant",
        ("CreateTenantPayload", "CreateTenantResponse"),
        "Creates a tenant",
    )
    .refused(&[409]),
    get(Call::GetTenant, "get_tenant", "Tenant", "GetTenantResponse", "A tenant").refused(&[404]),
    post(
        Call::UpdateTenant,
        "update_tenant",
        "Tenant",
        ("UpdateTenantPayload", "UpdateTenantResponse"),
        "Gives a tenant its resource name",
    )
    .refused(&[404, 409]),
    get(
        Call::ListDatabases,
        "list_databases",
        "Database",
        "[Database]",
        "The databases that the sender may use",
    )
    .query(PAGE),
    post(
        Call::CreateDatabase,
        "create_database",
        "Database",
        ("CreateDatabasePayload", "CreateDatabaseResponse"),
        "Creates a database",
    )
    .refused(&[409]),
    get(Call::GetDatabase, "get_database", "Database", "Database", "A database").refused(&[404]),
    get(
        Call::DeleteDatabase,
        "delete_database",
        "Database",
        "DeleteDatabaseResponse",
        "Deletes a database with its collections",
    )
    .refused(&[404]),
    get(
        Call::ListCollections,
        "list_collections",
        "Collection",
        "[Collection]",
        "The collections of a database, in the order of their creation",
    )
    .query(PAGE),
    post(
        Call::CreateCollection,
        "create_collection",
        "Collection",
        ("CreateCollectionPayload", "Collection"),
        "Creates a collection",
    )
    .refused(&[409]),
    get(Call::CountCollections, "count_collections", "Collection", "U32", "How many collections there are"),
    get(Call::GetCollection, "get_collection", "Collection", "Collection", "A collection, by its name")
        .refused(&[404]),
    get(
        Call::GetCollectionById,
        "get_collection_by_id",
        "Collection",
        "Collection",
        "A collection, by its id",
    )
    .refused(&[404]),
    get(
        Call::GetCollectionByCrn,
        "get_collection_by_crn",
        "Collection",
        "Collection",
        "A collection, by its resource name",
    )
    .refused(&[404]),
    post(
        Call::UpdateCollection,
        "update_collection",
        "Collection",
        ("UpdateCollectionPayload", "UpdateCollectionResponse"),
        "Changes name, metadata or configuration",
    )
    .refused(&[404, 409]),
    get(
        Call::DeleteCollection,
        "delete_collection",
        "Collection",
        "UpdateCollectionResponse",
        "Deletes a collection, by its name",
    )
    .refused(&[404]),
    Operation {
        status: 201,
        ..post(
            Call::Add,
            "collection_add",
            "Record",
            ("AddCollectionRecordsPayload", "AddCollectionRecordsResponse"),
            "Adds records; ids that exist are passed over",
        )
    }
    .refused(&[404]),
    post(
        Call::Update,
        "collection_update",
        "Record",
        ("UpdateCollectionRecordsPayload", "UpdateCollectionRecordsResponse"),
        "Changes records; unknown ids are passed over",
    )
    .refused(&[404]),
    post(
        Call::Upsert,
        "collection_upsert",
        "Record",
        ("UpsertCollectionRecordsPayload", "UpsertCollectionRecordsResponse"),
        "Adds or changes records",
    )
    .refused(&[404]),
    post(
        Call::Delete,
        "collection_delete",
        "Record",
        ("DeleteCollectionRecordsPayload", "DeleteCollectionRecordsResponse"),
        "Deletes records, by ids or a filter",
    )
    .refused(&[404]),
    post(
        Call::Get,
        "collection_get",
        "Record",
        ("GetRequestPayload", "GetResponse"),
        "Records, by ids or a filter",
    )
    .refused(&[404]),
    post(
        Call::Query,
        "collection_query",
        "Record",
        ("QueryRequestPayload", "QueryResponse"),
        "The records nearest to vectors",
    )
    .refused(&[404]),
    post(
        Call::Search,
        "collection_search",
        "Record",
        ("SearchRequestPayload", "SearchResponse"),
        "Records ranked by an expression",
    )
    .refused(&[404]),
    get(Call::Count, "collection_count", "Record", "U32", "How many records there are")
        .query(&["read_level"])
        .refused(&[404]),
    get(
        Call::IndexingStatus,
        "indexing_status",
        "Collection",
        "IndexStatusResponse",
        "How much of the log is indexed",
    )
    .refused(&[404]),
    post(
        Call::Fork,
        "fork_collection",
        "Collection",
        ("ForkCollectionPayload", "Collection"),
        "A new collection with the same records",
    )
    .refused(&[404, 409]),
    get(Call::ForkCount, "fork_count", "Collection", "ForkCountResponse", "How many forks its origin has")
        .refused(&[404]),
    post(
        Call::ConditionalGet,
        "conditional_get",
        "Record",
        ("GetRequestPayload", "ConditionalGetResponse"),
        "Records as a transaction sees them",
    )
    .refused(&[404, 412]),
    post(
        Call::ConditionalCommit,
        "conditional_commit",
        "Record",
        ("ConditionalCommitPayload", "ConditionalCommitResponse"),
        "The writes of a transaction, all or none",
    )
    .refused(&[404, 409, 412]),
    post(
        Call::AttachFunction,
        "attach_function",
        "Function",
        ("AttachFunctionRequest", "AttachFunctionResponse"),
        "Attaches a function",
    )
    .refused(&[404, 409]),
    get(
        Call::GetFunction,
        "get_attached_function",
        "Function",
        "GetAttachedFunctionResponse",
        "An attached function",
    )
    .refused(&[404]),
    post(
        Call::DetachFunction,
        "detach_function",
        "Function",
        ("DetachFunctionRequest", "DetachFunctionResponse"),
        "Detaches a function",
    )
    .refused(&[404]),
    post(
        Call::AddFunctionInput,
        "add_function_input",
        "Function",
        ("AddFunctionInputRequest", "AttachFunctionResponse"),
        "Adds an input to an asynchronous function, of which there are none",
    )
    .refused(&[501]),
    post(
        Call::Facets,
        "facets",
        "Record",
        ("FacetsRequest", "[Facet]"),
        "The values of metadata keys, counted",
    )
    .refused(&[404]),
    get(
        Call::Changes,
        "changes",
        "Record",
        "ChangesResponse",
        "What has changed since a cursor, by its last write",
    )
    .query(&["after", "changes", "wait"])
    .refused(&[404, 410]),
    get(Call::Versions, "versions", "Collection", "[VersionInfo]", "The versions that are kept")
        .refused(&[404]),
    get(Call::SaveVersion, "save_version", "Collection", "VersionInfo", "Makes a version of what is there")
        .refused(&[404]),
    get(
        Call::RestoreVersion,
        "restore_version",
        "Collection",
        "UpdateCollectionResponse",
        "Makes a collection what a version of it was",
    )
    .refused(&[404]),
];

/// What is said of a call.
pub fn operation(call: Call) -> &'static Operation {
    let found = OPERATIONS.iter().find(|operation| operation.call == call);
    found.unwrap_or_else(|| panic!("tests/openapi/operations.rs says nothing of {call:?}"))
}

/// Statuses that say nothing about a call in particular: the sender is unknown (401) or must not (403), the body is of another type (415).
/// Who has the connection adds those about sizes, numbers and time (413, 429, 504), and a store its own (500, 503, 507).
pub const COMMON: [u16; 3] = [401, 403, 415];

/// The statuses with which an endpoint refuses what it is asked for.
pub fn refusals(endpoint: &Endpoint) -> Vec<u16> {
    let Operation { query, body, refusals, .. } = operation(endpoint.call);
    let mut statuses = refusals.to_vec();
    if body.is_some() || !query.is_empty() || endpoint.pattern.contains('{') {
        statuses.push(400);
    }
    if body.is_some() {
        statuses.push(422);
    }
    statuses
}

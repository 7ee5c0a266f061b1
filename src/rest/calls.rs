//! What each call asks of the database, and what it answers.

use serde::Serialize;
use serde_json::{Value, json};

use super::answers::{self, GetAnswer, QueryAnswer, SearchAnswer};
use super::bodies::{
    AddBody, AddInput, CommitBody, DeleteBody, Detach, FacetsBody, GetBody, Named, NewName, QueryBody,
    UpdateBody, UpdateTenant, UpsertBody,
};
use super::routes::{Call, Parameters};
use super::{HTML, Identity, JSON, Request, Response, place, query, scope};
use crate::db::{DEFAULT_DATABASE, DEFAULT_TENANT, Db, Place};
use crate::error::{Error, Result};
use crate::limits::{DEFAULT_CHANGES, MAX_CHANGES, MAX_PAYLOAD_BYTES};
use crate::types::{
    AttachFunction, AttachedFunction, CreateCollection, Operation, ReadLevel, SearchRequest, UpdateCollection,
};

/// The version of Chroma's server that clients look for: constant since it is written in Rust.
const CHROMA_VERSION: &str = "1.0.0";

/// What Chroma's single node does not have, and this one does; and what only this one has.
const CAPABILITIES: [&str; 12] = [
    "search",
    "sparse_vectors",
    "fork",
    "fork_count",
    "indexing_status",
    "conditional",
    "functions",
    "collection_crn",
    "facets",
    "changes",
    "versions",
    "strict_durability",
];

/// The description of the API, in the form of OpenAPI 3.1. `tests/openapi.rs` writes it.
const OPEN_API: &[u8] = include_bytes!("openapi.json");

/// A page that shows it.
const DOCS: &[u8] = include_bytes!("docs.html");

/// Answers a request whose path is known.
pub async fn answer(db: &Db, call: Call, parameters: &Parameters, request: &Request<'_>) -> Result<Response> {
    match call {
        Call::Heartbeat => ok(&json!({"nanosecond heartbeat": db.heartbeat()})),
        Call::HealthCheck => ok(&json!({"is_executor_ready": true, "is_log_client_ready": true})),
        Call::Version => ok(&CHROMA_VERSION),
        Call::PreFlightChecks => ok(&json!({
            "max_batch_size": db.batch_size(),
            "supports_base64_encoding": true,
            "chromatid": {"changes": 1, "wait": request.longest_wait},
        })),
        Call::Identity => identity(request.identity),
        Call::About => ok(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "capabilities": CAPABILITIES,
            "max_batch_size": db.batch_size(),
            "max_payload_bytes": MAX_PAYLOAD_BYTES,
        })),
        Call::OpenApi => Ok(Response::new(200, JSON, OPEN_API.to_vec())),
        Call::Docs => Ok(Response::new(200, HTML, DOCS.to_vec())),
        Call::Reset => {
            db.reset().await?;
            ok(&true)
        }
        Call::CreateTenant
        | Call::GetTenant
        | Call::UpdateTenant
        | Call::ListDatabases
        | Call::CreateDatabase
        | Call::GetDatabase
        | Call::DeleteDatabase => databases(db, call, parameters, request).await,
        Call::ListCollections
        | Call::CreateCollection
        | Call::CountCollections
        | Call::GetCollection
        | Call::GetCollectionById
        | Call::GetCollectionByCrn
        | Call::UpdateCollection
        | Call::DeleteCollection => collections(db, call, parameters, request).await,
        Call::Fork
        | Call::ForkCount
        | Call::Versions
        | Call::SaveVersion
        | Call::RestoreVersion
        | Call::AttachFunction
        | Call::GetFunction
        | Call::DetachFunction
        | Call::AddFunctionInput => relatives(db, call, parameters, request).await,
        _ => records(db, call, parameters, request).await,
    }
}

fn identity(identity: Option<&Identity>) -> Result<Response> {
    match identity {
        Some(identity) => ok(identity),
        None => ok(&json!({"user_id": "", "tenant": DEFAULT_TENANT, "databases": [DEFAULT_DATABASE]})),
    }
}

/// Tenants and databases (spec: rest-api 3.2, 3.3).
async fn databases(db: &Db, call: Call, at: &Parameters, request: &Request<'_>) -> Result<Response> {
    let (tenant, database) = (&at.tenant, &at.database);
    match call {
        Call::CreateTenant => done(db.create_tenant(&request.read::<Named>()?.name).await),
        Call::GetTenant => ok(&db.get_tenant(tenant)?),
        Call::UpdateTenant => {
            let body: UpdateTenant = request.read()?;
            done(db.update_tenant(tenant, &body.resource_name).await)
        }
        Call::ListDatabases => {
            let (limit, offset) = page(request)?;
            let mut databases = db.list_databases(tenant, None, 0);
            databases.retain(|database| {
                request.identity.is_none_or(|identity| identity.covers_database(&database.name))
            });
            let limit = limit.map_or(usize::MAX, |limit| limit as usize);
            ok(&databases.iter().skip(offset as usize).take(limit).collect::<Vec<_>>())
        }
        Call::CreateDatabase => {
            let Named { name } = request.read()?;
            scope::check_database(request.identity, &name)?;
            done(db.create_database(tenant, &name).await)
        }
        Call::GetDatabase => ok(&db.get_database(tenant, database)?),
        _ => done(db.delete_database(tenant, database).await),
    }
}

/// Collections (spec: rest-api 3.5–3.8).
async fn collections(db: &Db, call: Call, at: &Parameters, request: &Request<'_>) -> Result<Response> {
    let Parameters { tenant, database, collection, .. } = at;
    match call {
        Call::ListCollections => {
            let (limit, offset) = page(request)?;
            ok(&db.list_collections(tenant, database, limit, offset)?)
        }
        Call::CreateCollection => {
            let body: CreateCollection = request.read()?;
            ok(&db.create_collection(tenant, database, body).await?)
        }
        Call::CountCollections => ok(&db.count_collections(tenant, database)),
        Call::GetCollection => ok(&db.get_collection(tenant, database, collection)?),
        Call::GetCollectionById => ok(&db.get_collection_by_id(tenant, database, collection)?),
        Call::GetCollectionByCrn => {
            ok(&scope::shown(request.identity, db.get_collection_by_crn(collection)?)?)
        }
        Call::UpdateCollection => {
            let body: UpdateCollection = request.read()?;
            done(db.update_collection(tenant, database, collection, body).await)
        }
        _ => done(db.delete_collection(tenant, database, collection).await),
    }
}

/// Records (spec: rest-api 4, 7).
async fn records(db: &Db, call: Call, at: &Parameters, request: &Request<'_>) -> Result<Response> {
    let (tenant, database, id) = (at.tenant.as_str(), at.database.as_str(), at.collection.as_str());
    let write = async |status, operation, records| {
        let sequence = db.write(tenant, database, id, operation, records).await?;
        Ok(Response { write: Some(db.number_of_write(sequence)), ..Response::json(status, &json!({}))? })
    };
    match call {
        Call::Add => write(201, Operation::Add, request.read::<AddBody>()?.into_records()?).await,
        Call::Upsert => write(200, Operation::Upsert, request.read::<UpsertBody>()?.into_records()?).await,
        Call::Update => write(200, Operation::Update, request.read::<UpdateBody>()?.into_records()?).await,
        Call::Delete => {
            let body: DeleteBody = request.read_object()?;
            ok(&json!({"deleted": db.delete(tenant, database, id, body.into_request()?).await?}))
        }
        Call::Get => {
            let mut body: GetBody = request.read_object()?;
            let found = db.get(tenant, database, id, &body.request()?).await?;
            ok(&GetAnswer::new(&found, &body.include, None))
        }
        Call::Query => {
            let mut body: QueryBody = request.read_object()?;
            let found = db.query(tenant, database, id, &body.request()?).await?;
            ok(&QueryAnswer::new(&found, &body.include))
        }
        Call::Search => {
            let body: Value = request.read()?;
            let asked =
                SearchRequest::from_json(&body).map_err(|fault| place::located(request.body, fault))?;
            let found = db.search(tenant, database, id, &asked).await?;
            ok(&SearchAnswer::new(&found))
        }
        Call::ConditionalGet => {
            let mut body: GetBody = request.read_object()?;
            let asked = body.request()?;
            let (found, token) = db.conditional_get(tenant, database, id, &asked, body.read_token).await?;
            ok(&GetAnswer::new(&found, &body.include, Some(token)))
        }
        Call::ConditionalCommit => {
            let commit = request.read::<CommitBody>()?.into_commit()?;
            ok(&db.conditional_commit(tenant, database, id, commit).await?)
        }
        Call::Facets => {
            let asked = request.read::<FacetsBody>()?.into_request()?;
            ok(&answers::facets(&db.facets(tenant, database, id, &asked).await?))
        }
        Call::Changes => changes(db, at, request).await,
        Call::IndexingStatus => ok(&db.indexing_status(tenant, database, id)?),
        _ => {
            let level = query::parameter(request.query, "read_level");
            let level =
                level.map_or(Ok(ReadLevel::default()), |level| ReadLevel::parse_query_string(&level))?;
            ok(&db.count(tenant, database, id, level).await?)
        }
    }
}

/// What has changed since the cursor of an answer before. A place that the history does not have any more is gone: the sender has to compare everything.
async fn changes(db: &Db, at: &Parameters, request: &Request<'_>) -> Result<Response> {
    let Parameters { tenant, database, collection, .. } = at;
    let after = query::parameter(request.query, "after").map(|text| text.parse::<Place>()).transpose()?;
    let limit = query::number(request.query, "limit")?.unwrap_or(DEFAULT_CHANGES);
    if !(1..=MAX_CHANGES).contains(&limit) {
        return Err(Error::InvalidArgument(format!("limit has to be from 1 to {MAX_CHANGES}")));
    }
    let wait = query::number(request.query, "wait")?.unwrap_or(0).min(request.longest_wait);
    let is_first = after.is_none();
    let Some(changes) = db.changes(tenant, database, collection, after, limit as usize).await? else {
        let message =
            "What has changed since this cursor is not known: compare everything, and go on from a new one";
        return Ok(Response::error(410, "StaleReadError", message));
    };
    let wait = if is_first || !changes.records.is_empty() { 0 } else { wait };
    Ok(Response { wait, ..Response::json(200, &answers::changes(&changes))? })
}

/// Forks, versions and functions (spec: rest-api 5, 6).
async fn relatives(db: &Db, call: Call, at: &Parameters, request: &Request<'_>) -> Result<Response> {
    let Parameters { tenant, database, collection: id, name } = at;
    match call {
        Call::Fork => {
            let body: NewName = request.read()?;
            ok(&db.fork_collection(tenant, database, id, &body.new_name).await?)
        }
        Call::ForkCount => ok(&json!({"count": db.fork_count(tenant, database, id)?})),
        Call::Versions => ok(&db.versions(tenant, database, id)?),
        Call::SaveVersion => ok(&db.save_version(tenant, database, id).await?),
        Call::RestoreVersion => {
            let version = name.parse().map_err(|_| {
                Error::InvalidArgument(format!("Version {name} of a collection is not a number"))
            })?;
            done(db.restore_version(tenant, database, id, version).await)
        }
        Call::AttachFunction => {
            let body: AttachFunction = request.read()?;
            let (function, created) = db.attach_function(tenant, database, id, body, &[]).await?;
            let AttachedFunction { id, name, function_name, .. } = &function;
            let function = json!({"id": id, "name": name, "function_name": function_name});
            ok(&json!({"attached_function": function, "created": created}))
        }
        Call::GetFunction => {
            let function = db.attached_function(tenant, database, id, name)?;
            ok(&json!({"attached_function": show_function(&function, at)}))
        }
        Call::DetachFunction => {
            let body: Detach = request.read()?;
            db.detach_function(tenant, database, id, name, body.delete_output).await?;
            ok(&json!({"success": true}))
        }
        _ => {
            request.read::<AddInput>()?;
            Err(Error::Unimplemented(
                "Inputs are added to asynchronous functions, of which there are none".into(),
            ))
        }
    }
}

fn show_function(function: &AttachedFunction, at: &Parameters) -> Value {
    json!({
        "id": function.id,
        "name": function.name,
        "function_name": function.function_name,
        "input_collection_id": at.collection,
        "output_collection": function.output_collection,
        "output_collection_id": function.output_collection_id,
        "params": function.params,
        "tenant_id": at.tenant,
        "database_id": at.database,
        "completion_offset": function.completion_offset,
        // They run over whatever a compaction brings.
        "min_records_for_invocation": 1,
    })
}

fn page(request: &Request<'_>) -> Result<(Option<u32>, u32)> {
    let offset = query::number(request.query, "offset")?.unwrap_or(0);
    Ok((query::number(request.query, "limit")?, offset))
}

fn ok(body: &impl Serialize) -> Result<Response> {
    Response::json(200, body)
}

fn done(result: Result<()>) -> Result<Response> {
    result.and_then(|()| ok(&json!({})))
}

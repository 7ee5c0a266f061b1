//! The description of the HTTP API, made from its routes, from what is said of each call, and from the schemas.

use chromatid::rest::routes::{ENDPOINTS, Endpoint};
use serde_json::{Map, Value, json};

use super::operations::{Operation, operation, refusals};

/// Schemas by name.
const SCHEMAS: &str = include_str!("schemas.json");

const TAGS: [(&str, &str); 6] = [
    ("System", "What answers, and whether it does."),
    ("Tenant", "The outermost namespaces."),
    ("Database", "Namespaces of collections within a tenant."),
    ("Collection", "Named sets of records, with their configuration, forks and versions."),
    ("Record", "Ids with vectors, documents, uris and metadata."),
    ("Function", "What runs over the changes of a collection."),
];

pub fn document() -> Value {
    let mut paths = Map::new();
    for endpoint in ENDPOINTS {
        let path = paths.entry(endpoint.pattern).or_insert_with(|| path_item(endpoint.pattern));
        path[endpoint.method.to_lowercase()] = operation_object(endpoint);
    }
    let schemas: Value = serde_json::from_str(SCHEMAS).unwrap();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "chromatid",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0"},
            "description": "Chroma's HTTP API, and what only chromatid has. Unknown members of bodies and unknown parameters are passed \
                over; a path that has GET has HEAD.",
        },
        "tags": TAGS.map(|(name, description)| json!({"name": name, "description": description})),
        "security": [{"x-chroma-token": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "x-chroma-token": {"type": "apiKey", "in": "header", "name": "x-chroma-token"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "parameters": parameters(),
            "responses": responses(),
            "schemas": schemas,
        },
    })
}

fn path_item(pattern: &str) -> Value {
    let names: Vec<&str> = pattern.split(['{', '}']).skip(1).step_by(2).collect();
    let parameters: Vec<Value> = names.iter().map(|name| parameter_reference(name)).collect();
    if parameters.is_empty() { json!({}) } else { json!({"parameters": parameters}) }
}

fn operation_object(endpoint: &Endpoint) -> Value {
    let Operation { id, tag, summary, query, body, status, answer, .. } = operation(endpoint.call);
    let id = if endpoint.pattern == "/api/v2" { "root" } else { id };
    let mut responses = Map::new();
    responses.insert(status.to_string(), answer_object(answer));
    for status in refusals(endpoint) {
        responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{status}")}));
    }
    responses.insert("default".into(), json!({"$ref": "#/components/responses/default"}));
    let mut object = json!({"operationId": id, "tags": [tag], "summary": summary, "responses": responses});
    if !query.is_empty() {
        object["parameters"] = query.iter().map(|name| parameter_reference(name)).collect();
    }
    if let Some(body) = body {
        object["requestBody"] = json!({"required": true, "content": content(reference(body))});
    }
    if endpoint.action.is_empty() {
        object["security"] = json!([]);
    } else {
        object["x-action"] = json!(endpoint.action);
    }
    object
}

fn answer_object(answer: &str) -> Value {
    if answer.contains('/') {
        return json!({"description": "Done", "content": {answer: {"schema": {"type": "string"}}}});
    }
    let schema = match answer.strip_prefix('[').and_then(|answer| answer.strip_suffix(']')) {
        Some(component) => json!({"type": "array", "items": reference(component)}),
        None if answer.starts_with(char::is_lowercase) => json!({"type": answer}),
        None => reference(answer),
    };
    json!({"description": "Done", "content": content(schema)})
}

fn content(schema: Value) -> Value {
    json!({"application/json": {"schema": schema}})
}

fn reference(component: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{component}")})
}

fn parameter_reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

fn parameters() -> Value {
    let path = |name: &str, description: &str| json!({"name": name, "in": "path", "required": true, "description": description, "schema": {"type": "string"}});
    let query = |name: &str, schema: Value, description: &str| json!({"name": name, "in": "query", "description": description, "schema": schema});
    json!({
        "tenant": path("tenant", "Name of a tenant"),
        "database": path("database", "Name of a database"),
        "collection_id": path("collection_id", "UUID of a collection; to get or delete it, its name; to read records, `<UUID>@<version>` too"),
        "crn": path("crn", "`tenant_resource_name:database:collection`"),
        "function_name": path("function_name", "Name of an attached function"),
        "version": path("version", "Number of a version"),
        "limit": query("limit", reference("U32"), "How many at most. Default all"),
        "offset": query("offset", reference("U32"), "How many to pass over first. Default 0"),
        "after": query("after", json!({"type": "string"}), "The last `cursor`. Default: now"),
        "changes": query("limit", json!({"type": "integer", "minimum": 1, "maximum": 10000}), "Default 1,000"),
        "wait": query("wait", reference("U32"), "Seconds to wait while there is none. Default 0"),
        "read_level": query("read_level", reference("ReadLevel"), "How much of the log is counted"),
    })
}

fn responses() -> Value {
    let error = |description: &str| json!({"description": description, "content": content(reference("ErrorResponse"))});
    json!({
        "400": error("A rule is broken, or the body is no JSON"),
        "404": error("There is none"),
        "409": error("The name is taken, or another write came first"),
        "410": error("What has changed since is not known: compare everything"),
        "412": error("The state that was read is no longer known"),
        "422": error("The body is not of this shape, or a quota is exceeded"),
        "501": error("Not implemented"),
        "default": {
            "description": "401 unknown sender; 403 not for this sender, or switched off; 413 body too large (text); 415 body not said to be \
                JSON; 429 too many requests (text, too); 500 internal error, or damaged data; 503 closed; 504 late; 507 storage full",
            "content": {
                "application/json": {"schema": reference("ErrorResponse")},
                "text/plain": {"schema": {"type": "string"}},
            },
        },
    })
}

/** Tenants, databases and collections. */

import * as body from "./body.js";
import type { Body } from "./body.js";
import type { ModelCollection, Space } from "./collection.js";
import { exists, internal, invalid, misshapen, notFound } from "./errors.js";
import { type Json, JsonNumber, objectText } from "./json.js";
import { membersText } from "./records.js";
import { type Change, changeOf, checkCollectionKeys, type Value } from "./values.js";

export interface Database {
  id: string;
  name: string;
  tenant: string;
}

/** Plain data: what a backup has. */
export interface State {
  tenants: Set<string>;
  databases: Database[];
  /** By id. */
  collections: Map<string, ModelCollection>;
}

export interface Scope {
  tenant: string;
  database: string;
}

type Random = () => number;

export const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]$/;
const MIN_NAME = 3;
const HNSW_DEFAULTS: [string, string][] = [
  ["space", '"l2"'],
  ["ef_construction", "100"],
  ["ef_search", "100"],
  ["max_neighbors", "16"],
  ["resize_factor", "1.2"],
  ["sync_threshold", "1000"],
];

export function emptyState(random: Random): State {
  const database = { id: uuid(random), name: "default_database", tenant: "default_tenant" };
  return { tenants: new Set(["default_tenant"]), databases: [database], collections: new Map() };
}

function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = "4";
  hex[16] = "8";
  return hex.join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export function createTenant(state: State, request: Body): void {
  const name = body.required(request, "name", body.text);
  if (name.length < MIN_NAME) {
    throw invalid("Validation error: name: Validation error: length");
  }
  if (state.tenants.has(name)) {
    throw exists(`Tenant [${name}] already exists`);
  }
  state.tenants.add(name);
}

export function getTenant({ tenants }: State, name: string): string {
  if (!tenants.has(name)) {
    throw notFound(`Tenant [${name}] not found`);
  }
  return JSON.stringify({ name, resource_name: null });
}

/** Of a tenant that need not be there. */
export function createDatabase(state: State, tenant: string, request: Body, random: Random): void {
  const name = body.required(request, "name", body.text);
  checkName(name, "");
  if (databaseOf(state, { tenant, database: name })) {
    throw exists(`Database [${name}] already exists`);
  }
  state.databases.push({ id: uuid(random), name, tenant });
}

function databaseOf({ databases }: State, scope: Scope): Database | undefined {
  return databases.find(({ name, tenant }) => name === scope.database && tenant === scope.tenant);
}

export function getDatabase(state: State, scope: Scope): string {
  if (scope.database.length < MIN_NAME) {
    throw invalid("database name must be at least 3 characters");
  }
  const found = databaseOf(state, scope);
  if (!found) {
    throw notFound(`Database [${scope.database}] not found. Are you sure it exists?`);
  }
  return JSON.stringify(found);
}

export function deleteDatabase(state: State, scope: Scope): void {
  const found = databaseOf(state, scope);
  if (!found) {
    throw notFound(`Database [${scope.database}] not found`);
  }
  state.databases.splice(state.databases.indexOf(found), 1);
  for (const { id } of collectionsOf(state, scope)) {
    state.collections.delete(id);
  }
}

export function listDatabases({ databases }: State, tenant: string): string[] {
  const found = databases.filter((database) => database.tenant === tenant);
  return found.sort((one, other) => (one.name < other.name ? -1 : 1)).map((database) => JSON.stringify(database));
}

function checkName(name: string, place: string): void {
  if (!NAME.test(name)) {
    const characters = "[a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]";
    throw invalid(`${place}Expected a name containing 3-512 characters from ${characters}. Got: ${name}`);
  }
  if (name.includes("..")) {
    throw invalid(`${place}Expected a name that does not contains two consecutive periods (..). Got ${name}`);
  }
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(name)) {
    throw invalid(`${place}Expected a name that is not a valid ip address. Got ${name}`);
  }
}

/** By id, as the server lists them. */
export function collectionsOf({ collections }: State, scope: Scope): ModelCollection[] {
  const found = Array.from(collections.values()).filter(({ tenant, database }) => tenant === scope.tenant && database === scope.database);
  return found.sort((one, other) => (one.id < other.id ? -1 : 1));
}

export function collectionNamed(state: State, scope: Scope, name: string): ModelCollection {
  const found = collectionsOf(state, scope).find((collection) => collection.name === name);
  if (!found) {
    throw notFound(`Collection [${name}] does not exist`);
  }
  return found;
}

/** The tenant and the database of the path are not looked at. */
export function collectionWithId({ collections }: State, id: string): ModelCollection {
  if (!UUID.test(id)) {
    throw invalid("Collection ID is not a valid UUIDv4");
  }
  const found = collections.get(id.toLowerCase());
  if (!found) {
    throw notFound(`Collection [${id}] does not exist.`);
  }
  return found;
}

export function createCollection(state: State, scope: Scope, request: Body, random: Random): ModelCollection {
  const name = body.required(request, "name", body.text);
  const again = body.flag(request, "get_or_create");
  const metadata = changeOf(request.get("metadata") ?? null, "metadata", false);
  const configuration = configurationOf(request.get("configuration") ?? null);
  if ((request.get("schema") ?? null) !== null) {
    throw new Error("the model has no schemas of requests");
  }
  checkName(name, "Validation error: name: ");
  checkCollectionKeys(metadata);
  if (!databaseOf(state, scope)) {
    throw invalid(`Database [${scope.database}] does not exist`);
  }
  const there = collectionsOf(state, scope).find((collection) => collection.name === name);
  if (there && !again) {
    throw exists(`Collection [${name}] already exists`);
  }
  return there ?? added(state, { ...scope, ...configuration, id: uuid(random), name, metadata: storedMetadata(metadata) });
}

type Configuration = Pick<ModelCollection, "hnsw" | "space" | "embeddingFunction">;

function added(state: State, described: Omit<ModelCollection, "keys" | "dimension" | "records">): ModelCollection {
  const collection = { ...described, keys: new Map(), dimension: undefined, records: new Map() };
  state.collections.set(collection.id, collection);
  return collection;
}

/** Nulls are dropped, and lists of a collection break the connection. */
function storedMetadata(change: Change | undefined): Map<string, Value> | undefined {
  const members = Array.from(change ?? []).filter((member): member is [string, Value] => member[1] !== null);
  if (members.some(([, value]) => Array.isArray(value))) {
    throw new TypeError("fetch failed");
  }
  return members.length > 0 ? new Map(members) : undefined;
}

function configurationOf(json: Json): Configuration {
  const members = json instanceof Map ? json : new Map<string, Json>();
  const [hnsw, spann] = ["hnsw", "spann"].map((name) => members.get(name) ?? null);
  if (hnsw && spann) {
    throw invalid("Multiple vector index configurations provided");
  }
  const settings = new Map(HNSW_DEFAULTS);
  const space = spaceOf(hnsw ?? spann ?? null);
  change(settings, hnsw ?? null, HNSW_FIELDS);
  settings.set("space", JSON.stringify(space));
  return { hnsw: settings, space, embeddingFunction: jsonText(members.get("embedding_function") ?? null) };
}

function spaceOf(index: Json): Space {
  const space = (index instanceof Map ? index.get("space") : undefined) ?? "l2";
  if (space !== "l2" && space !== "cosine" && space !== "ip") {
    throw misshapen("configuration.hnsw.space: unknown variant, expected one of `l2`, `cosine`, `ip`");
  }
  return space;
}

const HNSW_CHANGES = ["ef_search", "max_neighbors", "num_threads", "resize_factor", "sync_threshold", "batch_size"];
const HNSW_FIELDS = ["space", "ef_construction", ...HNSW_CHANGES];

/** Sets what is shown of an index's configuration. */
function change(settings: Map<string, string>, index: Json, fields: string[]): void {
  for (const [name, value] of index instanceof Map ? index : []) {
    if (!fields.includes(name)) {
      throw misshapen(`configuration.hnsw.${name}: unknown field`);
    }
    if (settings.has(name) && value !== null) {
      settings.set(name, jsonText(value));
    }
  }
}

function jsonText(json: Json): string {
  if (json instanceof JsonNumber) {
    return json.text;
  }
  if (json instanceof Map) {
    return objectText(Array.from(json, ([name, value]) => [name, jsonText(value)]));
  }
  return Array.isArray(json) ? `[${json.map(jsonText).join(",")}]` : JSON.stringify(json);
}

export function modifyCollection(state: State, id: string, request: Body): void {
  const name = body.text(request, "new_name");
  const metadata = changeOf(request.get("new_metadata") ?? null, "new_metadata", true);
  const configuration = request.get("new_configuration") ?? null;
  const collection = collectionWithId(state, id);
  if (name !== undefined) {
    checkName(name, "Validation error: new_name: ");
  }
  checkCollectionKeys(metadata);
  if (collectionsOf(state, collection).some((other) => other !== collection && other.name === name)) {
    const cause = "(code: 2067) UNIQUE constraint failed: collections.name, collections.database_id";
    throw internal(`Database error: error returned from database: ${cause}`);
  }
  // The whole metadata is replaced, not merged as that of records.
  const replaced = metadata ? storedMetadata(metadata) : collection.metadata;
  if (configuration instanceof Map) {
    change(collection.hnsw, configuration.get("hnsw") ?? null, HNSW_CHANGES);
    const embeddingFunction = configuration.get("embedding_function") ?? null;
    collection.embeddingFunction = embeddingFunction === null ? collection.embeddingFunction : jsonText(embeddingFunction);
  }
  collection.name = name ?? collection.name;
  collection.metadata = replaced;
}

export function collectionText(collection: ModelCollection, random: Random): string {
  const { id, name, tenant, database, metadata, hnsw, embeddingFunction, dimension } = collection;
  return objectText([
    ["id", JSON.stringify(id)],
    ["name", JSON.stringify(name)],
    ["configuration_json", objectText([["hnsw", objectText(hnsw)], ["spann", "null"], ["embedding_function", embeddingFunction]])],
    ["schema", schemaText(collection)],
    ["metadata", metadata ? membersText(Array.from(metadata), random) : "null"],
    ["dimension", String(dimension ?? null)],
    ["tenant", JSON.stringify(tenant)],
    ["database", JSON.stringify(database)],
    ["log_position", "0"],
    ["version", "0"],
  ]);
}

const enabled = (enabled: boolean) => ({ enabled, config: {} });

/** What is enabled by default for each type. */
const DEFAULTS: Record<string, object> = {
  string: { fts_index: enabled(false), string_inverted_index: enabled(true) },
  int: { int_inverted_index: enabled(true) },
  float: { float_inverted_index: enabled(true) },
  bool: { bool_inverted_index: enabled(true) },
};

/** Without the vector indexes, whose configuration is in `configuration_json`. */
function schemaText({ keys }: ModelCollection): string {
  const seen = Array.from(keys, ([key, types]) => [key, Object.fromEntries(Array.from(types, (type) => [type, DEFAULTS[type]]))] as const);
  const document = { string: { fts_index: enabled(true), string_inverted_index: enabled(false) } };
  // A key may be called `__proto__`, which has to be a member like the others.
  return JSON.stringify({ defaults: DEFAULTS, keys: Object.fromEntries([["#document", document], ...seen]) });
}

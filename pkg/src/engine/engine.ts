/** What the engine does and in which shapes: the contract between the wasm module and the client. */

import type { Awaitable, StorageAdapter } from "../storage/adapter.js";
import type { StorageDirectory } from "../storage/directory.js";
import type { Encryption } from "./encryption.js";
import type { ExactColumns, LinkJson, Replication } from "./replication.js";
import type { Applied, RequestStamp } from "./requests.js";

/** Where a store keeps its bytes. */
export type StorageKind = "opfs" | "indexeddb" | "memory";

/** `strict`: a write is durable when its promise resolves; `relaxed`: within 250 ms. */
export type Durability = "strict" | "relaxed";

/**
 * When housekeeping is done: compaction, the indexing of new vectors, deletion of what nothing needs. `idle`: in moments without calls.
 * `manual`: when `maintain()` is called, and not otherwise, but for what keeps the log small during writes.
 */
export type Housekeeping = "idle" | "manual";

/** Arguments of opening one store with one storage. */
export interface EngineOptions {
  /** `opfs` needs a dedicated worker. */
  storage: StorageKind | StorageDirectory | StorageAdapter;
  name: string;
  durability: Durability;
  /** Budget of the block cache in bytes. */
  cacheBytes?: number;
  /** Whether `reset()` is allowed. */
  allowReset?: boolean;
  /** How many earlier versions of each collection are kept. */
  versions?: number;
  /** What is limited, and to how much. */
  quotas?: Quotas;
  /** Records that clients are told to write at a time. */
  batchSize?: number;
  /** What the store is encrypted with. */
  encryption?: Encryption;
}

/** Limits on what a store takes and answers; there are none unless they are set. Whatever is above one is refused and changes nothing. */
export interface Quotas {
  /** Components of a vector. */
  dimension?: number;
  documentBytes?: number;
  uriBytes?: number;
  idBytes?: number;
  /** Bytes of the name of a database or collection. */
  nameBytes?: number;
  metadataKeyBytes?: number;
  /** Keys in the metadata of one record. */
  metadataKeys?: number;
  metadataValueBytes?: number;
  /** Conditions in one filter. */
  predicates?: number;
  /** Bytes of a regular expression. */
  patternBytes?: number;
  /** Results of one read. */
  results?: number;
  /** Records in one write. */
  writtenRecords?: number;
  /** Records in one collection. */
  records?: number;
  collections?: number;
  databases?: number;
  /** Forks that come from one collection. */
  forks?: number;
}

/** `n` rows of `dimension` components in one array. */
export interface Matrix {
  data: Float32Array;
  dimension: number;
  /** One byte a row, 1 where the row is given; absent = all are. Only updates may leave rows out. */
  present?: Uint8Array;
}

/** Columns of a write; each as long as `ids`. */
export interface Records {
  ids: string[];
  embeddings?: Matrix;
  documents?: (string | null)[];
  uris?: (string | null)[];
  metadatas?: (object | null)[];
}

/** Columns of a read; `null` for what was not included. */
export interface GetColumns {
  ids: string[];
  embeddings: Matrix | null;
  documents: (string | null)[] | null;
  uris: (string | null)[] | null;
  metadatas: (object | null)[] | null;
}

/** One element a query. */
export interface QueryColumns {
  rows: GetColumns[];
  distances: Float32Array[] | null;
}

/** Columns of one search; `null` for what was not selected. */
export interface RankedColumns {
  ids: string[];
  documents: (string | null)[] | null;
  /** No row is left out. */
  embeddings: Matrix | null;
  metadatas: (object | null)[] | null;
  scores: Float32Array | null;
  /** What was selected, sorted. */
  select: string[];
}

/** One element a search. */
export interface SearchColumns {
  searches: RankedColumns[];
}

/** Which records a read or a deletion is about. */
export interface RecordFilter {
  ids?: string[];
  where?: object;
  where_document?: object;
}

export interface GetRequest extends RecordFilter {
  limit?: number;
  offset?: number;
  include: string[];
}

export interface QueryRequest extends RecordFilter {
  query_embeddings: Matrix;
  n_results: number;
  include: string[];
}

/** One search as the REST API takes it. Queries of `$knn` are arrays of numbers, or `{ indices, values }`. */
export interface SearchPayload {
  limit: { offset: number; limit?: number };
  select: { keys: string[] };
  filter?: Record<string, unknown>;
  rank?: Record<string, unknown>;
  group_by?: { keys: string[]; aggregate: Record<string, unknown> };
}

export interface SearchRequest {
  searches: SearchPayload[];
  read_level?: string;
}

/** Which keys' values are counted, among which records. */
export interface FacetsRequest extends RecordFilter {
  keys: string[];
  limit: number;
}

/** The most frequent values of a metadata key. */
export interface FacetJson {
  key: string;
  /** Number of different values. */
  distinct: number;
  values: { value: string | number | bigint | boolean; count: number }[];
}

/** A version of a collection that can be read and restored. */
export interface VersionJson {
  version: number;
  log_position: number;
  written_ms: number;
  is_current: boolean;
}

/** One write of a transaction. */
export type ConditionalOperation =
  | { operation: "add" | "update" | "upsert"; payload: Records }
  | { operation: "delete"; payload: { ids: string[] } };

export interface ConditionalCommit {
  read_token?: number;
  read_ids: string[];
  operations: ConditionalOperation[];
}

/** A request that can be watched, by the method that it is one of. */
export interface WatchedRequests {
  get: GetRequest;
  query: QueryRequest;
  search: SearchRequest;
  facets: FacetsRequest;
  count: Record<string, never>;
}

/** What the methods answer. */
export interface WatchedResults {
  get: GetColumns;
  query: QueryColumns;
  search: SearchColumns;
  facets: FacetJson[];
  count: number;
}

/** A function that is attached to a collection. */
export interface AttachedFunctionJson {
  id: string;
  name: string;
  function_name: string;
  output_collection: string;
  output_collection_id: string | null;
  params: string | null;
  completion_offset: number;
}

/** A function that is to be called back. */
export interface PendingFunctionJson {
  tenant: string;
  database: string;
  collection: string;
  function: AttachedFunctionJson;
}

export interface StoredRecordJson {
  id: string;
  document: string | null;
  uri: string | null;
  metadata: object | null;
  embedding?: Float32Array;
}

/** A record in its old and its new form. */
export interface RecordChangeJson {
  old: StoredRecordJson | null;
  new: StoredRecordJson | null;
}

export interface DeleteRequest extends RecordFilter {
  limit?: number;
}

/** A tenant as the REST API shows it. */
export interface TenantJson {
  name: string;
  resource_name: string | null;
}

/** A database as the REST API shows it. */
export interface DatabaseJson {
  id: string;
  name: string;
  tenant: string;
}

/** A collection as the REST API shows it. */
export interface CollectionJson {
  id: string;
  name: string;
  configuration_json: Record<string, unknown>;
  schema?: Record<string, unknown> | null;
  metadata: object | null;
  dimension: number | null;
  tenant: string;
  database: string;
  log_position: number;
  version: number;
}

export interface CreateCollectionJson {
  name: string;
  get_or_create?: boolean;
  metadata?: object | null;
  configuration?: object | null;
  schema?: object | null;
}

export interface UpdateCollectionJson {
  new_name?: string;
  new_metadata?: object;
  new_configuration?: object;
}

/** How far the log of a collection has been brought into its segments. */
export interface IndexingStatusJson {
  num_indexed_ops: number;
  num_unindexed_ops: number;
  total_ops: number;
  op_indexing_progress: number;
}

/** Something that is damaged. */
export interface DamageJson {
  place: string;
  reason: string;
  part: "records" | "index" | "version" | "catalogue" | "log";
  collection?: string | null;
  collection_id?: string | null;
}

export interface VerificationJson {
  ok: boolean;
  blocks: number;
  bytes: number;
  records: number;
  problems: DamageJson[];
}

export interface RepairJson {
  repaired: {
    id: string;
    name: string;
    rebuilt: boolean;
    lost_records: number;
    lost_ids: string[];
    lost_versions: number;
  }[];
  left: DamageJson[];
}

export interface ExportRequestJson {
  /** Of one database; without them everything is exported. */
  collections?: string[];
  tenant: string;
  database: string;
  skip_damaged: boolean;
}

export interface ExportedJson {
  collections: number;
  records: number;
  damaged: { id: string; name: string; lost_records?: number | null; lost_ids: string[] }[];
}

export interface ImportedJson {
  collections: number;
  records: number;
  lost: number;
}

/** What the engine knows about an open store; sizes in bytes. */
export interface EngineInfo {
  version: string;
  storage: string;
  durability: string;
  generation: number;
  collections: number;
  records: number;
  sizes: { blocks: number; block_bytes: number; log_bytes: number; total_bytes: number };
  cache: { bytes: number; budget: number; entries: number; hits: number; misses: number };
  memory: { wasm_bytes: number };
  recovery: { replayed_operations: number; torn_bytes: number; milliseconds: number };
  log: { operations: number; bytes: number };
}

/** An open store. `collection` is a collection's id; calls may overlap, writes keep their order. */
export interface Engine {
  createTenant(name: string): Promise<void>;
  getTenant(name: string): Promise<TenantJson>;
  updateTenant(name: string, resourceName: string): Promise<void>;
  createDatabase(tenant: string, name: string): Promise<void>;
  getDatabase(tenant: string, name: string): Promise<DatabaseJson>;
  listDatabases(tenant: string, limit?: number, offset?: number): Promise<DatabaseJson[]>;
  deleteDatabase(tenant: string, name: string): Promise<void>;
  createCollection(tenant: string, database: string, request: CreateCollectionJson): Promise<CollectionJson>;
  getCollection(tenant: string, database: string, name: string): Promise<CollectionJson>;
  getCollectionById(tenant: string, database: string, id: string): Promise<CollectionJson>;
  getCollectionByCrn(crn: string): Promise<CollectionJson>;
  listCollections(tenant: string, database: string, limit?: number, offset?: number): Promise<CollectionJson[]>;
  countCollections(tenant: string, database: string): Promise<number>;
  updateCollection(tenant: string, database: string, id: string, request: UpdateCollectionJson): Promise<void>;
  deleteCollection(tenant: string, database: string, name: string): Promise<void>;
  add(tenant: string, database: string, collection: string, records: Records): Promise<void>;
  update(tenant: string, database: string, collection: string, records: Records): Promise<void>;
  upsert(tenant: string, database: string, collection: string, records: Records): Promise<void>;
  delete(tenant: string, database: string, collection: string, request: DeleteRequest): Promise<{ deleted: number }>;
  get(tenant: string, database: string, collection: string, request: GetRequest): Promise<GetColumns>;
  query(tenant: string, database: string, collection: string, request: QueryRequest): Promise<QueryColumns>;
  search(tenant: string, database: string, collection: string, request: SearchRequest): Promise<SearchColumns>;
  count(tenant: string, database: string, collection: string, readLevel?: string): Promise<number>;
  indexingStatus(tenant: string, database: string, collection: string): Promise<IndexingStatusJson>;
  /** A new collection with all that another has (or, with `<id>@<version>`, had). */
  forkCollection(tenant: string, database: string, collection: string, name: string): Promise<CollectionJson>;
  forkCount(tenant: string, database: string, collection: string): Promise<number>;
  versions(tenant: string, database: string, collection: string): Promise<VersionJson[]>;
  saveVersion(tenant: string, database: string, collection: string): Promise<VersionJson>;
  restoreVersion(tenant: string, database: string, collection: string, version: number): Promise<void>;
  conditionalGet(
    tenant: string,
    database: string,
    collection: string,
    request: GetRequest & { read_token?: number },
  ): Promise<{ columns: GetColumns; read_token: number }>;
  conditionalCommit(
    tenant: string,
    database: string,
    collection: string,
    commit: ConditionalCommit,
  ): Promise<{ first_inserted_record_offset: number | null; record_count: number }>;
  facets(tenant: string, database: string, collection: string, request: FacetsRequest): Promise<FacetJson[]>;
  /** Begins to watch a request; answers its number. */
  watch<K extends keyof WatchedRequests>(
    tenant: string,
    database: string,
    collection: string,
    kind: K,
    request: WatchedRequests[K],
  ): Promise<number>;
  /** What a watched request answers; null if that has not changed. */
  refresh(watch: number): Promise<WatchedResults[keyof WatchedResults] | null>;
  unwatch(watch: number): Promise<void>;
  /** Answers, as soon as something is written that `seen` does not count, the number of changes since the store was opened. */
  nextChange(seen: number): Promise<number>;
  /** `callbacks` are the names of functions that the caller has. */
  attachFunction(
    tenant: string,
    database: string,
    collection: string,
    request: { name: string; function_id: string; output_collection: string; params?: object },
    callbacks: string[],
  ): Promise<{ attached_function: AttachedFunctionJson; created: boolean }>;
  attachedFunction(tenant: string, database: string, collection: string, name: string): Promise<AttachedFunctionJson>;
  detachFunction(
    tenant: string,
    database: string,
    collection: string,
    name: string,
    deleteOutput: boolean,
  ): Promise<void>;
  pendingFunctions(callbacks: string[]): Promise<PendingFunctionJson[]>;
  /** Begins a run; nothing if there is nothing to see. */
  beginFunction(
    tenant: string,
    database: string,
    collection: string,
    name: string,
  ): Promise<number | null | undefined>;
  /** None at the end. */
  nextChanges(run: number): Promise<RecordChangeJson[]>;
  /** Null gives the run up. */
  finishFunction(run: number, output: { upsert?: Records; delete?: string[] } | null): Promise<void>;
  /** Links a collection, or changes what is agreed about its link: a text that the engine only keeps. */
  linkCollection(tenant: string, database: string, collection: string, settings: string): Promise<void>;
  unlinkCollection(tenant: string, database: string, collection: string): Promise<void>;
  links(): Promise<LinkJson[]>;
  exactRecords(tenant: string, database: string, collection: string, request: GetRequest): Promise<ExactColumns>;
  /** Rows of the shadow of a linked collection. */
  shadowRows(tenant: string, database: string, collection: string, request: GetRequest): Promise<GetColumns>;
  /** Writes what synchronisation has found out, in one step. Answers the ids of records that were edited since, which are left out. */
  replicate(tenant: string, database: string, collection: string, replication: Replication): Promise<string[]>;
  /** Looks for damage; with `deep` everything is read. */
  verify(deep: boolean): Promise<VerificationJson>;
  repair(): Promise<RepairJson>;
  /** Begins an export; answers its number. */
  beginExport(request: ExportRequestJson): Promise<number>;
  /** Null at the end. */
  nextExport(number: number): Promise<Uint8Array | null>;
  endExport(number: number): Promise<ExportedJson>;
  /** Begins an import; answers its number. */
  beginImport(request: { existing: string }): Promise<number>;
  /** Answers what has been made so far. After an error the import has ended, and what it made is gone. */
  pushImport(number: number, bytes: Uint8Array): Promise<ImportedJson>;
  endImport(number: number, givenUp: boolean): Promise<ImportedJson>;
  /** Answers a request to Chroma's HTTP API; of the module that has it only. See `pkg/src/server/host.ts`. */
  handle?(head: object, body: Uint8Array): Promise<object>;
  /** Calls a method that writes, and notes the request with what it does. Two calls for one request must not be under way at once. */
  once(stamp: RequestStamp, method: EngineMethod, args: readonly unknown[]): Promise<unknown>;
  /** What a request has done; null if it has done nothing, or its client has said that it has the answer. */
  applied(client: string, number: number): Awaitable<Applied | null>;
  /** Nanoseconds since 1970. A value, or a promise of it when it comes from a worker. */
  heartbeat(): Awaitable<number>;
  maxBatchSize(): Awaitable<number>;
  /** Refused unless the store was opened with `allowReset`. */
  reset(): Promise<boolean>;
  /** Makes relaxed writes durable. */
  flush(): Promise<void>;
  /** Brings every log tail into segments. */
  compact(): Promise<void>;
  /** Does a slice of the housekeeping that is due; true when more is left. */
  maintain(): Promise<boolean>;
  info(): Promise<EngineInfo>;
  close(): Promise<void>;
}

export type EngineMethod = keyof Engine;

/**
 * Every method of {@link Engine}: nothing else is dispatched by name. The values say whether it makes one write, which is then made once, however
 * often it has to be asked for.
 */
const METHODS: Readonly<Record<EngineMethod, boolean>> = {
  createTenant: true,
  getTenant: false,
  updateTenant: true,
  createDatabase: true,
  getDatabase: false,
  listDatabases: false,
  deleteDatabase: true,
  createCollection: true,
  getCollection: false,
  getCollectionById: false,
  getCollectionByCrn: false,
  listCollections: false,
  countCollections: false,
  updateCollection: true,
  deleteCollection: true,
  add: true,
  update: true,
  upsert: true,
  delete: true,
  get: false,
  query: false,
  search: false,
  count: false,
  indexingStatus: false,
  forkCollection: true,
  forkCount: false,
  versions: false,
  saveVersion: true,
  restoreVersion: true,
  conditionalGet: false,
  conditionalCommit: true,
  facets: false,
  watch: false,
  refresh: false,
  unwatch: false,
  nextChange: false,
  attachFunction: true,
  attachedFunction: false,
  detachFunction: true,
  pendingFunctions: false,
  beginFunction: false,
  nextChanges: false,
  finishFunction: true,
  linkCollection: true,
  unlinkCollection: true,
  links: false,
  exactRecords: false,
  shadowRows: false,
  // Asked for twice, it finds the rows changed and does nothing.
  replicate: false,
  verify: false,
  repair: false,
  beginExport: false,
  nextExport: false,
  endExport: false,
  beginImport: false,
  pushImport: false,
  endImport: false,
  handle: true,
  once: true,
  applied: false,
  heartbeat: false,
  maxBatchSize: false,
  reset: true,
  flush: false,
  compact: false,
  maintain: false,
  info: false,
  close: false,
};

/** Whether a name is that of an engine method. */
export function isEngineMethod(name: unknown): name is EngineMethod {
  return typeof name === "string" && Object.hasOwn(METHODS, name);
}

/** Whether a method makes one write. */
export function isWrite(method: EngineMethod): boolean {
  return METHODS[method];
}

/** Calls a method by name; a synchronous throw becomes a rejection. */
export async function invoke(engine: Engine, method: EngineMethod, args: readonly unknown[]): Promise<unknown> {
  return await (engine[method] as (...args: unknown[]) => unknown).apply(engine, [...args]);
}

/** An engine whose every call goes through `around`, which answers what the method answers. */
export function interceptEngine(
  around: (method: EngineMethod, args: readonly unknown[]) => Promise<unknown>,
): Engine {
  const calls = Object.keys(METHODS).map((method) => [
    method,
    (...args: readonly unknown[]) => around(method as EngineMethod, args),
  ]);
  return Object.fromEntries(calls) as Engine;
}

/** A collection: its records, and what may be changed about it. */

import type { ChromaClient } from "./client.js";
import type {
  AttachedFunction,
  AttachFunctionArgs,
  Collection,
  CollectionVersion,
  DeleteArgs,
  Facet,
  FacetsArgs,
  GetArgs,
  ModifyArgs,
  QueryArgs,
  WatchArgs,
  Watched,
} from "./collection-api.js";
import { BufferedTransaction, type ConditionalTarget, type ConditionalTransaction } from "./conditional.js";
import {
  type CollectionConfiguration,
  processUpdateCollectionConfig,
  type UpdateConfigurationJson,
} from "./configuration.js";
import type { EmbeddingFunction } from "./embedding/types.js";
import type {
  AttachedFunctionJson,
  Engine,
  QueryColumns,
  QueryRequest,
  RankedColumns,
  Records,
  SearchRequest,
  VersionJson,
} from "./engine/engine.js";
import { ChromaValueError } from "./errors.js";
import { type Unsubscribe, watchRequest } from "./live.js";
import { packMatrix, severalVectors } from "./matrix.js";
import { type NullValues, serializeMetadata, toPlain } from "./metadata.js";
import { prepareFacets, prepareFilter, prepareGet, readGet, readQuery, readSearches } from "./requests.js";
import type { GetResult, QueryResult, SearchResult } from "./results.js";
import type { Schema } from "./schema/schema.js";
import { embedSparse } from "./schema/sparse.js";
import { type SearchLike, toSearches } from "./search/search.js";
import { embedTexts, hasTexts } from "./search/texts.js";
import type { Session } from "./session.js";
import type { CopyOptions, CopySource } from "./sync/copy.js";
import type {
  CollectionMetadata,
  DeleteResult,
  IndexingStatus,
  Metadata,
  ReadLevel,
  RecordSet,
  Vector,
} from "./types.js";
import {
  validateBaseRecordSet,
  validateDeleteLimit,
  validateEmbeddings,
  validateIDs,
  validateInclude,
  validateMaxBatchSize,
  validateMetadata,
  validateNResults,
  validateRecordSetLengthConsistency,
} from "./validate.js";

/** What a collection is made of. */
export interface CollectionArgs {
  client: ChromaClient;
  session: Session;
  id: string;
  name: string;
  tenant: string;
  database: string;
  configuration: CollectionConfiguration;
  metadata?: CollectionMetadata;
  embeddingFunction?: EmbeddingFunction<Vector>;
  schema?: Schema;
  /** What reads go through, where they are not of this store alone. */
  reads?: (engine: Engine) => Promise<Engine>;
}

/** A collection whose name, configuration and function are known. */
export class CollectionImpl implements Collection {
  readonly id: string;
  readonly tenant: string;
  readonly database: string;
  readonly schema: Schema | undefined;
  readonly #client: ChromaClient;
  readonly #session: Session;
  #name: string;
  #metadata: CollectionMetadata | undefined;
  #configuration: CollectionConfiguration;
  #embeddingFunction: EmbeddingFunction<Vector> | undefined;
  readonly #reads: CollectionArgs["reads"];

  constructor(args: CollectionArgs) {
    this.#client = args.client;
    this.#session = args.session;
    this.id = args.id;
    this.tenant = args.tenant;
    this.database = args.database;
    this.#name = args.name;
    this.#metadata = args.metadata;
    this.#configuration = args.configuration;
    this.#embeddingFunction = args.embeddingFunction;
    this.schema = args.schema;
    this.#reads = args.reads;
  }

  get name(): string {
    return this.#name;
  }

  get metadata(): CollectionMetadata | undefined {
    return this.#metadata;
  }

  get configuration(): CollectionConfiguration {
    return this.#configuration;
  }

  get embeddingFunction(): EmbeddingFunction | undefined {
    return this.#embeddingFunction as EmbeddingFunction | undefined;
  }

  async count(options?: { readLevel?: ReadLevel }): Promise<number> {
    const engine = await this.#readingEngine();
    return engine.count(...this.#path(), options?.readLevel);
  }

  async add(args: RecordSet): Promise<void> {
    const records = await this.#prepareRecords(args, "drop");
    await (await this.#session.engine()).add(...this.#path(), records);
  }

  async update(args: RecordSet): Promise<void> {
    const records = await this.#prepareRecords(args, "keep", true);
    await (await this.#session.engine()).update(...this.#path(), records);
  }

  async upsert(args: RecordSet): Promise<void> {
    const records = await this.#prepareRecords(args, "keep");
    await (await this.#session.engine()).upsert(...this.#path(), records);
  }

  async get<TMeta extends Metadata = Metadata>(args: GetArgs = {}): Promise<GetResult<TMeta>> {
    const request = prepareGet(args);
    const engine = await this.#readingEngine();
    return readGet<TMeta>(await engine.get(...this.#path(), request), request);
  }

  async peek({ limit = 10 }: { limit?: number } = {}): Promise<GetResult> {
    return this.get({ limit });
  }

  async query<TMeta extends Metadata = Metadata>(args: QueryArgs): Promise<QueryResult<TMeta>> {
    const request = await this.#prepareQuery(args);
    const engine = await this.#readingEngine();
    return readQuery<TMeta>(await engine.query(...this.#path(), request), request);
  }

  async search(searches: SearchLike | SearchLike[], options?: { readLevel?: ReadLevel }): Promise<SearchResult> {
    const request = await this.#prepareSearch(searches, options);
    const engine = await this.#readingEngine();
    const found = await engine.search(...this.#path(), request);
    return readSearches(found.searches);
  }

  async delete(args: DeleteArgs): Promise<DeleteResult> {
    const { where, whereDocument, limit } = args;
    const filter = prepareFilter(args);
    validateDeleteLimit(limit, Boolean(where ?? whereDocument));
    const engine = await this.#session.engine();
    return engine.delete(...this.#path(), { ...filter, limit });
  }

  async modify({ name, metadata, configuration }: ModifyArgs): Promise<void> {
    validateMetadata(metadata);
    const { updateConfiguration, updateEmbeddingFunction } = configuration
      ? await processUpdateCollectionConfig({
          collectionName: this.#name,
          currentConfiguration: this.#configuration,
          currentEmbeddingFunction: this.#embeddingFunction,
          newConfiguration: configuration,
          client: this.#client,
        })
      : {};
    const engine = await this.#session.engine();
    await engine.updateCollection(...this.#path(), {
      new_name: name,
      new_metadata: metadata && serializeMetadata(metadata, "drop"),
      new_configuration: updateConfiguration && toPlain(updateConfiguration),
    });
    this.#name = name || this.#name;
    this.#metadata = metadata ?? this.#metadata;
    this.#embeddingFunction = updateEmbeddingFunction ?? this.#embeddingFunction;
    if (updateConfiguration) {
      this.#configuration = mergeConfiguration(this.#configuration, updateConfiguration);
    }
  }

  async getIndexingStatus(): Promise<IndexingStatus> {
    const engine = await this.#session.engine();
    return engine.indexingStatus(...this.#path());
  }

  async fork({ name }: { name: string }): Promise<Collection> {
    const engine = await this.#session.engine();
    const { id, name: forked } = await engine.forkCollection(...this.#path(), name);
    return new CollectionImpl({ ...this.#args(), id, name: forked });
  }

  async forkCount(): Promise<number> {
    return (await this.#session.engine()).forkCount(...this.#path());
  }

  async versions(): Promise<CollectionVersion[]> {
    const engine = await this.#session.engine();
    return (await engine.versions(...this.#path())).map(readVersion);
  }

  async saveVersion(): Promise<CollectionVersion> {
    const engine = await this.#session.engine();
    return readVersion(await engine.saveVersion(...this.#path()));
  }

  at(version: number): Collection {
    if (!Number.isInteger(version) || version < 0) {
      throw new ChromaValueError(`Expected the number of a version, but got ${String(version)}`);
    }
    return new CollectionImpl({ ...this.#args(), id: `${this.id.replace(/@.*/, "")}@${version}` });
  }

  async restore(version: number): Promise<void> {
    await (await this.#session.engine()).restoreVersion(...this.#path(), version);
  }

  async pushTo(options: CopyOptions): Promise<number> {
    const { pushTo } = await import("./sync/copy.js");
    return pushTo(this.#copySource(), options);
  }

  async pullFrom(options: CopyOptions): Promise<number> {
    const { pullFrom } = await import("./sync/copy.js");
    return pullFrom(this.#copySource(), options);
  }

  async #readingEngine(): Promise<Engine> {
    const engine = await this.#session.engine();
    return this.#reads ? this.#reads(engine) : engine;
  }

  #copySource(): CopySource {
    return { engine: () => this.#session.engine(), path: this.#path(), name: this.#name };
  }

  conditional(): ConditionalTransaction {
    const session = this.#session;
    const path = this.#path();
    const target: ConditionalTarget = {
      prepareGet,
      readGet,
      prepareRecords: (records, operation) =>
        this.#prepareRecords(records, operation === "add" ? "drop" : "keep", operation === "update"),
      get: async (request) => (await session.engine()).conditionalGet(...path, request),
      commit: async (commit) => (await session.engine()).conditionalCommit(...path, commit),
    };
    return new BufferedTransaction(target);
  }

  async attachFunction({ name, functionId, outputCollection, params }: AttachFunctionArgs): Promise<AttachedFunction> {
    const engine = await this.#session.engine();
    const request = { name, function_id: functionId, output_collection: outputCollection, params: toPlain(params) };
    const callbacks = this.#client._functions().names();
    const { attached_function } = await engine.attachFunction(...this.#path(), request, callbacks);
    return readFunction(attached_function);
  }

  async getAttachedFunction(name: string): Promise<AttachedFunction> {
    const engine = await this.#session.engine();
    return readFunction(await engine.attachedFunction(...this.#path(), name));
  }

  async detachFunction(name: string, { deleteOutput = false }: { deleteOutput?: boolean } = {}): Promise<void> {
    await (await this.#session.engine()).detachFunction(...this.#path(), name, deleteOutput);
  }

  async facets(args: FacetsArgs): Promise<Facet[]> {
    const request = prepareFacets(args);
    return (await this.#session.engine()).facets(...this.#path(), request);
  }

  watch<A extends WatchArgs>(
    args: A,
    callback: (result: Watched<A>) => unknown,
    onError: (error: unknown) => void = reportLater,
  ): Unsubscribe {
    const path = this.#path();
    const show = (result: Watched<WatchArgs>): unknown => callback(result as Watched<A>);
    if ("get" in args) {
      const request = prepareGet(args.get);
      const subject = { path, kind: "get" as const, request };
      return watchRequest(this.#session, subject, (columns) => show(readGet(columns, request)), onError);
    }
    if ("facets" in args) {
      return watchRequest(this.#session, { path, kind: "facets", request: prepareFacets(args.facets) }, show, onError);
    }
    if ("count" in args) {
      return watchRequest(this.#session, { path, kind: "count", request: {} }, show, onError);
    }
    let ended = false;
    let end: Unsubscribe = () => {
      ended = true;
    };
    // Texts have to be embedded first.
    const begin = async (): Promise<void> => {
      if ("query" in args) {
        const request = await this.#prepareQuery(args.query);
        const subject = { path, kind: "query" as const, request };
        const read = (columns: QueryColumns): unknown => show(readQuery(columns, request));
        end = ended ? end : watchRequest(this.#session, subject, read, onError);
      } else {
        const subject = { path, kind: "search" as const, request: await this.#prepareSearch(args.search) };
        const read = (columns: { searches: RankedColumns[] }): unknown => show(readSearches(columns.searches));
        end = ended ? end : watchRequest(this.#session, subject, read, onError);
      }
    };
    begin().catch(onError);
    return () => end();
  }

  /** What a collection that differs in little from this one is made of. */
  #args(): CollectionArgs {
    return {
      client: this.#client,
      session: this.#session,
      id: this.id,
      name: this.#name,
      tenant: this.tenant,
      database: this.database,
      configuration: this.#configuration,
      metadata: this.#metadata,
      embeddingFunction: this.#embeddingFunction,
      schema: this.schema,
    };
  }

  async #prepareQuery(args: QueryArgs): Promise<QueryRequest> {
    const { queryTexts, nResults = 10 } = args;
    const queryEmbeddings = args.queryEmbeddings && severalVectors(args.queryEmbeddings);
    const { include = ["metadatas", "documents", "distances"] } = args;
    validateBaseRecordSet(
      { embeddings: queryEmbeddings, documents: queryTexts },
      { fields: { embeddings: "queryEmbeddings", documents: "queryTexts" } },
    );
    validateInclude(include);
    const filter = prepareFilter(args);
    if (nResults) {
      validateNResults(nResults);
    }
    const vectors = queryEmbeddings ?? (await this.#embed(queryTexts ?? [], true));
    return { ...filter, query_embeddings: packMatrix(vectors), n_results: nResults, include: [...include] };
  }

  async #prepareSearch(
    searches: SearchLike | SearchLike[],
    options?: { readLevel?: ReadLevel },
  ): Promise<SearchRequest> {
    const payloads = toSearches(searches).map((search) => toPlain(search.toPayload()));
    if (payloads.length === 0) {
      throw new ChromaValueError("At least one search payload must be provided.");
    }
    await embedTexts(payloads, this.schema, (texts) => this.#embed(texts, true));
    return { searches: payloads, read_level: options?.readLevel };
  }

  #path(): [tenant: string, database: string, id: string] {
    return [this.tenant, this.database, this.id];
  }

  /** Checks and embeds, in the order of the official client, and copies what the caller may change meanwhile. */
  async #prepareRecords(recordSet: RecordSet, nulls: NullValues, update = false): Promise<Records> {
    const maxBatchSize = await this.#session.maxBatchSize();
    const { ids, embeddings, documents, metadatas, uris } = recordSet;
    validateRecordSetLengthConsistency({ ids, embeddings, documents, metadatas, uris });
    validateIDs(ids);
    validateBaseRecordSet({ embeddings, documents, metadatas }, { update });
    validateMaxBatchSize(ids.length, maxBatchSize);
    const vectors = embeddings ?? (documents && (await this.#embed(documents, false)));
    if (vectors && vectors.length !== ids.length) {
      throw new ChromaValueError(
        `The embedding function answered ${vectors.length} embeddings for ${ids.length} documents`,
      );
    }
    const withSparse = await embedSparse(this.schema, metadatas, documents);
    return {
      ids: [...ids],
      embeddings: vectors && packMatrix(vectors),
      documents: documents && [...documents],
      uris: uris && [...uris],
      metadatas: withSparse?.map((metadata) => metadata && serializeMetadata(metadata, nulls)),
    };
  }

  async #embed(texts: string[], isQuery: boolean): Promise<Vector[]> {
    const ef = this.#embeddingFunction;
    if (!ef) {
      throw new ChromaValueError(
        `No embedding function found for collection '${this.#name}'. ` +
          "You can either provide embeddings directly, or ensure the appropriate " +
          "embedding function package (e.g. @chroma-core/default-embed) is installed.",
      );
    }
    const vectors = isQuery && ef.generateForQueries ? await ef.generateForQueries(texts) : await ef.generate(texts);
    validateEmbeddings(vectors);
    return vectors;
  }
}

const HANDLE_EMBEDDING_ERROR =
  "This operation requires an embedding function, which is not available on " +
  "a collection obtained via client.collection(id). Provide pre-computed " +
  "embeddings directly, or use client.getCollection() to get a full " +
  "collection with embedding support.";

const HANDLE_NOT_SUPPORTED_ERROR =
  "is not supported on a collection obtained via client.collection(id). " +
  "Use client.getCollection() to get a full collection instance.";

/** A collection of which only the id is known, from `client.collection(id)`. It embeds nothing. */
export class CollectionHandle extends CollectionImpl {
  constructor(args: Pick<CollectionArgs, "client" | "session" | "id" | "tenant" | "database">) {
    super({ ...args, name: "", configuration: {} });
  }

  override async add(args: RecordSet): Promise<void> {
    requireEmbeddings(args.embeddings);
    return super.add(args);
  }

  override async update(args: RecordSet): Promise<void> {
    if (args.documents) {
      requireEmbeddings(args.embeddings);
    }
    return super.update(args);
  }

  override async upsert(args: RecordSet): Promise<void> {
    requireEmbeddings(args.embeddings);
    return super.upsert(args);
  }

  override async query<TMeta extends Metadata = Metadata>(args: QueryArgs): Promise<QueryResult<TMeta>> {
    requireEmbeddings(args.queryEmbeddings);
    return super.query(args);
  }

  override async search(
    searches: SearchLike | SearchLike[],
    options?: { readLevel?: ReadLevel },
  ): Promise<SearchResult> {
    const built = toSearches(searches);
    if (built.some((search) => hasTexts(search.toPayload()))) {
      throw new ChromaValueError(HANDLE_EMBEDDING_ERROR);
    }
    return super.search(built, options);
  }

  override fork(_args: { name: string }): Promise<Collection> {
    return Promise.reject(new ChromaValueError(`fork() ${HANDLE_NOT_SUPPORTED_ERROR}`));
  }

  override modify(_args: ModifyArgs): Promise<void> {
    return Promise.reject(new ChromaValueError(`modify() ${HANDLE_NOT_SUPPORTED_ERROR}`));
  }
}

function requireEmbeddings(embeddings: Vector[] | undefined): void {
  if (!embeddings) {
    throw new ChromaValueError(HANDLE_EMBEDDING_ERROR);
  }
}

/** A configuration after a change; what the change does not mention stays. */
function mergeConfiguration(
  old: CollectionConfiguration,
  { hnsw, spann, embedding_function }: UpdateConfigurationJson,
): CollectionConfiguration {
  return {
    ...old,
    ...(hnsw && { hnsw: { ...old.hnsw, ...hnsw } }),
    ...(spann && { spann: { ...old.spann, ...spann } }),
    ...(embedding_function && { embedding_function, embeddingFunction: embedding_function }),
  };
}

/** An error that nobody waits for is reported as one of the page. */
function reportLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

function readFunction(json: AttachedFunctionJson): AttachedFunction {
  return {
    id: json.id,
    name: json.name,
    functionId: json.function_name,
    outputCollection: json.output_collection,
    params: json.params ? (JSON.parse(json.params) as Record<string, unknown>) : {},
    completionOffset: json.completion_offset,
  };
}

function readVersion({ version, written_ms, is_current }: VersionJson): CollectionVersion {
  return { version, writtenAt: new Date(written_ms), isCurrent: is_current };
}


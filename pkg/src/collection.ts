/** A collection: its records, and what may be changed about it. */

import type { ChromaClient } from "./client.js";
import {
  type CollectionConfiguration,
  processUpdateCollectionConfig,
  type UpdateCollectionConfiguration,
  type UpdateConfigurationJson,
} from "./configuration.js";
import type { EmbeddingFunction } from "./embedding/types.js";
import type { GetColumns, RankedColumns, RecordFilter, Records } from "./engine/engine.js";
import { ChromaValueError } from "./errors.js";
import { packMatrix, unpackMatrix } from "./matrix.js";
import { deserializeMetadata, type NullValues, serializeMetadata, toPlain } from "./metadata.js";
import { GetResult, QueryResult, SearchResult } from "./results.js";
import type { Schema } from "./schema/schema.js";
import { embedSparse } from "./schema/sparse.js";
import { type SearchLike, toSearches } from "./search/search.js";
import { embedTexts, hasTexts } from "./search/texts.js";
import type { Session } from "./session.js";
import type {
  CollectionMetadata,
  DeleteResult,
  Include,
  IndexingStatus,
  Metadata,
  ReadLevel,
  RecordSet,
  Vector,
  Where,
  WhereDocument,
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
import { validateWhere, validateWhereDocument } from "./where.js";

/** Records to get: by id, by filter, or both (then a record has to satisfy both). */
export interface GetArgs {
  ids?: string[];
  where?: Where;
  limit?: number;
  offset?: number;
  whereDocument?: WhereDocument;
  /** Default documents and metadatas. */
  include?: Include[];
}

/** A search by vectors, or by texts that the collection's function embeds. */
export interface QueryArgs {
  queryEmbeddings?: Vector[];
  queryTexts?: string[];
  queryURIs?: string[];
  /** Search among these records only. */
  ids?: string[];
  /** Hits a query; default 10. */
  nResults?: number;
  where?: Where;
  whereDocument?: WhereDocument;
  /** Default metadatas, documents and distances. */
  include?: Include[];
}

/** Records to delete: by id, by filter, or both (then a record has to satisfy both). */
export interface DeleteArgs {
  ids?: string[];
  where?: Where;
  whereDocument?: WhereDocument;
  /** Delete no more than so many of what the filter finds. */
  limit?: number;
}

/** What may be changed about a collection. Metadata replaces the old one. */
export interface ModifyArgs {
  name?: string;
  metadata?: CollectionMetadata;
  configuration?: UpdateCollectionConfiguration;
}

/** A named set of records. */
export interface Collection {
  tenant: string;
  database: string;
  id: string;
  name: string;
  metadata: CollectionMetadata | undefined;
  configuration: CollectionConfiguration;
  /** Embeds documents and query texts. */
  embeddingFunction?: EmbeddingFunction;
  /** What is indexed, and how. */
  schema?: Schema;
  /** Number of records. */
  count(options?: { readLevel?: ReadLevel }): Promise<number>;
  /** Adds records; ids that exist already are left as they are. Without embeddings the documents are embedded. */
  add(args: RecordSet): Promise<void>;
  /** Records in the order in which they were added. */
  get<TMeta extends Metadata = Metadata>(args?: GetArgs): Promise<GetResult<TMeta>>;
  /** The first records; 10 by default. */
  peek(args?: { limit?: number }): Promise<GetResult>;
  /** For each query the nearest records, nearest first. */
  query<TMeta extends Metadata = Metadata>(args: QueryArgs): Promise<QueryResult<TMeta>>;
  /** For each search the records that it ranks, lowest score first. Texts to search for are embedded. */
  search(searches: SearchLike | SearchLike[], options?: { readLevel?: ReadLevel }): Promise<SearchResult>;
  /** Changes name, metadata or configuration. */
  modify(args: ModifyArgs): Promise<void>;
  /** Changes records; ids that do not exist are ignored. Metadata is merged, a `null` value deletes its key. */
  update(args: RecordSet): Promise<void>;
  /** Changes records as {@link update} does, and adds those that do not exist. */
  upsert(args: RecordSet): Promise<void>;
  /** Deletes records. */
  delete(args: DeleteArgs): Promise<DeleteResult>;
  /** How much of what was written is in the index; the rest is searched from the log. */
  getIndexingStatus(): Promise<IndexingStatus>;
}

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
    const engine = await this.#session.engine();
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
    const { limit, offset, include = ["documents", "metadatas"] } = args;
    validateInclude(include, ["distances"]);
    const filter = prepareFilter(args);
    const engine = await this.#session.engine();
    const columns = await engine.get(...this.#path(), { ...filter, limit, offset, include: [...include] });
    return new GetResult<TMeta>({ ...readColumns<TMeta>(columns), include });
  }

  async peek({ limit = 10 }: { limit?: number } = {}): Promise<GetResult> {
    return this.get({ limit });
  }

  async query<TMeta extends Metadata = Metadata>(args: QueryArgs): Promise<QueryResult<TMeta>> {
    const { queryEmbeddings, queryTexts, nResults = 10 } = args;
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
    const engine = await this.#session.engine();
    const { rows, distances } = await engine.query(...this.#path(), {
      ...filter,
      query_embeddings: packMatrix(vectors),
      n_results: nResults,
      include: [...include],
    });
    const columns = rows.map((row) => readColumns<TMeta>(row));
    const section = <T>(name: Include, values: T[]): T[] => (include.includes(name) ? values : []);
    return new QueryResult<TMeta>({
      ids: columns.map(({ ids }) => ids),
      documents: section("documents", columns.map(({ documents }) => documents)),
      embeddings: section("embeddings", columns.map(({ embeddings }) => embeddings)),
      metadatas: section("metadatas", columns.map(({ metadatas }) => metadatas)),
      uris: section("uris", columns.map(({ uris }) => uris)),
      distances: distances?.map((row) => Array.from(row)) ?? [],
      include,
    });
  }

  async search(searches: SearchLike | SearchLike[], options?: { readLevel?: ReadLevel }): Promise<SearchResult> {
    const payloads = toSearches(searches).map((search) => toPlain(search.toPayload()));
    if (payloads.length === 0) {
      throw new ChromaValueError("At least one search payload must be provided.");
    }
    await embedTexts(payloads, this.schema, (texts) => this.#embed(texts, true));
    const engine = await this.#session.engine();
    const found = await engine.search(...this.#path(), { searches: payloads, read_level: options?.readLevel });
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

/** The checked filter in the shape of the engine. */
function prepareFilter({ ids, where, whereDocument }: GetArgs): RecordFilter {
  if (ids) {
    validateIDs(ids);
  }
  if (where) {
    validateWhere(where);
  }
  if (whereDocument) {
    validateWhereDocument(whereDocument);
  }
  return { ids: ids && [...ids], where: toPlain(where), where_document: toPlain(whereDocument) };
}

/** The engine's columns as the results show them; a column that was not included is empty. */
function readColumns<TMeta extends Metadata>(columns: GetColumns): {
  ids: string[];
  documents: (string | null)[];
  embeddings: number[][];
  metadatas: (TMeta | null)[];
  uris: (string | null)[];
} {
  return {
    ids: columns.ids,
    documents: columns.documents ?? [],
    embeddings: columns.embeddings ? unpackMatrix(columns.embeddings) : [],
    metadatas: columns.metadatas?.map((metadata) => readMetadata<TMeta>(metadata)) ?? [],
    uris: columns.uris ?? [],
  };
}

/** The engine's columns of searches as their result shows them. */
function readSearches(searches: readonly RankedColumns[]): SearchResult {
  return new SearchResult({
    ids: searches.map(({ ids }) => ids),
    documents: searches.map(({ documents }) => documents),
    embeddings: searches.map(({ embeddings }) => embeddings && unpackMatrix(embeddings)),
    metadatas: searches.map(({ metadatas }) => metadatas && metadatas.map((metadata) => readMetadata(metadata))),
    scores: searches.map(({ scores }) => scores && Array.from(scores)),
    select: searches.map(({ select }) => select),
  });
}

function readMetadata<TMeta extends Metadata>(metadata: object | null): TMeta | null {
  return metadata && deserializeMetadata<TMeta>(metadata);
}

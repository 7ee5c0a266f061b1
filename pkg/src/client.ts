/** The client: collections of one database. */

import { type ArchiveSource, type ExportOptions, exportStream, importArchive, type Imported, type ImportOptions } from "./archive.js";
import { CollectionHandle, CollectionImpl } from "./collection.js";
import type { Collection } from "./collection-api.js";
import { type CreateCollectionConfiguration, processCreateCollectionConfig } from "./configuration.js";
import { FunctionBuilder } from "./embedding/builder.js";
import type { EmbeddingFunction, EmbeddingFunctionConfiguration } from "./embedding/types.js";
import type { CollectionJson, Engine } from "./engine/engine.js";
import type { StoreInfo, StoreOptions } from "./engine/store.js";
import { ChromaValueError } from "./errors.js";
import { FunctionRunner, type RecordFunction } from "./functions.js";
import { deserializeMetadata, serializeMetadata, toPlain } from "./metadata.js";
import { readSchema, type Schema } from "./schema/schema.js";
import { adoptFunctions } from "./schema/sparse.js";
import { serverOf, type ServerOptions } from "./server-options.js";
import { Session } from "./session.js";
import type { Link } from "./sync/link.js";
import type { StoredLink } from "./sync/open.js";
import type { LinkOptions } from "./sync/options.js";
import type { ReadSource } from "./sync/reads.js";
import type { ChecklistResponse, CollectionMetadata, UserIdentity, Vector } from "./types.js";
import { type Repair, toRepair, toVerification, type Verification } from "./verification.js";

const DEFAULT_TENANT = "default_tenant";
const DEFAULT_DATABASE = "default_database";
const READ_SOURCES: readonly ReadSource[] = ["local", "remote", "auto"];

/** Options of {@link ChromaClient}; all optional. Those that name a server exclude those of a local store. */
export interface ChromaClientArgs extends StoreOptions, ServerOptions {
  /** Default: `CHROMA_TENANT` of the environment, else the one that a server's token is for, else `default_tenant`. */
  tenant?: string;
  /** Default: `CHROMA_DATABASE` of the environment, else the one that a server's token is for, else `default_database`. */
  database?: string;
  /** What requests to a server carry, such as `x-chroma-token`; and where embedding functions of hosted models look for a key. */
  headers?: Record<string, string>;
}

/** What a Chroma server has answered ever since its second API: clients compare it. */
const API_VERSION = "1.0.0";

interface CreateCollectionArgs {
  name: string;
  configuration?: CreateCollectionConfiguration;
  metadata?: CollectionMetadata;
  /** `null` for none; default is the function that `@chroma-core/default-embed` provides. */
  embeddingFunction?: EmbeddingFunction<Vector> | null;
  /** What is indexed and how, instead of `configuration`. */
  schema?: Schema;
}

interface GetCollectionArgs {
  name: string;
  /** Default: the function that the collection was created with, built again from its configuration. */
  embeddingFunction?: EmbeddingFunction<Vector>;
  /** Where a linked collection is read: here (default), at its remote, or wherever it is whole. Its link has to be open when it is read. */
  source?: ReadSource;
}

/**
 * Chroma in this browser tab or process. The store is opened by the first call, and shared by all
 * clients of the same store; data is where {@link info} says it is. With options that name a server it is a client of that.
 */
export class ChromaClient {
  readonly #session: Session;
  readonly #functions: FunctionRunner;
  /** Empty as long as only the server knows it. */
  #tenant: string;
  #database: string;
  readonly #isLocal: boolean;
  readonly #headers: Record<string, string> | undefined;
  readonly #store: string;
  readonly #links = new Set<Link>();
  #preflightChecks: ChecklistResponse | undefined;

  constructor(args: ChromaClientArgs = {}) {
    const server = serverOf(args);
    const { tenant, database, headers, ...store } = args;
    // Who sends a token may have another tenant and database than the default ones: the server knows.
    const isAsked = Object.keys(server?.headers ?? {}).length > 0;
    this.#tenant = tenant || environment("CHROMA_TENANT") || (isAsked ? "" : DEFAULT_TENANT);
    this.#database = database || environment("CHROMA_DATABASE") || (isAsked ? "" : DEFAULT_DATABASE);
    this.#isLocal = server === undefined;
    this.#headers = server ? { ...server.headers } : headers;
    this.#session = new Session(store, server);
    this.#store = store.name ?? "";
    this.#functions = new FunctionRunner(this.#session);
  }

  /** Undefined as long as only the server knows it: see {@link getUserIdentity}. */
  get tenant(): string | undefined {
    return this.#tenant || undefined;
  }

  get database(): string | undefined {
    return this.#database || undefined;
  }

  /** The answer of {@link getPreflightChecks}, once it was asked for. */
  get preflightChecks(): ChecklistResponse | undefined {
    return this.#preflightChecks;
  }

  get headers(): Record<string, string> | undefined {
    return this.#headers;
  }

  /** @ignore */
  async _path(): Promise<{ tenant: string; database: string }> {
    const scope = { tenant: this.#tenant, database: this.#database };
    if (scope.tenant !== "" && scope.database !== "") {
      return scope;
    }
    const server = await this.#session.server();
    const found = (await server?.scope(scope)) ?? scope;
    [this.#tenant, this.#database] = [found.tenant, found.database];
    return found;
  }

  /** Who the server takes the client for; the one user of a local store. */
  async getUserIdentity(): Promise<UserIdentity> {
    const local = { user_id: "", tenant: this.#tenant, databases: [this.#database] };
    return this.#isLocal ? local : ((await (await this.#session.server())?.identity()) ?? local);
  }

  /** Nanoseconds since 1970, from the engine; opens the store. */
  async heartbeat(): Promise<number> {
    return (await this.#session.engine()).heartbeat();
  }

  /** The version of Chroma's API, as every Chroma server answers it. `info()` has that of this package. */
  async version(): Promise<string> {
    return this.#isLocal ? API_VERSION : ((await (await this.#session.server())?.version()) ?? API_VERSION);
  }

  /** Deletes everything in the store. Refused unless it was opened with `allowReset`. */
  async reset(): Promise<void> {
    await (await this.#session.engine()).reset();
  }

  async getPreflightChecks(): Promise<ChecklistResponse> {
    // To a local store vectors never travel as text, so there is nothing to encode in base64.
    this.#preflightChecks ??= this.#isLocal
      ? { max_batch_size: await this.#session.maxBatchSize(), supports_base64_encoding: false }
      : await (await this.#session.server())?.checks();
    return this.#preflightChecks as ChecklistResponse;
  }

  /** Records that one write may hold. */
  async getMaxBatchSize(): Promise<number> {
    return (await this.getPreflightChecks()).max_batch_size;
  }

  async supportsBase64Encoding(): Promise<boolean> {
    return (await this.getPreflightChecks()).supports_base64_encoding;
  }

  /** Collections of the database; `limit` defaults to 100. */
  async listCollections(args: Partial<{ limit: number; offset: number }> = {}): Promise<Collection[]> {
    const { limit = 100, offset = 0 } = args;
    const engine = await this.#session.engine();
    const collections = await engine.listCollections(this.#tenant, this.#database, limit, offset);
    return Promise.all(collections.map((collection) => this.#toCollection(collection)));
  }

  async countCollections(): Promise<number> {
    return (await this.#session.engine()).countCollections(this.#tenant, this.#database);
  }

  /** Creates a collection; fails when there is one of that name. */
  async createCollection(args: CreateCollectionArgs): Promise<Collection> {
    return this.#create(args, false);
  }

  /** The collection of that name, created if there is none. */
  async getOrCreateCollection(args: CreateCollectionArgs): Promise<Collection> {
    return this.#create(args, true);
  }

  async getCollection({ name, embeddingFunction, source = "local" }: GetCollectionArgs): Promise<Collection> {
    const engine = await this.#session.engine();
    const found = await engine.getCollection(this.#tenant, this.#database, name);
    return this.#toCollection(found, embeddingFunction, undefined, this.#readsOf(found, source));
  }

  async getCollectionById(id: string): Promise<Collection> {
    const engine = await this.#session.engine();
    return this.#toCollection(await engine.getCollectionById(this.#tenant, this.#database, id));
  }

  /** The collection of a resource name, `tenant:database:collection`. */
  async getCollectionByCrn(crn: string): Promise<Collection> {
    const engine = await this.#session.engine();
    return this.#toCollection(await engine.getCollectionByCrn(crn));
  }

  async getCollections(items: string[] | GetCollectionArgs[]): Promise<Collection[]> {
    return Promise.all(items.map((item) => this.getCollection(typeof item === "string" ? { name: item } : item)));
  }

  /** A handle on a collection by its id, without asking whether it exists. It embeds nothing. */
  collection(id: string): Collection {
    return new CollectionHandle({
      client: this,
      session: this.#session,
      id,
      tenant: this.#tenant,
      database: this.#database,
    });
  }

  /** Deletes a collection with all its records. */
  async deleteCollection({ name }: { name: string }): Promise<void> {
    await (await this.#session.engine()).deleteCollection(this.#tenant, this.#database, name);
  }

  /** Where the data is, how safe it is, and what the engine does. */
  async info(): Promise<StoreInfo> {
    return this.#session.info();
  }

  /**
   * Gives a function that collections may have attached under this name. It is called, here, with what compactions have changed since it was
   * last called, also in an earlier session; what it answers is written to its output collection together with the fact that it was called.
   */
  registerFunction(name: string, callback: RecordFunction): void {
    this.#refuseServer("Functions are called where their store is open");
    this.#functions.register(name, callback);
  }

  /** @ignore */
  _functions(): FunctionRunner {
    return this.#functions;
  }

  /** Makes relaxed writes durable now. */
  async flush(): Promise<void> {
    await (await this.#session.engine()).flush();
  }

  /** Brings everything written so far into the index now. */
  async compact(): Promise<void> {
    await (await this.#session.engine()).compact();
  }

  /**
   * Does a slice of the housekeeping that is due, and answers whether more is left: for stores that are opened with
   * `housekeeping: "manual"`, from an alarm of a Durable Object for instance.
   */
  async maintain(): Promise<boolean> {
    return (await this.#session.engine()).maintain();
  }

  /**
   * Looks for damage: whether every block is there, and with `deep` whether each is whole and all places that speak of a record say the same.
   * Changes nothing.
   */
  async verify({ deep = false }: { deep?: boolean } = {}): Promise<Verification> {
    return toVerification(await (await this.#session.engine()).verify(deep));
  }

  /**
   * Makes damaged collections whole again: their indexes from the records; records that cannot be read are given up, and told. Export first
   * (`skipDamaged`) what must not be lost.
   */
  async repair(): Promise<Repair> {
    return toRepair(await (await this.#session.engine()).repair());
  }

  /**
   * What there is now, of all tenants and databases, as one file: collections with their ids, records, configurations and schemas. Earlier versions and
   * attached functions are not part of it. It is not encrypted, even if the store is.
   */
  export(options: ExportOptions = {}): ReadableStream<Uint8Array> {
    return exportStream(this.#session, { tenant: this.#tenant, database: this.#database }, options);
  }

  /**
   * Reads what {@link export} has made, of this store or another. Nothing is left of an import that fails; one that ended with its tab or process is
   * finished by another with `existing: "merge"`.
   */
  async import(source: ArchiveSource, options: ImportOptions = {}): Promise<Imported> {
    return importArchive(this.#session, source, options);
  }

  /**
   * Keeps a collection the same as one of a Chroma server, from now on and as long as the link is open; a collection that is missing here is made like the
   * remote one. Opened again, a link goes on where it was: edits made in between, offline too, are not lost.
   */
  async link({ name }: { name: string }, options: LinkOptions): Promise<Link> {
    this.#refuseServer("A link keeps a local collection the same as one of a server");
    const { openLink } = await import("./sync/open.js");
    const target = { store: this.#store, tenant: this.#tenant, database: this.#database, name };
    const link = await openLink({ ...target, engine: () => this.#session.engine() }, options);
    this.#links.add(link);
    return link;
  }

  /** The links of the store, whether they are open or not. */
  async links(): Promise<StoredLink[]> {
    const { storedLinks } = await import("./sync/open.js");
    return storedLinks(await this.#session.engine());
  }

  /** Ends the link of a collection for good. Its records stay, here and there; edits that were not sent are not noted any more. */
  async unlink({ name }: { name: string }): Promise<void> {
    const engine = await this.#session.engine();
    const { id } = await engine.getCollection(this.#tenant, this.#database, name);
    const open = [...this.#links].filter((link) => link.collectionId === id);
    await Promise.all(open.map((link) => link.close()));
    open.forEach((link) => this.#links.delete(link));
    await engine.unlinkCollection(this.#tenant, this.#database, id);
  }

  /** Lets go of the store; the last client closes it. Afterwards every call of this client fails. */
  async close(): Promise<void> {
    this.#functions.end();
    await Promise.all([...this.#links].map((link) => link.close()));
    await this.#session.close();
  }

  #refuseServer(reason: string): void {
    if (!this.#isLocal) {
      throw new ChromaValueError(`${reason}: this client is one of a server`);
    }
  }

  async #create(args: CreateCollectionArgs, getOrCreate: boolean): Promise<Collection> {
    const { name, configuration, metadata, embeddingFunction, schema } = args;
    const processed = await processCreateCollectionConfig({ configuration, embeddingFunction, metadata, schema });
    const engine = await this.#session.engine();
    const created = await engine.createCollection(this.#tenant, this.#database, {
      name,
      configuration: toPlain(processed),
      metadata: metadata && serializeMetadata(metadata, "drop"),
      get_or_create: getOrCreate,
      schema: schema && toPlain(schema.serializeToJSON()),
    });
    const given = embeddingFunction ?? configuration?.embeddingFunction ?? schema?.resolveEmbeddingFunction();
    return this.#toCollection(created, given ?? undefined, schema);
  }

  /**
   * `given` is the caller's function; without one it is built from the collection's configuration, or its schema. Functions of
   * the caller's schema stay in place of those that cannot be built.
   */
  async #toCollection(
    json: CollectionJson,
    given?: EmbeddingFunction<Vector>,
    asked?: Schema,
    reads?: (engine: Engine) => Promise<Engine>,
  ): Promise<Collection> {
    const { embedding_function } = json.configuration_json as {
      embedding_function?: EmbeddingFunctionConfiguration | null;
    };
    const functions = new FunctionBuilder(this);
    const schema = json.schema ? await readSchema(json.schema, functions) : undefined;
    adoptFunctions(schema, asked);
    const built = given ?? (await functions.dense(embedding_function)) ?? schema?.resolveEmbeddingFunction();
    return new CollectionImpl({
      client: this,
      session: this.#session,
      id: json.id,
      name: json.name,
      tenant: json.tenant,
      database: json.database,
      configuration: json.configuration_json,
      metadata: json.metadata ? deserializeMetadata<CollectionMetadata>(json.metadata) : undefined,
      embeddingFunction: built ?? undefined,
      schema,
      reads,
    });
  }

  /** What reads of a linked collection go through; nothing for those of this store alone. */
  #readsOf({ id, name }: CollectionJson, source: ReadSource): ((engine: Engine) => Promise<Engine>) | undefined {
    if (!READ_SOURCES.includes(source)) {
      throw new ChromaValueError(`Expected "source" to be one of ${READ_SOURCES.join(", ")}, but got ${String(source)}`);
    }
    return source === "local"
      ? undefined
      : async (engine) => {
          const { linkOf, readingEngine } = await import("./sync/reads.js");
          return readingEngine(engine, linkOf(this.#links, id, name)._sides(), source);
        };
  }
}

/** A variable of the environment, where there is one. */
function environment(name: string): string | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
}

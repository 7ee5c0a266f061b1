/** An open snapshot, with the read part of a collection's methods. */

import type { GetArgs, QueryArgs } from "../collection-api.js";
import type { CollectionConfiguration } from "../configuration.js";
import type { EmbeddingFunction } from "../embedding/types.js";
import { ChromaValueError } from "../errors.js";
import { deserializeMetadata, toPlain } from "../metadata.js";
import { queryResultOf } from "../requests.js";
import { GetResult, type QueryResult } from "../results.js";
import type { CollectionMetadata, Include, Metadata, Vector, Where } from "../types.js";
import { validateInclude, validateNResults } from "../validate.js";
import { type BlockCache, MemoryCache, OpfsCache } from "./cache.js";
import { SnapshotUnavailableError } from "./errors.js";
import { believe, type Generation, type Trust } from "./generation.js";
import { sha256Hex } from "./hex.js";
import { type Budget, type Cost, type RowJson, snapshotModule, type SnapshotModule } from "./module.js";
import { Reader } from "./reader.js";
import { checkedKey, type PublicKey } from "./signing.js";
import { type HttpOptions, HttpSource, type Source } from "./source.js";

/** Options of {@link openSnapshot}; all optional. */
export interface OpenSnapshotOptions extends HttpOptions {
  /** Who has to have signed it. Without a key it is only held to be whole. */
  publicKey?: PublicKey;
  /** Bytes that one call may fetch; default 8 MiB. Beyond them it fails with a `SnapshotBudgetError`. */
  maxBytes?: number;
  /** Requests that one call may make; default 128. */
  maxRequests?: number;
  /** Bytes of what was read that are kept; default 128 MiB. */
  cacheBytes?: number;
  /** Where they are kept: `auto` (default) in the origin's private files where there are such, else in memory. */
  cache?: "auto" | "memory" | BlockCache;
  /** Embeds query texts. */
  embeddingFunction?: EmbeddingFunction<Vector>;
}

/** What is to be had without a network later. */
export interface PrefetchArgs {
  /** What this query reads. */
  query?: QueryArgs;
  /** The records of these ids. */
  ids?: string[];
  /** All packs. */
  all?: boolean;
}

/** How a snapshot stands. */
export interface SnapshotStatus {
  name: string;
  generation: number;
  records: number;
  /** Parts of it that were published over the first one; each costs every query a little. */
  layers: number;
  /** Bytes of all packs. */
  totalBytes: number;
  /** Bytes that are kept, those of other snapshots included. */
  cachedBytes: number;
  /** Whether every pack is kept, so that nothing needs the network. */
  offlineReady: boolean;
  /** Whether the host did not answer when it was opened, and what was kept was taken. */
  offline: boolean;
  /** What the last call has cost. */
  lastCost: Cost;
}

const MAX_BYTES = 8 << 20;
const MAX_REQUESTS = 128;
const CACHE_BYTES = 128 << 20;

/** Opens the snapshot whose manifest is at this address. */
export async function openSnapshot(url: string | URL, options: OpenSnapshotOptions = {}): Promise<Snapshot> {
  const base = (globalThis as { location?: { href: string } }).location?.href;
  const address = new URL(url, base);
  return openSource(new HttpSource(address, options), address.href, options);
}

/** Opens a snapshot of any source; `name` tells it apart in the cache. */
export async function openSource(source: Source, name: string, options: OpenSnapshotOptions): Promise<Snapshot> {
  const key = options.publicKey === undefined ? undefined : checkedKey(options.publicKey);
  const [module, cache] = await Promise.all([snapshotModule(), cacheOf(options)]);
  const opened = { module, cache, source, trust: { url: name, key } };
  const { generation, offline } = await current(opened);
  return new Snapshot(opened, generation, offline, options);
}

/** Caches in memory outlive what reads through them: generations that were seen are seen by all of a page. */
const memory = new MemoryCache(CACHE_BYTES);

async function cacheOf({ cache = "auto", cacheBytes = CACHE_BYTES }: OpenSnapshotOptions): Promise<BlockCache> {
  if (typeof cache === "object") {
    return cache;
  }
  const inMemory = cacheBytes === CACHE_BYTES ? memory : new MemoryCache(cacheBytes);
  return cache === "memory" ? inMemory : ((await OpfsCache.open(cacheBytes)) ?? inMemory);
}

interface Opened {
  module: SnapshotModule;
  cache: BlockCache;
  source: Source;
  trust: Trust;
}

/** The generation that the host has, or the one that was kept where it does not answer. */
async function current({ module, cache, source, trust }: Opened): Promise<{ generation: Generation; offline: boolean }> {
  const name = `manifest-${await sha256Hex(new TextEncoder().encode(trust.url))}`;
  try {
    const file = await source.manifest();
    if (!file) {
      throw new SnapshotUnavailableError(`there is no snapshot at ${trust.url}: does the address name a manifest (.cidm)?`);
    }
    const generation = await believe(module, file, trust, cache);
    await cache.put(name, file);
    return { generation, offline: false };
  } catch (error) {
    const kept = error instanceof SnapshotUnavailableError ? await cache.get(name) : undefined;
    if (!kept) {
      throw error;
    }
    return { generation: await believe(module, kept, trust, cache), offline: true };
  }
}

/** What a manifest says of the collection. */
interface CollectionJson {
  metadata: CollectionMetadata | null;
  configuration: CollectionConfiguration;
}

/** A collection as it was when it was published. */
export class Snapshot {
  readonly #opened: Opened;
  readonly #reader: Reader;
  readonly #budget: Budget;
  #generation: Generation;
  #offline: boolean;
  #cost: Cost = { hops: 0, requests: 0, bytes: 0 };
  #isClosed = false;
  readonly embeddingFunction: EmbeddingFunction<Vector> | undefined;

  /** @internal */
  constructor(opened: Opened, generation: Generation, offline: boolean, options: OpenSnapshotOptions) {
    this.#opened = opened;
    this.#reader = new Reader(opened);
    this.#budget = { maxBytes: options.maxBytes ?? MAX_BYTES, maxRequests: options.maxRequests ?? MAX_REQUESTS };
    this.#generation = generation;
    this.#offline = offline;
    this.embeddingFunction = options.embeddingFunction;
  }

  /** The name of the collection. */
  get name(): string {
    return this.#generation.manifest.name;
  }

  /** Its metadata when it was published. */
  get metadata(): CollectionMetadata | undefined {
    return this.#collection().metadata ?? undefined;
  }

  /** Its configuration when it was published. */
  get configuration(): CollectionConfiguration {
    return this.#collection().configuration;
  }

  #collection(): CollectionJson {
    return JSON.parse(this.#generation.manifest.collection) as CollectionJson;
  }

  /** Number of records, or of those that match. */
  async count(args: { where?: Where } = {}): Promise<number> {
    if (args.where === undefined) {
      return this.#generation.manifest.count;
    }
    const { count } = (await this.#run("get", { where: args.where, countOnly: true })) as { count: number };
    return count;
  }

  /** Records by id, by filter, or all, in the order of the snapshot: that of likeness, which is the same for each generation. */
  async get<TMeta extends Metadata = Metadata>(args: GetArgs = {}): Promise<GetResult<TMeta>> {
    const { ids, where, whereDocument, limit, offset, include = ["documents", "metadatas"] } = args;
    validateInclude(include, ["distances"]);
    const vectors = include.includes("embeddings");
    const found = await this.#run("get", { ids, where, whereDocument, limit, offset, vectors });
    const { rows } = found as { rows: RowJson[] };
    return new GetResult<TMeta>({ ...columnsOf<TMeta>(rows, include), include: [...include] });
  }

  /** The first records; 10 by default. */
  async peek({ limit = 10 }: { limit?: number } = {}): Promise<GetResult> {
    return this.get({ limit, include: ["documents", "embeddings", "metadatas", "uris"] });
  }

  /** For each query the nearest records, nearest first; distances are exact. */
  async query<TMeta extends Metadata = Metadata>(args: QueryArgs): Promise<QueryResult<TMeta>> {
    const { nResults = 10, whereDocument, include = ["metadatas", "documents", "distances"] } = args;
    validateNResults(nResults);
    validateInclude(include);
    const vectors = include.includes("embeddings");
    const where = restricted(args);
    const found: RowJson[][] = [];
    for (const vector of await this.#vectorsOf(args)) {
      const request = { vector: Array.from(vector), k: nResults, where, whereDocument, vectors };
      found.push((await this.#run("nearest", request)) as RowJson[]);
    }
    const columns = found.map((rows) => columnsOf<TMeta>(rows, include));
    const distances = found.map((rows) => rows.map(({ distance }) => Math.fround(distance ?? NaN)));
    return queryResultOf(columns, include.includes("distances") ? distances : [], [...include]);
  }

  async #vectorsOf({ queryEmbeddings, queryTexts, queryURIs }: QueryArgs): Promise<Vector[]> {
    if (queryURIs) {
      throw new ChromaValueError("A snapshot does not load URIs: give `queryEmbeddings`");
    }
    if (queryEmbeddings) {
      return queryEmbeddings;
    }
    const embed = this.embeddingFunction;
    if (!queryTexts || !embed) {
      throw new ChromaValueError("Give `queryEmbeddings`, or `queryTexts` and open the snapshot with an `embeddingFunction`");
    }
    return (embed.generateForQueries ?? embed.generate).call(embed, queryTexts);
  }

  /** Reads ahead what is to be had offline. */
  async prefetch({ query, ids, all }: PrefetchArgs): Promise<void> {
    this.#checkOpen();
    if (query) {
      await this.query(query);
    }
    if (ids) {
      await this.get({ ids });
    }
    if (all) {
      await this.#reader.fetchAll(this.#generation);
    }
  }

  /** Goes over to the newest generation, between calls; whether there was one. Calls that have begun end with the one they began with. */
  async refresh(): Promise<boolean> {
    this.#checkOpen();
    const { generation, offline } = await current(this.#opened);
    this.#offline = offline;
    const before = this.#generation;
    this.#opened.module.close(before.handle);
    this.#generation = generation;
    return generation.digest !== before.digest;
  }

  /** What is open, and what of it is kept. */
  async status(): Promise<SnapshotStatus> {
    const { manifest } = this.#generation;
    const { cache } = this.#opened;
    const kept = await Promise.all(manifest.packs.map(({ name }) => cache.has(name)));
    return {
      name: manifest.name,
      generation: manifest.generation,
      records: manifest.count,
      layers: manifest.layers,
      totalBytes: manifest.packs.reduce((sum, { length }) => sum + length, 0),
      cachedBytes: cache.bytes(),
      offlineReady: kept.every(Boolean),
      offline: this.#offline,
      lastCost: { ...this.#cost },
    };
  }

  /** Gives its memory back. What was read stays in the cache. */
  close(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#opened.module.close(this.#generation.handle);
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) {
      throw new ChromaValueError("The snapshot was closed: open it again");
    }
  }

  async #run(kind: "nearest" | "get", request: object): Promise<unknown> {
    this.#checkOpen();
    const { module } = this.#opened;
    const generation = this.#generation;
    const reading = module.start(kind, generation.handle, toPlain(request), this.#budget);
    try {
      const { result, cost } = await this.#reader.finish(generation, reading, this.#budget);
      this.#cost = cost;
      return result;
    } finally {
      module.end(reading);
    }
  }
}

/** The filter of a query, among the given ids only. */
function restricted({ ids, where }: QueryArgs): object | undefined {
  const among = ids && { "#id": { $in: ids } };
  return among && where ? { $and: [where, among] } : (among ?? where);
}

function columnsOf<TMeta extends Metadata>(rows: RowJson[], include: readonly Include[]) {
  const column = <T>(name: Include, of: (row: RowJson) => T): T[] => (include.includes(name) ? rows.map(of) : []);
  return {
    ids: rows.map(({ id }) => id),
    documents: column("documents", ({ document }) => document),
    embeddings: column("embeddings", ({ embedding }) => (embedding ?? []).map(Math.fround)),
    metadatas: column("metadatas", ({ metadata }) => metadata && deserializeMetadata<TMeta>(metadata)),
    uris: column("uris", ({ uri }) => uri),
  };
}

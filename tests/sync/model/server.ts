/**
 * A Chroma server of one node (1.5.9) in memory: the part of its HTTP API that synchronisation uses, with its quirks. It answers within the
 * call, so that requests take effect in the order in which they are made; time, chance and failures come from outside.
 */

import { type Body, parseBody } from "./body.js";
import type { ModelRecord } from "./collection.js";
import * as collections from "./collections.js";
import type { Scope, State } from "./collections.js";
import { ApiError, EmptyAnswer, internal, invalid, unsupported } from "./errors.js";
import { arrayText } from "./json.js";
import { deleteRecords, getRecords, type Limits, writeRecords } from "./records.js";

export interface ModelInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

export type ModelFetch = (url: string, init?: ModelInit) => Promise<Response>;

export interface ModelOptions {
  /** The server's clock, in milliseconds. */
  now: () => number;
  /** From 0 to 1: ids and orders. */
  random: () => number;
  limits?: Partial<Limits>;
}

/** What a server can be set back to. */
export interface Backup {
  readonly state: State;
}

const LIMITS: Limits = { batch: 5461, variables: 32_766, body: 40 * 1024 * 1024 };

interface Call {
  scope: Scope;
  /** What the path names: a collection's id or name, a tenant, a database. */
  name: string;
  query: URLSearchParams;
  /** Read when a route asks for it: the others take any. */
  body: () => Body;
}

type Route = (call: Call) => string;

const SYSTEM = "^/api/v2";
const TENANT = `${SYSTEM}/tenants/(?<tenant>[^/]+)`;
const DATABASE = `${TENANT}/databases/(?<database>[^/]+)`;
const COLLECTION = `${DATABASE}/collections/(?<name>[^/]+)`;

const NANOSECONDS = 1_000_000;

export class ModelServer {
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #limits: Limits;
  readonly #routes: [path: RegExp, methods: Record<string, Route>][];
  #state: State;

  constructor({ now, random, limits }: ModelOptions) {
    this.#now = now;
    this.#random = random;
    this.#limits = { ...LIMITS, ...limits };
    this.#state = collections.emptyState(random);
    this.#routes = Object.entries(this.#table()).map(([path, methods]) => [new RegExp(`${path}$`), methods]);
  }

  /** Takes effect before it returns. */
  readonly fetch: ModelFetch = (url, init = {}) => {
    try {
      init.signal?.throwIfAborted();
      return Promise.resolve(this.#answer(new URL(url, "http://model"), init));
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it came, which may be the reason of a signal
      return Promise.reject(error);
    }
  };

  /** Everything there is, as it is now. */
  backup(): Backup {
    return { state: structuredClone(this.#state) };
  }

  restore({ state }: Backup): void {
    this.#state = structuredClone(state);
  }

  /** The records of a collection of the default database in their order, to be looked at only; undefined without the collection. */
  records(name: string, scope: Scope = { tenant: "default_tenant", database: "default_database" }): readonly ModelRecord[] | undefined {
    const found = collections.collectionsOf(this.#state, scope).find((collection) => collection.name === name);
    return found && Array.from(found.records.values());
  }

  /** Of any collection, by its id. */
  recordsOf(id: string): readonly ModelRecord[] | undefined {
    const found = this.#state.collections.get(id);
    return found && Array.from(found.records.values());
  }

  #answer(url: URL, { method = "GET", headers = {}, body = "" }: ModelInit): Response {
    const tooLong = body.length > this.#limits.body || Buffer.byteLength(body) > this.#limits.body;
    if (tooLong) {
      return new Response("Payload too large", { status: 413 });
    }
    try {
      const { run, created, call } = this.#find(url, method, () => this.#read(headers, body));
      return json(created ? 201 : 200, run(call));
    } catch (error) {
      return refusal(error);
    }
  }

  #find(url: URL, method: string, read: () => Body): { run: Route; created: boolean; call: Call } {
    for (const [path, methods] of this.#routes) {
      const found = path.exec(url.pathname);
      if (found) {
        const run = methods[method];
        if (!run) {
          throw new EmptyAnswer(405);
        }
        const named = (group: string) => decodeURIComponent(found.groups?.[group] ?? "");
        const scope = { tenant: named("tenant"), database: named("database") };
        const call = { scope, name: named("name"), query: url.searchParams, body: read };
        return { run, created: url.pathname.endsWith("/add"), call };
      }
    }
    throw new EmptyAnswer(404);
  }

  /** A body without a type is sent as text by `fetch`; no body needs none. */
  #read(headers: Record<string, string>, body: string): Body {
    const type = new Headers(headers).get("content-type") ?? (body === "" ? "application/json" : "text/plain");
    if (!type.startsWith("application/json")) {
      throw new ApiError(415, "ChromaError", "Expected request with `Content-Type: application/json`");
    }
    return parseBody(body);
  }

  #table(): Record<string, Record<string, Route>> {
    return { ...this.#systemRoutes(), ...this.#databaseRoutes(), ...this.#collectionRoutes(), ...this.#recordRoutes() };
  }

  #systemRoutes(): Record<string, Record<string, Route>> {
    const identity = { user_id: "", tenant: "default_tenant", databases: ["default_database"] };
    const heartbeat = () => `{"nanosecond heartbeat":${String(BigInt(Math.round(this.#now() * 1000)) * BigInt(NANOSECONDS / 1000))}}`;
    return {
      [`${SYSTEM}/?`]: { GET: heartbeat },
      [`${SYSTEM}/heartbeat`]: { GET: heartbeat },
      [`${SYSTEM}/version`]: { GET: () => '"1.0.0"' },
      [`${SYSTEM}/healthcheck`]: { GET: () => '{"is_executor_ready":true,"is_log_client_ready":true}' },
      [`${SYSTEM}/pre-flight-checks`]: {
        GET: () => JSON.stringify({ max_batch_size: this.#limits.batch, supports_base64_encoding: true }),
      },
      [`${SYSTEM}/auth/identity`]: { GET: () => JSON.stringify(identity) },
      [`${SYSTEM}/reset`]: { POST: () => this.#reset() },
    };
  }

  #reset(): string {
    this.#state = collections.emptyState(this.#random);
    return "true";
  }

  #databaseRoutes(): Record<string, Record<string, Route>> {
    const done = (_: void) => "{}";
    return {
      [`${SYSTEM}/tenants`]: { POST: ({ body }) => done(collections.createTenant(this.#state, body())) },
      [TENANT]: { GET: ({ scope }) => collections.getTenant(this.#state, scope.tenant) },
      [`${TENANT}/databases`]: {
        GET: ({ scope, query }) => arrayText(page(collections.listDatabases(this.#state, scope.tenant), query)),
        POST: ({ scope, body }) => done(collections.createDatabase(this.#state, scope.tenant, body(), this.#random)),
      },
      [DATABASE]: {
        GET: ({ scope }) => collections.getDatabase(this.#state, scope),
        DELETE: ({ scope }) => done(collections.deleteDatabase(this.#state, scope)),
      },
    };
  }

  #collectionRoutes(): Record<string, Record<string, Route>> {
    const text = (collection: Parameters<typeof collections.collectionText>[0]) => collections.collectionText(collection, this.#random);
    return {
      [`${DATABASE}/collections_count`]: { GET: ({ scope }) => String(collections.collectionsOf(this.#state, scope).length) },
      [`${DATABASE}/collections`]: {
        GET: ({ scope, query }) => arrayText(page(collections.collectionsOf(this.#state, scope), query).map(text)),
        POST: ({ scope, body }) => text(collections.createCollection(this.#state, scope, body(), this.#random)),
      },
      [`${DATABASE}/collections/by-id/(?<name>[^/]+)`]: { GET: ({ name }) => text(this.#byId(name)) },
      [COLLECTION]: {
        GET: ({ scope, name }) => text(collections.collectionNamed(this.#state, scope, name)),
        PUT: ({ name, body }) => this.#modify(name, body()),
        DELETE: ({ scope, name }) => this.#drop(scope, name),
      },
    };
  }

  #byId(id: string) {
    if (!collections.UUID.test(id)) {
      throw invalid("Validation error: collection_id: Invalid collection ID format, expected UUID");
    }
    return collections.collectionWithId(this.#state, id);
  }

  #modify(id: string, body: Body): string {
    collections.modifyCollection(this.#state, id, body);
    return "{}";
  }

  #drop(scope: Scope, name: string): string {
    this.#state.collections.delete(collections.collectionNamed(this.#state, scope, name).id);
    return "{}";
  }

  #recordRoutes(): Record<string, Record<string, Route>> {
    const find = (name: string) => () => collections.collectionWithId(this.#state, name);
    const write = (kind: Parameters<typeof writeRecords>[0]): Route => ({ name, body }) => {
      writeRecords(kind, body(), find(name));
      return "{}";
    };
    return {
      [`${COLLECTION}/add`]: { POST: write("add") },
      [`${COLLECTION}/update`]: { POST: write("update") },
      [`${COLLECTION}/upsert`]: { POST: write("upsert") },
      [`${COLLECTION}/delete`]: {
        POST: ({ name, body }) => `{"deleted":${String(deleteRecords(body(), find(name), this.#limits))}}`,
      },
      [`${COLLECTION}/get`]: { POST: ({ name, body }) => getRecords(body(), find(name), this.#limits, this.#random) },
      [`${COLLECTION}/count`]: { GET: ({ name }) => String(find(name)().records.size) },
      ...unsupportedRoutes(find),
    };
  }
}

const NO_SEARCH = "Error executing plan: Not implemented: Search operation is not implemented for local executor";

function unsupportedRoutes(find: (name: string) => () => unknown): Record<string, Record<string, Route>> {
  const refuse =
    (error: Error): Route =>
    ({ name }) => {
      find(name)();
      throw error;
    };
  return {
    [`${COLLECTION}/indexing_status`]: { GET: refuse(internal("Method scout_logs is not implemented")) },
    [`${COLLECTION}/search`]: { POST: refuse(unsupported(NO_SEARCH)) },
    [`${COLLECTION}/fork`]: { POST: refuse(unsupported("Collection forking is unsupported for local chroma")) },
    [`${COLLECTION}/fork_count`]: { GET: refuse(unsupported("Count forks is unsupported for local chroma")) },
  };
}

function page<T>(rows: T[], query: URLSearchParams): T[] {
  const [limit, offset] = ["limit", "offset"].map((name) => {
    const text = query.get(name);
    if (text !== null && !/^\d+$/.test(text)) {
      throw invalid(`Failed to deserialize query string: ${name}: invalid digit found in string`);
    }
    return text === null ? undefined : Number(text);
  });
  const start = offset ?? 0;
  return rows.slice(start, start + (limit ?? rows.length));
}

function json(status: number, text: string): Response {
  return new Response(text, { status, headers: { "content-type": "application/json" } });
}

function refusal(error: unknown): Response {
  if (error instanceof ApiError) {
    return json(error.status, JSON.stringify({ error: error.kind, message: error.message }));
  }
  if (error instanceof EmptyAnswer) {
    return new Response(null, { status: error.status });
  }
  throw error;
}

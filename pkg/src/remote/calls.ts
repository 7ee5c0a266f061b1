/** The engine's calls as requests of Chroma's HTTP API. */

import type {
  AttachedFunctionJson,
  CollectionJson,
  ConditionalCommit,
  CreateCollectionJson,
  DatabaseJson,
  DeleteRequest,
  Engine,
  FacetJson,
  FacetsRequest,
  GetColumns,
  GetRequest,
  IndexingStatusJson,
  QueryColumns,
  QueryRequest,
  Records,
  SearchColumns,
  SearchRequest,
  TenantJson,
  UpdateCollectionJson,
  VersionJson,
  WatchedRequests,
  WatchedResults,
} from "../engine/engine.js";
import { commitBody, READS, readGet, recordsBody } from "./records.js";
import type { Server } from "./server.js";
import { Watches } from "./watches.js";

type Path = [tenant: string, database: string, collection: string];
type Query = Record<string, number | string | undefined>;

/** What a server can do. */
export class ServerCalls implements Partial<Engine> {
  readonly #server: Server;
  readonly #watches = new Watches();
  /** The last write of each collection: writes keep their order. */
  readonly #writes = new Map<string, Promise<unknown>>();

  constructor(server: Server) {
    this.#server = server;
  }

  async createTenant(name: string): Promise<void> {
    await this.#server.send("POST", "/tenants", { name });
  }

  async getTenant(name: string): Promise<TenantJson> {
    return (await this.#server.send("GET", `/tenants/${encodeURIComponent(name)}`)) as TenantJson;
  }

  async updateTenant(name: string, resourceName: string): Promise<void> {
    await this.#server.send("PATCH", `/tenants/${encodeURIComponent(name)}`, { resource_name: resourceName });
  }

  async createDatabase(tenant: string, name: string): Promise<void> {
    await this.#server.send("POST", `/tenants/${encodeURIComponent(tenant)}/databases`, { name });
  }

  async getDatabase(tenant: string, name: string): Promise<DatabaseJson> {
    return (await this.#server.send("GET", await this.#database(tenant, name))) as DatabaseJson;
  }

  async listDatabases(tenant: string, limit?: number, offset?: number): Promise<DatabaseJson[]> {
    const path = withQuery(`/tenants/${encodeURIComponent(tenant)}/databases`, { limit, offset });
    return (await this.#server.send("GET", path)) as DatabaseJson[];
  }

  async deleteDatabase(tenant: string, name: string): Promise<void> {
    await this.#server.send("DELETE", await this.#database(tenant, name));
    this.#watches.wake();
  }

  async createCollection(tenant: string, database: string, request: CreateCollectionJson): Promise<CollectionJson> {
    return (await this.#server.send("POST", await this.#collections(tenant, database), request)) as CollectionJson;
  }

  async getCollection(tenant: string, database: string, name: string): Promise<CollectionJson> {
    return (await this.#server.send("GET", await this.#collection([tenant, database, name]))) as CollectionJson;
  }

  async getCollectionById(tenant: string, database: string, id: string): Promise<CollectionJson> {
    const path = `${await this.#collections(tenant, database)}/by-id/${encodeURIComponent(id)}`;
    return (await this.#server.send("GET", path)) as CollectionJson;
  }

  async getCollectionByCrn(crn: string): Promise<CollectionJson> {
    return (await this.#server.send("GET", `/collections/${encodeURIComponent(crn)}`)) as CollectionJson;
  }

  async listCollections(tenant: string, database: string, limit?: number, offset?: number): Promise<CollectionJson[]> {
    const path = withQuery(await this.#collections(tenant, database), { limit, offset });
    return (await this.#server.send("GET", path)) as CollectionJson[];
  }

  async countCollections(tenant: string, database: string): Promise<number> {
    return (await this.#server.send("GET", `${await this.#database(tenant, database)}/collections_count`)) as number;
  }

  async updateCollection(tenant: string, database: string, id: string, request: UpdateCollectionJson): Promise<void> {
    await this.#write([tenant, database, id], "PUT", "", () => request);
  }

  async deleteCollection(tenant: string, database: string, name: string): Promise<void> {
    await this.#server.send("DELETE", await this.#collection([tenant, database, name]));
    this.#watches.wake();
  }

  async add(...[tenant, database, collection, records]: [...Path, Records]): Promise<void> {
    await this.#writeRecords([tenant, database, collection], "/add", records);
  }

  async update(...[tenant, database, collection, records]: [...Path, Records]): Promise<void> {
    await this.#writeRecords([tenant, database, collection], "/update", records);
  }

  async upsert(...[tenant, database, collection, records]: [...Path, Records]): Promise<void> {
    await this.#writeRecords([tenant, database, collection], "/upsert", records);
  }

  async delete(...[tenant, database, collection, request]: [...Path, DeleteRequest]): Promise<{ deleted: number }> {
    return (await this.#write([tenant, database, collection], "POST", "/delete", () => request)) as { deleted: number };
  }

  get(...[tenant, database, collection, request]: [...Path, GetRequest]): Promise<GetColumns> {
    return this.#read([tenant, database, collection], "get", request);
  }

  query(...[tenant, database, collection, request]: [...Path, QueryRequest]): Promise<QueryColumns> {
    return this.#read([tenant, database, collection], "query", request);
  }

  search(...[tenant, database, collection, request]: [...Path, SearchRequest]): Promise<SearchColumns> {
    return this.#read([tenant, database, collection], "search", request);
  }

  async count(tenant: string, database: string, collection: string, readLevel?: string): Promise<number> {
    const path = withQuery(`${await this.#collection([tenant, database, collection])}/count`, { read_level: readLevel });
    return (await this.#server.send("GET", path)) as number;
  }

  async indexingStatus(...path: Path): Promise<IndexingStatusJson> {
    return (await this.#server.send("GET", `${await this.#collection(path)}/indexing_status`)) as IndexingStatusJson;
  }

  async forkCollection(...[tenant, database, collection, name]: [...Path, string]): Promise<CollectionJson> {
    const path = `${await this.#collection([tenant, database, collection])}/fork`;
    return (await this.#server.send("POST", path, { new_name: name })) as CollectionJson;
  }

  async forkCount(...path: Path): Promise<number> {
    const { count } = (await this.#server.send("GET", `${await this.#collection(path)}/fork_count`)) as { count: number };
    return count;
  }

  async versions(...path: Path): Promise<VersionJson[]> {
    return (await this.#server.send("GET", `${await this.#collection(path)}/versions`)) as VersionJson[];
  }

  async saveVersion(...path: Path): Promise<VersionJson> {
    return (await this.#server.send("POST", `${await this.#collection(path)}/versions`)) as VersionJson;
  }

  async restoreVersion(...[tenant, database, collection, version]: [...Path, number]): Promise<void> {
    await this.#write([tenant, database, collection], "POST", `/versions/${String(version)}/restore`);
  }

  async conditionalGet(
    ...[tenant, database, collection, request]: [...Path, GetRequest & { read_token?: number }]
  ): Promise<{ columns: GetColumns; read_token: number }> {
    const path = `${await this.#collection([tenant, database, collection])}/conditional/get`;
    const answer = await this.#server.send("POST", path, request);
    return { columns: readGet(answer), read_token: (answer as { read_token: number }).read_token };
  }

  async conditionalCommit(
    ...[tenant, database, collection, commit]: [...Path, ConditionalCommit]
  ): Promise<{ first_inserted_record_offset: number | null; record_count: number }> {
    const answer = await this.#write([tenant, database, collection], "POST", "/conditional/commit", (base64) => commitBody(commit, base64));
    return answer as { first_inserted_record_offset: number | null; record_count: number };
  }

  facets(...[tenant, database, collection, request]: [...Path, FacetsRequest]): Promise<FacetJson[]> {
    return this.#read([tenant, database, collection], "facets", request);
  }

  async watch<K extends keyof WatchedRequests>(
    ...[tenant, database, collection, kind, request]: [...Path, K, WatchedRequests[K]]
  ): Promise<number> {
    const path = `${await this.#collection([tenant, database, collection])}/${kind}`;
    const body = READS[kind].body(request);
    const method = body ? "POST" : "GET";
    return this.#watches.begin(
      () => this.#server.ask(method, path, body),
      (text) => READS[kind].read(this.#server.read(text, method, path)),
    );
  }

  async refresh(watch: number): Promise<WatchedResults[keyof WatchedResults] | null> {
    return (await this.#watches.refresh(watch)) as WatchedResults[keyof WatchedResults] | null;
  }

  unwatch(watch: number): Promise<void> {
    return Promise.resolve(this.#watches.end(watch));
  }

  nextChange(seen: number): Promise<number> {
    return this.#watches.next(seen);
  }

  async attachFunction(
    ...[tenant, database, collection, request]: [...Path, Parameters<Engine["attachFunction"]>[3], string[]]
  ): Promise<{ attached_function: AttachedFunctionJson; created: boolean }> {
    const path = `${await this.#collection([tenant, database, collection])}/functions/attach`;
    const { created } = (await this.#server.send("POST", path, request)) as { created: boolean };
    // What is answered are names only.
    return { attached_function: await this.attachedFunction(tenant, database, collection, request.name), created };
  }

  async attachedFunction(...[tenant, database, collection, name]: [...Path, string]): Promise<AttachedFunctionJson> {
    const path = `${await this.#collection([tenant, database, collection])}/functions/${encodeURIComponent(name)}`;
    return ((await this.#server.send("GET", path)) as { attached_function: AttachedFunctionJson }).attached_function;
  }

  async detachFunction(...[tenant, database, collection, name, deleteOutput]: [...Path, string, boolean]): Promise<void> {
    const path = `${await this.#collection([tenant, database, collection])}/attached_functions/${encodeURIComponent(name)}/detach`;
    await this.#server.send("POST", path, { delete_output: deleteOutput });
  }

  /** Functions of the caller's are those of a store that is open here. */
  pendingFunctions(): Promise<[]> {
    return Promise.resolve([]);
  }

  async heartbeat(): Promise<number> {
    const answer = (await this.#server.send("GET", "/heartbeat")) as { "nanosecond heartbeat": number | bigint };
    return Number(answer["nanosecond heartbeat"]);
  }

  async maxBatchSize(): Promise<number> {
    return (await this.#server.checks()).max_batch_size;
  }

  async reset(): Promise<boolean> {
    const answer = (await this.#server.send("POST", "/reset")) as boolean;
    this.#watches.wake();
    return answer;
  }

  close(): Promise<void> {
    this.#watches.close();
    this.#server.close();
    return Promise.resolve();
  }

  async #read<K extends keyof WatchedRequests>(path: Path, kind: K, request: WatchedRequests[K]): Promise<WatchedResults[K]> {
    const answer = await this.#server.send("POST", `${await this.#collection(path)}/${kind}`, READS[kind].body(request));
    return READS[kind].read(answer);
  }

  async #writeRecords(path: Path, route: string, records: Records): Promise<void> {
    await this.#write(path, "POST", route, (base64) => recordsBody(records, base64));
  }

  /** Writes after the writes before; whether those succeeded is nothing to it. */
  async #write(path: Path, method: string, route: string, body?: (base64: boolean) => object): Promise<unknown> {
    const key = path[2];
    const before = this.#writes.get(key)?.catch(() => undefined);
    const write = (async () => {
      await before;
      const { supports_base64_encoding: base64 } = await this.#server.checks();
      return this.#server.send(method, (await this.#collection(path)) + route, body?.(base64));
    })();
    this.#writes.set(key, write);
    try {
      return await write;
    } finally {
      if (this.#writes.get(key) === write) {
        this.#writes.delete(key);
      }
      this.#watches.wake();
    }
  }

  async #database(tenant: string, database: string): Promise<string> {
    const scope = await this.#server.scope({ tenant, database });
    return `/tenants/${encodeURIComponent(scope.tenant)}/databases/${encodeURIComponent(scope.database)}`;
  }

  async #collections(tenant: string, database: string): Promise<string> {
    return `${await this.#database(tenant, database)}/collections`;
  }

  async #collection([tenant, database, collection]: Path): Promise<string> {
    return `${await this.#collections(tenant, database)}/${encodeURIComponent(collection)}`;
  }
}

function withQuery(path: string, query: Query): string {
  const parameters = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return parameters.length === 0 ? path : `${path}?${new URLSearchParams(parameters).toString()}`;
}

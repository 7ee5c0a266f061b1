/** Reads of a linked collection from both of its sides. */

import { toChromaError } from "../error-mapping.js";
import {
  type Engine,
  type EngineMethod,
  type GetColumns,
  type GetRequest,
  interceptEngine,
  invoke,
  type QueryColumns,
  type QueryRequest,
  type SearchColumns,
  type SearchRequest,
} from "../engine/engine.js";
import { connectionLost, EngineError } from "../engine/errors.js";
import { ChromaValueError } from "../errors.js";
import { parseExact, stringifyExact } from "../json-text.js";
import { READS } from "../remote/records.js";
import { joinColumns, type Row, rowsOf } from "./columns.js";
import { RemoteError } from "./errors.js";
import type { LinkSettings } from "./options.js";
import { databasePath } from "./remote.js";
import { RESERVED_PREFIX } from "./records.js";
import type { Replica } from "./replica.js";
import { readState } from "./state.js";
import type { Transport } from "./transport.js";

/**
 * Where a linked collection is read. `local`: here. `remote`: there, as it is there. `auto`: here if all of it is here or the remote does not answer;
 * else on both sides, and what is here counts for the records that are here.
 */
export type ReadSource = "local" | "remote" | "auto";

/** What reads need of an open link. */
export interface LinkSides {
  replica: Replica;
  transport: Transport;
  settings: LinkSettings;
}

/** Ids that are asked for at once. */
const PAGE = 5000;

/** An engine that reads the collection of a link from `source`, and does all else as `local` does. */
export function readingEngine(local: Engine, link: LinkSides, source: ReadSource): Engine {
  const reads = new LinkedReads(local, link, source === "remote");
  const own: Partial<Record<EngineMethod, (request: never) => Promise<unknown>>> = {
    get: (request) => reads.get(request),
    query: (request) => reads.query(request),
    search: (request) => reads.search(request),
    count: () => reads.count(),
  };
  return interceptEngine(async (method, args) => {
    const read = args[2] === link.replica.path[2] ? own[method] : undefined;
    if (!read || (source === "auto" && !(await reads.isRemoteAsked()))) {
      return invoke(local, method, args);
    }
    try {
      return await read(args[3] as never);
    } catch (error) {
      if (error instanceof RemoteError && source === "auto") {
        return invoke(local, method, args);
      }
      throw error instanceof RemoteError ? toChromaError(engineErrorOf(error)) : error;
    }
  });
}

class LinkedReads {
  readonly #local: Engine;
  readonly #link: LinkSides;
  readonly #path: [tenant: string, database: string, collection: string];
  readonly #isRemoteAlone: boolean;

  constructor(local: Engine, link: LinkSides, isRemoteAlone: boolean) {
    this.#local = local;
    this.#link = link;
    this.#path = link.replica.path;
    this.#isRemoteAlone = isRemoteAlone;
  }

  /** Whether there may be records there that are not here, and the network is. */
  async isRemoteAsked(): Promise<boolean> {
    if ((globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false) {
      return false;
    }
    const { where, direction } = this.#link.settings;
    return where !== undefined || direction === "push" || (await readState(this.#link.replica)).watermark === undefined;
  }

  /** Records that are here come first, in their order. */
  async get(request: GetRequest): Promise<GetColumns> {
    if (this.#isRemoteAlone) {
      return this.#ask("get", request);
    }
    const { limit = Number.POSITIVE_INFINITY, offset = 0, ...filter } = request;
    const here = await this.#local.get(...this.#path, request);
    if (here.ids.length >= limit) {
      return here;
    }
    const before = offset === 0 ? 0 : (await this.#local.get(...this.#path, { ...filter, include: [] })).ids.length;
    const skipped = Math.max(0, offset - before);
    const ids = await this.#idsThere(filter, skipped + limit - here.ids.length);
    const wanted = ids.slice(skipped);
    if (wanted.length === 0) {
      return here;
    }
    const there = await this.#ask("get", { ids: wanted, include: request.include });
    const order = new Map(wanted.map((id, place) => [id, place]));
    const rows = rowsOf(there).sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
    return joinColumns([...rowsOf(here), ...rows], request.include);
  }

  async query(request: QueryRequest): Promise<QueryColumns> {
    if (this.#isRemoteAlone) {
      return this.#ask("query", request);
    }
    const include = [...new Set([...request.include, "distances"])];
    const asked = { ...request, include };
    const here = await this.#local.query(...this.#path, asked);
    const found: Ranked[][] = here.rows.map((columns, at) => ranked(columns, here.distances?.[at]));
    let open = found.map((_, at) => at);
    for (let n = request.n_results; open.length > 0; n *= 2) {
      const there = await this.#ask("query", { ...asked, n_results: n, query_embeddings: queriesOf(request, open) });
      const lists = there.rows.map((columns, at) => ranked(columns, there.distances?.[at]));
      const others = await this.#onlyThere(lists.flatMap((rows) => rows.map(({ row }) => row.id)));
      open = open.filter((query, at) => {
        const list = lists[at] ?? [];
        const all = [...(found[query] ?? []).filter(({ isHere }) => isHere), ...list.filter(({ row }) => others.has(row.id)).map(elsewhere)];
        const best = all.sort((a, b) => a.distance - b.distance).slice(0, request.n_results);
        found[query] = best;
        // What the remote has beyond its list is farther away than all of it.
        const farthest = list.at(-1)?.distance ?? Number.POSITIVE_INFINITY;
        const isSettled = best.length === request.n_results && (best.at(-1)?.distance ?? 0) <= farthest;
        return list.length === n && !isSettled;
      });
    }
    return {
      rows: found.map((rows) => joinColumns(rows.map(({ row }) => row), request.include)),
      distances: request.include.includes("distances") ? found.map((rows) => Float32Array.from(rows, ({ distance }) => distance)) : null,
    };
  }

  /** Scores of two sides cannot be compared: the remote is asked alone, and who does not search (a single node) leaves it to this side. */
  search(request: SearchRequest): Promise<SearchColumns> {
    return this.#ask("search", request);
  }

  async count(): Promise<number> {
    const path = `${this.#remotePath()}/count`;
    const there = parseExact(await this.#link.transport.send("GET", path)) as number;
    if (this.#isRemoteAlone) {
      return there;
    }
    const { replica } = this.#link;
    const [here, present, edited] = await Promise.all([replica.recordIds(), replica.presentIds(), replica.edited()]);
    const known = new Set(present);
    const own = new Set(here);
    const unsent = here.filter((id) => !known.has(id)).length;
    const deleted = edited.filter(({ id }) => known.has(id) && !own.has(id)).length;
    return there + unsent - deleted;
  }

  /** The first ids of records that are there alone. */
  async #idsThere(filter: Omit<GetRequest, "limit" | "offset">, most: number): Promise<string[]> {
    const ids: string[] = [];
    for (let offset = 0; ids.length < most; offset += PAGE) {
      const page = await this.#ask("get", { ...filter, include: [], limit: PAGE, offset });
      const others = await this.#onlyThere(page.ids);
      ids.push(...page.ids.filter((id) => others.has(id)));
      if (page.ids.length < PAGE) {
        break;
      }
    }
    return ids.slice(0, Math.min(most, ids.length));
  }

  /** Those of these ids that are neither here nor deleted here. */
  async #onlyThere(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const asked = [...new Set(ids)];
    if (asked.length === 0) {
      return new Set();
    }
    const [here, rows] = await Promise.all([
      this.#local.get(...this.#path, { ids: asked, include: [] }),
      this.#link.replica.rows(asked),
    ]);
    const own = new Set(here.ids);
    return new Set(asked.filter((id) => !own.has(id) && rows.get(id)?.edited === undefined));
  }

  async #ask(kind: "get", request: GetRequest): Promise<GetColumns>;
  async #ask(kind: "query", request: QueryRequest): Promise<QueryColumns>;
  async #ask(kind: "search", request: SearchRequest): Promise<SearchColumns>;
  async #ask(kind: "get" | "query" | "search", request: GetRequest | QueryRequest | SearchRequest): Promise<unknown> {
    const call = READS[kind] as { body(request: unknown): object; read(answer: unknown): unknown };
    const text = await this.#link.transport.send("POST", `${this.#remotePath()}/${kind}`, stringifyExact(call.body(request)));
    const found = call.read(parseExact(text)) as GetColumns & QueryColumns & SearchColumns;
    [found, ...(kind === "query" ? found.rows : kind === "search" ? found.searches : [])].forEach((columns) => hideMarks(columns.metadatas));
    return found;
  }

  #remotePath(): string {
    const { remote, remoteId } = this.#link.settings;
    if (remoteId === undefined) {
      throw new RemoteError("unreachable", "The link has not reached its remote yet");
    }
    return `${databasePath(remote.tenant, remote.database)}/collections/${remoteId}`;
  }
}

/** A result with its distance. */
interface Ranked {
  row: Row;
  distance: number;
  isHere: boolean;
}

function ranked(columns: GetColumns, distances: Float32Array | undefined): Ranked[] {
  return rowsOf(columns).map((row, at) => ({ row, distance: distances?.[at] ?? Number.NaN, isHere: true }));
}

const elsewhere = (one: Ranked): Ranked => ({ ...one, isHere: false });

function queriesOf({ query_embeddings: { data, dimension } }: QueryRequest, places: readonly number[]): QueryRequest["query_embeddings"] {
  const some = new Float32Array(places.length * dimension);
  places.forEach((place, at) => some.set(data.subarray(place * dimension, (place + 1) * dimension), at * dimension));
  return { data: some, dimension };
}

/** Takes out what links write into the metadata of remote records. */
function hideMarks(metadatas: (object | null)[] | null | undefined): void {
  metadatas?.forEach((metadata, at) => {
    if (metadata) {
      const own = Object.entries(metadata).filter(([key]) => !key.startsWith(RESERVED_PREFIX));
      metadatas[at] = own.length === 0 ? null : Object.fromEntries(own);
    }
  });
}

/** A failure of the remote as clients of a server know it. */
function engineErrorOf({ problem, message, status, cause }: RemoteError): Error {
  if (status === undefined) {
    return connectionLost(message, cause);
  }
  return new EngineError({ name: "ChromaError", message, code: status, retryable: problem === "busy" }, { cause });
}

/** The open link of a collection. */
export function linkOf<L extends { collectionId: string; isOpen: boolean }>(links: Iterable<L>, id: string, name: string): L {
  const found = [...links].find((link) => link.collectionId === id && link.isOpen);
  if (!found) {
    throw new ChromaValueError(`"${name}" has no open link: call client.link({ name: "${name}" }, …) first, or read it here with source: "local"`);
  }
  return found;
}

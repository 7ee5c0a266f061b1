/** A remote collection and its sidecar, by Chroma's HTTP API. Bodies and answers stay text where numbers have to stay what they are. */

import { elementsOf, membersOf } from "../json-text.js";
import { toBase64 } from "../remote/http.js";
import { objectOf } from "./canonical.js";
import { RemoteError } from "./errors.js";
import { KEYS, readMetadata, type RemoteRecord } from "./records.js";
import type { Transport } from "./transport.js";

/** What is asked of a remote collection. */
export interface RemoteGet {
  ids?: readonly string[];
  where?: object;
  limit?: number;
  offset?: number;
  /** Default: nothing but ids. */
  include?: readonly ("documents" | "embeddings" | "metadatas" | "uris")[];
}

/** Everything of a record but its embedding. */
export const CONTENT = ["documents", "metadatas", "uris"] as const;
export const WHOLE = [...CONTENT, "embeddings"] as const;

/** A record on its way out: its metadata is JSON, with nulls for keys that have to go. */
export interface OutgoingRecord {
  id: string;
  document: string | null;
  uri: string | null;
  metadata: string;
  embedding?: Float32Array;
}

/** What a server takes at once. */
export interface RemoteLimits {
  batch: number;
  base64: boolean;
  /** How long a request for changes may wait, in seconds; undefined where the server tells of none. */
  wait?: number;
}

/** A record that has changed at a server that tells of it. */
export interface RemoteChange {
  id: string;
  /** The number there of the last write that was about it; numbers grow. */
  seq: number;
  kind: "put" | "delete";
}

/** What has changed since a place in the history of a collection. */
export interface RemoteChanges {
  changes: RemoteChange[];
  /** Where what follows is asked for. */
  cursor: string;
  /** Whether there is more by now. */
  more: boolean;
}

/** A collection as a server describes it. */
export interface RemoteCollectionInfo {
  id: string;
  name: string;
  /** JSON. */
  configuration: string;
  dimension: number | null;
}

/** The version of what servers tell of changes that is understood here. */
const CHANGES = 1;

/** The path of a database. */
export function databasePath(tenant: string, database: string): string {
  return `/api/v2/tenants/${encodeURIComponent(tenant)}/databases/${encodeURIComponent(database)}`;
}

/** The database of a remote. */
export class RemoteDatabase {
  readonly transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, tenant = "default_tenant", database = "default_database") {
    this.transport = transport;
    this.#path = databasePath(tenant, database);
  }

  /** Milliseconds since 1970, by the server's clock. */
  async time(): Promise<number> {
    const text = await this.transport.send("GET", "/api/v2/heartbeat");
    const nanoseconds = understood(text, (json) => Number(membersOf(json).get("nanosecond heartbeat")));
    return nanoseconds / 1e6;
  }

  async limits(): Promise<RemoteLimits> {
    const text = await this.transport.send("GET", "/api/v2/pre-flight-checks");
    const { max_batch_size: batch, supports_base64_encoding: base64 = false, chromatid } = understood(text, JSON.parse) as {
      max_batch_size: number;
      supports_base64_encoding?: boolean;
      chromatid?: { changes?: number; wait?: number };
    };
    return { batch, base64, ...(chromatid?.changes === CHANGES && { wait: chromatid.wait ?? 0 }) };
  }

  /** The collection of that name; undefined if there is none. */
  async find(name: string): Promise<RemoteCollectionInfo | undefined> {
    try {
      return readInfo(await this.transport.send("GET", `${this.#path}/collections/${encodeURIComponent(name)}`));
    } catch (error) {
      if (error instanceof RemoteError && error.problem === "missing") {
        return undefined;
      }
      throw error;
    }
  }

  /** The collection of that name, made if there is none. `request` has what else is asked of a new one. */
  async ensure(name: string, request: object): Promise<RemoteCollectionInfo> {
    const body = JSON.stringify({ ...request, name, get_or_create: true });
    return readInfo(await this.transport.send("POST", `${this.#path}/collections`, body));
  }

  collection(id: string, limits: RemoteLimits): RemoteCollection {
    return new RemoteCollection(this.transport, `${this.#path}/collections/${id}`, limits);
  }
}

/** The records of a remote collection. */
export class RemoteCollection {
  readonly limits: RemoteLimits;
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, path: string, limits: RemoteLimits) {
    this.#transport = transport;
    this.#path = path;
    this.limits = limits;
  }

  async count(): Promise<number> {
    return understood(await this.#transport.send("GET", `${this.#path}/count`), JSON.parse) as number;
  }

  /** Operations ever made; undefined where the server does not count them. */
  async totalOperations(): Promise<number | undefined> {
    try {
      const text = await this.#transport.send("GET", `${this.#path}/indexing_status`);
      return (understood(text, JSON.parse) as { total_ops?: number }).total_ops;
    } catch (error) {
      if (error instanceof RemoteError && ["failed", "missing", "refused"].includes(error.problem)) {
        return undefined;
      }
      throw error;
    }
  }

  async get(request: RemoteGet): Promise<RemoteRecord[]> {
    const body = JSON.stringify({ ...request, include: request.include ?? [] });
    return understood(await this.#transport.send("POST", `${this.#path}/get`, body), readRecords);
  }

  /** Ids alone. */
  async ids(request: Omit<RemoteGet, "include">): Promise<string[]> {
    const body = JSON.stringify({ ...request, include: [] });
    const text = await this.#transport.send("POST", `${this.#path}/get`, body);
    return understood(text, (json) => JSON.parse(membersOf(json).get("ids") ?? "[]") as string[]);
  }

  /** What has changed since a cursor, without one nothing but where to go on. With `wait` the server may take so many seconds until there is something. */
  async changes(asked: { after?: string; limit?: number; wait?: number }, signal?: AbortSignal): Promise<RemoteChanges> {
    const query = new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, String(value)]));
    return understood(await this.#transport.send("GET", `${this.#path}/changes?${query.toString()}`, undefined, signal), JSON.parse) as RemoteChanges;
  }

  /** Answers the number of the write, if the server tells it. */
  async upsert(records: readonly OutgoingRecord[]): Promise<number | undefined> {
    return this.#transport.write(`${this.#path}/upsert`, writeRecords(records, this.limits.base64));
  }

  /** Likewise. Records that are gone are passed over by the server, silently. */
  async update(records: readonly OutgoingRecord[]): Promise<number | undefined> {
    return this.#transport.write(`${this.#path}/update`, writeRecords(records, this.limits.base64));
  }

  /** With `until`, only records that were sent by this stamp, or by nobody who stamps: a request that arrives late, or once more, spares what was written since. */
  async delete(ids: readonly string[], until?: number): Promise<void> {
    const where = until !== undefined && { $or: [{ [KEYS.sent]: { $lte: until } }, { [KEYS.version]: { $ne: 1 } }] };
    await this.#transport.send("POST", `${this.#path}/delete`, JSON.stringify({ ids, ...(where && { where }) }));
  }
}

/** The metadata of a record as it is sent: what it has, and nulls for what it no longer has. */
export function outgoingMetadata(
  members: ReadonlyMap<string, string>,
  marks: readonly [string, string][],
  before: Iterable<string>,
): string {
  const sent = new Map(members);
  for (const key of before) {
    if (!sent.has(key)) {
      sent.set(key, "null");
    }
  }
  marks.forEach(([key, value]) => sent.set(key, value));
  return objectOf(sent);
}

function writeRecords(records: readonly OutgoingRecord[], base64: boolean): string {
  const columns = [
    `"ids":${JSON.stringify(records.map(({ id }) => id))}`,
    `"documents":${JSON.stringify(records.map(({ document }) => document))}`,
    `"uris":${JSON.stringify(records.map(({ uri }) => uri))}`,
    `"metadatas":[${records.map(({ metadata }) => metadata).join(",")}]`,
  ];
  if (records[0]?.embedding) {
    const embeddings = records.map(({ embedding = new Float32Array() }) =>
      base64 ? toBase64(embedding) : Array.from(embedding),
    );
    columns.push(`"embeddings":${JSON.stringify(embeddings)}`);
  }
  return `{${columns.join(",")}}`;
}

function readRecords(json: string): RemoteRecord[] {
  const members = membersOf(json);
  const ids = JSON.parse(members.get("ids") ?? "[]") as string[];
  const documents = column<string>(members, "documents");
  const uris = column<string>(members, "uris");
  const embeddings = column<number[]>(members, "embeddings");
  const metadatas = members.get("metadatas") ?? "null";
  const texts = metadatas === "null" ? [] : elementsOf(metadatas);
  return ids.map((id, place) => {
    const embedding = embeddings?.[place];
    return {
      id,
      document: documents?.[place] ?? null,
      uri: uris?.[place] ?? null,
      ...readMetadata(texts[place] ?? "null"),
      ...(embedding && { embedding: Float32Array.from(embedding) }),
    };
  });
}

function column<T>(members: ReadonlyMap<string, string>, name: string): (T | null)[] | null {
  return JSON.parse(members.get(name) ?? "null") as (T | null)[] | null;
}

function readInfo(text: string): RemoteCollectionInfo {
  return understood(text, (json) => {
    const members = membersOf(json);
    const { id, name, dimension } = JSON.parse(json) as { id: string; name: string; dimension: number | null };
    return { id, name, dimension, configuration: members.get("configuration_json") ?? "null" };
  });
}

/** Reads an answer; one that is of another shape comes from no Chroma server. */
function understood<T>(text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    throw new RemoteError("not-chroma", `the answer is not one of a Chroma server: ${text.slice(0, 100)}`, 200, undefined, error);
  }
}

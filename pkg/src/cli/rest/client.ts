/** Requests of Chroma's HTTP API, as far as the commands send them. */

import { setTimeout as sleep } from "node:timers/promises";

import { CliError } from "../errors.js";
import { elementsOf, membersOf } from "../../json-text.js";
import type { Transport } from "./transport.js";

/** What a server answered instead of what was asked. */
export class RestError extends CliError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Tenant and database. */
export interface Scope {
  tenant: string;
  database: string;
}

/** A collection as a server describes it: the members that go over to another one, as JSON. */
export interface CollectionText {
  id: string;
  name: string;
  metadata: string;
  configuration: string;
  schema: string;
}

/** What a server takes at once. */
export interface Limits {
  batch: number;
  /** Whether vectors may be sent as base64. */
  base64: boolean;
}

const BUSY = [429, 503];
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 250;

/** Collections of a list that are asked for at once. */
const LISTED = 100;

/** Sends a request, again for a while if the server is busy; every request here may be sent twice. */
export async function call(transport: Transport, method: string, path: string, body?: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const { status, text } = await transport.send(method, `/api/v2${path}`, body);
    if (status < 300) {
      return text;
    }
    if (!BUSY.includes(status) || attempt === ATTEMPTS) {
      throw new RestError(status, `${transport.place} answered ${String(status)}: ${messageOf(text) || "nothing more"}`);
    }
    await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
  }
}

/** The message of an error, or its text as it came. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message : text;
  } catch {
    return text.slice(0, 200);
  }
}

/** Whatever an answer is made of; one that is not JSON is no server of Chroma's API. */
export function understood<T>(transport: Transport, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    throw new CliError(`${transport.place} does not answer as a Chroma server does: ${text.slice(0, 100)}`, { cause: error });
  }
}

/** Path of a tenant. */
export function tenantPath(tenant: string): string {
  return `/tenants/${encodeURIComponent(tenant)}`;
}

/** Path of a database. */
export function databasePath({ tenant, database }: Scope): string {
  return `${tenantPath(tenant)}/databases/${encodeURIComponent(database)}`;
}

/** A database and its collections. */
export class DatabaseClient {
  readonly transport: Transport;
  readonly #path: string;
  readonly #scope: Scope;

  constructor(transport: Transport, scope: Scope) {
    this.transport = transport;
    this.#scope = scope;
    this.#path = databasePath(scope);
  }

  async exists(): Promise<boolean> {
    return (await this.#find(this.#path)) !== undefined;
  }

  /** Creates it, and its tenant, where they are missing. */
  async ensure(): Promise<void> {
    const { tenant, database } = this.#scope;
    if (await this.exists()) {
      return;
    }
    if ((await this.#find(tenantPath(tenant))) === undefined) {
      await call(this.transport, "POST", "/tenants", JSON.stringify({ name: tenant }));
    }
    await call(this.transport, "POST", `${tenantPath(tenant)}/databases`, JSON.stringify({ name: database }));
  }

  async limits(): Promise<Limits> {
    const text = await call(this.transport, "GET", "/pre-flight-checks");
    const { max_batch_size: batch, supports_base64_encoding: base64 = false } = understood(this.transport, text, JSON.parse) as {
      max_batch_size: number;
      supports_base64_encoding?: boolean;
    };
    return { batch, base64 };
  }

  /** All collections. */
  async collections(): Promise<CollectionText[]> {
    const found: CollectionText[] = [];
    for (;;) {
      const path = `${this.#path}/collections?limit=${String(LISTED)}&offset=${String(found.length)}`;
      const text = await call(this.transport, "GET", path);
      const page = understood(this.transport, text, (list) => elementsOf(list).map(collectionOf));
      found.push(...page);
      if (page.length === 0) {
        return found;
      }
    }
  }

  /** A collection by its name; undefined if there is none. */
  async collection(name: string): Promise<CollectionText | undefined> {
    const text = await this.#find(`${this.#path}/collections/${encodeURIComponent(name)}`);
    return text === undefined ? undefined : understood(this.transport, text, collectionOf);
  }

  /** Creates a collection, or answers the one that has its name. `body` is JSON. */
  async createCollection(body: string): Promise<CollectionText> {
    return understood(this.transport, await call(this.transport, "POST", `${this.#path}/collections`, body), collectionOf);
  }

  records({ id }: CollectionText): RecordsClient {
    return new RecordsClient(this.transport, `${this.#path}/collections/${id}`);
  }

  async #find(path: string): Promise<string | undefined> {
    try {
      return await call(this.transport, "GET", path);
    } catch (error) {
      if (error instanceof RestError && error.status === 404) {
        return undefined;
      }
      throw error;
    }
  }
}

/** The records of a collection. Bodies and answers are JSON. */
export class RecordsClient {
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, path: string) {
    this.#transport = transport;
    this.#path = path;
  }

  async count(): Promise<number> {
    return understood(this.#transport, await call(this.#transport, "GET", `${this.#path}/count`), JSON.parse) as number;
  }

  /** The sections of what is found. */
  async get(body: string): Promise<Map<string, string>> {
    return understood(this.#transport, await call(this.#transport, "POST", `${this.#path}/get`, body), membersOf);
  }

  async add(body: string): Promise<void> {
    await call(this.#transport, "POST", `${this.#path}/add`, body);
  }

  async delete(ids: readonly string[]): Promise<void> {
    await call(this.#transport, "POST", `${this.#path}/delete`, JSON.stringify({ ids }));
  }
}

function collectionOf(text: string): CollectionText {
  const members = membersOf(text);
  const part = (name: string) => members.get(name) ?? "null";
  return {
    id: JSON.parse(part("id")) as string,
    name: JSON.parse(part("name")) as string,
    metadata: part("metadata"),
    configuration: part("configuration_json"),
    schema: part("schema"),
  };
}

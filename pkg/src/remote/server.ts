/** A Chroma server: requests to it, and what it says of itself. */

import { connectionLost } from "../engine/errors.js";
import type { Scope } from "../engine/server-facts.js";
import { ChromaUnauthorizedError, ChromaValueError } from "../errors.js";
import { parseExact, stringifyExact } from "../json-text.js";
import type { ServerPlace } from "../server-options.js";
import type { ChecklistResponse, UserIdentity } from "../types.js";
import { type Asked, errorOf, notChroma } from "./errors.js";
import { unreachableMessage } from "./http.js";

/** What a server of chromatid says of itself. */
export interface About {
  version: string;
  capabilities: string[];
}

/** What a sender's token is for. */
type Own = Pick<UserIdentity, "tenant" | "databases">;

const API = "/api/v2";
const DEFAULTS: Scope = { tenant: "default_tenant", database: "default_database" };

/** Stands for all tenants or databases in an identity. */
const ALL = "*";

export class Server {
  readonly #place: ServerPlace;
  readonly #closing = new AbortController();
  #checks: Promise<ChecklistResponse> | undefined;
  #own: Promise<Own> | undefined;

  constructor(place: ServerPlace) {
    this.#place = place;
  }

  get url(): string {
    return this.#place.url;
  }

  /** What the server answers, as JSON; integers beyond 2^53 are bigints. */
  async send(method: string, path: string, body?: object): Promise<unknown> {
    return this.read(await this.ask(method, path, body), method, path);
  }

  /** The text of the answer. */
  async ask(method: string, path: string, body?: object): Promise<string> {
    const { url, headers, fetchOptions } = this.#place;
    const { signal, stop } = this.#signal();
    let response: Response;
    let text: string;
    try {
      const own = { ...headers, ...(body && { "content-type": "application/json" }) };
      response = await fetch(url + API + path, {
        ...fetchOptions,
        method,
        headers: { ...Object.fromEntries(new Headers(fetchOptions.headers)), ...own },
        body: body && stringifyExact(body),
        signal,
      });
      text = await response.text();
    } catch (error) {
      throw connectionLost(this.#closing.signal.aborted ? "The client is closed" : unreachableMessage(url), error);
    } finally {
      stop();
    }
    if (!response.ok) {
      throw errorOf(response.status, text, { url, method, path });
    }
    return text;
  }

  /** Reads the answer to a request; what is no JSON comes from no Chroma server. */
  read(text: string, method: string, path: string): unknown {
    try {
      return parseExact(text);
    } catch (error) {
      const asked: Asked = { url: this.url, method, path };
      throw notChroma(asked, text, 200, error);
    }
  }

  async version(): Promise<string> {
    return String(await this.send("GET", "/version"));
  }

  async identity(): Promise<UserIdentity> {
    return (await this.send("GET", "/auth/identity")) as UserIdentity;
  }

  /** What the server takes at once. Asked for once. */
  checks(): Promise<ChecklistResponse> {
    this.#checks ??= this.#readChecks().catch((error: unknown) => {
      this.#checks = undefined;
      throw error;
    });
    return this.#checks;
  }

  /** What is said by servers of chromatid only; undefined for others. */
  async about(): Promise<About | undefined> {
    try {
      return (await this.send("GET", "/chromatid")) as About;
    } catch (error) {
      if ((error as { code?: number }).code === 501) {
        return undefined;
      }
      throw error;
    }
  }

  /** A tenant and a database, where they are empty those that the sender's token is for. */
  async scope({ tenant, database }: Scope): Promise<Scope> {
    if (tenant !== "" && database !== "") {
      return { tenant, database };
    }
    this.#own ??= this.#identified();
    try {
      const own = await this.#own;
      return { tenant: tenant || tenantOf(own), database: database || databaseOf(own) };
    } catch (error) {
      this.#own = undefined;
      throw error;
    }
  }

  /** Ends the requests under way. */
  close(): void {
    this.#closing.abort();
  }

  /** What the sender's token is for; everything, as far as is known, where it may not ask. */
  async #identified(): Promise<Own> {
    try {
      return await this.identity();
    } catch (error) {
      if ([403, 501].includes((error as { code?: number }).code ?? 0)) {
        return { tenant: ALL, databases: [ALL] };
      }
      throw error;
    }
  }

  async #readChecks(): Promise<ChecklistResponse> {
    const checks = (await this.send("GET", "/pre-flight-checks")) as Partial<ChecklistResponse>;
    return {
      max_batch_size: checks.max_batch_size ?? Number.POSITIVE_INFINITY,
      supports_base64_encoding: checks.supports_base64_encoding ?? false,
    };
  }

  /** Aborts when the client is closed, or when the caller's own signal does. */
  #signal(): { signal: AbortSignal; stop: () => void } {
    const ending = new AbortController();
    const stopping = new AbortController();
    for (const signal of [this.#closing.signal, this.#place.fetchOptions.signal]) {
      if (signal?.aborted) {
        ending.abort(signal.reason);
      }
      signal?.addEventListener("abort", () => ending.abort(signal.reason), { signal: stopping.signal });
    }
    return { signal: ending.signal, stop: () => stopping.abort() };
  }
}

function tenantOf({ tenant }: Own): string {
  return tenant === ALL ? DEFAULTS.tenant : tenant;
}

/** The official client of Chroma's cloud does the same, but for tokens that are for the default database too. */
function databaseOf({ tenant, databases }: Own): string {
  const [only, ...others] = new Set(databases);
  if (only === undefined) {
    throw new ChromaUnauthorizedError(`Your API key does not have access to any DBs for tenant ${tenant}`);
  }
  if (databases.includes(ALL) || databases.includes(DEFAULTS.database)) {
    return DEFAULTS.database;
  }
  if (others.length > 0) {
    throw new ChromaValueError(`Your API key is scoped to more than 1 DB: name one of ${databases.join(", ")} as \`database\``);
  }
  return only;
}

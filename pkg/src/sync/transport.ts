/** Requests to a Chroma server, wherever this runs. */

import { unsendable } from "../headers.js";
import { type Fetch, unreachableMessage } from "../remote/http.js";
import { RemoteError, type RemoteProblem } from "./errors.js";

/** Where a remote is and how it is asked, in the official client's terms. */
export interface RemoteArgs {
  /** Default: `localhost`. */
  host?: string;
  /** Default: 8000, or with `ssl` 443. */
  port?: number;
  ssl?: boolean;
  /** Default: `default_tenant`. */
  tenant?: string;
  /** Default: `default_database`. */
  database?: string;
  headers?: Record<string, string>;
  /** Called for each request that needs it, and again after a 401: answers what is sent as `x-chroma-token`. It is never stored. */
  token?: () => string | Promise<string>;
}

/** The surroundings of synchronisation: tests make them. */
export interface Surroundings {
  fetch: Fetch;
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since some time or other, by a clock that nobody sets. */
  elapsed(): number;
  /** Ends early, without an error, when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** From 0 to below 1. */
  random(): number;
}

/** How long a request may take, in milliseconds. What arrives later still is found by the overlap of pulls. */
export const DEADLINE_MS = 30_000;

/** Timers that are asked for more run out at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function platformSurroundings(): Surroundings {
  const uncached = pastTheCache();
  return {
    fetch: (url, init) => globalThis.fetch(url, { ...init, ...uncached }),
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(milliseconds, LONGEST_TIMER_MS));
        signal?.addEventListener("abort", done);
        if (signal?.aborted) {
          done();
        }
      }),
    random: () => Math.random(),
  };
}

/**
 * Keeps answers out of the browser's cache: what a store keeps encrypted is not to lie there, and a request for an address waits, for 20 s in
 * Chromium, for one before it that writes its answer there. Workers with a compatibility date before 2024-11-11 refuse the option.
 */
function pastTheCache(): RequestInit {
  const uncached: RequestInit = { cache: "no-store" };
  try {
    new Request("http://localhost", uncached);
    return uncached;
  } catch {
    return {};
  }
}

interface Asked {
  method: string;
  path: string;
  body?: string;
  signal?: AbortSignal;
}

interface Answered {
  response: Response;
  text: string;
}

/** Sends requests to one of several places that hold the same: the first that is reached, and that one until it is not. */
export class Transport {
  readonly #surroundings: Surroundings;
  readonly #places: readonly RemoteArgs[];
  #current = 0;
  #signal: AbortSignal | undefined;
  /** Requests and bytes sent and received, for status and tests. */
  readonly traffic = { requests: 0, sent: 0, received: 0 };

  constructor(places: readonly RemoteArgs[], surroundings: Surroundings) {
    this.#places = places;
    this.#surroundings = surroundings;
  }

  /** The address in use. */
  get origin(): string {
    return originOf(this.#place());
  }

  /** Requests from now on end with this signal. */
  until(signal: AbortSignal): void {
    this.#signal = signal;
  }

  /** The next request tries the preferred place again. */
  prefer(): void {
    this.#current = 0;
  }

  /** The text of the answer. With a signal the request ends when that aborts, too. */
  async send(method: string, path: string, body?: string, signal?: AbortSignal): Promise<string> {
    return (await this.#anywhere({ method, path, body, signal })).text;
  }

  /** Writes; answers the number that the write has at the server, if that tells it. */
  async write(path: string, body: string): Promise<number | undefined> {
    const { response } = await this.#anywhere({ method: "POST", path, body });
    const number = response.headers.get("chromatid-write");
    return number === null ? undefined : Number(number);
  }

  async #anywhere(request: Asked): Promise<Answered> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#ask(request, false);
      } catch (error) {
        const isElsewhere = error instanceof RemoteError && error.problem === "unreachable" && tried < this.#places.length;
        if (!isElsewhere || this.#signal?.aborted || request.signal?.aborted) {
          throw error;
        }
        this.#current = (this.#current + 1) % this.#places.length;
      }
    }
  }

  async #ask(request: Asked, isSecond: boolean): Promise<Answered> {
    const { method, path, body, signal } = request;
    const place = this.#place();
    const headers: Record<string, string> = { ...place.headers };
    if (body !== undefined) {
      headers["content-type"] = "application/json";
    }
    if (place.token) {
      headers["x-chroma-token"] = await place.token();
    }
    const problem = unsendable(headers);
    if (problem !== undefined) {
      throw new RemoteError("unauthenticated", problem);
    }
    const { response, text } = await this.#exchange(originOf(place) + path, { method, headers, body }, signal);
    if (response.ok) {
      return { response, text };
    }
    if (response.status === 401 && place.token && !isSecond) {
      return this.#ask(request, true);
    }
    throw problemOf(response, text, originOf(place), this.#surroundings.now());
  }

  async #exchange(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Answered> {
    const deadline = new AbortController();
    const abort = (): void => deadline.abort();
    this.#signal?.addEventListener("abort", abort);
    signal?.addEventListener("abort", abort);
    // It may have ended while a token was asked for.
    if (this.#signal?.aborted || signal?.aborted) {
      abort();
    }
    void this.#surroundings.sleep(DEADLINE_MS, deadline.signal).then(abort);
    this.traffic.requests += 1;
    this.traffic.sent += typeof init.body === "string" ? init.body.length : 0;
    try {
      const response = await this.#surroundings.fetch(url, { ...init, signal: deadline.signal });
      const text = await response.text();
      this.traffic.received += text.length;
      return { response, text };
    } catch (error) {
      throw new RemoteError("unreachable", unreachableMessage(url), undefined, undefined, error);
    } finally {
      this.#signal?.removeEventListener("abort", abort);
      signal?.removeEventListener("abort", abort);
      deadline.abort();
    }
  }

  #place(): RemoteArgs {
    return this.#places[this.#current] ?? {};
  }
}

/** The address of a remote. */
export function originOf({ host = "localhost", port, ssl = false }: RemoteArgs): string {
  const number = port ?? (ssl ? 443 : 8000);
  return `${ssl ? "https" : "http"}://${host}:${String(number)}`;
}

const TOO_MANY_ROWS = "too many SQL variables";

function problemOf(response: Response, text: string, origin: string, now: number): RemoteError {
  const { status } = response;
  const said = messageOf(text);
  const message = `${origin} answered ${String(status)}${said && `: ${said}`}`;
  return new RemoteError(kindOf(status, said), message, status, patienceOf(response.headers.get("retry-after"), now));
}

/** The longest that a server may ask to be left alone, in milliseconds. */
const LONGEST_PATIENCE_MS = 3_600_000;

/** Milliseconds that a server wants to be left alone: it says so in seconds, or names a time. */
function patienceOf(header: string | null, now: number): number | undefined {
  const asked = /^\s*\d/.test(header ?? "") ? Number(header) * 1000 : Date.parse(header ?? "") - now;
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(asked, 0), LONGEST_PATIENCE_MS);
}

function kindOf(status: number, said: string): RemoteProblem {
  switch (status) {
    case 400:
    case 409:
    case 501:
      return "refused";
    case 401:
      return "unauthenticated";
    case 403:
      return "forbidden";
    case 404:
      return "missing";
    case 410:
      return "gone";
    case 408:
    case 502:
    case 504:
      // Somebody between has given up; the server may have done it.
      return "unreachable";
    case 413:
      return "too-large";
    case 422:
      return "quota";
    case 429:
    case 503:
      return "busy";
    default:
      return said.includes(TOO_MANY_ROWS) ? "too-large" : "failed";
  }
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message : "";
  } catch {
    return text.slice(0, 200);
  }
}

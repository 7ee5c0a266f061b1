/** Chroma's HTTP API as a function from requests to answers: for service workers, Workers, Deno, Bun and Node. */

import type { Encryption } from "../engine/encryption.js";
import type { Durability, Engine, EngineInfo, Quotas } from "../engine/engine.js";
import { describeError } from "../engine/errors.js";
import type { StorageChoice } from "../engine/fallback.js";
import { type Access, type Authorize, ForbiddenError, type Identity } from "./access.js";
import { type CorsOptions, preflight, sharing } from "./cors.js";
import { countAnswer, type Counters, newCounters } from "./counters.js";
import type { Host, HostOpener, HttpAnswer } from "./host.js";
import { fromRequest, type HttpReply, type HttpRequest, targetOf, TooLargeError, toResponse } from "./http.js";
import { traceHeaders } from "./trace.js";
import { type Doors, WaitingRooms } from "./waiting.js";

export interface HandlerOptions {
  /** Where the store is kept: a kind of storage of this platform, a directory, or an adapter. */
  storage: StorageChoice;
  /** Name of the store within the storage. Default `"default"`. */
  name?: string;
  durability?: Durability;
  /** Budget of the block cache in bytes. */
  cacheBytes?: number;
  /** Whether `POST /reset` is allowed. Default false. */
  allowReset?: boolean;
  versions?: number;
  quotas?: Quotas;
  encryption?: Encryption;
  /** When work in the background is done: in idle moments (default), or by {@link Handler.maintain} alone. */
  housekeeping?: "idle" | "manual";
  /** Who may do what. Without it everything is refused, unless `insecure`. */
  authorize?: Authorize;
  /** Lets everybody do everything. */
  insecure?: boolean;
  /** Pages of other origins. Default none. */
  cors?: CorsOptions;
  limits?: HandlerLimits;
}

export interface HandlerLimits {
  /** Bytes of a body. Default 40 MiB, as in Chroma. */
  bodyBytes?: number;
  /** Records that clients are told to write at a time; more are taken, too. Default 5,461, as in Chroma. */
  batchSize?: number;
  /** Requests at once, those that wait for changes left out; more are answered with 429. Default 256. */
  concurrency?: number;
  /** How long a request may wait for changes, in seconds. Default 25; 0: clients have to ask from time to time. */
  waitSeconds?: number;
  /** Requests that wait at once; more are answered with 429. Default 1,000. */
  waiting?: number;
  /** How long a request may take; longer ones are answered with 504. Default 60,000; 0 for ever. */
  milliseconds?: number;
}

/** Answers requests. */
export interface Handler {
  (request: Request): Promise<Response>;
  /** The same for requests that are not of the Fetch API. */
  answer(request: HttpRequest): Promise<HttpReply>;
  /** Opens the store, if no request has done so. */
  ready(): Promise<void>;
  /** Does a slice of the work in the background; true when more is left. */
  maintain(): Promise<boolean>;
  /** Brings every log tail into segments, and gives free space back. */
  compact(): Promise<void>;
  info(): Promise<EngineInfo>;
  /** The open store, for whoever serves it. */
  engine(): Promise<Engine>;
  counters(): Counters;
  /** Waits for the requests under way, and closes the store. Later requests are answered with 503. */
  close(): Promise<void>;
}

const BODY_BYTES = 40 * 1024 * 1024;
const CONCURRENCY = 256;
const MILLISECONDS = 60_000;
const WAIT_SECONDS = 25;
const WAITING = 1000;

/** How the answer of a store begins that another has taken over. */
const LOCKED = '{"error":"StorageLockedError"';

/** Makes a handler on a way to open stores; each platform's entry has its own. */
export function makeHandler(open: HostOpener, options: HandlerOptions): Handler {
  const service = new Service(open, options);
  return Object.assign(async (request: Request) => toResponse(await service.answer(fromRequest(request))), {
    answer: (request: HttpRequest) => service.answer(request),
    ready: async () => void (await service.host()),
    maintain: async () => (await service.host()).engine.maintain(),
    compact: async () => (await service.host()).engine.compact(),
    info: async () => (await service.host()).engine.info(),
    engine: async () => (await service.host()).engine,
    counters: () => structuredClone(service.counters),
    close: () => service.close(),
  });
}

/** An answer that the engine does not give. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly text: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(text);
  }
}

class Service {
  readonly counters = newCounters();
  readonly #open: HostOpener;
  readonly #options: HandlerOptions;
  #host: Promise<Host> | undefined;
  #current: Host | undefined;
  /** Where requests wait for changes of the current store. */
  #rooms: WaitingRooms | undefined;
  /** Announced with every answer, once it is known. */
  #about: Record<string, string> = {};
  #closed = false;
  /** Called when no request is under way any more. */
  #drained: (() => void) | undefined;

  constructor(open: HostOpener, options: HandlerOptions) {
    this.#open = open;
    this.#options = options;
  }

  /** The open store. A failure to open it is not remembered. */
  async host(): Promise<Host> {
    if (this.#closed) {
      throw new Refusal(503, json("ChromaError", "The server is closed"));
    }
    this.#host ??= this.#open(this.#options);
    try {
      const host = await this.#host;
      this.#about = { "chromatid-version": host.version };
      if (this.#current !== host) {
        this.#current = host;
        this.#rooms = new WaitingRooms(host.engine, this.#doors());
      }
      return host;
    } catch (error) {
      this.#host = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#rooms?.close();
    if (this.counters.active + this.counters.waiting > 0) {
      await new Promise<void>((resolve) => (this.#drained = resolve));
    }
    const host = await this.#host?.catch(() => undefined);
    await host?.engine.close();
  }

  async answer(request: HttpRequest): Promise<HttpReply> {
    const { cors } = this.#options;
    const asked = preflight(request, cors);
    if (asked) {
      return asked;
    }
    this.counters.requests += 1;
    this.counters.active += 1;
    let reply: HttpReply;
    try {
      reply = replyOf(request, await this.#timely(this.#work(request)));
    } catch (error) {
      reply = refusalOf(error);
    }
    this.counters.active -= 1;
    if (this.counters.active + this.counters.waiting === 0) {
      this.#drained?.();
    }
    countAnswer(this.counters, reply.status, reply.body?.length ?? 0);
    const headers = { ...this.#about, ...traceHeaders(request), ...sharing(request, cors) };
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }

  async #work(request: HttpRequest): Promise<HttpAnswer> {
    const { limits = {} } = this.#options;
    if (this.counters.active > (limits.concurrency ?? CONCURRENCY)) {
      throw new Refusal(429, "You have been rate limited.", { "retry-after": "1" });
    }
    const host = await this.host();
    const { path, query } = targetOf(request.url);
    const access = host.route(request.method, path);
    // Whether a collection is created or found is said by the body.
    const isExact = access?.action !== "db:create_collection";
    let identity = isExact ? await this.#identify(request, access) : undefined;
    const body = access ? await request.read(limits.bodyBytes ?? BODY_BYTES) : new Uint8Array();
    this.counters.bytesIn += body.byteLength;
    if (!isExact) {
      identity = await this.#identify(request, host.route(request.method, path, body));
    }
    const contentType = request.headers.get("content-type") ?? undefined;
    const head = { method: request.method, path, query, contentType, identity, longestWait: this.#longestWait() };
    const ask = async (): Promise<HttpAnswer> => {
      const answer = await host.engine.handle(head, body);
      this.#renew(host, answer);
      return answer;
    };
    const answer = await ask();
    const rooms = this.#rooms;
    return answer.wait > 0 && rooms && this.#current === host ? rooms.answer(path, ask, request.signal) : answer;
  }

  /** Half of what a request may take at all is left for everything else. */
  #longestWait(): number {
    const { waitSeconds = WAIT_SECONDS, milliseconds = MILLISECONDS } = this.#options.limits ?? {};
    return milliseconds === 0 ? waitSeconds : Math.min(waitSeconds, Math.floor(milliseconds / 2000));
  }

  /** Who waits does not count as under way. */
  #doors(): Doors {
    const { counters } = this;
    const most = this.#options.limits?.waiting ?? WAITING;
    return {
      enter: () => {
        if (counters.waiting >= most) {
          throw new Refusal(429, "Too many requests wait for changes.", { "retry-after": "30" });
        }
        counters.active -= 1;
        counters.waiting += 1;
      },
      leave: () => {
        counters.waiting -= 1;
        counters.active += 1;
      },
    };
  }

  /** Lets go of a store that can no longer be used: the next request opens it again, with what was acknowledged. */
  #renew(host: Host, { status, body }: HttpAnswer): void {
    const isLost = status === 503 || (status === 500 && new TextDecoder().decode(body).startsWith(LOCKED));
    if (isLost && this.#current === host) {
      this.#current = undefined;
      this.#host = undefined;
      this.#rooms = undefined;
      host.engine.close().catch(() => undefined);
    }
  }

  /** Who sends a request; undefined where nobody has to be known. */
  async #identify(request: HttpRequest, access: Access | undefined): Promise<Identity | undefined> {
    const { authorize, insecure } = this.#options;
    if (!authorize && insecure !== true) {
      throw unauthorized("This server lets nobody in: it was made without `authorize`");
    }
    if (!authorize || !access || access.action === "") {
      return undefined;
    }
    const identity = await authorize(request, access);
    if (!identity) {
      throw unauthorized("Unauthorized");
    }
    return identity;
  }

  /** What an engine has begun it finishes, also when nobody waits any longer. */
  async #timely<T>(work: Promise<T>): Promise<T> {
    const milliseconds = this.#options.limits?.milliseconds ?? MILLISECONDS;
    if (milliseconds === 0) {
      return work;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const message = `The request took longer than ${String(milliseconds)} ms. Whether a write was made is not known`;
        reject(new Refusal(504, json("ChromaError", message)));
      }, milliseconds);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function replyOf(request: HttpRequest, { status, body, contentType, allow, write }: HttpAnswer): HttpReply {
  const headers: Record<string, string> = { "content-length": String(body.byteLength) };
  if (allow !== null && allow !== undefined) {
    headers["allow"] = allow;
  }
  if (write !== null && write !== undefined) {
    headers["chromatid-write"] = String(write);
  }
  if (body.byteLength > 0) {
    headers["content-type"] = contentType;
  }
  return { status, headers, body: request.method === "HEAD" || body.byteLength === 0 ? null : body };
}

function unauthorized(message: string): Refusal {
  return new Refusal(401, json("ChromaError", message), { "www-authenticate": "Bearer" });
}

function refusalOf(error: unknown): HttpReply {
  if (error instanceof TooLargeError) {
    return plain(413, "Payload too large");
  }
  if (error instanceof ForbiddenError) {
    return plain(403, json("ChromaError", error.message));
  }
  if (error instanceof Refusal) {
    return plain(error.status, error.text, error.headers);
  }
  const { name, message, code } = describeError(error);
  return plain(code, json(name, message));
}

function plain(status: number, body: string, headers: Record<string, string> = {}): HttpReply {
  const type = body.startsWith("{") ? "application/json" : "text/plain; charset=utf-8";
  return { status, headers: { "content-type": type, ...headers }, body };
}

function json(error: string, message: string): string {
  return JSON.stringify({ error, message });
}

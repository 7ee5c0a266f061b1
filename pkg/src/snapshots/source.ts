/** Where the files of a snapshot are read: over HTTP, with whatever hosts make of a range. */

import { joined } from "../bytes.js";
import { SnapshotBudgetError, SnapshotCorruptError, SnapshotUnavailableError } from "./errors.js";

/** Bytes of a pack, from `start` on: as many as were asked for, or the whole pack from a host without ranges. */
export interface Fetched {
  start: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** What a snapshot is read from. */
export interface Source {
  /** The manifest's file; `undefined` where there is none. */
  manifest(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** A range of a pack of `length` bytes. `again`: what was answered before was wrong, so no cache on the way is to answer. */
  range(pack: { name: string; length: number }, start: number, end: number, allowance: Allowance, again: boolean): Promise<Fetched>;
}

/** What a read may still receive. */
export interface Allowance {
  maxBytes: number;
  received: number;
}

/** How a host is asked. */
export interface HttpOptions {
  /** Instead of the global one. */
  fetch?: typeof globalThis.fetch;
  /** Milliseconds until an answer counts as lost; default 30,000. */
  timeout?: number;
  /** How often a request is made before it has failed; default 4. */
  attempts?: number;
}

/** Bytes of a manifest at most, as the module has it. */
const MAX_MANIFEST_BYTES = 4 << 20;

/** Milliseconds that the second attempt waits at most; each further one twice as long. */
const BACK_OFF = 250;
const LONGEST_BACK_OFF = 8_000;

/** Packs lie beside the manifest, in this folder. */
export const PACKS = "packs/";

/** A host of files. */
export class HttpSource implements Source {
  readonly #url: URL;
  readonly #fetch: typeof globalThis.fetch;
  readonly #timeout: number;
  readonly #attempts: number;

  constructor(url: URL, { fetch = globalThis.fetch, timeout = 30_000, attempts = 4 }: HttpOptions) {
    this.#url = url;
    this.#fetch = fetch.bind(globalThis);
    this.#timeout = timeout;
    this.#attempts = attempts;
  }

  async manifest(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#try(async (signal) => {
      // A cache asks the host whether it is still the same: a manifest is the one file whose name stays.
      const response = await this.#fetch(this.#url, { cache: "no-cache", signal });
      if (response.status === 404) {
        await response.body?.cancel();
        return undefined;
      }
      if (!response.ok) {
        throw await refusal(response, "the manifest");
      }
      return bodyOf(response, MAX_MANIFEST_BYTES);
    });
  }

  async range(
    pack: { name: string; length: number },
    start: number,
    end: number,
    allowance: Allowance,
    again: boolean,
  ): Promise<Fetched> {
    const url = new URL(PACKS + pack.name, this.#url);
    return this.#try(async (signal, attempt) => {
      // One range alone is a header that needs no preflight.
      const headers = { Range: `bytes=${String(start)}-${String(end - 1)}` };
      const cache = again || attempt > 0 ? "reload" : "default";
      const response = await this.#fetch(url, { headers, cache, signal });
      if (response.status === 206) {
        checkContentRange(response, start, end);
        const bytes = await received(response, end - start, allowance);
        return { start, bytes };
      }
      if (response.status === 200) {
        const bytes = await received(response, pack.length, allowance);
        return { start: 0, bytes };
      }
      throw await refusal(response, `pack ${pack.name}`);
    });
  }

  /** Tries again, later each time, what may succeed then. */
  async #try<T>(request: (signal: AbortSignal, attempt: number) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await request(AbortSignal.timeout(this.#timeout), attempt);
      } catch (error) {
        if (error instanceof SnapshotBudgetError || (error instanceof Refusal && !error.isTemporary)) {
          throw error instanceof Refusal ? unavailable(error) : error;
        }
        if (attempt + 1 >= this.#attempts) {
          throw error instanceof SnapshotCorruptError ? error : unavailable(error);
        }
        const longest = Math.min(LONGEST_BACK_OFF, BACK_OFF * 2 ** attempt);
        const wait = error instanceof Refusal && error.after !== undefined ? error.after : Math.random() * longest;
        await new Promise((resolve) => setTimeout(resolve, Math.min(wait, LONGEST_BACK_OFF)));
      }
    }
  }
}

/** A status that is no answer. */
class Refusal extends Error {
  constructor(
    message: string,
    readonly isTemporary: boolean,
    /** Milliseconds that the host asks to wait. */
    readonly after: number | undefined,
  ) {
    super(message);
  }
}

async function refusal(response: Response, what: string): Promise<Refusal> {
  await response.body?.cancel();
  const { status } = response;
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  // Caches on the way keep a 404 for a while: a pack that was just published is asked for again.
  const isTemporary = status === 404 || status === 408 || status === 429 || status >= 500;
  const message = `${what} is not to be had: ${response.url} answered ${String(status)}`;
  return new Refusal(message, isTemporary, Number.isFinite(seconds) ? seconds * 1_000 : undefined);
}

function unavailable(error: unknown): SnapshotUnavailableError {
  const reason = error instanceof Error ? error.message : String(error);
  return new SnapshotUnavailableError(`the snapshot's host cannot be read: ${reason}`, error);
}

/** Hosts of other origins seldom show the header; then length and hash decide. */
function checkContentRange(response: Response, start: number, end: number): void {
  const range = /^bytes (\d+)-(\d+)\//.exec(response.headers.get("Content-Range") ?? "");
  if (range && (Number(range[1]) !== start || Number(range[2]) !== end - 1)) {
    void response.body?.cancel();
    throw new SnapshotCorruptError(`the host answered ${String(range[0])} where bytes ${String(start)}-${String(end - 1)} were asked for`);
  }
}

/** The body of an answer that is `length` bytes long, within the allowance. */
async function received(response: Response, length: number, allowance: Allowance): Promise<Uint8Array<ArrayBuffer>> {
  if (allowance.received + length > allowance.maxBytes) {
    await response.body?.cancel();
    throw new SnapshotBudgetError(
      `the host has no ranges, and the pack of ${String(length)} bytes is more than \`maxBytes\` allows: raise it, or use a host with ranges`,
    );
  }
  const bytes = await bodyOf(response, length);
  allowance.received += bytes.length;
  if (bytes.length !== length) {
    throw new SnapshotCorruptError(`${String(bytes.length)} bytes came where ${String(length)} were asked for`);
  }
  return bytes;
}

/** A body, which is not read on where it is longer than it may be. */
async function bodyOf(response: Response, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    chunks.push(read.value);
    length += read.value.length;
    if (length > most) {
      await reader?.cancel();
      throw new SnapshotCorruptError(`more than ${String(most)} bytes came: the host may have changed the file on the way`);
    }
  }
  return joined(chunks, length);
}

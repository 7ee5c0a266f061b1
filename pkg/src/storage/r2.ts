/** Blocks as objects of an R2 bucket, with the log and the root elsewhere. */

import type { Awaitable, BlockPart, LogFrame, NewBlock, RootRecord, StorageAdapter, StorageUsage } from "./adapter.js";
import { mapConcurrently } from "./concurrency.js";

/** The part of an R2 bucket's binding that is used here. */
export interface BlockBucket {
  get(key: string, options?: { range: { offset: number; length: number } }): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
  put(key: string, value: Uint8Array): Promise<unknown>;
  delete(keys: string[]): Promise<unknown>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    objects: { key: string; size: number }[];
    truncated: boolean;
    cursor?: string;
  }>;
}

/** Where log and root are: a {@link DurableObjectStorage}, or what does the same. Its blocks are not used. */
export interface LogAndRoot extends Omit<StorageAdapter, "readBlock" | "readBlocks" | "readParts" | "writeBlocks" | "deleteBlocks" | "listBlocks"> {
  /** Waits until something is durable that is written now; fails if this owner of the store has been replaced by another. */
  fence?(): Awaitable<void>;
}

/** Options of {@link R2Storage}. */
export interface R2StorageOptions {
  bucket: BlockBucket;
  /**
   * What the keys of the blocks begin with: `<prefix>/<id of the block>`. Each store needs one of its own, since whatever a store finds under its
   * prefix and does not know it deletes: the id of the Durable Object is a good one.
   */
  prefix: string;
  /** Keeps the log and the root. */
  log: LogAndRoot;
  /** How often a request to the bucket is made before it counts as failed; each can be repeated. Default 3. */
  attempts?: number;
}

/** Requests to the bucket at a time: as many as the platform lets one event wait for. */
const CONCURRENCY = 6;

/** How long a second attempt waits at most, in milliseconds; each further one four times as long as the one before. */
const PAUSE_MS = 100;

/** Keys that one request deletes, at most. */
const KEYS_PER_DELETION = 1000;

/** What calls are about, beside the ids of blocks. */
const [EVERYTHING, ROOT] = ["everything", "root"];

/**
 * Keeps the blocks of a store in a bucket: cheaper than a database and without its bound of 10 GB, but slower. The log, which every write waits
 * for, and the root, which is replaced atomically, stay in a Durable Object.
 *
 * A block is durable when its put has resolved, and no root is written before the puts that were called before it have ended: a root names only
 * blocks that are there. Blocks of a commit that never came to its root are found by listing at the next opening, and deleted by the engine.
 */
export class R2Storage implements StorageAdapter {
  readonly #bucket: BlockBucket;
  readonly #prefix: string;
  readonly #log: LogAndRoot;
  readonly #attempts: number;
  /** The last call under way about each block, the root or everything. */
  readonly #pending = new Map<string, Promise<unknown>>();
  /** The blocks that there are, with their sizes in bytes. Listed once: nobody else writes under the prefix. */
  #blocks: Promise<Map<string, number>> | undefined;

  /** Throws a RangeError if `prefix` is empty, or begins or ends with a slash. */
  constructor({ bucket, prefix, log, attempts = 3 }: R2StorageOptions) {
    if (prefix === "" || prefix.startsWith("/") || prefix.endsWith("/")) {
      throw new RangeError(`a store in a bucket needs a prefix that neither begins nor ends with a slash, not "${prefix}"`);
    }
    this.#bucket = bucket;
    this.#prefix = `${prefix}/`;
    this.#log = log;
    this.#attempts = attempts;
  }

  readBlock(id: string): Promise<Uint8Array | undefined> {
    return this.#inTurn([id], () => this.#get(id));
  }

  readBlocks(ids: string[]): Promise<(Uint8Array | undefined)[]> {
    return this.#inTurn(ids, () => mapConcurrently(ids, CONCURRENCY, (id) => this.#get(id)));
  }

  readParts(parts: BlockPart[]): Promise<(Uint8Array | undefined)[]> {
    // What later calls change is noted after this.
    const sizes = this.#known().then((known) => parts.map(({ id }) => known.get(id) ?? -1));
    return this.#inTurn([...new Set(parts.map(({ id }) => id))], async () => this.#getParts(parts, await sizes));
  }

  async writeBlocks(blocks: NewBlock[]): Promise<void> {
    const ids = blocks.map(({ id }) => id);
    this.#note((known) => blocks.forEach(({ id, bytes }) => known.set(id, bytes.length)));
    await this.#inTurn(ids, () =>
      mapConcurrently(blocks, CONCURRENCY, ({ id, bytes }) => this.#persist(() => this.#bucket.put(this.#prefix + id, bytes))),
    );
  }

  deleteBlocks(ids: string[]): Promise<void> {
    this.#note((known) => ids.forEach((id) => known.delete(id)));
    return this.#inTurn(ids, () => this.#delete(ids));
  }

  async listBlocks(): Promise<string[]> {
    return [...(await this.#known()).keys()];
  }

  appendLog(frames: LogFrame[], durability: "strict" | "relaxed"): Promise<void> {
    return this.#inTurn([], () => this.#log.appendLog(frames, durability));
  }

  readLog(from: number): Promise<Uint8Array[]> {
    return this.#inTurn([], () => this.#log.readLog(from));
  }

  dropLog(below: number): Promise<void> {
    return this.#inTurn([], () => this.#log.dropLog(below));
  }

  readRoot(): Promise<RootRecord | undefined> {
    return this.#inTurn([ROOT], () => this.#log.readRoot());
  }

  writeRoot(root: RootRecord): Promise<void> {
    return this.#inTurn([ROOT], () => this.#log.writeRoot(root), this.#pending.keys());
  }

  flush(): Promise<void> {
    return this.#inTurn([], () => this.#log.flush(), this.#pending.keys());
  }

  /** `totalBytes` is the sum of the blocks and what the log's storage says of itself. */
  async usage(): Promise<StorageUsage> {
    const [known, log] = await Promise.all([this.#known(), this.#inTurn([], () => this.#log.usage())]);
    const blockBytes = [...known.values()].reduce((sum, size) => sum + size, 0);
    return { blocks: known.size, blockBytes, logBytes: log.logBytes, totalBytes: blockBytes + log.totalBytes };
  }

  close(): Promise<void> {
    return this.#inTurn([], () => this.#log.close(), this.#pending.keys());
  }

  /** The root goes first: without one no block is missed, whatever happens in between. */
  clear(): Promise<void> {
    this.#note((known) => known.clear());
    return this.#inTurn(
      [EVERYTHING],
      async () => {
        await this.#log.clear();
        await this.#delete([...(await this.#list()).keys()]);
      },
      this.#pending.keys(),
    );
  }

  /**
   * Does `work` when the calls under way about `waits` have ended, however they did, and makes later calls about `claims` wait for it. At
   * once if there is nothing to wait for.
   */
  #inTurn<T>(claims: readonly string[], work: () => Awaitable<T>, waits: Iterable<string> = claims): Promise<T> {
    const before = [EVERYTHING, ...waits].flatMap((key) => this.#pending.get(key) ?? []);
    const done = before.length > 0 ? Promise.allSettled(before).then(work) : (async () => work())();
    for (const key of claims) {
      this.#pending.set(key, done);
    }
    const end = () => {
      for (const key of claims) {
        if (this.#pending.get(key) === done) {
          this.#pending.delete(key);
        }
      }
    };
    done.then(end, end);
    return done;
  }

  #known(): Promise<Map<string, number>> {
    this.#blocks ??= this.#inTurn([], () => this.#list(), this.#pending.keys());
    return this.#blocks;
  }

  /** Notes a change to the blocks that there are, in the order of the calls. */
  #note(change: (known: Map<string, number>) => void): void {
    this.#blocks = this.#blocks?.then((known) => {
      change(known);
      return known;
    });
  }

  /** Makes a request until it succeeds, a few times: a bucket is beyond a network, and most of its failures are gone a moment later. */
  async #persist<T>(request: (attempt: number) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await request(attempt);
      } catch (error) {
        if (attempt >= this.#attempts) {
          throw error;
        }
        const most = PAUSE_MS * 4 ** (attempt - 1);
        await new Promise((resolve) => setTimeout(resolve, (most * (1 + Math.random())) / 2));
      }
    }
  }

  #get(id: string, options?: { range: { offset: number; length: number } }): Promise<Uint8Array | undefined> {
    return this.#persist(async () => {
      const object = await this.#bucket.get(this.#prefix + id, options);
      return object ? new Uint8Array(await object.arrayBuffer()) : undefined;
    });
  }

  /** A request for each block, however many of its parts are wanted: for the range in which they lie. */
  async #getParts(parts: BlockPart[], sizes: number[]): Promise<(Uint8Array | undefined)[]> {
    const ranges = new Map<string, { id: string; offset: number; end: number }>();
    for (const [place, { id, offset, length }] of parts.entries()) {
      if (offset + length <= (sizes[place] ?? -1)) {
        const { offset: start, end } = ranges.get(id) ?? { offset, end: offset };
        ranges.set(id, { id, offset: Math.min(start, offset), end: Math.max(end, offset + length) });
      }
    }
    const read = await mapConcurrently([...ranges.values()], CONCURRENCY, async (range) => ({ ...range, bytes: await this.#getRange(range) }));
    const found = new Map(read.map((range) => [range.id, range]));
    return parts.map(({ id, offset, length }) => {
      const range = found.get(id);
      const inside = range && offset >= range.offset && offset + length <= range.end;
      return inside ? range.bytes?.subarray(offset - range.offset, offset - range.offset + length) : undefined;
    });
  }

  async #getRange({ id, offset, end }: { id: string; offset: number; end: number }): Promise<Uint8Array | undefined> {
    // A bucket takes no empty range.
    return offset === end ? new Uint8Array() : this.#get(id, { range: { offset, length: end - offset } });
  }

  /** Blocks that were listed may be those of an owner that has replaced this one: then the fence fails, and nothing is deleted. */
  async #delete(ids: readonly string[]): Promise<void> {
    await this.#log.fence?.();
    for (let start = 0; start < ids.length; start += KEYS_PER_DELETION) {
      const keys = ids.slice(start, start + KEYS_PER_DELETION).map((id) => this.#prefix + id);
      await this.#persist(async (attempt) => {
        if (attempt > 1) {
          await this.#log.fence?.();
        }
        await this.#bucket.delete(keys);
      });
    }
  }

  async #list(): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    let cursor: string | undefined;
    do {
      const from = cursor;
      const page = await this.#persist(() => this.#bucket.list({ prefix: this.#prefix, cursor: from }));
      for (const { key, size } of page.objects) {
        const id = key.slice(this.#prefix.length);
        // What lies deeper is of a store whose prefix begins with this one.
        if (!id.includes("/")) {
          found.set(id, size);
        }
      }
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
    return found;
  }
}

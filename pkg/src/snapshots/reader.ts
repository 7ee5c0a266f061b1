/** Reads of one generation: parts from the cache, else in ranges from the host, at most six requests at a time. */

import type { BlockCache } from "./cache.js";
import { SnapshotCorruptError } from "./errors.js";
import type { Generation } from "./generation.js";
import { sha256Hex } from "./hex.js";
import type { Budget, Cost, Part, Range, SnapshotModule } from "./module.js";
import type { Allowance, Source } from "./source.js";

/** Requests at a time: what browsers make to one host over HTTP/1. */
const PARALLEL = 6;

/** What a read goes through. */
export interface ReaderParts {
  module: SnapshotModule;
  source: Source;
  cache: BlockCache;
}

/** Reads parts until a run is done. */
export class Reader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /** Runs a read to its end; the reading is the caller's to end. */
  async finish(generation: Generation, reading: number, { maxBytes }: Budget): Promise<{ result: unknown; cost: Cost }> {
    const { module } = this.#parts;
    const allowance: Allowance = { maxBytes, received: 0 };
    for (;;) {
      const step = module.step(reading);
      if ("result" in step) {
        return { result: step.result, cost: module.cost(reading) };
      }
      await Promise.all(step.parts.map((part) => this.#fromCache(generation, reading, part)));
      await inParallel(module.plan(reading), (range) => this.#fetch(generation, reading, range, allowance));
    }
  }

  async #fromCache(generation: Generation, reading: number, part: Part): Promise<void> {
    const { module, cache } = this.#parts;
    const { hash, offset, length } = part;
    const bytes = (await cache.get(hash)) ?? (await cache.get(packName(generation, part.pack), offset, offset + length));
    if (bytes) {
      try {
        module.supply(reading, part, bytes);
      } catch {
        // Damaged where it was kept: it is fetched like one that is not there.
        await cache.delete(hash);
      }
    }
  }

  async #fetch(generation: Generation, reading: number, range: Range, allowance: Allowance): Promise<void> {
    try {
      await this.#fetchOnce(generation, reading, range, allowance, false);
    } catch (error) {
      if (!(error instanceof SnapshotCorruptError)) {
        throw error;
      }
      // What a cache on the way has may be wrong; what the host itself has is another matter.
      await this.#fetchOnce(generation, reading, range, allowance, true);
    }
  }

  async #fetchOnce(
    generation: Generation,
    reading: number,
    range: Range,
    allowance: Allowance,
    again: boolean,
  ): Promise<void> {
    const { module, source, cache } = this.#parts;
    const pack = packOf(generation, range.pack);
    const { start, bytes } = await source.range(pack, range.start, range.end, allowance, again);
    for (const part of range.parts) {
      const own = bytes.slice(part.offset - start, part.offset - start + part.length);
      module.supply(reading, part, own);
      await cache.put(part.hash, own);
    }
    if (start === 0 && bytes.length === pack.length && !(await cache.has(pack.name))) {
      await this.#keepPack(pack.name, bytes);
    }
  }

  /** Keeps a whole pack, if it is the one of its name. */
  async #keepPack(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (`${await sha256Hex(bytes)}.cidp` !== name) {
      throw new SnapshotCorruptError(`the pack ${name} is not what its name says`);
    }
    await this.#parts.cache.put(name, bytes);
  }

  /** Fetches the packs that are not kept whole. */
  async fetchAll(generation: Generation): Promise<void> {
    const { source, cache } = this.#parts;
    await inParallel(generation.manifest.packs, async (pack) => {
      if (!(await cache.has(pack.name))) {
        const allowance = { maxBytes: Infinity, received: 0 };
        const { bytes } = await source.range(pack, 0, pack.length, allowance, false);
        await this.#keepPack(pack.name, bytes);
      }
    });
  }
}

function packOf(generation: Generation, pack: number): { name: string; length: number } {
  const found = generation.manifest.packs[pack];
  if (!found) {
    throw new SnapshotCorruptError("a part lies in no pack");
  }
  return found;
}

function packName(generation: Generation, pack: number): string {
  return packOf(generation, pack).name;
}

/** Does `work` for each, some at a time; the first error ends it. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await work(item);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, lane));
}

/** From a collection to places in the plane: reads vectors in pages, and has a worker project them. */

import type { Collection } from "chromatid";
import { nextTask } from "../store/import-wordnet";
import type { FromWorker, ToWorker } from "./messages";

/** A picture of a collection: an id and a place for each record that is shown. */
export interface Projection {
  ids: readonly string[];
  /** Two numbers each: along the two directions of the greatest variance */
  axes: Float32Array<ArrayBuffer>;
  /** Neighbours beside each other; absent until it is computed */
  neighbours: Float32Array<ArrayBuffer> | undefined;
  /** Records of the collection when it was read */
  total: number;
  /** What the collection was like then */
  stamp: string;
}

export type Progress = { phase: "reading"; done: number; of: number } | { phase: "arranging"; share: number };

/** Records of a page: with their vectors less than a megabyte in most collections. */
const PAGE = 250;

/** What changes with each write to a collection. */
export async function stampOf(collection: Collection): Promise<string> {
  const [count, { total_ops: operations }] = await Promise.all([
    collection.count(),
    // Servers of others have no such call: there the count has to do.
    collection.getIndexingStatus().catch(() => ({ total_ops: 0 })),
  ]);
  return `${String(count)}/${String(operations)}`;
}

/**
 * Where pages of a sample begin: as many records as are wanted, evenly from the whole collection, the first pages from all over it too.
 * Answers offsets and lengths.
 */
export function samplePages(total: number, wanted: number): { offset: number; limit: number }[] {
  const shown = Math.min(total, wanted);
  const pages = Math.ceil(shown / PAGE);
  const starts = Array.from({ length: pages }, (_, i) => ({
    offset: Math.floor((i * total) / pages),
    limit: Math.floor(((i + 1) * shown) / pages) - Math.floor((i * shown) / pages),
  }));
  if (shown === total) {
    // Nothing left out between pages.
    let offset = 0;
    for (const page of starts) {
      page.offset = offset;
      offset += page.limit;
    }
  }
  const stride = strideOf(pages);
  return starts.map((_, i) => starts[(i * stride) % pages]).filter((page) => page !== undefined);
}

/** About 0.618 of a number and without a divisor in common with it: multiples of it fall evenly. */
function strideOf(count: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.max(1, Math.round(count * 0.618));
  while (divisor(count, stride) !== 1) stride++;
  return stride;
}

/** Projects at most `wanted` records. `onPicture` gets each picture that is better than the one before. */
export async function project(
  collection: Collection,
  wanted: number,
  signal: AbortSignal,
  onPicture: (projection: Projection, progress: Progress | undefined) => void,
): Promise<Projection> {
  const stamp = await stampOf(collection);
  const total = await collection.count();
  const pages = samplePages(total, wanted);
  const ids: string[] = [];
  const axes = new Growing();
  const shown = Math.min(total, wanted);
  const picture = (neighbours?: Projection["neighbours"]): Projection => ({ ids: ids.slice(0, axes.count), axes: axes.values(), neighbours, total, stamp });
  const worker = new ProjectorWorker(signal);
  try {
    const seen = new Set<string>();
    for (const page of pages) {
      signal.throwIfAborted();
      const read = await collection.get({ ...page, include: ["embeddings"] });
      // Records may move between pages while others are written.
      const fresh = read.ids.map((id, i) => ({ id, vector: read.embeddings[i] })).filter(({ id, vector }) => vector && !seen.has(id));
      const dim = fresh[0]?.vector?.length ?? 0;
      if (dim === 0) continue;
      if (seen.size === 0) worker.begin(dim, shown, collection.configuration.hnsw?.space === "cosine" || collection.configuration.spann?.space === "cosine");
      fresh.forEach(({ id }) => seen.add(id));
      ids.push(...fresh.map(({ id }) => id));
      const rows = new Float32Array(fresh.length * dim);
      fresh.forEach(({ vector }, i) => rows.set(vector ?? [], i * dim));
      axes.push(await worker.take(rows));
      onPicture(picture(), { phase: "reading", done: ids.length, of: shown });
      await nextTask();
    }
    if (ids.length === 0) return picture();
    const neighbours = await worker.arrange(
      (late) => axes.push(late),
      (share) => onPicture(picture(), { phase: "arranging", share }),
    );
    return picture(neighbours);
  } finally {
    worker.end();
  }
}

/** Places as they come. */
class Growing {
  #parts: Float32Array[] = [];
  count = 0;

  push(places: Float32Array): void {
    if (places.length === 0) return;
    this.#parts.push(places);
    this.count += places.length / 2;
  }

  values(): Float32Array<ArrayBuffer> {
    const all = new Float32Array(this.count * 2);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    this.#parts = [all];
    return all;
  }
}

/** One worker for one projection; it ends with it, also in the middle of a computation. */
class ProjectorWorker {
  readonly #worker = new Worker(new URL("./projector.worker.ts", import.meta.url));
  readonly #onAbort: () => void;
  readonly #signal: AbortSignal;
  #hear: (message: FromWorker) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.#onAbort = () => this.#fail(signal.reason);
    signal.addEventListener("abort", this.#onAbort);
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === "failed") this.#fail(new Error(data.message));
      else this.#hear(data);
    };
    this.#worker.onerror = (event) => this.#fail(new Error(event.message || "The map's worker could not be started"));
  }

  begin(dim: number, total: number, isCosine: boolean): void {
    this.#post({ kind: "begin", dim, total, isCosine });
  }

  /** One page at a time is under way: what waits for the worker takes memory. */
  take(rows: Float32Array<ArrayBuffer>): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#hear = (message) => message.kind === "taken" && resolve(message.places);
      this.#post({ kind: "rows", rows }, [rows.buffer]);
    });
  }

  arrange(onLate: (places: Float32Array) => void, onProgress: (share: number) => void): Promise<Float32Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#hear = (message) => {
        if (message.kind === "taken") onLate(message.places);
        if (message.kind === "progress") onProgress(message.share);
        if (message.kind === "arranged") resolve(message.places);
      };
      this.#post({ kind: "arrange" });
    });
  }

  end(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#worker.terminate();
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}

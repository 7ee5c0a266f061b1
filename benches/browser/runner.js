// Measures one store, in the page or in a worker: wherever the store itself runs, so that no message is part of a time.
import { wasmBytes } from "./memory.js";
import { DIMENSION, VectorSet } from "./data.js";
import { milliseconds, now, summaryOf } from "./timing.js";

const K = 10;
const BATCH = 1_000;

/** Vectors of the measurements of small writes. */
const FEW = 100;

/** The metadata of a row, and what a query asks for. The order of the rows is random, so these say nothing about the vectors. */
export const metadataOf = (row) => ({ tenth: row % 10, hundredth: row % 100 });
const FILTERS = { all: undefined, tenth: (query) => ({ tenth: query % 10 }), hundredth: (query) => ({ hundredth: query % 100 }) };

/** Passes over the queries: at least this many, and more until the time is used up. */
const MIN_PASSES = 2;
const MAX_PASSES = 10;
const PASSES_MS = 2_000;

/** A pass that takes longer is not repeated. */
const SLOW_MS = 10_000;

let set;
let n = 0;
let adapter;
let session;

/** Each method is called by name from the driver; arguments and results are plain data. */
export const runner = {
  /** Reads the set's queries and neighbours; before anything of the store is loaded. */
  async prepare(name, rows) {
    set = await VectorSet.open(name, rows);
    n = rows;
    return now();
  },

  /** Loads the store's code and opens it: empty, or as it was left. */
  async open(url, exists) {
    ({ adapter } = await import(url));
    const options = { dimension: DIMENSION, capacity: n + FEW, metadataOf };
    session = await (exists ? adapter.reopen(options) : adapter.create(options));
    return { knobs: adapter.knobs, filters: adapter.filters };
  },

  /**
   * Adds all rows and makes them durable and searchable; tells what a search finds then, and waits for what goes on behind.
   * Gives up once `limitSeconds` are used.
   */
  async ingest(limitSeconds, knob) {
    let add = 0;
    for (let first = 0; first < n; first += BATCH) {
      const count = Math.min(BATCH, n - first);
      const rows = await set.rows(first, count);
      add += await milliseconds(() => session.add(first, rows));
      if (add > limitSeconds * 1000) {
        throw new Error(`the time for inserting was used up: ${first + count} of ${n} vectors in ${Math.round(add / 1000)} s`);
      }
    }
    const persist = await milliseconds(() => session.persist());
    await session.configure(knob);
    const { recall } = await pass("all");
    const settle = await milliseconds(() => session.settle?.());
    return { add_ms: add, persist_ms: persist, settle_ms: settle, vectors_per_second: n / ((add + persist) / 1000), recall };
  },

  /** One pass over the queries, each asked for the first time since the store was opened. */
  async searchOnce(knob) {
    await session.configure(knob);
    return summary([await pass("all")]);
  },

  /** Several passes, after one that is not counted. `asked` counts all queries, for the time of the processor. */
  async search(knob, filter) {
    await session.configure(knob);
    const started = performance.now();
    const first = await pass(filter);
    const asked = set.queries.length;
    if (performance.now() - started > SLOW_MS) {
      // Nothing that was only done the first time matters here.
      return { ...summary([first]), asked };
    }
    const passes = [];
    const counted = performance.now();
    while (passes.length < MIN_PASSES || (passes.length < MAX_PASSES && performance.now() - counted < PASSES_MS)) {
      passes.push(await pass(filter));
    }
    return { ...summary(passes), asked: (1 + passes.length) * asked };
  },

  /** Everything from nothing to the answer to the first query; says when it was there. It has to be right. */
  async openToFirstAnswer(name, rows, url) {
    await this.prepare(name, rows);
    await this.open(url, true);
    const nearest = await session.query(set.queries[0], K);
    const answered = now();
    if (!set.neighbours.all[0].includes(nearest[0])) {
      throw new Error("the first answer is not one of the ten nearest");
    }
    return answered;
  },

  /** Makes some more vectors durable, then checks that they are found. */
  async addMore() {
    const rows = await set.rows(n, FEW);
    const time = await milliseconds(async () => {
      await session.add(n, rows);
      await session.persist();
    });
    let found = 0;
    for (let i = 0; i < FEW; i += 1) {
      found += (await session.query(rowOf(rows, i), K)).includes(n + i);
    }
    return { vectors: FEW, ms: time, seen: found / FEW };
  },

  /** Deletes the vectors that {@link addMore} added, durably. */
  async removeMore() {
    const rows = await set.rows(n, FEW);
    const ids = Array.from({ length: FEW }, (_, i) => n + i);
    const time = await milliseconds(async () => {
      await session.remove(ids, rows);
      await session.persist();
    });
    let gone = 0;
    for (let i = 0; i < FEW; i += 1) {
      gone += !(await session.query(rowOf(rows, i), K)).includes(n + i);
    }
    return { vectors: FEW, ms: time, seen: gone / FEW };
  },

  async wasmBytes() {
    return session.wasmBytes ? session.wasmBytes() : wasmBytes();
  },

  close: () => session.close(),
};

const rowOf = (rows, i) => rows.slice(i * DIMENSION, (i + 1) * DIMENSION);

async function pass(filter) {
  const filterOf = FILTERS[filter];
  const times = [];
  let hits = 0;
  let wanted = 0;
  for (const [i, query] of set.queries.entries()) {
    const started = performance.now();
    const rows = await (filterOf ? session.queryFiltered(query, K, filterOf(i)) : session.query(query, K));
    times.push(performance.now() - started);
    const exact = new Set(set.neighbours[filter][i]);
    hits += rows.filter((row) => exact.has(row)).length;
    wanted += exact.size;
  }
  return { times, recall: hits / wanted };
}

function summary(passes) {
  const times = summaryOf(passes.flatMap((each) => each.times));
  const recall = passes.reduce((sum, each) => sum + each.recall, 0) / passes.length;
  return { ...times, recall, queries_per_second: 1000 / times.mean_ms };
}

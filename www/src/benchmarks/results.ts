/** The results of the benchmarks: what `npm run bench` writes and the charts read. */

export const SCHEMA = 1;

export interface Results {
  schema: typeof SCHEMA;
  /** When the last row was measured, ISO 8601. */
  measured: string;
  machine: Machine;
  /** By name. */
  sets: Record<string, SetDescription>;
  rows: Row[];
}

export interface Machine {
  cpu: string;
  cores: number;
  memory_bytes: number;
  platform: string;
  /** `null` where nothing was measured in a browser. */
  chromium: string | null;
}

export interface SetDescription {
  title: string;
  source: string;
  dimension: number;
  metric: string;
  queries: number;
}

/** One store with the first `n` vectors of one set. What could not be measured is `null`. */
export interface Row {
  store: string;
  version: string;
  /** `page`: called from a page, the store works in a worker of its own; `worker`: called and working in one worker. */
  runs_in: "page" | "worker" | "native";
  set: string;
  n: number;
  measured: string;
  /** Of one minute, when the measurements of the row began. */
  load_average: number;
  /** What ended the measurements of this row early. */
  failure: Failure | null;
  ingest: Ingest | null;
  search: Search[];
  /** Every query asked once, in a page that was just loaded. */
  cold_search: Search | null;
  more: SmallWrite | null;
  remove: SmallWrite | null;
  cold_open: ColdOpen | null;
  memory: Memory | null;
  stored_bytes: number | null;
  /** The store's code that the page loaded, each file compressed by brotli. */
  code_bytes: number | null;
}

export interface Failure {
  /** Of the measurements, as in the log. */
  stage: string;
  message: string;
}

/** All `n` vectors, in batches of 1,000. */
export interface Ingest {
  add_ms: number;
  /** Until what was added is durable, where that is a step of its own. */
  persist_ms: number;
  /** From then until the work that goes on in the background is done. */
  settle_ms: number;
  /** Until all are durable and found: `add_ms` and `persist_ms`. */
  vectors_per_second: number;
  /** Recall@10 at that moment, at the most thorough setting; `null` or left out where it was not measured. */
  recall?: number | null;
  /** With the queries for `recall`. */
  cpu_ms: number | null;
}

/** Queries one by one, k = 10. */
export interface Search {
  /** How the store was set to trade recall for time; `null` where it offers no choice. */
  knob: number | string | null;
  /** Metadata that a tenth or a hundredth of the rows have. */
  filter: "all" | "tenth" | "hundredth";
  queries: number;
  /** Share of the exact ten nearest that was found. */
  recall: number;
  p50_ms: number;
  p99_ms: number;
  mean_ms: number;
  queries_per_second: number;
  /** Of all threads, each query. */
  cpu_ms: number | null;
}

export interface SmallWrite {
  vectors: number;
  ms: number;
  /** Whether a search saw the change: all of it for a store that works. */
  seen: number;
}

/** Medians, from the navigation. */
export interface ColdOpen {
  /** Until the right answer to the first query. */
  first_answer_ms: number;
  /** The same page, and worker if there is one, without a store. */
  empty_ms: number;
  /** Their difference. */
  ms: number;
}

export interface Memory {
  /** Of the WebAssembly modules, after all vectors were added and queries asked; 0 for a store without one. */
  wasm_bytes: number;
  /** The same after reopening and one pass over the queries. */
  reopened_wasm_bytes: number | null;
  /** What the renderer process has grown by since the empty page; `null` where the system does not say. */
  renderer_bytes: number | null;
}

/** Results out of a file that a person chose. */
export class NoResultsError extends Error {
  override name = "NoResultsError";
}

/**
 * Checks what the charts rely on.
 * @throws NoResultsError with a sentence for people
 */
export function parseResults(text: string): Results {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NoResultsError("This file is not JSON.");
  }
  if (!isObject(value) || value.schema !== SCHEMA || !isObject(value.machine) || !isObject(value.sets)) {
    throw new NoResultsError(`This file does not hold results of the benchmarks (schema ${SCHEMA}).`);
  }
  if (!Array.isArray(value.rows) || !value.rows.every(isRow)) {
    throw new NoResultsError("A row of these results is not complete.");
  }
  return value as unknown as Results;
}

function isRow(row: unknown): boolean {
  return (
    isObject(row) &&
    typeof row.store === "string" &&
    typeof row.set === "string" &&
    typeof row.n === "number" &&
    Array.isArray(row.search) &&
    row.search.every((search) => isObject(search) && ["recall", "p50_ms", "queries_per_second"].every((name) => typeof search[name] === "number"))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** What a benchmark measures, as `scripts/bench.mjs` hands it over. */

export interface Plan<R = Run> {
  /** The file that rows are added to. */
  results: string;
  runs: R[];
}

export interface Store {
  name: string;
  version: string;
  runs_in: "page" | "worker";
  /** Address of its adapter, a module. */
  url: string;
}

export interface Run {
  store: Store;
  set: string;
  n: number;
  /** For all measurements of the store; a store that takes longer has failed. */
  limit_seconds: number;
}

/** Of filters and text search. */
export interface TextRun {
  store: Store & {
    /** What of the records it keeps. */
    holds: string;
  };
  n: number;
  limit_seconds: number;
}

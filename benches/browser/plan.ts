/** What a benchmark measures, as `scripts/bench.mjs` hands it over. */

export interface Plan {
  /** The file that rows are added to. */
  results: string;
  runs: Run[];
}

export interface Run {
  store: {
    name: string;
    version: string;
    runs_in: "page" | "worker";
    /** Address of its adapter, a module. */
    url: string;
  };
  set: string;
  n: number;
  /** For all measurements of the store; a store that takes longer has failed. */
  limit_seconds: number;
}

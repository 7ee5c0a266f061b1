/** The results of the benchmark of filters and texts: what `npm run bench -- --text` writes. */

import type { ColdOpen, Failure, Machine, Memory } from "../../www/src/benchmarks/results.js";

export const TEXT_SCHEMA = 1;

export interface TextResults {
  schema: typeof TEXT_SCHEMA;
  /** When the last row was measured, ISO 8601. */
  measured: string;
  machine: Machine;
  /** Of the shipped collection; `null` where it was not measured. */
  shipped: ShippedRelevance | null;
  rows: TextRow[];
}

/** nDCG@10 over plain words, and over the stems of `chromatid/bm25`. */
export interface ShippedRelevance {
  words: Relevance;
  stems: Relevance;
}

export interface Relevance {
  bm25: number;
  dense: number;
  hybrid: number;
}

/** One store with the first `n` records. What could not be measured is `null`. */
export interface TextRow {
  store: string;
  version: string;
  /** What of the records it keeps. */
  holds: string;
  runs_in: "page" | "worker";
  n: number;
  measured: string;
  /** Of one minute, when the measurements of the row began. */
  load_average: number;
  failure: Failure | null;
  ingest: TextIngest | null;
  filters: FilterTimes[];
  rankings: RankingTimes[];
  cold_open: ColdOpen | null;
  memory: Memory | null;
  stored_bytes: number | null;
}

/** All `n` records, in batches of 1,000. */
export interface TextIngest {
  add_ms: number;
  /** Until what was added is durable and found, where that is a step of its own: indexes and exports too. */
  persist_ms: number;
  /** From then until the work that goes on in the background is done. */
  settle_ms: number;
  /** `add_ms` and `persist_ms`. */
  records_per_second: number;
}

/** Different queries one by one, each asked once, after some that are not counted. */
export interface Times {
  queries: number;
  p50_ms: number;
  p99_ms: number;
  mean_ms: number;
  /** The first of its kind after the store was opened in a page that was just loaded. */
  first_ms: number | null;
}

export interface FilterTimes extends Times {
  operation: string;
  /** Ten matches with their documents, or the ids of all. */
  answer: "ten" | "all";
  /** Share of the queries whose answer is that of looking at every record. */
  right: number;
  median_matches: number;
}

/** The ten best with their documents. */
export interface RankingTimes extends Times {
  ranking: "bm25" | "dense" | "hybrid";
  /** Mean nDCG@10: of each question one record is known to be right. */
  ndcg: number;
  /** Of BM25: the share of the ten best of BM25 computed over all documents. */
  bm25_overlap: number | null;
}

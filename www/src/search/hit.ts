import type { Metadata, SearchResult } from "chromatid";

/** One result of a search. */
export interface Hit {
  id: string;
  document: string | null;
  metadata: Metadata | null;
  /** What the engine ranked by, lowest first; how it reads depends on what the search was ranked by */
  score: number | undefined;
  /** Parts of the document that the search matched, to be marked; empty where only meanings were compared */
  marks: readonly string[];
  /** Words of the query that the document has; absent where only meanings were compared */
  matchedWords?: number;
}

/** How many results a search looks at. */
export const RESULT_LIMIT = 60;

/** The records that one search of a call found. */
export function hitsOf(result: SearchResult, search = 0): Hit[] {
  return (result.rows()[search] ?? []).map(({ id, document, metadata, score }) => ({
    id,
    document: document ?? null,
    metadata: metadata ?? null,
    score: score ?? undefined,
    marks: [],
  }));
}

import type { Metadata } from "chromatid";

/** One result of a search. */
export interface Hit {
  id: string;
  document: string | null;
  metadata: Metadata | null;
  /** Cosine distance (0 same direction, 1 unrelated, 2 opposite); absent where only words were compared */
  distance?: number;
  /** Words of the query that occur in the document; absent where only meanings were compared */
  matchedWords?: number;
}

/** How many results a search looks at; facets are counted over these. */
export const RESULT_LIMIT = 60;

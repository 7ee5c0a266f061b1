/** The queries of the benchmark of filters and texts, as `benches/data/texts.mjs` writes them for each size. */

export interface TextQueries {
  filters: { operation: string; ten: FilterQuery[]; all: FilterQuery[] }[];
  /** Stems of a document, on average. */
  mean_length: number;
  questions: Question[];
}

/** A condition, and what looking at every record found. */
export interface FilterQuery {
  where: Record<string, unknown>;
  matches: number;
  /** Of the rows that match. */
  fingerprint: number;
}

/** A text with the one row that it is about, and the ten best of BM25 computed over all documents. */
export interface Question {
  row: number;
  text: string;
  /** The position of its vector in `questions.f16.bin`. */
  vector: number;
  bm25: number[];
}

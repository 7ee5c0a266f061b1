/** Records in the bodies of requests, and results in those of answers. */

import type {
  ConditionalCommit,
  FacetJson,
  FacetsRequest,
  GetColumns,
  GetRequest,
  Matrix,
  QueryColumns,
  QueryRequest,
  RankedColumns,
  Records,
  SearchColumns,
  SearchRequest,
  WatchedRequests,
  WatchedResults,
} from "../engine/engine.js";
import { toBase64 } from "./http.js";

/** How a read is asked for and what its answer says, by its route. One without a body is a GET. */
export const READS: {
  [K in keyof WatchedRequests]: { body(request: WatchedRequests[K]): object | undefined; read(answer: unknown): WatchedResults[K] };
} = {
  get: { body: (request: GetRequest) => request, read: readGet },
  query: { body: queryBody, read: readQuery },
  search: { body: (request: SearchRequest) => request, read: readSearches },
  facets: { body: (request: FacetsRequest) => request, read: (answer) => answer as FacetJson[] },
  count: { body: () => undefined, read: (answer) => answer as number },
};

/** The body of a write. */
export function recordsBody({ embeddings, ...columns }: Records, base64: boolean): object {
  return { ...columns, ...(embeddings && { embeddings: rowsOf(embeddings, columns.ids.length, base64) }) };
}

/** The body of a transaction. */
export function commitBody({ operations, ...commit }: ConditionalCommit, base64: boolean): object {
  const bodies = operations.map((each) =>
    each.operation === "delete" ? each : { ...each, payload: recordsBody(each.payload, base64) },
  );
  return { ...commit, operations: bodies };
}

/** What a get answers. */
export function readGet(answer: unknown): GetColumns {
  const { ids, embeddings, documents = null, uris = null, metadatas = null } = answer as Sections;
  return { ids, embeddings: matrixOf(embeddings), documents, uris, metadatas };
}

/** A number; floats that are too large for 32 bits are told as null. */
type Component = number | null;

interface Sections {
  ids: string[];
  embeddings?: Component[][] | null;
  documents?: (string | null)[] | null;
  uris?: (string | null)[] | null;
  metadatas?: (object | null)[] | null;
}

/** Sections with an entry for each query or search. */
type Lists<T> = { [K in keyof T]: NonNullable<T[K]>[] };

function queryBody({ query_embeddings, ...request }: QueryRequest): object {
  const { data, dimension } = query_embeddings;
  const rows = dimension === 0 ? 0 : data.length / dimension;
  return { ...request, query_embeddings: rowsOf(query_embeddings, rows, false) };
}

function readQuery(answer: unknown): QueryColumns {
  const { ids, distances, ...sections } = answer as Lists<Sections> & { distances?: Component[][] | null };
  const rows = ids.map((own, at) =>
    readGet({
      ids: own,
      embeddings: sections.embeddings?.[at],
      documents: sections.documents?.[at],
      uris: sections.uris?.[at],
      metadatas: sections.metadatas?.[at],
    }),
  );
  return { rows, distances: distances ? distances.map(floatsOf) : null };
}

function readSearches(answer: unknown): SearchColumns {
  const { ids, embeddings, documents, metadatas, scores, select } = answer as Lists<Omit<Sections, "uris">> & {
    scores?: (Component[] | null)[];
    select?: string[][];
  };
  const searches = ids.map((own, at): RankedColumns => {
    const found = scores?.[at];
    return {
      ids: own,
      documents: documents?.[at] ?? null,
      embeddings: matrixOf(embeddings?.[at]),
      metadatas: metadatas?.[at] ?? null,
      scores: found ? floatsOf(found) : null,
      select: select?.[at] ?? [],
    };
  });
  return { searches };
}

function rowsOf({ data, dimension, present }: Matrix, rows: number, base64: boolean): (string | number[] | null)[] {
  return Array.from({ length: rows }, (_, at) => {
    if (present?.[at] === 0) {
      return null;
    }
    const row = data.subarray(at * dimension, (at + 1) * dimension);
    return base64 ? toBase64(row) : Array.from(row);
  });
}

function matrixOf(rows: readonly Component[][] | null | undefined): Matrix | null {
  if (!rows) {
    return null;
  }
  const dimension = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * dimension);
  rows.forEach((row, at) => data.set(floatsOf(row), at * dimension));
  return { data, dimension };
}

function floatsOf(numbers: readonly Component[]): Float32Array {
  return Float32Array.from(numbers, (number) => number ?? Number.NaN);
}

/** Requests in the shape of the engine, and its columns as the results of the client. */

import type { FacetsArgs, GetArgs } from "./collection-api.js";
import type {
  FacetsRequest,
  GetColumns,
  GetRequest,
  QueryColumns,
  QueryRequest,
  RankedColumns,
  RecordFilter,
} from "./engine/engine.js";
import { unpackMatrix } from "./matrix.js";
import { deserializeMetadata, toPlain } from "./metadata.js";
import { GetResult, QueryResult, SearchResult } from "./results.js";
import type { Include, Metadata } from "./types.js";
import { validateIDs, validateInclude } from "./validate.js";
import { validateWhere, validateWhereDocument } from "./where.js";

/** A checked `get` in the shape of the engine. */
export function prepareGet(args: GetArgs): GetRequest {
  const { limit, offset, include = ["documents", "metadatas"] } = args;
  validateInclude(include, ["distances"]);
  return { ...prepareFilter(args), limit, offset, include: [...include] };
}

/** The engine's columns as the result of a `get`. */
export function readGet<TMeta extends Metadata = Metadata>(columns: GetColumns, request: GetRequest): GetResult<TMeta> {
  return new GetResult<TMeta>({ ...readColumns<TMeta>(columns), include: request.include as Include[] });
}

/** The engine's columns as the result of a query. */
export function readQuery<TMeta extends Metadata = Metadata>(
  { rows, distances }: QueryColumns,
  request: QueryRequest,
): QueryResult<TMeta> {
  const columns = rows.map((row) => readColumns<TMeta>(row));
  return queryResultOf(columns, distances?.map((row) => Array.from(row)) ?? [], request.include as Include[]);
}

/** What was found for each query as one result; a section that was not asked for is empty. */
export function queryResultOf<TMeta extends Metadata>(
  columns: Columns<TMeta>[],
  distances: number[][],
  include: Include[],
): QueryResult<TMeta> {
  const section = <T>(name: Include, values: T[]): T[] => (include.includes(name) ? values : []);
  return new QueryResult<TMeta>({
    ids: columns.map(({ ids }) => ids),
    documents: section("documents", columns.map(({ documents }) => documents)),
    embeddings: section("embeddings", columns.map(({ embeddings }) => embeddings)),
    metadatas: section("metadatas", columns.map(({ metadatas }) => metadatas)),
    uris: section("uris", columns.map(({ uris }) => uris)),
    distances,
    include,
  });
}

/** The checked filter in the shape of the engine. */
export function prepareFilter({ ids, where, whereDocument }: GetArgs): RecordFilter {
  if (ids) {
    validateIDs(ids);
  }
  if (where) {
    validateWhere(where);
  }
  if (whereDocument) {
    validateWhereDocument(whereDocument);
  }
  return { ids: ids && [...ids], where: toPlain(where), where_document: toPlain(whereDocument) };
}

/** The checked request in the shape of the engine. */
export function prepareFacets({ keys, limit = 10, ...filter }: FacetsArgs): FacetsRequest {
  return { ...prepareFilter(filter), keys: [...keys], limit };
}

/** What results show of records, a column for each section. */
export interface Columns<TMeta extends Metadata> {
  ids: string[];
  documents: (string | null)[];
  embeddings: number[][];
  metadatas: (TMeta | null)[];
  uris: (string | null)[];
}

/** The engine's columns as the results show them; a column that was not included is empty. */
function readColumns<TMeta extends Metadata>(columns: GetColumns): Columns<TMeta> {
  return {
    ids: columns.ids,
    documents: columns.documents ?? [],
    embeddings: columns.embeddings ? unpackMatrix(columns.embeddings) : [],
    metadatas: columns.metadatas?.map((metadata) => readMetadata<TMeta>(metadata)) ?? [],
    uris: columns.uris ?? [],
  };
}

/** The engine's columns of searches as their result shows them. */
export function readSearches(searches: readonly RankedColumns[]): SearchResult {
  return new SearchResult({
    ids: searches.map(({ ids }) => ids),
    documents: searches.map(({ documents }) => documents),
    embeddings: searches.map(({ embeddings }) => embeddings && unpackMatrix(embeddings)),
    metadatas: searches.map(({ metadatas }) => metadatas && metadatas.map((metadata) => readMetadata(metadata))),
    scores: searches.map(({ scores }) => scores && Array.from(scores)),
    select: searches.map(({ select }) => select),
  });
}

function readMetadata<TMeta extends Metadata>(metadata: object | null): TMeta | null {
  return metadata && deserializeMetadata<TMeta>(metadata);
}

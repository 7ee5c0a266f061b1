/** Results of `get`, `query` and `search`: columns, with a view by rows. */

import type { Include, Metadata } from "./types.js";

/** Records by column; a column that was not included is empty. */
export class GetResult<TMeta extends Metadata = Metadata> {
  readonly documents: (string | null)[];
  readonly embeddings: number[][];
  readonly ids: string[];
  readonly include: Include[];
  readonly metadatas: (TMeta | null)[];
  readonly uris: (string | null)[];

  constructor(columns: {
    documents: (string | null)[];
    embeddings: number[][];
    ids: string[];
    include: Include[];
    metadatas: (TMeta | null)[];
    uris: (string | null)[];
  }) {
    this.documents = columns.documents;
    this.embeddings = columns.embeddings;
    this.ids = columns.ids;
    this.include = columns.include;
    this.metadatas = columns.metadatas;
    this.uris = columns.uris;
  }

  /** One object a record; members that were not included are undefined. */
  rows(): {
    id: string;
    document: string | null | undefined;
    embedding: number[] | undefined;
    metadata: TMeta | null | undefined;
    uri: string | null | undefined;
  }[] {
    const has = includes(this.include);
    return this.ids.map((id, i) => ({
      id,
      document: has.documents ? this.documents[i] : undefined,
      embedding: has.embeddings ? this.embeddings[i] : undefined,
      metadata: has.metadatas ? this.metadatas[i] : undefined,
      uri: has.uris ? this.uris[i] : undefined,
    }));
  }
}

/** One hit of a query. */
export interface QueryRowResult<TMeta extends Metadata = Metadata> {
  distance?: number | null;
  document?: string | null;
  embedding?: number[] | null;
  id: string;
  metadata?: TMeta | null;
  uri?: string | null;
}

/** Hits by query and column, nearest first; a column that was not included is empty. */
export class QueryResult<TMeta extends Metadata = Metadata> {
  readonly distances: (number | null)[][];
  readonly documents: (string | null)[][];
  readonly embeddings: (number[] | null)[][];
  readonly ids: string[][];
  readonly include: Include[];
  readonly metadatas: (TMeta | null)[][];
  readonly uris: (string | null)[][];

  constructor(columns: {
    distances: (number | null)[][];
    documents: (string | null)[][];
    embeddings: (number[] | null)[][];
    ids: string[][];
    include: Include[];
    metadatas: (TMeta | null)[][];
    uris: (string | null)[][];
  }) {
    this.distances = columns.distances;
    this.documents = columns.documents;
    this.embeddings = columns.embeddings;
    this.ids = columns.ids;
    this.include = columns.include;
    this.metadatas = columns.metadatas;
    this.uris = columns.uris;
  }

  /** For each query, one object a hit; members that were not included are undefined. */
  rows(): QueryRowResult<TMeta>[][] {
    const has = includes(this.include);
    return this.ids.map((ids, q) =>
      ids.map((id, i) => ({
        id,
        document: has.documents ? this.documents[q]?.[i] : undefined,
        embedding: has.embeddings ? this.embeddings[q]?.[i] : undefined,
        metadata: has.metadatas ? this.metadatas[q]?.[i] : undefined,
        uri: has.uris ? this.uris[q]?.[i] : undefined,
        distance: has.distances ? this.distances[q]?.[i] : undefined,
      })),
    );
  }
}

/** One record that a search found. */
export interface SearchResultRow {
  id: string;
  document?: string | null;
  embedding?: number[] | null;
  metadata?: Metadata | null;
  score?: number | null;
}

/** Records by search and column, lowest score first; a column that was not selected is `null`. */
export class SearchResult {
  readonly ids: string[][];
  readonly documents: ((string | null)[] | null)[];
  readonly embeddings: ((number[] | null)[] | null)[];
  readonly metadatas: ((Metadata | null)[] | null)[];
  readonly scores: ((number | null)[] | null)[];
  /** The names of the columns and metadata keys that were selected. */
  readonly select: string[][];

  constructor(columns: {
    ids: string[][];
    documents: ((string | null)[] | null)[];
    embeddings: ((number[] | null)[] | null)[];
    metadatas: ((Metadata | null)[] | null)[];
    scores: ((number | null)[] | null)[];
    select: string[][];
  }) {
    this.ids = columns.ids;
    this.documents = columns.documents;
    this.embeddings = columns.embeddings;
    this.metadatas = columns.metadatas;
    this.scores = columns.scores;
    this.select = columns.select;
  }

  /** For each search, one object a record; members that were not selected, or that it lacks, are left out. */
  rows(): SearchResultRow[][] {
    return this.ids.map((ids, s) =>
      ids.map((id, i) => ({
        id,
        ...given("document", this.documents[s]?.[i]),
        ...given("embedding", this.embeddings[s]?.[i]),
        ...given("metadata", this.metadatas[s]?.[i]),
        ...given("score", this.scores[s]?.[i]),
      })),
    );
  }
}

/** An object with this member, or with none when there is no value. */
function given<K extends string, V>(name: K, value: V | null | undefined): { [P in K]?: V } {
  return (value === null || value === undefined ? {} : { [name]: value }) as { [P in K]?: V };
}

function includes(include: readonly Include[]): Partial<Record<Include, true>> {
  return Object.fromEntries(include.map((section) => [section, true]));
}

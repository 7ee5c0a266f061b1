/** Nearest neighbours as a rank. */

import type { SparseVector } from "../types.js";
import { type IterableInput, isPlainObject } from "./input.js";
import { Key } from "./key.js";
import { RankExpression, type RankLiteral, requireFinite } from "./rank.js";

const DEFAULT_LIMIT = 128;

export interface KnnOptions {
  /** A vector, or a text that the collection's function embeds. */
  query: IterableInput<number> | SparseVector | string;
  /** The vectors to search; default the embeddings. */
  key?: string | Key;
  /** So many records are neighbours; default 128. */
  limit?: number;
  /** The score of records that are none. Without it they are not found. */
  default?: number | null;
  /** The score is the position among the neighbours instead of the distance. */
  returnRank?: boolean;
}

class NearestNeighbours extends RankExpression {
  readonly #options: RankLiteral;

  constructor(options: RankLiteral) {
    super();
    this.#options = options;
  }

  override toJSON(): RankLiteral {
    return { $knn: { ...this.#options } };
  }
}

/** Ranks the records nearest to a vector by their distance. */
export function Knn(options: KnnOptions): RankExpression {
  const limit = options.limit ?? DEFAULT_LIMIT;
  if (!Number.isInteger(limit) || limit <= 0) {
    throw new TypeError(`Expected the limit of Knn to be a positive integer, but got ${limit}`);
  }
  const query = copyQuery(options.query);
  const key: unknown = options.key instanceof Key ? options.key.name : (options.key ?? Key.EMBEDDING.name);
  if (typeof key !== "string") {
    throw new TypeError(`Expected the key of Knn to be a string or a Key, but got ${typeof key}`);
  }
  const others = options.default ?? undefined;
  return new NearestNeighbours({
    query,
    key,
    limit,
    ...(others !== undefined && { default: requireFinite(others, "the default of Knn") }),
    ...(options.returnRank && { return_rank: true }),
  });
}

function copyQuery(query: KnnOptions["query"]): number[] | SparseVector | string {
  if (typeof query === "string") {
    return query;
  }
  if (isSparse(query)) {
    return { indices: [...query.indices], values: [...query.values] };
  }
  // Of arrays nothing is asked here: the engine refuses what is no vector.
  return Array.isArray(query)
    ? [...(query as number[])]
    : Array.from(query, (component: unknown) => requireFinite(component, "each component of a query"));
}

function isSparse(query: IterableInput<number> | SparseVector): query is SparseVector {
  return isPlainObject(query) && Array.isArray(query.indices) && Array.isArray(query.values);
}

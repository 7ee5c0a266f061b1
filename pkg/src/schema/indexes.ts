/** The indexes of a schema: what each is asked for, and whether it is switched on. */

import type { EmbeddingFunction, EmbeddingFunctionSpace, SparseEmbeddingFunction } from "../embedding/types.js";
import { Key } from "../search/key.js";
import type { Vector } from "../types.js";

/** Full text search and regular expressions over documents. */
export class FtsIndexConfig {
  readonly type = "FtsIndexConfig";
}

export class StringInvertedIndexConfig {
  readonly type = "StringInvertedIndexConfig";
}

export class IntInvertedIndexConfig {
  readonly type = "IntInvertedIndexConfig";
}

export class FloatInvertedIndexConfig {
  readonly type = "FloatInvertedIndexConfig";
}

export class BoolInvertedIndexConfig {
  readonly type = "BoolInvertedIndexConfig";
}

/** Parameters of a graph; the space is a member of the index's config. */
export interface HnswIndexParameters {
  batch_size?: number | null;
  ef_construction?: number | null;
  ef_search?: number | null;
  max_neighbors?: number | null;
  num_threads?: number | null;
  resize_factor?: number | null;
  sync_threshold?: number | null;
}

/** Parameters of clusters; the space is a member of the index's config. */
export interface SpannIndexParameters {
  center_drift_threshold?: number | null;
  ef_construction?: number | null;
  ef_search?: number | null;
  initial_lambda?: number | null;
  max_neighbors?: number | null;
  merge_threshold?: number | null;
  nreplica_count?: number | null;
  num_centers_to_merge_to?: number | null;
  num_samples_kmeans?: number | null;
  /** Chosen by the engine; accepted by Chroma Cloud only. */
  quantize?: "none" | "four_bit_rabit_q_with_u_search";
  reassign_neighbor_count?: number | null;
  search_nprobe?: number | null;
  search_rng_epsilon?: number | null;
  search_rng_factor?: number | null;
  split_threshold?: number | null;
  write_nprobe?: number | null;
  write_rng_epsilon?: number | null;
  write_rng_factor?: number | null;
}

export interface VectorIndexConfigOptions {
  /** Default: what the function prefers. */
  space?: EmbeddingFunctionSpace | null;
  /** `null` for none; without it the client chooses. */
  embeddingFunction?: EmbeddingFunction<Vector> | null;
  sourceKey?: string | Key | null;
  hnsw?: HnswIndexParameters | null;
  spann?: SpannIndexParameters | null;
}

/** How dense vectors are searched, and what makes them. */
export class VectorIndexConfig {
  readonly type = "VectorIndexConfig";
  space: EmbeddingFunctionSpace | null;
  embeddingFunction?: EmbeddingFunction<Vector> | null;
  sourceKey: string | null;
  hnsw: HnswIndexParameters | null;
  spann: SpannIndexParameters | null;

  constructor(options: VectorIndexConfigOptions = {}) {
    this.space = options.space ?? null;
    this.embeddingFunction = options.embeddingFunction;
    this.sourceKey = nameOf(options.sourceKey);
    this.hnsw = options.hnsw ?? null;
    this.spann = options.spann ?? null;
  }
}

export interface SparseVectorIndexConfigOptions {
  embeddingFunction?: SparseEmbeddingFunction | null;
  /** Where the texts are that the function embeds: `#document`, or a key of metadata. */
  sourceKey?: string | Key | null;
  /** Whether rare dimensions of a query count more. */
  bm25?: boolean | null;
}

/** How the sparse vectors of a key are searched, and what makes them. */
export class SparseVectorIndexConfig {
  readonly type = "SparseVectorIndexConfig";
  embeddingFunction?: SparseEmbeddingFunction | null;
  sourceKey: string | null;
  bm25: boolean | null;

  constructor(options: SparseVectorIndexConfigOptions = {}) {
    this.embeddingFunction = options.embeddingFunction;
    this.sourceKey = nameOf(options.sourceKey);
    this.bm25 = options.bm25 ?? null;
  }
}

function nameOf(key: string | Key | null | undefined): string | null {
  return key instanceof Key ? key.name : (key ?? null);
}

export type IndexConfig =
  | FtsIndexConfig
  | VectorIndexConfig
  | SparseVectorIndexConfig
  | StringInvertedIndexConfig
  | IntInvertedIndexConfig
  | FloatInvertedIndexConfig
  | BoolInvertedIndexConfig;

/** An index, and whether it is switched on. */
class IndexType<C> {
  constructor(
    public enabled: boolean,
    public config: C,
  ) {}
}

export class FtsIndexType extends IndexType<FtsIndexConfig> {}
export class StringInvertedIndexType extends IndexType<StringInvertedIndexConfig> {}
export class VectorIndexType extends IndexType<VectorIndexConfig> {}
export class SparseVectorIndexType extends IndexType<SparseVectorIndexConfig> {}
export class IntInvertedIndexType extends IndexType<IntInvertedIndexConfig> {}
export class FloatInvertedIndexType extends IndexType<FloatInvertedIndexConfig> {}
export class BoolInvertedIndexType extends IndexType<BoolInvertedIndexConfig> {}

/** Schemas as JSON. */

import type { FunctionBuilder } from "../embedding/builder.js";
import { describeFunction } from "../embedding/registry.js";
import type {
  EmbeddingFunction,
  EmbeddingFunctionConfiguration,
  EmbeddingFunctionSpace,
  SparseEmbeddingFunction,
} from "../embedding/types.js";
import { toPlain } from "../metadata.js";
import type { Vector } from "../types.js";
import { type IndexConfig, SparseVectorIndexConfig, VectorIndexConfig } from "./indexes.js";
import { type Indexes, indexesOf, type IndexPlace, PLACES, ValueTypes } from "./values.js";

export interface IndexJson {
  enabled: boolean;
  config: Record<string, unknown>;
}

/** By type of value and by index. */
export type ValueTypesJson = Record<string, Record<string, IndexJson>>;

/** A schema as the REST API takes and shows it. */
export interface SchemaJson {
  defaults: ValueTypesJson;
  keys: Record<string, ValueTypesJson>;
  cmek?: Record<string, unknown>;
}

export function writeValueTypes(types: ValueTypes): ValueTypesJson {
  const json: ValueTypesJson = {};
  for (const { member, value, indexMember, index } of PLACES) {
    const found = (types[member] as Indexes | null)?.[indexMember];
    if (found) {
      (json[value] ??= {})[index] = { enabled: found.enabled, config: writeConfig(found.config) };
    }
  }
  return json;
}

function writeConfig(config: IndexConfig): Record<string, unknown> {
  if (config instanceof VectorIndexConfig) {
    const { embeddingFunction, sourceKey, hnsw, spann } = config;
    const embedding_function = writeFunction(embeddingFunction);
    const space = chooseSpace(config.space, embeddingFunction);
    return {
      embedding_function,
      ...(space && { space }),
      ...(sourceKey && { source_key: sourceKey }),
      ...(hnsw && { hnsw: toPlain(hnsw) }),
      ...(spann && { spann: toPlain(spann) }),
    };
  }
  if (config instanceof SparseVectorIndexConfig) {
    const { embeddingFunction, sourceKey, bm25 } = config;
    return {
      embedding_function: writeFunction(embeddingFunction),
      ...(sourceKey && { source_key: sourceKey }),
      ...(typeof bm25 === "boolean" && { bm25 }),
    };
  }
  return {};
}

function writeFunction(
  ef: EmbeddingFunction<Vector> | SparseEmbeddingFunction | null | undefined,
): EmbeddingFunctionConfiguration {
  return ef ? describeFunction(ef) : { type: "legacy" };
}

/** The space that was asked for, else the function's own. Warns of one that the function does not support. */
function chooseSpace(
  given: EmbeddingFunctionSpace | null,
  ef: EmbeddingFunction<Vector> | null | undefined,
): EmbeddingFunctionSpace | undefined {
  const space = given || ef?.defaultSpace?.();
  const supported = space && ef?.supportedSpaces?.();
  if (supported && !supported.includes(space)) {
    // eslint-disable-next-line no-console -- the official client warns here
    console.warn(
      `Space '${space}' is not supported by embedding function '${ef?.name || "unknown"}'. ` +
        `Supported spaces: ${supported.join(", ")}`,
    );
  }
  return space;
}

/** Builds the functions that can be built here; without those that cannot be, the rest is as it was. */
export async function readValueTypes(
  json: Record<string, Record<string, unknown> | null | undefined>,
  functions: FunctionBuilder,
): Promise<ValueTypes> {
  const types = new ValueTypes();
  for (const place of PLACES) {
    const value = json[place.value];
    if (value) {
      const found = value[place.index] as Partial<IndexJson> | null | undefined;
      indexesOf(types, place)[place.indexMember] = found ? await readIndex(place, found, functions) : null;
    }
  }
  return types;
}

async function readIndex(
  { IndexType, Config }: IndexPlace,
  { enabled, config = {} }: Partial<IndexJson>,
  functions: FunctionBuilder,
) {
  const read = new Config();
  const efConfig = config.embedding_function as EmbeddingFunctionConfiguration | undefined;
  if (read instanceof VectorIndexConfig) {
    const { space, source_key, hnsw, spann } = config as Record<string, never>;
    const embeddingFunction = await functions.dense(efConfig);
    Object.assign(
      read,
      new VectorIndexConfig({ space, embeddingFunction, sourceKey: source_key, hnsw: toPlain(hnsw), spann: toPlain(spann) }),
    );
    read.space ??= embeddingFunction?.defaultSpace?.() ?? null;
  } else if (read instanceof SparseVectorIndexConfig) {
    read.sourceKey = (config.source_key as string | null | undefined) ?? null;
    read.bm25 = typeof config.bm25 === "boolean" ? config.bm25 : null;
    read.embeddingFunction = (await functions.sparse(efConfig)) ?? null;
  }
  return new IndexType(Boolean(enabled), read as never);
}

/** The schema of a collection: which of its fields are indexed, how, and what embeds them. */

import { FunctionBuilder } from "../embedding/builder.js";
import type { EmbeddingFunction, EmbeddingFunctionClient } from "../embedding/types.js";
import { toPlain } from "../metadata.js";
import { Cmek } from "./cmek.js";
import {
  BoolInvertedIndexConfig,
  FloatInvertedIndexConfig,
  FtsIndexConfig,
  type IndexConfig,
  IntInvertedIndexConfig,
  SparseVectorIndexConfig,
  StringInvertedIndexConfig,
  VectorIndexConfig,
} from "./indexes.js";
import { readValueTypes, type SchemaJson, type ValueTypesJson, writeValueTypes } from "./json.js";
import { setIndex, ValueTypes } from "./values.js";

/** The key that stands for documents. */
export const DOCUMENT_KEY = "#document";

/** The key that stands for embeddings. */
export const EMBEDDING_KEY = "#embedding";

/** Starts with what a collection has by default; {@link createIndex} and {@link deleteIndex} change it. */
export class Schema {
  /** What keys have that are not in {@link keys}. */
  defaults: ValueTypes = new ValueTypes();
  keys: Record<string, ValueTypes> = {};
  cmek: Cmek | null = null;

  constructor() {
    setIndex(this.defaults, new FtsIndexConfig(), false);
    setIndex(this.defaults, new StringInvertedIndexConfig(), true);
    setIndex(this.defaults, new VectorIndexConfig(), false);
    setIndex(this.defaults, new SparseVectorIndexConfig(), false);
    setIndex(this.defaults, new IntInvertedIndexConfig(), true);
    setIndex(this.defaults, new FloatInvertedIndexConfig(), true);
    setIndex(this.defaults, new BoolInvertedIndexConfig(), true);
    const document = entryOf(this.keys, DOCUMENT_KEY);
    setIndex(document, new FtsIndexConfig(), true);
    setIndex(document, new StringInvertedIndexConfig(), false);
    setIndex(entryOf(this.keys, EMBEDDING_KEY), new VectorIndexConfig({ sourceKey: DOCUMENT_KEY }), true);
  }

  /** A label: see {@link Cmek}. `null` takes it away. */
  setCmek(cmek: Cmek | null): this {
    this.cmek = cmek;
    return this;
  }

  /** Switches an index on: for a key, or by default. The index of embeddings has no key, that of documents `#document`. */
  createIndex(config?: IndexConfig, key?: string): this {
    if (config == null && key == null) {
      throw new Error("Cannot enable all index types globally. Must specify either config or key.");
    }
    if (key === EMBEDDING_KEY) {
      throw new Error(
        `Cannot create index on special key '${key}'. This key is managed automatically by the system. ` +
          "Invoke createIndex(new VectorIndexConfig(...)) without specifying a key to configure the vector index globally.",
      );
    }
    requireFreeKey("create", config, key);
    if (config instanceof VectorIndexConfig) {
      setVectorIndex(this, config, key);
      return this;
    }
    if (config instanceof FtsIndexConfig && key !== DOCUMENT_KEY) {
      throw new Error(
        "FTS index can only be enabled on #document key. Use createIndex(new FtsIndexConfig(), '#document')",
      );
    }
    if (config instanceof SparseVectorIndexConfig && key == null) {
      throw new Error(
        "Sparse vector index must be created on a specific key. " +
          "Please specify a key using: createIndex(new SparseVectorIndexConfig(...), 'your_key')",
      );
    }
    switchIndex(this, "enable", config, key);
    return this;
  }

  /** Switches an index off. Vectors and sparse vectors cannot be. */
  deleteIndex(config?: IndexConfig, key?: string): this {
    if (config == null && key == null) {
      throw new Error("Cannot disable all indexes. Must specify either config or key.");
    }
    if (key === EMBEDDING_KEY) {
      throw new Error("Cannot modify #embedding. Currently not supported");
    }
    requireFreeKey("delete", config, key);
    if (config instanceof VectorIndexConfig) {
      throw new Error("Deleting vector index is not currently supported.");
    }
    if (config instanceof SparseVectorIndexConfig) {
      throw new Error("Deleting sparse vector index is not currently supported.");
    }
    if (config instanceof FtsIndexConfig && key !== DOCUMENT_KEY) {
      throw new Error("Deleting FTS index is only supported on #document key.");
    }
    switchIndex(this, "disable", config, key);
    return this;
  }

  serializeToJSON(): SchemaJson {
    const keys = Object.entries(this.keys).map(([key, types]): [string, ValueTypesJson] => [key, writeValueTypes(types)]);
    return {
      defaults: writeValueTypes(this.defaults),
      keys: Object.fromEntries(keys),
      ...(this.cmek && { cmek: this.cmek.toJSON() }),
    };
  }

  /** The schema that JSON stands for, with its embedding functions as far as they can be built here. */
  static async deserializeFromJSON(
    json: SchemaJson | Record<string, unknown> | null,
    client: EmbeddingFunctionClient,
  ): Promise<Schema | undefined> {
    return json == null ? undefined : readSchema(json, new FunctionBuilder(client));
  }

  /** What embeds documents: `null` for nothing, `undefined` when the schema does not say. */
  resolveEmbeddingFunction(): EmbeddingFunction | null | undefined {
    const own = this.keys[EMBEDDING_KEY]?.floatList?.vectorIndex?.config.embeddingFunction;
    const found = own === undefined ? this.defaults.floatList?.vectorIndex?.config.embeddingFunction : own;
    // A function that makes typed arrays is one for every purpose of the client.
    return found as EmbeddingFunction | null | undefined;
  }
}

/** The schema that JSON stands for. */
export async function readSchema(
  { defaults, keys, cmek }: Partial<SchemaJson>,
  functions: FunctionBuilder,
): Promise<Schema> {
  const schema = new Schema();
  schema.defaults = await readValueTypes(defaults ?? {}, functions);
  const read: [string, ValueTypes][] = [];
  for (const [key, types] of Object.entries(keys ?? {})) {
    read.push([key, await readValueTypes(types, functions)]);
  }
  schema.keys = Object.fromEntries(read);
  schema.cmek = cmek && typeof cmek === "object" ? Cmek.fromStored(cmek) : null;
  return schema;
}

/** Of the keys that begin with `#` only that of documents can be switched, and only for texts. */
function requireFreeKey(how: "create" | "delete", config: unknown, key: string | null | undefined): void {
  if (key === DOCUMENT_KEY && !(config instanceof FtsIndexConfig)) {
    const what = how === "create" ? "create index on" : "delete index on";
    throw new Error(
      `Cannot ${what} special key '${key}' with this config. Only FtsIndexConfig is allowed for #document.`,
    );
  }
  if (key?.startsWith("#") && key !== DOCUMENT_KEY) {
    throw new Error("key cannot begin with '#'. Keys starting with '#' are reserved for system use.");
  }
}

function requireFunction(config: IndexConfig): void {
  if (config instanceof SparseVectorIndexConfig && config.sourceKey != null && !config.embeddingFunction) {
    throw new Error(
      "If sourceKey is provided then embeddingFunction must also be provided since there is no default embedding " +
        `function. Config: ${JSON.stringify(config)}`,
    );
  }
}

function switchIndex(
  { defaults, keys }: Schema,
  how: "enable" | "disable",
  config: IndexConfig | null | undefined,
  key: string | null | undefined,
): void {
  if (config == null) {
    if (key) {
      throw new Error(`Cannot ${how} all index types for key '${key}'. Please specify a specific index configuration.`);
    }
  } else if (key == null) {
    setIndex(defaults, config, how === "enable");
  } else if (key) {
    requireFunction(config);
    setIndex(entryOf(keys, key), config, how === "enable");
  }
}

/** What is said of vectors is said of all, and of the embeddings; whose source stays the documents. */
function setVectorIndex(
  { defaults, keys }: Schema,
  config: VectorIndexConfig,
  key: string | null | undefined,
): void {
  if (key != null) {
    throw new Error(
      "Vector index cannot be enabled on specific keys. " +
        "Use createIndex(new VectorIndexConfig(...)) without specifying a key to configure the vector index globally.",
    );
  }
  const copy = (sourceKey: string | null) =>
    new VectorIndexConfig({ ...config, sourceKey, hnsw: toPlain(config.hnsw), spann: toPlain(config.spann) });
  const embeddings = entryOf(keys, EMBEDDING_KEY);
  const current = embeddings.floatList?.vectorIndex;
  setIndex(defaults, copy(config.sourceKey), defaults.floatList?.vectorIndex?.enabled ?? false);
  setIndex(embeddings, copy(current?.config.sourceKey ?? DOCUMENT_KEY), current?.enabled ?? true);
}

/** The entry of a key, made when there is none; whatever the name of the key is. */
function entryOf(keys: Record<string, ValueTypes>, key: string): ValueTypes {
  const found = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (found) {
    return found;
  }
  const types = new ValueTypes();
  Object.defineProperty(keys, key, { value: types, enumerable: true, configurable: true, writable: true });
  return types;
}

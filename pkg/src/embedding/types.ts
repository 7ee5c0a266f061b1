/** What an embedding function is. */

import type { ChromaClient } from "../client.js";
import type { SparseVector, Vector } from "../types.js";

/** Distances of dense vectors. */
export type EmbeddingFunctionSpace = "cosine" | "l2" | "ip";

/** How an embedding function is kept in a collection's configuration, so that it can be built again. */
export type EmbeddingFunctionConfiguration =
  | { type: "legacy" }
  | { type: "known"; name: string; config: unknown }
  | { type: "unknown" };

/** What a function may want to know of the client that builds it: hosted models take their key from the headers. */
export type EmbeddingFunctionClient = Pick<ChromaClient, "tenant" | "database" | "headers">;

/** Members of a function's configuration. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the official client's interface
type Config = Record<string, any>;

/** Turns texts into dense vectors. Functions that make typed arrays are `EmbeddingFunction<Float32Array>`. */
export interface EmbeddingFunction<V extends Vector = number[]> {
  generate(texts: string[]): Promise<V[]>;
  /** Used for queries instead of {@link generate} where it exists. */
  generateForQueries?(texts: string[]): Promise<V[]>;
  /** The name it is registered by. */
  name?: string;
  defaultSpace?(): EmbeddingFunctionSpace;
  supportedSpaces?(): EmbeddingFunctionSpace[];
  /** Used as a static method: see {@link EmbeddingFunctionClass}. */
  buildFromConfig?(config: Config, client?: EmbeddingFunctionClient): EmbeddingFunction<V>;
  /** What {@link buildFromConfig} needs; JSON. */
  getConfig?(): Config;
  /** Throws when a collection's function may not be replaced by one with this configuration. */
  validateConfigUpdate?(newConfig: Config): void;
  validateConfig?(config: Config): void;
}

/** Turns texts into sparse vectors. */
export interface SparseEmbeddingFunction {
  generate(texts: string[]): Promise<SparseVector[]>;
  /** Used for queries instead of {@link generate} where it exists. */
  generateForQueries?(texts: string[]): Promise<SparseVector[]>;
  /** The name it is registered by. */
  name?: string;
  /** Used as a static method: see {@link SparseEmbeddingFunctionClass}. */
  buildFromConfig?(config: Config, client?: EmbeddingFunctionClient): SparseEmbeddingFunction;
  /** What {@link buildFromConfig} needs; JSON. */
  getConfig?(): Config;
  validateConfigUpdate?(newConfig: Config): void;
  validateConfig?(config: Config): void;
}

/** What is registered for a name. */
export interface EmbeddingFunctionClass {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- constructors differ
  new (...args: any[]): EmbeddingFunction<Vector>;
  name: string;
  buildFromConfig(config: Config, client?: EmbeddingFunctionClient): EmbeddingFunction<Vector>;
}

/** What is registered for the name of a sparse function. */
export interface SparseEmbeddingFunctionClass {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- constructors differ
  new (...args: any[]): SparseEmbeddingFunction;
  name: string;
  buildFromConfig(config: Config, client?: EmbeddingFunctionClient): SparseEmbeddingFunction;
}

export type AnyEmbeddingFunction = EmbeddingFunction | SparseEmbeddingFunction;

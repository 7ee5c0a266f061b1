/** Functions for one collection: what its configuration and its schema say alike is built once. */

import { getEmbeddingFunction, getSparseEmbeddingFunction } from "./registry.js";
import type {
  EmbeddingFunction,
  EmbeddingFunctionClient,
  EmbeddingFunctionConfiguration,
  SparseEmbeddingFunction,
} from "./types.js";

export class FunctionBuilder {
  readonly #client: EmbeddingFunctionClient;
  readonly #dense = new Map<string, Promise<EmbeddingFunction | undefined>>();
  readonly #sparse = new Map<string, Promise<SparseEmbeddingFunction | undefined>>();

  constructor(client: EmbeddingFunctionClient) {
    this.#client = client;
  }

  /** Undefined when it cannot be built here. */
  dense(efConfig: EmbeddingFunctionConfiguration | null | undefined): Promise<EmbeddingFunction | undefined> {
    return once(this.#dense, efConfig, (efConfig) => getEmbeddingFunction({ client: this.#client, efConfig }));
  }

  /** Undefined when it cannot be built here. */
  sparse(efConfig: EmbeddingFunctionConfiguration | null | undefined): Promise<SparseEmbeddingFunction | undefined> {
    return once(this.#sparse, efConfig, (efConfig) => getSparseEmbeddingFunction(this.#client, efConfig));
  }
}

function once<F>(
  built: Map<string, Promise<F | undefined>>,
  efConfig: EmbeddingFunctionConfiguration | null | undefined,
  build: (efConfig: EmbeddingFunctionConfiguration) => Promise<F | undefined>,
): Promise<F | undefined> {
  if (!efConfig) {
    return Promise.resolve(undefined);
  }
  const name = JSON.stringify(efConfig);
  const found = built.get(name) ?? build(efConfig);
  built.set(name, found);
  return found;
}

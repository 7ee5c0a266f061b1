/** BM25 as a sparse embedding function: the vectors, the configuration and the errors of `@chroma-core/chroma-bm25`. */

import type { SparseVector } from "../types.js";
import { DEFAULT_CHROMA_BM25_STOPWORDS } from "./bm25-stopwords.js";
import { murmur3 } from "./murmur3.js";
import { stem } from "./stemmer.js";
import type { SparseEmbeddingFunction } from "./types.js";

/** The name in configurations, for clients in every language. */
const NAME = "chroma_bm25";

/** Options of {@link ChromaBm25EmbeddingFunction}. */
export interface ChromaBm25Args {
  /** How soon repetitions of a word stop counting; default 1.2. */
  k?: number;
  /** How much the length of a text counts, from 0 to 1; default 0.75. */
  b?: number;
  /** The usual length of a text in tokens; default 256. */
  avgDocLength?: number;
  /** Words with more UTF-16 units are left out; default 40. */
  tokenMaxLength?: number;
  /** Words to leave out instead of {@link DEFAULT_CHROMA_BM25_STOPWORDS}. */
  stopwords?: string[];
}

/** {@link ChromaBm25Args} as they are stored. */
export interface ChromaBm25Config {
  k?: number;
  b?: number;
  avg_doc_length?: number;
  token_max_length?: number;
  stopwords?: string[];
}

const DEFAULT_STOPWORDS: ReadonlySet<string> = new Set(DEFAULT_CHROMA_BM25_STOPWORDS);

/**
 * Weighs the stems of a text by how often they occur in it and how long it is. How rare a stem is among all documents is
 * the business of the index.
 */
export class ChromaBm25EmbeddingFunction implements SparseEmbeddingFunction {
  readonly name = NAME;
  readonly #k: number;
  readonly #b: number;
  readonly #avgDocLength: number;
  readonly #tokenMaxLength: number;
  /** Those of the caller. */
  readonly #stopwords: string[] | undefined;
  readonly #leftOut: ReadonlySet<string>;

  constructor(args: ChromaBm25Args = {}) {
    const { k = 1.2, b = 0.75, avgDocLength = 256, tokenMaxLength = 40, stopwords } = args;
    this.#k = k;
    this.#b = b;
    this.#avgDocLength = avgDocLength;
    this.#tokenMaxLength = tokenMaxLength;
    this.#stopwords = stopwords && [...stopwords];
    this.#leftOut = stopwords ? new Set(stopwords.map((word) => word.toLowerCase())) : DEFAULT_STOPWORDS;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a text that is no string rejects, as in the official package
  async generate(texts: string[]): Promise<SparseVector[]> {
    return texts.map((text) => this.#embed(text));
  }

  async generateForQueries(texts: string[]): Promise<SparseVector[]> {
    return this.generate(texts);
  }

  static buildFromConfig(config: ChromaBm25Config): ChromaBm25EmbeddingFunction {
    return new ChromaBm25EmbeddingFunction({
      k: config.k,
      b: config.b,
      avgDocLength: config.avg_doc_length,
      tokenMaxLength: config.token_max_length,
      stopwords: config.stopwords,
    });
  }

  getConfig(): ChromaBm25Config {
    return {
      k: this.#k,
      b: this.#b,
      avg_doc_length: this.#avgDocLength,
      token_max_length: this.#tokenMaxLength,
      ...(this.#stopwords && { stopwords: [...this.#stopwords] }),
    };
  }

  /** Every parameter may change: vectors made before keep their weights. */
  validateConfigUpdate(newConfig: Record<string, unknown>): void {
    for (const key of Object.keys(newConfig)) {
      if (!PARAMETERS.has(key)) {
        throw new Error(`Updating '${key}' is not supported for ${NAME}`);
      }
    }
  }

  static validateConfig(config: ChromaBm25Config): void {
    const problems = findProblems(config);
    if (problems.length > 0) {
      throw new Error(`Config validation failed for schema '${NAME}': ${problems.join(", ")}`);
    }
  }

  #embed(text: string): SparseVector {
    const tokens = this.#tokens(text);
    const counts = new Map<number, number>();
    for (const token of tokens) {
      const index = Math.abs(murmur3(token));
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    const length = 1 - this.#b + (this.#b * tokens.length) / this.#avgDocLength;
    const entries = [...counts].sort(([a], [b]) => a - b);
    return {
      indices: entries.map(([index]) => index),
      values: entries.map(([, count]) => (count * (this.#k + 1)) / (count + this.#k * length)),
    };
  }

  #tokens(text: string): string[] {
    return text
      .replace(/[^\p{L}\p{N}_\s]+/gu, " ")
      .toLowerCase()
      .split(/\s+/u)
      .filter((word) => word !== "" && !this.#leftOut.has(word) && word.length <= this.#tokenMaxLength)
      .map(stem);
  }
}

/** Names of stored parameters that may be set by an update. */
const PARAMETERS = new Set(["k", "b", "avg_doc_length", "token_max_length", "stopwords"]);

/** What is wrong with a configuration, in the words of the JSON schema that all of Chroma's clients share. */
function findProblems(config: unknown): string[] {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    return ["/: must be object"];
  }
  // The last is no parameter of this function, but Python's may have stored it.
  const { k, b, avg_doc_length, token_max_length, stopwords, include_tokens, ...others } = config as Record<string, unknown>;
  const wrong = (name: string, value: unknown, type: string): string[] =>
    value === undefined || typeof value === type ? [] : [`/${name}: must be ${type}`];
  return [
    ...Object.keys(others).map(() => "/: must NOT have additional properties"),
    ...Object.entries({ k, b, avg_doc_length, token_max_length }).flatMap(([name, value]) => wrong(name, value, "number")),
    ...(stopwords !== undefined && !Array.isArray(stopwords) ? ["/stopwords: must be array"] : []),
    ...(Array.isArray(stopwords) ? stopwords.flatMap((word, i) => wrong(`stopwords/${i}`, word ?? null, "string")) : []),
    ...wrong("include_tokens", include_tokens, "boolean"),
  ];
}

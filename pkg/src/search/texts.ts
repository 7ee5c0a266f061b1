/** Texts in the place of vectors: the engine embeds nothing. */

import type { SearchPayload } from "../engine/engine.js";
import { ChromaValueError } from "../errors.js";
import type { Schema } from "../schema/schema.js";
import { sparseVectors } from "../schema/sparse.js";
import type { SparseVector, Vector } from "../types.js";
import { isPlainObject } from "./input.js";
import { Key } from "./key.js";

/** A search for neighbours whose query is a text; only literals lack a key. */
interface TextKnn {
  query: unknown;
  key?: unknown;
}

/** Whether there is a text to embed. */
export function hasTexts({ rank }: SearchPayload): boolean {
  return textKnns(rank).length > 0;
}

/** Puts vectors in the place of texts, with one call of a function for all of them. The payloads belong to the call. */
export async function embedTexts(
  payloads: readonly SearchPayload[],
  schema: Schema | undefined,
  embed: (texts: string[]) => Promise<Vector[]>,
): Promise<void> {
  const knns = new Map<string, TextKnn[]>();
  for (const knn of payloads.flatMap(({ rank }) => textKnns(rank))) {
    const key = typeof knn.key === "string" ? knn.key : Key.EMBEDDING.name;
    knns.set(key, [...(knns.get(key) ?? []), knn]);
  }
  // Who asks for what cannot be embedded is told before anything is.
  const functions = [...knns].map(([key, searches]) => ({
    searches,
    run: key === Key.EMBEDDING.name ? embed : sparseFunction(schema, key),
  }));
  for (const { searches, run } of functions) {
    const vectors = await run(searches.map(({ query }) => query as string));
    if (vectors.length !== searches.length) {
      throw new ChromaValueError(
        `The embedding function answered ${vectors.length} embeddings for ${searches.length} query texts`,
      );
    }
    vectors.forEach((vector, i) => Object.assign(searches[i] ?? {}, { query: plainVector(vector) }));
  }
}

function plainVector(vector: Vector | SparseVector): number[] | SparseVector {
  return "indices" in vector ? { indices: [...vector.indices], values: [...vector.values] } : Array.from(vector);
}

/** What embeds the texts that are searched for under a key of metadata. */
function sparseFunction(schema: Schema | undefined, key: string): (texts: string[]) => Promise<SparseVector[]> {
  const refusal = (reason: string) =>
    new ChromaValueError(
      `Cannot embed string query for key '${key}': ${reason}. ` +
        "Provide an embedded vector or configure an embedding function.",
    );
  if (!schema) {
    throw refusal("schema is not available");
  }
  if (!Object.hasOwn(schema.keys, key)) {
    throw refusal("key not found in schema");
  }
  const index = schema.keys[key]?.sparseVector?.sparseVectorIndex;
  const ef = index?.enabled && index.config.embeddingFunction;
  if (!ef) {
    throw refusal("no embedding function configured");
  }
  return (texts) => sparseVectors(ef, texts, true);
}

function textKnns(rank: unknown): TextKnn[] {
  if (typeof rank !== "object" || rank === null) {
    return [];
  }
  return Object.entries(rank).flatMap(([operator, operand]: [string, unknown]) => {
    if (operator !== "$knn" || !isPlainObject(operand)) {
      return textKnns(operand);
    }
    return typeof operand.query === "string" ? [operand as unknown as TextKnn] : [];
  });
}

/** Texts in the place of vectors: the engine embeds nothing. */

import type { SearchPayload } from "../engine/engine.js";
import { ChromaValueError } from "../errors.js";
import type { Vector } from "../types.js";
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

/** Puts vectors in the place of texts, with one call for all of them. The payloads belong to the call. */
export async function embedTexts(
  payloads: readonly SearchPayload[],
  embed: (texts: string[]) => Promise<Vector[]>,
): Promise<void> {
  const knns = payloads.flatMap(({ rank }) => textKnns(rank));
  if (knns.length === 0) {
    return;
  }
  for (const { key } of knns) {
    if (typeof key === "string" && key !== Key.EMBEDDING.name) {
      throw new ChromaValueError(
        `Cannot embed the text to search for in '${key}': only '${Key.EMBEDDING.name}' has an embedding function. ` +
          "Provide the vector instead.",
      );
    }
  }
  const vectors = await embed(knns.map(({ query }) => query as string));
  if (vectors.length !== knns.length) {
    throw new ChromaValueError(
      `The embedding function answered ${vectors.length} embeddings for ${knns.length} query texts`,
    );
  }
  vectors.forEach((vector, i) => Object.assign(knns[i] ?? {}, { query: Array.from(vector) }));
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

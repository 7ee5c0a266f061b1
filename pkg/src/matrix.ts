/** Vectors of the caller as one matrix for the engine, and back. */

import type { Matrix } from "./engine/engine.js";
import { own } from "./engine/transfer.js";
import { ChromaClientError } from "./errors.js";
import type { Vector } from "./types.js";

/** Copies rows of equal length into one array, which then belongs to the call. There is at least one row. */
export function packMatrix(rows: readonly Vector[]): Matrix {
  const dimension = rows[0]?.length ?? 0;
  const data = own(new Float32Array(rows.length * dimension));
  rows.forEach((row, i) => {
    if (row.length !== dimension) {
      throw new ChromaClientError(
        "Bad request to Chroma with status: Inconsistent dimensions in provided embeddings",
      );
    }
    data.set(row, i * dimension);
  });
  return { data, dimension };
}

/** The rows of a matrix that lacks none, as plain arrays of the same float32 values. */
export function unpackMatrix({ data, dimension }: Matrix): number[][] {
  const rows = dimension === 0 ? 0 : data.length / dimension;
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * dimension, (i + 1) * dimension)));
}

/** Vectors as they are, and one vector alone as a list of it: the official client took that before its version 3, and LlamaIndex's store still gives it. */
export function severalVectors(vectors: Vector[] | Vector): Vector[] {
  return typeof vectors[0] === "number" ? [vectors as Vector] : (vectors as Vector[]);
}

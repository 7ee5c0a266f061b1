/** Which buffers move between threads instead of being copied. */

import type { Matrix, QueryColumns, SearchColumns } from "./engine.js";

/** Bytes of the smallest buffer that moves: to hand over a smaller one takes longer than to copy it. */
export const MOVED_BYTES = 16 * 1024;

/** Buffers that this package allocated for one call. Everything else belongs to the caller. */
const owned = new WeakSet<ArrayBufferLike>();

/** Marks an array as made for one call, so that its buffer may be transferred with that call. */
export function own<T extends ArrayBufferView>(array: T): T {
  owned.add(array.buffer);
  return array;
}

/** The owned buffers among the arguments of a call: matrices lie at most one level deep. */
export function ownedBuffers(args: readonly unknown[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const argument of args) {
    if (typeof argument !== "object" || argument === null) {
      continue;
    }
    for (const matrix of [
      (argument as { embeddings?: Matrix }).embeddings,
      (argument as { query_embeddings?: Matrix }).query_embeddings,
    ]) {
      if (matrix?.data instanceof Float32Array && isLarge(matrix.data) && owned.has(matrix.data.buffer)) {
        buffers.add(matrix.data.buffer as ArrayBuffer);
      }
    }
  }
  return [...buffers];
}

/** The buffers of a result that nobody needs in this thread any more. */
export function resultBuffers(result: unknown): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  if (typeof result === "object" && result !== null) {
    if (result instanceof Uint8Array) {
      collectWhole(result, buffers);
      return [...buffers];
    }
    const { rows, distances, searches } = result as Partial<QueryColumns & SearchColumns>;
    const columns: { embeddings?: Matrix | null; scores?: Float32Array | null }[] = rows ?? searches ?? [result];
    for (const { embeddings, scores } of Array.isArray(columns) ? columns : []) {
      collectWhole(embeddings?.data, buffers);
      collectWhole(embeddings?.present, buffers);
      collectWhole(scores, buffers);
    }
    for (const row of Array.isArray(distances) ? distances : []) {
      collectWhole(row, buffers);
    }
  }
  return [...buffers];
}

/** A view into a larger buffer (wasm memory above all) cannot be transferred: it is left to be copied. */
function collectWhole(array: Float32Array | Uint8Array | null | undefined, buffers: Set<ArrayBuffer>): void {
  if (array?.buffer instanceof ArrayBuffer && array.byteLength === array.buffer.byteLength && isLarge(array)) {
    buffers.add(array.buffer);
  }
}

function isLarge(array: ArrayBufferView): boolean {
  return array.byteLength >= MOVED_BYTES;
}

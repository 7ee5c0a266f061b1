/** Metadata on its way to the engine and back. Any string is a key like any other, `__proto__` too. */

import type { Metadata, SparseVector } from "./types.js";

const SPARSE_VECTOR = "sparse_vector";

/** What becomes of a `null` value: it is left out, or sent on to delete its key. */
export type NullValues = "drop" | "keep";

/** Whether a value is a sparse vector: two lists of numbers. */
export function isSparseVector(value: unknown): value is SparseVector {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const { indices, values } = value as Partial<SparseVector>;
  return isNumbers(indices) && isNumbers(values);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

/** A copy that shares nothing with the caller's object. */
export function serializeMetadata(metadata: Metadata, nulls: NullValues): object {
  const entries: [string, unknown][] = [];
  for (const [key, value] of Object.entries<Metadata[string] | undefined>(metadata)) {
    if (value === undefined || (value === null && nulls === "drop")) {
      continue;
    }
    entries.push([key, serializeValue(value)]);
  }
  // fromEntries defines its members, so that no key reaches a setter of Object.prototype.
  return Object.fromEntries(entries);
}

function serializeValue(value: Metadata[string]): unknown {
  if (Array.isArray(value)) {
    return [...value];
  }
  if (isSparseVector(value)) {
    return { "#type": SPARSE_VECTOR, indices: [...value.indices], values: [...value.values] };
  }
  return value;
}

/** Takes the `#type` tags off the sparse vectors of an object that the engine made. */
export function deserializeMetadata<TMeta extends Metadata>(metadata: object): TMeta {
  for (const value of Object.values(metadata) as unknown[]) {
    if (typeof value === "object" && value !== null && "#type" in value && value["#type"] === SPARSE_VECTOR) {
      const sparse: { "#type"?: unknown } & Partial<SparseVector> = value;
      delete sparse["#type"];
      delete sparse.tokens;
    }
  }
  return metadata as TMeta;
}

/** A copy of a filter or configuration as JSON would carry it: plain objects, arrays and scalars. */
export function toPlain<T>(value: T): T {
  if (Array.isArray(value)) {
    return value.map(toPlain) as T;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== "function");
    return Object.fromEntries(members.map(([key, member]) => [key, toPlain(member)])) as T;
  }
  return value;
}

/** The checks that the `chromadb` client makes before it sends anything, with its messages. */

import { ChromaValueError } from "./errors.js";
import { isSparseVector } from "./metadata.js";
import {
  type BaseRecordSet,
  type Include,
  IncludeEnum,
  type Metadata,
  type RecordSet,
  recordSetFields,
  type Vector,
} from "./types.js";

/** All given columns have the same length, and it is not zero. */
export function validateRecordSetLengthConsistency(recordSet: RecordSet): void {
  const lengths = Object.entries(recordSet)
    .filter(([field, value]) => recordSetFields.includes(field) && value !== undefined && value !== null)
    .map(([field, value]) => [field, (value as unknown[]).length] as const);
  if (lengths.length === 0) {
    throw new ChromaValueError(`At least one of ${recordSetFields.join(", ")} must be provided`);
  }
  const empty = lengths.filter(([, length]) => length === 0).map(([field]) => field);
  if (empty.length > 0) {
    throw new ChromaValueError(`Non-empty lists are required for ${empty.join(", ")}`);
  }
  if (new Set(lengths.map(([, length]) => length)).size > 1) {
    throw new ChromaValueError(`Unequal lengths for fields ${lengths.map(([field]) => field).join(", ")}`);
  }
}

/** Ids are distinct strings, at least one. */
export function validateIDs(ids: readonly string[]): void {
  if (!Array.isArray(ids)) {
    throw new ChromaValueError(`Expected 'ids' to be an array, but got ${typeof ids}`);
  }
  if (ids.length === 0) {
    throw new ChromaValueError("Expected 'ids' to be a non-empty list");
  }
  const nonStrings = ids.flatMap((id, i) => (typeof id === "string" ? [] : [i]));
  if (nonStrings.length > 0) {
    throw new ChromaValueError(`Found non-string IDs at ${nonStrings.join(", ")}`);
  }
  const seen = new Set<string>();
  const duplicates = ids.filter((id: string) => seen.size === seen.add(id).size);
  if (duplicates.length > 0) {
    const listed =
      duplicates.length <= 5
        ? duplicates.join(", ")
        : `${duplicates.slice(0, 5).join(", ")}, ..., ${duplicates.slice(-5).join(", ")}`;
    throw new ChromaValueError(`Expected IDs to be unique, but found duplicates of ${listed}`);
  }
}

/**
 * The columns hold what they should; all but an update need vectors or something to embed.
 * `fields` are the columns' names as the caller wrote them, for messages.
 */
export function validateBaseRecordSet(
  recordSet: BaseRecordSet,
  { update = false, fields = { embeddings: "embeddings", documents: "documents" } } = {},
): void {
  if (!recordSet.embeddings && !recordSet.documents && !update) {
    throw new ChromaValueError(`At least one of '${fields.embeddings}' and '${fields.documents}' must be provided`);
  }
  if (recordSet.embeddings) {
    validateEmbeddings(recordSet.embeddings, fields.embeddings);
  }
  if (recordSet.documents) {
    validateStrings(recordSet.documents, fields.documents, "document");
  }
  if (recordSet.metadatas) {
    validateMetadatas(recordSet.metadatas);
  }
}

/** Every row is a vector with at least one component. */
export function validateEmbeddings(embeddings: readonly Vector[], field = "embeddings"): void {
  if (!Array.isArray(embeddings)) {
    throw new ChromaValueError(`Expected '${field}' to be an array, but got ${typeof embeddings}`);
  }
  if (embeddings.length === 0) {
    throw new ChromaValueError("Expected embeddings to be an array with at least one item");
  }
  embeddings.forEach((embedding: unknown, i) => {
    if (!isVector(embedding)) {
      throw new ChromaValueError("Expected each embedding to be an array of numbers");
    }
    if (embedding.length === 0) {
      throw new ChromaValueError(
        `Expected each embedding to be a non-empty array of numbers, but got an empty array at index ${i}`,
      );
    }
  });
}

function isVector(value: unknown): value is Vector {
  if (value instanceof Float32Array || value instanceof Float64Array) {
    return true;
  }
  return Array.isArray(value) && value.every((component) => typeof component === "number");
}

function validateStrings(values: readonly string[], field: string, item: string): void {
  if (!Array.isArray(values)) {
    throw new ChromaValueError(`Expected '${field}' to be an array, but got ${typeof values}`);
  }
  if (values.length === 0) {
    throw new ChromaValueError(`Expected '${field}' to be a non-empty list`);
  }
  for (const value of values as unknown[]) {
    if (typeof value !== "string") {
      throw new ChromaValueError(`Expected each ${item} to be a string, but got ${typeof value}`);
    }
  }
}

function validateMetadatas(metadatas: readonly Metadata[]): void {
  if (!Array.isArray(metadatas)) {
    throw new ChromaValueError(`Expected metadatas to be an array, but got ${typeof metadatas}`);
  }
  metadatas.forEach(validateMetadata);
}

/** Metadata has at least one key, and values of the known kinds. Absent metadata is fine. */
export function validateMetadata(metadata: Metadata | null | undefined): void {
  if (metadata === null || metadata === undefined) {
    return;
  }
  if (typeof metadata !== "object" || Array.isArray(metadata)) {
    throw new ChromaValueError(`Expected metadata to be an object, but got ${typeof metadata}`);
  }
  const entries: [string, unknown][] = Object.entries(metadata);
  if (entries.length === 0) {
    throw new ChromaValueError("Expected metadata to be non-empty");
  }
  for (const [key, value] of entries) {
    if (Array.isArray(value)) {
      validateMetadataList(key, value);
    } else if (value !== null && value !== undefined && !isScalar(value) && !isSparseVector(value)) {
      throw new ChromaValueError(
        `Expected metadata value for key '${key}' to be a string, number, boolean, SparseVector, typed array (string[], number[], boolean[]), or null`,
      );
    }
  }
}

function validateMetadataList(key: string, list: readonly unknown[]): void {
  if (list.length === 0) {
    throw new ChromaValueError(`Expected metadata list value for key '${key}' to be non-empty`);
  }
  for (const item of list) {
    if (!isScalar(item)) {
      throw new ChromaValueError(
        `Expected metadata list value for key '${key}' to contain only strings, numbers, or booleans, got ${typeof item}`,
      );
    }
    if (kind(item) !== kind(list[0])) {
      throw new ChromaValueError(
        `Expected metadata list value for key '${key}' to contain only the same type, got mixed types`,
      );
    }
  }
}

/** Whether a value is a string, a boolean or a number; integers beyond 2^53 are read, and so written, as bigint. */
export function isScalar(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(kind(value));
}

/** `typeof`, with both kinds of numbers under one name. */
export function kind(value: unknown): string {
  return typeof value === "bigint" ? "number" : typeof value;
}

/** One write holds no more records than the engine takes at once. */
export function validateMaxBatchSize(length: number, maxBatchSize: number): void {
  if (length > maxBatchSize) {
    throw new ChromaValueError(`Record set length ${length} exceeds max batch size ${maxBatchSize}`);
  }
}

/** Names of sections, without those that the operation does not have. */
export function validateInclude(include: readonly Include[], exclude: readonly Include[] = []): void {
  if (!Array.isArray(include)) {
    throw new ChromaValueError("Expected 'include' to be a non-empty array");
  }
  for (const item of include as unknown[]) {
    if (typeof item !== "string") {
      throw new ChromaValueError("Expected 'include' items to be strings");
    }
    if (!Object.hasOwn(IncludeEnum, item)) {
      const known = Object.keys(IncludeEnum).join(", ");
      throw new ChromaValueError(`Expected 'include' items to be one of ${known}, but got ${item}`);
    }
    if (exclude.includes(item as Include)) {
      throw new ChromaValueError(`${item} is not allowed for this operation`);
    }
  }
}

/** The number of results is a positive number. */
export function validateNResults(nResults: number): void {
  if (typeof nResults !== "number") {
    throw new ChromaValueError(`Expected 'nResults' to be a number, but got ${typeof nResults}`);
  }
  if (nResults <= 0) {
    throw new ChromaValueError("Number of requested results has to positive");
  }
}

/** The limit of a deletion is a whole number and bounds what a filter finds. */
export function validateDeleteLimit(limit: number | undefined, filtered: boolean): void {
  if (limit === undefined) {
    return;
  }
  if (!Number.isInteger(limit) || limit < 0) {
    throw new ChromaValueError("limit must be a non-negative integer");
  }
  if (!filtered) {
    throw new ChromaValueError("limit can only be specified when a where or whereDocument clause is provided");
  }
}

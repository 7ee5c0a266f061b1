/** Metadata values. An integer is a bigint and a float a number, so that 1 and 1.0 stay apart. */

import { type ApiError, invalid, misshapen, unsupported } from "./errors.js";
import { arrayText, floatText, type Json, JsonNumber } from "./json.js";

export type Scalar = boolean | bigint | number | string;
/** Lists have elements of one type, and never none. */
export type Value = Scalar | Scalar[];

/** A write's metadata; null deletes the key. */
export type Change = Map<string, Value | null>;

/** Where documents and uris are kept. */
export const DOCUMENT = "chroma:document";
export const URI = "chroma:uri";
const HIDDEN = "chroma:";

const I64_MIN = -(2n ** 63n);
const I64_MAX = 2n ** 63n - 1n;

export function isHidden(key: string): boolean {
  return key.startsWith(HIDDEN);
}

export function numberOf({ text, float }: JsonNumber): bigint | number {
  if (/^-?\d+$/.test(text) && text !== "-0") {
    const integer = BigInt(text);
    if (integer >= I64_MIN && integer <= I64_MAX) {
      return integer;
    }
  }
  // The database forgets the sign of a zero.
  return float || 0;
}

/** Undefined for what is no scalar. */
export function scalarOf(json: Json): Scalar | undefined {
  if (json instanceof JsonNumber) {
    return numberOf(json);
  }
  return typeof json === "boolean" || typeof json === "string" ? json : undefined;
}

/** A list of one type; integers among floats are floats. Undefined for anything else. */
function listOf(elements: Json[]): Scalar[] | undefined {
  const scalars = elements.map(scalarOf);
  const types = new Set(scalars.map((scalar) => typeof scalar));
  if (types.has("undefined")) {
    return undefined;
  }
  if (types.size === 2 && types.has("number") && types.has("bigint")) {
    return scalars.map(Number);
  }
  return types.size <= 1 ? (scalars as Scalar[]) : undefined;
}

function isSparseVector(json: Json): boolean {
  return json instanceof Map && json.has("indices") && json.has("values");
}

/** Null for an empty list: it is stored as no value. */
function valueOf(json: Json, at: string, key: string): Value | null {
  const value = Array.isArray(json) ? listOf(json) : scalarOf(json);
  if (value !== undefined) {
    return Array.isArray(value) && value.length === 0 ? null : value;
  }
  if (isSparseVector(json)) {
    throw unsupported(`Unimplemented: Sparse vector is not supported for local chroma: ${key}`);
  }
  throw misshapen(`${at}: data did not match any variant of untagged enum MetadataValue`);
}

/** Reads metadata; nulls among its values only where they may delete. */
export function changeOf(json: Json, at: string, nulls: boolean): Change | undefined {
  if (json === null) {
    return undefined;
  }
  if (!(json instanceof Map)) {
    throw misshapen(`${at}: expected a map`);
  }
  return new Map(
    Array.from(json, ([key, value]) => [key, nulls && value === null ? null : valueOf(value, `${at}.${key}`, key)]),
  );
}

/** What is wrong about a key. */
function faultOf(key: string): ApiError | undefined {
  if (key === "") {
    return invalid("Validation error: metadata: Metadata key cannot be empty");
  }
  return /^[#$]/.test(key) ? invalid(`Validation error: metadata: Metadata key cannot start with '#' or '$': ${key}`) : undefined;
}

export function checkRecordKeys(changes: (Change | undefined)[]): void {
  const index = changes.findIndex((change) => change && Array.from(change.keys()).some(faultOf));
  if (index >= 0) {
    throw invalid(`Validation error: metadatas: Invalid metadata at index ${String(index)}`);
  }
}

export function checkCollectionKeys(change: Change | undefined): void {
  if (change?.size === 0) {
    throw invalid("Validation error: metadata: Metadata cannot be empty");
  }
  for (const key of change?.keys() ?? []) {
    const fault = faultOf(key);
    if (fault) {
      throw fault;
    }
  }
}

/** A write waits as JSON in the server's log, from where its floats are read once more. */
export function logged<T extends Value | null>(value: T): T {
  if (Array.isArray(value)) {
    return value.map(logged) as T;
  }
  return (typeof value === "number" ? new JsonNumber(floatText(value)).float : value) as T;
}

export function valueText(value: Value): string {
  if (Array.isArray(value)) {
    return arrayText(value.map(valueText));
  }
  switch (typeof value) {
    case "bigint":
      return String(value);
    case "number":
      return floatText(value);
    default:
      return JSON.stringify(value);
  }
}

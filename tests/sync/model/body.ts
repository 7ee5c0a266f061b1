/** Members of request bodies, with the refusals of the server for those of another shape. */

import { invalid, misshapen, notJson } from "./errors.js";
import { type Json, JsonNumber, parseJson } from "./json.js";
import { type Change, changeOf } from "./values.js";

export type Body = Map<string, Json>;

const U32_MAX = 2 ** 32 - 1;

export function parseBody(text: string): Body {
  const json = parsed(text);
  if (!(json instanceof Map)) {
    throw misshapen("invalid type: expected a map");
  }
  return json;
}

function parsed(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    throw error instanceof SyntaxError ? notJson(error.message) : error;
  }
}

/** A member that has to be there. */
export function required<T>(body: Body, name: string, read: (body: Body, name: string) => T | undefined): T {
  if (!body.has(name)) {
    throw misshapen(`missing field \`${name}\``);
  }
  const value = read(body, name);
  if (value === undefined) {
    throw misshapen(`${name}: invalid type: null`);
  }
  return value;
}

export function text(body: Body, name: string): string | undefined {
  const value = body.get(name) ?? null;
  if (value !== null && typeof value !== "string") {
    throw misshapen(`${name}: expected a string`);
  }
  return value ?? undefined;
}

export function flag(body: Body, name: string): boolean {
  const value = body.get(name) ?? false;
  if (typeof value !== "boolean") {
    throw misshapen(`${name}: expected a boolean`);
  }
  return value;
}

export function list(body: Body, name: string): Json[] | undefined {
  const value = body.get(name) ?? null;
  if (value !== null && !Array.isArray(value)) {
    throw misshapen(`${name}: expected a sequence`);
  }
  return value ?? undefined;
}

/** Strings, and nulls where they are allowed. */
function strings(body: Body, name: string, nulls: boolean): (string | undefined)[] | undefined {
  return list(body, name)?.map((value, index) => {
    if (typeof value !== "string" && !(nulls && value === null)) {
      throw misshapen(`${name}[${String(index)}]: expected a string`);
    }
    return value ?? undefined;
  });
}

export const texts = (body: Body, name: string) => strings(body, name, false) as string[] | undefined;
export const optionalTexts = (body: Body, name: string) => strings(body, name, true);

export function changes(body: Body, name: string, nulls: boolean): (Change | undefined)[] | undefined {
  return list(body, name)?.map((value, index) => changeOf(value, `${name}[${String(index)}]`, nulls));
}

export function count(body: Body, name: string): number | undefined {
  const value = body.get(name) ?? null;
  if (value === null) {
    return undefined;
  }
  const number = value instanceof JsonNumber && /^\d+$/.test(value.text) ? Number(value.text) : NaN;
  if (!(number <= U32_MAX)) {
    throw misshapen(`${name}: expected u32`);
  }
  return number;
}

const SECTIONS = ["distances", "documents", "embeddings", "metadatas", "uris"] as const;
export type Section = (typeof SECTIONS)[number];

/** In the order of the request. */
export function include(body: Body): Section[] {
  if (!body.has("include")) {
    return ["documents", "metadatas"];
  }
  const named = list(body, "include");
  if (!named) {
    throw misshapen("include: invalid type: null, expected a sequence");
  }
  return named.map((name, index) => {
    const section = SECTIONS.find((known) => known === name);
    if (!section) {
      throw misshapen(`include[${String(index)}]: unknown variant, expected one of ${SECTIONS.join(", ")}`);
    }
    return section;
  });
}

const otherEmbeddings = () =>
  misshapen("embeddings: data did not match any variant of untagged enum EmbeddingsPayload");

/** Vectors as lists of numbers, or all of them as base64; nulls only in updates. What they hold is not looked at yet. */
export function embeddings(body: Body, nulls: boolean): (() => (Float32Array | undefined)[]) | undefined {
  const value = body.get("embeddings") ?? null;
  if (value === null && nulls) {
    return undefined;
  }
  const given = Array.isArray(value) ? value.filter((one) => !nulls || one !== null) : undefined;
  const base64 = given?.every((one) => typeof one === "string");
  if (!Array.isArray(value) || !given || (!base64 && !given.every(isVector))) {
    throw otherEmbeddings();
  }
  return () => value.map((one) => (one === null ? undefined : typeof one === "string" ? decoded(one) : numbers(one as JsonNumber[])));
}

function isVector(json: Json): json is JsonNumber[] {
  return Array.isArray(json) && json.every((one) => one instanceof JsonNumber);
}

function numbers(vector: JsonNumber[]): Float32Array {
  return Float32Array.from(vector, ({ text }) => Number(text));
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const FLOAT_BYTES = 4;

function decoded(text: string): Float32Array {
  if (!BASE64.test(text)) {
    throw invalid("Invalid base64 string");
  }
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  if (bytes.length % FLOAT_BYTES !== 0) {
    throw invalid(`Invalid byte length: ${String(bytes.length)} bytes cannot be converted to f32 values (must be divisible by 4)`);
  }
  const view = new DataView(bytes.buffer);
  const vector = Float32Array.from({ length: bytes.length / FLOAT_BYTES }, (_, index) => view.getFloat32(index * FLOAT_BYTES, true));
  const index = vector.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) {
    throw invalid(`Non-finite float value at embedding index ${String(index)}: ${String(vector[index])}`);
  }
  return vector;
}

export function checkVectors(vectors: (Float32Array | undefined)[]): void {
  for (const vector of vectors) {
    if (vector?.length === 0) {
      throw invalid("Validation error: embeddings: Each embedding must have at least 1 dimension");
    }
    if (vector?.some((value) => !Number.isFinite(value))) {
      throw invalid("Validation error: embeddings: Embeddings must not contain NaN or Infinity values");
    }
  }
}

import type { Metadata } from "chromatid";
import { ImportError } from "./import-error";
import type { Role } from "./job";

type MetadataValue = Metadata[string];

/** A field's value as a property; undefined where there is none. */
export function propertyOf(value: unknown, role: Role): MetadataValue | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (role === "text") return textOf(value);
  if (role === "number") return numberOf(value) ?? textOf(value);
  if (role === "flag") return flagOf(value) ?? textOf(value);
  return asIs(value);
}

function asIs(value: unknown): MetadataValue | undefined {
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") return value as MetadataValue;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) && value.length > 0) {
    const [first] = value as unknown[];
    const isOneType = ["string", "number", "boolean"].includes(typeof first) && value.every((item) => typeof item === typeof first && item === item);
    if (isOneType) return value as string[];
  }
  return Array.isArray(value) && value.length === 0 ? undefined : textOf(value);
}

/** What is no text is written as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  return JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? Number(member) : member));
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" && NUMBER.test(value) ? Number(value) : undefined;
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, yes: true, false: false, no: false };

export function flagOf(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  return typeof value === "string" ? FLAGS[value.trim().toLowerCase()] : undefined;
}

/** A vector of a file: numbers, or a text of them in brackets, as tables have it. Nothing where there is none. */
export function vectorOf(value: unknown, place: string): Float32Array | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const parts = typeof value === "string" ? value.replace(/^\s*[[(]|[\])]\s*$/g, "").trim().split(/[\s,;]+/) : value;
  if (!Array.isArray(parts) && !ArrayBuffer.isView(parts)) throw new ImportError("malformed", `${place}: the field of the vector holds no list of numbers`);
  const numbers = Array.from(parts as ArrayLike<unknown>, (part) => numberOf(part) ?? NaN);
  const bad = numbers.findIndex(Number.isNaN);
  if (bad >= 0) throw new ImportError("malformed", `${place}: number ${bad + 1} of the vector is no number`);
  return Float32Array.from(numbers);
}

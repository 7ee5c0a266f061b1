/** Metadata as JSON that people change. */

import type { Metadata } from "chromatid";

/** What was written, or what is wrong with it. */
export type WrittenMetadata = { metadata: Metadata; error?: undefined } | { metadata?: undefined; error: string };

/** Integers beyond 2^53, which JSON as pages read it would round, and sparse vectors, which an index makes. */
function isFixed(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isFixed);
  return typeof value === "bigint" || (typeof value === "object" && value !== null);
}

/** Keys that the text leaves out, and that stay as they are. */
export function fixedKeys(metadata: Metadata | null): string[] {
  return Object.entries(metadata ?? {}).flatMap(([key, value]) => (isFixed(value) ? [key] : []));
}

function editable(metadata: Metadata | null): [string, Metadata[string]][] {
  return Object.entries(metadata ?? {}).filter(([, value]) => !isFixed(value));
}

export function editableText(metadata: Metadata | null): string {
  return JSON.stringify(Object.fromEntries(editable(metadata)), null, 2);
}

export function readMetadata(text: string): WrittenMetadata {
  let json: unknown;
  try {
    json = JSON.parse(text.trim() || "{}");
  } catch {
    return { error: "This is not JSON." };
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) return { error: "Metadata are an object: { … }." };
  const wrong = Object.entries(json).find(([, value]) => !isValue(value));
  return wrong ? { error: `“${wrong[0]}” is neither a text, a number or a flag, nor a list of one of them.` } : { metadata: json as Metadata };
}

function isValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((one) => isScalar(one) && typeof one === typeof value[0]);
  return isScalar(value);
}

const isScalar = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);

/** What an update has to say: the keys that differ, and null for those that are gone. */
export function changesOf(before: Metadata | null, after: Metadata): Metadata {
  const old = new Map(editable(before));
  const changed = Object.entries(after).filter(([key, value]) => JSON.stringify(old.get(key)) !== JSON.stringify(value));
  const gone = [...old.keys()].filter((key) => !Object.hasOwn(after, key)).map((key): [string, null] => [key, null]);
  return Object.fromEntries([...changed, ...gone]);
}

import type { BadRow, Row } from "../rows";

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) && !(value instanceof Date);

/** The member whose own members are fields of the record, as exports of collections have it. */
const METADATA = /^meta(data)?s?$/i;

/** A JSON value as a row: members of members are fields too, so that properties can be chosen one by one. */
export function rowOf(value: unknown, place: string): { row: Row } | { bad: BadRow } {
  if (typeof value === "string") return { row: { place, values: { text: value } } };
  if (!isObject(value)) return { bad: { place, message: `it is ${nameOf(value)}, not an object with fields` } };
  return { row: { place, values: flatten(value) } };
}

export function flatten(value: Record<string, unknown>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (!isObject(member)) {
      fields[key] = member;
      continue;
    }
    for (const [name, inner] of Object.entries(member)) fields[METADATA.test(key) && !(name in value) ? name : `${key}.${name}`] = inner;
  }
  return fields;
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

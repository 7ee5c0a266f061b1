/** JSON in the one form in which equal values are equal texts. */

import { elementsOf, membersOf } from "../json-text.js";

const INTEGER = /^-?\d+$/;

/** The form of any JSON value: members by their names, numbers as they are written shortest; `1` and `1.0` stay apart. */
export function canonical(json: string): string {
  const text = json.trim();
  switch (text.charAt(0)) {
    case "{":
      return objectOf(canonicalMembers(text));
    case "[":
      return `[${elementsOf(text).map(canonical).join(",")}]`;
    case '"':
      return JSON.stringify(JSON.parse(text));
    case "t":
    case "f":
    case "n":
      return text;
    default:
      return canonicalNumber(text);
  }
}

/** The members of an object in canonical form and order; those that are null are left out. */
export function canonicalMembers(json: string): Map<string, string> {
  const members = [...membersOf(json)].filter(([, value]) => value !== "null");
  members.sort(([a], [b]) => byCodeUnits(a, b));
  return new Map(members.map(([name, value]) => [name, canonical(value)]));
}

/** An object of members that are JSON already, in their order. */
export function objectOf(members: ReadonlyMap<string, string>): string {
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

function canonicalNumber(text: string): string {
  const value = Number(text);
  if (Object.is(value, -0)) {
    return "-0.0";
  }
  if (INTEGER.test(text)) {
    return text;
  }
  // Floats stay floats.
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${String(value)}.0` : String(value);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

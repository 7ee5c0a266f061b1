/** What the points of a map are coloured by: the values of a metadata key, as categories or on a ramp. */

import type { Collection, Metadata } from "chromatid";
import { filterKeys, sparseKey, type SchemaKey } from "../data/schema-keys";

/** Categories with a colour of their own; what is less frequent shares one. As many as can be told apart. */
export const CATEGORIES = 8;

/** Records whose metadata are read at once. */
const PAGE = 500;

type Value = string | number | bigint | boolean;

export interface Category {
  label: string;
  /** Points that are shown with it */
  count: number;
  /** Which colour of the palette */
  colour: number;
}

export type Legend =
  | { kind: "plain" }
  | { kind: "categories"; key: string; categories: readonly Category[] }
  | { kind: "ramp"; key: string; least: number; most: number; missing: number };

export interface Colouring {
  legend: Legend;
  /** For each point its colour: 0 for no value, 1 to 8 for categories, 9 for other values, from 10 on for the ramp */
  colours: Uint8Array;
}

export const OTHER = CATEGORIES + 1;
export const RAMP = OTHER + 1;
export const RAMP_STEPS = 64;

/** The keys that can colour a map. */
export function colourKeys(collection: Collection): SchemaKey[] {
  const words = sparseKey(collection.schema);
  return filterKeys(collection.schema).filter(({ name }) => name !== words);
}

/** The key that shows most at first sight: the one with the fewest values, of which two are only taken where no key has more. */
export async function firstKey(collection: Collection): Promise<string | undefined> {
  const keys = colourKeys(collection).map(({ name }) => name);
  if (keys.length === 0) return undefined;
  const facets = await collection.facets({ keys, limit: 1 }).catch(() => []);
  const fit = facets.filter(({ distinct }) => distinct > 1 && distinct <= CATEGORIES).sort((a, b) => a.distinct - b.distinct);
  return (fit.find(({ distinct }) => distinct > 2) ?? fit[0])?.key;
}

export const plain = (count: number): Colouring => ({ legend: { kind: "plain" }, colours: new Uint8Array(count).fill(1) });

/** Reads what points have under a key, and gives each its colour. */
export async function colourBy(collection: Collection, ids: readonly string[], key: string, signal: AbortSignal): Promise<Colouring> {
  const isNumber = colourKeys(collection).some(({ name, types }) => name === key && types.length === 1 && types[0] === "number");
  const [values, frequent] = await Promise.all([readValues(collection, ids, key, signal), frequentValues(collection, key)]);
  if (isNumber && frequent.distinct > CATEGORIES) return onRamp(key, values);
  return byCategory(key, values, frequent.values);
}

/** The most frequent values of the whole collection; none where a server does not count them. */
async function frequentValues(collection: Collection, key: string): Promise<{ distinct: number; values: Value[] }> {
  const facets = await collection.facets({ keys: [key], limit: CATEGORIES }).catch(() => []);
  return { distinct: facets[0]?.distinct ?? Infinity, values: facets[0]?.values.map(({ value }) => value) ?? [] };
}

/** Of the metadata one value each is kept, however large they are. */
async function readValues(collection: Collection, ids: readonly string[], key: string, signal: AbortSignal): Promise<Value[][]> {
  const found = new Map<string, Value[]>();
  for (let from = 0; from < ids.length; from += PAGE) {
    signal.throwIfAborted();
    const page = await collection.get({ ids: ids.slice(from, from + PAGE), include: ["metadatas"] });
    page.ids.forEach((id, i) => found.set(id, valuesOf(page.metadatas[i]?.[key])));
  }
  return ids.map((id) => found.get(id) ?? []);
}

function valuesOf(value: Metadata[string] | undefined): Value[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null || typeof value === "object" ? [] : [value];
}

/** Of several values of a point the most frequent one counts. */
export function byCategory(key: string, values: readonly Value[][], frequent: readonly Value[]): Colouring {
  const counts = new Map<string, number>();
  for (const each of values) for (const value of each) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  const ordered = frequent.length > 0 ? frequent.map(String) : [...counts].sort(([, a], [, b]) => b - a).map(([label]) => label);
  const places = new Map(ordered.slice(0, CATEGORIES).map((label, i) => [label, i + 1]));
  const colours = Uint8Array.from(values, (each) => {
    if (each.length === 0) return 0;
    return Math.min(...each.map((value) => places.get(String(value)) ?? OTHER));
  });
  const shown = new Uint32Array(OTHER + 1);
  for (const colour of colours) shown[colour] = (shown[colour] ?? 0) + 1;
  const category = (label: string, colour: number): Category => ({ label, colour, count: shown[colour] ?? 0 });
  const rest = [category("Other values", OTHER), category("No value", 0)].filter(({ count }) => count > 0);
  return { legend: { kind: "categories", key, categories: [...[...places].map(([label, at]) => category(label, at)), ...rest] }, colours };
}

/** From the least to the most. */
export function onRamp(key: string, values: readonly Value[][]): Colouring {
  const numbers = values.map(([value]) => (typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN));
  const [least, most] = numbers.reduce(([low, high], value) => (Number.isNaN(value) ? [low, high] : [Math.min(low, value), Math.max(high, value)]), [Infinity, -Infinity]);
  const place = rampPlace(numbers, least, most);
  const colours = Uint8Array.from(numbers, (value) => (Number.isNaN(value) ? 0 : RAMP + Math.round(place(value) * (RAMP_STEPS - 1))));
  return { legend: { kind: "ramp", key, least, most, missing: numbers.filter(Number.isNaN).length }, colours };
}

/** By rank among the values: a few that are far from the rest do not take the colours away from these. */
function rampPlace(numbers: readonly number[], least: number, most: number): (value: number) => number {
  const sorted = [...new Set(numbers.filter((value) => !Number.isNaN(value)))].sort((a, b) => a - b);
  if (most <= least) return () => 0;
  const ranks = new Map(sorted.map((value, rank) => [value, rank / (sorted.length - 1)]));
  return (value) => ranks.get(value) ?? 0;
}

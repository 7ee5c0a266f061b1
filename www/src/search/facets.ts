import type { Collection, FacetsArgs, Where } from "chromatid";
import { domainLabel } from "../data/wordnet";

/** More values than any key of the glosses has, so that every one is counted. */
const VALUE_LIMIT = 10_000;

/** A value of a key as the index has it. */
type IndexedValue = string | number | bigint | boolean;

/** A property that results can be narrowed by. */
export interface Facet {
  key: string;
  label: string;
  /** The facet's value that a value of the key belongs to, if any */
  valueOf(indexed: IndexedValue): string | undefined;
  /** The filter for records with one of the values (at least one is given) */
  where(values: readonly string[]): Where;
  labelOf(value: string): string;
  /** The values in their own order, where they have one; else the most frequent comes first */
  order?: readonly string[];
}

/** Chosen values by facet key; a facet without choice is absent. */
export type Selection = Readonly<Record<string, readonly string[]>>;

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function textFacet(key: string, label: string, labelOf: (value: string) => string): Facet {
  return {
    key,
    label,
    labelOf,
    valueOf: (indexed) => (typeof indexed === "string" ? indexed : undefined),
    where: (values) => ({ [key]: { $in: [...values] } }),
  };
}

function flagFacet(key: string, label: string, yes: string, no: string): Facet {
  return {
    key,
    label,
    labelOf: (value) => (value === "yes" ? yes : no),
    valueOf: (indexed) => (typeof indexed === "boolean" ? (indexed ? "yes" : "no") : undefined),
    where: (values) => ({ [key]: { $in: values.map((value) => value === "yes") } }),
  };
}

interface Band {
  label: string;
  from: number;
  below: number;
}

/** Uses of a synset in the tagged corpus: the bounds split the 5,000 glosses into about equal thirds. */
const USE_BANDS: Readonly<Record<string, Band>> = {
  often: { label: "Often (25 and more)", from: 25, below: Infinity },
  sometimes: { label: "Sometimes (12 to 24)", from: 12, below: 25 },
  seldom: { label: "Seldom (below 12)", from: 0, below: 12 },
};

const useFacet: Facet = {
  key: "count",
  label: "Used",
  order: Object.keys(USE_BANDS),
  labelOf: (value) => USE_BANDS[value]?.label ?? value,
  valueOf: (indexed) => {
    if (typeof indexed !== "number") return undefined;
    return Object.keys(USE_BANDS).find((key) => indexed >= (USE_BANDS[key]?.from ?? Infinity));
  },
  where: (values) => {
    const bands = values.flatMap((value) => USE_BANDS[value] ?? []);
    return any(
      bands.map(({ from, below }): Where => {
        const least: Where = { count: { $gte: from } };
        return below === Infinity ? least : { $and: [least, { count: { $lt: below } }] };
      }),
    );
  },
};

export const FACETS: readonly Facet[] = [
  textFacet("pos", "Part of speech", capitalised),
  textFacet("domain", "Domain", (value) => capitalised(domainLabel(value, { long: true }))),
  useFacet,
  flagFacet("has_examples", "Usage examples", "With examples", "Without examples"),
  flagFacet("is_instance", "Names", "Proper names", "Common words"),
];

const any = (parts: Where[]): Where => (parts.length === 1 && parts[0] ? parts[0] : { $or: parts });

/** The filter for a selection, `except` one facet; undefined when nothing is chosen. */
export function whereOf(selection: Selection, except?: string): Where | undefined {
  const parts = FACETS.flatMap((facet) => {
    const values = selection[facet.key] ?? [];
    return facet.key === except || values.length === 0 ? [] : [facet.where(values)];
  });
  if (parts.length < 2) return parts[0];
  return { $and: parts };
}

export interface FacetValue {
  value: string;
  label: string;
  count: number;
}

export interface FacetCounts {
  facet: Facet;
  values: FacetValue[];
}

/**
 * Counts the values of all facets among the records that match, as the selection leaves them. A facet with a choice is counted
 * without that choice: otherwise its other values would vanish, and a second one could not be added.
 */
export async function countFacets(
  collection: Collection,
  selection: Selection,
  matching: Pick<FacetsArgs, "ids" | "whereDocument">,
): Promise<FacetCounts[]> {
  const count = async (facets: readonly Facet[], except?: string): Promise<FacetCounts[]> => {
    if (facets.length === 0) return [];
    const where = whereOf(selection, except);
    const keys = facets.map(({ key }) => key);
    const counted = await collection.facets({ keys, limit: VALUE_LIMIT, ...matching, ...(where && { where }) });
    return facets.map((facet, i) => ({ facet, values: facetValues(facet, counted[i]?.values ?? [], selection[facet.key] ?? []) }));
  };
  const isChosen = ({ key }: Facet) => (selection[key] ?? []).length > 0;
  const counted = await Promise.all([
    count(FACETS.filter((facet) => !isChosen(facet))),
    ...FACETS.filter(isChosen).map((facet) => count([facet], facet.key)),
  ]);
  return counted.flat().sort((a, b) => FACETS.indexOf(a.facet) - FACETS.indexOf(b.facet));
}

/** What a facet shows of the counts of its key; chosen values are listed even with none. */
export function facetValues(
  facet: Facet,
  counted: readonly { value: IndexedValue; count: number }[],
  chosen: readonly string[],
): FacetValue[] {
  const counts = new Map(chosen.map((value) => [value, 0]));
  for (const { value: indexed, count } of counted) {
    const value = facet.valueOf(indexed);
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return [...counts]
    .map(([value, count]) => ({ value, count, label: facet.labelOf(value) }))
    .sort((a, b) => place(facet, a.value) - place(facet, b.value) || b.count - a.count || a.label.localeCompare(b.label));
}

const place = ({ order }: Facet, value: string): number => order?.indexOf(value) ?? 0;

/** The selection with a value added or taken away. */
export function toggled(selection: Selection, key: string, value: string): Selection {
  const before = selection[key] ?? [];
  const after = before.includes(value) ? before.filter((other) => other !== value) : [...before, value];
  return Object.fromEntries(Object.entries({ ...selection, [key]: after }).filter(([, values]) => values.length > 0));
}

import type { Metadata, Where } from "chromatid";
import { domainLabel } from "../data/wordnet";
import type { Hit } from "./hit";

/** A property that results can be narrowed by. */
export interface Facet {
  key: string;
  label: string;
  /** The value of a record under this facet, if it has one */
  valueOf(metadata: Metadata): string | undefined;
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
    valueOf: (metadata) => {
      const value = metadata[key];
      return typeof value === "string" ? value : undefined;
    },
    where: (values) => ({ [key]: { $in: [...values] } }),
  };
}

function flagFacet(key: string, label: string, yes: string, no: string): Facet {
  return {
    key,
    label,
    labelOf: (value) => (value === "yes" ? yes : no),
    valueOf: (metadata) => {
      const value = metadata[key];
      return typeof value === "boolean" ? (value ? "yes" : "no") : undefined;
    },
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
  valueOf: ({ count }) => {
    if (typeof count !== "number") return undefined;
    return Object.keys(USE_BANDS).find((key) => count >= (USE_BANDS[key]?.from ?? Infinity));
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

/** How often each value of a facet occurs among the hits; chosen values are listed even with none. */
export function countValues(facet: Facet, hits: readonly Hit[], chosen: readonly string[]): FacetValue[] {
  const counts = new Map(chosen.map((value) => [value, 0]));
  for (const { metadata } of hits) {
    const value = metadata ? facet.valueOf(metadata) : undefined;
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
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

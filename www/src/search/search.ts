import type { Collection, Where } from "chromatid";
import { timed } from "../store/timings";
import { countValues, FACETS, whereOf, type Facet, type FacetValue, type Selection } from "./facets";
import { fuse } from "./fusion";
import type { Hit } from "./hit";
import { searchMeaning, searchSimilar } from "./meaning";
import { searchWords } from "./words";

export const MODES = ["meaning", "words", "both"] as const;
export type Mode = (typeof MODES)[number];

/** What is being looked for. */
export interface Search {
  text: string;
  mode: Mode;
  selection: Selection;
  /** Id of a record whose like is wanted; the text then does not count */
  like: string | undefined;
}

export interface FacetCounts {
  facet: Facet;
  values: FacetValue[];
}

export interface Outcome {
  /** The search that was asked */
  search: Search;
  hits: Hit[];
  facets: FacetCounts[];
  /** From the call to the answer, the embedding of the text included; without the counting of facets */
  milliseconds: number;
}

/** Whether there is anything to look for. */
export const isEmpty = ({ text, like }: Search): boolean => like === undefined && text.trim() === "";

/** Runs a search and counts its facets. */
export async function runSearch(collection: Collection, search: Search): Promise<Outcome> {
  const { value: hits, milliseconds } = await timed(search.like === undefined ? search.mode : "similar", () =>
    findHits(collection, search, whereOf(search.selection)),
  );
  const facets = await Promise.all(FACETS.map((facet) => countFacet(collection, search, facet, hits)));
  return { search, hits, facets, milliseconds };
}

/**
 * A facet with a choice is counted over what would be found without that choice: otherwise its other values would
 * vanish, and a second one could not be added.
 */
async function countFacet(collection: Collection, search: Search, facet: Facet, hits: readonly Hit[]): Promise<FacetCounts> {
  const chosen = search.selection[facet.key] ?? [];
  const counted = chosen.length === 0 ? hits : await findHits(collection, search, whereOf(search.selection, facet.key));
  return { facet, values: countValues(facet, counted, chosen) };
}

async function findHits(collection: Collection, search: Search, where: Where | undefined): Promise<Hit[]> {
  if (search.like !== undefined) return searchSimilar(collection, search.like, where);
  const text = search.text.trim();
  if (search.mode === "meaning") return searchMeaning(collection, text, where);
  if (search.mode === "words") return searchWords(collection, text, where);
  return fuse(...(await Promise.all([searchMeaning(collection, text, where), searchWords(collection, text, where)])));
}

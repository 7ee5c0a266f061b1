import type { Collection, FacetsArgs, Search as EngineSearch, Where } from "chromatid";
import { sparseKey } from "../data/schema-keys";
import { timed } from "../store/timings";
import { countFacets, whereOf, type FacetCounts, type Selection } from "./facets";
import { hitsOf, RESULT_LIMIT, type Hit } from "./hit";
import { countQueryWords, markLetters, markWords } from "./matches";
import { fusedSearch, letterSearch, lettersFilter, meaningSearch, wordSearches, type Basis } from "./plan";

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

/** What the engine found. */
interface Found {
  basis: Basis;
  hits: Hit[];
  /** What was asked of the engine, to be watched */
  searches: EngineSearch[];
  /** The records that match the words typed, whatever the filters; all when only meanings are compared */
  matching: Pick<FacetsArgs, "ids" | "whereDocument">;
}

export interface Outcome extends Omit<Found, "matching"> {
  /** The search that was asked */
  search: Search;
  facets: FacetCounts[];
  /** Whether facets are counted among what matches the words, not among all records */
  countsMatches: boolean;
  /** Different words that were looked for by weight */
  queryWords: number;
  /** From the call to the answer, the embedding of the text included; without the counting of facets */
  milliseconds: number;
}

/** Whether there is anything to look for. */
export const isEmpty = ({ text, like }: Search): boolean => like === undefined && text.trim() === "";

/** Runs a search, and counts its facets by the index of the metadata. */
export async function runSearch(collection: Collection, search: Search): Promise<Outcome> {
  const where = whereOf(search.selection);
  const { value, milliseconds } = await timed(search.like === undefined ? search.mode : "similar", () => find(collection, search, where));
  const { matching, ...found } = value;
  const [facets, queryWords] = await Promise.all([countFacets(collection, search.selection, matching), countQueryWords(search.text)]);
  const countsMatches = matching.ids !== undefined || matching.whereDocument !== undefined;
  return { ...found, search, facets, countsMatches, queryWords, milliseconds };
}

async function find(collection: Collection, search: Search, where: Where | undefined): Promise<Found> {
  if (search.like !== undefined) return findSimilar(collection, search.like, where);
  const text = search.text.trim();
  const key = sparseKey(collection.schema);
  if (search.mode === "words") return (key && (await findWords(collection, key, text, where))) || findLetters(collection, text, where);
  const isBoth = search.mode === "both" && key !== undefined;
  const asked = isBoth ? fusedSearch(key, text, where) : meaningSearch(text, where);
  const hits = hitsOf(await collection.search(asked));
  return {
    basis: isBoth ? "both" : "meaning",
    hits: search.mode === "both" ? await markWords(hits, text) : hits,
    searches: [asked],
    matching: {},
  };
}

/** By weight (BM25); nothing when no record has one of the words, as while one is being typed. */
async function findWords(collection: Collection, key: string, text: string, where: Where | undefined): Promise<Found | undefined> {
  const searches = wordSearches(key, text, where);
  const result = await collection.search(searches);
  const ids = result.ids[1] ?? [];
  if (ids.length === 0) return undefined;
  return { basis: "words", hits: await markWords(hitsOf(result), text), searches, matching: { ids } };
}

async function findLetters(collection: Collection, text: string, where: Where | undefined): Promise<Found> {
  const filter = lettersFilter(text);
  if (filter === undefined) return { basis: "letters", hits: [], searches: [], matching: {} };
  const asked = letterSearch(text, where, collection.embeddingFunction !== undefined);
  const hits = hitsOf(await collection.search(asked));
  return { basis: "letters", hits: markLetters(hits, text), searches: [asked], matching: { whereDocument: filter } };
}

/** The records nearest to a stored one, by its stored embedding; without the record itself. */
async function findSimilar(collection: Collection, id: string, where: Where | undefined): Promise<Found> {
  const { embeddings } = await collection.get({ ids: [id], include: ["embeddings"] });
  if (!embeddings[0]) throw new Error(`There is no record ${id} any more`);
  const asked = meaningSearch(embeddings[0], where, RESULT_LIMIT + 1);
  const hits = hitsOf(await collection.search(asked)).filter((hit) => hit.id !== id);
  return { basis: "similar", hits: hits.slice(0, RESULT_LIMIT), searches: [asked], matching: {} };
}

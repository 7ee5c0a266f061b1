import { K, Knn, Rrf, Search, type Collection, type RankExpression, type Where, type WhereDocument, type WhereExpression } from "chromatid";
import { sparseKey } from "../data/schema-keys";
import { RESULT_LIMIT } from "./hit";
import { spellings, typedWords } from "./typed-words";

/** What a card shows. All metadata would bring the weights of BM25 along. */
const FIELDS = [K.DOCUMENT, K.SCORE, "pos", "domain", "lemmas", "count", "title", "source", "heading", "page"];

/** Neighbours that each of the fused ranks contributes. */
const CANDIDATES = 200;

/** The rank of what is not among the candidates of one list: far behind all that are. */
const FAR_RANK = 10 * CANDIDATES;

/** More than the console's collection has: every record that has one of the words. */
const ALL = 100_000;

/** What hits were ranked by, which says how to read their scores. */
export type Basis = "meaning" | "words" | "letters" | "both" | "similar";

const page = (rank: RankExpression | undefined, where: Where | WhereExpression | undefined): Search => {
  const search = new Search({ limit: RESULT_LIMIT, select: FIELDS });
  return (rank ? search.rank(rank) : search).where(where);
};

/** The records whose embeddings are nearest to the text's, or to a stored one. */
export const meaningSearch = (query: string | number[], where: Where | undefined, limit = RESULT_LIMIT): Search =>
  page(Knn({ query, limit }), where).limit(limit);

/** The records whose words weigh most for the text (BM25), and as a second search all that have any of them, filtered or not. */
export function wordSearches(key: string, text: string, where: Where | undefined): [Search, Search] {
  return [page(Knn({ query: text, key, limit: RESULT_LIMIT }), where), new Search({ rank: Knn({ query: text, key, limit: ALL }) })];
}

/** Both orders fused by the engine. */
export function fusedSearch(key: string, text: string, where: Where | undefined): Search {
  const fused = { query: text, limit: CANDIDATES, default: FAR_RANK, returnRank: true };
  return page(Rrf({ ranks: [Knn(fused), Knn({ ...fused, key })] }), where);
}

/** The best that a fused score can be: first in both lists. */
export const BEST_FUSED_SCORE = 2 / 60;

/**
 * The records that hold the letters of every word, for words that are still being typed and for collections without an
 * index of words; nearest in meaning first, where there is a model. None without a letter.
 */
export function letterSearch(text: string, where: Where | undefined, hasMeaning: boolean): Search {
  const held = K.DOCUMENT;
  const [first, ...others] = typedWords(text).map((word) => {
    const [spelling = word, ...more] = spellings(word);
    return more.reduce((either, next) => either.or(held.contains(next)), held.contains(spelling));
  });
  const letters = first && others.reduce((all, next) => all.and(next), first);
  return page(hasMeaning ? Knn({ query: text, limit: RESULT_LIMIT }) : undefined, letters?.and(where));
}

/** What {@link letterSearch} asks of documents; nothing without a letter. */
export function lettersFilter(text: string): WhereDocument | undefined {
  const words = typedWords(text).map((word) => connect("$or", spellings(word).map(($contains) => ({ $contains }))));
  return words.length === 0 ? undefined : connect("$and", words);
}

function connect(connective: "$and" | "$or", parts: WhereDocument[]): WhereDocument {
  return parts.length === 1 && parts[0] ? parts[0] : ({ [connective]: parts } as WhereDocument);
}

/** Whether words can be looked for by weight: collections of an earlier version have no index of them. */
export const hasWordIndex = (collection: Collection): boolean => sparseKey(collection.schema) !== undefined;

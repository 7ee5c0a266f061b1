import type { Collection, Where, WhereDocument } from "chromatid";
import { RESULT_LIMIT, type Hit } from "./hit";

/** Words that nearly every gloss holds: they are only looked for when nothing else was typed. */
const STOP_WORDS = new Set("a an and are as at be by for from in into is it its of on or that the to which with".split(" "));

/** The words typed, without repetition (case does not count), without stop words unless there is nothing else. */
export function queryWords(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
  const distinct = [...new Map(words.map((word) => [word.toLowerCase(), word])).values()];
  const telling = distinct.filter((word) => !STOP_WORDS.has(word.toLowerCase()));
  return telling.length > 0 ? telling : distinct;
}

/**
 * The filter for documents that hold any of the words. `$contains` tells upper case from lower case, so each word is
 * looked for as typed, in lower case and with a capital.
 */
export function containsAny(words: readonly string[]): WhereDocument {
  const spellings = new Set(
    words.flatMap((word) => {
      const lower = word.toLowerCase();
      return [word, lower, lower.charAt(0).toUpperCase() + lower.slice(1)];
    }),
  );
  const [first, ...rest] = [...spellings].map((spelling) => ({ $contains: spelling }));
  if (!first) throw new Error("containsAny needs a word");
  return rest.length === 0 ? first : { $or: [first, ...rest] };
}

/** Records that hold words of the text, best first: most words, then most whole words, then words that are lemmas, then most used. */
export async function searchWords(collection: Collection, text: string, where: Where | undefined): Promise<Hit[]> {
  const words = queryWords(text);
  if (words.length === 0) return [];
  const found = await collection.get({
    whereDocument: containsAny(words),
    ...(where && { where }),
    include: ["documents", "metadatas"],
  });
  const hits = found.rows().map(({ id, document = null, metadata = null }) => ({ id, document, metadata }));
  return rankByWords(hits, words).slice(0, RESULT_LIMIT);
}

interface Ranked {
  hit: Hit;
  /** Compared from left to right, more is better */
  key: readonly number[];
}

/** Orders hits by how well they match the words, and notes how many words each one holds. */
export function rankByWords(hits: readonly Hit[], words: readonly string[]): Hit[] {
  const lower = words.map((word) => word.toLowerCase());
  const ranked = hits.map((hit): Ranked => {
    const document = (hit.document ?? "").toLowerCase();
    const tokens = new Set(document.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu));
    const lemmas = Array.isArray(hit.metadata?.lemmas) ? hit.metadata.lemmas.map((lemma) => String(lemma).toLowerCase()) : [];
    const matchedWords = lower.filter((word) => document.includes(word)).length;
    const whole = lower.filter((word) => tokens.has(word)).length;
    const headings = lower.filter((word) => lemmas.includes(word)).length;
    const count = typeof hit.metadata?.count === "number" ? hit.metadata.count : 0;
    return { hit: { ...hit, matchedWords }, key: [matchedWords, whole, headings, count] };
  });
  return ranked.sort(byKey).map(({ hit }) => hit);
}

function byKey(a: Ranked, b: Ranked): number {
  const at = a.key.findIndex((value, i) => value !== b.key[i]);
  return at < 0 ? 0 : (b.key[at] ?? 0) - (a.key[at] ?? 0);
}

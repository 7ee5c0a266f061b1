// The stems of a text, for rankings that are compared with ours: the same stop words and stemmer, so that what differs is the ranking.
import { DEFAULT_CHROMA_BM25_STOPWORDS } from "chromatid/bm25";
import porter2 from "porter2";

const STOP_WORDS = new Set(DEFAULT_CHROMA_BM25_STOPWORDS);

/**
 * @param {string} text
 * @returns {string[]} in the order of the text, repetitions included
 */
export function wordsOf(text) {
  return (text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []).filter((word) => !STOP_WORDS.has(word));
}

/** @param {string} text */
export const stemsOf = (text) => wordsOf(text).map((word) => porter2.stem(word));

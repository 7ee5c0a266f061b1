/** Vectors that need no model: how often each pair of letters is in a text. Any embedding function takes its place. */

import type { EmbeddingFunction } from "chromadb";

const DIMENSION = 128;

export class LetterCounts implements EmbeddingFunction {
  readonly name = "letter_counts";

  generate(texts: string[]): Promise<number[][]> {
    return Promise.resolve(texts.map(countPairs));
  }

  getConfig(): Record<string, never> {
    return {};
  }
}

function countPairs(text: string): number[] {
  const counts = new Array<number>(DIMENSION).fill(0);
  const letters = text.toLowerCase();
  for (let at = 0; at + 1 < letters.length; at += 1) {
    const place = (letters.charCodeAt(at) * 31 + letters.charCodeAt(at + 1)) % DIMENSION;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const length = Math.hypot(...counts) || 1;
  return counts.map((count) => count / length);
}

import { ChromaBm25EmbeddingFunction } from "chromatid/bm25";
import type { Hit } from "./hit";
import { typedWords } from "./typed-words";

/** The function of the index, so that what is marked is what was matched: "running" for "ran" or not is its decision. */
const bm25 = new ChromaBm25EmbeddingFunction();

/** Notes in each hit which of its words have a stem of the text, and how many words of the text it has. */
export async function markWords(hits: readonly Hit[], text: string): Promise<Hit[]> {
  const wanted = new Set((await stemsOf(typedWords(text))).filter((stem) => stem !== undefined));
  const words = hits.map(({ document }) => typedWords(document ?? ""));
  const stems = await stemsOf(words.flat());
  let at = 0;
  return hits.map((hit, i) => {
    const matched = (words[i] ?? []).map((word) => ({ word, stem: stems[at++] })).filter(({ stem }) => stem !== undefined && wanted.has(stem));
    return {
      ...hit,
      marks: matched.map(({ word }) => word),
      matchedWords: new Set(matched.map(({ stem }) => stem)).size,
    };
  });
}

/** How many different words the index looks for: stop words are none. */
export async function countQueryWords(text: string): Promise<number> {
  return new Set((await stemsOf(typedWords(text))).filter((stem) => stem !== undefined)).size;
}

/** The same for letters: each word of the text, wherever it stands. */
export function markLetters(hits: readonly Hit[], text: string): Hit[] {
  const marks = typedWords(text);
  return hits.map((hit) => ({ ...hit, marks }));
}

/** The dimension of each word's stem; none for stop words. */
async function stemsOf(words: string[]): Promise<(number | undefined)[]> {
  return (await bm25.generate(words)).map(({ indices }) => indices[0]);
}

/** Searches: by meaning and by words at once, fused by the engine. */

import { Aggregate, type Collection, GroupBy, K, Knn, Rrf, Search, type SparseVector, type Where } from "chromatid";

import { typedWords } from "../../../../www/src/search/typed-words";
import type { FoundPage, FoundPassage } from "../messages";
import { asPassage, pageOf, WORDS } from "./records";
import { sentencesOf } from "./passages";
import { bm25 } from "./word-index";

/** Neighbours that each of the fused ranks contributes, and the rank of all others: far behind. */
const CANDIDATES = 200;
const FAR_RANK = 10 * CANDIDATES;

/** Passages of a page that are shown. */
const OF_A_PAGE = 3;

/** Farther from what is asked a passage without one of its words is about something else (cosine distance). */
const FARTHEST = 0.8;

export interface Found {
  text: string;
  where: Where | undefined;
  /** Pages that are answered at most. */
  pages: number;
}

type Embed = (texts: string[]) => Promise<Float32Array[]>;

export async function find(pages: Collection, index: Collection, embed: Embed, { text, where, pages: limit }: Found): Promise<FoundPage[]> {
  const [[vector], [words]] = await Promise.all([embed([text]), bm25.generate([text])]);
  const meaning = vector?.some((component) => component !== 0) ? vector : undefined;
  const weights = words && words.indices.length > 0 ? words : undefined;
  if (!meaning && !weights) {
    return [];
  }
  const ids = await rank(index, meaning, weights, where, limit);
  if (ids.length === 0) {
    return [];
  }
  const { ids: present, documents, metadatas } = await pages.get({ ids });
  const at = new Map(present.map((id, i) => [id, i]));
  const asked = { stems: new Set(await stemsOf(typedWords(text))), vector: meaning, embed };
  const found = new Map<string, FoundPage>();
  for (const id of ids) {
    const i = at.get(id);
    const metadata = i === undefined ? undefined : asPassage(metadatas[i]);
    if (i === undefined || !metadata || (!found.has(metadata.page) && found.size === limit)) {
      continue;
    }
    const entry = found.get(metadata.page) ?? { page: pageOf(metadata), passages: [] };
    entry.passages.push(await shown({ id, heading: metadata.heading, text: documents[i] ?? "" }, metadata.language, asked));
    found.set(metadata.page, entry);
  }
  return [...found.values()];
}

/** The ids of passages that have one of the words or are near in meaning, best first, some of each page. */
async function rank(index: Collection, meaning: Float32Array | undefined, words: SparseVector | undefined, where: Where | undefined, limit: number): Promise<string[]> {
  const queries = [...(meaning ? [{ query: meaning }] : []), ...(words ? [{ query: words, key: WORDS }] : [])];
  const fused = Rrf({ ranks: queries.map((query) => Knn({ ...query, limit: CANDIDATES, default: FAR_RANK, returnRank: true })) });
  const searches = [
    new Search()
      .rank(fused)
      .where(where)
      .groupBy(new GroupBy([K("page")], Aggregate.minK([K.SCORE], OF_A_PAGE)))
      .limit(Math.max(CANDIDATES, limit * OF_A_PAGE)),
    // What the ranks leave out: how far it is, and whether it has a word at all.
    ...queries.map((query) => new Search().rank(Knn({ ...query, limit: CANDIDATES })).where(where).limit(CANDIDATES).select(K.SCORE)),
  ];
  const [ranked = [], ...each] = (await index.search(searches)).rows();
  const near = meaning ? (each[0] ?? []).filter(({ score }) => (score ?? 1) <= FARTHEST) : [];
  const worded = words ? (each.at(-1) ?? []) : [];
  const fits = new Set([...near, ...worded].map(({ id }) => id));
  return ranked.map(({ id }) => id).filter((id) => fits.has(id));
}

interface Asked {
  stems: ReadonlySet<number>;
  vector: Float32Array | undefined;
  embed: Embed;
}

/** A passage with its best sentence, and the words that were matched. */
async function shown(passage: Pick<FoundPassage, "id" | "heading" | "text">, language: string, asked: Asked): Promise<FoundPassage> {
  const words = typedWords(passage.text);
  const stems = await Promise.all(words.map((word) => stemsOf([word])));
  const marks = words.filter((_, i) => stems[i]?.some((stem) => asked.stems.has(stem))).map((word) => word.toLowerCase());
  const marked = new Set(marks);
  const sentences = passage.text.split("\n").flatMap((paragraph) => sentencesOf(paragraph, language).map(({ text }) => text));
  const vectors = asked.vector ? await asked.embed(sentences) : [];
  const fit = (sentence: string, i: number): number => {
    const matched = typedWords(sentence).filter((word) => marked.has(word.toLowerCase())).length;
    return matched + dot(asked.vector, vectors[i]);
  };
  const fits = sentences.map(fit);
  const best = fits.indexOf(Math.max(...fits));
  return { ...passage, marks, sentence: sentences[best] ?? passage.text };
}

function dot(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return a && b ? a.reduce((sum, component, i) => sum + component * (b[i] ?? 0), 0) : 0;
}

/** The dimensions of the words' stems; stop words have none. */
async function stemsOf(words: string[]): Promise<number[]> {
  return (await bm25.generate(words)).flatMap(({ indices }) => indices);
}

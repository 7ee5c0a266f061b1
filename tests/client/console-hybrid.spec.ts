/** The console's searches against a store: words, meaning, both, and the counts of facets. */

import { expect, test } from "@playwright/test";
import { type Collection, type EmbeddingFunction, open, Schema, SparseVectorIndexConfig, VectorIndexConfig } from "chromatid";
import { ChromaBm25EmbeddingFunction } from "chromatid/bm25";
import { runSearch, type Search } from "../../www/src/search/search";

const TEXTS = [
  { id: "cat", document: "cat: a small feline that hunts mice", metadata: { pos: "noun", domain: "noun.animal", count: 30, has_examples: true } },
  { id: "tiger", document: "tiger: a large feline with stripes", metadata: { pos: "noun", domain: "noun.animal", count: 4, has_examples: false } },
  { id: "hunt", document: "hunt: pursue large animals", metadata: { pos: "verb", domain: "verb.competition", count: 14, has_examples: true } },
  { id: "vast", document: "vast: very large", metadata: { pos: "adjective", domain: "adj.all", count: 26, has_examples: true } },
  { id: "ice", document: "ice: water that is frozen", metadata: { pos: "noun", domain: "noun.substance", count: 12, has_examples: false } },
];

/** Nearer the more letters two texts share. */
class Letters implements EmbeddingFunction {
  readonly name = "letters";
  generate(texts: string[]): Promise<number[][]> {
    return Promise.resolve(texts.map((text) => [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => text.split(letter).length)));
  }
  getConfig = (): Record<string, never> => ({});
}

async function glosses(run: (collection: Collection) => Promise<void>, { words = true } = {}): Promise<void> {
  const client = await open({ name: `hybrid-${Math.random()}`, storage: "memory" });
  try {
    const embeddingFunction = new Letters();
    const sparse = new SparseVectorIndexConfig({ embeddingFunction: new ChromaBm25EmbeddingFunction(), sourceKey: "#document", bm25: true });
    const schema = new Schema().createIndex(new VectorIndexConfig({ space: "cosine", embeddingFunction }));
    if (words) schema.createIndex(sparse, "bm25");
    const collection = await client.createCollection({ name: "glosses", schema });
    await collection.add({
      ids: TEXTS.map(({ id }) => id),
      documents: TEXTS.map(({ document }) => document),
      metadatas: TEXTS.map(({ metadata }) => metadata),
    });
    await run(collection);
  } finally {
    await client.close();
  }
}

const asked = (part: Partial<Search>): Search => ({ text: "", mode: "words", selection: {}, like: undefined, ...part });

/** Counts as the page should have them, over the texts themselves. */
function naive(key: "pos" | "domain", among: (text: (typeof TEXTS)[number]) => boolean): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of TEXTS.filter(among)) counts[text.metadata[key]] = (counts[text.metadata[key]] ?? 0) + 1;
  return counts;
}

async function counts(collection: Collection, search: Search, key: string): Promise<Record<string, number>> {
  const { facets } = await runSearch(collection, search);
  const values = facets.find(({ facet }) => facet.key === key)?.values ?? [];
  return Object.fromEntries(values.map(({ value, count }) => [value, count]));
}

test("words are found by their stems, weighed, and marked", () =>
  glosses(async (collection) => {
    const { basis, hits, queryWords } = await runSearch(collection, asked({ text: "felines hunting" }));
    expect(basis).toBe("words");
    expect(hits.map(({ id }) => id).sort()).toEqual(["cat", "hunt", "tiger"]);
    expect(hits[0]).toMatchObject({ id: "cat", marks: ["feline", "hunts"], matchedWords: 2 });
    expect(queryWords).toBe(2);
  }));

test("a word that is being typed is found by its letters, and so are words without an index", async () => {
  await glosses(async (collection) => {
    const { basis, hits } = await runSearch(collection, asked({ text: "froz" }));
    expect([basis, hits.map(({ id }) => id), hits[0]?.marks]).toEqual(["letters", ["ice"], ["froz"]]);
    expect((await runSearch(collection, asked({ text: "?" }))).hits).toEqual([]);
  });
  await glosses(
    async (collection) => {
      const { basis, hits } = await runSearch(collection, asked({ text: "Large feline" }));
      expect([basis, hits.map(({ id }) => id)]).toEqual(["letters", ["tiger"]]);
      expect((await runSearch(collection, asked({ text: "large", mode: "both" }))).basis).toBe("meaning");
    },
    { words: false },
  );
});

test("both fuses words and meaning in one search", () =>
  glosses(async (collection) => {
    const { basis, hits, searches } = await runSearch(collection, asked({ text: "large feline", mode: "both" }));
    expect([basis, searches.length, hits[0]?.id]).toEqual(["both", 1, "tiger"]);
    expect(hits).toHaveLength(TEXTS.length);
    expect(JSON.stringify(searches[0]?.toPayload().rank).match(/\$knn/g)).toHaveLength(2);
  }));

test("facets count what the words and the other filters leave", () =>
  glosses(async (collection) => {
    const isLarge = ({ document }: (typeof TEXTS)[number]) => document.includes("large");
    expect(await counts(collection, asked({ text: "large" }), "pos")).toEqual(naive("pos", isLarge));
    const chosen = asked({ text: "large", selection: { pos: ["noun"] } });
    expect(await counts(collection, chosen, "pos")).toEqual(naive("pos", isLarge));
    expect(await counts(collection, chosen, "domain")).toEqual(naive("domain", (text) => isLarge(text) && text.metadata.pos === "noun"));
    expect(await counts(collection, asked({ text: "large", mode: "meaning" }), "pos")).toEqual(naive("pos", () => true));
    expect(await counts(collection, asked({ text: "larg" }), "domain")).toEqual(naive("domain", isLarge));
    expect(await counts(collection, asked({ text: "large" }), "count")).toEqual({ often: 1, sometimes: 1, seldom: 1 });
  }));

test("the like of a record does not have the record", () =>
  glosses(async (collection) => {
    const { basis, hits } = await runSearch(collection, asked({ like: "cat" }));
    expect([basis, hits.length, hits.some(({ id }) => id === "cat")]).toEqual(["similar", TEXTS.length - 1, false]);
  }));

/** The Search API: the official client has it, Chroma's single node answers it with 501. */

import { Aggregate, GroupBy, K, Knn, Rrf, Search } from "../../../pkg/src/index.js";
import { type Case, LetterCounts, withAnimals, withCollection } from "./case.js";

export const searchCases: Case[] = [
  {
    name: "a search filters, ranks, cuts and selects",
    local: true,
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const search = new Search()
          .where(K("home").eq(false).and(K.DOCUMENT.notContains("fish")))
          .rank(Knn({ query: [5, 0] }))
          .limit(2)
          .select(K.DOCUMENT, K.SCORE, "legs", K.EMBEDDING);
        const found = await animals.search(search);
        expect.equal(found.ids, [["eagle", "tiger"]]);
        expect.equal(found.scores, [[1, 16]]);
        expect.equal(found.documents, [["a bird of prey", "a large feline"]]);
        expect.equal(found.metadatas, [[{ legs: 2 }, { legs: 4 }]]);
        expect.equal(found.embeddings, [[[6, 0], [1, 0]]]);
        expect.equal(found.rows()[0]?.[0], {
          id: "eagle",
          document: "a bird of prey",
          embedding: [6, 0],
          metadata: { legs: 2 },
          score: 1,
        });
      });
    },
  },
  {
    name: "ranks are fused, and searches of one call are answered in their order",
    local: true,
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const knn = (query: number[]) => Knn({ query, limit: 5, returnRank: true });
        const fused = new Search().rank(Rrf({ ranks: [knn([0, 0]), knn([0, 3])], k: 1 })).select(K.SCORE);
        const weighted = new Search().rank(Knn({ query: [0, 0] }).multiply(-1)).limit(1);
        const everything = new Search().limit(2, 1);
        const found = await animals.search([fused, weighted, everything]);
        expect.equal(found.ids, [["cat", "dog", "tiger", "eagle", "salmon"], ["salmon"], ["tiger", "dog"]]);
        // The places of the cat are 0 and 1, those of the dog 2 and 0.
        expect.equal(found.scores?.[0]?.slice(0, 2), [-1.5, -(1 / 3 + 1)].map(Math.fround));
        expect.equal(found.select, [["#score"], [], []]);
      });
    },
  },
  {
    name: "of each group of a search the best are kept",
    local: true,
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const rank = Knn({ query: [0, 0] });
        const heaviest = new GroupBy(K("legs"), Aggregate.maxK(K("weight"), 1));
        const found = await animals.search(new Search({ rank, groupBy: heaviest }));
        expect.equal(found.ids, [["tiger", "eagle", "salmon"]]);
      });
    },
  },
  {
    name: "texts to search for are embedded as queries; one payload that is wrong refuses all",
    local: true,
    async run(client, expect) {
      const embeddingFunction = new LetterCounts();
      await withCollection(
        client,
        async (words) => {
          await words.add({ ids: ["aa", "xy"], documents: ["aa", "xy"] });
          embeddingFunction.calls.length = 0;
          const found = await words.search(new Search().rank(Knn({ query: "ab" })).select(K.SCORE));
          expect.equal(found.ids, [["aa", "xy"]]);
          expect.equal(embeddingFunction.calls, ["generateForQueries"]);
          const wrong = words.search([new Search(), new Search().rank(Knn({ query: [1, 2, 3] }))]);
          await expect.rejects(wrong, "ChromaClientError", "dimension of 2, got 3");
          const sparse = new Search().rank(Knn({ query: { indices: [1], values: [1] }, key: "words" }));
          await expect.rejects(words.search(sparse), "ChromaClientError", "indexing is disabled");
        },
        { embeddingFunction },
      );
    },
  },
];

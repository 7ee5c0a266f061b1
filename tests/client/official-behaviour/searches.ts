/** The Search API: the official client has it, Chroma's single node answers it with 501. */

import { type Case, LetterCounts, withAnimals, withCollection } from "./case.js";

export const searchCases: Case[] = [
  {
    name: "a search filters, ranks, cuts and selects",
    local: true,
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const found = await animals.search({
          where: { $and: [{ home: false }, { "#document": { $not_contains: "fish" } }] },
          rank: { $knn: { query: [5, 0] } },
          limit: 2,
          select: ["#document", "#score", "legs", "#embedding"],
        });
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
        // Reciprocal ranks.
        const reciprocal = (query: number[]) => ({
          $div: { left: { $val: 1 }, right: { $sum: [{ $knn: { query, return_rank: true } }, { $val: 1 }] } },
        });
        const sum = { $sum: [reciprocal([0, 0]), reciprocal([0, 3])] };
        const found = await animals.search([
          { rank: { $mul: [sum, { $val: -1 }] }, select: ["#score"] },
          { rank: { $mul: [{ $knn: { query: [0, 0] } }, { $val: -1 }] }, limit: 1 },
          { limit: { offset: 1, limit: 2 } },
        ]);
        expect.equal(found.ids, [["cat", "dog", "tiger", "eagle", "salmon"], ["salmon"], ["tiger", "dog"]]);
        // The places of the cat are 0 and 1, those of the dog 2 and 0.
        expect.equal(found.scores[0]?.slice(0, 2), [-1.5, -(1 / 3 + 1)].map(Math.fround));
        expect.equal(found.select, [["#score"], [], []]);
      });
    },
  },
  {
    name: "of each group of a search the best are kept",
    local: true,
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const found = await animals.search({
          rank: { $knn: { query: [0, 0] } },
          groupBy: { keys: ["legs"], aggregate: { $max_k: { keys: ["weight"], k: 1 } } },
        });
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
          const found = await words.search({ rank: { $knn: { query: "ab" } }, select: ["#score"] });
          expect.equal(found.ids, [["aa", "xy"]]);
          expect.equal(embeddingFunction.calls, ["generateForQueries"]);
          const wrong = words.search([{}, { rank: { $knn: { query: [1, 2, 3] } } }]);
          await expect.rejects(wrong, "ChromaClientError", "dimension of 2, got 3");
          const sparse = { $knn: { query: { indices: [1], values: [1] }, key: "words" } };
          await expect.rejects(words.search({ rank: sparse }), "ChromaClientError", "indexing is disabled");
        },
        { embeddingFunction },
      );
    },
  },
];

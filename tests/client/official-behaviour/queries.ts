/** Nearest neighbours. */

import { type Case, LetterCounts, withAnimals, withCollection } from "./case.js";

export const queryCases: Case[] = [
  {
    name: "a query answers the nearest records with documents, metadatas and squared distances",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const found = await animals.query({ queryEmbeddings: [[0, 0]], nResults: 3 });
        expect.equal(found.ids, [["cat", "tiger", "dog"]]);
        expect.equal(found.distances, [[0, 1, 4]]);
        expect.equal(found.documents, [["a small feline", "a large feline", "a loyal canine"]]);
        expect.equal(found.metadatas[0]?.[0], { legs: 4, weight: 4.5, home: true, sound: "meow" });
        expect.equal([found.embeddings, found.uris], [[], []]);
        expect.equal(found.rows()[0]?.[1], {
          id: "tiger",
          distance: 1,
          document: "a large feline",
          metadata: { legs: 4, weight: 220.5, home: false, sound: "roar" },
        });
      });
    },
  },
  {
    name: "several queries are answered in their order, ten hits each unless told otherwise",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const found = await animals.query({ queryEmbeddings: [[6, 1], [0, 8], [0, 0]], include: ["distances"] });
        expect.equal(found.ids.map((ids) => ids[0]), ["eagle", "salmon", "cat"]);
        expect.equal(found.ids.map((ids) => ids.length), [5, 5, 5]);
        expect.equal(found.distances.map((distances) => distances[0]), [1, 1, 0]);
        expect.equal([found.documents, found.metadatas], [[], []]);
      });
    },
  },
  {
    name: "include chooses the columns of a query",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const found = await animals.query({
          queryEmbeddings: [[6, 0]],
          nResults: 1,
          include: ["embeddings", "uris", "documents"],
        });
        expect.equal(found.embeddings, [[[6, 0]]]);
        expect.equal(found.uris, [["a://eagle"]]);
        expect.equal([found.metadatas, found.distances], [[], []]);
      });
    },
  },
  {
    name: "a query keeps to ids and to filters on metadata and documents",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const queryEmbeddings = [[0, 0]];
        const ids = async (args: object) => (await animals.query({ queryEmbeddings, ...args })).ids;
        expect.equal(await ids({ ids: ["salmon", "eagle"] }), [["eagle", "salmon"]]);
        expect.equal(await ids({ where: { home: false } }), [["tiger", "eagle", "salmon"]]);
        expect.equal(await ids({ whereDocument: { $contains: "feline" } }), [["cat", "tiger"]]);
        expect.equal(await ids({ where: { legs: 4 }, whereDocument: { $not_contains: "small" } }), [["tiger", "dog"]]);
        expect.equal(await ids({ where: { legs: 99 } }), [[]]);
      });
    },
  },
  {
    name: "query texts are embedded, by the function for queries where there is one",
    async run(client, expect) {
      const embeddingFunction = new LetterCounts();
      await withCollection(
        client,
        async (collection) => {
          await collection.add({ ids: ["a", "b"], documents: ["banana", "fig"] });
          const found = await collection.query({ queryTexts: ["pig", "papaya"], nResults: 1 });
          expect.equal(found.ids, [["b"], ["a"]]);
          expect.equal(embeddingFunction.calls, ["generate", "generateForQueries"]);
        },
        { embeddingFunction },
      );
    },
  },
  {
    name: "distances are those of the collection's space",
    async run(client, expect) {
      const distances = async (space: "l2" | "cosine" | "ip") => {
        let found: (number | null)[] = [];
        await withCollection(
          client,
          async (collection) => {
            await collection.add({ ids: ["same", "right", "twice"], embeddings: [[2, 0], [0, 2], [4, 0]] });
            const result = await collection.query({ queryEmbeddings: [[2, 0]], include: ["distances"] });
            const [ids, row] = [result.ids[0] ?? [], result.distances[0] ?? []];
            found = ["same", "right", "twice"].map((id) => row[ids.indexOf(id)] ?? null);
          },
          { configuration: { hnsw: { space } } },
        );
        return found;
      };
      expect.equal(await distances("l2"), [0, 8, 4]);
      expect.equal(await distances("cosine"), [0, 1, 0]);
      expect.equal(await distances("ip"), [-3, 1, -7]);
    },
  },
  {
    name: "queries that are not well formed are refused",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const refuse = (args: object, message: string) =>
          expect.rejects(animals.query(args), "ChromaValueError", message);
        await refuse({}, "At least one of 'queryEmbeddings' and 'queryTexts' must be provided");
        await refuse({ queryTexts: ["x"] }, "No embedding function found for collection");
        await refuse({ queryEmbeddings: [] }, "Expected embeddings to be an array with at least one item");
        await refuse({ queryEmbeddings: [[1, 1]], nResults: -1 }, "Number of requested results has to positive");
        await refuse({ queryEmbeddings: [[1, 1]], nResults: "3" }, "Expected 'nResults' to be a number");
        await refuse({ queryEmbeddings: [[1, 1]], ids: [] }, "Expected 'ids' to be a non-empty list");
        await refuse({ queryEmbeddings: [[1, 1]], include: ["data"] }, "but got data");
      });
    },
  },
  {
    name: "an empty collection answers nothing",
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        expect.equal((await collection.get()).ids, []);
        expect.equal((await collection.query({ queryEmbeddings: [[1, 2]] })).ids, [[]]);
      });
    },
  },
];

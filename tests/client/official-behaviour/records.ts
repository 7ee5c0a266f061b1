/** Writing records and reading them back. */

import { type Case, LetterCounts, withAnimals, withCollection } from "./case.js";

const everything = ["embeddings", "documents", "metadatas", "uris"] as const;

export const recordCases: Case[] = [
  {
    name: "what is added is read back, in the order of adding",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        expect.equal(await animals.count(), 5);
        const found = await animals.get({ ids: ["dog", "cat"], include: [...everything] });
        expect.equal(found.ids, ["cat", "dog"]);
        expect.equal(found.embeddings, [[0, 0], [0, 2]]);
        expect.equal(found.documents, ["a small feline", "a loyal canine"]);
        expect.equal(found.uris, ["a://cat", "a://dog"]);
        expect.equal(found.metadatas[1], { legs: 4, weight: 30.25, home: true, sound: "bark" });
        expect.equal(found.rows()[1], {
          id: "dog",
          document: "a loyal canine",
          embedding: [0, 2],
          metadata: { legs: 4, weight: 30.25, home: true, sound: "bark" },
          uri: "a://dog",
        });
      });
    },
  },
  {
    name: "get includes documents and metadatas unless told otherwise; other columns are empty",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const found = await animals.get({ ids: ["eagle"] });
        expect.equal(found.documents, ["a bird of prey"]);
        expect.equal(found.metadatas, [{ legs: 2, weight: 5.5, home: false }]);
        expect.equal([found.embeddings, found.uris], [[], []]);
        expect.equal(found.include, ["documents", "metadatas"]);
        const ids = await animals.get({ ids: ["eagle"], include: [] });
        expect.equal([ids.ids, ids.documents, ids.metadatas], [["eagle"], [], []]);
        expect.equal(ids.rows(), [{ id: "eagle" }]);
      });
    },
  },
  {
    name: "get goes by limit and offset; peek shows the first; ids that are not there are left out",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        expect.equal((await animals.get({ limit: 2, offset: 1 })).ids, ["tiger", "dog"]);
        expect.equal((await animals.get({ offset: 4 })).ids, ["salmon"]);
        expect.equal((await animals.get({ offset: 9 })).ids, []);
        expect.equal((await animals.get({ limit: 0 })).ids, []);
        expect.equal((await animals.peek({ limit: 3 })).ids, ["cat", "tiger", "dog"]);
        expect.equal((await animals.get({ ids: ["unicorn", "cat"] })).ids, ["cat"]);
      });
    },
  },
  {
    name: "adding an id that exists changes nothing",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        await animals.add({ ids: ["cat", "cow"], embeddings: [[5, 5], [6, 6]], documents: ["changed", "new"] });
        const found = await animals.get({ ids: ["cat", "cow"], include: ["documents", "embeddings"] });
        expect.equal(found.documents, ["a small feline", "new"]);
        expect.equal(found.embeddings, [[0, 0], [6, 6]]);
      });
    },
  },
  {
    name: "update changes what it names, merges metadata and ignores unknown ids",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        await animals.update({ ids: ["cat", "unicorn"], metadatas: [{ legs: 3, name: "Tom" }, { legs: 4 }] });
        await animals.update({ ids: ["dog"], embeddings: [[7, 7]] });
        await animals.update({ ids: ["eagle"], embeddings: [[6, 0]], documents: ["a raptor"], uris: ["b://eagle"] });
        const found = await animals.get({ ids: ["cat", "dog", "eagle"], include: [...everything] });
        expect.equal(found.metadatas[0], { legs: 3, weight: 4.5, home: true, sound: "meow", name: "Tom" });
        expect.equal(found.embeddings, [[0, 0], [7, 7], [6, 0]]);
        expect.equal(found.documents, ["a small feline", "a loyal canine", "a raptor"]);
        expect.equal(found.uris, ["a://cat", "a://dog", "b://eagle"]);
        expect.equal(await animals.count(), 5);
      });
    },
  },
  {
    name: "upsert changes what is there, adds what is not, and keeps the order",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        await animals.upsert({
          ids: ["cow", "tiger"],
          embeddings: [[3, 3], [4, 4]],
          metadatas: [{ legs: 4 }, { stripes: true }],
        });
        const found = await animals.get({ include: [...everything] });
        expect.equal(found.ids, ["cat", "tiger", "dog", "eagle", "salmon", "cow"]);
        expect.equal([found.embeddings[1], found.embeddings[5]], [[4, 4], [3, 3]]);
        expect.equal(found.metadatas[1], { legs: 4, weight: 220.5, home: false, sound: "roar", stripes: true });
        expect.equal([found.documents[1], found.documents[5]], ["a large feline", null]);
      });
    },
  },
  {
    name: "delete goes by ids, by filter, and by both at once",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        expect.equal(await animals.delete({ ids: ["cat"] }), { deleted: 1 });
        expect.equal(await animals.delete({ ids: ["tiger", "dog"], where: { home: true } }), { deleted: 1 });
        expect.equal((await animals.get()).ids, ["tiger", "eagle", "salmon"]);
        expect.equal(await animals.delete({ whereDocument: { $contains: "bird" } }), { deleted: 1 });
        expect.equal(await animals.delete({ where: { home: false }, limit: 1 }), { deleted: 1 });
        expect.equal((await animals.get()).ids, ["salmon"]);
      });
    },
  },
  {
    name: "what was deleted and is added again comes last",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        await animals.delete({ ids: ["cat"] });
        await animals.add({ ids: ["cat"], embeddings: [[1, 1]] });
        const found = await animals.get();
        expect.equal(found.ids, ["tiger", "dog", "eagle", "salmon", "cat"]);
        expect.equal([found.documents[4], found.metadatas[4]], [null, null]);
      });
    },
  },
  {
    name: "a limit of a deletion must be a whole number and needs a filter",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const refused = async (limit: number, ids?: string[]) => {
          let message = "";
          await animals.delete({ limit, ids }).catch((error: unknown) => {
            message = (error as Error).message;
          });
          return message;
        };
        expect.equal(await refused(1.5), "limit must be a non-negative integer");
        expect.equal(
          await refused(1, ["cat"]),
          "limit can only be specified when a where or whereDocument clause is provided",
        );
        expect.equal(await animals.count(), 5);
      });
    },
  },
  {
    name: "writes that are not well formed are refused before anything is written",
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        const refuse = (args: object, message: string) =>
          expect.rejects(collection.add(args as never), "ChromaValueError", message);
        await refuse({ ids: [], embeddings: [] }, "Non-empty lists are required for ids, embeddings");
        await refuse({ ids: ["a", "b"], embeddings: [[1]] }, "Unequal lengths for fields ids, embeddings");
        await refuse({ ids: ["a", 1], embeddings: [[1], [2]] }, "Found non-string IDs at 1");
        await refuse({ ids: ["a", "a"], embeddings: [[1], [2]] }, "found duplicates of a");
        await refuse({ ids: ["a"] }, "At least one of 'embeddings' and 'documents' must be provided");
        await refuse({ ids: ["a"], embeddings: [[]] }, "got an empty array at index 0");
        await refuse({ ids: ["a"], embeddings: [[1]], metadatas: [{}] }, "Expected metadata to be non-empty");
        await refuse({ ids: ["a"], embeddings: [[1]], metadatas: [{ k: [] }] }, "for key 'k' to be non-empty");
        await refuse({ ids: ["a"], embeddings: [[1]], metadatas: [{ k: [1, "x"] }] }, "got mixed types");
        await refuse({ ids: ["a"], documents: ["text"] }, "No embedding function found for collection");
        const size = (await client.getMaxBatchSize()) + 1;
        const ids = Array.from({ length: size }, (_, i) => String(i));
        await refuse({ ids, embeddings: ids.map(() => [1]) }, `Record set length ${size} exceeds max batch size`);
        expect.equal(await collection.count(), 0);
      });
    },
  },
  {
    name: "all vectors of a collection have the dimension of the first",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        await expect.rejects(
          animals.add({ ids: ["cow"], embeddings: [[1, 2, 3]] }),
          "ChromaClientError",
          "Collection expecting embedding with dimension of 2, got 3",
        );
        await expect.rejects(
          animals.add({ ids: ["cow", "hen"], embeddings: [[1, 2], [3]] }),
          "ChromaClientError",
          "Inconsistent dimensions in provided embeddings",
        );
        await expect.rejects(animals.query({ queryEmbeddings: [[1]] }), "ChromaClientError", "dimension of 2, got 1");
        expect.equal(await animals.count(), 5);
      });
    },
  },
  {
    name: "documents without embeddings are embedded, on add and on update",
    async run(client, expect) {
      const embeddingFunction = new LetterCounts();
      await withCollection(
        client,
        async (collection) => {
          await collection.add({ ids: ["a", "b"], documents: ["banana", "fig"] });
          await collection.update({ ids: ["b"], documents: ["pear"] });
          const { embeddings } = await collection.get({ include: ["embeddings"] });
          expect.equal(embeddings, [[3, 3], [2, 2]]);
          expect.equal(embeddingFunction.calls, ["generate", "generate"]);
        },
        { embeddingFunction },
      );
    },
  },
  {
    name: "an operation on a deleted collection is not found",
    async run(client, expect) {
      const kept: Parameters<Parameters<typeof withCollection>[1]>[0][] = [];
      await withCollection(client, (collection) => {
        kept.push(collection);
        return Promise.resolve();
      });
      for (const collection of kept) {
        await expect.rejects(collection.count(), "ChromaNotFoundError");
        await expect.rejects(collection.add({ ids: ["a"], embeddings: [[1]] }), "ChromaNotFoundError");
      }
    },
  },
];

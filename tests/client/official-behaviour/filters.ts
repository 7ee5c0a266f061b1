/** Filters on metadata and documents. */

import type { Where, WhereDocument } from "../../../pkg/src/index.js";
import { type Case, withAnimals, withCollection } from "./case.js";

/** Filters on the animals, and which of them they find. */
const WHERE: [where: Where, ids: string[]][] = [
  [{ legs: 2 }, ["eagle"]],
  [{ legs: { $eq: 4 } }, ["cat", "tiger", "dog"]],
  [{ legs: { $ne: 4 } }, ["eagle", "salmon"]],
  [{ sound: { $ne: "meow" } }, ["tiger", "dog", "eagle", "salmon"]],
  [{ weight: { $gt: 5.5 } }, ["tiger", "dog"]],
  [{ weight: { $gte: 5.5 } }, ["tiger", "dog", "eagle"]],
  [{ legs: { $lt: 2 } }, ["salmon"]],
  [{ weight: { $lte: 4.5 } }, ["cat", "salmon"]],
  [{ home: true }, ["cat", "dog"]],
  [{ sound: { $in: ["roar", "bark", "moo"] } }, ["tiger", "dog"]],
  [{ legs: { $nin: [0, 4] } }, ["eagle"]],
  [{ colour: "red" }, []],
  [{ $and: [{ legs: 4 }, { home: true }] }, ["cat", "dog"]],
  [{ $or: [{ legs: 0 }, { sound: "roar" }] }, ["tiger", "salmon"]],
  [{ $or: [{ legs: 2 }, { $and: [{ home: true }, { weight: { $gt: 20 } }] }] }, ["dog", "eagle"]],
];

const WHERE_DOCUMENT: [whereDocument: WhereDocument, ids: string[]][] = [
  [{ $contains: "feline" }, ["cat", "tiger"]],
  [{ $contains: "Feline" }, []],
  [{ $not_contains: "feline" }, ["dog", "eagle", "salmon"]],
  [{ $contains: "h. I" }, ["salmon"]],
  [{ $and: [{ $contains: "feline" }, { $contains: "large" }] }, ["tiger"]],
  [{ $or: [{ $contains: "bird" }, { $contains: "fish" }] }, ["eagle", "salmon"]],
];

export const filterCases: Case[] = [
  {
    name: "filters on metadata find what they say",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        for (const [where, ids] of WHERE) {
          const found = await animals.get({ where, include: [] });
          expect.equal([where, found.ids], [where, ids]);
        }
      });
    },
  },
  {
    name: "filters on documents find what they say",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        for (const [whereDocument, ids] of WHERE_DOCUMENT) {
          const found = await animals.get({ whereDocument, include: [] });
          expect.equal([whereDocument, found.ids], [whereDocument, ids]);
        }
      });
    },
  },
  {
    name: "filters, ids, limit and offset work together",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const args = { ids: ["cat", "tiger", "dog", "eagle"], where: { legs: 4 }, include: [] };
        expect.equal((await animals.get(args)).ids, ["cat", "tiger", "dog"]);
        expect.equal((await animals.get({ ...args, limit: 1, offset: 1 })).ids, ["tiger"]);
        expect.equal((await animals.get({ ...args, whereDocument: { $contains: "feline" } })).ids, ["cat", "tiger"]);
      });
    },
  },
  {
    name: "filters see changes at once",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        await animals.update({ ids: ["salmon"], metadatas: [{ legs: 4 }] });
        await animals.delete({ ids: ["tiger"] });
        expect.equal((await animals.get({ where: { legs: 4 } })).ids, ["cat", "dog", "salmon"]);
        expect.equal((await animals.get({ where: { legs: 0 } })).ids, []);
      });
    },
  },
  {
    name: "lists in metadata are searched by member",
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        await collection.add({
          ids: ["a", "b", "c"],
          embeddings: [[1], [2], [3]],
          metadatas: [{ tags: ["red", "blue"] }, { tags: ["green"], sizes: [1, 2] }, { other: 1 }],
        });
        const ids = async (where: Where) => (await collection.get({ where })).ids;
        expect.equal(await ids({ tags: { $contains: "red" } }), ["a"]);
        expect.equal(await ids({ tags: { $not_contains: "red" } }), ["b", "c"]);
        expect.equal(await ids({ sizes: { $contains: 2 } }), ["b"]);
      });
    },
  },
  {
    name: "documents are searched by regular expressions, in the log and when they are indexed",
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        const documents = ["Hello World", "hello world 100%", "foo_bar", "Straße ÜBER a.b"];
        await collection.add({ ids: ["a", "b", "c", "d"], embeddings: [[1], [2], [3], [4]], documents });
        const ids = async (whereDocument: WhereDocument) => (await collection.get({ whereDocument })).ids;
        for (let round = 0; round < 2; round++) {
          expect.equal(await ids({ $regex: "^Hello" }), ["a"]);
          expect.equal(await ids({ $regex: "(?i)^hello" }), ["a", "b"]);
          expect.equal(await ids({ $regex: "\\bworld\\b" }), ["b"]);
          expect.equal(await ids({ $regex: "\\p{Lu}{4}" }), ["d"]);
          expect.equal(await ids({ $not_regex: "o" }), ["d"]);
          expect.equal(await ids({ $or: [{ $contains: "foo" }, { $regex: "^H" }] }), ["a", "c"]);
          await expect.rejects(ids({ $regex: "[" }), "ChromaClientError", "Regex syntax errror");
          await (client as { compact?: () => Promise<void> }).compact?.();
        }
      });
    },
  },
  {
    name: "filters that are not well formed are refused, with the reason",
    async run(client, expect) {
      await withAnimals(client, async (animals) => {
        const refuse = (where: object, message: string) =>
          expect.rejects(animals.get({ where: where as Where }), "ChromaValueError", message);
        await refuse({}, "Expected 'where' to have exactly one operator, but got 0");
        await refuse({ a: 1, b: 2 }, "Expected 'where' to have exactly one operator, but got 2");
        await refuse({ $and: [{ a: 1 }] }, "Expected 'where' value for $and or $or to be a list");
        await refuse({ a: { $gt: "x" } }, "Expected operand value to be a number for $gt, but got string");
        await refuse({ a: { $gt: 1, $lt: 2 } }, "Expected operator expression to have one operator");
        await refuse({ a: { $in: 1 } }, "Expected operand value to be an array for $in, but got 1");
        await refuse({ a: { $in: [] } }, "to be a non-empty list and all values to be of the same type");
        await refuse({ a: { $in: [1, "x"] } }, "to be a non-empty list and all values to be of the same type");
        await refuse({ a: { $regex: "x" } }, "Expected operator to be one of $gt, $gte");
        await expect.rejects(
          animals.get({ whereDocument: { $starts: "x" } as never }),
          "ChromaValueError",
          "Expected 'whereDocument' operator to be one of",
        );
        await expect.rejects(
          animals.get({ whereDocument: { $and: [{ $contains: "x" }] } }),
          "ChromaValueError",
          "to be a list with at least two 'whereDocument' expressions",
        );
        await expect.rejects(
          animals.get({ include: ["distances"] }),
          "ChromaValueError",
          "distances is not allowed for this operation",
        );
      });
    },
  },
];

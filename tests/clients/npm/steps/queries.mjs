/** Queries by vectors and texts, and every shape of filter. */

import { LetterCounts } from "../world.mjs";

/** @type {any[]} */
const WHERE = [
  { legs: 4 },
  { home: true },
  { sound: "meow" },
  { weight: 4.5 },
  { missing: 1 },
  { legs: { $eq: 4 } },
  { legs: { $ne: 4 } },
  { sound: { $ne: "meow" } },
  { weight: { $gt: 5.5 } },
  { weight: { $gte: 5.5 } },
  { weight: { $lt: 5.5 } },
  { weight: { $lte: 5.5 } },
  { legs: { $gt: 1.5 } },
  { legs: { $in: [0, 2] } },
  { legs: { $nin: [0, 2] } },
  { sound: { $in: ["bark", "roar"] } },
  { sound: { $nin: ["bark"] } },
  { home: { $in: [true] } },
  { tags: { $contains: "pet" } },
  { tags: { $not_contains: "pet" } },
  { $and: [{ legs: 4 }, { home: true }] },
  { $or: [{ legs: 0 }, { legs: 2 }] },
  { $and: [{ $or: [{ legs: 0 }, { legs: 4 }] }, { home: false }] },
  { $and: [{ legs: 4 }] },
  { $or: [] },
  {},
  { legs: 4, home: true },
  { legs: {} },
  { legs: { $gt: 1, $lt: 3 } },
  { legs: { $between: [1, 3] } },
  { legs: { $gt: "a" } },
  { legs: { $in: [] } },
  { legs: { $in: [1, "a"] } },
  { legs: null },
  { sound: { $regex: "^m" } },
];

/** @type {any[]} */
const DOCUMENTS = [
  { $contains: "feline" },
  { $not_contains: "feline" },
  { $contains: "FELINE" },
  { $regex: "^a (small|large)" },
  { $not_regex: "bird|fish" },
  { $and: [{ $contains: "a " }, { $contains: "prey" }] },
  { $or: [{ $contains: "fish" }, { $contains: "loyal" }] },
  { $contains: "" },
  { $contains: 1 },
  { $regex: "(" },
  { $matches: "x" },
  { $and: [{ $contains: "a" }] },
  {},
];

/** @type {[about: string, request: any][]} */
const QUERIES = [
  ["one vector", { queryEmbeddings: [[0, 0]], nResults: 2 }],
  ["two vectors", { queryEmbeddings: [[0, 0], [6, 1]], nResults: 2 }],
  ["more than there are", { queryEmbeddings: [[0, 0]], nResults: 50 }],
  ["every section", { queryEmbeddings: [[0, 0]], nResults: 1, include: ["documents", "embeddings", "metadatas", "uris", "distances"] }],
  ["no section", { queryEmbeddings: [[0, 0]], nResults: 1, include: [] }],
  ["among ids", { queryEmbeddings: [[0, 0]], ids: ["eagle", "salmon"] }],
  ["filtered", { queryEmbeddings: [[0, 0]], where: { home: false } }],
  ["filtered by text", { queryEmbeddings: [[0, 0]], whereDocument: { $contains: "feline" } }],
  ["filtered to nothing", { queryEmbeddings: [[0, 0]], where: { legs: 100 } }],
  ["another dimension", { queryEmbeddings: [[1, 2, 3]] }],
  ["no vectors", { queryEmbeddings: [] }],
  ["nothing", {}],
  ["no results", { queryEmbeddings: [[0, 0]], nResults: 0 }],
  ["fewer than none", { queryEmbeddings: [[0, 0]], nResults: -1 }],
  ["half a result", { queryEmbeddings: [[0, 0]], nResults: 1.5 }],
  ["by URI", { queryURIs: ["a://cat"] }],
  ["by text without a function", { queryTexts: ["cat"] }],
  ["both ways", { queryTexts: ["cat"], queryEmbeddings: [[0, 0]] }],
];

/** @type {import("../world.mjs").Steps} */
export const steps = {
  add: async (world) => (await world.makeAnimals("animals")).count(),
  ...Object.fromEntries(WHERE.map((where) => [`where ${JSON.stringify(where)}`, async (/** @type {any} */ { kept }) => (await kept["animals"].get({ where, include: [] })).ids])),
  ...Object.fromEntries(DOCUMENTS.map((whereDocument) => [
    `where document ${JSON.stringify(whereDocument)}`,
    async (/** @type {any} */ { kept }) => (await kept["animals"].get({ whereDocument, include: [] })).ids,
  ])),
  ...Object.fromEntries(QUERIES.map(([about, request]) => [`query ${about}`, (/** @type {any} */ { kept }) => kept["animals"].query(request)])),
  "rows of a query": async ({ kept }) => (await kept["animals"].query({ queryEmbeddings: [[0, 0]], nResults: 2 })).rows(),
  ...Object.fromEntries(["l2", "cosine", "ip"].map((space) => [
    `distances by ${space}`,
    async (/** @type {any} */ world) => {
      const collection = await world.make(`by-${space}`, { configuration: { hnsw: { space } } });
      await collection.add({ ids: ["a", "b", "c"], embeddings: [[1, 0, 0], [0.5, 0.5, 0], [-1, 0.25, 2]] });
      return collection.query({ queryEmbeddings: [[0.9, 0.1, 0.2]], include: ["distances"] });
    },
  ])),
  "query by text": async (world) => {
    const texts = await world.make("texts", { embeddingFunction: new LetterCounts() });
    await texts.add({ ids: ["a", "b"], documents: ["aeiou", "xyz"] });
    return texts.query({ queryTexts: ["oooo", "xx"], nResults: 1 });
  },
  "query an empty collection": async (world) => (await world.make("empty")).query({ queryEmbeddings: [[1, 2]] }),
};

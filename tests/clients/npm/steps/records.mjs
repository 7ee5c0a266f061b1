/** Records: written, read, deleted; and what the client refuses before it sends anything. */

import { ANIMALS, LetterCounts } from "../world.mjs";

const ALL = /** @type {const} */ (["documents", "embeddings", "metadatas", "uris"]);

/** @type {[about: string, records: any][]} */
const REFUSED = [
  ["nothing", { ids: ["x"] }],
  ["no ids", { ids: [], embeddings: [] }],
  ["unequal lengths", { ids: ["x", "y"], embeddings: [[1, 2]] }],
  ["equal ids", { ids: ["x", "x"], embeddings: [[1, 2], [3, 4]] }],
  ["a number as id", { ids: [1], embeddings: [[1, 2]] }],
  ["an empty id", { ids: [""], embeddings: [[1, 2]] }],
  ["another dimension", { ids: ["x"], embeddings: [[1, 2, 3]] }],
  ["an empty vector", { ids: ["x"], embeddings: [[]] }],
  ["no number", { ids: ["x"], embeddings: [[1, Number.NaN]] }],
  ["infinity", { ids: ["x"], embeddings: [[1, Number.POSITIVE_INFINITY]] }],
  ["too large for f32", { ids: ["x"], embeddings: [[1, 1e39]] }],
  ["documents without a function", { ids: ["x"], documents: ["text"] }],
  ["empty metadata", { ids: ["x"], embeddings: [[1, 2]], metadatas: [{}] }],
  ["nested metadata", { ids: ["x"], embeddings: [[1, 2]], metadatas: [{ a: { b: 1 } }] }],
  ["mixed list", { ids: ["x"], embeddings: [[1, 2]], metadatas: [{ a: [1, "b"] }] }],
  ["empty list", { ids: ["x"], embeddings: [[1, 2]], metadatas: [{ a: [] }] }],
  ["reserved key", { ids: ["x"], embeddings: [[1, 2]], metadatas: [{ "#a": 1 }] }],
  ["unsorted sparse vector", { ids: ["x"], embeddings: [[1, 2]], metadatas: [{ a: { indices: [3, 1], values: [1, 2] } }] }],
  ["a number as document", { ids: ["x"], embeddings: [[1, 2]], documents: [1] }],
  ["too many", { ids: Array.from({ length: 5462 }, (_, n) => `many-${n}`), embeddings: Array.from({ length: 5462 }, () => [1, 2]) }],
];

/** @type {[about: string, request: any][]} */
const GETS = [
  ["all", {}],
  ["by id", { ids: ["dog", "cat"] }],
  ["one id", { ids: "dog" }],
  ["unknown id", { ids: ["unicorn"] }],
  ["no ids", { ids: [] }],
  ["every section", { include: ALL }],
  ["no section", { include: [] }],
  ["distances", { include: ["distances"] }],
  ["an unknown section", { include: ["colours"] }],
  ["a page", { limit: 2, offset: 1 }],
  ["beyond the end", { limit: 2, offset: 100 }],
  ["limit 0", { limit: 0 }],
  ["a negative limit", { limit: -1 }],
  ["half a limit", { limit: 1.5 }],
  ["filter and ids", { ids: ["cat", "eagle"], where: { legs: 4 } }],
  ["filter and page", { where: { legs: 4 }, limit: 1, offset: 1 }],
  ["two filters", { where: { legs: 4 }, whereDocument: { $contains: "feline" } }],
];

const DELETES = [
  { ids: ["cat", "unicorn"] },
  { where: { legs: 2 } },
  { whereDocument: { $contains: "fish" } },
  { where: { legs: 4 }, limit: 1 },
  { limit: 1 },
  { ids: [] },
  {},
];

/** @type {import("../world.mjs").Steps} */
export const steps = {
  add: async (world) => (await world.makeAnimals("animals")).count(),
  "add again is passed over": async ({ kept }) => {
    await kept["animals"].add({ ids: ["cat"], embeddings: [[5, 5]], documents: ["another"] });
    return kept["animals"].get({ ids: ["cat"], include: ALL });
  },
  ...Object.fromEntries(GETS.map(([about, request]) => [`get ${about}`, (/** @type {any} */ { kept }) => kept["animals"].get(request)])),
  "rows of a get": async ({ kept }) => (await kept["animals"].get({ include: ["documents", "uris"], limit: 2 })).rows(),
  peek: ({ kept }) => kept["animals"].peek({ limit: 2 }),
  ...Object.fromEntries(REFUSED.map(([about, records]) => [`add ${about}`, (/** @type {any} */ { kept }) => kept["animals"].add(records)])),
  "nothing of it was written": ({ kept }) => kept["animals"].count(),
  update: async ({ kept }) => {
    const { animals } = kept;
    await animals.update({ ids: ["cat", "unicorn"], metadatas: [{ legs: 3, lives: 9 }, { legs: 1 }] });
    await animals.update({ ids: ["dog"], embeddings: [[7, 7]], documents: ["an old dog"], uris: ["b://dog"] });
    return animals.get({ ids: ["cat", "dog", "unicorn"], include: ALL });
  },
  "update with null keeps a key": async ({ kept }) => {
    await kept["animals"].update({ ids: ["cat"], metadatas: [{ lives: null }] });
    return kept["animals"].get({ ids: ["cat"] });
  },
  "update another dimension": ({ kept }) => kept["animals"].update({ ids: ["cat"], embeddings: [[1]] }),
  upsert: async ({ kept }) => {
    const { animals } = kept;
    await animals.upsert({ ids: ["cat", "fox"], embeddings: [[1, 1], [2, 2]], metadatas: [{ legs: 4 }, { legs: 4, clever: true }], documents: ["cat", "fox"] });
    return animals.get({ ids: ["cat", "fox"], include: ALL });
  },
  "values come back": async (world) => {
    const values = await world.make("values");
    await values.add({
      ids: ["scalars", "lists", "none"],
      embeddings: [[0.1, -1e-20, 3e38], [1 / 3, 1e-45, -0], [123456789, 16777217, 1]],
      metadatas: [
        { integer: 9007199254740991, negative: -5, float: 0.1, text: "ü\u0000😀", yes: true, empty: "" },
        { integers: [1, 2], floats: [1.5, 2], texts: ["a", ""], booleans: [true, false] },
        null,
      ],
      documents: ["", "two\nlines", "😀"],
    });
    return values.get({ include: ALL });
  },
  "sparse values come back": async (world) => {
    const collection = await world.make("sparse");
    await collection.add({ ids: ["a"], embeddings: [[1, 2]], metadatas: [{ sparse: { indices: [1, 4294967295], values: [0.5, -2] } }] });
    return collection.get();
  },
  "vectors as numbers": async (world) => {
    const client = world.connect();
    // A server that did not understand base64.
    client.supportsBase64Encoding = () => Promise.resolve(false);
    const collection = await client.createCollection({ name: "numbers", embeddingFunction: null });
    await collection.add({ ids: ["a", "b"], embeddings: [[0.1, 1e-7], [3, -2.5]] });
    await collection.update({ ids: ["a"], embeddings: [[9, 9.5]] });
    await collection.upsert({ ids: ["c"], embeddings: [[1e10, 0]] });
    return collection.get({ include: ["embeddings"] });
  },
  "documents are embedded": async (world) => {
    const texts = await world.make("texts", { embeddingFunction: new LetterCounts() });
    await texts.add({ ids: ["a", "b"], documents: ["aeb", "xyz"] });
    await texts.update({ ids: ["a"], documents: ["oooo"] });
    await texts.upsert({ ids: ["c"], documents: ["hello"] });
    return texts.get({ include: ["embeddings", "documents"] });
  },
  "a full batch": async (world) => {
    const collection = await world.make("batch");
    const ids = Array.from({ length: 5461 }, (_, n) => `id-${n}`);
    await collection.add({ ids, embeddings: ids.map((_, n) => [n, 1]), metadatas: ids.map((_, n) => ({ n })) });
    return [await collection.count(), (await collection.get({ where: { n: { $gte: 5459 } } })).ids];
  },
  "a body that is too large": async (world) => {
    const collection = await world.make("large");
    return collection.add({ ids: ["a", "b"], embeddings: [[1], [2]], documents: ["x".repeat(25_000_000), "y".repeat(25_000_000)] });
  },
  "after a body that was too large": ({ kept }) => kept["large"].count(),
  ...Object.fromEntries(DELETES.map((request, index) => [
    `delete ${JSON.stringify(request)}`,
    async (/** @type {any} */ world) => {
      const collection = await world.make(`deleting-${index}`);
      await collection.add(ANIMALS);
      const told = await collection.delete(request);
      return [told, (await collection.get({ include: [] })).ids];
    },
  ])),
  "metadata under the document's key": async (world) => {
    const collection = await world.make("reserved");
    return collection.add({ ids: ["x"], embeddings: [[1, 2]], metadatas: [{ "chroma:document": "x" }] });
  },
  "count by read level": async ({ kept, chroma }) => {
    const [all, ...others] = await Promise.all(Object.values(chroma.ReadLevel).map((readLevel) => kept["batch"].count({ readLevel })));
    // How much the others see depends on what has been compacted.
    return [all, others.map((count) => count >= 0 && count <= all)];
  },
  "count of an empty collection": async (world) => (await world.make("empty")).count(),
};

/** Collections: made, found, listed, changed, deleted. */

import { LetterCounts } from "../world.mjs";

/** @type {[about: string, options: object][]} */
const CONFIGURATIONS = [
  ["hnsw", { configuration: { hnsw: { space: "cosine", ef_construction: 50, max_neighbors: 8, ef_search: 20 } } }],
  ["hnsw in part", { configuration: { hnsw: { space: "ip" } } }],
  ["spann", { configuration: { spann: { space: "cosine", search_nprobe: 10 } } }],
  ["both", { configuration: { hnsw: { space: "ip" }, spann: { space: "ip" } } }],
  ["an unknown space", { configuration: { hnsw: { space: "manhattan" } } }],
  ["a bad number", { configuration: { hnsw: { ef_construction: -1 } } }],
  ["legacy metadata", { metadata: { "hnsw:space": "cosine", topic: "old" } }],
  ["an unknown legacy key", { metadata: { "hnsw:colour": "red" } }],
  ["an embedding function", { embeddingFunction: new LetterCounts() }],
  ["the default function", { embeddingFunction: undefined }],
  ["empty metadata", { metadata: {} }],
  ["reserved key", { metadata: { "#a": 1 } }],
];

const NAMES = ["ab", "a".repeat(512), "a".repeat(513), "a b c", "a..b", "_abc", "abc_", "192.168.0.1", "ünder", "a/b/c", "Valid.Name-1"];

/** @type {import("../world.mjs").Steps} */
export const steps = {
  create: (world) => world.make("plain"),
  "create with metadata": (world) => world.make("described", { metadata: { topic: "test", rank: 3, share: 0.5, open: true, dropped: null } }),
  "a taken name": (world) => world.make("plain"),
  "get or create what is there": ({ client }) => client.getOrCreateCollection({ name: "described", embeddingFunction: null, metadata: { other: 1 } }),
  "get or create what is not": ({ client }) => client.getOrCreateCollection({ name: "new-one", embeddingFunction: null, metadata: { other: 1 } }),
  ...Object.fromEntries(CONFIGURATIONS.map(([about, options], index) => [`create with ${about}`, (/** @type {any} */ world) => world.make(`configured-${index}`, options)])),
  ...Object.fromEntries(NAMES.map((name) => [`the name ${name.length > 20 ? `of ${name.length} characters` : name}`, async (/** @type {any} */ world) => (await world.make(name)).name.length])),
  get: ({ client }) => client.getCollection({ name: "described" }),
  "get an unknown one": ({ client }) => client.getCollection({ name: "unknown" }),
  "get by id": ({ client, kept }) => client.getCollectionById(kept["described"].id),
  "get by an unknown id": ({ client }) => client.getCollectionById("00000000-0000-4000-8000-000000000000"),
  "get by what is no id": ({ client }) => client.getCollectionById("no-uuid"),
  "get by CRN": ({ client }) => client.getCollectionByCrn("default_tenant:default_database:plain"),
  "get by an unfinished CRN": ({ client }) => client.getCollectionByCrn("default_tenant"),
  "get several": ({ client }) => client.getCollections(["plain", "described"]),
  "get several with functions": async ({ client }) => {
    const found = await client.getCollections([{ name: "plain", embeddingFunction: new LetterCounts() }]);
    return found.map(({ name, embeddingFunction }) => [name, embeddingFunction?.name]);
  },
  "get several, one unknown": ({ client }) => client.getCollections(["plain", "unknown"]),
  "get none": ({ client }) => client.getCollections([]),
  count: ({ client }) => client.countCollections(),
  list: async ({ client }) => (await client.listCollections()).map(({ name }) => name).sort(),
  "list in pages": async ({ client }) => {
    const pages = [];
    for (const offset of [0, 5, 100]) {
      pages.push((await client.listCollections({ limit: 5, offset })).length);
    }
    return pages;
  },
  "list none": ({ client }) => client.listCollections({ limit: 0 }),
  "list a negative number": ({ client }) => client.listCollections({ limit: -1 }),
  rename: async ({ client, kept }) => {
    await kept["plain"].modify({ name: "renamed" });
    return [kept["plain"], (await client.getCollection({ name: "renamed" })).id === kept["plain"].id];
  },
  "the old name": ({ client }) => client.getCollection({ name: "plain" }),
  "rename to a taken name": ({ kept }) => kept["plain"].modify({ name: "described" }),
  "rename to a bad name": ({ kept }) => kept["plain"].modify({ name: "a" }),
  "replace metadata": async ({ client, kept }) => {
    await kept["described"].modify({ metadata: { fresh: true } });
    return (await client.getCollection({ name: "described" })).metadata;
  },
  "replace metadata by none": ({ kept }) => kept["described"].modify({ metadata: {} }),
  "change hnsw": async ({ client, kept }) => {
    await kept["configured-0"].modify({ configuration: { hnsw: { ef_search: 77 } } });
    return (await client.getCollection({ name: "configured-0" })).configuration;
  },
  "change spann": async ({ client, kept }) => {
    await kept["configured-2"].modify({ configuration: { spann: { search_nprobe: 5 } } });
    return (await client.getCollection({ name: "configured-2" })).configuration;
  },
  "change the space": ({ kept }) => kept["configured-0"].modify({ configuration: { hnsw: { space: "l2" } } }),
  "lists in metadata": (world) => world.make("lists", { metadata: { tags: ["a", "b"] } }),
  delete: ({ client }) => client.deleteCollection({ name: "described" }),
  "delete it again": ({ client }) => client.deleteCollection({ name: "described" }),
  "count records of what is gone": ({ kept }) => kept["described"].count(),
  "add to what is gone": ({ kept }) => kept["described"].add({ ids: ["a"], embeddings: [[1]] }),
};

/** Schemas, and functions that a collection remembers. */

import { LetterCounts, WordLengths } from "../world.mjs";

/** @typedef {import("../world.mjs").World} World */

/** @type {Record<string, (chroma: World["chroma"]) => any>} */
const SCHEMAS = {
  "the default": ({ Schema }) => new Schema(),
  "a field without an index": ({ Schema, StringInvertedIndexConfig }) => new Schema().deleteIndex(new StringInvertedIndexConfig(), "secret"),
  "all kinds of fields": ({ Schema, IntInvertedIndexConfig, FloatInvertedIndexConfig, BoolInvertedIndexConfig }) =>
    new Schema().createIndex(new IntInvertedIndexConfig(), "year").createIndex(new FloatInvertedIndexConfig(), "price").createIndex(new BoolInvertedIndexConfig(), "open"),
  "no integers at all": ({ Schema, IntInvertedIndexConfig }) => new Schema().deleteIndex(new IntInvertedIndexConfig()),
  "vectors": ({ Schema, VectorIndexConfig }) => new Schema().createIndex(new VectorIndexConfig({ space: "cosine", hnsw: { ef_construction: 50 } })),
  "vectors with a function": ({ Schema, VectorIndexConfig }) => new Schema().createIndex(new VectorIndexConfig({ embeddingFunction: new LetterCounts() })),
  "vectors in lists": ({ Schema, VectorIndexConfig }) => new Schema().createIndex(new VectorIndexConfig({ spann: { search_nprobe: 7 } })),
  "sparse vectors": ({ Schema, SparseVectorIndexConfig }) => new Schema().createIndex(new SparseVectorIndexConfig({ sourceKey: "text", embeddingFunction: new WordLengths() }), "sparse"),
  "weighted by rarity": ({ Schema, SparseVectorIndexConfig }) => new Schema().createIndex(new SparseVectorIndexConfig({ bm25: true }), "sparse"),
  "two sparse indexes": ({ Schema, SparseVectorIndexConfig }) => new Schema().createIndex(new SparseVectorIndexConfig(), "one").createIndex(new SparseVectorIndexConfig(), "two"),
  "no text": ({ Schema, FtsIndexConfig }) => new Schema().deleteIndex(new FtsIndexConfig(), "#document"),
  "a key of the customer": ({ Schema, Cmek }) => new Schema().setCmek(Cmek.gcp("projects/a/locations/b/keyRings/c/cryptoKeys/d")),
  "a vector index on a field": ({ Schema, VectorIndexConfig }) => new Schema().createIndex(new VectorIndexConfig(), "field"),
  "an index on a reserved key": ({ Schema, StringInvertedIndexConfig }) => new Schema().createIndex(new StringInvertedIndexConfig(), "#embedding"),
};

const names = Object.keys(SCHEMAS);

/** @type {import("../world.mjs").Steps} */
export const steps = {
  ...Object.fromEntries(Object.entries(SCHEMAS).flatMap(([about, make]) => [
    [`${about}, as it is sent`, (/** @type {World} */ { chroma }) => make(chroma).serializeToJSON()],
    [`${about}, as it is kept`, async (/** @type {World} */ world) => {
      const name = `schema-${names.indexOf(about)}`;
      await world.make(name, { schema: make(world.chroma), embeddingFunction: undefined });
      return world.client.getCollection({ name });
    }],
  ])),
  "schema and configuration": (world) => world.make("both", { schema: SCHEMAS["vectors"]?.(world.chroma), configuration: { hnsw: { space: "ip" } } }),
  "a filter on a field without an index": async ({ client }) => {
    const collection = await client.getCollection({ name: "schema-1" });
    await collection.add({ ids: ["a"], embeddings: [[1, 2]], metadatas: [{ secret: "x", other: "y" }] });
    return [(await collection.get({ where: { other: "y" } })).ids, await collection.get({ where: { secret: "x" } })];
  },
  "text without its index": async ({ client }) => {
    const collection = await client.getCollection({ name: "schema-10" });
    await collection.add({ ids: ["a"], embeddings: [[1, 2]], documents: ["some text"] });
    return collection.get({ whereDocument: { $contains: "some" } });
  },
  "fields become known": async ({ client }) => {
    const collection = await client.getCollection({ name: "schema-0" });
    await collection.add({ ids: ["a"], embeddings: [[1, 2]], documents: ["x"], metadatas: [{ year: 1999, tags: ["a"], open: true }] });
    return (await client.getCollection({ name: "schema-0" })).schema;
  },
  "texts become sparse vectors": async ({ client }) => {
    const collection = await client.getCollection({ name: "schema-7" });
    await collection.add({ ids: ["a", "b"], embeddings: [[1, 2], [3, 4]], metadatas: [{ text: "one three" }, { text: "two", sparse: { indices: [9], values: [1] } }] });
    return collection.get();
  },
  "a registered function is built again": async ({ client }) => {
    await client.createCollection({ name: "registered", embeddingFunction: new LetterCounts() });
    const collection = await client.getCollection({ name: "registered" });
    await collection.add({ ids: ["a"], documents: ["aeiou"] });
    return [collection, collection.embeddingFunction?.name, await collection.query({ queryTexts: ["aeiou"] })];
  },
  "a name is registered twice": ({ chroma }) => chroma.registerEmbeddingFunction("letter-counts", LetterCounts),
  "a registered sparse function is built again": async ({ client }) => {
    const collection = await client.getCollection({ name: "schema-7" });
    await collection.add({ ids: ["c"], embeddings: [[5, 6]], metadatas: [{ text: "four" }] });
    return collection.get({ ids: ["c"] });
  },
  "its configuration may change": async ({ client }) => {
    const collection = await client.getCollection({ name: "registered" });
    await collection.modify({ configuration: { embeddingFunction: new LetterCounts() } });
    return (await client.getCollection({ name: "registered" })).configuration;
  },
};

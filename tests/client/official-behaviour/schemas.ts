/** Schemas: what of a collection is indexed. */

import type { Schema, Where } from "../../../pkg/src/index.js";
import { type Case, type Client, type Expect, uniqueName, withCollection } from "./case.js";

/** A schema as a client uses it. Pages have no class for it that is both clients'. */
function schemaOf(json: object): Schema {
  return { serializeToJSON: () => json, resolveEmbeddingFunction: () => undefined } as unknown as Schema;
}

const off = (value: string) => ({ [value]: { [`${value}_inverted_index`]: { enabled: false, config: {} } } });
const vectors = (config: object) => ({ float_list: { vector_index: { enabled: true, config } } });
const sparse = (config: object) => ({ sparse_vector: { sparse_vector_index: { enabled: true, config } } });

async function keysOf(client: Client, name: string): Promise<Record<string, unknown>> {
  return (await client.getCollection({ name })).schema?.serializeToJSON().keys ?? {};
}

async function refuses(client: Client, expect: Expect, schema: object, reason: string): Promise<void> {
  const creation = client.createCollection({ name: uniqueName(), embeddingFunction: null, schema: schemaOf(schema) });
  await expect.rejects(creation, "ChromaClientError", reason);
}

export const schemaCases: Case[] = [
  {
    name: "a collection has the schema that it was created with, completed by the defaults",
    async run(client, expect) {
      await withCollection(
        client,
        async ({ name, schema }) => {
          const created = schema?.serializeToJSON();
          expect.equal(created?.keys.cat, off("string"));
          expect.equal(created?.defaults.int, off("int").int);
          expect.equal(created?.defaults.bool, { bool_inverted_index: { enabled: true, config: {} } });
          expect.equal(created?.keys["#document"], {
            string: {
              fts_index: { enabled: true, config: {} },
              string_inverted_index: { enabled: false, config: {} },
            },
          });
          expect.equal((await client.getCollection({ name })).schema?.serializeToJSON(), created);
        },
        { schema: schemaOf({ defaults: off("int"), keys: { cat: off("string") } }) },
      );
    },
  },
  {
    name: "a collection without a schema has the default one, and its configuration is part of it",
    async run(client, expect) {
      await withCollection(
        client,
        ({ schema }) => {
          expect.equal(Object.keys(schema?.keys ?? {}).sort(), ["#document", "#embedding"]);
          const { config } = schema?.serializeToJSON().keys["#embedding"]?.float_list?.vector_index ?? {};
          expect.equal([config?.space, config?.source_key], ["cosine", "#document"]);
          expect.equal((config?.hnsw as { max_neighbors?: number }).max_neighbors, 32);
          return Promise.resolve();
        },
        { configuration: { hnsw: { space: "cosine", max_neighbors: 32 } } },
      );
    },
  },
  {
    name: "the vector index of a schema is the configuration of its collection",
    async run(client, expect) {
      const config = { space: "cosine", hnsw: { ef_search: 77 } };
      await withCollection(
        client,
        async (collection) => {
          const { space, ef_search, max_neighbors } = collection.configuration.hnsw ?? {};
          expect.equal([space, ef_search, max_neighbors], ["cosine", 77, 16]);
          await collection.add({ ids: ["a"], embeddings: [[1, 0]] });
          const found = await collection.query({ queryEmbeddings: [[0, 2]] });
          expect.equal(found.distances, [[1]]);
        },
        { schema: schemaOf({ defaults: {}, keys: { "#embedding": vectors(config) } }) },
      );
    },
  },
  {
    name: "metadata keys that records are written with appear in the schema",
    async run(client, expect) {
      await withCollection(
        client,
        async (collection) => {
          await collection.add({ ids: ["a"], embeddings: [[1]], metadatas: [{ cat: "x", n: 1 }] });
          await collection.upsert({ ids: ["b"], embeddings: [[1]], metadatas: [{ n: 1.5, "chroma:x": 1 }] });
          const keys = await keysOf(client, collection.name);
          expect.equal(Object.keys(keys).sort(), ["#document", "#embedding", "cat", "n"]);
          expect.equal(keys.cat, off("string"));
          expect.equal(keys.n, {
            ...off("int"),
            float: { float_inverted_index: { enabled: true, config: {} } },
          });
        },
        { schema: schemaOf({ defaults: off("int"), keys: { cat: off("string") } }) },
      );
    },
  },
  {
    name: "what is not indexed cannot be filtered by, whatever the condition",
    async run(client, expect) {
      await withCollection(
        client,
        async (collection) => {
          await collection.add({ ids: ["a"], embeddings: [[1]], metadatas: [{ cat: "x", i: 1 }] });
          const reason = "Cannot filter using metadata key 'cat' with type 'Str' because indexing is disabled";
          const clauses: Where[] = [{ cat: "x" }, { cat: { $ne: "x" } }, { $and: [{ i: 1 }, { cat: { $in: ["x"] } }] }];
          for (const where of clauses) {
            await expect.rejects(collection.get({ where }), "ChromaClientError", reason);
            await expect.rejects(collection.query({ queryEmbeddings: [[1]], where }), "ChromaClientError", reason);
            await expect.rejects(collection.delete({ where }), "ChromaClientError", reason);
          }
          expect.equal((await collection.get({ where: { cat: 1 } })).ids, []);
          expect.equal((await collection.get({ where: { i: 1 } })).metadatas, [{ cat: "x", i: 1 }]);
        },
        { schema: schemaOf({ defaults: {}, keys: { cat: off("string") } }) },
      );
    },
  },
  {
    name: "documents that are not indexed are stored, and cannot be filtered by",
    async run(client, expect) {
      const index = { string: { fts_index: { enabled: false, config: {} } } };
      await withCollection(
        client,
        async (collection) => {
          await collection.add({ ids: ["a"], embeddings: [[1]], documents: ["hello"] });
          expect.equal((await collection.get()).documents, ["hello"]);
          await expect.rejects(
            collection.get({ whereDocument: { $contains: "hello" } }),
            "ChromaClientError",
            "Cannot filter using full-text search because FTS indexing is disabled",
          );
        },
        { schema: schemaOf({ defaults: {}, keys: { "#document": index } }) },
      );
    },
  },
  {
    name: "schemas that break a rule are refused with the reason",
    async run(client, expect) {
      for (const [schema, reason] of [
        [
          { defaults: vectors({}), keys: {} },
          "Validation error: schema: Vector index cannot be enabled by default. It can only be enabled on #embedding field.",
        ],
        [
          { defaults: {}, keys: { cat: vectors({}) } },
          "Validation error: schema: Vector index can only be enabled on #embedding field: cat",
        ],
        [
          { defaults: {}, keys: { "#foo": {} } },
          "Validation error: schema: key cannot begin with '#'. Keys starting with '#' are reserved for system use: #foo",
        ],
        [
          { defaults: {}, keys: { "#embedding": vectors({ source_key: "foo" }) } },
          "Validation error: schema: Vector index can only source from #document",
        ],
        [
          { defaults: {}, keys: { sp: sparse({ source_key: "#document" }) } },
          "If source_key is provided then embedding_function must also be provided",
        ],
        [
          { defaults: {}, keys: {}, cmek: { gcp: "bad" } },
          'Validation error: schema: CMEK does not match expected pattern: Gcp("bad")',
        ],
        [{ defaults: {} }, "missing field `keys`"],
      ] as const) {
        await refuses(client, expect, schema, reason);
      }
    },
  },
  {
    name: "a collection is described by a schema or by a configuration, not by both",
    async run(client, expect) {
      const creation = client.createCollection({
        name: uniqueName(),
        embeddingFunction: null,
        configuration: { hnsw: { space: "ip" } },
        schema: schemaOf({ defaults: {}, keys: { "#embedding": vectors({ space: "cosine" }) } }),
      });
      const reason = "Failed to reconcile schema: Cannot set both collection config and schema simultaneously";
      await expect.rejects(creation, "ChromaClientError", reason);
    },
  },
  {
    name: "keys may have an index of sparse vectors",
    local: true,
    async run(client, expect) {
      const config = { bm25: true, embedding_function: { type: "unknown" } };
      await withCollection(
        client,
        async (collection) => {
          expect.equal((await keysOf(client, collection.name)).words, sparse({ ...config, embedding_function: { type: "legacy" } }));
          await collection.modify({ configuration: { hnsw: { ef_search: 50 } } });
          const { schema } = await client.getCollection({ name: collection.name });
          const { hnsw } = schema?.keys["#embedding"]?.floatList?.vectorIndex?.config ?? {};
          expect.equal([hnsw?.ef_search, schema?.keys.words?.sparseVector?.sparseVectorIndex?.config.bm25], [50, true]);
        },
        { schema: schemaOf({ defaults: {}, keys: { words: sparse(config) } }) },
      );
    },
  },
  {
    name: "texts become sparse vectors of their key, in records and in searches",
    local: true,
    async run(client, expect) {
      const embeddingFunction = { generate: (texts: string[]) => Promise.resolve(texts.map(letters)) };
      const config = { source_key: "#document", embedding_function: { type: "unknown" } };
      const schema = Object.assign(schemaOf({ defaults: {}, keys: { letters: sparse(config) } }), {
        keys: { letters: { sparseVector: { sparseVectorIndex: { enabled: true, config: { embeddingFunction } } } } },
      });
      await withCollection(
        client,
        async (collection) => {
          await collection.add({ ids: ["fig", "kiwi"], embeddings: [[1], [1]], documents: ["fig", "kiwi"] });
          const found = await collection.search({
            rank: { $knn: { query: "wii", key: "letters" } },
            select: { keys: ["#score", "letters"] },
          });
          expect.equal(found.ids, [["kiwi", "fig"]]);
          expect.equal(found.scores, [[1 - (1 + 4), 1 - 2]]);
          expect.equal(found.metadatas[0]?.[1], { letters: letters("fig") });
        },
        { schema },
      );
    },
  },
];

/** How often each letter is in a text. */
function letters(text: string): { indices: number[]; values: number[] } {
  const counts = new Map<number, number>();
  for (const letter of [...text].sort()) {
    const index = letter.charCodeAt(0);
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  return { indices: [...counts.keys()], values: [...counts.values()] };
}

/** What a client sends of a schema, what it makes of the one that comes back, and what a collection embeds because of it. */

import { expect, test } from "@playwright/test";

import {
  ChromaClient,
  type EmbeddingFunction,
  K,
  Knn,
  knownEmbeddingFunctions,
  knownSparseEmbeddingFunctions,
  registerEmbeddingFunction,
  registerSparseEmbeddingFunction,
  Schema,
  SparseVectorIndexConfig,
  StringInvertedIndexConfig,
  VectorIndexConfig,
} from "../../pkg/src/index.js";
import type { Records, SearchRequest } from "../../pkg/src/engine/engine.js";
import { type Answers, collectionJson, installConnector, thrown } from "./support/engine.js";
import { helpfulServer, officialClient, withServer } from "./support/official.js";

class Lengths {
  readonly name = "lengths";
  generate(texts: string[]) {
    return Promise.resolve(texts.map((text) => [text.length]));
  }
  getConfig() {
    return {};
  }
  static buildFromConfig() {
    return new Lengths();
  }
}

class SparseLengths {
  readonly name = "sparse-lengths";
  calls: string[] = [];
  generate(texts: string[]) {
    this.calls.push(`generate ${texts.join()}`);
    return Promise.resolve(texts.map((text) => ({ indices: [text.length], values: [1] })));
  }
  generateForQueries(texts: string[]) {
    this.calls.push(`generateForQueries ${texts.join()}`);
    return Promise.resolve(texts.map((text) => ({ indices: [text.length], values: [2], tokens: ["t"] })));
  }
  getConfig() {
    return {};
  }
  static buildFromConfig() {
    return new SparseLengths();
  }
}

test.beforeAll(() => {
  registerEmbeddingFunction("lengths", Lengths);
  registerSparseEmbeddingFunction("sparse-lengths", SparseLengths);
});

test.afterAll(() => {
  knownEmbeddingFunctions.clear();
  knownSparseEmbeddingFunctions.clear();
});

const known = (name: string) => ({ type: "known", name, config: {} });

/** A store that answers the schema that it was sent. */
function setUp(answers: Answers = {}) {
  const created = (_tenant: string, _database: string, { schema, configuration }: { schema?: object; configuration: object }) =>
    ({ ...collectionJson, schema, configuration_json: configuration });
  const log = installConnector({ createCollection: created, search: { searches: [] }, ...answers });
  const argument = () => log.calls.at(-1)?.args;
  return { client: new ChromaClient({ storage: "memory" }), argument };
}

/** The body of a creation with the official client. */
async function officialBody(args: object): Promise<unknown> {
  const { fetch } = globalThis;
  let body: unknown;
  globalThis.fetch = async (input) => {
    const request = input as Request;
    body = await request.json();
    return helpfulServer(new URL(request.url).pathname);
  };
  try {
    await officialClient().createCollection(args as never);
  } finally {
    globalThis.fetch = fetch;
  }
  return body;
}

/** With the functions of neither client: each tells its own in the same words. */
function schemaOf(library: { Schema: typeof Schema; VectorIndexConfig: typeof VectorIndexConfig }, embeddingFunction?: EmbeddingFunction | null) {
  return new library.Schema().createIndex(new library.VectorIndexConfig({ space: "cosine", embeddingFunction }));
}

test("a schema is sent as the official client sends it, beside the configuration", async () => {
  const official = (await import("chromadb")) as unknown as Parameters<typeof schemaOf>[0];
  const ours = { Schema, VectorIndexConfig };
  for (const of of [new Lengths(), null, undefined]) {
    for (const embeddingFunction of [undefined, null]) {
      const { client, argument } = setUp();
      await client.createCollection({ name: "things", schema: schemaOf(ours, of), embeddingFunction });
      const body = await officialBody({ name: "things", schema: schemaOf(official, of), embeddingFunction });
      expect(JSON.parse(JSON.stringify(argument()?.[2]))).toEqual(body);
    }
  }
});

test("a collection has the schema that the engine answers, with its functions", async () => {
  const schema = {
    defaults: { int: { int_inverted_index: { enabled: false, config: {} } } },
    keys: {
      words: {
        sparse_vector: {
          sparse_vector_index: { enabled: true, config: { embedding_function: known("sparse-lengths"), bm25: true } },
        },
      },
    },
  };
  const json = { ...collectionJson, schema };
  const { client } = setUp({ getCollection: json, getCollectionById: json, getCollectionByCrn: json, listCollections: [json] });
  const found = [
    await client.getCollection({ name: "things" }),
    await client.getCollectionById(json.id),
    await client.getCollectionByCrn("a:b:c"),
    ...(await client.listCollections()),
  ];
  for (const collection of found) {
    expect(collection.schema).toBeInstanceOf(Schema);
    expect(collection.schema?.serializeToJSON()).toEqual(schema);
    const config = collection.schema?.keys.words?.sparseVector?.sparseVectorIndex?.config;
    expect(config?.embeddingFunction).toBeInstanceOf(SparseLengths);
  }
  expect(client.collection(json.id).schema).toBeUndefined();
});

test("a collection embeds with the function of its schema, unless it was told of another", async () => {
  const { client } = setUp();
  const create = async (schema: Schema, embeddingFunction?: EmbeddingFunction | null) =>
    (await client.createCollection({ name: "things", schema, embeddingFunction })).embeddingFunction;
  const mine = { generate: () => Promise.resolve([[1]]) };
  const other = new Lengths();
  expect(await create(schemaOf({ Schema, VectorIndexConfig }, mine))).toBe(mine);
  expect(await create(schemaOf({ Schema, VectorIndexConfig }, mine), other)).toBe(other);
  expect(await create(schemaOf({ Schema, VectorIndexConfig }, mine), null)).toBe(mine);
  expect(await create(schemaOf({ Schema, VectorIndexConfig }, null))).toBeUndefined();

  const vectors = { float_list: { vector_index: { enabled: true, config: { embedding_function: known("lengths") } } } };
  for (const schema of [{ defaults: {}, keys: { "#embedding": vectors } }, { defaults: vectors, keys: {} }]) {
    const { client } = setUp({ getCollection: { ...collectionJson, schema } });
    const collection = await client.getCollection({ name: "things" });
    expect(collection.embeddingFunction).toBeInstanceOf(Lengths);
  }
});

test("what configuration and schema say alike is built once", async () => {
  const vectors = (config: object) => ({ float_list: { vector_index: { enabled: true, config } } });
  const schema = {
    defaults: vectors({ embedding_function: known("lengths") }),
    keys: { "#embedding": vectors({ embedding_function: known("lengths") }) },
  };
  const configuration_json = { embedding_function: known("lengths") };
  const { client } = setUp({ getCollection: { ...collectionJson, configuration_json, schema } });
  const collection = await client.getCollection({ name: "things" });
  expect(collection.embeddingFunction).toBeInstanceOf(Lengths);
  expect(collection.schema?.resolveEmbeddingFunction()).toBe(collection.embeddingFunction);
  expect(collection.schema?.defaults.floatList?.vectorIndex?.config.embeddingFunction).toBe(collection.embeddingFunction);
});

/** A collection with sparse vectors of documents and of titles. */
async function withWords(sparse = new SparseLengths()) {
  const { client, argument } = setUp();
  const schema = new Schema()
    .createIndex(new SparseVectorIndexConfig({ embeddingFunction: sparse, sourceKey: K.DOCUMENT }), "words")
    .createIndex(new SparseVectorIndexConfig({ embeddingFunction: sparse, sourceKey: "title" }), "__proto__")
    .createIndex(new SparseVectorIndexConfig({ embeddingFunction: sparse }), "sourceless")
    .createIndex(new SparseVectorIndexConfig({ sourceKey: null }), "bare");
  const collection = await client.createCollection({ name: "things", embeddingFunction: null, schema });
  const target = collection.schema?.keys.words?.sparseVector?.sparseVectorIndex?.config.embeddingFunction as SparseLengths;
  return { collection, records: () => argument()?.[3] as Records, request: () => argument()?.[3] as SearchRequest, target };
}

test("sparse vectors are made of documents and metadata where none are given", async () => {
  const { collection, records, target } = await withWords();
  const vector = (length: number) => ({ "#type": "sparse_vector", indices: [length], values: [1] });
  const embeddings = [[1], [2], [3]];
  await collection.add({
    ids: ["a", "b", "c"],
    embeddings,
    documents: ["one", "three", "seven"],
    metadatas: [{ title: "ab" }, { words: { indices: [9], values: [9] }, title: 7 }, null as never],
  });
  expect(records().metadatas?.map((metadata) => Object.entries(metadata ?? {}))).toEqual([
    [["title", "ab"], ["words", vector(3)], ["__proto__", vector(2)]],
    [["words", { "#type": "sparse_vector", indices: [9], values: [9] }], ["title", 7]],
    [["words", vector(5)]],
  ]);
  expect(target.calls).toEqual(["generate one,seven", "generate ab"]);

  await collection.update({ ids: ["a"], documents: ["four"], embeddings: [[1]] });
  expect(records().metadatas).toEqual([{ words: vector(4) }]);
  await collection.upsert({ ids: ["a"], embeddings: [[1]] });
  expect(records().metadatas).toBeUndefined();
  await collection.update({ ids: ["a", "b"], metadatas: [{ n: 1 }, { words: null }] });
  expect(records().metadatas).toEqual([{ n: 1 }, { words: null }]);
});

test("the caller's metadata stays as it is", async () => {
  const { collection } = await withWords();
  const metadatas = [{ title: "t" }];
  await collection.add({ ids: ["a"], embeddings: [[1]], documents: ["one"], metadatas });
  expect(metadatas).toEqual([{ title: "t" }]);
});

test("texts that are searched for under a key are embedded by its function, those of a key at once", async () => {
  const { collection, request, target } = await withWords();
  await collection.search([
    { rank: Knn({ query: "one", key: "words" }).add(Knn({ query: "three", key: "words" })) },
    { rank: { $knn: { query: "four", key: "sourceless" } } },
  ]);
  const vector = (length: number) => ({ indices: [length], values: [2] });
  const knn = (length: number) => ({ $knn: { query: vector(length), key: "words", limit: 128 } });
  expect(request().searches.map(({ rank }) => rank)).toStrictEqual([
    { $sum: [knn(3), knn(5)] },
    { $knn: { query: vector(4), key: "sourceless" } },
  ]);
  expect(target.calls).toEqual(["generateForQueries one,three", "generateForQueries four"]);
});

test("texts under keys without a function are refused with the words of the official client", async () => {
  await withServer(helpfulServer, async () => {
    const { collection } = await withWords();
    const schemaless = (await setUp({ createCollection: collectionJson }).client.createCollection({ name: "things" }));
    const theirs = await officialClient().createCollection({ name: "things", embeddingFunction: null });
    const search = (key: string) => ({ rank: { $knn: { query: "x", key } } });
    const { message } = await thrown(() => theirs.search(search("k")));
    expect(await thrown(() => schemaless.search(search("k")))).toMatchObject({ name: "ChromaValueError", message });
    for (const [key, reason] of [["k", "key not found in schema"], ["bare", "no embedding function configured"], ["toString", "key not found in schema"]] as const) {
      expect(await thrown(() => collection.search(search(key)))).toMatchObject({
        name: "ChromaValueError",
        message: message.replace("'k'", `'${key}'`).replace("schema is not available", reason),
      });
    }
  });
});

test("a sparse function that answers too few vectors is not believed", async () => {
  const short = Object.assign(new SparseLengths(), {
    name: "",
    generate: () => Promise.resolve([]),
    generateForQueries: () => Promise.resolve([]),
  });
  const { collection } = await withWords(short);
  const refusal = { name: "ChromaValueError", message: "Sparse embedding function returned unexpected number of embeddings." };
  expect(await thrown(() => collection.add({ ids: ["a"], embeddings: [[1]], documents: ["one"] }))).toMatchObject(refusal);
  expect(await thrown(() => collection.search({ rank: Knn({ query: "x", key: "words" }) }))).toMatchObject(refusal);
});

test("a schema that names no function leaves its choice to the client", async () => {
  const { client, argument } = setUp();
  await client.createCollection({ name: "things", schema: new Schema().deleteIndex(new StringInvertedIndexConfig()) });
  expect(argument()?.[2]).toMatchObject({ configuration: { embedding_function: known("default") } });
});

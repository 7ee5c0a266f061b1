/** What the client sends to the engine, and what it makes of the answers. */

import { expect, test } from "@playwright/test";

import { ChromaClient, type Collection } from "../../pkg/src/index.js";
import type { Records } from "../../pkg/src/engine/engine.js";
import { type Answers, installConnector, thrown } from "./support/engine.js";

async function setUp(answers: Answers = {}) {
  const log = installConnector(answers);
  const client = new ChromaClient({ storage: "memory" });
  const collection = await client.createCollection({ name: "things", embeddingFunction: null });
  const last = () => log.calls.at(-1);
  return { client, collection, last, records: () => last()?.args[3] as Records };
}

test("vectors of every form become one matrix; the caller's arrays stay as they are", async () => {
  const { collection, records } = await setUp();
  const mine = new Float32Array([3, 4, 5]);
  await collection.add({ ids: ["a", "b", "c"], embeddings: [[1, 2], mine.subarray(1), new Float64Array([6, 7])] });
  const { embeddings } = records();
  expect(embeddings?.dimension).toBe(2);
  expect(embeddings?.data).toEqual(new Float32Array([1, 2, 4, 5, 6, 7]));
  expect(embeddings?.data.buffer).not.toBe(mine.buffer);
  await collection.query({ queryEmbeddings: [mine] }).catch(() => undefined);
  expect([...mine]).toEqual([3, 4, 5]);
});

test("rows of different length are refused with the words of Chroma", async () => {
  const { collection } = await setUp();
  expect(await thrown(() => collection.add({ ids: ["a", "b"], embeddings: [[1], [1, 2]] }))).toMatchObject({
    name: "ChromaClientError",
    message: "Bad request to Chroma with status: Inconsistent dimensions in provided embeddings",
  });
});

test("null values of metadata are dropped by add, and sent by update and upsert", async () => {
  const { collection, records } = await setUp();
  const args = () => ({ ids: ["a"], embeddings: [[1]], metadatas: [{ gone: null, kept: 1, absent: undefined as never }] });
  const sent: unknown[] = [];
  for (const method of ["add", "update", "upsert"] as const) {
    await collection[method](args());
    sent.push(records().metadatas);
  }
  expect(sent).toEqual([[{ kept: 1 }], [{ gone: null, kept: 1 }], [{ gone: null, kept: 1 }]]);
  expect(Object.keys((sent[1] as object[])[0] ?? {})).not.toContain("absent");
});

test("sparse vectors are tagged on the way out and untagged on the way back", async () => {
  const stored = { "#type": "sparse_vector", indices: [1], values: [2], tokens: ["x"] };
  const { collection, records } = await setUp({
    get: { ids: ["a"], embeddings: null, documents: null, uris: null, metadatas: [{ s: stored, n: 1 }] },
  });
  await collection.add({ ids: ["a"], embeddings: [[1]], metadatas: [{ s: { indices: [1], values: [2] } }] });
  expect(records().metadatas).toEqual([{ s: { "#type": "sparse_vector", indices: [1], values: [2] } }]);
  expect((await collection.get()).metadatas).toEqual([{ s: { indices: [1], values: [2] }, n: 1 }]);
});

test("keys that name members of every object are sent as members", async () => {
  const { collection, records } = await setUp();
  const metadata = JSON.parse('{"__proto__": "p", "constructor": 1}') as Record<string, string>;
  await collection.add({ ids: ["a"], embeddings: [[1]], metadatas: [metadata] });
  expect(Object.entries(records().metadatas?.[0] ?? {})).toEqual([["__proto__", "p"], ["constructor", 1]]);
  expect(Object.getPrototypeOf(records().metadatas?.[0])).toBe(Object.prototype);
});

test("what the caller changes after the call is not what is sent", async () => {
  const { collection, records } = await setUp();
  const args = { ids: ["a"], embeddings: [[1]], documents: ["x"], uris: ["u"], metadatas: [{ tags: ["t"] }] };
  await collection.add(args);
  args.ids[0] = args.documents[0] = args.uris[0] = "changed";
  args.metadatas[0]?.tags.push("changed");
  expect(records()).toMatchObject({ ids: ["a"], documents: ["x"], uris: ["u"], metadatas: [{ tags: ["t"] }] });
});

test("requests carry the names of the REST API", async () => {
  const { collection, last } = await setUp({
    get: { ids: [], embeddings: null, documents: [], uris: null, metadatas: [] },
    delete: { deleted: 2 },
  });
  await collection.get({ ids: ["a"], where: { k: 1 }, whereDocument: { $contains: "x" }, limit: 3, offset: 4 });
  expect(last()).toEqual({
    method: "get",
    args: [
      "default_tenant",
      "default_database",
      collection.id,
      {
        ids: ["a"],
        where: { k: 1 },
        where_document: { $contains: "x" },
        limit: 3,
        offset: 4,
        include: ["documents", "metadatas"],
      },
    ],
  });
  expect(await collection.delete({ where: { k: 1 }, limit: 2 })).toEqual({ deleted: 2 });
});

test("a new collection's configuration holds data only, and the function's own distance", async () => {
  const { client, last } = await setUp();
  class Mine {
    name = "mine";
    generate = (texts: string[]) => Promise.resolve(texts.map(() => [1]));
    getConfig = () => ({ model: "m" });
    defaultSpace = () => "cosine" as const;
    supportedSpaces = () => ["cosine" as const];
    static buildFromConfig = () => new Mine();
  }
  const configuration = { embeddingFunction: new Mine() };
  await client.createCollection({ name: "things", configuration, metadata: { a: 1, b: null } });
  expect(last()?.args[2]).toEqual({
    name: "things",
    get_or_create: false,
    metadata: { a: 1 },
    configuration: {
      hnsw: { space: "cosine" },
      embedding_function: { type: "known", name: "mine", config: { model: "m" } },
    },
  });
  expect(Object.keys(configuration)).toEqual(["embeddingFunction"]);
});

test("modify changes what the collection shows only when the engine did", async () => {
  let fail = true;
  const { collection } = await setUp({
    updateCollection: () => {
      if (fail) {
        throw new TypeError("refused");
      }
    },
  });
  const shown = ({ name, metadata, configuration }: Collection) => ({ name, metadata, ef: configuration.hnsw?.ef_search });
  const change = { name: "other", metadata: { a: 1 }, configuration: { hnsw: { ef_search: 9 } } };
  await thrown(() => collection.modify(change));
  expect(shown(collection)).toEqual({ name: "things", metadata: undefined, ef: undefined });
  fail = false;
  await collection.modify(change);
  expect(shown(collection)).toEqual({ name: "other", metadata: { a: 1 }, ef: 9 });
  expect(collection.configuration.hnsw?.space).toBe("l2");
});

test("a function that answers too few vectors is not believed", async () => {
  const { client } = await setUp();
  const embeddingFunction = { generate: () => Promise.resolve([[1]]) };
  const collection = await client.createCollection({ name: "things", embeddingFunction });
  const error = await thrown(() => collection.add({ ids: ["a", "b"], documents: ["x", "y"] }));
  expect(error.message).toBe("The embedding function answered 1 embeddings for 2 documents");
});

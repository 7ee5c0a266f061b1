/** What is refused, and how, is compared with the official client: same inputs, same name, same message. */

import { expect, test } from "@playwright/test";

import { ChromaClient, type Collection } from "../../pkg/src/index.js";
import { installConnector, thrown } from "./support/engine.js";
import { helpfulServer, officialClient, withServer } from "./support/official.js";

type Method = "add" | "update" | "upsert" | "get" | "query" | "delete" | "modify";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `id${i}`);
const rows = (count: number) => ids(count).map(() => [1, 2]);

/** Inputs that both clients refuse before they send anything. */
const REFUSED: [method: Method, args: object][] = [
  ["add", { ids: [], embeddings: [], documents: ["x"] }],
  ["add", { ids: ["a", "b"], embeddings: [[1]], documents: ["x", "y"] }],
  ["add", { ids: ["a"], embeddings: rows(2) }],
  ["add", { ids: ["a", 2, null], embeddings: rows(3) }],
  ["add", { ids: ["a", "a", "b"], embeddings: rows(3) }],
  ["add", { ids: [..."aabbccddee"], embeddings: rows(10) }],
  ["add", { ids: [..."aabbccddeeffgg"], embeddings: rows(14) }],
  ["add", { ids: ["a"] }],
  ["add", { ids: ["a"], metadatas: [{ a: 1 }] }],
  ["add", { ids: ["a"], embeddings: [[]] }],
  ["add", { ids: ["a", "b"], embeddings: [[1], []] }],
  ["add", { ids: ["a"], documents: [null] }],
  ["add", { ids: ["a"], documents: ["x"] }],
  ["add", { ids: ids(6), embeddings: rows(6) }],
  ["add", { ids: ["a"], embeddings: [[1]], metadatas: [{}] }],
  ["add", { ids: ["a"], embeddings: [[1]], metadatas: [{ k: [] }] }],
  ["add", { ids: ["a"], embeddings: [[1]], metadatas: [{ k: [1, "a"] }] }],
  ["add", { ids: ["a"], embeddings: [[1]], metadatas: [{ k: [{}] }] }],
  ["add", { ids: ["a"], embeddings: [[1]], metadatas: [{ k: [null] }] }],
  ["add", { ids: ["a"], embeddings: [[1]], metadatas: [{ k: { nested: 1 } }] }],
  ["add", { ids: ["a"], embeddings: [[1]], metadatas: [{ k: { indices: [1], values: ["x"] } }] }],
  ["add", { ids: ["a"], embeddings: [[1]], metadatas: [{ k: () => 1 }] }],
  ["upsert", { ids: ["a"], metadatas: [{ a: 1 }] }],
  ["upsert", { ids: ["a", "a"], embeddings: rows(2) }],
  ["update", { ids: ["a"], documents: ["x"] }],
  ["update", { ids: ["a"], metadatas: [{}] }],
  ["update", { ids: ["a"], embeddings: rows(2) }],
  ["get", { ids: [] }],
  ["get", { ids: "abc" }],
  ["get", { include: ["distances"] }],
  ["get", { include: ["data"] }],
  ["get", { include: [1] }],
  ["get", { include: "documents" }],
  ["get", { where: "x" }],
  ["get", { where: {} }],
  ["get", { where: { a: 1, b: 2 } }],
  ["get", { where: { $and: [{ a: 1 }] } }],
  ["get", { where: { $or: [] } }],
  ["get", { where: { $and: [{ a: 1 }, { b: { $like: 1 } }] } }],
  ["get", { where: { a: { $gt: "x" } } }],
  ["get", { where: { a: { $lte: true } } }],
  ["get", { where: { a: { $gt: 1, $lt: 3 } } }],
  ["get", { where: { a: {} } }],
  ["get", { where: { a: { $in: "x" } } }],
  ["get", { where: { a: { $nin: [] } } }],
  ["get", { where: { a: { $in: [1, "x"] } } }],
  ["get", { where: { a: { $contains: ["x"] } } }],
  ["get", { where: { a: { $regex: "x" } } }],
  ["get", { where: { a: { $eq: { b: 1 } } } }],
  ["get", { where: { a: undefined } }],
  ["get", { whereDocument: "x" }],
  ["get", { whereDocument: {} }],
  ["get", { whereDocument: { $contains: "x", $regex: "y" } }],
  ["get", { whereDocument: { $like: "x" } }],
  ["get", { whereDocument: { $and: "x" } }],
  ["get", { whereDocument: { $or: [{ $contains: "x" }] } }],
  ["get", { whereDocument: { $or: [{ $contains: "x" }, { $like: "y" }] } }],
  ["query", {}],
  ["query", { queryURIs: ["a://b"] }],
  ["query", { queryTexts: ["x"] }],
  ["query", { queryTexts: [] }],
  ["query", { queryEmbeddings: [] }],
  ["query", { queryEmbeddings: [[]] }],
  ["query", { queryEmbeddings: "x" }],
  ["query", { queryEmbeddings: [[1]], nResults: -1 }],
  ["query", { queryEmbeddings: [[1]], nResults: "x" }],
  ["query", { queryEmbeddings: [[1]], ids: ["a", "a"] }],
  ["query", { queryEmbeddings: [[1]], where: { a: { $gt: "x" } } }],
  ["query", { queryEmbeddings: [[1]], include: ["everything"] }],
  ["delete", { ids: [] }],
  ["delete", { where: {} }],
  ["modify", { metadata: {} }],
  ["modify", { metadata: { k: [] } }],
  ["modify", { configuration: { hnsw: "x" } }],
  ["modify", { configuration: { spann: 1 } }],
];

/** Calls a method with arguments that its type forbids. */
function call(collection: object, method: Method, args: object): Promise<unknown> {
  return (collection as Record<Method, (args: object) => Promise<unknown>>)[method](args);
}

async function ourCollection(): Promise<{ collection: Collection; sent: () => number }> {
  const log = installConnector();
  const client = new ChromaClient({ storage: "memory" });
  const collection = await client.createCollection({ name: "things", embeddingFunction: null });
  const before = log.calls.length;
  return { collection, sent: () => log.calls.slice(before).filter(({ method }) => method !== "maxBatchSize").length };
}

test("what the official client refuses is refused with the same words, and not sent", async () => {
  await withServer(helpfulServer, async () => {
    const official = await officialClient().createCollection({ name: "things", embeddingFunction: null });
    const { collection, sent } = await ourCollection();
    for (const [method, args] of REFUSED) {
      const theirs = await thrown(() => call(official, method, args));
      const ours = await thrown(() => call(collection, method, args));
      expect({ method, args, ...ours, cause: undefined }).toEqual({ method, args, ...theirs, cause: undefined });
    }
    expect(sent()).toBe(0);
  });
});

test("a handle refuses what the official one refuses", async () => {
  await withServer(helpfulServer, async () => {
    const official = officialClient().collection("6b3a5b1e-0000-4000-8000-000000000001");
    installConnector();
    const handle = new ChromaClient({ storage: "memory" }).collection("6b3a5b1e-0000-4000-8000-000000000001");
    expect([handle.name, handle.configuration]).toEqual([official.name, official.configuration]);
    const refused: [Method, object][] = [
      ["add", { ids: ["a"], documents: ["x"] }],
      ["upsert", { ids: ["a"], documents: ["x"] }],
      ["update", { ids: ["a"], documents: ["x"] }],
      ["query", { queryTexts: ["x"] }],
      ["modify", { name: "other" }],
    ];
    for (const [method, args] of refused) {
      expect(await thrown(() => call(handle, method, args))).toEqual(await thrown(() => call(official, method, args)));
    }
  });
});

test("limits of deletions are refused with the official words, as value errors", async () => {
  await withServer(helpfulServer, async () => {
    const official = await officialClient().createCollection({ name: "things", embeddingFunction: null });
    const { collection } = await ourCollection();
    for (const args of [{ limit: -1, where: { a: 1 } }, { limit: 0.5 }, { limit: 1 }, { limit: 1, ids: ["a"] }]) {
      const { message } = await thrown(() => official.delete(args));
      expect(await thrown(() => collection.delete(args))).toMatchObject({ name: "ChromaValueError", message });
    }
  });
});

test("what the official client would send to fail on, or would trip over, is refused here", async () => {
  const { collection, sent } = await ourCollection();
  const refused: [Method, object, string][] = [
    ["add", { ids: ["a"], embeddings: [["x"]] }, "Expected each embedding to be an array of numbers"],
    ["add", { ids: ["a"], embeddings: [null] }, "Expected each embedding to be an array of numbers"],
    ["add", { ids: ["a"], embeddings: [[1]], documents: [5] }, "Expected each document to be a string, but got number"],
    ["add", { ids: ["a"], embeddings: [[1]], metadatas: ["x"] }, "Expected metadata to be an object, but got string"],
    ["get", { where: { a: null } }, "but got null"],
    ["get", { where: { $and: { a: 1, b: 2 } } }, "to be a list of 'where' expressions"],
    ["get", { whereDocument: { $contains: 5 } }, "Expected operand for $contains to be a non empty string, but got 5"],
  ];
  for (const [method, args, message] of refused) {
    const error = await thrown(() => call(collection, method, args));
    expect(error.name).toBe("ChromaValueError");
    expect(error.message).toContain(message);
  }
  expect(sent()).toBe(0);
});

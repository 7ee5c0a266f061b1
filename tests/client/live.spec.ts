/** Live queries and functions at the end of their client, in Node with the real engine. */

import { expect, test } from "@playwright/test";
import { open } from "chromatid";

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("closing a client ends its live queries without an error", async () => {
  const client = await open({ storage: "memory" });
  const collection = await client.createCollection({ name: "closing", embeddingFunction: null });
  const seen: string[][] = [];
  const errors: unknown[] = [];
  collection.watch({ get: {} }, ({ ids }) => seen.push(ids), (error) => errors.push(error));
  client.registerFunction("nothing", () => undefined);
  await expect.poll(() => seen).toEqual([[]]);
  await client.close();
  await pause(50);
  expect(errors).toEqual([]);
  expect(seen).toEqual([[]]);
});

test("counts and facets can be watched, and are shown when they differ", async () => {
  const client = await open({ storage: "memory" });
  const collection = await client.createCollection({ name: "counted", embeddingFunction: null });
  await collection.add({ ids: ["a", "b"], embeddings: [[1], [2]], metadatas: [{ k: 1 }, { k: 2 }] });
  const counts: number[] = [];
  const facets: string[] = [];
  const stop = [
    collection.watch({ count: true }, (count) => counts.push(count)),
    collection.watch({ facets: { keys: ["k"], where: { k: { $gt: 1 } } } }, ([facet]) => {
      facets.push((facet?.values ?? []).map(({ value, count }) => `${value}:${count}`).join());
    }),
  ];
  await expect.poll(() => [counts, facets]).toEqual([[2], ["2:1"]]);
  await collection.update({ ids: ["a"], metadatas: [{ k: 2 }] });
  await expect.poll(() => facets).toEqual(["2:1", "2:2"]);
  await collection.delete({ ids: ["b"] });
  await expect.poll(() => [counts, facets]).toEqual([[2, 1], ["2:1", "2:2", "2:1"]]);
  await collection.add({ ids: ["c"], embeddings: [[3]], metadatas: [{ k: 0 }] });
  await expect.poll(() => counts).toEqual([2, 1, 2]);
  stop.forEach((end) => end());
  await client.close();
  expect(facets).toHaveLength(3);
});

test("a function that throws sees the same changes again", async () => {
  const client = await open({ storage: "memory" });
  const collection = await client.createCollection({ name: "failing", embeddingFunction: null });
  const reported: unknown[] = [];
  const note = (error: unknown): void => void reported.push(error);
  process.prependOnceListener("uncaughtException", note);
  const others = process.listeners("uncaughtException").filter((listener) => listener !== note);
  others.forEach((listener) => process.removeListener("uncaughtException", listener));
  try {
    const calls: string[][] = [];
    client.registerFunction("second", (changes) => {
      calls.push(changes.map((change) => change.new?.id ?? ""));
      if (calls.length === 1) {
        throw new Error("not yet");
      }
      return {};
    });
    await collection.attachFunction({ name: "second", functionId: "second", outputCollection: "output" });
    await collection.add({ ids: ["a"], embeddings: [[1]] });
    await client.compact();
    await expect.poll(() => calls.length).toBe(1);
    await expect.poll(() => reported.map(String)).toEqual(["Error: not yet"]);
    await collection.add({ ids: ["b"], embeddings: [[2]] });
    await client.compact();
    await expect.poll(() => calls.slice(1).flat()).toEqual(["a", "b"]);
  } finally {
    others.forEach((listener) => process.on("uncaughtException", listener));
  }
  await client.close();
});

test("closing a client in the middle of a function's run ends that without an error", async () => {
  const reported: unknown[] = [];
  const note = (error: unknown): void => void reported.push(error);
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException").on("uncaughtException", note);
  try {
    for (let turns = 0; turns < 24; turns += 1) {
      const client = await open({ storage: "memory" });
      const collection = await client.createCollection({ name: "closing", embeddingFunction: null });
      client.registerFunction("lengths", (changes) => ({ upsert: { ids: changes.map(({ new: now }) => now?.id ?? ""), embeddings: changes.map(() => [0]) } }));
      await collection.attachFunction({ name: "lengths", functionId: "lengths", outputCollection: "output" });
      await collection.add({ ids: ["a"], embeddings: [[1]] });
      await client.compact();
      for (let turn = 0; turn < turns; turn += 1) {
        await collection.count();
      }
      await client.close();
    }
    await pause(50);
  } finally {
    process.removeAllListeners("uncaughtException");
    others.forEach((listener) => process.on("uncaughtException", listener));
  }
  expect(reported).toEqual([]);
});

test("a store within its quotas is a store all the same", async () => {
  const client = await open({ storage: "memory", quotas: { records: 2, documentBytes: 5 } });
  const collection = await client.createCollection({ name: "small", embeddingFunction: null });
  await collection.add({ ids: ["a", "b"], embeddings: [[1], [2]], documents: ["short", "text"] });
  const more = collection.add({ ids: ["c"], embeddings: [[3]] });
  await expect(more).rejects.toThrow(/^Quota exceeded: 'Collection size \(records\)'/);
  await expect(more).rejects.toHaveProperty("name", "ChromaQuotaExceededError");
  expect(await collection.count()).toBe(2);
  await client.close();
  const unknown = open({ storage: "memory", quotas: { nonsense: 1 } as object });
  await expect(unknown).rejects.toThrow(/There is no quota nonsense/);
});

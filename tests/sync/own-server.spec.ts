/** Links with chromatid's own server, which counts operations and has sparse vectors. */

import { expect, test } from "@playwright/test";
import { ChromaClient } from "chromatid";
import { createHandler, type Handler } from "chromatid/server";

let handler: Handler;
const clients: ChromaClient[] = [];

test.beforeEach(() => {
  handler = createHandler({ storage: "memory", insecure: true });
});

test.afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await handler.close();
});

/** By how much the time of all replicas is later than it is, in milliseconds. */
let later = 0;

async function linked() {
  const client = new ChromaClient({ storage: "memory", name: crypto.randomUUID(), worker: false });
  clients.push(client);
  const surroundings = {
    fetch: (url: string, init: RequestInit) => handler(new Request(url, init)),
    now: () => Date.now() + later,
    elapsed: () => performance.now() + later,
  };
  await client.getOrCreateCollection({ name: "notes", embeddingFunction: null });
  const link = await client.link({ name: "notes" }, { remote: {}, interval: 0, surroundings });
  return { link, collection: await client.getCollection({ name: "notes" }) };
}

test("edits, deletions and sparse vectors go through it, and an idle round is one request", async () => {
  const [one, two] = [await linked(), await linked()];
  const words = { indices: [3, 17], values: [0.5, 2] };
  await one.collection.add({
    ids: ["a", "b", "c"],
    embeddings: [[1, 0], [0, 1], [1, 1]],
    documents: ["first", "second", "third"],
    metadatas: [{ words, n: 1 }, { n: 2.5 }, { tags: ["x", "y"] }],
  });
  await one.link.sync();
  await two.link.sync();
  await two.collection.delete({ ids: ["b"] });
  await two.collection.update({ ids: ["c"], metadatas: [{ n: 3 }] });
  await two.link.sync();
  // What has just been written is read a second later.
  await expect
    .poll(async () => {
      await one.link.sync();
      const { ids, metadatas } = await one.collection.get();
      return [ids, metadatas[1]?.n];
    })
    .toEqual([["a", "c"], 3]);
  const rows = (await two.collection.get({ include: ["documents", "metadatas", "embeddings"] })).rows();
  expect((await one.collection.get({ include: ["documents", "metadatas", "embeddings"] })).rows()).toEqual(rows);
  expect(rows[0]?.metadata).toEqual({ words, n: 1 });
  expect(await one.link.status()).toMatchObject({ pending: 0, refused: [] });
  later = 65_000;
  await one.link.sync();
  const { requests } = (await one.link.status()).traffic;
  await one.link.sync();
  expect((await one.link.status()).traffic.requests - requests).toBe(1);
});

/** Clients of a real Chroma server. */

import { expect, test as base } from "@playwright/test";
import { ChromaClient } from "chromatid/node";

import { withChroma } from "../../scripts/conformance/server.mjs";
import { cases, tinyExpect } from "./official-behaviour";

const test = base.extend<object, { port: number }>({
  port: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      await withChroma((_, port) => use(port));
    },
    { scope: "worker", timeout: 180_000 },
  ],
});

test.describe.configure({ mode: "serial" });

for (const each of cases.filter(({ local }) => local !== true)) {
  test(`with a Chroma server: ${each.name}`, async ({ port }) => {
    const client = new ChromaClient({ host: "127.0.0.1", port });
    // Nobody tells it when to index.
    Object.assign(client, { compact: () => Promise.resolve() });
    // It shows list metadata of deleted collections in new ones.
    await client.reset();
    try {
      await each.run(client, tinyExpect);
    } finally {
      await client.close();
    }
  });
}

test("what Chroma's single node does not have is told", async ({ port }) => {
  const client = new ChromaClient({ host: "127.0.0.1", port });
  const collection = await client.createCollection({ name: "plain", embeddingFunction: null });
  await collection.add({ ids: ["a"], embeddings: [[1, 2]], metadatas: [{ n: 9_007_199_254_740_993n as never }] });
  expect((await collection.get()).metadatas).toEqual([{ n: 9_007_199_254_740_993n }]);
  const told = async (promise: Promise<unknown>) => promise.then(() => undefined, (error: unknown) => (error as Error).cause);
  const unknown = { name: "NotImplementedError", code: 501, message: expect.stringContaining("does not know") as unknown };
  expect(await told(collection.facets({ keys: ["n"] }))).toMatchObject(unknown);
  expect(await told(collection.versions())).toMatchObject(unknown);
  expect(await told(collection.conditional().get({ ids: ["a"] }))).toMatchObject(unknown);
  expect(await told(collection.search({ limit: 1 }))).toMatchObject({ code: 501 });
  expect(await client.info()).toMatchObject({ version: "1.0.0", storage: "server", server: { kind: "chroma", capabilities: [] } });
  const seen: string[][] = [];
  const end = collection.watch({ get: {} }, ({ ids }) => seen.push(ids));
  await expect.poll(() => seen).toEqual([["a"]]);
  await collection.add({ ids: ["b"], embeddings: [[1, 2]] });
  await expect.poll(() => seen).toEqual([["a"], ["a", "b"]]);
  end();
  await client.close();
});

/** What was acknowledged survives reloads, killed workers and killed browsers. */

import type { Page } from "@playwright/test";

import { expect, killWorker, test } from "./fixtures";
import { contradictions, type Lane, startLanes } from "./support/lanes";
import { openPage, type SharedStorage } from "./support/tabs";

declare global {
  interface Window {
    /** Ids of the batches that were acknowledged, in the order of their acknowledgement. */
    acknowledged: number[];
  }
}

const BATCH = 50;

/** SIGKILL for every process of a browser, at so many moments. */
const BROWSER_KILLS = Number(process.env.CHROMATID_BROWSER_KILLS ?? 3);

/** Writes batches of 50 records one after another until it is stopped. */
async function writeForever(page: Page, storage: SharedStorage): Promise<void> {
  await page.evaluate(
    async ([kind, size]) => {
      window.acknowledged = [];
      const client = await window.chromatid.open({ name: "durable", storage: kind });
      const collection = await client.getOrCreateCollection({ name: "writes", embeddingFunction: null });
      const write = async () => {
        for (let batch = 0; ; batch += 1) {
          await collection.add({
            ids: Array.from({ length: size }, (_, i) => `${batch}-${i}`),
            embeddings: Array.from({ length: size }, (_, i) => [batch, i, 1]),
            documents: Array.from({ length: size }, (_, i) => `document ${i} of batch ${batch}`),
          });
          window.acknowledged.push(batch);
        }
      };
      write().catch(() => undefined);
    },
    [storage, BATCH] as const,
  );
}

/** Batches found in the store, each with its number of records, and whether their content is right. */
async function readBack(page: Page, storage: SharedStorage): Promise<{ batches: [number, number][]; intact: boolean }> {
  return page.evaluate(async (kind) => {
    const client = await window.chromatid.open({ name: "durable", storage: kind });
    const collection = await client.getCollection({ name: "writes" });
    const { ids, documents, embeddings } = await collection.get({ include: ["documents", "embeddings"] });
    const counts = new Map<number, number>();
    let intact = ids.length === (await collection.count());
    ids.forEach((id, row) => {
      const [batch = NaN, i = NaN] = id.split("-").map(Number);
      counts.set(batch, (counts.get(batch) ?? 0) + 1);
      intact &&= documents[row] === `document ${i} of batch ${batch}`;
      intact &&= String(embeddings[row]) === String([batch, i, 1]);
    });
    await client.close();
    return { batches: [...counts], intact };
  }, storage);
}

function expectWhole(found: { batches: [number, number][]; intact: boolean }, acknowledged: number[]): void {
  expect(found.intact, "every record is as it was written").toBe(true);
  expect(found.batches.filter(([, count]) => count !== BATCH), "batches that are there in part").toEqual([]);
  const present = new Set(found.batches.map(([batch]) => batch));
  expect(acknowledged.filter((batch) => !present.has(batch)), "acknowledged batches that are lost").toEqual([]);
}

for (const storage of ["opfs", "indexeddb"] as const) {
  test(`a reload finds everything on ${storage}`, async ({ page }) => {
    await openPage(page);
    const made = await page.evaluate(async (kind) => {
      const client = await window.chromatid.open({ name: "reload", storage: kind });
      const collection = await client.createCollection({
        name: "kept",
        metadata: { purpose: "test" },
        configuration: { hnsw: { space: "cosine" } },
        embeddingFunction: null,
      });
      await collection.add({
        ids: ["a", "b"],
        embeddings: [new Float32Array([1, 0]), new Float32Array([0, 1])],
        documents: ["first", "second"],
        metadatas: [{ n: 1 }, { n: 2, tags: ["x", "y"] }],
        uris: ["u:a", "u:b"],
      });
      // No close: a page that is reloaded does not get to say goodbye.
      return { id: collection.id, info: await client.info() };
    }, storage);
    expect(made.info.storage).toBe(storage);
    expect(made.info.durability).toBe("strict");

    await page.reload();
    await openPage(page);
    const found = await page.evaluate(async (kind) => {
      const client = await window.chromatid.open({ name: "reload", storage: kind });
      const collection = await client.getCollection({ name: "kept" });
      const include = ["documents", "metadatas", "embeddings", "uris"] as ("documents" | "metadatas" | "embeddings" | "uris")[];
      const rows = (await collection.get({ include })).rows();
      const query = await collection.query({ queryEmbeddings: [[0, 2]], nResults: 1 });
      return { id: collection.id, metadata: collection.metadata, rows, nearest: query.ids };
    }, storage);
    expect(found).toEqual({
      id: made.id,
      metadata: { purpose: "test" },
      rows: [
        { id: "a", document: "first", metadata: { n: 1 }, embedding: [1, 0], uri: "u:a" },
        { id: "b", document: "second", metadata: { n: 2, tags: ["x", "y"] }, embedding: [0, 1], uri: "u:b" },
      ],
      nearest: [["b"]],
    });
  });

  test(`a worker killed while it writes loses nothing that was acknowledged on ${storage}`, async ({ page }) => {
    await openPage(page);
    let kills = 0;
    for (const pause of [30, 150, 400]) {
      await writeForever(page, storage);
      await page.waitForFunction((after) => window.acknowledged.length > after, 3);
      await page.waitForTimeout(pause);
      await killWorker(page);
      kills += 1;
      const acknowledged = await page.evaluate(() => window.acknowledged);
      await page.reload();
      await openPage(page);
      expectWhole(await readBack(page, storage), acknowledged);
      await page.reload();
      await openPage(page);
      await page.evaluate(async (kind) => {
        const client = await window.chromatid.open({ name: "durable", storage: kind });
        await client.deleteCollection({ name: "writes" });
        await client.close();
      }, storage);
    }
    expect(kills).toBe(3);
  });

  test(`a browser killed again and again while it writes and compacts loses nothing that was acknowledged on ${storage}`, async ({
    profile,
    launch,
  }) => {
    test.setTimeout(60_000 + BROWSER_KILLS * 30_000);
    const lanes: Lane[] = [];
    for (let life = 0; life < BROWSER_KILLS; life += 1) {
      const page = await openPage(await (await launch()).newPage());
      if (life > 0) {
        expect(await contradictions(page, storage, lanes), `after kill ${life}`).toEqual([]);
      }
      const started = await startLanes(page, storage, life);
      lanes.push(...started);
      await expect.poll(() => Math.min(...started.map(({ acknowledged }) => acknowledged)), { timeout: 60_000 }).toBeGreaterThan(3);
      await page.waitForTimeout(Math.random() * 300);
      await profile.kill();
    }
    const last = await openPage(await (await launch()).newPage());
    expect(await contradictions(last, storage, lanes), "after the last kill").toEqual([]);
  });
}

/** Snapshots of another origin in a page: read by ranges, kept in the origin's private files, there again after a reload and without the host. */

import type { Page } from "@playwright/test";
import { open } from "chromatid";
import { generateSnapshotKey, publicKeyOf, publish } from "chromatid/snapshots";

import { Files, recordsOf, vectorOf, withHost } from "../client/support/snapshot-host";
import { expect, test } from "./fixtures";

const RECORDS = 3_000;
const ENTRY = "/pkg/dist/entry/snapshots.js";

const DIMENSION = 16;

/** A host's files after two generations, and the manifest of the first. */
async function published(): Promise<{ files: Files; publicKey: string; old: Uint8Array<ArrayBuffer> }> {
  const client = await open({ storage: "memory" });
  try {
    const collection = await client.createCollection({ name: "things", embeddingFunction: null });
    await collection.add(recordsOf(RECORDS, DIMENSION));
    const files = new Files();
    const key = await generateSnapshotKey();
    await publish(collection, { target: files, key });
    const old = files.files.get("things.cidm") ?? new Uint8Array();
    await collection.delete({ ids: ["id-9"] });
    await publish(collection, { target: files, key });
    return { files, publicKey: await publicKeyOf(key), old };
  } finally {
    await client.close();
  }
}

interface Asked {
  url: string;
  publicKey: string;
  vector: number[];
  all?: boolean;
}

/** Opens the snapshot in the page, asks it, and tells how it stands. */
async function ask(page: Page, asked: Asked) {
  return page.evaluate(
    async ([entry, { url, publicKey, vector, all = false }]) => {
      const { openSnapshot } = (await import(entry)) as typeof import("../../pkg/src/entry/snapshots.js");
      const snapshot = await openSnapshot(url, { publicKey, attempts: 1 });
      const { ids, documents } = await snapshot.query({ queryEmbeddings: [vector], nResults: 2 });
      const { lastCost } = await snapshot.status();
      const { ids: found } = await snapshot.get({ where: { n: { $lt: 3 } } });
      await snapshot.prefetch({ all });
      const status = await snapshot.status();
      snapshot.close();
      return { nearest: ids[0]?.[0], document: documents[0]?.[0], lastCost, found: found.toSorted(), status };
    },
    [ENTRY, asked] as const,
  );
}

test("ranges need no preflight, and what was read is there after a reload and without the host", async ({ packagePage: page, consoleErrors }) => {
  const { files, publicKey } = await published();
  await withHost(files, async (host) => {
    const asked = { url: `${host.url}things.cidm`, publicKey, vector: vectorOf(77, DIMENSION) };
    const first = await ask(page, asked);
    expect(first).toMatchObject({ nearest: "id-77", document: "number 77", found: ["id-0", "id-1", "id-2"] });
    expect(first.lastCost.requests).toBeGreaterThan(0);
    expect(first.status).toMatchObject({ records: RECORDS - 1, offlineReady: false, offline: false });
    expect(host.others, "requests with a single range are simple ones").toEqual([]);

    await page.reload();
    const again = await ask(page, { ...asked, all: true });
    expect(again).toMatchObject({ nearest: "id-77", lastCost: { requests: 0, bytes: 0 }, status: { offlineReady: true } });

    consoleErrors.expect(/Failed to load resource/);
    host.fault = ({ response }) => response.destroy();
    await page.reload();
    const offline = await ask(page, { ...asked, vector: vectorOf(1_234, DIMENSION) });
    expect(offline).toMatchObject({ nearest: "id-1234", found: ["id-0", "id-1", "id-2"], status: { offlineReady: true, offline: true } });
  });
});

test("a page refuses an older manifest than the one that it saw before it was reloaded", async ({ packagePage: page }) => {
  const { files, publicKey, old } = await published();
  await withHost(files, async (host) => {
    const asked = { url: `${host.url}things.cidm`, publicKey, vector: vectorOf(5, DIMENSION) };
    expect((await ask(page, asked)).status.generation).toBe(2);
    files.files.set("things.cidm", old);
    await page.reload();
    await expect(ask(page, asked)).rejects.toThrow(/SnapshotRollbackError|older than generation 2/);
  });
});

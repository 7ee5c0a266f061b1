/** A full device: what fails says so and has changed nothing, reads go on, and once there is room again so does everything else. */

import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { BrowserProfile } from "./support/profile";
import { SmallDevice } from "./support/small-device";
import { addTo, join, openPage } from "./support/tabs";

// Each has a browser of its own, which takes its time to fill what it has.
test.describe.configure({ mode: "parallel", timeout: 180_000 });

/** With the browser's profile on a device of its own, which is small. */
const onSmallDevice = test.extend<{ device: SmallDevice }>({
  device: async ({}, use) => {
    const device = SmallDevice.mount();
    test.skip(!device, "file systems may not be mounted here");
    if (device) {
      await use(device);
      device.unmount();
    }
  },
  profile: async ({ server, device }, use) => {
    const profile = await BrowserProfile.create({ baseURL: server.url }, device.directory);
    await use(profile);
    await profile.remove();
  },
});

const MEBIBYTE = 1024 * 1024;

/** Room for some batches. A browser gives room to each open file in steps of a mebibyte or more, whether the file needs it or not. */
const ROOM = 8 * MEBIBYTE;

/** Records of a batch. */
const BATCH = 100;

interface Filled {
  /** How many batches were acknowledged. */
  batches: number;
  /** What the next one came to: names of the error, and of the engine's. */
  error: string;
}

/** Sets the origin's quota; none: lifts it. */
async function setQuota(page: Page, quotaSize?: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send("Storage.overrideQuotaForOrigin", { origin, ...(quotaSize !== undefined && { quotaSize }) });
}

/** Adds batches of some 400 kB, at most so many, until one is refused. */
function fill(page: Page, name: string, most: number): Promise<Filled> {
  return page.evaluate(
    async ([prefix, size, limit]) => {
      for (let batch = 0; batch < limit; batch++) {
        const ids = Array.from({ length: size }, (_, i) => `${prefix} ${batch} ${i}`);
        // Nothing that could be compressed.
        const documents = ids.map((id) => `${id} ${Array.from({ length: 450 }, () => Math.random().toString(36).slice(2)).join("")}`.slice(0, 4000));
        try {
          await window.shared.collection.add({ ids, documents, embeddings: ids.map((_, i) => [batch, i]) });
        } catch (thrown) {
          const { name, cause } = thrown as Error;
          return { batches: batch, error: `${name}, ${(cause as Error).name}` };
        }
      }
      return { batches: limit, error: "none" };
    },
    [name, BATCH, most] as const,
  );
}

const count = (page: Page): Promise<number> => page.evaluate(() => window.shared.collection.count());

/** Deletes a batch; answers what came of it. */
function remove(page: Page, name: string, batch: number): Promise<string> {
  return page.evaluate(
    ([prefix, number, size]) =>
      window.shared.collection.delete({ ids: Array.from({ length: size }, (_, i) => `${prefix} ${number} ${i}`) }).then(
        () => "deleted",
        ({ name, cause }: Error) => `${name}, ${(cause as Error).name}`,
      ),
    [name, batch, BATCH] as const,
  );
}

const FULL = "ChromaQuotaExceededError, StorageQuotaExceededError";

/** What a database frees is not always free at once: a deletion may have to wait for room, and says so. */
const REFUSED_DELETION = { opfs: [], indexeddb: [FULL] };

for (const storage of ["opfs", "indexeddb"] as const) {
  test(`a quota that is used up fails writes by name and changes nothing; when it is lifted, all goes on, on ${storage}`, async ({ page }) => {
    await openPage(page);
    // Before the first write: what room there is, Chromium remembers for half a minute where databases are concerned.
    await setQuota(page, ROOM);
    await join(page, storage);
    await addTo(page, "kept");
    const { batches, error } = await fill(page, "first", 100);
    expect(error).toBe(FULL);
    expect(batches).toBeGreaterThan(0);
    // What was refused has changed nothing. A compaction may have made room for some more.
    const more = await fill(page, "again", 100);
    expect(more.error).toBe(FULL);
    expect(await count(page)).toBe(1 + BATCH * (batches + more.batches));
    const found = await page.evaluate(async () => {
      const { collection } = window.shared;
      const { ids } = await collection.query({ queryEmbeddings: [[0, 7]], nResults: 1 });
      const { documents } = await collection.get({ ids: ["first 0 99"], include: ["documents"] });
      return { ids, length: documents[0]?.length };
    });
    expect(found).toEqual({ ids: [["first 0 7"]], length: 4000 });

    // Full as it is, it opens again, and what is deleted makes room.
    await page.reload();
    await join(page, storage);
    expect(await count(page)).toBe(1 + BATCH * (batches + more.batches));
    let deleted = 0;
    for (let batch = 0; batch < batches; batch++) {
      const outcome = await remove(page, "first", batch);
      expect(["deleted", ...REFUSED_DELETION[storage]]).toContain(outcome);
      deleted += outcome === "deleted" ? 1 : 0;
    }
    expect(await count(page)).toBe(1 + BATCH * (batches - deleted + more.batches));
    if (storage === "opfs") {
      await page.evaluate(() => window.shared.client.compact());
      expect(await fill(page, "instead", 1)).toEqual({ batches: 1, error: "none" });
      deleted -= 1;
    }
    const kept = 1 + BATCH * (batches - deleted + more.batches);
    expect(await count(page)).toBe(kept);

    await setQuota(page);
    expect(await fill(page, "second", 4)).toEqual({ batches: 4, error: "none" });
    await page.evaluate(() => window.shared.client.compact());
    expect(await count(page)).toBe(kept + BATCH * 4);

    await page.reload();
    await join(page, storage);
    expect(await count(page)).toBe(kept + BATCH * 4);
  });

  onSmallDevice(`a device that is full fails writes and changes nothing; when there is room again, all goes on, on ${storage}`, async ({ page, device }) => {
    await join(page, storage);
    expect(await fill(page, "before", 2)).toEqual({ batches: 2, error: "none" });
    device.fill(2 * MEBIBYTE);
    const { batches, error } = await fill(page, "full", 100);
    expect(error).toBe(FULL);
    expect(await count(page)).toBe(BATCH * (2 + batches));
    const nearest = await page.evaluate(() => window.shared.collection.query({ queryEmbeddings: [[1, 7]], nResults: 1 }));
    expect(nearest.ids[0]?.[0]).toContain(" 1 7");

    device.clear();
    expect(await fill(page, "after", 2)).toEqual({ batches: 2, error: "none" });
    await page.reload();
    await join(page, storage);
    expect(await count(page)).toBe(BATCH * (4 + batches));
  });
}

onSmallDevice("a device that is full to its last byte, where the browser closes its database, keeps nobody waiting once there is room", async ({ page, device }) => {
  await join(page, "indexeddb");
  device.fill(0);
  const error = await page.evaluate(async () => {
    for (let number = 0; number < 1000; number++) {
      try {
        await window.shared.collection.add({ ids: [`${number}`], embeddings: [[1, 2]], documents: [Math.random().toString(36).repeat(100)] });
      } catch (thrown) {
        return (thrown as Error).message;
      }
    }
    return "none";
  });
  expect(error).toMatch(/^storage (failed|quota exceeded) while /);
  // One by one: each may be the one that hears that the database is closed.
  for (let turn = 0; turn < 3; turn++) {
    await page.evaluate(() => window.shared.collection.count().catch(() => undefined));
  }
  device.clear();
  await expect(async () => {
    const found = await page.evaluate(async () => {
      // The browser may have lost the database with what it held.
      const collection = await window.shared.client.getOrCreateCollection({ name: "things", embeddingFunction: null });
      await collection.upsert({ ids: ["after"], embeddings: [[3, 4]] });
      return (await collection.get({ ids: ["after"] })).ids;
    });
    expect(found).toEqual(["after"]);
  }).toPass({ timeout: 15_000 });
});

/** Exports and imports of tabs on one store, in Chromium: through the leader, and whatever becomes of it meanwhile. */

import type { BrowserContext, Page } from "@playwright/test";

import { expect, killWorker, test } from "./fixtures";
import {
  beginExport,
  beginImport,
  contentOf,
  exportedContent,
  outcomeOf,
  prepare,
  RECORDS,
  untilPieces,
} from "./support/archives";
import { addTo, join, roleOf, type SharedStorage } from "./support/tabs";

test.describe.configure({ mode: "parallel" });
test.setTimeout(120_000);

/** What a caller is told whose leader has gone. */
const LOST = { error: "ChromaConnectionError" };

async function leaderAndFollower(page: Page, context: BrowserContext, storage: SharedStorage): Promise<[Page, Page]> {
  await join(page, storage);
  const follower = await join(await context.newPage(), storage);
  await prepare(follower);
  expect(await roleOf(follower)).toBe("follower");
  return [page, follower];
}

const fill = (page: Page): Promise<void> => page.evaluate(() => window.archives.fill(window.shared.client));

for (const storage of ["opfs", "indexeddb"] as const) {
  test(`a tab that follows exports and imports through its leader, on ${storage}`, async ({ page, context }) => {
    const [leader, follower] = await leaderAndFollower(page, context, storage);
    const { content } = await follower.evaluate(() => ({ content: window.archives.content }));
    expect(content.filled).toMatch(/^3000 of 3000: /);
    await beginImport(follower, "refuse");
    expect(await outcomeOf(follower)).toEqual({ error: undefined, records: RECORDS });
    expect(await leader.evaluate(() => window.shared.client.getCollection({ name: "filled" }).then((filled) => filled.count()))).toBe(RECORDS);
    await addTo(leader, "a", "b");
    const all = await contentOf(follower);
    expect(all).toMatchObject(content);
    expect(all.things).toMatch(/^2 of 2: /);
    // Two at once, of which each gets its own.
    await beginExport(follower);
    const other = leader.evaluate(async () => (await new Response(window.shared.client.export()).arrayBuffer()).byteLength);
    expect(await outcomeOf(follower)).toEqual({ error: undefined, records: RECORDS + 2 });
    expect(await follower.evaluate(() => window.archives.exported.size)).toBe(await other);
    expect(await exportedContent(follower)).toEqual(all);
    expect(await roleOf(follower)).toBe("follower");
  });

  for (const end of ["is closed", "loses its worker"] as const) {
    const endOf = (leader: Page): Promise<void> => (end === "is closed" ? leader.close() : killWorker(leader));

    test(`an export whose leader ${end} ends with an error, and another one is whole, on ${storage}`, async ({ page, context }) => {
      const [leader, follower] = await leaderAndFollower(page, context, storage);
      await fill(follower);
      await follower.evaluate(() => window.archives.close());
      await beginExport(follower);
      await untilPieces(follower, 1);
      await endOf(leader);
      // Whoever leads now has begun one too, which has the number of the first.
      await follower.evaluate(async () => void (await window.shared.client.export().getReader().read()));
      await follower.evaluate(() => window.archives.open());
      expect(await outcomeOf(follower)).toMatchObject(LOST);
      await beginExport(follower);
      expect(await outcomeOf(follower)).toEqual({ error: undefined, records: RECORDS });
      expect(await exportedContent(follower)).toEqual(await contentOf(follower));
    });

    test(`an import whose leader ${end} ends with an error, and is finished by another, on ${storage}`, async ({ page, context }) => {
      const [leader, follower] = await leaderAndFollower(page, context, storage);
      await beginImport(follower, "refuse");
      await untilPieces(follower, 4);
      await follower.evaluate(() => window.archives.close());
      await endOf(leader);
      await follower.evaluate(() => window.shared.client.heartbeat());
      await follower.evaluate(() => window.archives.open());
      expect(await outcomeOf(follower)).toMatchObject(LOST);
      const { content } = await follower.evaluate(() => ({ content: window.archives.content }));
      const partial = Number((await contentOf(follower)).filled?.split(" ")[0]);
      expect(partial).toBeGreaterThan(0);
      expect(partial).toBeLessThan(RECORDS);
      await beginImport(follower, "refuse");
      expect(await outcomeOf(follower)).toMatchObject({ error: "ChromaUniqueError" });
      await beginImport(follower, "merge");
      expect(await outcomeOf(follower)).toEqual({ error: undefined, records: RECORDS });
      expect(await contentOf(follower)).toMatchObject(content);
    });
  }

  test(`a leader that is closed at any moment cuts an export or import off, or not, but never short, on ${storage}`, async ({ page, context }) => {
    let [leader, follower] = await leaderAndFollower(page, context, storage);
    await fill(follower);
    const all = await contentOf(follower);
    const outcomes: (string | undefined)[] = [];
    for (let round = 0; round < 8; round++) {
      const isExport = round % 2 === 0;
      if (!isExport) {
        await follower.evaluate(() => window.shared.client.deleteCollection({ name: "filled" }));
      }
      await (isExport ? beginExport(follower) : beginImport(follower, "refuse"));
      await follower.waitForTimeout(Math.random() * 250);
      await leader.close();
      const outcome = await outcomeOf(follower);
      outcomes.push(outcome.error);
      if (outcome.error === undefined) {
        expect(outcome.records).toBe(RECORDS);
        expect(isExport ? await exportedContent(follower) : await contentOf(follower)).toEqual(all);
      } else {
        expect(outcome, JSON.stringify(outcome)).toMatchObject(LOST);
        await (isExport ? beginExport(follower) : beginImport(follower, "merge"));
        expect(await outcomeOf(follower)).toEqual({ error: undefined, records: RECORDS });
        expect(isExport ? await exportedContent(follower) : await contentOf(follower)).toEqual(all);
      }
      leader = follower;
      follower = await join(await context.newPage(), storage);
      await prepare(follower);
    }
    expect(outcomes).toContain(LOST.error);
  });
}

test("an export of a tab goes on when another tab is looked at", async ({ page, context }) => {
  await join(page, "opfs");
  await prepare(page);
  await fill(page);
  await page.evaluate(() => window.archives.close());
  await beginExport(page);
  await untilPieces(page, 1);
  const other = await join(await context.newPage(), "opfs");
  await other.bringToFront();
  // Longer than a hidden leader keeps the lead otherwise.
  for (let piece = 2; piece <= 3; piece++) {
    await page.waitForTimeout(1500);
    await page.evaluate(() => {
      window.archives.open();
      window.archives.close();
    });
    await untilPieces(page, piece);
  }
  await page.evaluate(() => window.archives.open());
  expect(await outcomeOf(page)).toEqual({ error: undefined, records: RECORDS });
  expect(await exportedContent(page)).toEqual(await contentOf(page));
});

/** Data that the browser clears, and databases that it closes, while a page has them open. */

import { alter, expect, test } from "./fixtures";
import { addTo, idsOf, join } from "./support/tabs";

for (const storage of ["opfs", "indexeddb"] as const) {
  test(`data that the browser clears while they are open are gone, and nothing hangs, on ${storage}`, async ({ page }) => {
    await join(page, storage);
    await page.evaluate(() => window.shared.collection.add({ ids: ["a"], embeddings: [[1, 2]] }));
    const session = await page.context().newCDPSession(page);
    await session.send("Storage.clearDataForOrigin", { origin: new URL(page.url()).origin, storageTypes: "all" });
    const outcome = await page.evaluate(() =>
      Promise.race([
        window.shared.collection.add({ ids: ["b"], embeddings: [[1, 2]] }).then(
          () => "written",
          (error: Error) => error.name,
        ),
        new Promise<string>((resolve) => setTimeout(() => resolve("nothing"), 12_000)),
      ]),
    );
    expect(outcome).not.toBe("nothing");
    await page.reload();
    await join(page, storage);
    expect(await idsOf(page)).not.toContain("a");
    await page.evaluate(() => window.shared.collection.upsert({ ids: ["c"], embeddings: [[1, 2]] }));
    expect(await idsOf(page)).toContain("c");
  });
}

test("a database that the browser closes with a write under way, of which it says nothing more, is opened again", async ({ page }) => {
  // As Chromium does with what was begun while it closed the database, for instance because its device is full.
  await alter(page, () => {
    const begin = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, "transaction")?.value as (this: IDBDatabase, ...args: unknown[]) => IDBTransaction;
    let isNext = false;
    new BroadcastChannel("test").onmessage = () => (isNext = true);
    IDBDatabase.prototype.transaction = function (...args: unknown[]) {
      const transaction = begin.apply(this, args);
      if (isNext && args[1] === "readwrite") {
        isNext = false;
        for (const event of ["oncomplete", "onabort"]) {
          Object.defineProperty(transaction, event, { set: () => undefined });
        }
        setTimeout(() => this.dispatchEvent(new Event("close")), 50);
      }
      return transaction;
    };
  });
  await join(page, "indexeddb");
  await addTo(page, "a");
  await page.evaluate(() => new BroadcastChannel("test").postMessage("close the next one"));
  await expect(addTo(page, "b")).rejects.toThrow("storage failed while appending to the log: the browser has closed the database");
  await addTo(page, "c");
  // The write that failed without a word may have been done.
  expect((await idsOf(page)).filter((id) => id !== "b")).toEqual(["a", "c"]);
});

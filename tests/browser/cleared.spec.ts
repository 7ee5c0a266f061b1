/** Data that the browser clears while a page has them open. */

import { expect, test } from "./fixtures";
import { idsOf, join } from "./support/tabs";

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

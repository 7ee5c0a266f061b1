/** The behaviour of the `chromadb` client, through the package in a page: the same cases as in Node. */

import { expect, test } from "./fixtures";

interface Outcome {
  name: string;
  error: string | null;
}

declare global {
  interface Window {
    runCases(storage: string): Promise<Outcome[]>;
  }
}

for (const storage of ["opfs", "indexeddb", "memory"]) {
  test(`every case of the client's behaviour holds on ${storage}`, async ({ page }) => {
    await page.goto("/pages/behaviour.html");
    await page.waitForFunction(() => "runCases" in window);
    const outcomes = await page.evaluate((name) => window.runCases(name), storage);
    expect(outcomes.length).toBeGreaterThan(30);
    expect(outcomes.filter(({ error }) => error !== null)).toEqual([]);
  });
}

/** Search over 5,000 real MiniLM vectors finds nearly all of the neighbours that were computed in 64-bit floats, at every stage of their indexing. */

import { readFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "./fixtures";

const FIXTURES = path.join(import.meta.dirname, "..", "fixtures", "wordnet-5k");
const NEIGHBOURS = 100;

/** Row numbers of the exact nearest neighbours of each query, nearest first. */
function exactNeighbours(): number[][] {
  const bytes = readFileSync(path.join(FIXTURES, "wordnet-5k.gt.i32.bin"));
  const rows = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return Array.from({ length: rows.length / NEIGHBOURS }, (_, query) => [
    ...rows.subarray(query * NEIGHBOURS, (query + 1) * NEIGHBOURS),
  ]);
}

interface Found {
  ids: string[][];
  distances: (number | null)[][];
}

declare global {
  interface Window {
    recall: { fill(storage: string): Promise<void>; compact(): Promise<void>; search(storage: string): Promise<Found> };
  }
}

for (const storage of ["opfs", "indexeddb"]) {
  test(`recall at 10 and at 100 on ${storage} is 0.99 and more while vectors come, from segments and after a reload`, async ({ page }) => {
    const exact = exactNeighbours();
    const open = async () => {
      await page.goto("/pages/recall.html");
      await page.waitForFunction(() => "recall" in window);
    };
    const check = async (when: string) => {
      const { ids, distances } = await page.evaluate((name) => window.recall.search(name), storage);
      for (const k of [10, NEIGHBOURS]) {
        const hits = ids.map((found, query) => {
          const wanted = new Set(exact[query]?.slice(0, k).map((row) => `row-${row}`));
          return found.slice(0, k).filter((id) => wanted.has(id)).length;
        });
        const recall = hits.reduce((sum, hit) => sum + hit, 0) / (k * exact.length);
        expect(recall, `recall at ${k} ${when}`).toBeGreaterThanOrEqual(0.99);
      }
      for (const row of distances) {
        expect(row.every((distance, i) => i === 0 || (row[i - 1] ?? 0) <= (distance ?? 0)), "ascending").toBe(true);
      }
    };
    await open();
    await page.evaluate((name) => window.recall.fill(name), storage);
    await check("while vectors come");
    await page.evaluate(() => window.recall.compact());
    await check("from segments");
    await open();
    await check("after a reload");
  });
}

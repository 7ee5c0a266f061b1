/** The console's view of the results of `npm run bench`. */

import { writeFile } from "node:fs/promises";

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import type { Results, Row } from "../../www/src/benchmarks/results";
import { expect, test } from "./fixtures";

test.setTimeout(120_000);

/** Twice as many vectors take twice the time of a store that scans. */
function row(store: string, n: number, own: Partial<Row> = {}): Row {
  const search = { queries: 200, recall: 1, p50_ms: n / 1000, p99_ms: n / 500, mean_ms: n / 1000, queries_per_second: 1e6 / n, cpu_ms: null };
  return {
    ...{ store, version: "1.2.3", runs_in: "worker", set: "a-set", n, measured: "2026-01-02T03:04:05Z", load_average: 0.5, failure: null },
    ingest: { add_ms: n, persist_ms: 0, settle_ms: 0, vectors_per_second: 1000, cpu_ms: null },
    search: [{ knob: null, filter: "all", ...search }],
    ...{ cold_search: null, more: { vectors: 100, ms: 12, seen: 1 }, remove: null },
    cold_open: { first_answer_ms: 150, empty_ms: 50, ms: 100 },
    memory: { wasm_bytes: 1e6, reopened_wasm_bytes: null, renderer_bytes: 2e6 },
    ...{ stored_bytes: 1536 * n, code_bytes: 300_000, ...own },
  };
}

const failure = { stage: "reopen", message: "it was not there any more" };
const RESULTS: Results = {
  schema: 1,
  measured: "2026-01-02T03:04:05Z",
  machine: { cpu: "A processor", cores: 2, memory_bytes: 8e9, platform: "A system", chromium: "1.2" },
  sets: { "a-set": { title: "A set of vectors whose title is longer than the screen of any telephone is wide", source: "", dimension: 384, metric: "cosine", queries: 200 } },
  rows: [row("chromatid", 1000), row("chromatid", 10_000), row("a peer", 1000), row("a peer", 10_000, { failure, cold_open: null })],
};

async function openResults(page: Page, text = JSON.stringify(RESULTS)): Promise<void> {
  await page.goto("/#/benchmarks");
  await expect(page.getByRole("button", { name: "Open results" })).toBeVisible();
  await page.locator("input[type=file]").setInputFiles({ name: "results.json", mimeType: "application/json", buffer: Buffer.from(text) });
}

const region = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

test("a file of results is shown as charts, each beside its numbers", async ({ page }, info) => {
  await openResults(page);
  await expect(page.getByText("Measured 2026-01-02 on A processor")).toBeVisible();
  const glance = region(page, "At a glance");
  await expect(glance.getByRole("row", { name: /a peer/ })).toContainText("10 ms");
  await expect(glance).toContainText("a peer failed at “reopen”: it was not there any more");
  const growth = region(page, "Median query");
  await expect(growth.getByRole("img", { name: "Median query by the number of vectors" }).locator("canvas")).toBeVisible();
  await expect(growth.getByRole("row", { name: "chromatid" }).getByRole("cell")).toHaveText(["1.0 ms", "10 ms"]);
  await expect(region(page, "Opening to the first answer").getByRole("row", { name: "a peer" }).getByRole("cell")).toHaveText(["100 ms", "–"]);
  await expect(region(page, "Recall against queries per second").locator("canvas")).toBeVisible();
  await page.screenshot({ path: info.outputPath("benchmarks.png"), fullPage: true });
});

test("the size and the stores are chosen by keyboard", async ({ page }) => {
  await openResults(page);
  const glance = region(page, "At a glance");
  await expect(glance.getByRole("row", { name: /chromatid/ })).toContainText("10 ms");
  await page.getByLabel("How many").focus();
  await page.keyboard.press("ArrowUp");
  await expect(glance.getByRole("row", { name: /chromatid/ })).toContainText("1.0 ms");
  await page.getByRole("checkbox", { name: "a peer" }).focus();
  await page.keyboard.press("Space");
  await expect(page.getByRole("row", { name: /a peer/ })).toHaveCount(0);
  await expect(glance.getByRole("row", { name: /chromatid/ })).toHaveCount(1);
});

test("a filter without measurements says so", async ({ page }) => {
  await openResults(page);
  await page.getByLabel("Searched with").selectOption("tenth");
  await expect(region(page, "Recall against queries per second")).toContainText("Not measured for this set.");
});

test("a file that is something else is refused, and the next one is read", async ({ page }) => {
  await openResults(page, '{"schema": 99}');
  await expect(page.getByRole("alert")).toContainText("does not hold results of the benchmarks");
  await openResults(page);
  await expect(region(page, "At a glance")).toBeVisible();
});

test("a file that is dropped on the page is shown", async ({ page, context }, info) => {
  const file = info.outputPath("results.json");
  await writeFile(file, JSON.stringify(RESULTS));
  await page.goto("/#/benchmarks");
  await expect(page.getByRole("button", { name: "Open results" })).toBeVisible();
  const session = await context.newCDPSession(page);
  const data = { items: [], files: [file], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 300, y: 200, data });
  }
  await expect(region(page, "At a glance")).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });
    test("results have no serious accessibility fault", async ({ page }) => {
      await openResults(page);
      await expect(region(page, "Bytes stored").locator("canvas")).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    });
  });
}

test.describe("on a telephone", () => {
  test.use({ viewport: { width: 360, height: 740 } });
  test("results are not wider than the screen", async ({ page }) => {
    await openResults(page);
    await expect(region(page, "Bytes stored").locator("canvas")).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
});

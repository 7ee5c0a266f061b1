/** The suites that are compiled into the engine, on the storages and the SIMD unit of a real browser. */

import { type Page } from "@playwright/test";

import { expect, test } from "./fixtures";

interface SuiteRequest {
  suite: "storage" | "distance" | "quantization";
  kind?: string;
}

declare global {
  interface Window {
    runSuite(request: SuiteRequest): Promise<{ passed: string[] } | { failure: string }>;
  }
}

/** With fewer checks than this the suite itself was not run. */
const FEWEST_STORAGE_CHECKS = 10;

async function run(page: Page, request: SuiteRequest): Promise<string[]> {
  await page.goto("/pages/conformance.html");
  await page.waitForFunction(() => "runSuite" in window);
  const result = await page.evaluate((request) => window.runSuite(request), request);
  expect(result).not.toHaveProperty("failure");
  return "passed" in result ? result.passed : [];
}

for (const kind of ["opfs", "indexeddb", "adapter"]) {
  test(`the storage ${kind} keeps the contract`, async ({ page }) => {
    test.setTimeout(180_000);
    const passed = await run(page, { suite: "storage", kind });
    expect(passed.length).toBeGreaterThanOrEqual(FEWEST_STORAGE_CHECKS);
    expect(new Set(passed).size).toBe(passed.length);
  });
}

test("the distance kernels of the wasm build agree with plain arithmetic", async ({ page }) => {
  expect(await run(page, { suite: "distance" })).toEqual(["distance"]);
});

test("the kernels of quantised codes of the wasm build agree with plain sums", async ({ page }) => {
  expect(await run(page, { suite: "quantization" })).toEqual(["quantization"]);
});

/** Measures the stores of a plan in Chromium on OPFS, each in a browser of its own: `npm run bench` makes the plan. */

import { readFileSync } from "node:fs";

import { test } from "@playwright/test";

import { StaticServer } from "../../tests/browser/support/server";
import type { Plan } from "./plan";
import { addRow, describeSearch } from "./results-file";
import { StoreBenchmark } from "./store-benchmark";

const planFile = process.env.CHROMATID_BENCH_PLAN;
if (!planFile) {
  throw new Error("CHROMATID_BENCH_PLAN is not set: start the benchmark by `npm run bench`");
}
const plan = JSON.parse(readFileSync(planFile, "utf8")) as Plan;

const server = new StaticServer({ isolated: true });
test.beforeAll(() => server.start());
test.afterAll(() => server.stop());

for (const run of plan.runs) {
  test(`${run.store.name} in a ${run.store.runs_in}, ${run.n} × ${run.set}`, async () => {
    // A store that hangs is ended by its own limit first; this one is for what hangs with it.
    test.setTimeout(2 * run.limit_seconds * 1000 + 60_000);
    const benchmark = new StoreBenchmark(run, server.url);
    const { row, chromium } = await benchmark.measure();
    addRow(plan.results, row, chromium);
    console.log(`\n${describeSearch(row)}\n`);
  });
}

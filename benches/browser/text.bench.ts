/** Measures filters and text search of the stores of a plan in Chromium on OPFS: `npm run bench -- --text` makes the plan. */

import { readFileSync } from "node:fs";

import { test } from "@playwright/test";

import { StaticServer } from "../../tests/browser/support/server";
import type { Plan, TextRun } from "./plan";
import { addTextRow, describeTexts } from "./results-file";
import { TextBenchmark } from "./text-benchmark";

const planFile = process.env.CHROMATID_BENCH_PLAN;
if (!planFile) {
  throw new Error("CHROMATID_BENCH_PLAN is not set: start the benchmark by `npm run bench -- --text`");
}
const plan = JSON.parse(readFileSync(planFile, "utf8")) as Plan<TextRun>;

const server = new StaticServer({ isolated: true });
test.beforeAll(() => server.start());
test.afterAll(() => server.stop());

for (const run of plan.runs) {
  test(`${run.store.name} in a ${run.store.runs_in}, ${run.n} records`, async () => {
    // A store that hangs is ended by its own limit first; this one is for what hangs with it.
    test.setTimeout(2 * run.limit_seconds * 1000 + 60_000);
    const { row, chromium } = await new TextBenchmark(run, server.url).measure();
    addTextRow(plan.results, row, chromium);
    console.log(`\n${describeTexts(row)}\n`);
  });
}

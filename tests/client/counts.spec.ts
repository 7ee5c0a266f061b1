/** The last line of `npm test` is right only if every runner's own count is read rightly. */

import { expect, test } from "@playwright/test";

import { cargoTestCounts, nextestCounts, playwrightCounts, settle } from "../../scripts/test/counts.mjs";
import { nextestFailures, playwrightFailures } from "../../scripts/test/failures.mjs";

test("nextest: passed, failed and timed out tests are counted through colours", () => {
  const clean = "     Summary [   0.512s] 55 tests run: 55 passed, 2 skipped";
  expect(nextestCounts(clean)).toEqual({ passed: 55, failed: 0 });
  const coloured =
    "\x1b[32;1m     Summary\x1b[0m [   9.512s] \x1b[1m9\x1b[0m tests run: \x1b[1m5\x1b[0m \x1b[32;1mpassed\x1b[0m (1 slow), " +
    "\x1b[1m2\x1b[0m \x1b[31;1mfailed\x1b[0m, 1 timed out, 1 exec failed, 0 skipped";
  expect(nextestCounts(coloured)).toEqual({ passed: 5, failed: 4 });
  expect(nextestCounts("Summary [ 1.0s] 1 test run: 1 passed, 0 skipped")).toEqual({ passed: 1, failed: 0 });
  expect(nextestCounts("Summary [ 1.0s] 3/9 tests run: 2 passed, 1 failed, 0 skipped")).toEqual({ passed: 2, failed: 1 });
  expect(nextestCounts("error: could not compile")).toBeUndefined();
});

test("cargo test: the programs of one run are summed", () => {
  const output =
    "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured\n\ntest result: FAILED. 3 passed; 2 failed; 0 ignored\n";
  expect(cargoTestCounts(output)).toEqual({ passed: 15, failed: 2 });
  expect(cargoTestCounts("error: could not compile")).toBeUndefined();
});

test("Playwright: errors outside of tests are failures, flaky tests passed", () => {
  const stats = { expected: 7, unexpected: 1, flaky: 2 };
  expect(playwrightCounts({ stats, errors: [] })).toEqual({ passed: 9, failed: 1 });
  expect(playwrightCounts({ stats, errors: [{}] })).toEqual({ passed: 9, failed: 2 });
});

test("a runner that ends badly or without a count is a failure", () => {
  expect(settle(0, { passed: 3, failed: 0 })).toEqual({ passed: 3, failed: 0 });
  expect(settle(1, { passed: 3, failed: 0 })).toEqual({ passed: 3, failed: 1 });
  expect(settle(1, { passed: 3, failed: 2 })).toEqual({ passed: 3, failed: 2 });
  expect(settle(0, undefined)).toEqual({ passed: 0, failed: 1 });
  expect(settle(101, undefined)).toEqual({ passed: 0, failed: 1 });
});

test("nextest: what failed is named once, however often it is printed", () => {
  const output = [
    "        PASS [   0.100s] (1/9) chromatid distance::l2",
    "\x1b[31;1m        FAIL\x1b[0m [   0.512s] (2/9) chromatid log::tests::replays",
    "     TIMEOUT [  60.000s] chromatid::sim crashes",
    "     Summary [   9.512s] 9 tests run: 7 passed, 1 failed, 1 timed out, 0 skipped",
    "        FAIL [   0.512s] (2/9) chromatid log::tests::replays",
  ].join("\n");
  expect(nextestFailures(output)).toEqual([
    { name: "chromatid log::tests::replays", reason: "FAIL" },
    { name: "chromatid::sim crashes", reason: "TIMEOUT" },
  ]);
});

test("Playwright: what failed is told with its place and the beginning of its reason", () => {
  const spec = { title: "adds", ok: true, file: "a.spec.ts", line: 3, tests: [] };
  const errors = [{ message: ["\x1b[31mexpected 1\x1b[39m", "", ...Array.from({ length: 40 }, (_, n) => `line ${n}`)].join("\n") }];
  const failed = { ...spec, ok: false, title: "deletes", line: 9, tests: [{ results: [{}, { errors }] }] };
  const suites = [{ title: "a.spec.ts", specs: [spec], suites: [{ title: "group", specs: [failed] }] }];
  const [outside, inside, ...more] = playwrightFailures({ suites, errors: [{ message: "no page" }] });
  expect(outside).toEqual({ name: "outside of any test", reason: "no page" });
  expect(inside?.name).toBe("a.spec.ts:9 deletes");
  expect(inside?.reason.split("\n")).toHaveLength(12);
  expect(inside?.reason).toMatch(/^expected 1\nline 0\n/);
  expect(more).toEqual([]);
});

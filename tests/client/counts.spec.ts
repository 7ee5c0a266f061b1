/** The last line of `npm test` is right only if every runner's own count is read rightly. */

import { expect, test } from "@playwright/test";

import { cargoTestCounts, nextestCounts, playwrightCounts, settle } from "../../scripts/test/counts.mjs";

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

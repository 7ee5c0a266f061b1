/** How many tests passed and failed, from what each test runner prints or writes. */

/** @typedef {{ passed: number, failed: number }} Counts */

// The escape sequences that colour a terminal.
// eslint-disable-next-line no-control-regex
const COLOUR = /\x1b\[[0-9;]*m/g;

/** @param {string} text @param {RegExp} pattern */
function number(text, pattern) {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

/**
 * cargo-nextest's summary, `12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 3 skipped`.
 * @param {string} output
 * @returns {Counts | undefined} undefined when there is none: the tests did not compile, say
 */
export function nextestCounts(output) {
  const summary = /Summary \[[^\]]*\]\s+[\d/]+ tests? run: (.*)/.exec(output.replace(COLOUR, ""))?.[1];
  if (summary === undefined) {
    return undefined;
  }
  const failures = [/(\d+) failed/, /(\d+) timed out/, /(\d+) exec failed/];
  return {
    passed: number(summary, /(\d+) passed/),
    failed: failures.reduce((sum, pattern) => sum + number(summary, pattern), 0),
  };
}

/**
 * The sum of libtest's summaries, `test result: ok. 10 passed; 0 failed; …`, one for each test program.
 * @param {string} output
 * @returns {Counts | undefined} undefined when there is none
 */
export function cargoTestCounts(output) {
  const summaries = [...output.replace(COLOUR, "").matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed/gm)];
  if (summaries.length === 0) {
    return undefined;
  }
  return {
    passed: summaries.reduce((sum, [, passed]) => sum + Number(passed), 0),
    failed: summaries.reduce((sum, [, , failed]) => sum + Number(failed), 0),
  };
}

/**
 * A report of Playwright's JSON reporter. A test that passed on a retry passed; an error outside of any test counts
 * as a failure.
 * @param {{ stats: { expected: number, unexpected: number, flaky: number }, errors: unknown[] }} report
 * @returns {Counts}
 */
export function playwrightCounts({ stats, errors }) {
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length };
}

/**
 * What a stage counts in the end: a program that failed without saying which test did is one failure.
 * @param {number} code of its end
 * @param {Counts | undefined} counts
 * @returns {Counts}
 */
export function settle(code, counts) {
  const { passed, failed } = counts ?? { passed: 0, failed: 0 };
  return { passed, failed: (code !== 0 || counts === undefined) && failed === 0 ? 1 : failed };
}

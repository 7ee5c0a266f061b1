/** Which tests failed and why, told again beneath the summary: above it are thousands of lines, and a log may be cut. */

import { stripVTControlCharacters } from "node:util";

/** @typedef {{ name: string, reason: string }} Failure */
/** @typedef {{ message?: string }} ReportedError */
/** @typedef {{ title: string, ok: boolean, file: string, line: number, tests: { results: { errors?: ReportedError[] }[] }[] }} Spec */
/** @typedef {{ title: string, specs?: Spec[], suites?: Suite[] }} Suite */

const LINES = 12;
const LINE = 300;

/** @param {string} message */
function brief(message) {
  const lines = stripVTControlCharacters(message).split("\n").filter((line) => line.trim() !== "");
  return lines.slice(0, LINES).map((line) => line.slice(0, LINE)).join("\n");
}

/**
 * From a report of Playwright's JSON reporter, with the errors outside of any test.
 * @param {{ suites: Suite[], errors: ReportedError[] }} report
 * @returns {Failure[]}
 */
export function playwrightFailures({ suites, errors }) {
  /** @type {Failure[]} */
  const failures = errors.map(({ message = "" }) => ({ name: "outside of any test", reason: brief(message) }));
  const visit = (/** @type {Suite} */ suite) => {
    for (const { title, file, line, tests } of (suite.specs ?? []).filter(({ ok }) => !ok)) {
      const error = tests.flatMap(({ results }) => results).flatMap((result) => result.errors ?? [])[0];
      failures.push({ name: `${file}:${line} ${title}`, reason: brief(error?.message ?? "no reason was reported") });
    }
    suite.suites?.forEach(visit);
  };
  suites.forEach(visit);
  return failures;
}

/**
 * From what cargo-nextest prints: the tests that failed, each once; their output is too long to repeat.
 * @param {string} output
 * @returns {Failure[]}
 */
export function nextestFailures(output) {
  const line = /^\s*(?:TRY \d+ )?(FAIL|TIMEOUT|SIG\w+|ABORT|XFAIL)\s+\[[^\]]*\]\s+(?:\([^)]*\)\s+)?(.+)$/gm;
  const found = [...stripVTControlCharacters(output).matchAll(line)];
  const ends = new Map(found.map(([, end = "", name = ""]) => [name.trim(), end]));
  return [...ends].map(([name, end]) => ({ name, reason: end }));
}

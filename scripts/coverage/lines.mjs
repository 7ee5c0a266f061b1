/** Which lines of the engine the tests run, from LCOV. */

import { readFileSync } from "node:fs";
import path from "node:path";

/** @typedef {{ lines: number, covered: number }} Count */
/** @typedef {{ file: string, missed: number[] } & Count} FileCoverage */

/** Modules where a line that no test runs may lose data. */
export const MODULES = ["storage", "blockstore", "log", "segment", "sysdb"];

/** What is itself a test, or is compiled for browsers alone. */
const PASSED_OVER = /(^|\/)(tests|conformance|browser|indexeddb)(\/|\.rs$)|_tests\.rs$|storage\/(opfs|adapter)\.rs$/;

/**
 * Lines by file, without those of unit tests in it.
 * @param {string} lcov
 * @param {string} root of the sources: files elsewhere do not count
 * @param {(file: string) => string} [read]
 * @returns {FileCoverage[]}
 */
export function linesOf(lcov, root, read = (file) => readFileSync(file, "utf8")) {
  /** @type {FileCoverage[]} */
  const files = [];
  for (const record of lcov.split("end_of_record\n")) {
    const source = /^SF:(.+)$/m.exec(record)?.[1];
    const file = source === undefined ? ".." : path.relative(root, source);
    if (source === undefined || file.startsWith("..") || PASSED_OVER.test(file)) {
      continue;
    }
    const end = firstTestLine(read(source));
    const hits = [...record.matchAll(/^DA:(\d+),(\d+)/gm)].map(([, line, count]) => ({ line: Number(line), count: Number(count) })).filter(({ line }) => line < end);
    const missed = hits.filter(({ count }) => count === 0).map(({ line }) => line);
    files.push({ file, lines: hits.length, covered: hits.length - missed.length, missed });
  }
  return files;
}

/** Where the unit tests of a file begin: they are at its end. @param {string} source */
function firstTestLine(source) {
  const at = /^#\[cfg\(test\)\]\n(?:#\[.*\]\n)*mod \w+ \{$/m.exec(source)?.index;
  return at === undefined ? Infinity : source.slice(0, at).split("\n").length;
}

/**
 * Lines by module.
 * @param {readonly FileCoverage[]} files
 * @returns {Map<string, Count>}
 */
export function byModule(files) {
  /** @type {Map<string, Count>} */
  const modules = new Map();
  for (const { file, lines, covered } of files) {
    const name = file.split("/")[0]?.replace(/\.rs$/, "") ?? "";
    const sum = modules.get(name) ?? { lines: 0, covered: 0 };
    modules.set(name, { lines: sum.lines + lines, covered: sum.covered + covered });
  }
  return modules;
}

/**
 * Line numbers as people write them: `3-5, 9`.
 * @param {readonly number[]} lines in order
 */
export function ranges(lines) {
  /** @type {[number, number][]} */
  const found = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last && line === last[1] + 1) {
      last[1] = line;
    } else {
      found.push([line, line]);
    }
  }
  return found.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

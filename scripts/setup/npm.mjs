/** The npm packages of the lock files. */

import { statSync } from "node:fs";
import path from "node:path";

import { isMain, say, SetupError } from "../lib/log.mjs";
import { ROOT, run } from "../lib/run.mjs";

/** The packages of embedding functions that the client tests run. */
const FUNCTIONS = "tests/fixtures/chroma-core";

/** The vector stores of frameworks, which `npm run conformance -- --frameworks` runs. */
const FRAMEWORKS = "tests/clients/frameworks/npm";

/** Runtimes that examples are tested in. */
const RUNTIMES = "tests/edge/runtimes";

/** The bundlers that tests/packages builds applications with. */
const BUNDLERS = "tests/packages";

/** @param {string} file */
function modified(file) {
  return statSync(path.join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/**
 * Runs `npm ci` when node_modules is missing or older than the lock file.
 * @param {string} directory relative to the root
 * @param {string} cost what to expect, for people
 */
async function ensure(directory, cost) {
  const lock = path.join(directory, "package-lock.json");
  // What npm writes when an installation is complete.
  const installed = path.join(directory, "node_modules/.package-lock.json");
  if (modified(installed) > modified(lock)) {
    say(`npm: packages of ${lock} are installed`);
    return;
  }
  say(`npm: installing the packages of ${lock} (${cost})`);
  const { code } = await run(["npm", "ci", "--no-audit", "--no-fund"], { cwd: path.join(ROOT, directory) });
  if (code !== 0) {
    throw new SetupError("`npm ci` failed: see its message above. It needs a registry of npm packages.");
  }
}

export async function ensureNpm() {
  await ensure(".", "about half a minute");
}

export async function ensureEmbeddingFunctions() {
  await ensure(FUNCTIONS, "300 MB, most of them the runtime of transformers.js");
}

export async function ensureRuntimes() {
  await ensure(RUNTIMES, "200 MB: Bun and Deno");
}

export async function ensureBundlers() {
  await ensure(BUNDLERS, "600 MB, half of them Next.js");
}

export async function ensureFrameworks() {
  await ensure(FRAMEWORKS, "200 MB: LangChain and LlamaIndex");
}

if (isMain(import.meta.url)) {
  await ensureNpm();
}

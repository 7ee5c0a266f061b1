/** Python environments: `.venv` with the readers of tests/requirements.txt, `.venv-chroma` with a Chroma server, and those of the benchmarks. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { isMain, say, SetupError } from "../lib/log.mjs";
import { ROOT, run } from "../lib/run.mjs";
import { aptInstall, hasApt } from "../lib/system.mjs";

/**
 * A Python environment with the packages of a requirements file; made anew when the file changes.
 * @param {{ directory: string, requirements: string, what: string }} environment paths relative to the root; `what` it is for, to people
 * @returns {Promise<string>} the path of its Python
 */
export async function ensureEnvironment({ directory, requirements, what }) {
  const venv = path.join(ROOT, directory);
  const python = path.join(venv, "bin/python");
  // The requirements that were installed last.
  const installed = path.join(venv, "requirements.txt");
  const wanted = readFileSync(path.join(ROOT, requirements), "utf8");
  if (existsSync(python) && existsSync(installed) && readFileSync(installed, "utf8") === wanted) {
    say(`python: ${directory} is ready`);
    return python;
  }
  say(`python: making ${directory} with ${what}`);
  await createEnvironment(venv);
  const { code } = await run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  if (code !== 0) {
    throw new SetupError(`pip could not install ${requirements}: see its message above.`);
  }
  writeFileSync(installed, wanted);
  return python;
}

/** @returns {Promise<string>} the path of a Python with the readers of the tests */
export function ensurePython() {
  return ensureEnvironment({ directory: ".venv", requirements: "tests/requirements.txt", what: "pyarrow (about 50 MB)" });
}

/** @returns {Promise<string>} the path of a Python with Chroma, and with its server beside it */
export function ensureChroma() {
  return ensureEnvironment({
    directory: ".venv-chroma",
    requirements: "tests/conformance/requirements.txt",
    what: "Chroma (about 500 MB: a minute, or as long as the network takes)",
  });
}

/** @param {string} venv its path */
async function createEnvironment(venv) {
  const create = () => run(["python3", "-m", "venv", "--clear", venv]);
  if ((await create()).code === 0) {
    return;
  }
  // Debian keeps the module in a package of its own.
  if (hasApt()) {
    await aptInstall(["python3", "python3-venv"]);
    if ((await create()).code === 0) {
      return;
    }
  }
  throw new SetupError("Python 3 with its module venv is missing: install it (Debian: apt-get install python3-venv).");
}

if (isMain(import.meta.url)) {
  await ensurePython();
}

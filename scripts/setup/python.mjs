/** A Python environment in `.venv` with the readers of tests/requirements.txt. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { isMain, say, SetupError } from "../lib/log.mjs";
import { ROOT, run } from "../lib/run.mjs";
import { aptInstall, hasApt } from "../lib/system.mjs";

const VENV = path.join(ROOT, ".venv");
const PYTHON = path.join(VENV, "bin/python");
const REQUIREMENTS = path.join(ROOT, "tests/requirements.txt");
/** The requirements that were installed last. */
const INSTALLED = path.join(VENV, "requirements.txt");

/** @returns {Promise<string>} the path of a Python with the requirements */
export async function ensurePython() {
  const wanted = readFileSync(REQUIREMENTS, "utf8");
  if (existsSync(PYTHON) && existsSync(INSTALLED) && readFileSync(INSTALLED, "utf8") === wanted) {
    say("python: .venv is ready");
    return PYTHON;
  }
  say("python: making .venv with pyarrow (about 50 MB)");
  await createEnvironment();
  const { code } = await run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]);
  if (code !== 0) {
    throw new SetupError("pip could not install tests/requirements.txt: see its message above.");
  }
  writeFileSync(INSTALLED, wanted);
  return PYTHON;
}

async function createEnvironment() {
  const create = () => run(["python3", "-m", "venv", "--clear", VENV]);
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

/** The npm packages of the lock file. */

import { statSync } from "node:fs";
import path from "node:path";

import { isMain, say, SetupError } from "../lib/log.mjs";
import { ROOT, run } from "../lib/run.mjs";

/** What npm writes when an installation is complete. */
const INSTALLED = "node_modules/.package-lock.json";

/** @param {string} file */
function modified(file) {
  return statSync(path.join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs `npm ci` when node_modules is missing or older than the lock file. */
export async function ensureNpm() {
  if (modified(INSTALLED) > modified("package-lock.json")) {
    say("npm: packages are installed");
    return;
  }
  say("npm: installing the packages of package-lock.json (about half a minute)");
  const { code } = await run(["npm", "ci", "--no-audit", "--no-fund"]);
  if (code !== 0) {
    throw new SetupError("`npm ci` failed: see its message above. It needs a registry of npm packages.");
  }
}

if (isMain(import.meta.url)) {
  await ensureNpm();
}

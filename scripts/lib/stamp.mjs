/** Remembers what an output was made from, so that unchanged input costs nothing. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { ROOT } from "./run.mjs";

/**
 * A digest of files and directories, names and contents. What does not exist counts as empty.
 * @param {string[]} inputs relative to the root
 */
function digest(inputs) {
  const hash = createHash("sha256");
  const add = (/** @type {string} */ file) => {
    const status = statSync(path.join(ROOT, file), { throwIfNoEntry: false });
    if (status?.isDirectory()) {
      readdirSync(path.join(ROOT, file)).sort().forEach((name) => add(path.join(file, name)));
    } else if (status) {
      hash.update(`${file}\0${status.size}\0`).update(readFileSync(path.join(ROOT, file)));
    }
  };
  inputs.forEach(add);
  return hash.digest("hex");
}

/**
 * Calls `make` unless `output` was made from these very inputs.
 * @param {string} name of the step, which the stamp is kept under
 * @param {string} output a directory, relative to the root
 * @param {string[]} inputs files and directories, relative to the root
 * @param {() => Promise<void>} make
 * @returns {Promise<boolean>} whether anything was made
 */
export async function whenChanged(name, output, inputs, make) {
  const stamp = path.join(ROOT, "target/stamps", name);
  const current = digest(inputs);
  if (existsSync(path.join(ROOT, output)) && existsSync(stamp) && readFileSync(stamp, "utf8") === current) {
    return false;
  }
  // A build that is cut off is not taken for a whole one.
  rmSync(stamp, { force: true });
  await make();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, current);
  return true;
}

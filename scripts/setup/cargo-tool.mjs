/** Programs from crates.io that a command of ours runs, kept under `target/`. */

import { existsSync } from "node:fs";
import path from "node:path";

import { say, SetupError } from "../lib/log.mjs";
import { ROOT, run } from "../lib/run.mjs";

/**
 * Installs a program unless this version is there; answers its path.
 * @param {string} name
 * @param {string} version
 */
export async function ensureCargoTool(name, version) {
  const root = path.join(ROOT, "target/tools", `${name}-${version}`);
  const program = path.join(root, "bin", name);
  if (!existsSync(program)) {
    say(`${name} ${version}: building it, some minutes, once`);
    const { code } = await run(["cargo", "install", name, "--version", version, "--locked", "--root", root]);
    if (code !== 0) {
      throw new SetupError(`${name} ${version} could not be installed; the output says why`);
    }
  }
  return program;
}

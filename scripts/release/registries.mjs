/** What the registries have already, so that a release that broke off goes on where it was. */

import { tmpdir } from "node:os";

import { SetupError } from "../lib/log.mjs";
import { run } from "../lib/run.mjs";

/** @typedef {typeof run} Run */

/**
 * Whether npm's registry has a version of the package.
 * @param {string} name
 * @param {string} version
 * @param {Run} [start]
 */
export async function isOnNpm(name, version, start = run) {
  const { code, output } = await start(["npm", "view", `${name}@${version}`, "version"], { quiet: true });
  return answer(code, output, code === 0 && output.includes(version), /E404/, `npm view ${name}@${version}`);
}

/**
 * Whether crates.io has a version of a crate. Asked outside of the workspace, which would answer for itself.
 * @param {string} name
 * @param {string} version
 * @param {Run} [start]
 */
export async function isOnCratesIo(name, version, start = run) {
  const { code, output } = await start(["cargo", "info", `${name}@${version}`, "--registry", "crates-io"], { quiet: true, cwd: tmpdir() });
  return answer(code, output, code === 0, /could not find/, `cargo info ${name}@${version}`);
}

/**
 * A version is there, or a registry says that it is not: anything else is no answer to publish by. npm answers nothing, and well, for another version of a package that is there.
 * @param {number} code
 * @param {string} output
 * @param {boolean} found
 * @param {RegExp} missing
 * @param {string} command
 */
function answer(code, output, found, missing, command) {
  if (found) {
    return true;
  }
  if (missing.test(output) || (code === 0 && output.trim() === "")) {
    return false;
  }
  throw new SetupError(`"${command}" did not say whether it is there:\n${output}`);
}

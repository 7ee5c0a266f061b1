/** Publishes what the registries do not have yet. */

import { say, SetupError } from "../lib/log.mjs";
import { run } from "../lib/run.mjs";
import { CRATES } from "./checks.mjs";
import { isOnCratesIo, isOnNpm } from "./registries.mjs";

export const PACKAGE = "chromatid";

/**
 * A version that was published in part is completed; one that is there whole is left alone.
 * @param {string} version
 * @param {string} tarball of the npm package
 * @param {import("./registries.mjs").Run} [start]
 */
export async function publish(version, tarball, start = run) {
  /** @param {string[]} command */
  const must = async (command) => {
    const { code } = await start(command);
    if (code !== 0) {
      throw new SetupError(`"${command.join(" ")}" failed. What is published stays; start the release again when the cause is gone.`);
    }
  };
  const missing = [];
  for (const { name } of CRATES) {
    const found = await isOnCratesIo(name, version, start);
    say(`crates.io: ${name} ${version} is ${found ? "there already" : "not there yet"}`);
    missing.push(...(found ? [] : ["--package", name]));
  }
  if (missing.length > 0) {
    // They were built when they were checked.
    await must(["cargo", "publish", "--locked", "--no-verify", ...missing]);
  }
  const found = await isOnNpm(PACKAGE, version, start);
  say(`npm: ${PACKAGE} ${version} is ${found ? "there already" : "not there yet"}`);
  if (!found) {
    // What comes before a release does not become what `npm install` takes.
    await must(["npm", "publish", tarball, "--provenance", "--access", "public", "--tag", version.includes("-") ? "next" : "latest"]);
  }
}

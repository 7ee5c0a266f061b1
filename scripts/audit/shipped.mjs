/** What ships, as cargo and npm tell it. */

import { readFileSync } from "node:fs";
import path from "node:path";

import { SetupError } from "../lib/log.mjs";
import { ROOT, run } from "../lib/run.mjs";
import { shippedCrates, shippedPackages } from "./licences.mjs";

/**
 * @param {string} [platform] of the crates; without it all that they are built for
 */
export async function everythingShipped(platform) {
  const filter = platform === undefined ? [] : ["--filter-platform", platform];
  const { code, output } = await run(["cargo", "metadata", "--locked", "--format-version", "1", "--quiet", ...filter], { quiet: true });
  if (code !== 0) {
    throw new SetupError(`"cargo metadata" failed:\n${output}`);
  }
  // What cargo says of its progress comes before.
  const crates = shippedCrates(JSON.parse(output.slice(output.indexOf("{"))));
  const packages = shippedPackages(JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")));
  return { crates, packages };
}

/** Everything that ships has a licence that allows it: the crates of the engine, and the npm packages that are bundled. */

import { readFileSync } from "node:fs";
import path from "node:path";

import { isAllowed, shippedCrates, shippedPackages } from "./audit/licences.mjs";
import { isMain, say, SetupError } from "./lib/log.mjs";
import { ROOT, run } from "./lib/run.mjs";

/** Whether it has. */
export async function audit() {
  const { code, output } = await run(["cargo", "metadata", "--locked", "--format-version", "1", "--quiet"], { quiet: true });
  if (code !== 0) {
    throw new SetupError(`"cargo metadata" failed:\n${output}`);
  }
  // What cargo says of its progress comes before.
  const crates = shippedCrates(JSON.parse(output.slice(output.indexOf("{"))));
  const packages = shippedPackages(JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")));
  const refused = [...crates, ...packages].filter(({ licence }) => !isAllowed(licence));
  refused.forEach(({ name, licence }) => say(`audit: ${name} has the licence ${licence ?? "(none)"}, which scripts/audit/licences.mjs does not allow`));
  say(`audit: ${crates.length} crates and ${packages.length} npm packages ship, ${refused.length} without an allowed licence`);
  return refused.length === 0;
}

if (isMain(import.meta.url)) {
  process.exitCode = (await audit()) ? 0 : 1;
}

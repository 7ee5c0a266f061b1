/** Everything that ships has a licence that allows it: the crates of the engine, and the npm packages that are bundled. */

import { isAllowed } from "./audit/licences.mjs";
import { everythingShipped } from "./audit/shipped.mjs";
import { isMain, say } from "./lib/log.mjs";

/** Whether it has. */
export async function audit() {
  const { crates, packages } = await everythingShipped();
  const refused = [...crates, ...packages].filter(({ licence }) => !isAllowed(licence));
  refused.forEach(({ name, licence }) => say(`audit: ${name} has the licence ${licence ?? "(none)"}, which scripts/audit/licences.mjs does not allow`));
  say(`audit: ${crates.length} crates and ${packages.length} npm packages ship, ${refused.length} without an allowed licence`);
  return refused.length === 0;
}

if (isMain(import.meta.url)) {
  process.exitCode = (await audit()) ? 0 : 1;
}

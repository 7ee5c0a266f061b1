/** The documentation site (`target/site`): the documents and the types of the package. A link that leads nowhere fails it. */

import { isMain, say } from "./lib/log.mjs";
import { run } from "./lib/run.mjs";
import { ensureNpm } from "./setup/npm.mjs";

/** Whether it was built. */
export async function docs() {
  const { code } = await run(["node_modules/.bin/typedoc"]);
  return code === 0;
}

if (isMain(import.meta.url)) {
  await ensureNpm();
  if (await docs()) {
    say("docs: target/site/index.html");
  } else {
    process.exitCode = 1;
  }
}

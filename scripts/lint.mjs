/** ESLint over every TypeScript and JavaScript file; arguments are passed on (`npm run lint -- --fix`). */

import { isMain } from "./lib/log.mjs";
import { run } from "./lib/run.mjs";
import { ensureNpm } from "./setup/npm.mjs";

/**
 * @param {string[]} [options] of eslint
 * @returns {Promise<boolean>} whether nothing was found
 */
export async function lint(options = []) {
  const { code } = await run(["node_modules/.bin/eslint", ".", "--max-warnings", "0", ...options]);
  return code === 0;
}

if (isMain(import.meta.url)) {
  await ensureNpm();
  process.exitCode = (await lint(process.argv.slice(2))) ? 0 : 1;
}

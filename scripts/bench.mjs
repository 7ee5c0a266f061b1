/**
 * Measures the store in Chromium: `npm run bench`. `npm run bench -- --native` measures the kernels of distances and of
 * codes natively, beside a plain read of as much memory.
 */

import { isMain, SetupError } from "./lib/log.mjs";
import { run } from "./lib/run.mjs";
import { build } from "./build.mjs";
import { ensureChromium } from "./setup/chromium.mjs";

async function bench() {
  if (process.argv.includes("--native")) {
    return run(["cargo", "bench", "--benches"]);
  }
  await build();
  await ensureChromium();
  return run(["node_modules/.bin/playwright", "test", "--config", "benches/playwright.config.ts"]);
}

if (isMain(import.meta.url)) {
  const { code } = await bench();
  if (code !== 0) {
    throw new SetupError("the benchmark did not end well; its output says why");
  }
}

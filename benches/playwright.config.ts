import { defineConfig } from "@playwright/test";

/** `npm run bench`: one browser at a time, nothing beside it. */
export default defineConfig({
  testDir: "browser",
  testMatch: "*.bench.ts",
  outputDir: "../test-results/bench",
  workers: 1,
    reporter: [["line"]],
});

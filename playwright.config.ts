import { defineConfig } from "@playwright/test";

/**
 * `client`: pure logic of the packages, in Node. `browser`: pages in Chromium (see tests/browser/fixtures.ts). `edge`: Durable Objects in
 * workerd (see tests/edge/fixtures.ts). `packages`: the package as it is installed, with bundlers, in Node and in Chromium. `other-browsers`: Firefox and WebKitGTK, where they are installed; not part of `npm test`.
 */
export default defineConfig({
  outputDir: "test-results",
  // Two cores run both the tests and their browsers; measured times are compared with nothing.
  workers: 2,
  timeout: 60_000,
  // A page that never gets ready fails its tests one after the other: end that at some point.
  globalTimeout: 45 * 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: [["list"]],
  use: { actionTimeout: 15_000, screenshot: "only-on-failure" },
  projects: [
    { name: "client", testDir: "tests", testMatch: ["client/**/*.spec.ts", "sync/**/*.spec.ts"] },
    { name: "browser", testDir: "tests/browser" },
    { name: "edge", testDir: "tests/edge" },
    { name: "packages-setup", testDir: "tests/packages", testMatch: "install.setup.ts" },
    { name: "packages", testDir: "tests/packages", dependencies: ["packages-setup"] },
    { name: "other-browsers", testDir: "tests/other-browsers", workers: 1 },
  ],
});

/** The official npm client in a page, against the HTTP API in the service worker of its origin: every step of its suite. See tests/clients/README.md. */

import type { Outcome } from "../clients/outcomes.mjs";
import { Suite } from "../clients/suite.mjs";
import { expect, test } from "./fixtures";
import { buildStepsPage } from "./support/steps-page/build";

declare global {
  interface Window {
    runSteps(): Promise<[step: string, outcome: Outcome][]>;
  }
}

test.beforeAll(buildStepsPage);

test("the official client does in a page what it does elsewhere", async ({ page, consoleErrors }) => {
  test.setTimeout(240_000);
  // What is refused, and a port where nobody listens.
  consoleErrors.expect(/status of (4|5)\d\d|ERR_UNSAFE_PORT/);
  await page.goto("/examples/steps/index.html");
  await page.waitForFunction(() => "runSteps" in window);
  const outcomes = new Map(await page.evaluate(() => window.runSteps()));
  expect(new Suite("npm").judge("ours", outcomes)).toEqual([]);
});

/**
 * The fixtures of the browser tests.
 *
 * Each test has a browser profile of its own (`profile`), started as `context` with one `page`. Nothing is
 * shared between tests but the server. A test that ends its browser starts the next one by `launch()`.
 */

import { type BrowserContext, expect, type Page, test as base } from "@playwright/test";

import { ConsoleErrors } from "./support/console-errors";
import { BrowserProfile } from "./support/profile";
import { StaticServer } from "./support/server";

export { alter, goOffline, goOnline, killWorker, onlyWorker, WORKER_SCRIPT } from "./support/faults";
export { expect };

interface TestFixtures {
  /** The profile on disk: `close()` or `kill()` its browser, then `launch()` the next. */
  profile: BrowserProfile;
  /** Starts a browser on the profile, with further flags, watched by `consoleErrors`. The first is `context`. */
  launch: (...flags: string[]) => Promise<BrowserContext>;
  /** Errors on a console and uncaught ones fail the test unless it expects them. */
  consoleErrors: ConsoleErrors;
  /** A bare page whose `window.chromatid` is the built package, imported as it is: no bundler. */
  packagePage: Page;
  /** A page open on the console (`www/dist`). */
  consolePage: Page;
}

interface WorkerFixtures {
  /** Serves `www/dist` at `/`, the package at `/pkg/` and the bare pages at `/pages/`. */
  server: StaticServer;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  server: [
    async ({}, use) => {
      const server = new StaticServer();
      await server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],

  profile: async ({ server, viewport, colorScheme, reducedMotion }, use) => {
    const profile = await BrowserProfile.create({ baseURL: server.url, viewport, colorScheme, reducedMotion });
    await use(profile);
    await profile.remove();
  },

  consoleErrors: [
    async ({}, use) => {
      const errors = new ConsoleErrors();
      await use(errors);
      expect(errors.unexpected(), "errors on the console").toEqual([]);
    },
    { auto: true },
  ],

  launch: async ({ profile, consoleErrors }, use) => {
    await use(async (...flags) => {
      const context = await profile.launch(...flags);
      consoleErrors.watch(context);
      return context;
    });
  },

  context: async ({ launch }, use) => {
    await use(await launch());
  },

  page: async ({ context }, use) => {
    await use(context.pages()[0] ?? (await context.newPage()));
  },

  packagePage: async ({ page }, use) => {
    await page.goto("/pages/package.html");
    await page.waitForFunction(() => "chromatid" in window);
    await use(page);
  },

  consolePage: async ({ page }, use) => {
    await page.goto("/");
    await use(page);
  },
});

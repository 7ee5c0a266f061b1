/**
 * The fixtures of the browser tests.
 *
 * Each test has a browser profile of its own (`profile`), started as `context` with one `page`. Nothing is
 * shared between tests but the server. A test that ends its browser starts the next one by `launch()`.
 * Profiles are empty, or copies of one in which the console was opened before (`wasVisited`), or its map too.
 */

import { type BrowserContext, expect, type Page, test as base } from "@playwright/test";

import { ConsoleErrors } from "./support/console-errors";
import { openMap, ready } from "./support/console-page";
import { BrowserProfile } from "./support/profile";
import { StaticServer } from "./support/server";

export { alter, goOffline, goOnline, killWorker, onlyWorker, WORKER_SCRIPT } from "./support/faults";
export { expect };

interface TestFixtures {
  /** Whether the console has stored its glosses, and its files for times without a network; and whether it has arranged their map. */
  wasVisited: boolean | "with its map";
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
  /** Makes the profile in which the console was opened before; the first who wants it waits. */
  visited: () => Promise<BrowserProfile>;
  /** Makes the profile in which its map was opened, too. */
  mapped: () => Promise<BrowserProfile>;
}

/** Opens the console in a profile, which is closed then. */
async function visit(profile: BrowserProfile, look: (page: Page) => Promise<unknown>): Promise<BrowserProfile> {
  const context = await profile.launch();
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto("/");
  await ready(page);
  await look(page);
  await profile.close();
  return profile;
}

/** A profile that is made when it is first asked for. */
async function lend(make: () => Promise<BrowserProfile>, use: (lent: () => Promise<BrowserProfile>) => Promise<void>): Promise<void> {
  let made: Promise<BrowserProfile> | undefined;
  await use(() => (made ??= make()));
  await (await made)?.remove();
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

  visited: [
    async ({ server }, use) => {
      const isStored = (page: Page) => page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await lend(async () => visit(await BrowserProfile.create({ baseURL: server.url }), isStored), use);
    },
    { scope: "worker" },
  ],

  mapped: [
    async ({ server, visited }, use) => {
      await lend(async () => visit(await (await visited()).copy({ baseURL: server.url }), openMap), use);
    },
    { scope: "worker" },
  ],

  wasVisited: [false, { option: true }],

  profile: async ({ server, visited, mapped, wasVisited, viewport, colorScheme, reducedMotion }, use) => {
    const options = { baseURL: server.url, viewport, colorScheme, reducedMotion };
    const before = wasVisited && (await (wasVisited === true ? visited : mapped)());
    const profile = before ? await before.copy(options) : await BrowserProfile.create(options);
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

/**
 * The storages and the durability of a store in Firefox and WebKitGTK, where they are installed: `npm run test:other-browsers`. Not part of `npm test`.
 */

import { expect, test as base } from "@playwright/test";

import { StaticServer } from "../browser/support/server";
import { absence, type BrowserName, Launched } from "./support/launched";

const KILLS = Number(process.env.CHROMATID_BROWSER_KILLS ?? 3);

/** Records of a batch of the page. */
const BATCH = 20;

/** With fewer checks than this the suite itself was not run. */
const FEWEST_STORAGE_CHECKS = 10;

const test = base.extend<{ launch: (name: BrowserName) => Promise<Launched> }, { server: StaticServer }>({
  server: [
    async ({}, use) => {
      const server = new StaticServer();
      await server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  launch: async ({ server }, use) => {
    const launched: Launched[] = [];
    await use(async (name) => {
      const browser = await Launched.create(name, server);
      launched.push(browser);
      return browser;
    });
    await Promise.all(launched.map((browser) => browser.remove()));
  },
});

/** WebKitGTK has no usable OPFS. */
const BROWSERS: { name: BrowserName; best: string; storages: string[] }[] = [
  { name: "firefox", best: "opfs", storages: ["opfs", "indexeddb"] },
  { name: "webkit", best: "indexeddb", storages: ["indexeddb"] },
];

for (const { name, best, storages } of BROWSERS) {
  test.describe(name, () => {
    test.beforeEach(() => {
      test.setTimeout(240_000);
      // Whoever asks for other browsers wants to hear that one is not there.
      expect(absence(name)).toBeUndefined();
    });

    test(`opens a store on ${best}, and finds what was added`, async ({ launch }) => {
      const info = await (await launch(name)).run<object>("info", "auto");
      console.log(JSON.stringify(info, undefined, 2));
      expect(info).toMatchObject({ storage: best, nearest: [["b"]], worker: true });
    });

    for (const storage of storages) {
      test(`keeps the contract on ${storage}`, async ({ launch }) => {
        const { passed, failure } = await (await launch(name)).run<{ passed?: string[]; failure?: string }>("conformance", storage);
        expect(failure).toBeUndefined();
        expect(passed?.length).toBeGreaterThanOrEqual(FEWEST_STORAGE_CHECKS);
      });

      test(`loses nothing that was acknowledged when it is killed, on ${storage}`, async ({ launch }) => {
        test.setTimeout(240_000 + KILLS * 30_000);
        const browser = await launch(name);
        let last = -1;
        for (let kill = 0; kill < KILLS; kill++) {
          const enough = last + 10;
          await new Promise<void>((resolve, reject) => {
            browser.show("write", storage, ({ acknowledged, failure }) => {
              last = acknowledged ?? last;
              if (failure !== undefined) {
                reject(new Error(failure));
              } else if (last >= enough) {
                setTimeout(resolve, Math.random() * 300);
              }
            });
          });
          await browser.kill();
          const batches = await browser.run<number[]>("read", storage);
          expect(batches.length).toBeGreaterThan(last);
          expect(batches.filter((records) => records !== BATCH)).toEqual([]);
        }
      });
    }
  });
}

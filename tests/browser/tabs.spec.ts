/** Several tabs on one store, in Chromium: who leads, what happens when it goes, and that each write is done once. */

import type { Page } from "@playwright/test";

import { expect, killWorker, test } from "./fixtures";
import { freeze, launchPlain } from "./support/plain-browser";
import { StaticServer } from "./support/server";
import { addTo, idsOf, join, openPage, roleOf } from "./support/tabs";

// Each has a browser of its own.
test.describe.configure({ mode: "parallel" });

for (const storage of ["opfs", "indexeddb"] as const) {
  test(`tabs read and write one store, whichever leads, on ${storage}`, async ({ page, context }) => {
    const [one, two, three] = [
      await join(page, storage),
      await join(await context.newPage(), storage),
      await join(await context.newPage(), storage),
    ] as const;
    await Promise.all([addTo(one, "a"), addTo(two, "b"), addTo(three, "c")]);
    for (const tab of [one, two, three]) {
      expect(await idsOf(tab)).toEqual(["a", "b", "c"]);
    }
    expect(await roleOf(one)).toBe("leader");
    const infos = await two.evaluate(() => window.shared.client.info());
    expect(infos.sharing).toEqual({ role: "follower", contexts: 3 });
    expect([infos.storage, infos.worker, infos.collections]).toEqual([storage, true, 1]);

    await one.close();
    await addTo(two, "d");
    await addTo(three, "e");
    expect(await idsOf(three)).toEqual(["a", "b", "c", "d", "e"]);
    expect((await Promise.all([roleOf(two), roleOf(three)])).sort()).toEqual(["follower", "leader"]);
  });

  test(`a live query shows what another tab writes, also after its leader is gone, on ${storage}`, async ({ page, context }) => {
    await join(page, storage);
    const two = await join(await context.newPage(), storage);
    const three = await join(await context.newPage(), storage);
    await two.evaluate(() => {
      const seen: string[][] = [];
      Object.assign(window, { seen });
      window.shared.collection.watch({ get: { include: [] } }, ({ ids }) => seen.push(ids));
    });
    const latest = () => two.evaluate(() => (window as unknown as { seen: string[][] }).seen.at(-1)?.join());
    await expect.poll(latest).toBe("");
    await addTo(three, "a");
    await expect.poll(latest).toBe("a");
    await page.close();
    await addTo(three, "b");
    await expect.poll(latest).toBe("a,b");
  });

  test(`errors of the engine are the same in a tab that follows, on ${storage}`, async ({ page, context }) => {
    await join(page, storage);
    const two = await join(await context.newPage(), storage);
    expect(await roleOf(two)).toBe("follower");
    const errors = await two.evaluate(async () => {
      const { client, collection } = window.shared;
      const fail = (call: Promise<unknown>) => call.then(() => "none", (error: Error) => `${error.name}: ${error.message}`);
      return [
        await fail(client.getCollection({ name: "nothing" })),
        await fail(client.createCollection({ name: "things" })),
        await fail(collection.add({ ids: ["x"], embeddings: [[1, 2, 3]] }).then(() => collection.add({ ids: ["y"], embeddings: [[1]] }))),
      ];
    });
    expect(errors).toEqual([
      "ChromaNotFoundError: The requested resource could not be found",
      "ChromaUniqueError: The resource already exists",
      expect.stringContaining("dimension"),
    ]);
  });

  test(`a worker that ends while calls are under way is replaced; none is lost or done twice, on ${storage}`, async ({ page }) => {
    test.setTimeout(240_000);
    await join(page, storage);
    await page.evaluate(() => {
      const state = { acknowledged: [] as string[], failed: [] as string[], stop: false };
      Object.assign(window, { state });
      const write = async (lane: number): Promise<void> => {
        for (let n = 0; !state.stop; n++) {
          const id = `${lane}-${n}`;
          await window.shared.collection.add({ ids: [id], embeddings: [[lane, n]], documents: [`text of ${id}`] }).then(
            () => state.acknowledged.push(id),
            (error: Error) => state.failed.push(`${id}: ${error.message}`),
          );
          if (n % 5 === 4) {
            await window.shared.collection.delete({ ids: [`${lane}-${n - 2}`] }).catch((error: Error) => state.failed.push(error.message));
          }
        }
      };
      void Promise.all([write(0), write(1), write(2)]);
    });
    for (let kill = 0; kill < KILLS; kill++) {
      // Now and then it does not even get to open the store.
      if (kill % 4) {
        const before = await page.evaluate(() => (window as unknown as { state: { acknowledged: string[] } }).state.acknowledged.length);
        await page.waitForFunction((count) => (window as unknown as { state: { acknowledged: string[] } }).state.acknowledged.length > count, before);
      }
      await page.waitForTimeout(Math.random() * 60);
      await killWorker(page);
    }
    const { acknowledged, failed, found } = await page.evaluate(async () => {
      const state = (window as unknown as { state: { acknowledged: string[]; failed: string[]; stop: boolean } }).state;
      state.stop = true;
      await window.shared.client.flush();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const found = (await window.shared.collection.get({ include: [] })).ids;
      return { acknowledged: state.acknowledged, failed: state.failed, found };
    });
    expect(failed).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(KILLS);
    const deleted = (id: string): boolean => Number(id.split("-")[1]) % 5 === 2;
    expect(acknowledged.filter((id) => !deleted(id) && !found.includes(id))).toEqual([]);
    expect(new Set(found).size).toBe(found.length);
  });
}

test("a leader that has been hidden hands over to a tab that is seen, so that freezing it stops nobody", async ({ server }) => {
  const browser = await launchPlain();
  const { context } = browser;
  try {
    const one = await join(await context.newPage(), "opfs", "shared", server.url);
    await addTo(one, "a");
    const two = await join(await context.newPage(), "opfs", "shared", server.url);
    await two.bringToFront();
    await expect.poll(() => roleOf(two)).toBe("leader");
    const thaw = await freeze(one);
    const started = Date.now();
    await addTo(two, "b");
    expect(Date.now() - started).toBeLessThan(5000);
    await thaw();
    await addTo(one, "c");
    expect(await idsOf(two)).toEqual(["a", "b", "c"]);
    expect(await roleOf(one)).toBe("follower");
    await one.bringToFront();
    await expect.poll(() => roleOf(one)).toBe("leader");
    expect(await idsOf(one)).toEqual(["a", "b", "c"]);
  } finally {
    await browser.close();
  }
});

test("a leader that is frozen with its store open is replaced where a token is the fence, and writes nothing when it wakes", async ({ server }) => {
  const browser = await launchPlain();
  const { context } = browser;
  try {
    const one = await join(await context.newPage(), "indexeddb", "shared", server.url);
    await addTo(one, "a");
    // Behind a third page: one that is seen would be given the lead.
    const two = await context.newPage();
    await (await context.newPage()).bringToFront();
    for (const page of [one, two]) {
      await expect.poll(() => page.evaluate(() => document.visibilityState)).toBe("hidden");
    }
    await join(two, "indexeddb", "shared", server.url);
    expect(await roleOf(one)).toBe("leader");
    await one.evaluate(() => void Object.assign(window, { late: window.shared.collection.add({ ids: ["late"], embeddings: [[9, 9]] }) }));
    const thaw = await freeze(one);
    const started = Date.now();
    await addTo(two, "b");
    expect(Date.now() - started).toBeLessThan(5000);
    expect(await roleOf(two)).toBe("leader");
    await thaw();
    await one.evaluate(() => (window as unknown as { late: Promise<void> }).late);
    await addTo(one, "c");
    expect(await idsOf(two)).toEqual(["a", "b", "c", "late"]);
    expect(await roleOf(one)).toBe("follower");
  } finally {
    await browser.close();
  }
});

for (const storage of ["opfs", "indexeddb"] as const) {
  test(`a page that comes back from the back/forward cache goes on with its store, which nobody waited for meanwhile, on ${storage}`, async () => {
    const server = new StaticServer({ kept: true });
    await server.start();
    const browser = await launchPlain();
    const { context } = browser;
    try {
      const one = await join(await context.newPage(), storage, "shared", server.url);
      await addTo(one, "a");
      await one.evaluate(() => {
        // Playwright loses sight of a page that is kept: that it works again, it shows by itself.
        addEventListener("pageshow", () => void window.shared.collection.add({ ids: ["back"], embeddings: [[3, 4]] }));
      });
      await one.goto(`${server.url}/pages/blank.html`);
      const session = await context.newCDPSession(one);
      await session.send("Page.enable");
      const arrival = new Promise<string>((resolve) => session.on("Page.frameNavigated", ({ type }) => resolve(type)));
      void one.evaluate(() => history.back()).catch(() => undefined);
      expect(await arrival).toBe("BackForwardCacheRestore");
      const two = await join(await context.newPage(), storage, "shared", server.url);
      await expect.poll(() => idsOf(two)).toEqual(["a", "back"]);

      // This one may well not be kept: another tab waits for its lock.
      await two.goto(`${server.url}/pages/blank.html`);
      const three = await join(await context.newPage(), storage, "shared", server.url);
      await addTo(three, "b");
      expect(await idsOf(three)).toEqual(["a", "b", "back"]);
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}

/** `worker.terminate()`, so to say, at so many moments. */
const KILLS = Number(process.env.CHROMATID_KILLS ?? 40);

test("a page that is reloaded again and again opens its store each time", async ({ page, context }) => {
  test.setTimeout(120_000);
  const other = await join(await context.newPage(), "opfs");
  await openPage(page);
  const storm = async (): Promise<void> => {
    for (let reload = 0; reload < 15; reload++) {
      await page.reload();
      await page.waitForTimeout(Math.random() * 300);
      await page.waitForFunction(() => "chromatid" in window);
      // Every second time it does not wait until the store is open.
      const opening = join(page, "opfs").then(() => addTo(page, `reload-${reload}-${Math.random()}`));
      await (reload % 2 ? opening : Promise.race([opening.catch(() => undefined), page.waitForTimeout(50)]));
      await opening.catch(() => undefined);
    }
  };
  await storm();
  await other.close();
  await storm();
  await join(page, "opfs");
  expect((await idsOf(page)).length).toBeGreaterThan(10);
});

/** A tab that adds, updates and deletes records of its own, one after the other, and says what was acknowledged. */
interface Worker {
  page: Page;
  /** What its records are to be, as far as was acknowledged; `undefined`: unknown since a call was cut off. */
  expected: Map<string, number | null | undefined>;
}

const OPERATIONS = Number(process.env.CHROMATID_TAB_OPERATIONS ?? 2500);

for (const [storage, tabs] of [["opfs", 5], ["indexeddb", 2]] as const) {
  test(`${tabs} tabs with mixed operations, closed and reloaded at random, agree on one history, on ${storage}`, async ({ page, context }) => {
    test.setTimeout(300_000);
    await join(page, storage);
    let begun = 0;
    const expected = new Map<string, number | null | undefined>();
    const start = async (tab: Page): Promise<Worker> => {
      const name = `w${begun++}`;
      await tab.exposeFunction("tell", (id: string, value: number | null | undefined) => expected.set(id, value)).catch(() => undefined);
      await join(tab, storage);
      await tab.evaluate((prefix) => {
        const tell = (window as unknown as { tell: (id: string, value: number | null | undefined) => Promise<void> }).tell;
        const { collection } = window.shared;
        const state = { operations: 0, failed: [] as string[] };
        Object.assign(window, { work: state });
        const loop = async (lane: number): Promise<void> => {
          for (let n = 0; ; n++) {
            const id = `${prefix}-${lane}-${n % 10}`;
            const remove = n % 7 === 6;
            await tell(id, undefined);
            if (remove) {
              await collection.delete({ ids: [id] });
            } else {
              await collection.upsert({ ids: [id], embeddings: [[lane, n]], metadatas: [{ n }] });
            }
            await tell(id, remove ? null : n);
            state.operations += 1;
          }
        };
        for (const lane of [0, 1]) {
          loop(lane).catch((error: Error) => state.failed.push(`${error.name}: ${error.message}`));
        }
      }, name);
      return { page: tab, expected };
    };
    const workers: Worker[] = [];
    for (let tab = 0; tab < tabs; tab++) {
      workers.push(await start(await context.newPage()));
    }
    let done = 0;
    const failures: string[] = [];
    const harvest = async (tab: Page): Promise<void> => {
      const work = await tab.evaluate(() => (window as unknown as { work: { operations: number; failed: string[] } }).work);
      done += work.operations;
      failures.push(...work.failed);
    };
    for (let round = 0; done < OPERATIONS; round++) {
      await page.waitForTimeout(300 + Math.random() * 700);
      const place = Math.floor(Math.random() * workers.length);
      const tab = (workers[place] as Worker).page;
      await harvest(tab);
      if (round % 2) {
        await tab.close();
        workers[place] = await start(await context.newPage());
      } else {
        workers[place] = await start(tab);
      }
    }
    for (const worker of workers) {
      await harvest(worker.page);
      await worker.page.close();
    }
    expect(failures).toEqual([]);
    const found = new Map(
      await page.evaluate(async () => {
        const { ids, metadatas } = await window.shared.collection.get({ include: ["metadatas"] });
        return ids.map((id, place) => [id, metadatas[place]?.n as number] as const);
      }),
    );
    const wrong = [...expected].filter(([id, value]) => value !== undefined && (found.get(id) ?? null) !== value);
    expect(wrong).toEqual([]);
    expect([...found.keys()].filter((id) => !expected.has(id))).toEqual([]);
    const info = await page.evaluate(() => window.shared.client.info());
    expect(info.sharing?.contexts).toBe(1);
  });
}

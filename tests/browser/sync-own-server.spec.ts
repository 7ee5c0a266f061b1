/** Links of pages with chromatid's own server, which tells what has changed. */

import type { Page } from "@playwright/test";
import { serve, type RunningServer } from "chromatid/node";
import { createHandler, type Handler } from "chromatid/server";

import { expect, test as base } from "./fixtures";
import { documentsOf, openLinked, statusOf, write } from "./support/linked";
import { BrowserProfile } from "./support/profile";

const test = base.extend<{ remote: { handler: Handler; running: RunningServer } }>({
  remote: async ({ baseURL: _ }, use) => {
    const handler = createHandler({ storage: "memory", insecure: true, cors: { origins: "*" } });
    const running = await serve(handler, { port: 0, host: "127.0.0.1" });
    await use({ handler, running });
    await running.close();
  },
});

// Each has browsers of its own.
test.describe.configure({ mode: "parallel" });

// Browsers note refusals, though they are no faults: a link looks for what it then makes.
test.beforeEach(({ consoleErrors }) => {
  consoleErrors.expect(/status of 404 .*\/collections\//);
  consoleErrors.expect(/net::ERR_/);
});

/** Long: what arrives sooner was told. */
const INTERVAL = 600_000;

const linkOf = ({ running }: { running: RunningServer }) => ({ collection: "shared", port: running.port, interval: INTERVAL });

/** Notes when each text is seen by a live query, in milliseconds since 1970. */
async function noteArrivals(page: Page): Promise<(text: string) => Promise<number>> {
  await page.evaluate(() => {
    const arrivals = new Map<string, number>();
    window.linked.collection.watch({ get: { include: ["documents"] } }, ({ documents }) => {
      documents.forEach((text) => text !== null && !arrivals.has(text) && arrivals.set(text, Date.now()));
    });
    Object.assign(window, { arrivals });
  });
  return async (text) => {
    const arrived = () => page.evaluate((name) => (window as unknown as { arrivals: Map<string, number> }).arrivals.get(name) ?? 0, text);
    await expect.poll(arrived, { intervals: [20] }).toBeGreaterThan(0);
    return arrived();
  };
}

test("what one profile writes another one is told at once", async ({ server, page: one, remote }, info) => {
  const other = await BrowserProfile.create({ baseURL: server.url });
  try {
    const context = await other.launch();
    await openLinked(one, linkOf(remote));
    const two = await openLinked(context.pages()[0] ?? (await context.newPage()), linkOf(remote));
    await expect.poll(() => remote.handler.counters().waiting).toBe(2);
    const arrivals = { there: await noteArrivals(two), back: await noteArrivals(one) };
    const took: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const [from, arrived] = turn % 2 === 0 ? [one, arrivals.there] : [two, arrivals.back];
      const text = `text ${String(turn)}`;
      const begun = Date.now();
      await write(from, ["shared"], text);
      took.push((await arrived(text)) - begun);
    }
    took.sort((a, b) => a - b);
    info.annotations.push({ type: "milliseconds from a write to the other profile's live query", description: `median ${String(took[10])}, longest ${String(took[19])}` });
    console.log(`profile to profile: median ${String(took[10])} ms, 95th ${String(took[18])} ms, longest ${String(took[19])} ms`);
    await one.evaluate(() => window.linked.collection.delete({ ids: ["shared"] }));
    await expect.poll(() => documentsOf(two)).toEqual({});
    for (const page of [one, two]) {
      await expect.poll(() => statusOf(page)).toMatchObject({ state: "idle", pending: 0 });
    }
  } finally {
    await other.remove();
  }
});

/** As a browser does when the user looks at another tab. */
const show = (page: Page, state: "hidden" | "visible"): Promise<void> =>
  page.evaluate((visibility) => {
    Object.defineProperty(document, "visibilityState", { value: visibility, configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, state);

test("of several tabs one waits, and none that nobody sees", async ({ context, page, remote }) => {
  const { handler } = remote;
  const tabs = [await openLinked(page, linkOf(remote))];
  tabs.push(await openLinked(await context.newPage(), linkOf(remote)), await openLinked(await context.newPage(), linkOf(remote)));
  const waiting = (): number => handler.counters().waiting;
  await expect.poll(waiting).toBe(1);
  const [first, second] = tabs as [Page, Page, Page];
  // A follower's edit goes through the one, whose change reaches the follower.
  await write(second, ["a"], "of a follower");
  await expect.poll(() => documentsOf(first)).toEqual({ a: "of a follower" });
  await expect.poll(async () => (await statusOf(second)).pending).toBe(0);
  await expect.poll(waiting).toBe(1);

  await show(page, "hidden");
  await expect.poll(waiting).toBe(0);
  await expect.poll(async () => (await statusOf(page)).state).toBe("idle");
  expect(waiting()).toBe(0);
  await show(page, "visible");
  await expect.poll(waiting).toBe(1);
  await page.close();
  // Another one has the turn now.
  await expect.poll(() => handler.counters()).toMatchObject({ waiting: 1, active: 0 });
});

/** Links of pages with a real Chroma server, and with a Python program that writes to it. */

import { mergeTests, type Page } from "@playwright/test";

import { test as syncTest } from "../sync/fixtures";
import { settle } from "../sync/support/device";
import { Proxy } from "../sync/support/proxy";
import type { Writer } from "../sync/support/writer";
import { expect, test as browserTest } from "./fixtures";
import { documentsOf, openLinked, statusOf, syncNow, write } from "./support/linked";
import { BrowserProfile } from "./support/profile";

const test = mergeTests(browserTest, syncTest);

// Each has browsers of its own.
test.describe.configure({ mode: "parallel" });

// Browsers note refusals, though they are no faults: a link looks for what it then makes, and asks for a count of operations, which only some servers have.
test.beforeEach(({ consoleErrors }) => {
  consoleErrors.expect(/status of 404 .*\/collections\//);
  consoleErrors.expect(/status of 500 .*\/indexing_status/);
  consoleErrors.expect(NO_ANSWER);
});

/** What a browser says of requests that are not answered. */
const NO_ANSWER = /net::ERR_/;

const ids = (count: number, prefix = "id") => Array.from({ length: count }, (_, n) => `${prefix}-${String(n)}`);

async function documentsThere(python: Writer, name: string): Promise<Record<string, string | null>> {
  return Object.fromEntries([...(await python.seen(name))].map(([id, { document }]) => [id, document]));
}

/** Milliseconds until a page has a record with this text. */
async function until(page: Page, id: string, text: string): Promise<number> {
  const begun = Date.now();
  await expect.poll(async () => (await documentsOf(page))[id], { intervals: [50] }).toBe(text);
  return Date.now() - begun;
}

test("what one profile writes another one sees within two intervals, and what Python writes both", async ({ server, page: one, chroma: { python, port }, name }) => {
  const interval = 3_000;
  const other = await BrowserProfile.create({ baseURL: server.url });
  try {
    const context = await other.launch();
    await openLinked(one, { collection: name, port, interval });
    const two = await openLinked(context.pages()[0] ?? (await context.newPage()), { collection: name, port, interval });
    for (const [from, to, text] of [
      [one, two, "from one"],
      [two, one, "from two"],
    ] as const) {
      await write(from, ["shared"], text);
      await expect.poll(async () => (await documentsThere(python, name).catch(() => ({ shared: null }))).shared, { intervals: [50] }).toBe(text);
      expect(await until(to, "shared", text)).toBeLessThan(2 * interval);
    }
    await python.tell(name, "add", { ids: ["py"], embeddings: [[1, 2]], documents: ["from Python"] });
    const waits = await Promise.all([until(one, "py", "from Python"), until(two, "py", "from Python")]);
    expect(Math.max(...waits)).toBeLessThan(2 * interval);
    await python.tell(name, "delete", { ids: ["shared"] });
    for (const page of [one, two]) {
      await expect.poll(() => documentsOf(page), { timeout: 2 * interval }).toEqual({ py: "from Python" });
    }
  } finally {
    await other.remove();
  }
});

test("edits made without a network survive a reload, and arrive once there is one", async ({ context, page, chroma, name }) => {
  const proxy = await Proxy.start(chroma.url);
  const options = { collection: name, port: proxy.port, interval: 1_000 };
  await openLinked(page, options);
  await write(page, ids(10), "at first");
  await expect.poll(async () => (await statusOf(page)).pending).toBe(0);

  await context.setOffline(true);
  await write(page, ids(5), "offline");
  await page.evaluate(() => window.linked.collection.delete({ ids: ["id-9"] }));
  await expect.poll(async () => (await statusOf(page)).state).toBe("offline");
  expect((await statusOf(page)).pending).toBe(6);

  // The page can be loaded again, the server cannot be reached.
  proxy.isDown = true;
  await context.setOffline(false);
  await openLinked(page, options);
  await expect.poll(async () => (await statusOf(page)).state).toBe("waiting");
  expect((await statusOf(page)).pending).toBe(6);
  await context.setOffline(true);
  await write(page, ["id-8"], "offline, after the reload");
  expect(await documentsThere(chroma.python, name)).toEqual(Object.fromEntries(ids(10).map((id) => [id, "at first"])));

  proxy.isDown = false;
  await context.setOffline(false);
  const expected = await documentsOf(page);
  expect(Object.keys(expected)).toHaveLength(9);
  await expect.poll(() => documentsThere(chroma.python, name), { timeout: 4_000 }).toEqual(expected);
  await expect.poll(async () => (await statusOf(page)).pending).toBe(0);
  expect(await page.evaluate(async () => (await window.linked.link.journal()).length)).toBe(0);
  await proxy.stop();
});

test("of several tabs one synchronises; one that is closed hands over, and each can ask for a round", async ({ context, page, chroma, name }) => {
  const proxy = await Proxy.start(chroma.url);
  const interval = 1_000;
  const options = { collection: name, port: proxy.port, interval };
  const tabs = new Map([["a", await openLinked(page, { ...options, tab: "a" })]]);
  await write(page, ids(3), "at first");
  await expect.poll(async () => (await statusOf(page)).pending).toBe(0);
  tabs.set("b", await openLinked(await context.newPage(), { ...options, tab: "b" }));
  tabs.set("c", await openLinked(await context.newPage(), { ...options, tab: "c" }));
  const asking = (): string[] => [...new Set(proxy.requests.map(({ headers }) => String(headers["x-tab"])))];
  const watched = async (milliseconds: number): Promise<string[]> => {
    proxy.requests.splice(0);
    await page.context().pages()[0]?.waitForTimeout(milliseconds);
    return asking();
  };
  expect(await watched(3 * interval)).toEqual(["a"]);
  const [a, b, c] = [...tabs.values()] as [Page, Page, Page];
  expect([(await statusOf(a)).state, (await statusOf(b)).state, (await statusOf(c)).state]).toEqual([expect.stringMatching("idle|syncing"), "elsewhere", "elsewhere"]);

  // Edits of a follower arrive, and it sees what others write.
  await write(b, ["of-b"], "from b");
  await expect.poll(async () => (await documentsThere(chroma.python, name))["of-b"]).toBe("from b");
  await chroma.python.tell(name, "add", { ids: ["py"], embeddings: [[1, 2]], documents: ["from Python"] });
  await syncNow(c);
  expect((await documentsOf(c)).py).toBe("from Python");
  expect(asking()).toEqual(["a"]);

  proxy.requests.splice(0);
  await a.close();
  const closed = performance.now();
  // Who asks while nobody has the turn yet is not left waiting.
  await syncNow(b);
  await expect.poll(() => proxy.requests.length, { timeout: 2 * interval, intervals: [20] }).toBeGreaterThan(0);
  expect((proxy.requests[0]?.at ?? 0) - closed).toBeLessThan(interval);
  await b.waitForTimeout(interval);
  const [next = ""] = await watched(3 * interval);
  expect(["b", "c"]).toContain(next);
  expect(asking()).toEqual([next]);
  await write(b, ["later"], "from b again");
  await expect.poll(async () => (await documentsThere(chroma.python, name)).later).toBe("from b again");
  await proxy.stop();
});

test("nothing is lost or doubled when the page is closed in the middle of a push", async ({ context, page, chroma, name, device }) => {
  const proxy = await Proxy.start(chroma.url);
  const options = { collection: name, port: proxy.port, interval: 60_000, batch: 50 };
  await openLinked(page, options);
  await syncNow(page);
  const sent = { batches: 0 };
  const half = new Promise<void>((resolve) => {
    proxy.schedule = ({ url }) => {
      sent.batches += url.endsWith("/upsert") ? 1 : 0;
      if (sent.batches === 3) {
        resolve();
      }
      // The third is under way when the page goes, and arrives later.
      return url.endsWith("/upsert") ? { kind: sent.batches === 3 ? "delay" : "delayAnswer", ms: 200 } : { kind: "none" };
    };
  });
  await write(page, ids(300), "one of many");
  void syncNow(page).catch(() => undefined);
  await half;
  const next = await context.newPage();
  await page.close();
  proxy.schedule = () => ({ kind: "none" });
  await openLinked(next, options);
  await expect.poll(async () => (await statusOf(next)).pending).toBe(0);
  await syncNow(next);
  const there = await documentsThere(chroma.python, name);
  expect(Object.keys(there)).toHaveLength(300);
  expect(await documentsOf(next)).toEqual(there);
  expect(await next.evaluate(async () => (await window.linked.link.journal()).length)).toBe(0);
  // Another replica finds nothing to mend.
  await settle([await device()]);
  expect(await documentsThere(chroma.python, name)).toEqual(there);
  await proxy.stop();
});

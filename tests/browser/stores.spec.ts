/** Which stores a browser keeps: `listStores()`. */

import { expect, test } from "./fixtures";

const NAMES = ["default", "notes-2", "Ordner mit Ümläuten", "a_b/c"];

test("stores are listed by their names while they are there, whether they are open or not", async ({ packagePage: page }) => {
  const listed = await page.evaluate(async (names) => {
    const { open, destroy, listStores } = (window as unknown as { chromatid: typeof import("../../pkg/src/index.js") }).chromatid;
    const before = await listStores();
    const clients = [];
    for (const name of names) clients.push(await open({ name, storage: "opfs" }));
    clients.push(await open({ name: "other", storage: "indexeddb" }));
    clients.push(await open({ name: "gone with the page", storage: "memory" }));
    const whileOpen = await listStores();
    for (const client of clients) await client.close();
    const closed = await listStores();
    for (const { name } of closed) await destroy(name);
    return { before, whileOpen, closed, after: await listStores() };
  }, NAMES);
  const expected = [...NAMES.map((name) => ({ name, storage: "opfs" })), { name: "other", storage: "indexeddb" }];
  expected.sort((one, other) => (one.name < other.name ? -1 : 1));
  expect(listed).toEqual({ before: [], whileOpen: expected, closed: expected, after: [] });
});

test("names that the file system has a digest of are not told, and where nothing is kept there is none", async ({ packagePage: page }) => {
  const listed = await page.evaluate(async () => {
    const { open, listStores } = (window as unknown as { chromatid: typeof import("../../pkg/src/index.js") }).chromatid;
    const client = await open({ name: "Ü".repeat(60), storage: "opfs" });
    const stores = await listStores();
    await client.close();
    Object.defineProperty(navigator.storage, "getDirectory", { value: () => Promise.reject(new DOMException("no", "SecurityError")) });
    Object.defineProperty(window, "indexedDB", { value: undefined });
    return { stores, shut: await listStores() };
  });
  expect(listed).toEqual({ stores: [], shut: [] });
});

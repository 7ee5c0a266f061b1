/** Moves of the console's store that end midway, that are in the way of other tabs, or have something in their way. */

import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { ready, screenshot, search, titles } from "./support/console-page";
import {
  addNotes,
  encrypt,
  encrypted,
  expectEverything,
  goOn,
  locked,
  openSettings,
  region,
  standStill,
  type Standstill,
  stopped,
  storesOf,
  unlock,
} from "./support/moving";

test.setTimeout(180_000);
test.use({ wasVisited: true });

const MOVE = { timeout: 60_000 };
const atIt = (page: Page) => page.getByRole("heading", { name: "Waiting for another tab" });

/** Points of a move before the pointer is written: the old store counts. */
const BEFORE: readonly (readonly [string, Standstill])[] = [
  ["while records are copied", { call: "pushImport", after: 2 }],
  ["while the copy is read", { call: "verify", after: 0 }],
  ["when the copy is whole but does not count yet", { write: 2 }],
];

/** Points after that: the new one does. */
const AFTER: readonly (readonly [string, Standstill])[] = [
  ["before the old store is deleted", { call: "destroy", after: 0 }],
  ["before it is noted that the old store was deleted", { write: 3 }],
];

for (const [where, at] of BEFORE) {
  test(`a page that ends ${where} leaves the old store`, async ({ consolePage: page, context }) => {
    await ready(page);
    await addNotes(page);
    await standStill(page, at);
    await encrypt(page);
    await stopped(page);
    expect(await storesOf(page)).toHaveLength(2);
    const next = await context.newPage();
    await page.close();
    await next.goto("/#/settings");
    await expect(region(next, "Encryption")).toContainText("kept readable");
    await expect.poll(() => storesOf(next)).toEqual(["console"]);
    await expectEverything(next);
    // What was left behind is in nobody's way.
    await encrypt(next);
    await expect(encrypted(next)).toBeVisible(MOVE);
    await expectEverything(next);
  });
}

for (const [where, at] of AFTER) {
  test(`a page that ends ${where} leaves the new store`, async ({ consolePage: page, context }) => {
    await ready(page);
    await addNotes(page);
    await standStill(page, at);
    await encrypt(page);
    await stopped(page);
    const next = await context.newPage();
    await page.close();
    await next.goto("/");
    await expect(locked(next)).toBeVisible();
    // Whether it opens is not known before: until then nothing is deleted.
    await unlock(next, "something else");
    await expect(next.getByText("That is not the passphrase.")).toBeVisible();
    expect(await storesOf(next)).toHaveLength(where === "before the old store is deleted" ? 2 : 1);
    await unlock(next);
    await ready(next);
    await expect.poll(() => storesOf(next)).toEqual([expect.stringMatching(/^console-/)]);
    await expectEverything(next);
  });
}

test("a browser that is killed while records are copied has lost nothing", async ({ consolePage: page, profile, launch }) => {
  await ready(page);
  await addNotes(page);
  await standStill(page, { call: "pushImport", after: 2 });
  await encrypt(page);
  await stopped(page);
  await profile.kill();
  const next = await (await launch()).newPage();
  await next.goto("/#/settings");
  await expect(region(next, "Encryption")).toContainText("kept readable", MOVE);
  await expect.poll(() => storesOf(next)).toEqual(["console"]);
  await expectEverything(next);
});

test("a browser that is killed right after the switch opens the new store", async ({ consolePage: page, profile, launch }) => {
  await ready(page);
  await addNotes(page);
  await standStill(page, { call: "destroy", after: 0 });
  await encrypt(page);
  await stopped(page);
  await profile.kill();
  const next = await (await launch()).newPage();
  await next.goto("/");
  await unlock(next);
  await expectEverything(next);
  await expect.poll(() => storesOf(next)).toEqual([expect.stringMatching(/^console-/)]);
});

test("other tabs wait while the store moves, write nothing meanwhile, and ask for the passphrase", async ({ consolePage: page, context }, info) => {
  await ready(page);
  await addNotes(page);
  const other = await context.newPage();
  await other.goto("/");
  await ready(other);
  await page.bringToFront();
  await standStill(page, { call: "pushImport", after: 2 });
  await encrypt(page);
  await stopped(page);
  await screenshot(page, info, "moving");
  await expect(page.getByText("Copying records")).toBeVisible();
  await expect(atIt(other)).toBeVisible();
  await expect(other.getByRole("navigation")).toHaveCount(0);
  const late = await context.newPage();
  await late.goto("/");
  await expect(atIt(late)).toBeVisible();
  await screenshot(late, info, "waiting");
  await page.bringToFront();
  await goOn(page);
  await expect(encrypted(page)).toBeVisible(MOVE);
  for (const tab of [other, late]) {
    await tab.bringToFront();
    await expect(locked(tab)).toBeVisible();
    await unlock(tab);
    await expectEverything(tab);
  }
  // All of them lock at once.
  await page.bringToFront();
  await region(page, "Encryption").getByRole("button", { name: "Lock now" }).click();
  for (const tab of [page, other, late]) await expect(locked(tab)).toBeVisible();
  await unlock(page);
  await expect(region(page, "Encryption")).toContainText("is encrypted");
});

test("a move that is cancelled changes nothing, and other tabs go on", async ({ consolePage: page, context }) => {
  await ready(page);
  await addNotes(page);
  const other = await context.newPage();
  await other.goto("/");
  await ready(other);
  await page.bringToFront();
  await standStill(page, { call: "pushImport", after: 2 });
  await encrypt(page);
  await stopped(page);
  await page.getByRole("button", { name: "Cancel" }).click();
  await goOn(page);
  await expect(page.getByText("Cancelled. Nothing was changed.")).toBeVisible();
  expect(await storesOf(page)).toEqual(["console"]);
  await expectEverything(page);
  await other.bringToFront();
  await ready(other);
  await search(other, "large feline animal");
  await expect(titles(other).first()).toHaveText("cat, true cat");
});

test("a store that something else has open does not move", async ({ packagePage: other, context }, info) => {
  await other.evaluate(async () => {
    await window.chromatid.open({ name: "console", allowReset: true });
  });
  const page = await context.newPage();
  await page.goto("/");
  await ready(page);
  await encrypt(page);
  await expect(page.getByRole("alert")).toContainText("Another page has the data open", MOVE);
  await screenshot(page, info, "in-use");
  await expect(region(page, "Encryption")).toContainText("kept readable");
  expect(await storesOf(page)).toEqual(["console"]);
});

test("a page that opens the store while it is copied keeps it where it is", async ({ packagePage: other, context }) => {
  const page = await context.newPage();
  await page.goto("/");
  await ready(page);
  await standStill(page, { call: "pushImport", after: 2 });
  await encrypt(page);
  await stopped(page);
  await other.evaluate(async () => {
    await window.chromatid.open({ name: "console", allowReset: true });
  });
  await goOn(page);
  await expect(page.getByRole("alert")).toContainText("Another page has the data open", MOVE);
  await expect(region(page, "Encryption")).toContainText("kept readable");
  expect(await storesOf(page)).toEqual(["console"]);
});

test("an old store that cannot be deleted is told of, and goes with the next page", async ({ consolePage: page }, info) => {
  await ready(page);
  await standStill(page, { call: "destroy", after: 0, fails: true });
  await encrypt(page);
  await expect(page.getByRole("alert")).toContainText("The old copy could not be deleted yet", MOVE);
  await screenshot(page, info, "left");
  await expect(region(page, "Encryption")).toContainText("is encrypted");
  expect(await storesOf(page)).toHaveLength(2);
  await page.reload();
  await unlock(page);
  await expect.poll(() => storesOf(page)).toEqual([expect.stringMatching(/^console-/)]);
});

test("where the browser has lost which store counts, the one that is there does", async ({ consolePage: page }) => {
  await ready(page);
  await addNotes(page);
  await encrypt(page);
  await expect(encrypted(page)).toBeVisible(MOVE);
  const stores = await storesOf(page);
  await page.goto("/pages/package.html");
  await page.evaluate(async () => {
    const request = indexedDB.deleteDatabase("chromatid-console");
    await new Promise((resolve, reject) => {
      request.onsuccess = resolve;
      request.onerror = request.onblocked = reject;
    });
  });
  await page.goto("/");
  await unlock(page);
  await expectEverything(page);
  expect(await storesOf(page)).toEqual(stores);
});

test.describe("without the private file system", () => {
  test.use({ wasVisited: false });

  test("where there is IndexedDB alone the store moves there, too", async ({ page, context, consoleErrors }) => {
    // It would hand out the scripts as they are.
    consoleErrors.expect(/404.*fetching the script/);
    await context.route("**/service-worker.js", (route) => route.fulfill({ status: 404 }));
    await context.route(/\/[\w.-]+\.js$/, async (route) => {
      if (route.request().url().endsWith("/service-worker.js")) return route.fallback();
      const response = await route.fetch();
      await route.fulfill({ response, body: `delete StorageManager.prototype.getDirectory;\n${await response.text()}` });
    });
    await page.goto("/");
    await ready(page);
    await addNotes(page);
    expect(await storesOf(page)).toEqual(["chromatid:console"]);
    await encrypt(page);
    await expect(encrypted(page)).toBeVisible(MOVE);
    expect(await storesOf(page)).toEqual([expect.stringMatching(/^chromatid:console-/)]);
    await page.reload();
    await unlock(page);
    await expectEverything(page);
    await openSettings(page);
    await region(page, "Reset").getByRole("button").click();
    await page.getByLabel("Type “delete” to confirm").fill("delete");
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete everything" }).click();
    await expect(page.getByText("Everything was deleted.")).toBeVisible();
    expect(await storesOf(page)).toHaveLength(1);
  });
});

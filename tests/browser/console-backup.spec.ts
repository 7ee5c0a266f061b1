/** Everything as a file and back, in the settings; and a look for damage, in the storage view. */

import { readFileSync } from "node:fs";

import type { Locator, Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { expectAccessible, place, ready, screenshot, search, titles } from "./support/console-page";
import { openSettings } from "./support/moving";

test.setTimeout(180_000);
test.use({ wasVisited: true });

const panel = (page: Page): Locator => page.getByRole("region", { name: "Backup" });
const told = (page: Page): Locator => panel(page).getByRole("status");

const health = (page: Page): Locator => page.getByRole("region", { name: "Health" });

async function checkHealth(page: Page): Promise<void> {
  await health(page).getByRole("button", { name: "Look for damage" }).click();
  await expect(health(page).getByRole("status")).toHaveText(/^Nothing is damaged: .* were read$/);
}

/** Exports everything; answers the file. */
async function exported(page: Page): Promise<Buffer> {
  const downloading = page.waitForEvent("download");
  await panel(page).getByRole("button", { name: "Export" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^chromatid-\d{4}-\d\d-\d\d\.chromatid$/);
  await expect(told(page)).toHaveText(/^Exported 5,000 records in/);
  return readFileSync(await download.path());
}

async function importFile(page: Page, buffer: Buffer): Promise<void> {
  const choosing = page.waitForEvent("filechooser");
  await panel(page).getByRole("button", { name: "Import" }).click();
  await (await choosing).setFiles({ name: "backup.chromatid", mimeType: "", buffer });
}

test("everything goes into a file and comes back from it, in other tabs too", async ({ consolePage: page, context }, info) => {
  await ready(page);
  const other = await context.newPage();
  await other.goto("/");
  await ready(other);
  await page.bringToFront();
  await place(page, "Storage").click();
  await checkHealth(page);
  await page.getByRole("link", { name: "Backup and reset" }).click();
  const file = await exported(page);

  await importFile(page, file);
  const alert = panel(page).getByRole("alert");
  await expect(alert).toContainText("“wordnet” already exists here. Nothing was changed.");
  await screenshot(page, info, "refused");
  await panel(page).getByText("Add missing", { exact: true }).click();
  await importFile(page, file);
  await expect(told(page)).toHaveText("Imported 5,000 records of 1 collection");
  await expect(alert).toHaveCount(0);
  await panel(page).getByText("Replace", { exact: true }).click();
  await importFile(page, file);
  await expect(told(page)).toHaveText("Imported 5,000 records of 1 collection");

  for (const tab of [other, page]) {
    await tab.bringToFront();
    await place(tab, "Search").click();
    await search(tab, "large feline animal");
    await expect(titles(tab).first()).toHaveText("cat, true cat");
  }
  await openSettings(page);
  await importFile(page, Buffer.from("PK something else entirely, and longer than a header"));
  await expect(alert).toContainText("This file cannot be imported");
  await screenshot(page, info, "strange");
});

test("a collection that was deleted comes back from a file", async ({ consolePage: page }) => {
  await ready(page);
  await openSettings(page);
  const file = await exported(page);
  await place(page, "Collections").click();
  await page.getByRole("button", { name: "Delete wordnet" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete", exact: true }).click();
  await openSettings(page);
  await importFile(page, file);
  await expect(told(page)).toHaveText("Imported 5,000 records of 1 collection");
  await place(page, "Search").click();
  await search(page, "large feline animal");
  await expect(titles(page).first()).toHaveText("cat, true cat");
});

test("the backup panel is used by keyboard, and keeps the focus", async ({ consolePage: page }) => {
  await ready(page);
  await openSettings(page);
  const button = (name: string): Locator => panel(page).getByRole("button", { name });
  await button("Export").focus();
  const downloading = page.waitForEvent("download");
  await page.keyboard.press("Enter");
  const file = readFileSync(await (await downloading).path());
  await expect(told(page)).toHaveText(/^Exported/);
  await expect(button("Export")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(button("Import")).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowRight");
  await expect(panel(page).getByRole("radio", { name: "Add missing" })).toBeChecked();
  // Asked for before the key: the browser takes a moment until it hands choosers over, and a key does not wait for it.
  const choosing = page.waitForEvent("filechooser");
  await page.keyboard.press("Shift+Tab");
  await expect(button("Import")).toBeFocused();
  await page.keyboard.press("Enter");
  await (await choosing).setFiles({ name: "backup.chromatid", mimeType: "", buffer: file });
  await expect(told(page)).toHaveText("Imported 5,000 records of 1 collection");
  await expect(button("Import")).toBeFocused();
});

test("a look for damage is taken by keyboard, and keeps the focus", async ({ consolePage: page }) => {
  await ready(page);
  await place(page, "Storage").click();
  const button = page.getByRole("button", { name: "Look for damage" });
  await button.focus();
  await page.keyboard.press("Space");
  await expect(health(page).getByRole("status")).toHaveText(/^Nothing is damaged/);
  await expect(button).toBeFocused();
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 375]) {
    test.describe(`${colorScheme}, ${String(width)} pixels wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });

      test("the backup panel fits and can be used by everybody", async ({ consolePage: page }, info) => {
        await ready(page);
        await openSettings(page);
        await exported(page);
        await panel(page).scrollIntoViewIfNeeded();
        await expectAccessible(page, "the backup panel");
        await screenshot(page, info, "exported");
        await importFile(page, Buffer.from("something else entirely"));
        await expect(panel(page).getByRole("alert")).toBeVisible();
        await expectAccessible(page, "a refusal");
        await panel(page).scrollIntoViewIfNeeded();
        await screenshot(page, info, "refused");
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      });
    });
  }
}

/** Changes a bit of a text wherever the file of blocks has it; answers how many times that was. */
async function damage(page: Page, text: string): Promise<number> {
  await page.goto("/pages/package.html");
  return page.evaluate(async (wanted) => {
    const root = await navigator.storage.getDirectory();
    const store = await (await root.getDirectoryHandle("chromatid")).getDirectoryHandle("console");
    const handle = await store.getFileHandle("blocks");
    const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    const first = wanted.charCodeAt(0);
    const places: number[] = [];
    for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
      if ([...wanted].every((character, i) => bytes[at + i] === character.charCodeAt(0))) places.push(at);
    }
    // The worker of the page before may have the file for a moment.
    for (let tries = 0; ; tries++) {
      try {
        const file = await handle.createWritable({ keepExistingData: true });
        for (const position of places) await file.write({ type: "write", position, data: Uint8Array.of(first ^ 1) });
        await file.close();
        return places.length;
      } catch (error) {
        if (tries === 20) throw error;
        await new Promise((resume) => setTimeout(resume, 100));
      }
    }
  }, text);
}

test("damage is found, told, and repaired without what cannot be read; everything else stays", async ({ consolePage: page }, info) => {
  await ready(page);
  // The first text of the data, which compression leaves as it is.
  expect(await damage(page, "convinced, positive")).toBeGreaterThan(0);
  await page.goto("/#/storage");
  await health(page).getByRole("button", { name: "Look for damage" }).click();
  const told = health(page).getByRole("alert");
  await expect(told).toContainText(/is damaged|are damaged/);
  await expect(told.getByRole("row", { name: /wordnet/ }).first()).toContainText("Records");
  await expectAccessible(page, "what is damaged");
  await told.scrollIntoViewIfNeeded();
  await screenshot(page, info, "damage");
  await told.getByRole("button", { name: "Repair" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Repair" }).click();
  const status = health(page).getByRole("status");
  await expect(status).toHaveText(/^Repaired 1 collection, lost [1-9]\d* records?$/);
  const lost = Number(/lost (\d+)/.exec((await status.textContent()) ?? "")?.[1]);
  await expect(told).toHaveCount(0);
  await screenshot(page, info, "repaired");
  await page.reload();
  await health(page).getByRole("button", { name: "Look for damage" }).click();
  await expect(status).toHaveText(/^Nothing is damaged/);
  await place(page, "Records").click();
  await expect(page.getByRole("navigation", { name: "Pages" })).toContainText(`of ${(5000 - lost).toLocaleString("en")}`);
  await page.goto("/");
  await search(page, "musical instrument", "Words");
  await expect(titles(page).first()).toBeVisible();
});

/** The console's settings: encryption, reset, backup, appearance; by keyboard, in both themes. `console-moves.spec.ts` has what can come in between. */

import { readFileSync } from "node:fs";

import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { expectAccessible, place, ready, screenshot, search, titles } from "./support/console-page";
import {
  addNotes,
  dialog,
  encrypt,
  encrypted,
  expectEverything,
  goOn,
  locked,
  openSettings,
  PASSPHRASE,
  passphraseField,
  region,
  standStill,
  stopped,
  storesOf,
  unlock,
} from "./support/moving";

test.setTimeout(180_000);
test.use({ wasVisited: true });

const MOVE = { timeout: 60_000 };
const OTHER = "staple orange window tram";
const resetDialog = (page: Page) => page.getByRole("alertdialog", { name: "Delete everything in this browser?" });

test("everything is encrypted, asked for after a reload, changed and made readable again", async ({ consolePage: page }, info) => {
  await ready(page);
  await addNotes(page);
  expect(await storesOf(page)).toEqual(["console"]);
  await encrypt(page);
  await expect(encrypted(page)).toBeVisible(MOVE);
  const [first, ...others] = await storesOf(page);
  expect(others).toEqual([]);
  expect(first).toMatch(/^console-[0-9a-f]{8}$/);

  await page.reload();
  await expect(locked(page)).toBeVisible();
  await expect(page.getByRole("navigation")).toHaveCount(0);
  await unlock(page, "correct horse batteries");
  await expect(page.getByText("That is not the passphrase.")).toBeVisible();
  await expect(passphraseField(page)).toBeFocused();
  await screenshot(page, info, "refused");
  await unlock(page);
  await expect(region(page, "Encryption")).toContainText("is encrypted");
  await expectEverything(page);
  await place(page, "Search").click();
  await search(page, "large feline animal");
  await expect(titles(page).first()).toHaveText("cat, true cat");

  await openSettings(page);
  await region(page, "Encryption").getByRole("button", { name: "Change passphrase…" }).click();
  await dialog(page).getByLabel("Present passphrase").fill("something else");
  await dialog(page).getByLabel("New passphrase").fill(OTHER);
  await dialog(page).getByLabel("The same again").fill(`${OTHER}s`);
  await dialog(page).getByRole("button", { name: "Change passphrase" }).click();
  await expect(dialog(page)).toContainText("That is not the present passphrase.");
  await expect(dialog(page)).toContainText("The two are not the same.");
  await dialog(page).getByLabel("Present passphrase").fill(PASSPHRASE);
  await dialog(page).getByLabel("The same again").fill(OTHER);
  await dialog(page).getByRole("button", { name: "Change passphrase" }).click();
  await expect(page.getByText("The passphrase was changed.")).toBeVisible(MOVE);
  expect(await storesOf(page)).toHaveLength(1);
  expect(await storesOf(page)).not.toContain(first);
  await page.getByRole("banner").getByRole("link", { name: "Settings" }).focus();
  await region(page, "Encryption").getByRole("button", { name: "Lock now" }).click();
  await unlock(page);
  await expect(page.getByText("That is not the passphrase.")).toBeVisible();
  await unlock(page, OTHER);
  await expectEverything(page);

  await openSettings(page);
  await region(page, "Encryption").getByRole("button", { name: "Remove encryption…" }).click();
  await dialog(page).getByLabel("Present passphrase").fill(OTHER);
  await dialog(page).getByRole("button", { name: "Remove encryption" }).click();
  await expect(page.getByText("The encryption was removed.")).toBeVisible(MOVE);
  expect(await storesOf(page)).toHaveLength(1);
  await page.reload();
  await expect(region(page, "Encryption")).toContainText("kept readable");
  await expectEverything(page);
});

test("an import under way keeps the store where it is, and one into an encrypted store leaves nothing readable", async ({ consolePage: page, context }) => {
  await ready(page);
  const table = (rows: number) => Buffer.from(`text\n${Array.from({ length: rows }, (_, row) => `zebra ${String(row)} of a herd`).join("\n")}\n`);
  const begin = async (name: string, rows: number) => {
    await page.goto("/#/import");
    const choosing = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: /Choose (other )?files/ }).click();
    await (await choosing).setFiles({ name, mimeType: "text/csv", buffer: table(rows) });
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByRole("button", { name: "Pause" }).click();
  };
  await begin("zebras.csv", 20_000);
  const other = await context.newPage();
  await other.goto("/#/settings");
  for (const tab of [other, page]) {
    await tab.bringToFront();
    await encrypt(tab);
    await expect(dialog(tab).getByRole("alert")).toContainText("An import is under way");
    await dialog(tab).getByRole("button", { name: "Cancel" }).click();
  }
  await other.close();
  await page.getByRole("link", { name: "See the import" }).click();
  await page.getByRole("button", { name: "End", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "End the import" }).click();
  await encrypt(page);
  await expect(encrypted(page)).toBeVisible(MOVE);

  await begin("zebra-crossings.csv", 20_000);
  await expect(page.getByText("Keep this page open")).toBeVisible();
  const kept = await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("chromatid-console-imports").catch(() => undefined);
    const names: string[] = [];
    if (folder) for await (const name of (folder as FileSystemDirectoryHandle & { keys(): AsyncIterable<string> }).keys()) names.push(name);
    return { names, local: JSON.stringify(localStorage) };
  });
  expect(kept.names).toEqual([]);
  expect(kept.local).not.toContain("zebra");
  await openSettings(page);
  await region(page, "Encryption").getByRole("button", { name: "Lock now" }).click();
  await expect(region(page, "Encryption").getByRole("alert")).toContainText("An import is under way");
});

test("a reset says what goes, is confirmed by a word, and reaches other tabs", async ({ consolePage: page, context }, info) => {
  await ready(page);
  await addNotes(page);
  const other = await context.newPage();
  await other.goto("/#/collections");
  await expect(other.getByRole("article", { name: "notes" })).toBeVisible();
  await page.bringToFront();
  await openSettings(page);
  await region(page, "Reset").getByRole("button").click();
  await expect(resetDialog(page)).toContainText("2 collections with 5,300 records (");
  await expect(resetDialog(page)).toContainText("Servers that collections are linked with are not touched.");
  const confirm = resetDialog(page).getByRole("button", { name: "Delete everything" });
  await expect(confirm).toBeDisabled();
  await resetDialog(page).getByLabel("Type “delete” to confirm").fill("delet");
  await expect(confirm).toBeDisabled();
  await screenshot(page, info, "reset");
  await resetDialog(page).getByLabel("Type “delete” to confirm").fill("Delete");
  await confirm.click();
  await expect(page.getByText("Everything was deleted.")).toBeVisible();
  expect(await storesOf(page)).toEqual([expect.stringMatching(/^console-/)]);
  for (const tab of [page, other]) {
    await tab.bringToFront();
    await place(tab, "Collections").click();
    await expect(tab.getByRole("article", { name: "wordnet" })).toContainText("5,000", MOVE);
    await expect(tab.getByRole("article", { name: "notes" })).toHaveCount(0);
  }
});

test("who has lost the passphrase starts anew", async ({ consolePage: page, context }, info) => {
  await ready(page);
  await addNotes(page);
  await encrypt(page);
  await expect(encrypted(page)).toBeVisible(MOVE);
  const [before] = await storesOf(page);
  const other = await context.newPage();
  await other.goto("/");
  await expect(locked(other)).toBeVisible();
  await other.getByRole("button", { name: "Delete everything and start anew" }).click();
  await screenshot(other, info, "lost");
  await resetDialog(other).getByLabel("Type “delete” to confirm").fill("delete");
  await resetDialog(other).getByRole("button", { name: "Delete everything" }).click();
  await ready(other);
  expect(await storesOf(other)).toHaveLength(1);
  expect(await storesOf(other)).not.toContain(before);
  await page.bringToFront();
  await expect(region(page, "Encryption")).toContainText("kept readable");
  await place(page, "Collections").click();
  await expect(page.getByRole("article", { name: "wordnet" })).toBeVisible();
  await expect(page.getByRole("article", { name: "notes" })).toHaveCount(0);
});

test("the store is encrypted, locked and unlocked by keyboard alone", async ({ consolePage: page }) => {
  await ready(page);
  const press = (key: string) => page.keyboard.press(key);
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 60; presses++) {
      await press("Tab");
      const focused = await page.evaluate(() => {
        const element = document.activeElement;
        const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])].map((label) => label.textContent) : [];
        return element?.getAttribute("aria-label") ?? labels[0] ?? element?.textContent ?? "";
      });
      if (focused.trim() === name) return;
    }
    throw new Error(`${name} cannot be reached by Tab`);
  };
  await tabTo("Settings");
  await press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  await tabTo("Encrypt with a passphrase…");
  await press("Enter");
  await expect(dialog(page).getByLabel("New passphrase")).toBeFocused();
  await page.keyboard.type(PASSPHRASE);
  await press("Tab");
  await page.keyboard.type(PASSPHRASE);
  await press("Enter");
  await expect(encrypted(page)).toBeVisible(MOVE);
  await tabTo("Lock now");
  await press("Space");
  await expect(passphraseField(page)).toBeFocused();
  await page.keyboard.type("wrong one");
  await press("Enter");
  await expect(page.getByText("That is not the passphrase.")).toBeVisible();
  await expect(passphraseField(page)).toBeFocused();
  await page.keyboard.type(PASSPHRASE);
  await press("Enter");
  await expect(region(page, "Encryption")).toContainText("is encrypted");
  await tabTo("Delete everything…");
  await press("Enter");
  await page.keyboard.type("delete");
  await press("Enter");
  await expect(page.getByText("Everything was deleted.")).toBeVisible();
});

test("the theme follows the system, or stays as it was chosen", async ({ consolePage: page }) => {
  await ready(page);
  await openSettings(page);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const choices = page.getByRole("radiogroup", { name: "Appearance" });
  await expect(choices.getByRole("radio", { name: "System" })).toBeChecked();
  const light = await ground();
  await choices.getByText("Dark").click();
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.reload();
  await expect(choices.getByRole("radio", { name: "Dark" })).toBeChecked();
  expect(await ground()).toBe(dark);
  await choices.getByText("System").click();
  expect(await ground()).toBe(light);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(ground).toBe(dark);
});

test("an export that is offered before the encryption comes back from its file", async ({ consolePage: page }) => {
  await ready(page);
  await addNotes(page);
  await openSettings(page);
  await region(page, "Encryption").getByRole("button", { name: "Encrypt with a passphrase…" }).click();
  const downloading = page.waitForEvent("download");
  await dialog(page).getByRole("button", { name: "Export a backup first" }).click();
  const file = readFileSync(await (await downloading).path());
  await expect(dialog(page).getByText(/^Exported/)).toBeVisible();
  await dialog(page).getByLabel("New passphrase").fill("short");
  await dialog(page).getByRole("button", { name: "Encrypt everything" }).click();
  await expect(dialog(page)).toContainText("At least 8 characters.");
  await page.keyboard.press("Escape");
  await region(page, "Backup").getByText("Replace", { exact: true }).click();
  const choosing = page.waitForEvent("filechooser");
  await region(page, "Backup").getByRole("button", { name: "Import" }).click();
  await (await choosing).setFiles({ name: "backup.chromatid", mimeType: "", buffer: file });
  await expect(region(page, "Backup").getByRole("status")).toHaveText("Imported 5,300 records of 2 collections");
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 375]) {
    test.describe(`${colorScheme}, ${String(width)} pixels wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 } });

      test("the settings fit and can be used by everybody", async ({ consolePage: page }, info) => {
        await ready(page);
        const look = async (name: string) => {
          await page.evaluate(() => scrollTo(0, 0));
          await page.screenshot({ path: info.outputPath(`${name}.png`), fullPage: true });
          await expectAccessible(page, name);
          expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), name).toBeLessThanOrEqual(0);
        };
        await openSettings(page);
        await look("settings");
        // All places in one line, their names below their signs, and where those have the least room.
        for (const other of [1160, 1159, 820, 768, 720]) {
          await page.setViewportSize({ width: other, height: 900 });
          const header = page.getByRole("banner").locator(".header-inner");
          expect(await header.evaluate((element) => element.scrollWidth - element.clientWidth), `header, ${String(other)} wide`).toBeLessThanOrEqual(0);
        }
        await page.setViewportSize({ width, height: 900 });
        await region(page, "Encryption").getByRole("button", { name: "Encrypt with a passphrase…" }).click();
        await dialog(page).getByLabel("New passphrase").fill("correct horse");
        await dialog(page).getByRole("button", { name: "Encrypt everything" }).click();
        await look("dialog");
        await page.keyboard.press("Escape");
        await region(page, "Reset").getByRole("button").click();
        await look("reset");
        await page.keyboard.press("Escape");
        await standStill(page, { call: "pushImport", after: 3 });
        await encrypt(page);
        await stopped(page);
        await look("moving");
        await goOn(page);
        await expect(encrypted(page)).toBeVisible(MOVE);
        await look("encrypted");
        await region(page, "Encryption").getByRole("button", { name: "Lock now" }).click();
        await expect(locked(page)).toBeVisible();
        await look("locked");
        await unlock(page, "something wrong");
        await expect(page.getByText("That is not the passphrase.")).toBeVisible();
        await look("refused");
        await unlock(page);
        await place(page, "Storage").click();
        await expect(region(page, "Health")).toBeVisible();
        await look("storage");
      });
    });
  }
}

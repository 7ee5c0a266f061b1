/** The console's import of files: dropped, chosen, paused, taken up after a reload, and found by the search. */

import { readFileSync } from "node:fs";
import path from "node:path";

import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { expectAccessible, place, ready, results, screenshot } from "./support/console-page";

test.setTimeout(180_000);
test.use({ wasVisited: true });

const FIXTURES = path.join(import.meta.dirname, "../fixtures/imports");
const progress = (page: Page) => page.getByTestId("file-progress");
const importButton = (page: Page) => page.getByRole("button", { name: "Import", exact: true });

/** Drops a file on the page, as the browser would. */
async function drop(page: Page, name: string, bytes: Buffer = readFileSync(path.join(FIXTURES, name))): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([base64, file]) => {
      const made = new DataTransfer();
      made.items.add(new File([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], file));
      return made;
    },
    [bytes.toString("base64"), name] as const,
  );
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}

async function imported(page: Page, records: string): Promise<void> {
  await expect(page.getByRole("region", { name: /is imported$/ }).getByRole("status")).toContainText(records, { timeout: 60_000 });
}

async function searchFor(page: Page, collection: string, text: string, mode: "Meaning" | "Words" | "Both"): Promise<void> {
  await page.getByRole("link", { name: `Search ${collection}` }).click();
  await page.getByRole("radiogroup", { name: "Search by" }).getByText(mode, { exact: true }).click();
  await page.getByRole("searchbox", { name: `Search ${collection}` }).fill(text);
}

const CASES = [
  { file: "shop.csv", collection: "shop", records: "6 records", text: "fruit citrus cook", mode: "Both", found: "Sour green limes" },
  { file: "films.jsonl", collection: "films", records: "3 records", text: "androids romance", mode: "Meaning", found: "Two robots fall in love" },
  { file: "guide.md", collection: "guide", records: "3 records", text: "roses", mode: "Words", found: "Cut roses back" },
  { file: "page.html", collection: "page", records: "1 record", text: "lava", mode: "Meaning", found: "Molten rock" },
  { file: "story.pdf", collection: "story", records: "2 records", text: "whale", mode: "Words", found: "a whale swims past" },
  { file: "weather.parquet", collection: "weather", records: "4 records", text: "roof", mode: "Words", found: "Rain drums" },
  { file: "chroma.json", collection: "chroma", records: "3 records", text: "green", mode: "Words", found: "green light" },
] as const;

test("files of each format are dropped, stored and found", async ({ consolePage: page }, info) => {
  await ready(page);
  for (const { file, collection, records, text, mode, found } of CASES) {
    await drop(page, file);
    await expect(page.getByRole("heading", { name: `What is in ${file}` })).toBeVisible();
    await screenshot(page, info, `choices-${collection}`);
    await importButton(page).click();
    await imported(page, records);
    await screenshot(page, info, `done-${collection}`);
    await searchFor(page, collection, text, mode);
    await expect(results(page).first()).toContainText(found);
    await screenshot(page, info, `found-${collection}`);
  }
});

test("an import is paused, taken up after a reload, and stores everything once", async ({ consolePage: page }, info) => {
  await ready(page);
  const rows = Array.from({ length: 20_000 }, (_, i) => `r${i},record number ${i} about subject ${i % 97}`);
  await drop(page, "many.csv", Buffer.from(`id,text\n${rows.join("\n")}`));
  await importButton(page).click();
  await expect(progress(page)).toHaveText(/^[1-9][\d,]* records · [\d,]+ a second/, { timeout: 60_000 });
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Go on" })).toBeVisible();
  await screenshot(page, info, "paused");
  await page.reload();
  const banner = page.getByRole("region", { name: "Import", exact: true });
  await expect(banner).toContainText(/Import of many\.csv is paused at [1-9][\d,]*/);
  await screenshot(page, info, "banner");
  await banner.getByRole("button", { name: "Continue" }).click();
  await imported(page, "20,000 records");
  await page.getByRole("link", { name: "See the records" }).click();
  await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("of 20,000");
});

test("what is wrong with a file is told, and can be passed over", async ({ consolePage: page }) => {
  await ready(page);
  await drop(page, "bad.csv", Buffer.from("id,text\na,first text here\nb\nc,third text here\n"));
  await importButton(page).click();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("“bad.csv”, line 3: it has 1 fields, the first line has 2");
  await alert.getByRole("button", { name: "Pass over such records" }).click();
  await imported(page, "2 records");
  await expect(page.getByRole("status").filter({ hasText: "1 row passed over" })).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 375]) {
    test.describe(`${colorScheme}, ${String(width)} pixels wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });

      test("the import fits, and is used by keyboard", async ({ consolePage: page }, info) => {
        await ready(page);
        await place(page, "Collections").click();
        await page.getByRole("link", { name: "Import files" }).focus();
        await page.keyboard.press("Enter");
        await expectAccessible(page, "the choice of files");
        const choosing = page.waitForEvent("filechooser");
        await page.getByRole("button", { name: "Choose files" }).focus();
        await page.keyboard.press("Enter");
        await (await choosing).setFiles(path.join(FIXTURES, "shop.csv"));
        await expect(page.getByRole("heading", { name: "What is in shop.csv" })).toBeVisible();
        await expectAccessible(page, "the choices");
        await page.screenshot({ path: info.outputPath("choices.png"), fullPage: true });
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        await page.getByRole("textbox", { name: "Name" }).focus();
        await page.keyboard.press("Enter");
        await imported(page, "6 records");
        await expectAccessible(page, "the end of an import");
        await screenshot(page, info, "done");
      });
    });
  }
}

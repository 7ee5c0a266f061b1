/** The query view: searches put together, shown as JSON and code, written by hand, run, and followed. */

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { expectAccessible, place, ready, screenshot } from "./support/console-page";

test.setTimeout(180_000);
test.use({ wasVisited: true });

const rows = (page: Page) => page.getByRole("region", { name: "Table of results" }).locator("tbody tr");
const payload = async (page: Page): Promise<unknown> => JSON.parse(await page.getByRole("region", { name: "Payload of the search" }).innerText());
const editBy = (page: Page, way: "Builder" | "JSON") => page.getByRole("radiogroup", { name: "Edit by" }).getByText(way, { exact: true }).click();

async function openQuery(page: Page): Promise<void> {
  await ready(page);
  await place(page, "Query").click();
  await expect(page.getByRole("heading", { level: 1, name: "Query" })).toBeVisible();
}

/** Nouns ranked by words and meaning. */
async function buildQuery(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Add a condition" }).click();
  await page.getByRole("combobox", { name: "Key" }).selectOption("pos");
  await page.getByRole("textbox", { name: "Value" }).fill("noun");
  await page.getByRole("textbox", { name: "Text to rank by" }).fill("frozen water");
}

test("a search is put together, shown as it is sent, and run", async ({ consolePage: page, context }, info) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openQuery(page);
  await buildQuery(page);
  await page.getByRole("button", { name: "Add a document condition" }).click();
  await page.getByRole("textbox", { name: "Value" }).nth(1).fill("ice");
  await expect.poll(() => payload(page)).toMatchObject({
    limit: { offset: 0, limit: 10 },
    select: { keys: ["#document", "#score", "#metadata"] },
    filter: { $and: [{ pos: { $eq: "noun" } }, { "#document": { $contains: "ice" } }] },
  });
  expect(JSON.stringify(await payload(page)).match(/\$knn/g)).toHaveLength(2);
  await page.getByRole("button", { name: "Copy the JSON" }).click();
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toEqual(await payload(page));
  await page.getByRole("tab", { name: "TypeScript" }).click();
  await expect(page.getByRole("region", { name: "The search in TypeScript" })).toContainText(/\.where\(K\("pos"\)\.eq\("noun"\)\s*\.and\(K\.DOCUMENT\.contains\("ice"\)\)\)/);
  await page.getByRole("button", { name: "Run" }).click();
  await expect(rows(page).first()).toContainText("water ice");
  await expect(page.getByTestId("query-count")).toHaveText("10 results");
  await expect(rows(page).first().locator(".cell-score")).toHaveText(/^-0\.03/);
  await screenshot(page, info, "query");
  await rows(page).first().getByRole("button").click();
  await expect(page.getByRole("dialog")).toContainText("Record as JSON");
});

test("JSON is changed by hand, and what is wrong with it is said beside it", async ({ consolePage: page }, info) => {
  await openQuery(page);
  await editBy(page, "JSON");
  const editor = page.getByRole("textbox", { name: "Search as JSON" });
  const verdict = page.locator("#json-verdict");
  await expect(verdict).toContainText("This is a search.");
  await editor.fill('{ "limit": { "limit": 3 }, "filtr": {} }');
  await expect(verdict).toContainText("A search has no member “filtr”");
  await expect(page.getByRole("button", { name: "Run" })).toBeDisabled();
  await expectAccessible(page, "a wrong search");
  await screenshot(page, info, "query-wrong");
  await editor.fill('{ "limit": 3,');
  await expect(verdict).toContainText("This is not JSON. Line 1");
  await editor.fill('{ "limit": { "limit": 3 }, "filter": { "count": { "$gt": 100 } }, "select": { "keys": ["count"] } }');
  await page.keyboard.press("Control+Enter");
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).first()).toContainText(/count \d{3}/);
  // What only the engine can refuse.
  await editor.fill('{ "rank": { "$knn": { "query": [1, 2], "key": "#embedding" } } }');
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("alert")).toContainText("dimension");
});

test("the keyboard alone builds and runs a search", async ({ consolePage: page }) => {
  await openQuery(page);
  await page.getByRole("button", { name: "Add a document condition" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Value" }).focus();
  await page.keyboard.type("feline");
  await page.getByRole("radio", { name: "Both" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("radio", { name: "None" })).toBeChecked();
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(rows(page).first()).toContainText("feline");
  await page.getByRole("button", { name: "Remove the condition" }).focus();
  await page.keyboard.press("Space");
  await expect(page.getByRole("textbox", { name: "Value" })).toHaveCount(0);
});

test("a live query follows what is written, until it is switched off", async ({ consolePage: page }, info) => {
  await openQuery(page);
  await page.getByRole("radiogroup", { name: "Rank by" }).getByText("None").click();
  await page.getByRole("button", { name: "Add a condition" }).click();
  await page.getByRole("combobox", { name: "Key" }).selectOption("pos");
  await page.getByRole("textbox", { name: "Value" }).fill("interjection");
  await page.getByText("Live", { exact: true }).click();
  await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
  const add = (id: string) =>
    page.evaluate(`(async () => {
      const client = await window.chromatid.open();
      const collection = await client.getCollection({ name: "wordnet" });
      await collection.add({ ids: ["${id}"], documents: ["${id}: a greeting"], metadatas: [{ pos: "interjection" }] });
      await client.close();
    })()`);
  await add("hello");
  await expect(rows(page)).toHaveCount(1);
  await add("ahoy");
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).nth(1)).toHaveAttribute("data-fresh", /odd|even/);
  await expect(page.getByText("live", { exact: true })).toBeVisible();
  await screenshot(page, info, "query-live");
});

for (const scheme of ["light", "dark"] as const) {
  test.describe(`in ${scheme} colours`, () => {
    test.use({ colorScheme: scheme, viewport: { width: 380, height: 780 } });

    test("the query view fits a telephone and has no serious accessibility fault", async ({ consolePage: page }, info) => {
      await openQuery(page);
      await buildQuery(page);
      await page.getByRole("button", { name: "Add a group" }).click();
      await page.getByRole("button", { name: "Run" }).click();
      await expect(rows(page)).toHaveCount(10);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await expectAccessible(page, "the query view");
      await page.getByRole("tab", { name: "TypeScript" }).click();
      await expectAccessible(page, "the query as code");
      await page.screenshot({ path: info.outputPath(`${scheme}-query-telephone.png`), fullPage: true });
    });
  });
}

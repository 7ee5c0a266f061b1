/** The map: what is drawn, coloured, found and selected, and what becomes of a selection. */

import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { expectAccessible, map, openMap, ready, screenshot } from "./support/console-page";

test.setTimeout(180_000);
test.use({ wasVisited: "with its map" });

const selected = (page: Page): Locator => page.getByTestId("map-selected");
const button = (page: Page, name: string): Locator => page.getByRole("button", { name, exact: true });

/** Opens the map, laid out and coloured. */
async function openColoured(page: Page): Promise<void> {
  await ready(page);
  await openMap(page);
  await page.getByRole("combobox", { name: "Colour by" }).selectOption("pos");
  await expect(page.getByRole("list", { name: "Colours by pos" })).toBeVisible();
}

/** How many different colours the pixels of the map have, and how many are not empty. */
const pixels = (page: Page) =>
  map(page).evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const { data } = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height) ?? { data: [] };
    const colours = new Set<string>();
    let filled = 0;
    for (let at = 0; at < data.length; at += 4) {
      if ((data[at + 3] ?? 0) < 200) continue;
      filled++;
      colours.add([0, 1, 2].map((i) => (data[at + i] ?? 0) >> 5).join());
    }
    return { filled, colours: colours.size };
  });

/** The ids of a query's results. */
const found = (page: Page): Promise<string[]> => page.getByRole("region", { name: "Table of results" }).locator("tbody th").allInnerTexts();

/** Every id of the list of the selection. */
async function listed(page: Page): Promise<string[]> {
  const list = page.getByRole("region", { name: "Selected records" });
  const more = list.getByRole("button", { name: /^Show more/ });
  while (await more.isVisible()) await more.click();
  return list.getByRole("button", { name: /^Open / }).allInnerTexts();
}

test.describe("in a profile that has no map yet", () => {
  test.use({ wasVisited: true });

  test("all records are drawn, coloured by a key, and there at once the second time; a write is told and taken in", async ({ consolePage: page }, info) => {
    await openColoured(page);
    await expect(page.getByTestId("map-count")).toHaveText("5,000 records");
    const counts = await page.getByRole("list", { name: "Colours by pos" }).getByRole("listitem").locator(".dim").allInnerTexts();
    expect(counts.map((text) => Number(text.replace(",", ""))).reduce((sum, count) => sum + count, 0)).toBe(5000);
    const coloured = await pixels(page);
    expect(coloured.filled).toBeGreaterThan(5000);
    await screenshot(page, info, "map");
    await page.getByRole("combobox", { name: "Colour by" }).selectOption("");
    await expect(page.getByRole("list", { name: "Colours by pos" })).toHaveCount(0);
    await expect.poll(async () => (await pixels(page)).colours).toBeLessThan(coloured.colours);
    await page.getByRole("combobox", { name: "Colour by" }).selectOption("count");
    await expect(page.getByRole("group", { name: "Colours by count" })).toBeVisible();
    await screenshot(page, info, "ramp");

    await page.reload();
    // Nothing is computed: what takes that long is not waited for.
    await expect(map(page)).toHaveAttribute("data-drawn", "5000");
    await expect(page.getByText(/^(Reading|Arranging)/)).toHaveCount(0);
    await page.evaluate(async () => {
      const { chromatid } = window as unknown as { chromatid: { open: () => Promise<import("chromatid").ChromaClient> } };
      const collection = await (await chromatid.open()).getCollection({ name: "wordnet" });
      await collection.delete({ ids: [(await collection.peek({ limit: 1 })).ids[0] ?? ""] });
    });
    await expect(page.getByText("The collection has changed.")).toBeVisible();
    await button(page, "Update").click();
    await expect(page.getByTestId("map-count")).toHaveText("4,999 records", { timeout: 60_000 });
    await expect(page.getByRole("application", { name: "Map of 4,999 records" })).toHaveAttribute("data-drawn", "4999", { timeout: 60_000 });
  });
});

test("a box that is drawn selects, and becomes a filter with just these results", async ({ consolePage: page }, info) => {
  await openColoured(page);
  const box = await map(page).boundingBox();
  if (!box) throw new Error("the map has no box");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  // Close enough that a box has some dozens of points.
  await page.mouse.move(x, y);
  for (let turn = 0; turn < 8; turn++) await page.mouse.wheel(0, -200);
  await expect.poll(async () => Number(await map(page).getAttribute("data-drawn"))).toBeLessThan(1500);
  await page.getByRole("radiogroup", { name: "Dragging" }).getByText("Select").click();
  await page.mouse.move(x - 150, y - 120);
  await page.mouse.down();
  await page.mouse.move(x, y, { steps: 4 });
  await page.mouse.move(x + 150, y + 120, { steps: 4 });
  await page.mouse.up();
  await expect(selected(page)).toHaveText(/^[\d,]+ records? selected$/);
  await screenshot(page, info, "selected");
  const ids = await listed(page);
  expect(ids.length).toBe(Number((await selected(page).innerText()).replace(/\D/g, "")));
  expect(ids.length).toBeLessThan(300);
  await button(page, "Use as filter").click();
  await expect(page.getByText(`Only the ${String(ids.length)} record`)).toBeVisible();
  await button(page, "Run").click();
  await expect(page.getByTestId("query-count")).toHaveText(/^\d+ results?$/);
  expect((await found(page)).sort()).toEqual([...ids].sort());
  await screenshot(page, info, "filter");
  await button(page, "Ask all records").click();
  await expect(page.getByRole("region", { name: "Payload of the search" })).not.toContainText("#id");
});

test("by keyboard alone: from record to record, zoom, select, and on to the filter", async ({ consolePage: page }) => {
  await openColoured(page);
  await map(page).focus();
  await page.keyboard.press("ArrowRight");
  const tip = page.locator(".map-tip");
  await expect(tip).toBeVisible();
  const first = await tip.locator("strong").innerText();
  await page.keyboard.press("Space");
  await expect(selected(page)).toHaveText("1 record selected");
  await page.keyboard.press("ArrowRight");
  await expect(tip.locator("strong")).not.toHaveText(first);
  await page.keyboard.press("Space");
  await expect(selected(page)).toHaveText("2 records selected");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toContainText("Record as JSON");
  await page.keyboard.press("Escape");
  await map(page).focus();
  for (let step = 0; step < 8; step++) await page.keyboard.press("+");
  await expect.poll(async () => Number(await map(page).getAttribute("data-drawn"))).toBeLessThan(5000);
  await page.keyboard.press("0");
  await expect(map(page)).toHaveAttribute("data-drawn", "5000");
  const ids = await listed(page);
  await button(page, "Use as filter").focus();
  await page.keyboard.press("Enter");
  await button(page, "Run").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("query-count")).toHaveText("2 results");
  expect((await found(page)).sort()).toEqual([...ids].sort());
  expect(ids).toContain(first);
});

test("a search marks its hits on the map", async ({ consolePage: page }, info) => {
  await openColoured(page);
  await page.getByRole("searchbox", { name: "Search on the map" }).fill("large feline animal");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("map-hits")).toHaveText("60 hits, all ringed on the map");
  await expect(map(page)).toHaveAttribute("data-hits", "60");
  await expect(page.getByRole("region", { name: "Hits" }).getByRole("listitem").first()).toContainText("feline");
  await screenshot(page, info, "hits");
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 375]) {
    test.describe(`${colorScheme}, ${String(width)} pixels wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });

      test("the map fits and can be used by everybody", async ({ consolePage: page }, info) => {
        await openColoured(page);
        await button(page, "Select all in view").click();
        await expect(selected(page)).toHaveText("5,000 records selected");
        await expectAccessible(page, "the map");
        await page.screenshot({ path: info.outputPath("map-full.png"), fullPage: true });
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      });
    });
  }
}

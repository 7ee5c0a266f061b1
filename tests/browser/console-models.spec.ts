/** Models that people bring to the console: of a server like Ollama or OpenAI, or a transformer that runs in the page. */

import path from "node:path";

import type { Locator, Page } from "@playwright/test";

import { expect, goOffline, goOnline, test as base } from "./fixtures";
import { expectAccessible, ready, results, screenshot } from "./support/console-page";
import { KEY, MODEL, ModelServer } from "./support/model-server";

const test = base.extend<{ models: ModelServer }>({
  models: async ({ profile }, use) => {
    const models = new ModelServer();
    await models.start();
    await use(models);
    // The page first: it would still ask.
    await profile.close();
    await models.stop();
  },
});

test.setTimeout(120_000);
test.use({ wasVisited: true });

const SHOP = path.join(import.meta.dirname, "../fixtures/imports/shop.csv");

const field = (page: Page, name: string): Locator => page.getByRole("textbox", { name, exact: true });
const importButton = (page: Page): Locator => page.getByRole("button", { name: "Import", exact: true });
const alert = (page: Page): Locator => page.getByRole("alert");

/** Chooses the shop's file, and a kind of model for it. */
async function chooseModel(page: Page, kind: string): Promise<void> {
  await page.goto("/#/import");
  const choosing = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose files" }).click();
  await (await choosing).setFiles(SHOP);
  await page.getByRole("radiogroup", { name: "Model" }).getByText(kind, { exact: true }).click();
}

async function imported(page: Page): Promise<void> {
  await expect(page.getByRole("region", { name: /is imported$/ }).getByRole("status")).toContainText("6 records", { timeout: 60_000 });
}

async function searchShop(page: Page, text: string): Promise<void> {
  await page.goto("/#/search/shop");
  await page.getByRole("radiogroup", { name: "Search by" }).getByText("Meaning", { exact: true }).click();
  await page.getByRole("searchbox", { name: "Search shop" }).fill(text);
}

async function importWithOllama(page: Page, models: ModelServer): Promise<void> {
  await chooseModel(page, "Ollama");
  await field(page, "Address").fill(models.url);
  await expect(page.getByText(`Texts are sent to ${models.url}`)).toBeVisible();
  await field(page, "Name of the model").fill(MODEL);
  await importButton(page).click();
  await imported(page);
}

test("texts are embedded by Ollama, and searched after a reload", async ({ consolePage: page, models }, info) => {
  await ready(page);
  await importWithOllama(page, models);
  expect(models.asked).toEqual(["/api/embed"]);
  await page.reload();
  await searchShop(page, "sour limes squeezed over fish");
  await expect(results(page).first()).toContainText("Sour green limes");
  await screenshot(page, info, "found");
  await page.goto("/#/collections");
  await expect(page.getByRole("article", { name: "shop" })).toContainText("ollama");
});

test("a server that nobody allowed is not asked, not even for a search, until somebody does", async ({ consolePage: page, models }, info) => {
  await ready(page);
  await importWithOllama(page, models);
  await page.goto("/#/settings");
  const panel = page.getByRole("region", { name: "Models" });
  await expect(panel).toContainText(models.url);
  await panel.scrollIntoViewIfNeeded();
  await screenshot(page, info, "settings");
  await panel.getByRole("button", { name: `Do not ask ${models.url} any more` }).click();
  await expect(panel).toContainText("No server may be asked for another");
  await page.reload();
  await searchShop(page, "sour limes squeezed over fish");
  await expect(alert(page)).toContainText(`The model of this collection is at ${models.url}`);
  await expectAccessible(page, "what asks for leave");
  await screenshot(page, info, "asks");
  expect(models.asked).toEqual(["/api/embed"]);
  await alert(page).getByRole("button", { name: `Allow ${models.url}` }).click();
  await expect(results(page).first()).toContainText("Sour green limes");
  await expect(alert(page)).toHaveCount(0);
});

test("a key is asked for, is kept to the page, and goes on with what failed for want of it", async ({ consolePage: page, models, consoleErrors }, info) => {
  consoleErrors.expect(/status of 401/);
  await ready(page);
  await chooseModel(page, "OpenAI API");
  await field(page, "Address").fill(`${models.url}/v1/`);
  await field(page, "Name of the model").fill(MODEL);
  await field(page, "Key").fill("sk-wrong");
  await importButton(page).click();
  await expect(alert(page)).toContainText("wants a key, or another one (401): Incorrect API key provided");
  await screenshot(page, info, "refused");
  await field(page, `Key for ${models.url}`).fill(KEY);
  await alert(page).getByRole("button", { name: "Use this key" }).click();
  await page.getByRole("button", { name: "Try again" }).click();
  await imported(page);
  await page.reload();
  await searchShop(page, "sour limes squeezed over fish");
  await field(page, `Key for ${models.url}`).fill(KEY);
  await alert(page).getByRole("button", { name: "Use this key" }).click();
  await expect(results(page).first()).toContainText("Sour green limes");
  const kept = await page.evaluate(async () => {
    const opening = indexedDB.open("chromatid-console");
    const database = await new Promise<IDBDatabase>((resolve) => (opening.onsuccess = () => resolve(opening.result)));
    const reading = database.transaction("place").objectStore("place").getAll();
    const values = await new Promise<unknown[]>((resolve) => (reading.onsuccess = () => resolve(reading.result)));
    database.close();
    return JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), values]);
  });
  expect(kept).toContain(models.url);
  expect(kept).not.toContain(KEY);
});

test("a transformer runs in the page, gives its model's embeddings, and works without a network", async ({ consolePage: page, context, server, models, consoleErrors }, info) => {
  // Folders need not have everything.
  consoleErrors.expect(/status of 404 .*1_Pooling/);
  await ready(page);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await chooseModel(page, "Transformer");
  await field(page, "Folder or name").fill(`${models.url}/models/table`);
  await expect(page.getByText(`The model is fetched once, from ${models.url}`)).toBeVisible();
  await importButton(page).click();
  await imported(page);
  const fetched = models.asked.length;
  expect(models.asked).toContain("/models/table/onnx/model_quantized.onnx");
  await searchShop(page, "sour limes squeezed over fish");
  await expect(results(page).first()).toContainText("Sour green limes");
  // What the table gives for the same texts has the same scores.
  const scores = () => results(page).getByTitle(/^Cosine distance/).allTextContents();
  const ofTransformer = await scores();
  await models.stop();
  await goOffline(context, server);
  try {
    await page.reload();
    await searchShop(page, "sour limes squeezed over fish");
    await expect(results(page).first()).toContainText("Sour green limes");
    expect(await scores()).toEqual(ofTransformer);
    await screenshot(page, info, "offline");
  } finally {
    await goOnline(context, server);
  }
  expect(models.asked).toHaveLength(fetched);
  await page.goto("/#/settings");
  const panel = page.getByRole("region", { name: "Models" });
  await expect(panel).toContainText(/models\/table\/\s*\d+(\.\d+)? MB/);
  await panel.getByRole("button", { name: `Delete the copy of ${models.url}/models/table/` }).click();
  await expect(panel).not.toContainText("Models that were fetched");
});

test("what is wrong with a model is told with what to do", async ({ consolePage: page, models, consoleErrors }) => {
  consoleErrors.expect(/status of 404|ERR_FAILED|CORS/);
  await ready(page);
  await chooseModel(page, "Ollama");
  await field(page, "Address").fill("localhost:what");
  await expect(page.getByText("The address takes the form http://host:port.")).toBeVisible();
  await expect(importButton(page)).toBeDisabled();
  await field(page, "Address").fill(models.url);
  await field(page, "Name of the model").fill("absent");
  await importButton(page).click();
  await expect(alert(page)).toContainText("has no model “absent”");
  await expect(alert(page)).toContainText("ollama pull");
  await alert(page).getByRole("button", { name: "End the import" }).click();

  models.isOpenToPages = false;
  await chooseModel(page, "Ollama");
  await field(page, "Name").fill("closed");
  await field(page, "Address").fill(models.url);
  await field(page, "Name of the model").fill(MODEL);
  await importButton(page).click();
  await expect(alert(page)).toContainText("does not let this page read its answers");
  await expect(alert(page)).toContainText("OLLAMA_ORIGINS");
  models.isOpenToPages = true;
  await alert(page).getByRole("button", { name: "Try again" }).click();
  await imported(page);

  await chooseModel(page, "Transformer");
  await field(page, "Name").fill("nowhere");
  await field(page, "Folder or name").fill(`${models.url}/models/late`);
  await importButton(page).click();
  await expect(alert(page)).toContainText("has no tokenizer.json");
  // What was missing is not remembered as missing.
  models.isLateThere = true;
  await alert(page).getByRole("button", { name: "Try again" }).click();
  await imported(page);
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`${colorScheme}, narrow`, () => {
    test.use({ colorScheme, viewport: { width: 375, height: 900 } });

    test("the choice of a model fits and can be used by everybody", async ({ consolePage: page }, info) => {
      await ready(page);
      for (const kind of ["Built in", "Transformer", "Ollama", "OpenAI API"]) {
        await chooseModel(page, kind);
        await expectAccessible(page, `the choice of ${kind}`);
        await page.screenshot({ path: info.outputPath(`${kind}.png`), fullPage: true });
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        await page.getByRole("button", { name: "Cancel" }).click();
      }
      await page.goto("/#/collections");
      await page.getByRole("button", { name: "New collection" }).click();
      await page.getByRole("dialog").getByText("Ollama", { exact: true }).click();
      await expectAccessible(page, "a new collection");
      await screenshot(page, info, "new-collection");
    });
  });
}

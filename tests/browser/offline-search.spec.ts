/** docs/OFFLINE-SEARCH.md, done as it is written: its files make a page that searches, keeps, and works without a network. */

import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Page } from "@playwright/test";

import { blocksOf } from "../docs/blocks.mjs";
import { expect, test } from "./fixtures";

const ROOT = path.join(import.meta.dirname, "../..");
const FOLDER = path.join(ROOT, "target/guides/offline-search");
const PAGE = "/guides/offline-search/";

/** Each block that bears the name of a file is that file; npm and the reader have brought the others. */
test.beforeEach(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(path.join(FOLDER, "node_modules"), { recursive: true });
  symlinkSync(path.join(ROOT, "pkg"), path.join(FOLDER, "node_modules/chromatid"));
  symlinkSync(path.join(ROOT, "www/data/minilm-static"), path.join(FOLDER, "model"));
  for (const { name, code } of blocksOf("docs/OFFLINE-SEARCH.md")) {
    const [, file] = /: `([\w.]+)`$/.exec(name) ?? [];
    if (file) {
      writeFileSync(path.join(FOLDER, file), code);
    }
  }
});

const status = (page: Page) => page.getByRole("status");
const best = (page: Page) => page.getByRole("listitem").first();

async function find(page: Page, text: string, way = "both"): Promise<void> {
  await page.getByLabel("by").selectOption(way);
  await page.getByLabel("Search").fill(text);
}

async function keep(page: Page, note: string): Promise<void> {
  await page.getByLabel("Note").fill(note);
  await page.getByRole("button", { name: "Keep" }).click();
  await expect(page.getByLabel("Note")).toHaveValue("");
}

test("the page searches by words and by meaning, follows what is written, and does so offline from the first visit on", async ({ page, server, profile, launch }) => {
  await page.goto(PAGE);
  await expect(status(page)).toContainText("6 notes, in opfs");
  await find(page, "doctor", "meaning");
  await expect(best(page)).toHaveText("The physician said to sleep more and worry less");
  await find(page, "doctor", "words");
  await expect(page.getByRole("listitem")).toHaveCount(0);
  await find(page, "watering", "words");
  await expect(page.getByRole("listitem")).toHaveCount(2);
  await expect(best(page)).toHaveText(/^(Water the tomatoes|Bake bread)/);

  await server.stop();
  try {
    await page.reload();
    await expect(status(page)).toContainText("6 notes");
    await find(page, "doctor at the clinic");
    await expect(best(page)).toContainText("physician");
    await keep(page, "Call the clinic about the doctor");
    await expect(best(page), "the result follows").toHaveText("Call the clinic about the doctor");
    await expect(status(page)).toContainText("7 notes");
    // A filter by a pattern needs a module that nothing has loaded yet.
    expect(await page.evaluate(patterned)).toEqual(["Bake bread: flour, water, salt, a night of patience"]);

    await profile.kill();
    const [again] = (await launch()).pages();
    await again!.goto(PAGE);
    await expect(status(again!)).toContainText("7 notes");
    await find(again!, "clinic", "words");
    await expect(best(again!)).toHaveText("Call the clinic about the doctor");
  } finally {
    await server.start();
  }
});

/** In the page, as another client of its store. */
async function patterned(): Promise<(string | null)[]> {
  const name = "chromatid";
  const { open } = (await import(name)) as typeof import("chromatid");
  const client = await open({ name: "notes" });
  const notes = await client.getCollection({ name: "notes", embeddingFunction: { name: "minilm-static", generate: () => Promise.resolve([]) } });
  const { documents } = await notes.get({ whereDocument: { $regex: "fl.ur" } });
  await client.close();
  return documents;
}

test("a new version is there after the next visit, whole, and the store stays", async ({ page, server }) => {
  await page.goto(PAGE);
  await expect(status(page)).toContainText("6 notes");
  await keep(page, "Something new");
  await expect(status(page)).toContainText("7 notes");
  for (const [file, from, to] of [["index.html", "<h1>Notes", "<h1>All notes"], ["sw.js", "notes-1", "notes-2"]] as const) {
    writeFileSync(path.join(FOLDER, file), readFileSync(path.join(FOLDER, file), "utf8").replace(from, to));
  }
  await page.reload();
  await expect.poll(() => page.evaluate(() => caches.keys())).toEqual(["notes-2"]);
  await server.stop();
  try {
    await page.reload();
    await expect(page.getByRole("heading", { name: "All notes" })).toBeVisible();
    await expect(status(page)).toContainText("7 notes");
  } finally {
    await server.start();
  }
});

test("browsers can install it", async ({ page, context }) => {
  await page.goto(PAGE);
  await expect(status(page)).toContainText("6 notes");
  const session = await context.newCDPSession(page);
  const { errors, data } = await session.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  expect(JSON.parse(data ?? "")).toMatchObject({ name: "Notes", display: "standalone" });
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  expect(installabilityErrors).toEqual([]);
});

/** `chromatid/react`: components under StrictMode in a page, and on a server. */

import path from "node:path";
import { mkdirSync, rmSync } from "node:fs";

import type { Page } from "@playwright/test";

import { ROOT } from "../../scripts/lib/run.mjs";
import { BUNDLERS, must, tool } from "./support/installed";
import { answerOf, expect, test } from "./support/pages";
import { pageOf, withSite } from "./support/site";

const APPLICATION = path.join(BUNDLERS, "applications/react");
const OUTPUT = path.join(ROOT, "target/packages/react");
const BUILD = [tool("esbuild"), "--bundle", "--format=esm", "--jsx=automatic", `--outdir=${OUTPUT}`];

interface Shown {
  setProps: (props: object | null) => void;
  watching: { now: number; ever: number };
  colours: { upsert(records: object): Promise<void>; delete(records: object): Promise<void> };
  client: { deleteCollection(args: object): Promise<void>; close(): Promise<void> };
}

test.beforeAll(async () => {
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  // As for development, where StrictMode runs every effect twice.
  await must([...BUILD, "main.jsx", "--splitting", '--define:process.env.NODE_ENV="development"'], APPLICATION);
});

const site = { mounts: [["/", OUTPUT]] as [string, string][], page: pageOf('<div id="root"></div><script type="module" src="/main.js"></script>') };

/** What the page shows, once it is that. */
async function expectShown(page: Page, expected: Record<string, string>): Promise<void> {
  for (const [id, text] of Object.entries(expected)) {
    await expect(page.locator(`#${id}`), id).toHaveText(text);
  }
}

const setProps = (page: Page, props: object | null) => page.evaluate((next) => (window as unknown as Shown).setProps(next), props);
const watching = (page: Page) => page.evaluate(() => (window as unknown as Shown).watching);

test("shows what is there, and what writes make of it", async ({ page }) => {
  await withSite(site, async (url) => {
    await answerOf(page, url);
    await expectShown(page, { collection: "colours", nearest: "red,green", warm: "red", count: "2", facets: "false:1,true:1", ranked: "nothing" });
    await page.evaluate(() => (window as unknown as Shown).colours.upsert({ ids: ["orange"], embeddings: [[0.9, 0.1]], metadatas: [{ warm: true }] }));
    await expectShown(page, { nearest: "red,orange", warm: "red,orange", count: "3", facets: "false:1,true:2" });
    await page.evaluate(() => (window as unknown as Shown).colours.delete({ ids: ["red"] }));
    await expectShown(page, { nearest: "orange,green", warm: "orange", count: "2", facets: "false:1,true:1" });
  });
});

test("follows its arguments, and watches nothing that is not shown", async ({ page }) => {
  await withSite(site, async (url) => {
    await answerOf(page, url);
    await expectShown(page, { nearest: "red,green", count: "2" });
    expect((await watching(page)).now).toBe(4);
    const { ever } = await watching(page);
    // The same, written anew: nothing is asked again.
    await setProps(page, { name: "colours", vector: [1, 0] });
    await expectShown(page, { nearest: "red,green" });
    expect(await watching(page)).toEqual({ now: 4, ever });
    await setProps(page, { name: "colours", vector: [0, 1] });
    await expectShown(page, { nearest: "green,red" });
    expect((await watching(page)).now).toBe(4);
    await setProps(page, { name: "colours", search: true });
    await expectShown(page, { nearest: "nothing", ranked: "red" });
    expect((await watching(page)).now).toBe(4);
    await setProps(page, { name: "others", vector: [1, 0] });
    await expectShown(page, { collection: "others", nearest: "blue", warm: "", count: "1" });
    expect((await watching(page)).now).toBe(4);
    await setProps(page, null);
    await expect(page.locator("#count")).toHaveCount(0);
    expect((await watching(page)).now).toBe(0);
  });
});

test("tells errors, and recovers with other arguments", async ({ page }) => {
  await withSite(site, async (url) => {
    await answerOf(page, url);
    await expectShown(page, { nearest: "red,green" });
    await setProps(page, { name: "colours", vector: [1, 0, 0] });
    await expectShown(page, { nearest: "ChromaClientError", count: "2" });
    await setProps(page, { name: "none", vector: [1, 0] });
    await expectShown(page, { collection: "ChromaNotFoundError", nearest: "nothing", count: "nothing" });
    await setProps(page, { name: "colours", vector: [1, 0] });
    await expectShown(page, { collection: "colours", nearest: "red,green", count: "2" });
  });
});

test("a server shows what is awaited, and asks for nothing", async () => {
  await must([...BUILD, "server.jsx", "--platform=node", "--format=cjs", "--out-extension:.js=.cjs"], APPLICATION);
  const [shown, refused] = JSON.parse(await must([process.execPath, "server.cjs"], OUTPUT)) as string[];
  expect(shown).toBe("<p>opening</p>");
  expect(refused).toContain("<ChromaProvider client={…}>");
});

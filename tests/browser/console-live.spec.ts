/** What is written by another client of the store shows up; facets count what is there; collections of earlier versions go on working. */

import type { Page } from "@playwright/test";
import type { ChromaClient } from "../../pkg/src/index.js";
import { expect, test } from "./fixtures";
import { expectAccessible, IMPORT_TIMEOUT, place, ready, results, screenshot, search, titles } from "./support/console-page";

test.setTimeout(180_000);
test.use({ wasVisited: true });

/** Does something by a client of its own, beside that of the page. */
async function otherClient<A, R>(page: Page, act: (client: ChromaClient, argument: A) => Promise<R>, argument: A): Promise<R> {
  // The page evaluates a text: a function would lose what it calls.
  const code = `(async (argument) => {
    const client = await window.chromatid.open();
    try { return await (${act.toString()})(client, argument); } finally { await client.close(); }
  })(${JSON.stringify(argument)})`;
  return page.evaluate<R>(code);
}

const write = (page: Page, record: { id: string; document: string; pos: string }) =>
  otherClient(
    page,
    async (client, { id, document, pos }) => {
      const collection = await client.getCollection({ name: "wordnet" });
      await collection.upsert({ ids: [id], documents: [document], metadatas: [{ pos, lemmas: [id] }] });
    },
    record,
  );

test("search results follow what another client writes, and mark it", async ({ consolePage: page }, info) => {
  await ready(page);
  await search(page, "zither player", "Words");
  const noun = page.getByRole("complementary", { name: "Filters" }).getByRole("checkbox", { name: /^Noun/ });
  await expect(noun).toHaveCount(1);
  const before = await results(page).count();
  await page.waitForTimeout(600);
  await write(page, { id: "zitherist", document: "zitherist: a zither player", pos: "noun" });
  await expect(titles(page).first()).toHaveText("zitherist");
  await expect(results(page).first()).toHaveAttribute("data-fresh", /odd|even/);
  expect(await results(page).count()).toBeGreaterThanOrEqual(before);
  await screenshot(page, info, "live-search");
  await otherClient(page, async (client, id) => void (await (await client.getCollection({ name: "wordnet" })).delete({ ids: [id] })), "zitherist");
  await expect(titles(page).filter({ hasText: "zitherist" })).toHaveCount(0);
});

test("the page of records and its count follow too", async ({ consolePage: page }, info) => {
  await ready(page);
  await place(page, "Records").click();
  const pages = page.getByRole("navigation", { name: "Pages" });
  await expect(pages).toContainText("1–25 of 5,000");
  await write(page, { id: "zitherist", document: "zitherist: a zither player", pos: "noun" });
  await expect(pages).toContainText("1–25 of 5,001");
  await write(page, { id: "a00338070", document: "convinced: changed by another client", pos: "adjective" });
  const row = page.getByRole("row").filter({ hasText: "changed by another client" });
  await expect(row).toHaveAttribute("data-fresh", /odd|even/);
  await expect(page.locator("[data-fresh]")).toHaveCount(1);
  await screenshot(page, info, "live-records");
  await otherClient(page, async (client, id) => void (await (await client.getCollection({ name: "wordnet" })).delete({ ids: [id] })), "a00338070");
  await expect(pages).toContainText("1–25 of 5,000");
  await expect(row).toHaveCount(0);
});

test.describe("with less motion", () => {
  test.use({ reducedMotion: "reduce" });

  test("what is new is marked by a line that stays", async ({ consolePage: page }) => {
    await ready(page);
    await place(page, "Records").click();
    await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("5,000");
    await write(page, { id: "a00338070", document: "convinced: changed by another client", pos: "adjective" });
    await expect(page.locator("tr[data-fresh]")).toHaveCSS("box-shadow", /inset/);
  });
});

test("facets have the counts of the records that hold the words", async ({ consolePage: page }) => {
  await ready(page);
  await search(page, "water", "Words");
  const filters = page.getByRole("complementary", { name: "Filters" });
  const naive = (only: string | null) =>
    otherClient(
      page,
      async (client, pos) => {
        const { documents, metadatas } = await (await client.getCollection({ name: "wordnet" })).get({ include: ["documents", "metadatas"] });
        const counts: Record<string, number> = {};
        documents.forEach((text, i) => {
          const metadata = metadatas[i];
          if (!/\bwater(s|ed|ing)?\b/i.test(text ?? "") || (pos !== null && metadata?.pos !== pos)) return;
          for (const value of [metadata?.pos as string, `${metadata?.has_examples as boolean}`]) counts[value] = (counts[value] ?? 0) + 1;
        });
        return counts;
      },
      only,
    );
  const shown = async (label: string) => Number((await filters.locator("label").filter({ hasText: new RegExp(`^${label}`) }).locator(".check-count").innerText()).replace(",", ""));
  const all = await naive(null);
  expect(all.noun).toBeGreaterThan(10);
  await expect.poll(() => shown("Noun")).toBe(all.noun);
  expect([await shown("Verb"), await shown("With examples"), await shown("Without examples")]).toEqual([all.verb, all.true, all.false]);
  await filters.getByText("Noun", { exact: true }).click();
  const nouns = await naive("noun");
  await expect.poll(() => shown("With examples")).toBe(nouns.true);
  // Its own values keep their counts, so that a second one can be added.
  expect([await shown("Noun"), await shown("Verb")]).toEqual([all.noun, all.verb]);
});

test("glosses that an earlier version stored are searched by letters, until their words are indexed", async ({ consolePage: page }, info) => {
  await ready(page);
  await otherClient(
    page,
    async (client) => {
      const collection = await client.getCollection({ name: "wordnet" });
      const { ids, documents, metadatas, embeddings } = await collection.get({ limit: 600, include: ["documents", "metadatas", "embeddings"] });
      await client.deleteCollection({ name: "wordnet" });
      const old = await client.createCollection({
        name: "wordnet",
        ...(collection.embeddingFunction && { embeddingFunction: collection.embeddingFunction }),
        configuration: { hnsw: { space: "cosine" } },
        metadata: { import_complete: true, source: "WordNet 3.1" },
      });
      const without = metadatas.map((metadata) => Object.fromEntries(Object.entries(metadata ?? {}).filter(([key]) => key !== "bm25")));
      await old.add({ ids, embeddings, documents: documents.map(String), metadatas: without });
    },
    null,
  );
  await page.reload();
  await ready(page);
  const banner = page.getByRole("region", { name: "Index of words" });
  await expect(banner).toBeVisible();
  await search(page, "music", "Words");
  await expect(page.getByText("by letters, as these glosses")).toBeVisible();
  await expectAccessible(page, "glosses of an earlier version");
  await screenshot(page, info, "earlier-version");
  await banner.getByRole("button", { name: "Index the words" }).click();
  await expect(banner).toHaveCount(0, { timeout: IMPORT_TIMEOUT });
  await expect(results(page).first()).toContainText("1 of 1 word");
  await place(page, "Collections").click();
  await expect(page.getByRole("article")).toHaveCount(1);
  await expect(page.getByRole("article", { name: "wordnet" })).toContainText("600");
  await page.reload();
  await place(page, "Search").click();
  await search(page, "musical", "Words");
  await expect(results(page).first()).toContainText("1 of 1 word");
});

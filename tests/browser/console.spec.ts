/** The console as a user meets it. */

import { expect, goOffline, goOnline, test } from "./fixtures";
import { expectAccessible, IMPORT_TIMEOUT, place, ready, results, screenshot, search, searchBox, titles } from "./support/console-page";

declare global {
  interface Window {
    /** Records that the import said were stored, in the order in which it said so */
    importSteps: number[];
  }
}

test.setTimeout(180_000);

test.use({ wasVisited: true });

test.describe("a browser that comes for the first time", () => {
  test.use({ wasVisited: false });

  test("the first start stores 5,000 glosses, says how far it is, and they are searched by meaning", async ({ consolePage: page }, info) => {
    await expect(page.getByRole("heading", { name: "A dictionary moves into your browser" })).toBeVisible();
    await expect(page.getByRole("progressbar", { name: "Storing glosses" })).toBeVisible();
    await expect(page.getByTestId("import-progress")).toHaveText(/^[\d,]+ of 5,000 · [\d,]+ records\/s$/, { timeout: IMPORT_TIMEOUT });
    await screenshot(page, info, "import");
    await ready(page);
    await search(page, "large feline animal");
    await expect(titles(page).first()).toHaveText("cat, true cat");
    await expect(results(page).first()).toContainText(/0\.\d{3}/);
    await expect(page.getByTestId("result-count")).toHaveText("Best 60 results");
    await expect(page.getByRole("status").filter({ hasText: "60 results for large feline animal" })).toBeAttached();
    await screenshot(page, info, "meaning");
    await expect(page).toHaveURL(/q=large\+feline\+animal/);
    await page.reload();
    await expect(titles(page).first()).toHaveText("cat, true cat");
  });

  test("an import that was interrupted goes on where it stopped", async ({ page, context }) => {
    await page.addInitScript(() => {
      window.importSteps = [];
      const note = () => {
        const text = document.querySelector("[data-testid=import-progress]")?.textContent;
        const done = text ? Number(text.split(" ")[0]?.replaceAll(",", "")) : 0;
        if (done > 0 && window.importSteps.at(-1) !== done) window.importSteps.push(done);
      };
      new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
    });
    // Slow enough that the reload comes in between.
    const session = await context.newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 20 });
    await page.goto("/");
    await page.waitForFunction(() => window.importSteps.length >= 2, undefined, { timeout: IMPORT_TIMEOUT });
    const before = await page.evaluate(() => window.importSteps);
    expect(Math.max(...before)).toBeLessThan(5000);
    await page.reload();
    await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
    await ready(page);
    const after = await page.evaluate(() => window.importSteps);
    expect(Math.min(...after)).toBeGreaterThanOrEqual(Math.max(...before));
    await place(page, "Records").click();
    await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("1–25 of 5,000");
  });

  test("a second tab works with the same data, imports nothing twice, and goes on when the first is closed", async ({ consolePage: page, context }) => {
    // The first tab has the store before the second asks for it: which of two that start at once gets it is the browser's choice.
    await expect(page.getByRole("progressbar", { name: "Storing glosses" })).toBeVisible({ timeout: IMPORT_TIMEOUT });
    const second = await context.newPage();
    await second.goto("/");
    await Promise.all([ready(page), ready(second)]);
    await search(second, "large feline animal");
    await expect(titles(second).first()).toHaveText("cat, true cat");
    await second.goto("/#/storage");
    const tabs = second.getByRole("region", { name: "Where" }).locator("div", { has: second.getByText("Tabs", { exact: true }) }).getByRole("definition");
    await expect(tabs).toHaveText("Another one has it open; 1 other beside this one");
    await expect(second.getByText("5,000", { exact: true })).toBeVisible();
    await page.close();
    await second.getByRole("button", { name: "Refresh" }).click();
    await expect(tabs).toHaveText("This one; others may join");
    await second.goto("/");
    await search(second, "musical instrument", "Words");
    await expect(results(second).first()).toContainText("2 of 2 words");
  });
});

test("words are found in any case and form, and those that weigh most come first", async ({ consolePage: page }, info) => {
  await ready(page);
  await search(page, "musical INSTRUMENT", "Words");
  await expect(results(page).first()).toContainText("2 of 2 words");
  await expect(results(page).first().locator("mark").first()).toBeVisible();
  const texts = await results(page).allInnerTexts();
  expect(texts.length).toBeGreaterThan(1);
  for (const text of texts) expect(text.toLowerCase()).toMatch(/music|instrument/);
  await screenshot(page, info, "words");
  // A word that is not typed out yet.
  await searchBox(page).fill("instrum");
  await expect(page.getByText("as no gloss has such a word")).toBeVisible();
  await expect(results(page).first().locator("mark").first()).toHaveText("instrum");
  await searchBox(page).fill("xyzzyquux");
  await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
  await search(page, "musical instrument", "Both");
  await expect(results(page).first()).toContainText("2 of 2 words");
  await expect(results(page).first()).toContainText(/0\.\d{3}/);
});

test("facets narrow the results, keep their other values, and are in the address", async ({ consolePage: page }) => {
  await ready(page);
  await search(page, "to move quickly on foot");
  const filters = page.getByRole("complementary", { name: "Filters" });
  const verb = filters.getByRole("checkbox", { name: /^Verb/ });
  await filters.getByText("Verb", { exact: true }).click();
  await expect(verb).toBeChecked();
  await expect(results(page).first().locator("[data-pos]")).toHaveText("verb");
  await expect.poll(async () => new Set(await results(page).locator("[data-pos]").allInnerTexts())).toEqual(new Set(["verb"]));
  await expect(filters.getByRole("checkbox", { name: /^Noun/ })).toBeVisible();
  await filters.getByText("Motion (verb)", { exact: true }).click();
  await expect.poll(async () => new Set(await results(page).locator(".chip.plain").allInnerTexts())).toEqual(new Set(["motion"]));
  await expect(page).toHaveURL(/pos=verb&domain=verb\.motion/);
  await page.reload();
  await expect(verb).toBeChecked();
  await filters.getByRole("button", { name: "Clear all" }).click();
  await expect(verb).not.toBeChecked();
});

test("more like this looks for the neighbours of a record and leads back", async ({ consolePage: page }) => {
  await ready(page);
  await search(page, "large feline animal");
  await page.getByRole("button", { name: "More like cat, true cat" }).click();
  await expect(page.getByText("Like cat, true cat")).toBeVisible();
  await expect(titles(page).first()).not.toHaveText("cat, true cat");
  await expect(titles(page).filter({ hasText: /^cat, true cat$/ })).toHaveCount(0);
  await page.getByRole("button", { name: "Back to the search" }).click();
  await expect(titles(page).first()).toHaveText("cat, true cat");
});

test("everything can be done with the keyboard alone", async ({ consolePage: page }) => {
  await ready(page);
  await page.keyboard.press("/");
  await expect(searchBox(page)).toBeFocused();
  await page.keyboard.type("large feline animal");
  await expect(titles(page).first()).toHaveText("cat, true cat");
  await page.keyboard.press("ArrowDown");
  await expect(results(page).nth(0)).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(results(page).nth(1)).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "cat, true cat" });
  await expect(dialog).toContainText('"domain": "noun.animal"');
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(results(page).nth(0)).toBeFocused();
  await page.keyboard.press("/");
  // What stood there is replaced, not added to. The words are the same, so that no other answer comes in between.
  await page.keyboard.type("large feline animal");
  await expect(searchBox(page)).toHaveValue("large feline animal");
  await expect(page.getByRole("status").filter({ hasText: /for large feline animal$/u })).toBeAttached();
  await expect(titles(page).first()).toHaveText("cat, true cat");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await expect(searchBox(page)).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("m");
  await expect(page.getByText("Like cat, true cat")).toBeVisible();
  await expect(titles(page).first()).not.toHaveText("cat, true cat");
  await expect(results(page).nth(0)).toBeFocused();
});

test("records are paged, opened and deleted, and stay deleted", async ({ consolePage: page }, info) => {
  await ready(page);
  await place(page, "Records").click();
  const pages = page.getByRole("navigation", { name: "Pages" });
  await expect(pages).toContainText("1–25 of 5,000");
  await page.getByRole("button", { name: "Open a00338070" }).click();
  await expect(page.getByRole("dialog", { name: "a00338070" })).toContainText("Embedding, 256 dimensions");
  await page.keyboard.press("Escape");
  await pages.getByRole("button", { name: "Next page" }).click();
  await expect(pages).toContainText("26–50 of 5,000");
  await pages.getByRole("button", { name: "Previous page" }).click();
  await screenshot(page, info, "records");
  await page.getByRole("button", { name: "Delete a00338070" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete", exact: true }).click();
  await expect(pages).toContainText("1–25 of 4,999");
  await page.reload();
  await expect(pages).toContainText("1–25 of 4,999");
  await expect(page.getByRole("button", { name: "Open a00338070" })).toHaveCount(0);
});

test("collections are listed, created with checks, and deleted after a question", async ({ consolePage: page }, info) => {
  await ready(page);
  await place(page, "Collections").click();
  const wordnet = page.getByRole("article", { name: "wordnet" });
  await expect(wordnet).toContainText("5,000");
  await expect(wordnet).toContainText("256");
  await expect(wordnet).toContainText("minilm-static");
  await page.getByRole("button", { name: "New collection" }).click();
  const dialog = page.getByRole("dialog", { name: "New collection" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("a");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByRole("alert")).toContainText("That is not accepted");
  await dialog.getByRole("textbox", { name: "Name" }).fill("notes");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("article", { name: "notes" })).toBeVisible();
  await screenshot(page, info, "collections");
  await page.getByRole("button", { name: "Delete notes" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("article", { name: "notes" })).toBeVisible();
  await page.getByRole("button", { name: "Delete notes" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByRole("article", { name: "notes" })).toHaveCount(0);
});

test("storage says where the data are, and plots the queries", async ({ consolePage: page }, info) => {
  await ready(page);
  await search(page, "feeling of great happiness");
  await place(page, "Storage").click();
  await expect(page.getByRole("region", { name: "Where" })).toContainText("Private file system (OPFS)");
  await expect(page.getByRole("region", { name: "Size" })).toContainText("5,000");
  await expect(page.getByRole("img", { name: /Milliseconds of the latest/ }).locator("canvas")).toBeVisible();
  await page.getByRole("button", { name: "Compact" }).click();
  await expect(page.getByText(/^Compacted in/)).toBeVisible();
  await screenshot(page, info, "storage");
});

test("after a reload without a network everything is found", async ({ consolePage: page, context, server }) => {
  await ready(page);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await goOffline(context, server);
  try {
    await page.reload();
    await ready(page);
    await expect(page.getByText("You are offline.")).toBeVisible();
    await search(page, "large feline animal");
    await expect(titles(page).first()).toHaveText("cat, true cat");
    await search(page, "musical instrument", "Words");
    await expect(results(page).first()).toContainText("2 of 2 words");
  } finally {
    await goOnline(context, server);
  }
});

for (const scheme of ["light", "dark"] as const) {
  test.describe(`in ${scheme} colours`, () => {
    test.use({ colorScheme: scheme });

    test("no view has a serious accessibility fault", async ({ consolePage: page }, info) => {
      await ready(page);
      await expectAccessible(page, "the start");
      await screenshot(page, info, `${scheme}-start`);
      await search(page, "water frozen in the cold", "Both");
      await expectAccessible(page, "the results");
      await screenshot(page, info, `${scheme}-results`);
      await results(page).first().click();
      await expect(page.getByRole("dialog")).toContainText("Record as JSON");
      await expectAccessible(page, "a record");
      await page.keyboard.press("Escape");
      for (const name of ["Query", "Collections", "Records", "Sync", "Storage", "Benchmarks"]) {
        await place(page, name).click();
        await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
        await expect(page.getByRole("progressbar")).toHaveCount(0);
        await expectAccessible(page, name);
        await screenshot(page, info, `${scheme}-${name.toLowerCase()}`);
      }
    });
  });
}

test("the theme switch wins over the system and is kept", async ({ consolePage: page }) => {
  await ready(page);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: "Dark mode" }).click();
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await page.reload();
  await ready(page);
  expect(await background()).toBe(dark);
  await expect(page.getByRole("button", { name: "Dark mode" })).toHaveAttribute("aria-pressed", "true");
});

test.describe("on a telephone", () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test("nothing is wider than the screen, and the filters unfold", async ({ consolePage: page }, info) => {
    await ready(page);
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await search(page, "large feline animal");
    await expect(page.getByRole("checkbox", { name: /^Noun/ })).toBeHidden();
    await page.getByRole("button", { name: /^Filters/ }).click();
    await expect(page.getByRole("checkbox", { name: /^Noun/ })).toBeVisible();
    expect(await overflow()).toBeLessThanOrEqual(0);
    await screenshot(page, info, "telephone-results");
    for (const name of ["Query", "Collections", "Records", "Sync", "Storage", "Benchmarks"]) {
      await place(page, name).click();
      await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
      await expect(page.getByRole("progressbar")).toHaveCount(0);
      expect(await overflow(), name).toBeLessThanOrEqual(0);
      await screenshot(page, info, `telephone-${name.toLowerCase()}`);
    }
  });
});

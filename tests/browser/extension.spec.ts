/** The example of an extension, in Chromium: pages are kept by its button, found by meaning and by words, and survive what browsers do to extensions. */

import AxeBuilder from "@axe-core/playwright";
import { mergeTests, type Page } from "@playwright/test";

import { CHANGES } from "../../examples/extension/src/messages";
import { test as syncTest } from "../sync/fixtures";
import { ConsoleErrors } from "./support/console-errors";
import { buildExample } from "./support/example";
import { collectionName, createProfile, Extension, Site } from "./support/extension";
import type { BrowserProfile } from "./support/profile";

const article = (title: string, ...paragraphs: string[]): string => `<!doctype html><html lang="en"><head><title>${title}</title></head>
  <body><nav>Home · About · Imprint</nav><article><h1>${title}</h1>${paragraphs.map((text) => `<p>${text}</p>`).join("")}</article></body></html>`;

const PAGES = {
  "/wolves": article(
    "The grey wolf",
    "The grey wolf hunts in packs across forests and tundra. Packs follow elk and deer for days, and wear the weakest of a herd down before they attack.",
    "Cubs are born blind in spring, in a den that the mother has dug. The whole pack feeds them, until they are able to run with it in autumn.",
  ),
  "/bread": article(
    "Sourdough at home",
    "Mix flour, water and salt with a ripe starter, and let the dough rest overnight in a cool kitchen. Fold it four times before it is shaped into a loaf.",
    "Bake it in a hot iron pot: the steam keeps the crust soft while the loaf rises. Without the lid it becomes brown and crisp in twenty minutes.",
  ),
  "/orbits": article(
    "How satellites stay up",
    "A satellite falls around the Earth without ever landing, as it moves sideways as fast as it falls. The closer its orbit, the faster it has to be.",
    "Kepler found that the planets move along ellipses, and sweep equal areas in equal times. Newton's law of gravitation explains both.",
  ),
};

interface Fixtures {
  site: Site;
  profile: BrowserProfile;
  extension: Extension;
  errors: ConsoleErrors;
}

const test = mergeTests(syncTest).extend<Fixtures>({
  site: async ({}, use) => {
    const site = await Site.start({ ...PAGES });
    await use(site);
    await site.stop().catch(() => undefined);
  },
  profile: async ({}, use) => {
    const profile = await createProfile();
    await use(profile);
    await profile.remove();
  },
  errors: async ({}, use) => {
    const errors = new ConsoleErrors();
    // Browsers ask each site for an icon.
    errors.expect(/favicon\.ico/);
    await use(errors);
    test.expect(errors.unexpected(), "errors on the console").toEqual([]);
  },
  extension: async ({ profile, errors }, use) => {
    const extension = await Extension.launch(profile);
    errors.watch(extension.context);
    await use(extension);
  },
});
const { expect } = test;

test.beforeAll(async () => {
  // Two bundles, beside whatever else this machine does.
  test.setTimeout(240_000);
  await buildExample("extension");
});

async function keepAll(extension: Extension, site: Site): Promise<void> {
  const page = extension.context.pages()[0] ?? (await extension.context.newPage());
  for (const at of Object.keys(PAGES)) {
    await page.goto(site.url(at));
    await extension.keep(page);
  }
}

const titles = (page: Page) => page.locator(".result a.title");

async function find(page: Page, text: string): Promise<void> {
  await page.getByRole("searchbox", { name: "Search kept pages" }).fill(text);
  await expect(page.locator("#status")).toHaveText(/found$/);
}

test("pages are kept by the button, and found by meaning and by words, without a network and after a restart", async ({ extension, profile, site, errors }) => {
  await keepAll(extension, site);
  await site.stop();
  const look = async (popup: Page): Promise<void> => {
    await expect(titles(popup)).toHaveText(["How satellites stay up", "Sourdough at home", "The grey wolf"]);
    // No word of the page, but what it is about.
    await find(popup, "predators chasing prey");
    await expect(titles(popup).first()).toHaveText("The grey wolf");
    await expect(popup.locator("mark")).toHaveCount(0);
    await find(popup, "Kepler");
    await expect(titles(popup)).toHaveText(["How satellites stay up"]);
    await expect(popup.locator("mark").first()).toHaveText("Kepler");
    await expect(titles(popup)).toHaveAttribute("href", /\/orbits#:~:text=Kepler%20found%20that%20the,areas%20in%20equal%20times\.$/);
    await find(popup, "football results");
    await expect(popup.getByText("No kept page is about that")).toBeVisible();
  };
  await look(await extension.open("popup.html"));
  await profile.close();
  const again = await Extension.launch(profile);
  errors.watch(again.context);
  await look(await again.open("popup.html"));
});

test("a page that is kept again replaces what was there; one that is forgotten is gone", async ({ extension, site }) => {
  await keepAll(extension, site);
  site.pages["/wolves"] = article("The red fox", `The red fox lives alone and eats mice, berries and what it finds. ${"It sleeps in the open, with its tail around its nose. ".repeat(5)}`);
  const [page] = extension.context.pages();
  await page!.goto(`${site.url("/wolves")}?utm_source=mail#top`);
  await extension.keep(page!);
  const popup = await extension.open("popup.html");
  await expect(titles(popup)).toHaveText(["The red fox", "How satellites stay up", "Sourdough at home"]);
  await find(popup, "cubs den");
  await expect(popup.getByText("The grey wolf")).toHaveCount(0);

  await find(popup, "fox mice");
  await popup.getByRole("button", { name: "Forget The red fox" }).click();
  await popup.getByRole("button", { name: "Forget The red fox for good?" }).click();
  await expect(popup.getByText("The red fox")).toHaveCount(0);
  await popup.getByRole("searchbox").fill("");
  await expect(titles(popup)).toHaveText(["How satellites stay up", "Sourdough at home"]);
});

test("nothing is lost when the service worker, or the document with the store, ends in the middle of keeping", async ({ extension, site }) => {
  test.slow();
  const [page] = extension.context.pages();
  await page!.goto(site.url("/wolves"));
  // Opened first: a popup closes when another tab is shown.
  const other = await extension.open("options.html");
  const popup = await extension.press(page!);
  await popup.until(`document.querySelector("#current button:enabled")`);
  // The page is busy, so that reading it waits.
  await page!.evaluate(() => void setTimeout(() => { const end = Date.now() + 3000; while (Date.now() < end); }));
  await popup.evaluate(`document.querySelector("#current button").click()`);
  await expect.poll(() => other.evaluate(async () => Object.values(await chrome.storage.local.get<Record<string, { state: string }>>(null)).map(({ state }) => state))).toEqual(["reading"]);
  await extension.stopWorker(other);
  // The alarm wakes another one after half a minute.
  await expect(titles(other)).toHaveText(["The grey wolf"], { timeout: 60_000 });

  // The document with the store ends once the page was handed over, or just before or after that: what is noted is done all the same.
  await page!.goto(site.url("/bread"));
  const again = await extension.press(page!);
  await again.until(`document.querySelector("#current button:enabled")`);
  await Promise.all([again.evaluate(`document.querySelector("#current button").click()`), extension.closeDocument()]);
  await other.reload();
  await expect(titles(other)).toHaveText(["Sourdough at home", "The grey wolf"]);
  await expect.poll(() => other.evaluate(() => chrome.storage.local.get(null))).toEqual({});
  expect((await extension.targets()).filter(({ type, url }) => type === "background_page" && url.endsWith("offscreen.html"))).toHaveLength(1);
});

test("the address bar suggests kept pages and opens the one that fits best", async ({ extension, site }) => {
  site.pages["/wolves"] = article("Wolves & <dogs>", "The grey wolf hunts in packs: \"elk\" & deer. ".repeat(8));
  await keepAll(extension, site);
  const worker = await extension.worker();
  const suggestions = await worker.evaluate(
    () => new Promise<{ content: string; description: string }[]>((resolve) => {
      const event = chrome.omnibox.onInputChanged as unknown as { dispatch(text: string, show: (all: { content: string; description: string }[]) => void): void };
      event.dispatch("elk", resolve);
    }),
  );
  expect(suggestions[0]?.description).toMatch(/^Wolves &amp; &lt;dogs&gt; <dim>The grey wolf hunts in packs: &quot;<match>elk<\/match>&quot; &amp; deer\.<\/dim> <url>127\.0\.0\.1<\/url>$/);
  const opened = extension.context.waitForEvent("page");
  await worker.evaluate(() => (chrome.omnibox.onInputEntered as unknown as { dispatch(text: string, disposition: string): void }).dispatch("baking a loaf", "newForegroundTab"));
  await expect(await opened).toHaveURL(/\/bread/);
});

test("everything is reached by keys", async ({ extension, site }) => {
  await keepAll(extension, site);
  const popup = await extension.open("popup.html");
  await expect(popup.getByRole("searchbox")).toBeFocused();
  await popup.keyboard.type("gravitation");
  await expect(titles(popup)).toHaveText(["How satellites stay up"]);
  await popup.keyboard.press("ArrowDown");
  await expect(titles(popup)).toBeFocused();
  // The list is made anew when pages change, or the answer to the last letter comes after the key: the focus stays on the same link.
  const before = await titles(popup).elementHandle();
  await popup.evaluate((name) => new BroadcastChannel(name).postMessage("pages"), CHANGES);
  await expect.poll(() => before.evaluate((link) => link.isConnected)).toBe(false);
  await expect(titles(popup)).toBeFocused();
  await popup.keyboard.press("ArrowUp");
  await expect(popup.getByRole("searchbox")).toBeFocused();
  const opened = extension.context.waitForEvent("page");
  await popup.keyboard.press("Enter");
  await expect(await opened).toHaveURL(/\/orbits/);
});

test("sites are counted, and an export brings pages into another browser", async ({ extension, site }, info) => {
  await keepAll(extension, site);
  const options = await extension.open("options.html");
  await expect(titles(options)).toHaveCount(3);
  const download = options.waitForEvent("download");
  await options.getByRole("button", { name: "Export" }).click();
  const file = info.outputPath("kept.chromatid");
  await (await download).saveAs(file);

  const profile = await createProfile();
  try {
    const other = await Extension.launch(profile);
    const there = await other.open("options.html");
    await expect(there.getByText("Nothing kept yet")).toBeVisible();
    await there.getByLabel("File to import").setInputFiles(file);
    await expect(titles(there)).toHaveText(["How satellites stay up", "Sourdough at home", "The grey wolf"]);
    await there.getByLabel("File to import").setInputFiles(file);
    await expect(there.locator("#backup-note")).toHaveText("0 pages imported");
    await find(there, "wild animals hunting");
    await expect(titles(there).first()).toHaveText("The grey wolf");
  } finally {
    await profile.remove();
  }
});

test("two browsers sync through a Chroma server", async ({ extension, site, chroma, errors }) => {
  // What a link asks for, and only some servers have.
  errors.expect(/status of (404|500)/);
  const collection = collectionName();
  const sync = async (of: Extension): Promise<Page> => {
    const page = await of.open("options.html");
    // The question of the browser cannot be answered from here; this server lets all pages ask.
    await page.evaluate(() => Object.assign(chrome.permissions, { request: () => Promise.resolve(false) }));
    await page.getByLabel("Server address").fill(chroma.url);
    await page.getByText("Where on the server").click();
    await page.getByLabel("Collection").fill(collection);
    await page.getByRole("button", { name: "Start syncing" }).click();
    await expect(page.locator("#sync-label")).toHaveText("In sync");
    return page;
  };
  await keepAll(extension, site);
  const one = await sync(extension);
  await one.getByRole("button", { name: "Sync now" }).click();
  await expect.poll(async () => [...(await chroma.python.seen(collection)).values()].map(({ metadata }) => metadata.title)).toContain("The grey wolf");

  const profile = await createProfile();
  try {
    const other = await Extension.launch(profile);
    const two = await sync(other);
    await expect(titles(two)).toHaveCount(3);
    await find(two, "predators chasing prey");
    await expect(titles(two).first()).toHaveText("The grey wolf");
    await two.getByRole("button", { name: "Forget The grey wolf" }).click();
    await two.getByRole("button", { name: "Forget The grey wolf for good?" }).click();
    await expect(two.getByText("The grey wolf")).toHaveCount(0);
    await expect(async () => {
      await two.getByRole("button", { name: "Sync now" }).click();
      await one.getByRole("button", { name: "Sync now" }).click();
      await expect(titles(one)).toHaveText(["How satellites stay up", "Sourdough at home"], { timeout: 2_000 });
    }).toPass();
  } finally {
    await profile.remove();
  }
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`popup and options can be used by all, ${colorScheme}`, async ({ site, errors }, info) => {
    const profile = await createProfile(colorScheme);
    try {
      const extension = await Extension.launch(profile);
      errors.watch(extension.context);
      const check = async (page: Page, name: string): Promise<void> => {
        await page.screenshot({ path: info.outputPath(`${name}.png`) });
        // axe opens another page to put its findings together, which a browser with an extension refuses.
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      };
      const empty = await extension.open("popup.html");
      await empty.setViewportSize({ width: 420, height: 590 });
      await expect(empty.getByText("Nothing kept yet")).toBeVisible();
      await check(empty, "empty");
      await keepAll(extension, site);
      const popup = await extension.open("popup.html");
      await popup.setViewportSize({ width: 420, height: 590 });
      await expect(titles(popup)).toHaveCount(3);
      await check(popup, "popup");
      await find(popup, "planets and gravitation");
      await check(popup, "found");
      const options = await extension.open("options.html");
      await expect(titles(options)).toHaveCount(3);
      await check(options, "options");
    } finally {
      await profile.remove();
    }
  });
}

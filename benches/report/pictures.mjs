/** Charts of the report as pictures for the documentation. */

import { mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { chromium } from "@playwright/test";

import { SetupError } from "../../scripts/lib/log.mjs";
import { findChromium } from "../../scripts/setup/chromium.mjs";

/** What INDEXES.md shows: the set, how many of its vectors, the title of the figure and the name of the picture. */
const PICTURES = [
  { set: "wordnet", n: 10_000, title: "Recall against queries per second", name: "recall-10k" },
  { set: "wordnet", n: 50_000, title: "Recall against queries per second", name: "recall-50k" },
  { set: "wordnet", n: 50_000, title: "Median query", name: "growth" },
  { set: "wordnet", n: 50_000, title: "Opening to the first answer", name: "cold-open" },
  { set: "wordnet", n: 50_000, title: "WebAssembly memory", name: "memory" },
  { set: "wordnet", n: 50_000, title: "100 more vectors made durable", name: "small-writes" },
];

/**
 * @param {string} report the page of charts
 * @param {string} directory where the pictures go
 */
export async function takePictures(report, directory) {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new SetupError("no Chromium: run `node scripts/setup/chromium.mjs`");
  }
  mkdirSync(directory, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage({ viewport: { width: 860, height: 900 }, colorScheme: "light" });
    await page.goto(pathToFileURL(report).href);
    // What runs natively is another comparison.
    for (const native of await page.getByRole("checkbox", { name: /, native$/ }).all()) {
      await native.uncheck();
    }
    for (const { set, n, title, name } of PICTURES) {
      await page.getByLabel("Vectors from").selectOption(set);
      await page.getByLabel("How many").selectOption(String(n));
      await page.getByRole("region", { name: title, exact: true }).screenshot({ path: path.join(directory, `${name}.png`) });
    }
  } finally {
    await browser.close();
  }
}

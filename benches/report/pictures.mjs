/** Charts of the report as pictures for the documentation. */

import { mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { chromium } from "@playwright/test";

import { SetupError } from "../../scripts/lib/log.mjs";
import { findChromium } from "../../scripts/setup/chromium.mjs";

/** What the documents show: the set, how many of its vectors, the title of the figure, the name of the picture, and whether the table beside the chart is but its legend. */
const PICTURES = [
  { set: "wordnet", n: 10_000, title: "Recall against queries per second", name: "recall-10k", legend: true },
  { set: "wordnet", n: 50_000, title: "Recall against queries per second", name: "recall-50k", legend: true },
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
    // Nobody scrolls a picture.
    await page.addStyleTag({ content: ".figure-body .scroll-box { max-height: none; }" });
    for (const { set, n, title, name, legend = false } of PICTURES) {
      await page.getByLabel("Vectors from").selectOption(set);
      await page.getByLabel("How many").selectOption(String(n));
      const figure = page.getByRole("region", { name: title, exact: true });
      await figure.evaluate(shorten, legend);
      await figure.screenshot({ path: path.join(directory, `${name}.png`) });
    }
  } finally {
    await browser.close();
  }
}

/**
 * Leaves of a table that has a row for each setting the stores alone, if it is to be a legend.
 * @param {Figure} figure
 * @param {boolean} legend
 */
function shorten(figure, legend) {
  const seen = new Set();
  for (const row of figure.querySelectorAll("tr")) {
    const [store, ...others] = row.cells;
    row.hidden = legend && seen.has(store?.textContent);
    seen.add(store?.textContent);
    others.forEach((cell) => (cell.hidden = legend));
  }
}

/** @typedef {{ hidden: boolean, textContent: string | null }} Part */
/** @typedef {{ querySelectorAll(selector: string): Iterable<Part & { cells: Iterable<Part> }> }} Figure what is used of an element: scripts know no pages */

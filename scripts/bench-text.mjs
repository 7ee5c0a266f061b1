/** The part of `npm run bench -- --text`: filters and text search beside other stores, and how relevant what is found is. */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { makeTexts } from "../benches/data/texts.mjs";
import { buildTextPeers } from "../benches/peers/build.mjs";
import { TEXT_PEERS } from "../benches/peers/peers.mjs";
import { textTables } from "../benches/report/text-tables.mjs";
import { shippedRelevance } from "../benches/relevance.mjs";
import { say, SetupError } from "./lib/log.mjs";
import { ROOT } from "./lib/run.mjs";

/** @typedef {import("../benches/browser/plan.js").TextRun} TextRun */
/** @typedef {import("../benches/browser/text-results.js").TextResults} TextResults */

const OUT = path.join(ROOT, "target/bench");
export const TEXT_RESULTS = path.join(OUT, "text-results.json");
const TABLES = path.join(OUT, "text-results.md");

const { version } = JSON.parse(readFileSync(path.join(ROOT, "pkg/package.json"), "utf8"));

const ALL = "texts, metadata, vectors";

/** @type {TextRun["store"][]} */
const OURS = [
  { name: "chromatid", version, holds: ALL, runs_in: "page", url: "/bench-stores/texts-and-vectors.js" },
  { name: "chromatid", version, holds: ALL, runs_in: "worker", url: "/bench-stores/texts-and-vectors.js" },
  { name: "chromatid, texts alone", version, holds: "texts, metadata", runs_in: "worker", url: "/bench-stores/texts-alone.js" },
];

/** @type {TextRun["store"][]} */
const OTHERS = TEXT_PEERS.map(({ name, title, version, holds }) => {
  return { name: title, version, holds, runs_in: "worker", url: `/bench-text-peers/${name}.js` };
});

/**
 * Every store with every size, the small ones first; makes the records that are missing.
 * @param {{ stores?: string | undefined, sizes: number[], limit: number, merge: boolean }} options
 * @returns {Promise<TextRun[]>}
 */
export async function planTexts({ stores, sizes, limit, merge }) {
  const chosen = chooseStores(stores);
  for (const size of sizes) {
    await makeTexts(size);
  }
  if (chosen.some(({ url }) => url.startsWith("/bench-text-peers/"))) {
    await buildTextPeers();
  }
  if (!merge) {
    rmSync(TEXT_RESULTS, { force: true });
  }
  const ascending = [...sizes].sort((a, b) => a - b);
  return ascending.flatMap((n) => chosen.map((store) => ({ store, n, limit_seconds: limit })));
}

/** @param {string} [names] */
function chooseStores(names) {
  const all = [...OURS, ...OTHERS];
  const shortName = (/** @type {TextRun["store"]} */ { url }) => path.basename(url, ".js");
  return (names?.split(",") ?? all.map(({ name }) => name)).filter((name, i, chosen) => chosen.indexOf(name) === i).flatMap((name) => {
    const found = all.filter((store) => store.name === name || shortName(store) === name);
    if (found.length === 0) {
      throw new SetupError(`no store is named ${name}: choose from ${["chromatid", ...all.map(shortName)].join(", ")}`);
    }
    return found;
  });
}

/** Adds the relevance on the shipped collection to the results, and writes them as tables. */
export async function reportTexts() {
  const results = /** @type {TextResults} */ (JSON.parse(readFileSync(TEXT_RESULTS, "utf8")));
  say("relevance: searching the shipped collection");
  results.shipped = { words: await shippedRelevance("words"), stems: await shippedRelevance("stems") };
  writeFileSync(TEXT_RESULTS, `${JSON.stringify(results, undefined, 1)}\n`);
  const tables = textTables(results);
  writeFileSync(TABLES, tables);
  say(`\n${tables}\nbench: ${path.relative(ROOT, TEXT_RESULTS)}, ${path.relative(ROOT, TABLES)}`);
}

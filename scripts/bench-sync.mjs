/** The part of `npm run bench -- --sync`: links beside the official client, with a Chroma server each, on the same records. */

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { makeSet } from "../benches/data/make.mjs";
import { openSet } from "../benches/http/set.mjs";
import { measureLinks, measureOfficial } from "../benches/sync/measure.mjs";
import { withChroma } from "./conformance/server.mjs";
import { say } from "./lib/log.mjs";
import { ROOT } from "./lib/run.mjs";

const OUT = path.join(ROOT, "target/bench");

/** @param {{ sizes: number[] }} options */
export async function benchSync({ sizes }) {
  await makeSet("wordnet", Math.max(...sizes));
  /** @type {(import("../benches/sync/measure.mjs").Row & { size: number })[]} */
  const rows = [];
  for (const size of sizes) {
    const set = openSet(path.join(ROOT, "target/bench-data/wordnet"), size);
    for (const measure of [measureOfficial, measureLinks]) {
      const measured = await withChroma((_, port) => measure({ host: "127.0.0.1", port }, set));
      rows.push(...measured.map((row) => ({ size, ...row })));
    }
  }
  mkdirSync(OUT, { recursive: true });
  writeFileSync(path.join(OUT, "sync-results.json"), `${JSON.stringify(rows, undefined, 1)}\n`);
  say(`\n${table(rows)}`);
}

/** @param {(import("../benches/sync/measure.mjs").Row & { size: number })[]} rows */
function table(rows) {
  const lines = rows.map(({ size, what, seconds, records, requests, sent, received }) => {
    const rate = records === 0 ? "" : `${Math.round(records / seconds)}`;
    const bytes = sent === undefined || received === undefined ? "" : `${Math.round((sent + received) / 1000)} kB`;
    return `| ${size} | ${what} | ${seconds.toFixed(2)} | ${rate} | ${requests ?? ""} | ${bytes} |`;
  });
  return ["| records | what | seconds | records/s | requests | sent and received |", "|---|---|---|---|---|---|", ...lines].join("\n");
}

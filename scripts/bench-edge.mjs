/** The part of `npm run bench -- --edge`: the official client against a Worker in workerd, and what it costs to start one. */

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { makeSet } from "../benches/data/make.mjs";
import { isolateBytes } from "../benches/http/isolate.mjs";
import { inspectorPort, makeDirectory, startServer, workerDirectory, WORKERD } from "../benches/http/servers.mjs";
import { median, openSet } from "../benches/http/set.mjs";
import { httpTable } from "../benches/http/table.mjs";
import { bundle } from "../tests/edge/support/bundle.mjs";
import { say, SetupError } from "./lib/log.mjs";
import { ROOT, run } from "./lib/run.mjs";

const OUT = path.join(ROOT, "target/bench");
const PORT = 8766;
const STARTS = 5;
const COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections";

/** @typedef {{ startMs: number, firstMs: number, rss: number }} Start */

/** @param {{ sizes: number[] }} options */
export async function benchEdge({ sizes }) {
  await makeSet("wordnet", Math.max(...sizes));
  const set = path.join(ROOT, "target/bench-data/wordnet");
  // Beforehand: no start is to wait for it.
  await bundle("worker/open.ts", workerDirectory("open"));
  const empty = await emptyStart();
  const results = [];
  for (const size of sizes) {
    results.push(await measure(set, size));
  }
  mkdirSync(OUT, { recursive: true });
  writeFileSync(path.join(OUT, "edge-results.json"), `${JSON.stringify({ empty, results }, undefined, 1)}\n`);
  say(`\n${httpTable(results.map(({ row }) => row))}`);
  for (const { row, cold, isolate } of results) {
    say(`${row.rows} records: a process that starts, opens the store and answers its first query takes ${ms(cold.firstMs - empty.startMs)} more than one with an empty Worker (${ms(empty.startMs)}); after it, ${megabytes(cold.rss - empty.rss)} more memory (${megabytes(empty.rss)}); after all that was measured its isolate holds ${megabytes(isolate)}`);
  }
}

/** What a Worker costs that does nothing. */
async function emptyStart() {
  const { directory, remove } = makeDirectory();
  try {
    return await medianOf(() => startOnce(WORKERD.empty, directory, () => Promise.resolve()));
  } finally {
    remove();
  }
}

/**
 * @param {string} set
 * @param {number} size
 */
async function measure(set, size) {
  const { directory, remove } = makeDirectory();
  try {
    const running = await startServer(WORKERD.ours, PORT, directory, "");
    const client = [process.execPath, path.join(ROOT, "benches/http/client.mjs"), running.url, set, String(size)];
    const { code, output } = await run(client, { capture: true });
    if (code !== 0) {
      throw new SetupError("the client failed on the Worker");
    }
    const memory = running.memory();
    const isolate = await isolateBytes(inspectorPort(PORT));
    await running.stop();
    const [query = []] = openSet(set, size).queries;
    const cold = await medianOf(() => startOnce(WORKERD.ours, directory, (url) => firstAnswer(url, query)));
    const result = JSON.parse(output.trim().split("\n").at(-1) ?? "");
    /** @type {import("../benches/http/table.mjs").HttpRow} */
    const row = { server: WORKERD.ours.name, startMs: running.startMs, restartMs: cold.firstMs, memory, ...result };
    return { row, cold, isolate };
  } finally {
    remove();
  }
}

/**
 * @param {import("../benches/http/servers.mjs").Kind} kind
 * @param {string} directory
 * @param {(url: string) => Promise<void>} ask
 * @returns {Promise<Start>}
 */
async function startOnce(kind, directory, ask) {
  const started = performance.now();
  const running = await startServer(kind, PORT, directory, "");
  await ask(running.url);
  const firstMs = performance.now() - started;
  const { rss } = running.memory();
  await running.stop();
  return { startMs: running.startMs, firstMs, rss };
}

/**
 * @param {string} url
 * @param {number[]} query
 */
async function firstAnswer(url, query) {
  const collection = await fetch(`${url}${COLLECTIONS}/large`);
  const { id } = /** @type {{ id: string }} */ (await collection.json());
  const body = JSON.stringify({ query_embeddings: [query], n_results: 10, include: ["documents", "metadatas", "distances"] });
  const answer = await fetch(`${url}${COLLECTIONS}/${id}/query`, { method: "POST", body, headers: { "content-type": "application/json" } });
  const { ids } = /** @type {{ ids: string[][] }} */ (await answer.json());
  if (ids[0]?.length !== 10) {
    throw new SetupError("the first query was not answered");
  }
}

/**
 * @param {() => Promise<Start>} start
 * @returns {Promise<Start>}
 */
async function medianOf(start) {
  /** @type {Start[]} */
  const starts = [];
  for (let n = 0; n < STARTS; n += 1) {
    starts.push(await start());
  }
  const of = (/** @type {keyof Start} */ name) => median(starts.map((one) => one[name]));
  return { startMs: of("startMs"), firstMs: of("firstMs"), rss: of("rss") };
}

/** @param {number} value */
const ms = (value) => `${value.toFixed(0)} ms`;

/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

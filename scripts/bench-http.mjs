/** The part of `npm run bench -- --http`: the official clients against our server and Chroma's, in one run. */

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { makeSet } from "../benches/data/make.mjs";
import { makeDirectory, SERVERS, startServer } from "../benches/http/servers.mjs";
import { httpTable } from "../benches/http/table.mjs";
import { say, SetupError } from "./lib/log.mjs";
import { ROOT, run } from "./lib/run.mjs";
import { ensureChroma } from "./setup/python.mjs";

const OUT = path.join(ROOT, "target/bench");
const PORT = 8765;

/** @typedef {import("../benches/http/table.mjs").HttpRow} HttpRow */

/** @param {{ sizes: number[] }} options */
export async function benchHttp({ sizes }) {
  const python = await ensureChroma();
  await makeSet("wordnet", Math.max(...sizes));
  const set = path.join(ROOT, "target/bench-data/wordnet");
  const clients = [
    [process.execPath, path.join(ROOT, "benches/http/client.mjs")],
    [python, path.join(ROOT, "benches/http/client.py")],
  ];
  /** @type {HttpRow[]} */
  const rows = [];
  for (const size of [...sizes].sort((a, b) => a - b)) {
    for (const client of clients) {
      for (const server of SERVERS) {
        rows.push(await measure(server, client, set, size, python));
      }
    }
  }
  mkdirSync(OUT, { recursive: true });
  writeFileSync(path.join(OUT, "http-results.json"), `${JSON.stringify(rows, undefined, 1)}\n`);
  say(`\n${httpTable(rows)}`);
}

/**
 * One client on one server with an empty directory; then the server again, on what it has stored.
 * @param {import("../benches/http/servers.mjs").Kind} server
 * @param {string[]} client
 * @param {string} set
 * @param {number} size
 * @param {string} python
 * @returns {Promise<HttpRow>}
 */
async function measure(server, client, set, size, python) {
  const { directory, remove } = makeDirectory();
  try {
    const running = await startServer(server, PORT, directory, python);
    const { code, output } = await run([...client, running.url, set, String(size)], { capture: true });
    if (code !== 0) {
      throw new SetupError(`the client failed on ${server.name}`);
    }
    const memory = running.memory();
    await running.stop();
    const again = await startServer(server, PORT, directory, python);
    await again.stop();
    /** @type {Omit<HttpRow, "server" | "startMs" | "restartMs" | "memory">} */
    const result = JSON.parse(output.trim().split("\n").at(-1) ?? "");
    say(`${server.name}, ${result.client}, ${size}: done`);
    return { server: server.name, startMs: running.startMs, restartMs: again.startMs, memory, ...result };
  } finally {
    remove();
  }
}

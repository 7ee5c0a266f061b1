/** A Chroma server of its Python package, for as long as something runs. */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { SetupError } from "../lib/log.mjs";
import { ensureChroma } from "../setup/python.mjs";

const START_MS = 60_000;

/**
 * @template T
 * @param {(url: string, port: number) => Promise<T>} use
 * @param {{ origins?: string[] }} [options] `origins` of pages that may ask the server
 * @returns {Promise<T>}
 */
export async function withChroma(use, { origins = [] } = {}) {
  const python = await ensureChroma();
  const directory = mkdtempSync(path.join(tmpdir(), "chroma-"));
  const port = await freePort();
  const settings = path.join(directory, "chroma.yaml");
  const data = path.join(directory, "data");
  const lines = [`port: ${port}`, 'listen_address: "127.0.0.1"', `persist_path: ${JSON.stringify(data)}`, "allow_reset: true"];
  if (origins.length > 0) {
    lines.push(`cors_allow_origins: ${JSON.stringify(origins)}`);
  }
  writeFileSync(settings, lines.join("\n"));
  const server = spawn(path.join(path.dirname(python), "chroma"), ["run", settings], { stdio: "ignore" });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  try {
    const url = `http://127.0.0.1:${port}`;
    await ready(url);
    return await use(url, port);
  } finally {
    server.kill();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param {string} url */
async function ready(url) {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    const answered = await fetch(`${url}/api/v2/heartbeat`).then((response) => response.ok, () => false);
    if (answered) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new SetupError("the Chroma server did not start: run `.venv-chroma/bin/chroma run` to see why.");
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

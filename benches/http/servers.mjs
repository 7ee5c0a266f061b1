/** The servers that are measured: each in a process of its own, with its data in files. */

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { ROOT } from "../../scripts/lib/run.mjs";

const START_MS = 60_000;

/**
 * @typedef {object} Running
 * @property {string} url
 * @property {number} startMs until it answered first
 * @property {() => { rss: number, peak: number }} memory in bytes
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {(port: number, directory: string, python: string) => [command: string, ...args: string[]]} command
 */

/** @type {Kind[]} */
export const SERVERS = [
  {
    name: "chromatid",
    command: (port, directory) => [process.execPath, path.join(ROOT, "pkg/dist/cli/main.js"), "run", "--path", directory, "--host", "127.0.0.1", "--port", String(port)],
  },
  {
    name: "Chroma",
    command: (port, directory, python) => {
      const settings = path.join(directory, "settings.yaml");
      const data = JSON.stringify(path.join(directory, "data"));
      writeFileSync(settings, `port: ${port}\nlisten_address: "127.0.0.1"\npersist_path: ${data}\n`);
      return [path.join(path.dirname(python), "chroma"), "run", settings];
    },
  },
];

const WORKER = path.join(ROOT, "benches/http/workerd.mjs");

/**
 * Where the script of a Worker lies.
 * @param {string} kind
 */
export const workerDirectory = (kind) => path.join(ROOT, "target/bench-edge", kind);

/** The same API in workerd, the data in a Durable Object; and what a Worker costs that does nothing. */
export const WORKERD = {
  /** @type {Kind} */
  ours: { name: "chromatid in workerd", command: (port, directory) => [process.execPath, WORKER, "open", String(port), directory] },
  /** @type {Kind} */
  empty: { name: "an empty Worker", command: (port, directory) => [process.execPath, WORKER, "empty", String(port), directory] },
};

/**
 * Where the inspector of a Worker on a port listens.
 * @param {number} port
 */
export const inspectorPort = (port) => port + 1;

/** A directory of its own for a server's data. */
export function makeDirectory() {
  const directory = mkdtempSync(path.join(tmpdir(), "bench-http-"));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/**
 * @param {Kind} kind
 * @param {number} port
 * @param {string} directory
 * @param {string} python
 * @returns {Promise<Running>}
 */
export async function startServer(kind, port, directory, python) {
  const [command, ...args] = kind.command(port, directory, python);
  const started = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/api/v2/heartbeat`).then(({ ok }) => ok, () => false))) {
    if (performance.now() - started > START_MS || child.exitCode !== null) {
      child.kill("SIGKILL");
      throw new Error(`${kind.name} does not answer`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    url,
    startMs: performance.now() - started,
    memory: () => memoryOf(serving(child.pid ?? 0)),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/**
 * The process that does the work: workerd runs in one of its own, below the one that was started.
 * @param {number} pid
 */
function serving(pid) {
  const isChild = (/** @type {string} */ entry) => {
    try {
      const [, name = "", parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, "utf8")) ?? [];
      return name.startsWith("workerd") && Number(parent) === pid;
    } catch {
      return false;
    }
  };
  return Number(readdirSync("/proc").filter((entry) => /^\d+$/.test(entry)).find(isChild) ?? pid);
}

/** @param {number} pid */
function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (/** @type {string} */ name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? Number.NaN) * 1024;
  return { rss: bytes("VmRSS"), peak: bytes("VmHWM") };
}

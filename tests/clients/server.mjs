/** This package's HTTP server in a process of its own, for as long as something runs. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = path.join(import.meta.dirname, "serve.mjs");

/**
 * @typedef {{ url: string, port: number, process: import("node:child_process").ChildProcess }} Ours
 */

/**
 * @param {object} [options] of the handler; `port` too, and `token`, without which everybody may do everything
 * @returns {Promise<Ours & { close(): Promise<void> }>}
 */
export async function startOurs(options = {}) {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  if (typeof line !== "string") {
    throw new Error("the server did not start: its message stands above");
  }
  const { url, port } = JSON.parse(line);
  return {
    url,
    port,
    process: child,
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/**
 * @template T
 * @param {(url: string, port: number) => Promise<T>} use
 * @param {object} [options] as of {@link startOurs}
 * @returns {Promise<T>}
 */
export async function withOurs(use, options) {
  const server = await startOurs(options);
  try {
    return await use(server.url, server.port);
  } finally {
    await server.close();
  }
}

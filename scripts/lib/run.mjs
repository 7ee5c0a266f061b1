/** Child processes. */

import { spawn } from "node:child_process";
import path from "node:path";

/** The root of the repository. */
export const ROOT = path.join(import.meta.dirname, "..", "..");

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] default: the root of the repository
 * @property {Record<string, string>} [env] added to the environment
 * @property {number} [timeoutMs] ends the program when it takes longer; its code is then 124
 * @property {boolean} [capture] also collect what the program prints (both streams, in order)
 * @property {boolean} [quiet] collect it without showing it
 */

/**
 * Runs a program to its end, its output shown as it comes.
 * @param {string[]} command
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>} never rejects: a program that cannot start has code 127
 */
export function run([program = "", ...rest], options = {}) {
  const { cwd = ROOT, env = {}, timeoutMs, quiet = false, capture = quiet } = options;
  return new Promise((resolve) => {
    const child = spawn(program, rest, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", capture ? "pipe" : "inherit", capture ? "pipe" : "inherit"],
    });
    /** @type {Buffer[]} */
    const chunks = [];
    const collect = (/** @type {NodeJS.WriteStream} */ show) => (/** @type {Buffer} */ chunk) => {
      chunks.push(chunk);
      if (!quiet) {
        show.write(chunk);
      }
    };
    child.stdout?.on("data", collect(process.stdout));
    child.stderr?.on("data", collect(process.stderr));

    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGTERM");
    }, timeoutMs ?? 0x7fffffff);
    const finish = (/** @type {number} */ code) => {
      clearTimeout(timer);
      resolve({ code: timedOut ? 124 : code, output: Buffer.concat(chunks).toString() });
    };
    child.on("error", (error) => {
      chunks.push(Buffer.from(error.message));
      finish(127);
    });
    child.on("close", (code) => finish(code ?? 1));
  });
}

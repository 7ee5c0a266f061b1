/** Suites that are programs of their own: each prints a line of JSON for every step, `{"step", "outcome"}`. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { Reader } from "./outcomes.mjs";

/**
 * @param {string[]} command to which the port is added
 * @param {number} port of a server of this machine that may be reset
 * @param {{ cwd?: string }} [options]
 * @returns {Promise<import("./suite.mjs").Outcomes>}
 */
export async function runProgram([program = "", ...rest], port, { cwd } = {}) {
  const child = spawn(program, [...rest, String(port)], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
    // Nothing is sent anywhere else, no bytecode is left beside the sources, and sets have one order.
    env: { ...process.env, ANONYMIZED_TELEMETRY: "False", PYTHONDONTWRITEBYTECODE: "1", PYTHONHASHSEED: "0" },
  });
  const ended = once(child, "close");
  const reader = new Reader(port);
  const outcomes = new Map();
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith("{\"step\"")) {
      const { step, outcome } = JSON.parse(line);
      outcomes.set(step, reader.read(outcome));
    }
  }
  const [code] = await ended;
  if (code !== 0) {
    throw new Error(`${program} ${rest.join(" ")} ended with code ${code}`);
  }
  return outcomes;
}

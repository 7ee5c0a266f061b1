/** Whole clients against a Chroma server and against ours, step by step. See tests/clients/README.md. */

import path from "node:path";

import { runHostile } from "../../tests/clients/hostile/run.mjs";
import { runNpmClient } from "../../tests/clients/npm/run.mjs";
import { runProgram } from "../../tests/clients/programs.mjs";
import { withOurs } from "../../tests/clients/server.mjs";
import { Suite } from "../../tests/clients/suite.mjs";
import { heading, say } from "../lib/log.mjs";
import { ROOT } from "../lib/run.mjs";
import { ensureFrameworks } from "../setup/npm.mjs";
import { ensureChroma, ensureEnvironment } from "../setup/python.mjs";
import { withChroma } from "./server.mjs";

/** @typedef {(port: number) => Promise<import("../../tests/clients/suite.mjs").Outcomes>} Runner */
/**
 * @typedef {object} Client
 * @property {string} directory below tests/clients
 * @property {() => Promise<Runner>} prepare what it needs is there when this resolves
 */

const DIRECTORY = path.join(ROOT, "tests/clients");

/** @type {Client[]} */
export const CLIENTS = [
  { directory: "npm", prepare: () => Promise.resolve(runNpmClient) },
  // The worst of all clients.
  { directory: "hostile", prepare: () => Promise.resolve(runHostile) },
  {
    directory: "python",
    async prepare() {
      const python = await ensureChroma();
      return (port) => runProgram([python, "run.py"], port, { cwd: path.join(DIRECTORY, "python") });
    },
  },
];

/** @type {Client[]} */
export const FRAMEWORKS = [
  {
    directory: "frameworks/npm",
    async prepare() {
      await ensureFrameworks();
      return (port) => runProgram([process.execPath, "run.mjs"], port, { cwd: path.join(DIRECTORY, "frameworks/npm") });
    },
  },
  {
    directory: "frameworks/python",
    async prepare() {
      const python = await ensureEnvironment({
        directory: ".venv-frameworks",
        requirements: "tests/clients/frameworks/python/requirements.txt",
        what: "LangChain and LlamaIndex (about 800 MB)",
      });
      return (port) => runProgram([python, "run.py"], port, { cwd: path.join(DIRECTORY, "frameworks/python") });
    },
  },
];

/**
 * Runs clients against both servers.
 * @param {Client[]} clients
 * @param {{ record: boolean }} options record: what they do now is what is expected from now on
 * @returns {Promise<boolean>} whether they do what is expected, and every difference has its reason
 */
export async function compareClients(clients, { record }) {
  const summary = [];
  for (const { directory, prepare } of clients) {
    heading(directory);
    const run = await prepare();
    const chroma = await withChroma((_, port) => run(port));
    const ours = await withOurs((_, port) => run(port));
    const suite = new Suite(directory);
    if (record) {
      suite.record(chroma, ours);
    }
    const faults = [
      ...suite.judge("chroma", chroma).map((fault) => `≠ Chroma, ${fault}`),
      ...suite.judge("ours", ours).map((fault) => `≠ ours, ${fault}`),
      ...suite.unexplained().map((fault) => `≠ ${fault}`),
    ];
    faults.forEach(say);
    say("where ours does something else, and why:");
    suite.told().forEach((told) => say(`  ${told}`));
    const differing = Object.values(suite.expected()).filter((step) => step.ours).length;
    summary.push({ line: `${directory}: ${ours.size} steps, ${differing} differ with a reason, ${faults.length} without`, isGood: faults.length === 0 });
  }
  say("");
  summary.forEach(({ line }) => say(line));
  return summary.every(({ isGood }) => isGood);
}

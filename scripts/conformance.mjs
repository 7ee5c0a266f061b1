/**
 * Compares Chroma, the engine, the HTTP server and the package by the corpus, and copies from and to Chroma: `npm run conformance`. See
 * tests/conformance/README.md.
 *
 *   --record          records the corpus anew first; with --clients or --frameworks, what they do
 *   --only=chroma     only this one: `chroma`, `engine`, `server`, `package` or `copy`
 *   --clients         instead: the official clients, npm and Python, and hostile requests, against Chroma and against our server
 *   --frameworks      instead: the vector stores of LangChain and LlamaIndex, npm and Python
 *   --official-tests  instead: the test suite of the Python package, against both; with --properties its property tests too
 */

import { rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { withOurs } from "../tests/clients/server.mjs";
import { readCases } from "../tests/conformance/corpus.mjs";
import { judgeOurServer, judgeServer } from "../tests/conformance/runners/judge.mjs";
import { runOnServer } from "../tests/conformance/runners/rest.mjs";
import { buildPackage, buildWasm } from "./build.mjs";
import { copyThereAndBack } from "./conformance/copy.mjs";
import { officialTests } from "./conformance/official-tests.mjs";
import { record } from "./conformance/record.mjs";
import { withChroma } from "./conformance/server.mjs";
import { CLIENTS, compareClients, FRAMEWORKS } from "./conformance/suites.mjs";
import { heading, isMain, say, SetupError } from "./lib/log.mjs";
import { ROOT, run } from "./lib/run.mjs";
import { ensureChromium } from "./setup/chromium.mjs";
import { ensureNpm } from "./setup/npm.mjs";
import { ensureWasmTarget } from "./setup/wasm-target.mjs";

/** How the runners begin a line that tells a difference. */
const DIFFERENCE = /≠ .*/g;

/**
 * @param {string} url of a server
 * @param {typeof judgeServer} judge
 * @returns {Promise<string[]>}
 */
async function overHttp(url, judge) {
  const differences = [];
  for (const [area, name, { steps }] of readCases()) {
    const outcomes = await runOnServer(url, steps);
    for (const [index, step] of steps.entries()) {
      const outcome = outcomes[index];
      const difference = outcome ? judge(step, outcome) : "it was not run";
      if (difference !== null) {
        differences.push(`≠ ${area}/${name}, step ${index + 1} (${step.call} ${JSON.stringify(step.body)})${difference}`);
      }
    }
  }
  differences.forEach(say);
  return differences;
}

/** @returns {Promise<string[]>} */
function onEngine() {
  return differencesOf(["cargo", "test", "--locked", "--test", "conformance"]);
}

/** @returns {Promise<string[]>} */
async function onServer() {
  await builtPackage();
  return withOurs((url) => overHttp(url, judgeOurServer));
}

/** @returns {Promise<string[]>} */
async function onPackage() {
  await builtPackage();
  await ensureChromium();
  const output = path.join(ROOT, "test-results/conformance");
  rmSync(output, { recursive: true, force: true });
  return differencesOf(["node_modules/.bin/playwright", "test", "corpus.spec.ts", "--project=browser", "--reporter=list", `--output=${output}`]);
}

/** @returns {Promise<string[]>} */
async function onCopies() {
  await builtPackage();
  return withChroma(copyThereAndBack);
}

async function builtPackage() {
  await buildWasm(await ensureWasmTarget());
  await buildPackage();
}

/**
 * What a runner of tests tells; one that fails without a difference did not run.
 * @param {string[]} command
 */
async function differencesOf(command) {
  const { code, output } = await run(command, { capture: true });
  const differences = [...new Set(output.match(DIFFERENCE) ?? [])];
  return code !== 0 && differences.length === 0 ? [`${command.join(" ")} failed`] : differences;
}

async function conformance() {
  const flag = /** @type {const} */ ({ type: "boolean", default: false });
  const { values: options } = parseArgs({
    options: { record: flag, only: { type: "string" }, clients: flag, frameworks: flag, "official-tests": flag, properties: flag },
  });
  await ensureNpm();
  if (options["official-tests"]) {
    await builtPackage();
    return officialTests({ properties: options.properties });
  }
  if (options.clients || options.frameworks) {
    await builtPackage();
    const clients = [...(options.clients ? CLIENTS : []), ...(options.frameworks ? FRAMEWORKS : [])];
    return compareClients(clients, { record: options.record });
  }
  if (options.record) {
    heading("recording");
    await withChroma(record);
  }
  return runCorpus(options.only?.split(",") ?? ["chroma", "engine", "server", "package", "copy"]);
}

/** @param {string[]} wanted who runs it */
async function runCorpus(wanted) {
  /** @type {Record<string, () => Promise<string[]>>} */
  const runners = {
    chroma: () => withChroma((url) => overHttp(url, judgeServer)),
    engine: onEngine,
    server: onServer,
    package: onPackage,
    copy: onCopies,
  };
  const counts = [];
  for (const name of wanted) {
    const runner = runners[name];
    if (!runner) {
      throw new SetupError(`${name} runs no corpus: choose from ${Object.keys(runners).join(", ")}`);
    }
    heading(name);
    counts.push({ name, differences: (await runner()).length });
  }
  const cases = readCases();
  const steps = cases.reduce((sum, [, , scenario]) => sum + scenario.steps.length, 0);
  const told = counts.map(({ name, differences }) => `${name} ${differences}`).join(", ");
  say(`\nconformance: ${cases.length} scenarios, ${steps} steps; differences: ${told}`);
  return counts.every(({ differences }) => differences === 0);
}

if (isMain(import.meta.url)) {
  process.exitCode = (await conformance()) ? 0 : 1;
}

/**
 * The whole test suite: `npm test`, or `npm test -- --only rust|js|browser|edge` for a part of it.
 *
 * A stage that fails does not stop the ones after it. The last line is `N passed, M failed`; the exit code is 1 when
 * anything failed.
 */

import { duration, heading, isMain, say, SetupError } from "./lib/log.mjs";
import { STAGES } from "./test/stages.mjs";

/** @typedef {import("./test/stages.mjs").Stage} Stage */
/** @typedef {import("./test/stages.mjs").Outcome & { stage: Stage, milliseconds: number }} Result */

const GROUPS = ["rust", "js", "browser", "edge"];

/**
 * @param {string[]} options
 * @returns {Stage[]}
 */
function chosenStages(options) {
  if (options.length === 0) {
    return STAGES;
  }
  const [option, group = ""] = options;
  if (option !== "--only" || !GROUPS.includes(group) || options.length > 2) {
    throw new SetupError(`usage: npm test [-- --only ${GROUPS.join("|")}]`);
  }
  return STAGES.filter(({ groups }) => groups.some((one) => one === group));
}

/**
 * @param {Stage} stage
 * @returns {Promise<Result>}
 */
async function runStage(stage) {
  heading(stage.name);
  const started = Date.now();
  /** @type {import("./test/stages.mjs").Outcome} */
  let outcome;
  try {
    outcome = await stage.run();
  } catch (error) {
    const reason = error instanceof SetupError ? error.message : String(error);
    say(reason);
    outcome = { passed: 0, failed: 1, failures: [{ name: stage.name, reason }] };
  }
  const milliseconds = Date.now() - started;
  say(`   ${outcome.passed} passed, ${outcome.failed} failed in ${duration(milliseconds)}`);
  return { stage, ...outcome, milliseconds };
}

/** @param {Result[]} results */
function summarise(results) {
  heading("summary");
  for (const { stage, passed, failed, milliseconds } of results) {
    const mark = failed === 0 ? "ok    " : "FAILED";
    say(`${mark} ${stage.name.padEnd(44)}${String(passed).padStart(6)} passed${String(failed).padStart(5)} failed${duration(milliseconds).padStart(14)}`);
  }
  for (const { name, reason } of results.flatMap(({ failures = [] }) => failures)) {
    say(`\nfailed: ${name}\n${reason.replace(/^/gm, "    ")}`);
  }
}

async function main() {
  /** @type {Result[]} */
  const results = [];
  for (const stage of chosenStages(process.argv.slice(2))) {
    results.push(await runStage(stage));
  }
  summarise(results);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  say(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (isMain(import.meta.url)) {
  await main();
}

/**
 * The whole test suite: `npm test`, or `npm test -- --only rust|js|browser|edge` for a part of it.
 *
 * A stage that fails does not stop the ones after it. The last line is `N passed, M failed`; the exit code is 1 when
 * anything failed.
 */

import { availableParallelism } from "node:os";

import { duration, heading, isMain, say, SetupError } from "./lib/log.mjs";
import { STAGES } from "./test/stages.mjs";

/** @typedef {import("./test/stages.mjs").Stage} Stage */
/** @typedef {import("./test/stages.mjs").Need} Need */
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
 * Begins to install what the stages need, one after the other, as package managers want it: most of it is downloaded while the first stages compile.
 * @param {Stage[]} stages
 * @returns {Map<Need, Promise<unknown>>}
 */
function prepare(stages) {
  /** @type {Map<Need, Promise<unknown>>} */
  const prepared = new Map();
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  for (const need of new Set(stages.flatMap(({ needs = [] }) => needs))) {
    const ready = last.then(need);
    prepared.set(need, ready);
    // What could not be installed fails the stages that need it.
    last = ready.catch(() => undefined);
  }
  return prepared;
}

/**
 * @param {Stage} stage
 * @param {Map<Need, Promise<unknown>>} prepared
 * @returns {Promise<Result>}
 */
async function runStage(stage, prepared) {
  heading(stage.name);
  const started = Date.now();
  /** @type {import("./test/stages.mjs").Outcome} */
  let outcome;
  try {
    for (const need of stage.needs ?? []) {
      await prepared.get(need);
    }
    outcome = await stage.run();
  } catch (error) {
    const reason = error instanceof SetupError ? error.message : String(error);
    say(reason);
    outcome = { passed: 0, failed: 1, failures: [{ name: stage.name, reason }] };
  }
  const milliseconds = Date.now() - started;
  const name = stage.beside ? `${stage.name}: ` : "";
  say(`   ${name}${outcome.passed} passed, ${outcome.failed} failed in ${duration(milliseconds)}`);
  return { stage, ...outcome, milliseconds };
}

/**
 * Stages that run beside each other, those that do not one by one, in their order.
 * @param {Stage[]} stages
 * @returns {Stage[][]}
 */
function groupsOf(stages) {
  /** @type {Stage[][]} */
  const groups = [];
  for (const stage of stages) {
    const last = groups.at(-1);
    if (stage.beside && last?.[0]?.beside) {
      last.push(stage);
    } else {
      groups.push([stage]);
    }
  }
  return groups;
}

/**
 * @param {Stage[]} group
 * @param {Map<Need, Promise<unknown>>} prepared
 * @returns {Promise<Result[]>} in the order of the group
 */
async function runGroup(group, prepared) {
  /** @type {Result[]} */
  const results = [];
  const left = [...group.entries()];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [place, stage] = next;
      results[place] = await runStage(stage, prepared);
    }
  };
  await Promise.all(Array.from({ length: Math.min(group.length, availableParallelism()) }, work));
  return results;
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
  const stages = chosenStages(process.argv.slice(2));
  const prepared = prepare(stages);
  for (const group of groupsOf(stages)) {
    results.push(...(await runGroup(group, prepared)));
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

/**
 * Whether the tests notice when the engine is wrong: `npm run mutants`. It changes one thing in the modules that keep data, runs the tests, and again with
 * another change; the score is the share of changes that a test has noticed.
 *
 *   npm run mutants                                 40 changes; each compiles the engine and runs its tests
 *   npm run mutants -- --sample 200 --seed 7        more of them, and others
 *   npm run mutants -- --module log                 in one module
 *
 * One that nobody has noticed is named. What cargo-mutants writes of it is in target/mutants/mutants.out.
 */

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { MODULES } from "./coverage/lines.mjs";
import { isMain, say, SetupError } from "./lib/log.mjs";
import { ROOT, run } from "./lib/run.mjs";
import { chosen, scoreOf } from "./mutants/score.mjs";
import { hasNextest } from "./setup/nextest.mjs";

const TOOLS = path.join(ROOT, "target/tools");
const PROGRAM = path.join(TOOLS, "bin/cargo-mutants");
const VERSION = "27.1.0";
const OUTPUT = path.join(ROOT, "target/mutants");

/** Seconds until tests that do not end are noticed. */
const TIMEOUT = 900;

/** Runs natively, and is no test itself. */
const PASSED_OVER = ["src/**/tests/**", "src/**/*_tests.rs", "src/**/tests.rs", "src/storage/conformance/**", "src/storage/browser/**", "src/storage/indexeddb/**", "src/storage/indexeddb.rs", "src/storage/opfs.rs", "src/storage/adapter.rs"];

async function ensureCargoMutants() {
  if (existsSync(PROGRAM)) {
    return;
  }
  say("mutants: compiling cargo-mutants (a few minutes)");
  const { code } = await run(["cargo", "install", "--locked", "--root", TOOLS, "--version", VERSION, "cargo-mutants"]);
  if (code !== 0) {
    throw new SetupError("cargo-mutants could not be installed");
  }
}

/** @param {readonly string[]} modules */
const filesOf = (modules) => [...modules.flatMap((name) => ["-f", `src/${name}/**/*.rs`]), ...PASSED_OVER.flatMap((glob) => ["-e", glob])];

/**
 * @param {readonly string[]} modules
 * @returns {Promise<string[]>} as `file:line:column: what is replaced`
 */
async function namesOf(modules) {
  const { code, output } = await run([PROGRAM, "mutants", "--package", "chromatid", "--list", "--json", "--colors", "never", ...filesOf(modules)], { quiet: true });
  if (code !== 0) {
    throw new SetupError(`the mutants cannot be listed:\n${output}`);
  }
  /** @type {{ name: string }[]} */
  const mutants = JSON.parse(output.slice(output.indexOf("[")));
  return mutants.map(({ name }) => name);
}

/** @param {readonly string[]} names @param {readonly string[]} modules */
async function tryAll(names, modules) {
  const exactly = names.flatMap((name) => ["--re", `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`]);
  const runner = (await hasNextest()) ? ["--test-tool", "nextest"] : [];
  const limits = ["--baseline", "skip", "--timeout", String(TIMEOUT), "--build-timeout", String(TIMEOUT)];
  const tests = ["--", "--lib", "--test", "engine", ...(runner.length > 0 ? ["--fail-fast"] : [])];
  await run([PROGRAM, "mutants", "--package", "chromatid", "--output", OUTPUT, "--colors", "never", ...limits, ...runner, ...filesOf(modules), ...exactly, ...tests], {
    // What does not change between two mutants is compiled once.
    env: { CARGO_TARGET_DIR: path.join(OUTPUT, "target") },
  });
  /** @type {{ outcomes: { scenario: { Mutant?: { name: string } } | string, summary: string }[] }} */
  const { outcomes } = JSON.parse(readFileSync(path.join(OUTPUT, "mutants.out/outcomes.json"), "utf8"));
  return outcomes.flatMap(({ scenario, summary }) => (typeof scenario === "object" && scenario.Mutant ? [{ name: scenario.Mutant.name, summary }] : []));
}

async function mutants() {
  const { values } = parseArgs({ options: { sample: { type: "string", default: "40" }, seed: { type: "string", default: "1" }, module: { type: "string", multiple: true, default: MODULES } } });
  const strange = values.module.filter((name) => !MODULES.includes(name));
  const [sample, seed] = [Number(values.sample), Number(values.seed)];
  if (strange.length > 0 || !(sample >= 1) || !Number.isInteger(seed)) {
    throw new SetupError(`usage: npm run mutants -- [--sample N] [--seed N] [--module ${MODULES.join("|")}]`);
  }
  await ensureCargoMutants();
  const all = await namesOf(values.module);
  const names = chosen(all, sample, seed);
  say(`mutants: ${names.length} of ${all.length} in ${values.module.join(", ")}, seed ${seed}`);
  const tried = await tryAll(names, values.module);
  const { caught, missed, unviable, score } = scoreOf(tried.map(({ summary }) => summary));
  tried.filter(({ summary }) => summary === "MissedMutant").forEach(({ name }) => say(`missed: ${name}`));
  say(`\nmutation score: ${(100 * score).toFixed(1)} % (${caught} noticed, ${missed} not; ${unviable} do not compile)`);
  return tried.length > 0;
}

if (isMain(import.meta.url)) {
  process.exitCode = (await mutants()) ? 0 : 1;
}

/**
 * The mutation score of the modules that keep data: how many small changes of the source the tests notice.
 *
 * `npm run mutants` takes hours; `-- --shard=1/200` every two hundredth mutant, `-- --module=log` one module.
 * Tests beside the code and those of crashes, damage and the model are what has to notice.
 */

import { readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { isMain, say, SetupError } from "./lib/log.mjs";
import { ROOT, run } from "./lib/run.mjs";
import { ensureCargoTool } from "./setup/cargo-tool.mjs";

const VERSION = "27.1.0";

const MODULES = ["storage", "blockstore", "log", "segment", "sysdb"];

/** Not compiled natively, or only there for tests. */
const LEFT_OUT = ["storage/opfs.rs", "storage/indexeddb*", "storage/adapter.rs", "storage/browser/**", "storage/conformance*", "storage/sim.rs"];

/** What runs against each mutant. */
const TESTS = ["--lib", "--test", "crash", "--test", "database", "--test", "model", "--test", "care", "--test", "full"];

const OUT = path.join(ROOT, "target/mutants");

async function mutants() {
  const { values } = parseArgs({ options: { shard: { type: "string" }, module: { type: "string" } } });
  const modules = values.module ? [values.module] : MODULES;
  const unknown = modules.find((module) => !MODULES.includes(module));
  if (unknown) {
    throw new SetupError(`no module is named ${unknown}: choose from ${MODULES.join(", ")}`);
  }
  const tool = await ensureCargoTool("cargo-mutants", VERSION);
  const files = modules.flatMap((module) => ["-f", `src/${module}/**/*.rs`]);
  const left = [...LEFT_OUT.map((file) => `src/${file}`), "src/**/tests/**", "src/**/*_tests.rs", "src/**/tests.rs"];
  const command = [tool, "mutants", "--output", OUT, "--no-shuffle", "--test-tool=nextest", "--timeout=300", ...files];
  command.push(...left.flatMap((file) => ["-e", file]), ...(values.shard ? [`--shard=${values.shard}`] : []), "--", ...TESTS);
  const { code } = await run(command);
  // 2: some were missed, 3: some took too long.
  if (![0, 2, 3].includes(code)) {
    throw new SetupError("the mutants could not be tested; the output says why");
  }
  report();
}

/** A line for each module, and one for all. */
function report() {
  /** @type {{ outcomes: { summary: string, scenario: string | { Mutant: { file: string } } }[] }} */
  const { outcomes } = JSON.parse(readFileSync(path.join(OUT, "mutants.out/outcomes.json"), "utf8"));
  /** @type {Map<string, { noticed: number, all: number }>} */
  const scores = new Map();
  for (const { summary, scenario } of outcomes) {
    if (typeof scenario === "string" || summary === "Unviable") {
      continue;
    }
    const [, module = ""] = scenario.Mutant.file.split("/");
    for (const name of [module, "all"]) {
      const score = scores.get(name) ?? { noticed: 0, all: 0 };
      score.all += 1;
      score.noticed += summary === "MissedMutant" ? 0 : 1;
      scores.set(name, score);
    }
  }
  for (const [name, { noticed, all }] of [...scores].sort(([a], [b]) => Number(a === "all") - Number(b === "all"))) {
    say(`${name}: ${String(noticed)} of ${String(all)} noticed, ${((100 * noticed) / all).toFixed(0)} %`);
  }
}

if (isMain(import.meta.url)) {
  await mutants();
}

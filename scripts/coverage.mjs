/**
 * How many lines of the engine its tests run, by module: `npm run coverage`. With `-- --missed`, which lines no test runs in the modules that keep data.
 * Everything is compiled anew for it, in a folder of its own, and runs slower.
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { byModule, linesOf, MODULES, ranges } from "./coverage/lines.mjs";
import { isMain, say, SetupError } from "./lib/log.mjs";
import { ROOT, run } from "./lib/run.mjs";
import { ensureLlvmTools } from "./setup/llvm-tools.mjs";
import { hasNextest } from "./setup/nextest.mjs";

const OUTPUT = path.join(ROOT, "target/coverage");
const PROFILES = path.join(OUTPUT, "profiles");
const PACKAGE = ["--locked", "--package", "chromatid", "--lib", "--test", "engine", "--test", "fuzz"];

/** Files of a few processes are merged as they end: there are thousands. */
const ENV = { RUSTFLAGS: "-C instrument-coverage", CARGO_TARGET_DIR: OUTPUT, LLVM_PROFILE_FILE: path.join(PROFILES, "%m-%4m.profraw") };

/** The programs that have the tests, built. */
async function buildTests() {
  const { code, output } = await run(["cargo", "test", ...PACKAGE, "--no-run", "--message-format", "json-render-diagnostics"], { env: ENV, capture: true, quiet: true });
  if (code !== 0) {
    throw new SetupError(`the tests do not build:\n${output}`);
  }
  return output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .flatMap((line) => {
      /** @type {{ executable?: string | null, profile?: { test: boolean } }} */
      const { executable, profile } = JSON.parse(line);
      return executable && profile?.test ? [executable] : [];
    });
}

/** @param {string[]} command */
async function must(command) {
  const { code, output } = await run(command, { quiet: true });
  if (code !== 0) {
    throw new SetupError(`"${command.slice(0, 3).join(" ")} …" failed:\n${output.slice(-2000)}`);
  }
  return output;
}

/** @param {string[]} programs */
async function lcovOf(programs) {
  const { profdata, cov } = await ensureLlvmTools();
  const merged = path.join(OUTPUT, "merged.profdata");
  await must([profdata, "merge", "-sparse", PROFILES, "-o", merged]);
  const [first = "", ...others] = programs;
  const sources = path.join(ROOT, "src");
  return must([cov, "export", "-format=lcov", "-skip-functions", "-skip-branches", `-instr-profile=${merged}`, first, ...others.map((program) => `-object=${program}`), sources]);
}

/** @param {import("./coverage/lines.mjs").Count} count */
const percent = ({ lines, covered }) => (lines === 0 ? "" : `${((100 * covered) / lines).toFixed(1)} %`);

async function coverage() {
  rmSync(PROFILES, { recursive: true, force: true });
  mkdirSync(PROFILES, { recursive: true });
  await ensureLlvmTools();
  say("coverage: compiling the tests with counters (some minutes)");
  const programs = await buildTests();
  const runner = (await hasNextest()) ? ["nextest", "run", "--no-fail-fast"] : ["test", "--no-fail-fast"];
  const { code } = await run(["cargo", ...runner, ...PACKAGE], { env: ENV });
  const lcov = await lcovOf(programs);
  writeFileSync(path.join(OUTPUT, "lcov.info"), lcov);
  const files = linesOf(lcov, path.join(ROOT, "src"));
  const modules = [...byModule(files)].sort(([one], [other]) => (one < other ? -1 : 1));
  say(`\n${"module".padEnd(14)}${"lines".padStart(8)}${"run".padStart(8)}`);
  for (const [name, count] of modules) {
    say(`${name.padEnd(14)}${String(count.lines).padStart(8)}${percent(count).padStart(8)}${MODULES.includes(name) ? "" : "   (beside)"}`);
  }
  const kept = files.filter(({ file }) => MODULES.includes(file.split("/")[0] ?? ""));
  const sum = kept.reduce((all, { lines, covered }) => ({ lines: all.lines + lines, covered: all.covered + covered }), { lines: 0, covered: 0 });
  if (process.argv.includes("--missed")) {
    kept.filter(({ missed }) => missed.length > 0).forEach(({ file, missed }) => say(`src/${file}: ${ranges(missed)}`));
  }
  say(`\n${MODULES.join(", ")}: ${percent(sum)} of ${sum.lines} lines`);
  return code === 0;
}

if (isMain(import.meta.url)) {
  process.exitCode = (await coverage()) ? 0 : 1;
}

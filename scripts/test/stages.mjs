/** The stages of the suite, in order. */

import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

import { buildConsole, buildPackage, buildWasm } from "../build.mjs";
import { docs } from "../docs.mjs";
import { say } from "../lib/log.mjs";
import { ROOT, run } from "../lib/run.mjs";
import { lint } from "../lint.mjs";
import { ensureChromium } from "../setup/chromium.mjs";
import { hasNextest } from "../setup/nextest.mjs";
import { ensureBundlers, ensureEmbeddingFunctions, ensureNpm } from "../setup/npm.mjs";
import { ensureChroma, ensurePython } from "../setup/python.mjs";
import { ensureWasmTarget } from "../setup/wasm-target.mjs";
import { size } from "../size.mjs";
import { cargoTestCounts, nextestCounts, playwrightCounts, settle } from "./counts.mjs";
import { nextestFailures, playwrightFailures } from "./failures.mjs";

/** @typedef {import("./counts.mjs").Counts} Counts */
/** @typedef {Counts & { failures?: import("./failures.mjs").Failure[] }} Outcome */
/** @typedef {"rust" | "js" | "browser" | "edge"} Group */
/** @typedef {() => Promise<unknown>} Need installs something, once however often it is called */
/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {Group[]} groups of `--only` that it is part of
 * @property {Need[]} [needs] what has to be there before it runs
 * @property {boolean} [beside] whether it uses one processor and says little, so that it runs beside others of its kind
 * @property {() => Promise<Outcome>} run throws when something it needs is missing or does not build
 */

const PASSED = { passed: 1, failed: 0 };
const FAILED = { passed: 0, failed: 1 };

// What tools lack is settled once, however many stages ask.
const wasmEnv = once(ensureWasmTarget);
const python = once(ensurePython);
const npm = once(ensureNpm);
const chroma = once(ensureChroma);
const chromium = once(ensureChromium);
const embeddingFunctions = once(ensureEmbeddingFunctions);
const bundlers = once(ensureBundlers);

/**
 * @template T
 * @param {() => Promise<T>} make
 * @returns {() => Promise<T>}
 */
function once(make) {
  /** @type {Promise<T> | undefined} */
  let made;
  return () => (made ??= make());
}

/**
 * A tool that counts nothing: it passes or fails as one.
 * @param {string[]} command
 * @param {Record<string, string>} [env]
 * @returns {Promise<Counts>}
 */
async function check(command, env) {
  const { code } = await run(command, { env });
  return code === 0 ? PASSED : FAILED;
}

async function clippyWasm() {
  const env = await wasmEnv();
  const flags = ["--package", "chromatid", "--lib", "--target", "wasm32-unknown-unknown", "--features", "conformance"];
  if (env.RUSTC) {
    // clippy belongs to rustup's compiler and cannot read the library of another.
    say("the wasm library is of a compiler without clippy: checking that it compiles");
    return check(["cargo", "check", "--locked", ...flags], env);
  }
  return check(["cargo", "clippy", "--locked", ...flags, "--", "-D", "warnings"]);
}

async function rustTests() {
  if (await hasNextest()) {
    const { code, output } = await run(["cargo", "nextest", "run", "--locked", "--workspace", "--no-fail-fast"], {
      capture: true,
    });
    return { ...settle(code, nextestCounts(output)), failures: nextestFailures(output) };
  }
  const { code, output } = await run(["cargo", "test", "--locked", "--workspace", "--all-targets", "--no-fail-fast"], {
    capture: true,
  });
  return settle(code, cargoTestCounts(output));
}

/** Blocks as this engine writes them (the Rust tests leave them there), read by Arrow's own implementation. */
async function pyarrow() {
  return check([await python(), "tests/fixtures/open_with_pyarrow.py", "target/tmp/arrow"]);
}

/** @param {"client" | "browser" | "edge" | "packages"} project */
async function playwright(project) {
  const file = path.join(ROOT, "test-results", `${project}.json`);
  rmSync(file, { force: true });
  const { code } = await run(
    ["node_modules/.bin/playwright", "test", "--project", project, "--reporter", "list,json"],
    { env: { PLAYWRIGHT_JSON_OUTPUT_FILE: file } },
  );
  if (!existsSync(file)) {
    return settle(code, undefined);
  }
  const report = JSON.parse(readFileSync(file, "utf8"));
  return { ...settle(code, playwrightCounts(report)), failures: playwrightFailures(report) };
}

/** @param {string} project a tsconfig.json or its directory */
function typecheck(project) {
  return check(["node_modules/.bin/tsc", "--noEmit", "-p", project]);
}

/** @param {() => Promise<unknown>} make */
async function step(make) {
  await make();
  return PASSED;
}

/** @param {() => Promise<boolean>} judge */
async function verdict(judge) {
  return (await judge()) ? PASSED : FAILED;
}

/** @type {Stage[]} */
export const STAGES = [
  { name: "rustfmt", groups: ["rust"], run: () => check(["cargo", "fmt", "--all", "--check"]) },
  {
    name: "clippy, native",
    groups: ["rust"],
    run: () => check(["cargo", "clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]),
  },
  { name: "clippy, wasm", groups: ["rust"], needs: [wasmEnv], run: clippyWasm },
  { name: "Rust tests", groups: ["rust"], run: rustTests },
  { name: "pyarrow reads the blocks", groups: ["rust"], needs: [python], run: pyarrow },
  {
    name: "build: engine with its conformance suite",
    groups: ["js", "browser", "edge"],
    needs: [npm, wasmEnv],
    run: () => step(async () => buildWasm(await wasmEnv(), { conformance: true })),
  },
  {
    name: "build: engine",
    groups: ["js", "browser", "edge"],
    needs: [npm, wasmEnv],
    run: () => step(async () => buildWasm(await wasmEnv())),
  },
  { name: "build: package", groups: ["js", "browser", "edge"], needs: [npm], run: () => step(buildPackage) },
  {
    name: "build: the client's cases for pages",
    groups: ["browser"],
    needs: [npm],
    run: () => check(["node_modules/.bin/tsc", "-p", "tests/client/tsconfig.pages.json"]),
  },
  { name: "build: console", groups: ["js", "browser"], needs: [npm], run: () => step(buildConsole) },
  { name: "size", groups: ["js"], needs: [npm], run: () => verdict(size) },
  { name: "documentation site", groups: ["js"], needs: [npm], run: () => verdict(docs) },
  { name: "eslint", groups: ["js"], needs: [npm], beside: true, run: () => verdict(lint) },
  { name: "types: scripts and settings", groups: ["js"], needs: [npm], beside: true, run: () => typecheck("tsconfig.json") },
  { name: "types: console", groups: ["js"], needs: [npm], beside: true, run: () => typecheck("www") },
  { name: "types: tests", groups: ["js"], needs: [npm], beside: true, run: () => typecheck("tests") },
  { name: "types: extension", groups: ["js"], needs: [npm], beside: true, run: () => typecheck("examples/extension") },
  { name: "types: corpus", groups: ["js"], needs: [npm], beside: true, run: () => typecheck("tests/conformance") },
  { name: "types: clients", groups: ["js"], needs: [npm], beside: true, run: () => typecheck("tests/clients") },
  { name: "types: benchmarks", groups: ["js"], needs: [npm], beside: true, run: () => typecheck("benches") },
  { name: "types: parity with chromadb", groups: ["js"], needs: [npm], beside: true, run: () => typecheck("tests/types") },
  {
    name: "client tests",
    groups: ["js"],
    needs: [npm, embeddingFunctions, chroma],
    run: () => playwright("client"),
  },
  { name: "browser tests", groups: ["browser"], needs: [npm, chromium, chroma], run: () => playwright("browser") },
  {
    name: "tests of the package as it is installed",
    groups: ["browser"],
    needs: [npm, bundlers, chromium],
    run: () => playwright("packages"),
  },
  { name: "tests in workerd", groups: ["edge"], needs: [npm], run: () => playwright("edge") },
];
